// Nested values of a record, read only where a rule looks into them. The page reader has
// checked the text already, so nothing can be wrong with it here.
#include <cstdint>

#include "base/json_text.hpp"
#include "base/strings.hpp"
#include "core/logic/value.hpp"

namespace tandem::core::logic {

namespace {

class Reader {
 public:
  Reader(std::string_view json, Memory& memory) : at_(json.data()), end_(json.data() + json.size()), memory_(memory) {}

  Item value() {
    space();
    if (at_ == end_) return {};
    switch (*at_) {
      case '{':
        return object();
      case '[':
        return array();
      case '"':
        return Item::of(string());
      case 't':
        at_ += 4;
        return Item::boolean(true);
      case 'f':
        at_ += 5;
        return Item::boolean(false);
      case 'n':
        at_ += 4;
        return Item::null();
      default: {
        const char* const begin = at_;
        while (at_ != end_ && *at_ != ',' && *at_ != ']' && *at_ != '}' && !base::is_json_space(*at_)) ++at_;
        return Item::token({begin, static_cast<std::size_t>(at_ - begin)});
      }
    }
  }

 private:
  void space() {
    while (at_ != end_ && (base::is_json_space(*at_) || *at_ == ',' || *at_ == ':')) ++at_;
  }

  Item array() {
    const char* const origin = at_++;
    std::vector<Item> items;
    for (space(); at_ != end_ && *at_ != ']'; space()) items.push_back(value());
    ++at_;
    return Item::of(memory_.list(items, origin));
  }

  Item object() {
    const char* const origin = at_++;
    std::vector<Member> members;
    std::uint32_t depth = 0;
    for (space(); at_ != end_ && *at_ != '}'; space()) {
      const std::string_view key = string();
      members.push_back({key, value()});
      const Item& item = members.back().value;
      if (item.kind == Item::Kind::array) depth = std::max(depth, item.list->depth);
      if (item.kind == Item::Kind::object) depth = std::max(depth, item.map->depth);
    }
    ++at_;
    Member* const kept = memory_.make<Member>(members.size());
    std::copy(members.begin(), members.end(), kept);
    Map* const map = memory_.make<Map>(1);
    *map = {kept, static_cast<std::uint32_t>(members.size()), depth + 1, origin};
    return Item::of(map);
  }

  std::string_view string() {
    const char* const begin = ++at_;
    bool escaped = false;
    while (at_ != end_ && *at_ != '"') {
      escaped = escaped || *at_ == '\\';
      at_ += *at_ == '\\' ? 2 : 1;
    }
    const std::string_view raw(begin, static_cast<std::size_t>(at_ - begin));
    ++at_;
    return escaped ? memory_.keep(unescaped(raw)) : raw;
  }

  static std::uint32_t four_digits(std::string_view hex) {
    std::uint32_t code = 0;
    for (const char c : hex) code = code * 16 + static_cast<std::uint32_t>(c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
    return code;
  }

  // Half a pair is U+FFFD, a NUL stays: a rule may look at what no column can hold.
  static std::string unescaped(std::string_view raw) {
    static constexpr std::string_view kLetters = "bfnrt", kMeaning = "\b\f\n\r\t";
    std::string out;
    for (std::size_t i = 0; i < raw.size(); ++i) {
      if (raw[i] != '\\') {
        out += raw[i];
        continue;
      }
      const char letter = raw[++i];
      if (letter != 'u') {
        const std::size_t known = kLetters.find(letter);
        out += known == std::string_view::npos ? letter : kMeaning[known];
        continue;
      }
      std::uint32_t code = four_digits(raw.substr(i + 1, 4));
      i += 4;
      if (code >= 0xD800 && code < 0xDC00 && raw.substr(i + 1, 2) == "\\u") {
        const std::uint32_t low = four_digits(raw.substr(i + 3, 4));
        if (low >= 0xDC00 && low < 0xE000) {
          code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
          i += 6;
        }
      }
      char utf8[4];
      const char* const end = base::write_utf8(code >= 0xD800 && code < 0xE000 ? 0xFFFD : code, utf8);
      out.append(utf8, static_cast<std::size_t>(end - utf8));
    }
    return out;
  }

  const char* at_;
  const char* end_;
  Memory& memory_;
};

}  // namespace

Item read_json(std::string_view json, Memory& memory) { return Reader(json, memory).value(); }

}  // namespace tandem::core::logic
