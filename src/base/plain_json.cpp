#include "base/plain_json.hpp"

#include <algorithm>
#include <cstring>

#include "base/json_text.hpp"

namespace tandem::base {

namespace {

constexpr int kPlainDepth = 16;

// Every step is bounded by the closing bracket that ends the text.
class Check {
 public:
  explicit Check(std::string_view json) noexcept : at_(json.data()), end_(json.data() + json.size()) {}

  [[nodiscard]] bool whole() noexcept { return value(0) && at_ == end_; }

 private:
  [[nodiscard]] bool value(int depth) noexcept {
    if (at_ == end_ || depth > kPlainDepth) return false;
    switch (*at_) {
      case '{':
        return object(depth);
      case '[':
        return array(depth);
      case '"':
        return string();
      case 't':
        return word("true");
      case 'f':
        return word("false");
      case 'n':
        return word("null");
      default:
        return number();
    }
  }

  [[nodiscard]] bool object(int depth) noexcept {
    ++at_;
    if (closes('}')) return true;
    for (std::size_t fields = 1; fields <= kPlainFields; ++fields) {
      if (at_ == end_ || *at_ != '"' || !string()) return false;
      space();
      if (at_ == end_ || *at_++ != ':') return false;
      space();
      if (!value(depth + 1)) return false;
      if (closes('}')) return true;
      if (!comma()) return false;
    }
    return false;
  }

  [[nodiscard]] bool array(int depth) noexcept {
    ++at_;
    if (closes(']')) return true;
    for (;;) {
      if (!value(depth + 1)) return false;
      if (closes(']')) return true;
      if (!comma()) return false;
    }
  }

  [[nodiscard]] bool string() noexcept {
    while (++at_ < end_ && *at_ != '"')
      if (*at_ == '\\' || static_cast<unsigned char>(*at_) < ' ') return false;
    if (at_ == end_) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] bool number() noexcept {
    const char* const after = scan_number(at_);
    if (after == nullptr || after >= end_) return false;
    at_ = after;
    return true;
  }

  [[nodiscard]] bool word(std::string_view expected) noexcept {
    if (std::string_view(at_, static_cast<std::size_t>(end_ - at_)).substr(0, expected.size()) != expected)
      return false;
    at_ += expected.size();
    return true;
  }

  [[nodiscard]] bool closes(char bracket) noexcept {
    space();
    if (at_ == end_ || *at_ != bracket) return false;
    ++at_;
    return true;
  }

  [[nodiscard]] bool comma() noexcept {
    if (at_ == end_ || *at_ != ',') return false;
    ++at_;
    space();
    return true;
  }

  void space() noexcept {
    while (at_ < end_ && is_json_space(*at_)) ++at_;
  }

  const char* at_;
  const char* end_;
};

// From here on the text is known to be plain.

const char* past_string(const char* open) noexcept {
  while (*++open != '"') {
  }
  return open + 1;
}

const char* past_brackets(const char* at) noexcept {
  int open = 0;
  do {
    if (*at == '"') {
      at = past_string(at);
      continue;
    }
    open += *at == '{' || *at == '[' ? 1 : *at == '}' || *at == ']' ? -1 : 0;
    ++at;
  } while (open > 0);
  return at;
}

const char* past_value(const char* at) noexcept {
  if (*at == '"') return past_string(at);
  if (*at == '{' || *at == '[') return past_brackets(at);
  while (*at != ',' && *at != '}' && *at != ']' && !is_json_space(*at)) ++at;
  return at;
}

const char* past_space(const char* at) noexcept {
  while (is_json_space(*at)) ++at;
  return at;
}

bool before(const PlainField& left, const PlainField& right) noexcept {
  if (left.key.size() != right.key.size()) return left.key.size() < right.key.size();
  return left.key < right.key;
}

// Stable, and fields are few.
void put_in_order(PlainField* fields, std::size_t count) noexcept {
  for (std::size_t i = 1; i < count; ++i)
    for (std::size_t k = i; k > 0 && before(fields[k], fields[k - 1]); --k) std::swap(fields[k], fields[k - 1]);
}

}  // namespace

bool is_plain_json(std::string_view json) noexcept {
  if (json.size() < 2 || (json.back() != '}' && json.back() != ']')) return false;
  return Check(json).whole();
}

std::size_t plain_fields(std::string_view object, PlainField* fields) noexcept {
  std::size_t count = 0;
  for (const char* at = past_space(object.data() + 1); *at != '}';) {
    const char* const key_end = past_string(at);
    const char* const value = past_space(past_space(key_end) + 1);  // behind the colon
    const char* const value_end = past_value(value);
    fields[count++] = {{at + 1, static_cast<std::size_t>(key_end - at - 2)},
                       {value, static_cast<std::size_t>(value_end - value)}};
    at = past_space(value_end);
    if (*at == ',') at = past_space(at + 1);
  }
  put_in_order(fields, count);
  return count;
}

std::string_view next_plain_element(std::string_view& rest) noexcept {
  const char* const begin = past_space(rest.data());
  if (*begin == ']') return {};
  const char* const end = past_value(begin);
  const char* after = past_space(end);
  if (*after == ',') ++after;
  rest.remove_prefix(static_cast<std::size_t>(after - rest.data()));
  return {begin, static_cast<std::size_t>(end - begin)};
}

}  // namespace tandem::base
