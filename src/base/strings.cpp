#include "base/strings.hpp"

#include <algorithm>
#include <numeric>

namespace tandem::base {
namespace {

// <cctype> depends on the locale of the process.
constexpr bool is_space(char c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
constexpr bool is_upper(char c) { return c >= 'A' && c <= 'Z'; }
constexpr bool is_lower(char c) { return c >= 'a' && c <= 'z'; }
constexpr bool is_digit(char c) { return c >= '0' && c <= '9'; }
constexpr bool is_word(char c) {
  return is_upper(c) || is_lower(c) || is_digit(c) || static_cast<unsigned char>(c) >= 0x80;
}
constexpr char to_lower(char c) { return is_upper(c) ? static_cast<char>(c - 'A' + 'a') : c; }

// Whether the capital at `i` begins a word: after anything but a capital, or as the
// last of a run of capitals ("HTTPServer"), where a plural s ("userIDs") is no word.
bool begins_word(std::string_view text, std::size_t i) {
  if (i == 0 || !is_upper(text[i - 1])) return true;
  const auto lower_at = [&](std::size_t at) { return at < text.size() && is_lower(text[at]); };
  const bool plural = lower_at(i + 1) && text[i + 1] == 's' && !lower_at(i + 2);
  return lower_at(i + 1) && !plural;
}

// Levenshtein, in one row.
std::size_t edit_distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), std::size_t{0});
  for (std::size_t i = 0; i < a.size(); ++i) {
    std::size_t diagonal = row[0];
    row[0] = i + 1;
    for (std::size_t j = 0; j < b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i] != b[j]);
      diagonal = row[j + 1];
      row[j + 1] = std::min({row[j] + 1, diagonal + 1, replaced});
    }
  }
  return row.back();
}

}  // namespace

std::vector<std::string> split(std::string_view text, char separator) {
  std::vector<std::string> parts;
  for (;;) {
    const std::size_t at = text.find(separator);
    parts.emplace_back(text.substr(0, at));
    if (at == std::string_view::npos) return parts;
    text.remove_prefix(at + 1);
  }
}

std::string join(std::span<const std::string> parts, std::string_view separator) {
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    if (i > 0) out.append(separator);
    out.append(parts[i]);
  }
  return out;
}

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_space(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_space(text.back())) text.remove_suffix(1);
  return text;
}

std::string lower(std::string_view text) {
  std::string out(text);
  std::transform(out.begin(), out.end(), out.begin(), to_lower);
  return out;
}

std::string snake_case(std::string_view text) {
  std::string out;
  bool gap = false;  // something that is no word was left out
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_word(text[i])) {
      gap = true;
      continue;
    }
    if (!out.empty() && (gap || (is_upper(text[i]) && begins_word(text, i)))) out.push_back('_');
    gap = false;
    out.push_back(to_lower(text[i]));
  }
  return out.empty() ? "_" : out;  // a column needs some name
}

std::string printable_excerpt(std::string_view bytes, std::size_t length) {
  std::string out;
  bytes = trim(bytes);
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (out.size() == length) return out + "...";
    const char c = bytes[i];
    if (is_space(c)) {
      if (out.back() != ' ') out.push_back(' ');
    } else {
      out.push_back(c > ' ' && c <= '~' ? c : '?');
    }
  }
  return out;
}

std::string_view nearest(std::string_view word, std::span<const std::string_view> choices) {
  constexpr std::size_t kLongest = 256;  // nobody mistypes more; keeps the matrix small for hostile input
  if (word.empty() || word.size() > kLongest) return {};
  const std::string wanted = lower(word);
  std::size_t best = wanted.size() / 3 + 1;
  std::string_view found;
  for (const std::string_view choice : choices) {
    if (choice.size() > kLongest) continue;
    const std::size_t distance = edit_distance(wanted, lower(choice));
    if (distance < best || (distance == best && found.empty())) {
      best = distance;
      found = choice;
    }
  }
  return found;
}

}  // namespace tandem::base
