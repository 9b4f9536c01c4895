#include "core/listing/cursor_text.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "base/whole_number.hpp"
#include "core/convert/civil.hpp"
#include "core/convert/iso_time.hpp"
#include "core/convert/time_pattern.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kDay = 86'400 * base::kSecond;
constexpr std::int64_t kZoneMargin = 3 * 3600 * base::kSecond;
constexpr std::int64_t kFarthest = 250'000LL * 366 * kDay;  // room for sums

std::optional<std::int64_t> of_epoch(std::int64_t number, std::int64_t unit) {
  const std::int64_t most = kFarthest / unit;
  if (number > most || number < -most) return std::nullopt;
  return number * unit - base::kUnixEpochOffsetSeconds * base::kSecond;
}

}  // namespace

std::optional<std::int64_t> CursorText::rank(const base::Value& value) const {
  if (value.kind == base::Kind::string) return rank(value.text);
  if (value.kind != base::Kind::number) return std::nullopt;
  // A number is a time only where the cursor says in which unit.
  if (cursor_.format == CursorFormat::iso8601 || (cursor_.format == CursorFormat::pattern && cursor_.pattern != "%s"))
    return std::nullopt;
  return rank(value.text);
}

std::optional<std::int64_t> CursorText::rank(std::string_view text) const {
  const auto local = [&](std::int64_t micros) { return micros - local_offset(micros) * base::kSecond; };
  switch (cursor_.format) {
    case CursorFormat::text:
      return std::nullopt;
    case CursorFormat::integer:
      return base::whole_number(text);
    case CursorFormat::epoch:
      if (const auto number = base::whole_number(text)) return of_epoch(*number, base::kSecond);
      break;
    case CursorFormat::epoch_ms:
      if (const auto number = base::whole_number(text)) return of_epoch(*number, 1000);
      break;
    case CursorFormat::pattern:
      if (const auto time = parse_time(cursor_.pattern, text))
        return time->offset ? time->local_micros - *time->offset * base::kSecond : local(time->local_micros);
      break;
    case CursorFormat::iso8601:
      break;
  }
  // Records often write a time otherwise than the parameter takes it: ISO 8601 is always understood.
  DateTime time;
  if (parse_date_time(text, time) != TimeFault::none) return std::nullopt;
  const std::int64_t micros = time.days * kDay + time.micros;
  return time.has_offset ? micros - time.offset * base::kSecond : local(micros);
}

std::string CursorText::print(std::int64_t rank) const {
  switch (cursor_.format) {
    case CursorFormat::integer:
    case CursorFormat::text:
      return std::to_string(rank);
    case CursorFormat::epoch:
      return std::to_string(floor_divide(rank, base::kSecond) + base::kUnixEpochOffsetSeconds);
    case CursorFormat::epoch_ms:
      return std::to_string(floor_divide(rank, 1000) + base::kUnixEpochOffsetSeconds * 1000);
    case CursorFormat::pattern:
      return print_time(cursor_.pattern, rank, offset_for(rank));
    case CursorFormat::iso8601:
      break;
  }
  const bool whole_seconds = rank % base::kSecond == 0, whole_millis = rank % 1000 == 0;
  const char* fraction = whole_seconds ? "" : whole_millis ? ".%L" : ".%f";
  return zone_ ? print_time(base::strcat("%Y-%m-%dT%H:%M:%S", fraction, "%:z"), rank, offset_for(rank))
               : print_time(base::strcat("%Y-%m-%dT%H:%M:%S", fraction, "Z"), rank, 0);
}

std::int64_t CursorText::lower(std::int64_t watermark, std::int64_t lookback) const {
  std::int64_t bound = watermark - lookback;
  const std::int64_t step = grain();
  if (cursor_.grain > 0) bound = floor_divide(bound, step) * step;
  return cursor_.inclusive ? bound : bound - step;
}

std::string CursorText::lower_text(const std::string& watermark, std::int64_t lookback) const {
  const bool as_it_came = lookback == 0 && cursor_.grain == 0 && cursor_.inclusive && cursor_.zone.empty();
  if (cursor_.format == CursorFormat::text || (as_it_came && cursor_.format == CursorFormat::iso8601)) return watermark;
  const auto known = rank(watermark);
  return known ? print(lower(*known, lookback)) : watermark;
}

bool CursorText::less(std::string_view a, std::string_view b) const {
  if (cursor_.format == CursorFormat::text) return a < b;
  const auto left = rank(a), right = rank(b);
  return left && right && *left < *right;
}

std::int64_t CursorText::grain() const noexcept {
  if (cursor_.grain > 0) return cursor_.grain;
  if (cursor_.format == CursorFormat::integer) return 1;
  return cursor_.format == CursorFormat::epoch_ms ? 1000 : base::kSecond;
}

// When a clock is set back, an hour is written twice: the bound that is printed is the earlier of the two, and so is
// the moment that a text is taken for.
std::int32_t CursorText::offset_for(std::int64_t micros) const {
  if (!zone_) return 0;
  return std::min(zone_(base::Instant{micros}), zone_(base::Instant{micros + kZoneMargin}));
}

std::int32_t CursorText::local_offset(std::int64_t local) const {
  if (!zone_) return 0;
  const std::int64_t about = local - zone_(base::Instant{local}) * base::kSecond;
  return std::max(zone_(base::Instant{about}), zone_(base::Instant{about - kZoneMargin}));
}

}  // namespace tandem::core
