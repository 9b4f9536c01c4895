// Goes forward over the tokens of one JSON text, checking all of its grammar on the
// way: what has been passed is valid. Where the tokens begin is told by an index made
// beforehand (page_reader's simdjson stage), which also vouches for closed strings
// without control characters and for UTF-8. Inline because every field of every
// record goes through here.
#pragma once

#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_text.hpp"
#include "base/value.hpp"

namespace tandem::base {

class JsonCursor {
 public:
  static constexpr int kMaxDepth = 128;

  // `starts` are the positions where tokens begin, then `text`'s size. Behind `text`
  // must stand a zero byte. `origin` is added to the positions in messages.
  JsonCursor(std::string_view text, const std::uint32_t* starts, std::size_t origin) noexcept
      : text_(text), next_(starts), backslash_(text.data()), origin_(origin) {}

  [[nodiscard]] char peek() const noexcept { return text_.data()[*next_]; }
  [[nodiscard]] std::size_t position() const noexcept { return *next_; }
  [[nodiscard]] bool at_end() const noexcept { return *next_ == text_.size(); }
  // Text from `begin` to the end of the token passed last, which must be a bracket.
  [[nodiscard]] std::string_view since(std::size_t begin) const noexcept {
    return text_.substr(begin, next_[-1] + 1 - begin);
  }

  // A place to come back to. Only where a value begins, and not after a failure.
  struct Mark {
    const std::uint32_t* next = nullptr;
    int depth = 0;
  };
  [[nodiscard]] Mark mark() const noexcept { return {next_, depth_}; }
  void rewind(const Mark& mark) noexcept { next_ = mark.next, depth_ = mark.depth, backslash_ = text_.data(); }

  // Passes an object or array; `each` gets the raw inside of the key (the position in
  // the array), passes the value and tells whether it could. All return false after fail().
  template <class Each>
  bool object(Each&& each);
  template <class Each>
  bool array(Each&& each);
  bool read(Value& out, TextArena& arena);
  bool skip();
  [[nodiscard]] bool has_escape(std::string_view raw) noexcept;

  bool fail(std::string_view expected);
  bool fail_limit(std::string text, std::string hint);
  [[nodiscard]] const Error& error() const { return *error_; }

 private:
  bool enter();
  bool leave() noexcept { return ++next_, --depth_, true; }
  bool key(std::string_view& raw);
  bool string(std::string_view& raw);
  bool text_value(Value& out, TextArena& arena);
  bool number(Value& out);
  bool literal(std::string_view word, Kind kind, Value& out);
  bool only_space(const char* at) const noexcept;  // up to the next token

  std::string_view text_;
  const std::uint32_t* next_;
  const char* backslash_;  // none stands between the last string looked at and here
  int depth_ = 0;
  std::size_t origin_;
  std::optional<Error> error_;
};

template <class Each>
bool JsonCursor::object(Each&& each) {
  if (!enter()) return false;
  if (peek() == '}') return leave();
  for (;;) {
    std::string_view raw;
    if (!key(raw) || !each(raw)) return false;
    if (peek() == '}') return leave();
    if (peek() != ',') return fail("\",\" or \"}\"");
    ++next_;
  }
}

template <class Each>
bool JsonCursor::array(Each&& each) {
  if (!enter()) return false;
  if (peek() == ']') return leave();
  for (std::size_t i = 0;; ++i) {
    if (!each(i)) return false;
    if (peek() == ']') return leave();
    if (peek() != ',') return fail("\",\" or \"]\"");
    ++next_;
  }
}

inline bool JsonCursor::read(Value& out, TextArena& arena) {
  switch (peek()) {
    case '"':
      return text_value(out, arena);
    case '{':
    case '[': {
      const std::size_t begin = position();
      if (!skip()) return false;
      out = {Kind::json, since(begin)};
      return true;
    }
    case 'n':
      return literal("null", Kind::null, out);
    case 't':
      return literal("true", Kind::boolean, out);
    case 'f':
      return literal("false", Kind::boolean, out);
    default:
      return number(out);
  }
}

inline bool JsonCursor::key(std::string_view& raw) {
  if (peek() != '"') return fail("a key");
  if (!string(raw)) return false;
  if (peek() != ':') return fail("\":\"");
  ++next_;
  return true;
}

// The index has only where a string begins; it ends before the space in front of the
// next token.
inline bool JsonCursor::string(std::string_view& raw) {
  const char* const begin = text_.data() + *next_ + 1;
  const char* end = text_.data() + next_[1];
  while (end > begin && is_json_space(end[-1])) --end;
  if (end <= begin || end[-1] != '"') return fail("a closed string");
  raw = {begin, static_cast<std::size_t>(end - 1 - begin)};
  if (has_escape(raw) && !valid_escapes(raw)) return fail("a string with valid escapes");
  ++next_;
  return true;
}

// Nearly no string has a backslash, so one search serves all strings before it.
inline bool JsonCursor::has_escape(std::string_view raw) noexcept {
  if (backslash_ < raw.data()) {
    const char* const end = text_.data() + text_.size();
    const void* const found = std::memchr(raw.data(), '\\', static_cast<std::size_t>(end - raw.data()));
    backslash_ = found == nullptr ? end : static_cast<const char*>(found);
  }
  return backslash_ < raw.data() + raw.size();
}

inline bool JsonCursor::text_value(Value& out, TextArena& arena) {
  std::string_view raw;
  if (!string(raw)) return false;
  out = {Kind::string, raw};
  if (!has_escape(raw)) return true;
  if (const auto text = unescape(raw, arena)) {
    out.text = *text;
  } else {
    out = {Kind::broken, {raw.data() - 1, raw.size() + 2}};
  }
  return true;
}

inline bool JsonCursor::number(Value& out) {
  const char* const begin = text_.data() + *next_;
  const char* const end = scan_number(begin);
  if (end == nullptr || !only_space(end)) return fail("a value");
  out = {Kind::number, {begin, static_cast<std::size_t>(end - begin)}};
  ++next_;
  return true;
}

inline bool JsonCursor::literal(std::string_view word, Kind kind, Value& out) {
  const std::string_view found = text_.substr(*next_, word.size());
  if (found != word || !only_space(found.data() + word.size())) return fail("a value");
  out = {kind, found};
  ++next_;
  return true;
}

inline bool JsonCursor::only_space(const char* at) const noexcept {
  const char* const end = text_.data() + next_[1];
  while (at < end && is_json_space(*at)) ++at;
  return at == end;
}

}  // namespace tandem::base
