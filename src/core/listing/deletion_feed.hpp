// The decisions about a feed of deletions ("deletions" of an object): where a run begins to
// read it, and which of its entries say that a row is to go. An entry is about a moment in
// the past: its record may have come back since. What protects it is that the same run has
// read the listing before, from no later than the feed: a record that came back is in it.
// Pure.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/clock.hpp"
#include "core/manifest/api.hpp"
#include "core/schedule/schedule.hpp"

namespace tandem::core {

// How far a feed was read that has not had an entry yet; and what stands before the moment from which one that was not
// read yet is to be.
inline constexpr const char* kFeedBeginning = "*";
inline constexpr char kFeedSince = '>';

struct FeedFacts {
  std::optional<std::string> known = {};   // how far the feed was read
  std::optional<std::string> listed = {};  // where this run's listing begins; nullopt: it shows everything
  bool proof = false;                      // the listing itself proves what is gone
};

struct FeedStart {
  std::optional<std::string> watermark = {};
  std::optional<std::int64_t> since = {};  // what is before it was before the feed was looked at
  bool asked = true;                       // false: it begins with this run, and there is nothing to ask for yet
  bool acts = true;  // false: read for its position only, for the listing does not show what has come back since
  bool gap = false;  // what went before is not in it: where there are records from before, a full run has to look
};

// `listing`: the cursor that `listed` is a value of.
[[nodiscard]] FeedStart feed_start(const Object& feed, const std::optional<Cursor>& listing, const FeedFacts& facts,
                                   const OffsetAt& feed_zone = {}, const OffsetAt& listing_zone = {});

struct FeedEntry {
  bool known = false;                       // judged before: the feed shows it again
  bool live = false;                        // the listing of this run has shown the record
  std::optional<std::int64_t> at = {};      // when, where the cursor of the feed is a time
  std::optional<std::int64_t> since = {};   // FeedStart's
  std::optional<base::Instant> until = {};  // when the listing began
};

enum class FeedVerdict {
  bury,   // its row goes
  stale,  // the record is there: it came back
  later,  // it may have gone after the listing had shown it: the next run will know, and be told again
  known,  // nothing is to be done any more
};
[[nodiscard]] FeedVerdict judge(const FeedEntry& entry) noexcept;

}  // namespace tandem::core
