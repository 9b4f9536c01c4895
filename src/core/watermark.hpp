// How far incremental reading has come: the greatest value of the cursor field seen in
// a listing, never beyond the moment (by the source's clock) at which the listing began,
// because records may change behind a page that was read already. It is committed only
// when the listing was read to its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/value.hpp"
#include "core/api.hpp"

namespace tandem::core {

class Watermark {
 public:
  // `from` is the committed one; `began` the Date of the first answer, where the source sent one.
  Watermark(CursorFormat format, std::optional<std::string> from);
  void set_began(base::Instant began) {
    if (!began_) began_ = began;
  }
  void see(const base::Value& value);  // values that cannot be compared are ignored: they are read again next time
  // What the next run starts from, in the form the source gave it; nullopt: nothing was seen, ever.
  [[nodiscard]] std::optional<std::string> value() const;

 private:
  std::optional<std::int64_t> rank(const base::Value& value) const;

  CursorFormat format_;
  std::optional<std::string> text_;
  std::optional<std::int64_t> rank_;
  std::optional<base::Instant> began_;
};

}  // namespace tandem::core
