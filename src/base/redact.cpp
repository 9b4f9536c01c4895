#include <algorithm>
#include <vector>

#include "base/percent.hpp"
#include "base/secret.hpp"
#include "base/strings.hpp"

namespace tandem::base {
namespace {

constexpr std::string_view kStars = "***";
constexpr std::size_t kMinSecret = 4;  // shorter ones would blot out half of any text

// What ends a URL within a text. A URL that holds one of these unescaped is cut short,
// so its secrets must be known ones.
constexpr bool ends_url(char c) {
  return static_cast<unsigned char>(c) <= ' ' || c == '"' || c == '\'' || c == '<' || c == '>' || c == '`';
}

// A relative one, too: "GET /a?token=..." is how servers log it.
bool looks_like_url(std::string_view word) {
  const std::size_t query = word.find('?');
  return word.find("://") != std::string_view::npos ||
         (query != std::string_view::npos && word.find('=', query) != std::string_view::npos);
}

// The base64 digits that depend on nothing but the secret when `offset` bytes stand
// before it in a group of three, as "user:" does in a Basic header.
std::string base64_core(std::string_view secret, std::size_t offset, std::string_view alphabet) {
  const auto bit = [&](std::size_t at) -> unsigned {
    const auto byte = static_cast<unsigned char>(secret[at / 8 - offset]);
    return (byte >> (7 - at % 8)) & 1u;
  };
  std::string out;
  const std::size_t first = (offset * 8 + 5) / 6, last = (offset + secret.size()) * 8 / 6;
  for (std::size_t digit = first; digit < last; ++digit) {
    unsigned value = 0;
    for (std::size_t i = 0; i < 6; ++i) value = value * 2 + bit(digit * 6 + i);
    out.push_back(alphabet[value]);
  }
  return out;
}

// All spellings of a secret, themselves secrets.
void add_forms(std::vector<Secret>& forms, std::string_view secret) {
  forms.emplace_back(std::string(secret));
  for (const std::string_view hex : {"0123456789ABCDEF", "0123456789abcdef"})
    for (const bool form : {false, true}) forms.emplace_back(percent_encode(secret, {hex, form}));
  constexpr std::string_view kStandard = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  constexpr std::string_view kUrlSafe = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
  for (std::size_t offset = 0; offset < 3; ++offset)
    for (const std::string_view alphabet : {kStandard, kUrlSafe})
      forms.emplace_back(base64_core(secret, offset, alphabet));
}

void replace_all(std::string& text, std::string_view needle) {
  for (std::size_t at = text.find(needle); at != std::string::npos; at = text.find(needle, at + kStars.size()))
    text.replace(at, needle.size(), kStars);
}

// "a=1&b" -> "a=***&***"
std::string hide_values(std::string_view query) {
  std::string out;
  for (std::size_t begin = 0; begin <= query.size();) {
    const std::size_t end = std::min(query.find('&', begin), query.size());
    const std::string_view parameter = query.substr(begin, end - begin);
    const std::size_t equals = parameter.find('=');
    if (equals != std::string_view::npos) out += parameter.substr(0, equals + 1);
    if (!parameter.empty()) out += kStars;
    if (end < query.size()) out.push_back('&');
    begin = end + 1;
  }
  return out;
}

// Everything before the query: only userinfo is secret there. More than one URL may
// stand in a row when no space parts them.
std::string hide_userinfo(std::string_view path) {
  std::string out;
  for (;;) {
    const std::size_t scheme = path.find("://");
    if (scheme == std::string_view::npos) return out.append(path);
    out += path.substr(0, scheme + 3);
    path.remove_prefix(scheme + 3);
    const std::size_t at = path.substr(0, path.find('/')).rfind('@');
    if (at == std::string_view::npos) continue;
    out += kStars;
    path.remove_prefix(at);
  }
}

}  // namespace

std::string redact(std::string text, std::span<const Secret> secrets) {
  std::vector<Secret> forms;
  for (const Secret& secret : secrets)
    if (secret.reveal().size() >= kMinSecret) add_forms(forms, secret.reveal());
  // A secret that contains another one must go as a whole.
  std::stable_sort(forms.begin(), forms.end(),
                   [](const Secret& a, const Secret& b) { return a.reveal().size() > b.reveal().size(); });
  for (const Secret& form : forms) replace_all(text, form.reveal());

  std::string out;
  for (std::size_t begin = 0; begin < text.size();) {
    std::size_t end = begin;
    while (end < text.size() && !ends_url(text[end])) ++end;
    const std::string_view word = std::string_view(text).substr(begin, end - begin);
    out += looks_like_url(word) ? redact_url(word) : std::string(word);
    if (end < text.size()) out.push_back(text[end]);
    begin = end + 1;
  }
  return out;
}

std::string redact_url(std::string_view url) {
  const std::size_t fragment = std::min(url.find('#'), url.size());
  const std::size_t query = std::min(url.find('?'), fragment);
  std::string out = hide_userinfo(url.substr(0, query));
  if (query < fragment) out += strcat("?", hide_values(url.substr(query + 1, fragment - query - 1)));
  if (fragment < url.size()) out += strcat("#", hide_values(url.substr(fragment + 1)));  // tokens travel there, too
  return out;
}

}  // namespace tandem::base
