// Which page comes next. Pure: given where we are and what a page's answer said, the
// next request or the end. A page that repeats a token, or never ends, is an error that
// names it. A Position is what a run stores to go on from there. The end is what the
// protocol says, never a short page: servers cut pages and hide rows as they like.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_set>

#include "base/error.hpp"
#include "base/json.hpp"
#include "core/api.hpp"

namespace tandem::core {

struct Position {
  std::int64_t page = 0;    // pages before this one
  std::int64_t offset = 0;  // records before this one
  std::string token = {};   // token, next_url, link: what the previous page gave; empty: the first page
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
};

class Pager {
 public:
  // `extra_params` (the mapping's, the cursor's) win over the object's of the same name, the pager's own over both.
  Pager(const Object& object, Params extra_params, Position start);
  [[nodiscard]] PageRequest request(const Position& at) const;
  [[nodiscard]] const Position& start() const noexcept { return start_; }
  // The position after the page at `at`: nullopt is the end of the listing. Errors: a token seen before in this
  // run, a next that does not advance, more than max_pages.
  base::Result<std::optional<Position>> next(const Position& at, const PageSeen& seen);
  // Body facts to extract, in this order: next, total, total_pages (those that the style uses; empty paths left out).
  [[nodiscard]] std::vector<std::vector<std::string>> facts() const;
  // Puts what the reader found (same order) and the Link header's next into a PageSeen. A total
  // that is no whole number counts as not given, so that it cannot end a listing early.
  [[nodiscard]] PageSeen seen(std::size_t records, const std::vector<std::optional<std::string>>& facts,
                              std::string link_next) const;

 private:
  [[nodiscard]] bool at_end(const Position& at, const PageSeen& seen) const;
  [[nodiscard]] std::optional<base::Error> repeated(const Position& at, const std::string& token);
  [[nodiscard]] bool by_token() const noexcept;
  [[nodiscard]] bool by_url() const noexcept;

  Object object_;
  Params extra_;
  Position start_;
  std::unordered_set<std::uint64_t> tokens_;  // hashes: next URLs are long, and a listing may have 100,000 of them
};

}  // namespace tandem::core
