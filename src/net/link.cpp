// RFC 8288: "<https://…?page=2>; rel=\"next\", <…>; rel=last". A reader that goes on after
// what it does not understand, for the header is written by all kinds of servers.
#include <algorithm>

#include "base/strings.hpp"
#include "net/url.hpp"

namespace tandem::net {
namespace {

bool blank(char c) { return c == ' ' || c == '\t'; }

class LinkReader {
 public:
  explicit LinkReader(std::string_view text) : rest_(text) {}

  // Moves to the next link; false at the end.
  bool next_target(std::string_view& target) {
    for (;;) {
      skip([](char c) { return blank(c) || c == ','; });
      if (rest_.empty()) return false;
      if (rest_.front() == '<') break;
      skip_to(",");
    }
    const auto close = rest_.find('>');
    if (close == std::string_view::npos) return false;
    target = base::trim(rest_.substr(1, close - 1));
    rest_.remove_prefix(close + 1);
    return true;
  }

  // Moves to the next parameter of the link; false when it has no more.
  bool next_param(std::string& name, std::string& value) {
    skip_to(";,");
    if (rest_.empty() || rest_.front() == ',') return false;
    rest_.remove_prefix(1);
    skip(blank);
    name = base::lower(token());
    value.clear();
    skip(blank);
    if (rest_.empty() || rest_.front() != '=') return true;
    rest_.remove_prefix(1);
    skip(blank);
    value = !rest_.empty() && rest_.front() == '"' ? quoted() : std::string(token());
    return true;
  }

 private:
  template <class Predicate>
  void skip(Predicate predicate) {
    while (!rest_.empty() && predicate(rest_.front())) rest_.remove_prefix(1);
  }

  // To the first of `stops` outside of quotes.
  void skip_to(std::string_view stops) {
    while (!rest_.empty() && stops.find(rest_.front()) == std::string_view::npos) {
      if (rest_.front() == '"') {
        quoted();
      } else {
        rest_.remove_prefix(1);
      }
    }
  }

  std::string_view token() {
    const auto length = std::min(rest_.find_first_of("=;, \t\""), rest_.size());
    const auto out = rest_.substr(0, length);
    rest_.remove_prefix(length);
    return out;
  }

  std::string quoted() {
    std::string out;
    rest_.remove_prefix(1);
    while (!rest_.empty() && rest_.front() != '"') {
      if (rest_.front() == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      out.push_back(rest_.front());
      rest_.remove_prefix(1);
    }
    if (!rest_.empty()) rest_.remove_prefix(1);
    return out;
  }

  std::string_view rest_;
};

bool names_next(const std::string& relations) {
  std::string text = base::lower(relations);
  std::replace(text.begin(), text.end(), '\t', ' ');
  const auto words = base::split(text, ' ');
  return std::find(words.begin(), words.end(), "next") != words.end();
}

}  // namespace

std::string link_next(std::string_view header_value) {
  LinkReader reader(header_value);
  std::string_view target;
  std::string name, value;
  while (reader.next_target(target)) {
    bool rel_seen = false;  // only the first rel of a link counts
    bool is_next = false;
    while (reader.next_param(name, value)) {
      if (name == "rel" && !rel_seen) {
        rel_seen = true;
        is_next = names_next(value);
      }
    }
    if (is_next) return std::string(target);
  }
  return {};
}

}  // namespace tandem::net
