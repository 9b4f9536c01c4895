#include "base/json_cursor.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tandem::base {

bool JsonCursor::skip() {
  Value scalar;
  std::string_view raw;
  switch (peek()) {
    case '"':
      return string(raw);
    case '{':
      return object([this](std::string_view) { return skip(); });
    case '[':
      return array([this](std::size_t) { return skip(); });
    case 'n':
      return literal("null", Kind::null, scalar);
    case 't':
      return literal("true", Kind::boolean, scalar);
    case 'f':
      return literal("false", Kind::boolean, scalar);
    default:
      return number(scalar);
  }
}

bool JsonCursor::enter() {
  if (depth_ == kMaxDepth)
    return fail_limit(strcat("the response is nested deeper than ", kMaxDepth, " levels at byte ", origin_ + *next_),
                      {});
  ++depth_;
  ++next_;
  return true;
}

bool JsonCursor::fail(std::string_view expected) {
  const std::size_t at = *next_;
  std::string found = "the end";
  if (at < text_.size()) {
    // Only as much as shows the mistake: the text may be anybody's data.
    constexpr std::size_t kShown = 16;
    const std::size_t length = std::clamp<std::size_t>(next_[1] - at, 1, kShown);
    found = strcat("\"", printable_excerpt(text_.substr(at, length), kShown), "\"");
  }
  error_ = Error{Errc::protocol_violation, strcat("the response is not valid JSON at byte ", origin_ + at,
                                                  ": expected ", expected, " but found ", found)};
  return false;
}

bool JsonCursor::fail_limit(std::string text, std::string hint) {
  error_ = Error{Errc::limit_exceeded, std::move(text), {}, std::move(hint)};
  return false;
}

}  // namespace tandem::base
