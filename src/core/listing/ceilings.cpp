#include "core/listing/ceilings.hpp"

#include "base/clock.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"

namespace tandem::core {

std::optional<RunFailure> over_ceiling(const Object& object, const Spent& spent) {
  const Paging& paging = object.paging;
  struct Ceiling {
    std::int64_t spent, most;
    const char *key, *unit;
  };
  const bool seconds = paging.max_micros % base::kSecond == 0;
  const std::int64_t unit = seconds ? base::kSecond : 1000;
  const Ceiling ceilings[] = {
      {spent.pages, paging.max_pages, "max_pages", " pages"},
      {spent.records, paging.max_records, "max_records", " records"},
      {spent.bytes, paging.max_bytes, "max_bytes", " bytes"},
      {spent.micros / unit, paging.max_micros / unit, "max_time", seconds ? " s" : " ms"},
  };
  for (const Ceiling& ceiling : ceilings) {
    if (ceiling.most == 0 || ceiling.spent < ceiling.most) continue;
    return RunFailure{
        .error_type = error_type::kApi,
        .code = code::kCeiling,
        .message = base::strcat("listing of ", object.name, " does not end after ", ceiling.spent, ceiling.unit, " (",
                                ceiling.key, ')'),
        .suggestion = base::strcat("The next run goes on where this one ended. If the listing is really that "
                                   "long, raise objects.",
                                   object.name, ".paging.", ceiling.key, '.'),
        .retryable = true};
  }
  return std::nullopt;
}

}  // namespace tandem::core
