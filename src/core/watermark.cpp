#include "core/watermark.hpp"

#include <charconv>
#include <ctime>

#include "core/convert.hpp"

namespace tandem::core {

namespace {

std::string iso8601(base::Instant instant) {
  const std::time_t seconds = instant.micros / base::kSecond + base::kUnixEpochOffsetSeconds;
  std::tm civil{};
  gmtime_r(&seconds, &civil);
  char text[40];
  const std::size_t length = std::strftime(text, sizeof text, "%Y-%m-%dT%H:%M:%SZ", &civil);
  return {text, length};
}

}  // namespace

Watermark::Watermark(CursorFormat format, std::optional<std::string> from) : format_(format) {
  if (from)
    see({format == CursorFormat::iso8601 || format == CursorFormat::text ? base::Kind::string : base::Kind::number,
         *from});
}

void Watermark::see(const base::Value& value) {
  if (format_ == CursorFormat::text) {
    if (value.kind == base::Kind::string && (!text_ || *text_ < value.text)) text_ = std::string(value.text);
    return;
  }
  const auto order = rank(value);
  if (!order || (rank_ && *rank_ >= *order)) return;
  rank_ = order;
  text_ = std::string(value.text);
}

std::optional<std::string> Watermark::value() const {
  if (!began_ || !rank_) return text_;
  const std::int64_t began_unix = began_->micros / base::kSecond + base::kUnixEpochOffsetSeconds;
  switch (format_) {
    case CursorFormat::iso8601:
      return *rank_ > began_->micros ? iso8601(*began_) : *text_;
    case CursorFormat::epoch:
      return *rank_ > began_unix ? std::to_string(began_unix) : *text_;
    case CursorFormat::epoch_ms:
      return *rank_ > began_unix * 1000 ? std::to_string(began_unix * 1000) : *text_;
    case CursorFormat::integer:
    case CursorFormat::text:
      return text_;
  }
  return text_;
}

std::optional<std::int64_t> Watermark::rank(const base::Value& value) const {
  if (value.kind != base::Kind::string && value.kind != base::Kind::number) return std::nullopt;
  if (format_ == CursorFormat::iso8601) {
    base::ColumnType instant;
    instant.type_class = base::TypeClass::timestamptz;
    base::TextArena arena;
    base::Cell cell;
    if (convert(value, instant, DeclaredType::none, arena, cell) || cell.form != base::Cell::Form::time)
      return std::nullopt;
    return cell.integer;
  }
  std::int64_t number = 0;
  const char* end = value.text.data() + value.text.size();
  const auto [stop, error] = std::from_chars(value.text.data(), end, number);
  if (error != std::errc{} || stop != end) return std::nullopt;
  return number;
}

}  // namespace tandem::core
