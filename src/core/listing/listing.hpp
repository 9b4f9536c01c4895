// Everything that one run reads of an object, page by page: one listing, or a sequence of
// parts that are listings each (time slices; the records below each parent), read by a
// Pager. Knows what is asked for (bounds, tokens), how far reading has come, and what to
// store with each page so that another run can go on. Pure; a run calls read() for each
// page in order, and otherwise only passes Positions around.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/page_reader.hpp"
#include "core/listing/paging.hpp"
#include "core/run/run_failure.hpp"
#include "core/listing/watermark.hpp"

namespace tandem::core {

class Listing {
 public:
  struct Setup {
    Object object = {};
    std::optional<Object> parent = {};          // of an object below another
    Params params = {};                         // the mapping's and the run's
    bool incremental = false;                   // whether the object's cursor is used
    std::optional<std::string> watermark = {};  // how far it had come; nullopt: everything is read
    bool proof = false;                         // of what is gone: shows also what changes while it is read
    bool all_or_nothing = false;                // how far it came counts only when it was read to its end
    std::int64_t lookback = 0;
    OffsetAt zone = {};
    base::Instant now = {};  // by the source's clock, as far as it is known
  };
  explicit Listing(Setup setup);

  // What a stored position belongs to: another cursor, other parameters, another listing.
  [[nodiscard]] const std::string& identity() const noexcept { return identity_; }
  // Goes on where `stored` (a Step's) says. False: it cannot be read, and the listing begins. `again`: another run has
  // stored it, so that numbers of pages may count other records by now.
  bool resume(const base::Json& stored, bool again = false);
  // What resume() takes over beside the position: how far reading has come, and when it began.
  void recall(const base::Json& stored);
  [[nodiscard]] bool resumed() const noexcept { return resumed_; }
  [[nodiscard]] const Position& start() const noexcept { return start_; }

  [[nodiscard]] PageRequest request(const Position& at) const;
  // Whether that page holds parents, to be read by the parent object's rules and not to be written.
  [[nodiscard]] bool of_parents(const Position& at) const noexcept { return at.parents && at.part.empty(); }
  // What read() needs of each record and of the body, in its order, behind what others need.
  [[nodiscard]] std::vector<base::FieldPath> fields(bool of_parents) const;
  [[nodiscard]] std::vector<std::vector<std::string>> facts(bool of_parents) const;
  // The parent below which the page's records stand, as JSON; empty: none.
  [[nodiscard]] std::string parent_of(const Position& at) const { return at.parents ? at.part : std::string(); }

  [[nodiscard]] static base::Value value_of_parent(const std::string& json, base::TextArena& arena);

  struct Answer {
    const base::Page& page;
    std::size_t first_field = 0;  // where fields() begin in the page's
    std::string link_next = {};   // the Link header's rel=next
    std::uint64_t ids = 0;        // PageSeen's
    bool nothing = false;         // no content: the end of its part, whatever else
  };
  struct Step {
    std::optional<Position> next = {};
    std::optional<RunFailure> failure = {};
    base::Json stored = {};                // the position behind this page, and what belongs to it
    std::optional<std::string> safe = {};  // once this page is committed, nothing before this is missing
    std::optional<std::int64_t> total = {};
    std::vector<base::Instant> changed =
        {};  // when records changed that are newer than the watermark, where it is a time
  };
  Step read(const Position& at, const Answer& answer);
  // The source's clock when the listing began; only the first counts.
  void began(base::Instant date);
  [[nodiscard]] std::optional<base::Instant> began() const noexcept { return began_; }

  // Of an answer that is no success: whether it says that a position or the cursor is not known any more.
  enum class Loss { none, page, cursor };
  [[nodiscard]] Loss loss(const Position& at, int status, std::string_view body) const;
  // Where reading goes on after that: from the beginning of the part, or without a cursor from that of everything.
  Position restart(const Position& at, Loss loss);
  // The other side did not know the cursor any more, in this run: everything was read.
  [[nodiscard]] bool forgotten() const noexcept { return forgotten_; }
  // The parent went between its listing and this answer, and that is nothing to complain of.
  [[nodiscard]] bool parent_gone(const Position& at, int status) const noexcept;

  // What to store with a position, or with the end: what resume() reads.
  [[nodiscard]] base::Json stored(const std::optional<Position>& next) const;
  // The new watermark, or the token, once the last page is committed.
  [[nodiscard]] std::optional<std::string> cursor() const;
  [[nodiscard]] bool incremental() const noexcept { return setup_.incremental; }

 private:
  [[nodiscard]] Position first() const;
  [[nodiscard]] Params bounds(const Position& at) const;
  [[nodiscard]] Params token_bounds() const;
  [[nodiscard]] std::optional<std::string> lower(const Position& at) const;
  [[nodiscard]] std::int64_t upper(const Position& at) const;
  [[nodiscard]] std::int64_t asked_until(const Position& at) const;
  [[nodiscard]] bool sliced() const noexcept;
  [[nodiscard]] bool shifts() const noexcept;
  [[nodiscard]] bool asks_parents() const noexcept;  // the cursor is the parents'
  [[nodiscard]] bool token_starts() const noexcept;  // the delta token goes where page tokens go
  [[nodiscard]] bool tells_covered(bool parents) const noexcept;
  [[nodiscard]] PageSeen look(const Answer& answer, bool parents);
  void look_at_cursor(const base::Value& value, PageSeen& seen);
  void note_changed(const Answer& answer, std::vector<base::Instant>& changed) const;
  [[nodiscard]] std::optional<std::string> anchor_of(const base::Value& value) const;
  void after_parents(const Position& at, const Following& following, const Answer& answer, Step& step);
  [[nodiscard]] std::optional<Position> next_part(const Position& at);
  [[nodiscard]] Position child(std::size_t index);

  Setup setup_;
  std::string identity_;
  bool resumed_ = false;
  Pager pager_;
  std::optional<Pager> parent_pager_;
  Watermark mark_;
  std::optional<std::int64_t> until_;  // upper bound, micros
  std::optional<base::Instant> began_;
  std::optional<std::string> covered_;  // the last moment that the listing gave as complete
  std::optional<std::string> delta_;    // the last token that the listing gave
  std::optional<std::string> safe_;
  Position start_;
  std::string first_slice_;  // where its slices began: how much of the range is done
  // Below parents: the page of them that is being worked through.
  std::vector<std::string> values_;
  std::size_t value_ = 0;
  Position::Page parents_ = {};
  std::optional<Position> more_parents_;
  bool forgotten_ = false;  // the cursor was
  std::optional<Position> resume_child_;
};

}  // namespace tandem::core
