// Which page comes next within one part of a listing (core/listing/listing.hpp). Pure: given
// where we are and what a page's answer said, the next request or the end. A page that
// repeats a token or itself, or does not get on, is a failure that names it. A Position is
// what a run stores to go on from there. The end is what the protocol says, never a short
// page: servers cut pages and hide rows as they like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.hpp"
#include "base/json.hpp"
#include "core/manifest/api.hpp"
#include "core/run/run_failure.hpp"
#include "core/listing/seen_tokens.hpp"

namespace tandem::core {

struct Position {
  std::int64_t page = 0;    // pages before this one, in its part (behind an anchor: since then)
  std::int64_t offset = 0;  // records before this one, likewise
  std::string token = {};   // token, next_url, link: what the previous page gave; keyset: its last id; empty: none
  std::string anchor = {};  // keyset by the cursor, window: the cursor of the last record before; empty: none yet
  std::string tie = {};     // and its tie-break
  std::string part = {};    // of a listing in parts: a slice's lower bound; the parent's value, as JSON
  struct Page {             // below parents: which page of them; while `part` is empty, that page itself is read
    std::int64_t page = 0, offset = 0;
    std::string token = {};
    bool operator==(const Page&) const = default;
  };
  std::optional<Page> parents = {};
  bool feed = false;  // in the feed of deletions behind the listing (core/listing/reading.hpp)
  [[nodiscard]] base::Json to_json() const;
  static base::Result<Position> from_json(const base::Json& json);
  bool operator==(const Position&) const = default;
};

struct PageRequest {
  std::string path = {};  // relative to base_url; empty when `url` is set
  std::string url =
      {};  // next_url, link: as given by the previous page, to be resolved by the caller on the same origin
  Params params = {};
};

// What the pager needs to know of an answer.
struct PageSeen {
  std::size_t records = 0;
  std::optional<std::string> next = {};  // fact at paging.next, or the Link header's rel=next
  std::optional<std::int64_t> total = {}, total_pages = {};
  std::optional<bool> ends = {};           // what paging.more or paging.last said
  std::optional<std::string> key = {};     // keyset: the field of the last record
  std::optional<std::string> anchor = {};  // keyset by the cursor, window: as it is to be sent
  std::string tie = {};
  std::uint64_t ids = 0;  // stands for the ids of its records in their order; 0: not known
  bool reached = false;   // newest first: it holds records that an earlier run has read
};

// One of the two: nothing at all is the end of the listing.
struct Following {
  std::optional<Position> next = {};
  std::optional<RunFailure> failure = {};
};

class Pager {
 public:
  // `extra_params` (the mapping's, the cursor's) win over the object's of the same name, the pager's own over both.
  Pager(const Object& object, Params extra_params, Position start);
  // `bounds`: the part's own parameters, which win over the extra ones.
  [[nodiscard]] PageRequest request(const Position& at, const Params& bounds = {}) const;
  [[nodiscard]] const Position& start() const noexcept { return start_; }
  // What was read before says nothing about what comes: another part, or the same anew.
  void begin_part(const Position& at);
  [[nodiscard]] Following next(const Position& at, const PageSeen& seen);
  // Body facts to extract, in this order: next, total, total_pages, more, last (empty paths left out).
  [[nodiscard]] std::vector<std::vector<std::string>> facts() const;
  // Puts what the reader found (same order) and the Link header's next into a PageSeen. A total
  // that is no whole number counts as not given, so that it cannot end a listing early.
  [[nodiscard]] PageSeen seen(std::size_t records, const std::vector<std::optional<std::string>>& facts,
                              std::string link_next) const;

 private:
  [[nodiscard]] bool at_end(const Position& at, const PageSeen& seen) const;
  [[nodiscard]] Following behind(const Position& at, const PageSeen& seen);
  [[nodiscard]] Following anchored(const Position& at, const PageSeen& seen, std::int64_t page);
  [[nodiscard]] std::optional<RunFailure> repeated(const Position& at, const std::string& token);
  [[nodiscard]] RunFailure repeated_page(const Position& at) const;
  [[nodiscard]] RunFailure stuck(const Position& at, const std::string& what, std::string suggestion) const;
  [[nodiscard]] bool by_token() const noexcept;
  [[nodiscard]] bool by_url() const noexcept;
  [[nodiscard]] bool by_key() const noexcept;
  [[nodiscard]] bool by_cursor() const noexcept;

  Object object_;
  Params extra_;
  Position start_;
  SeenTokens tokens_;      // their hashes
  std::uint64_t ids_ = 0;  // of the page before
};

}  // namespace tandem::core
