// Everything that one run reads, in order: the object's listing, and behind it the feed of
// its deletions, where it has one. The two have a watermark each and are committed
// together: the listing's moves on only when the feed was read to its end too, so that
// what came back after a deletion is in the listing of the run that is told of it. A
// Position with `feed` is one in the feed. Pure.
//
//   listing: page … last page ──▶ feed: page … last page ──▶ end
//                          └──────────── not asked ─────────┘
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "core/listing/deletion_feed.hpp"
#include "core/listing/listing.hpp"

namespace tandem::core {

class Reading {
 public:
  struct Feed {
    Object object = {};
    FeedStart start = {};
    Listing listing;
    OffsetAt zone = {};
  };
  explicit Reading(Listing listing, std::optional<Feed> feed = {});

  [[nodiscard]] const Listing& listing() const noexcept { return listing_; }
  // The listing's, and so of what is stored; false: `stored` cannot be used, and reading begins.
  [[nodiscard]] const std::string& identity() const noexcept { return listing_.identity(); }
  bool resume(const base::Json& stored, bool again = false);
  [[nodiscard]] bool resumed() const noexcept { return in_feed_ || listing_.resumed(); }
  [[nodiscard]] Position start() const;
  // Who only looks leaves the feed out.
  void leave_out_feed() {
    feed_.reset();
    in_feed_ = false;
  }

  [[nodiscard]] PageRequest request(const Position& at) const;
  [[nodiscard]] bool of_parents(const Position& at) const noexcept { return !at.feed && listing_.of_parents(at); }
  [[nodiscard]] std::string parent_of(const Position& at) const { return listing_.parent_of(at); }
  Listing::Step read(const Position& at, const Listing::Answer& answer);
  // The source's clock when the first answer came.
  void began(base::Instant date);

  // Of an answer that is no success.
  [[nodiscard]] Listing::Loss loss(const Position& at, int status, std::string_view body) const;
  Position restart(const Position& at, Listing::Loss loss);
  [[nodiscard]] bool parent_gone(const Position& at, int status) const noexcept {
    return !at.feed && listing_.parent_gone(at, status);
  }
  // The feed does not reach back to where it was asked from: it ends there, and leaves a gap.
  void lose_feed() noexcept { lost_ = true; }
  [[nodiscard]] bool feed_lost() const noexcept { return lost_; }

  [[nodiscard]] base::Json stored(const std::optional<Position>& next) const;
  [[nodiscard]] std::optional<std::string> cursor() const { return listing_.cursor(); }
  [[nodiscard]] bool incremental() const noexcept { return listing_.incremental(); }

  [[nodiscard]] bool has_feed() const noexcept { return feed_.has_value(); }
  [[nodiscard]] const Feed* feed() const noexcept { return feed_ ? &*feed_ : nullptr; }
  // Where the next run begins in the feed, once this one is complete; empty: at its beginning, nullopt: not known.
  // Where the feed is not asked, that is known as soon as reading has begun.
  [[nodiscard]] std::optional<std::string> deletions() const;
  // Entries of a later moment say nothing of records that the listing has shown; nullopt: moments are not known.
  [[nodiscard]] std::optional<base::Instant> feed_until() const;
  [[nodiscard]] bool gap() const noexcept { return feed_ && (lost_ || feed_->start.gap); }
  // Without records from before there is nothing that may have gone.
  void fill_gap() noexcept;

 private:
  [[nodiscard]] Position feed_begin() const;
  [[nodiscard]] std::int64_t margin() const noexcept;

  Listing listing_;
  std::optional<Feed> feed_;
  bool in_feed_ = false;  // it begins there
  bool lost_ = false;
};

}  // namespace tandem::core
