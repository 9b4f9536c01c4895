// How far incremental reading has come: the greatest value of the cursor field seen in
// a listing, never beyond the moment (by the source's clock) at which the listing began
// nor beyond the upper bound that was asked for, because records may change behind a page
// that was read already. It is committed when the listing was read to its end.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/clock.hpp"
#include "base/value.hpp"
#include "core/listing/cursor_text.hpp"

namespace tandem::core {

class Watermark {
 public:
  explicit Watermark(CursorText text) : text_(std::move(text)) {}

  void cap(base::Instant at);          // the earliest cap counts
  void see(const base::Value& value);  // values that cannot be compared are ignored: they are read again next time
  void see(std::string_view value);    // one that was kept: a committed or a stored one
  // What the next run starts from, in the form the source gave it; nullopt: nothing was seen, ever.
  [[nodiscard]] std::optional<std::string> value() const;
  [[nodiscard]] const CursorText& text() const noexcept { return text_; }

 private:
  CursorText text_;
  std::optional<std::string> greatest_;
  std::optional<std::int64_t> rank_;
  std::optional<base::Instant> cap_;
};

}  // namespace tandem::core
