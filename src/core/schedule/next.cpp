// From wall-clock minutes to instants, clocks that change included. The rule is the one
// of Vixie's cron: a schedule whose minute or hour field begins with '*' runs whenever
// the clock on the wall shows a matching minute; any other one means fixed times of day,
// of which one that is skipped comes right after the change, and one that is repeated
// only the first time.
#include <algorithm>

#include "core/convert/civil.hpp"
#include "core/schedule/schedule.hpp"

namespace tandem::core {
namespace {

// Farther than any change of offset reaches: the largest was Samoa's skipped day.
constexpr std::int64_t kNear = 26 * 3600;
constexpr std::int64_t kHorizon = std::int64_t{200'000} * 366 * 86'400;  // beyond lies 'infinity'
constexpr int kMaxSteps = 10'000;  // a zone that skips every match must not keep us

class Zone {
 public:
  explicit Zone(const OffsetAt& offset) : offset_(offset) {}
  [[nodiscard]] std::int64_t offset(std::int64_t utc) const { return offset_(base::Instant{utc * base::kSecond}); }

  // The first second in (low, high] whose offset is not that of `low`; there must be one.
  [[nodiscard]] std::int64_t change(std::int64_t low, std::int64_t high) const {
    const std::int64_t before = offset(low);
    while (high - low > 1) {
      const std::int64_t middle = low + (high - low) / 2;
      (offset(middle) == before ? low : high) = middle;
    }
    return high;
  }

 private:
  const OffsetAt& offset_;
};

// Walks stretches of constant offset. In each, the next match `wall` is due at wall - offset,
// unless the offset changes before.
class Search {
 public:
  Search(const CronFields& cron, const OffsetAt& offset, std::int64_t after)
      : cron_(cron),
        zone_(offset),
        fixed_(!cron.hour_wild && !cron.minute_wild),
        at_(after),
        offset_(zone_.offset(after)),
        from_(after + 1 + offset_) {
    // In the middle of a repeated hour: its times have been.
    const std::int64_t before = zone_.offset(after - kNear);
    if (fixed_ && before > offset_) from_ = std::max(from_, zone_.change(after - kNear, after) + before);
  }

  std::optional<std::int64_t> run() {
    for (int i = 0; i < kMaxSteps; ++i) {
      const auto wall = cron_.next_wall(from_);
      if (!wall) return std::nullopt;
      from_ = *wall;
      const std::int64_t due = *wall - offset_;
      const std::int64_t end = std::min(due, at_ + kNear);
      if (zone_.offset(end) != offset_) {
        const std::int64_t change = zone_.change(at_, end);
        if (cross(change)) return change;
      } else if (end == due) {
        return due;
      } else {
        // Changes between here and the day before `due` only skip or repeat minutes before `wall`, none of which
        // matches.
        at_ = std::max(end, due - kNear - kNear);
        offset_ = zone_.offset(at_);
      }
    }
    return std::nullopt;
  }

 private:
  // Enters the stretch that begins at `change`; true when a skipped time is due there.
  bool cross(std::int64_t change) {
    const std::int64_t shown_before = change + offset_;
    at_ = change;
    offset_ = zone_.offset(change);
    const std::int64_t shown_now = change + offset_;
    if (fixed_ && from_ < shown_now) return true;  // from_ is not before shown_before
    from_ = fixed_ ? std::max(shown_before, shown_now) : shown_now;
    return false;
  }

  const CronFields& cron_;
  const Zone zone_;
  const bool fixed_;
  std::int64_t at_;      // where we are, UTC seconds
  std::int64_t offset_;  // there
  std::int64_t from_;    // walls before this one are done with
};

}  // namespace

std::optional<base::Instant> Schedule::next(base::Instant after, const OffsetAt& offset) const {
  const std::int64_t second = floor_divide(after.micros, base::kSecond);
  if (second < -kHorizon || second > kHorizon) return std::nullopt;
  if (every_seconds_ > 0)
    return base::Instant{(floor_divide(second, every_seconds_) + 1) * every_seconds_ * base::kSecond};
  const auto found = Search(cron_, offset, second).run();
  if (!found) return std::nullopt;
  return base::Instant{*found * base::kSecond};
}

}  // namespace tandem::core
