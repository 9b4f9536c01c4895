#include "core/listing/watermark.hpp"

namespace tandem::core {

void Watermark::cap(base::Instant at) {
  if (!cap_ || at < *cap_) cap_ = at;
}

void Watermark::see(const base::Value& value) {
  const bool text = text_.cursor().format == CursorFormat::text;
  if (text ? value.kind == base::Kind::string : text_.rank(value).has_value()) see(value.text);
}

void Watermark::see(std::string_view value) {
  if (text_.cursor().format == CursorFormat::text) {
    if (!greatest_ || *greatest_ < value) greatest_ = std::string(value);
    return;
  }
  const auto rank = text_.rank(value);
  if (!rank || (rank_ && *rank_ >= *rank)) return;
  rank_ = rank;
  greatest_ = std::string(value);
}

std::optional<std::string> Watermark::value() const {
  if (!cap_ || !rank_ || !text_.cursor().timed() || *rank_ <= cap_->micros) return greatest_;
  return text_.print(cap_->micros);
}

}  // namespace tandem::core
