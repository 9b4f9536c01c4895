// Values of a cursor: read from records, compared, moved back by look-back and grain,
// and printed as the API's parameter takes them. Times are ranked by microseconds since
// 2000-01-01, increasing ids by themselves; format text has no rank, only an order.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/value.hpp"
#include "core/manifest/api.hpp"
#include "core/schedule/schedule.hpp"

namespace tandem::core {

class CursorText {
 public:
  // `zone`: of times without an offset, where the cursor names one; empty: UTC.
  explicit CursorText(Cursor cursor, OffsetAt zone = {}) : cursor_(std::move(cursor)), zone_(std::move(zone)) {}

  [[nodiscard]] const Cursor& cursor() const noexcept { return cursor_; }
  // nullopt: a value that cannot be ranked.
  [[nodiscard]] std::optional<std::int64_t> rank(const base::Value& value) const;
  [[nodiscard]] std::optional<std::int64_t> rank(std::string_view text) const;
  // As the parameter takes it, never later than `rank`. What this prints can be ranked again.
  [[nodiscard]] std::string print(std::int64_t rank) const;
  // The rank that is asked for when everything up to `watermark` is known: minus the look-back, rounded down to the
  // grain, minus a grain when the API's filter leaves out the bound itself.
  [[nodiscard]] std::int64_t lower(std::int64_t watermark, std::int64_t lookback) const;
  // The same as text; a value that needs no moving goes out as it came in.
  [[nodiscard]] std::string lower_text(const std::string& watermark, std::int64_t lookback) const;
  // Whether a can stand for b: the texts themselves, or their ranks.
  [[nodiscard]] bool less(std::string_view a, std::string_view b) const;

 private:
  [[nodiscard]] std::int64_t grain() const noexcept;
  [[nodiscard]] std::int32_t offset_for(std::int64_t micros) const;
  [[nodiscard]] std::int32_t local_offset(std::int64_t local) const;

  Cursor cursor_;
  OffsetAt zone_;
};

}  // namespace tandem::core
