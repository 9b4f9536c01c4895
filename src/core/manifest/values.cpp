#include "core/manifest/values.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>

#include "base/clock.hpp"
#include "base/strings.hpp"
#include "base/whole_number.hpp"

namespace tandem::core {

namespace {

constexpr double kLongestMs = 3'600'000;

base::Error wrong(std::string text, std::string hint = {}) {
  return {.code = base::Errc::invalid_parameter, .text = std::move(text), .hint = std::move(hint)};
}

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_url_char(char c) { return c > 0x20 && c < 0x7f && c != '\\' && c != '"' && c != '<' && c != '>'; }

// RFC 9110 tchar.
bool is_token_char(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
}

bool is_one_of(std::string_view name, std::span<const std::string_view> lower_names) {
  return std::ranges::find(lower_names, base::lower(name)) != lower_names.end();
}

Wrong check_port(std::string_view digits) {
  const std::optional<std::int64_t> port = base::whole_number(digits);
  if (port && *port >= 1 && *port <= 65535) return std::nullopt;
  return wrong(base::strcat("port \"", digits, "\" is not a number from 1 to 65535"));
}

Wrong check_authority(std::string_view authority) {
  if (authority.find('@') != std::string_view::npos) {
    return wrong("must not contain a user or password",
                 "Use \"auth\": {\"type\": \"basic\"} and give both as credentials.");
  }
  const std::size_t bracket = authority.rfind(']');
  const std::size_t colon = authority.find(':', bracket == std::string_view::npos ? 0 : bracket);
  if (authority.empty() || colon == 0) return wrong("has no host", "Write it like \"https://api.example.com/v1\".");
  return colon == std::string_view::npos ? std::nullopt : check_port(authority.substr(colon + 1));
}

// Servers and proxies decode %2e, so an encoded dot climbs as well as a plain one.
bool climbs(std::string_view segment) {
  std::string plain = base::lower(segment);
  for (std::size_t at = plain.find("%2e"); at != std::string::npos; at = plain.find("%2e")) plain.replace(at, 3, ".");
  return plain == "." || plain == "..";
}

base::Error path_syntax(std::string_view text) {
  return wrong(base::strcat("path \"", text, "\" cannot be read"),
               "Write keys with dots between them (data.items), or $.data.\"odd key\"; filters, [*] and array "
               "positions are not supported.");
}

// One step of a `$` path at text[at], which is a dot; moves `at` behind the step.
std::optional<std::string> next_step(std::string_view text, std::size_t& at) {
  if (text[at++] != '.' || at >= text.size()) return std::nullopt;
  std::size_t end = at;
  if (text[at] == '"') {
    for (++end; end < text.size() && text[end] != '"'; ++end) end += text[end] == '\\' ? 1 : 0;
    if (end >= text.size()) return std::nullopt;
    const auto quoted = base::Json::parse(text.substr(at, end + 1 - at));
    at = end + 1;
    return quoted && !quoted->string().empty() ? std::optional(quoted->string()) : std::nullopt;
  }
  while (end < text.size() && text[end] != '.') ++end;
  const std::string_view step = text.substr(at, end - at);
  at = end;
  if (step.empty() || step.find_first_of("[]*?()@\"' \t") != std::string_view::npos) return std::nullopt;
  return std::string(step);
}

}  // namespace

Wrong check_base_url(std::string_view url) {
  constexpr const char* kExample = "Write it like \"https://api.example.com/v1\".";
  const std::size_t colon = url.find("://");
  const std::string scheme = base::lower(url.substr(0, colon == std::string_view::npos ? 0 : colon));
  if (scheme != "http" && scheme != "https") return wrong("must be an absolute http or https URL", kExample);
  if (!std::ranges::all_of(url, is_url_char))
    return wrong("contains a character that a URL cannot have", "Percent-encode it.");
  if (url.find_first_of("?#") != std::string_view::npos) {
    return wrong("must not contain a query or a fragment", "Parameters of every request go into \"params\".");
  }
  const std::string_view rest = url.substr(colon + 3);
  const std::size_t slash = rest.find('/');
  if (Wrong bad = check_authority(rest.substr(0, slash))) return bad;
  if (slash == std::string_view::npos) return std::nullopt;
  const std::vector<std::string> segments = base::split(rest.substr(slash), '/');
  return std::ranges::any_of(segments, climbs) ? Wrong(wrong("must not contain . or .. segments")) : std::nullopt;
}

Wrong check_object_path(std::string_view path) {
  if (path.find("://") != std::string_view::npos || path.starts_with("//")) {
    return wrong("must be a path below base_url, not a URL", "Write it like \"/customers\".");
  }
  if (!path.starts_with('/')) return wrong("must begin with /", base::strcat("Write \"/", path, "\"."));
  if (path.find_first_of("?#") != std::string_view::npos) {
    return wrong("must not contain a query or a fragment", "Query parameters go into the object's \"params\".");
  }
  if (!std::ranges::all_of(path, is_url_char))
    return wrong("contains a character that a URL cannot have", "Percent-encode it.");
  const std::vector<std::string> segments = base::split(path, '/');
  if (std::ranges::any_of(segments, climbs)) return wrong("must not contain . or .. segments");
  return std::nullopt;
}

Wrong check_header_name(std::string_view name) {
  constexpr std::array<std::string_view, 9> kOurs{"host",       "content-length", "transfer-encoding",
                                                  "connection", "upgrade",        "te",
                                                  "trailer",    "expect",         "accept-encoding"};
  if (name.empty() || !std::ranges::all_of(name, is_token_char)) {
    return wrong("is not a header name", "Header names are made of letters, digits and -.");
  }
  if (is_one_of(name, kOurs)) return wrong(base::strcat("header ", name, " is set by the engine"));
  return std::nullopt;
}

Wrong check_header_value(std::string_view value) {
  if (std::ranges::any_of(value, is_control)) return wrong("must not contain line breaks or other control characters");
  return std::nullopt;
}

bool secret_header(std::string_view name) {
  constexpr std::array<std::string_view, 10> kSecret{
      "authorization", "proxy-authorization", "cookie",         "x-api-key",   "api-key",
      "apikey",        "x-auth-token",        "x-access-token", "x-api-token", "x-auth-key"};
  return is_one_of(name, kSecret);
}

bool secret_param(std::string_view name) {
  constexpr std::array<std::string_view, 8> kSecret{"api_key",    "apikey",        "api-key",  "access_token",
                                                    "auth_token", "client_secret", "password", "token"};
  return is_one_of(name, kSecret);
}

base::Result<std::int64_t> span_micros(const base::Json& value) {
  constexpr const char* kForms = "Write a number of seconds, or a text like \"30 days\", \"10m\", \"1s\" or \"1ms\".";
  constexpr std::int64_t kLongest = 200LL * 366 * 86'400 * base::kSecond;
  struct Unit {
    std::string_view name;
    std::int64_t micros;
  };
  constexpr std::int64_t kMinute = 60 * base::kSecond, kDay = 86'400 * base::kSecond;
  constexpr std::array<Unit, 20> kUnits{{{"ms", 1000},
                                         {"s", base::kSecond},
                                         {"sec", base::kSecond},
                                         {"second", base::kSecond},
                                         {"seconds", base::kSecond},
                                         {"m", kMinute},
                                         {"min", kMinute},
                                         {"minute", kMinute},
                                         {"minutes", kMinute},
                                         {"h", 60 * kMinute},
                                         {"hour", 60 * kMinute},
                                         {"hours", 60 * kMinute},
                                         {"d", kDay},
                                         {"day", kDay},
                                         {"days", kDay},
                                         {"w", 7 * kDay},
                                         {"week", 7 * kDay},
                                         {"weeks", 7 * kDay},
                                         {"millisecond", 1000},
                                         {"milliseconds", 1000}}};
  std::int64_t number = 0, unit = base::kSecond;
  if (value.is_integer()) {
    number = value.integer();
  } else if (value.is_string()) {
    const std::string_view text = base::trim(value.string());
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), number);
    const std::string name = base::lower(base::trim(text.substr(static_cast<std::size_t>(end - text.data()))));
    const auto known = std::ranges::find(kUnits, std::string_view(name), &Unit::name);
    if (ec != std::errc{} || known == kUnits.end()) return wrong("is not a span of time", kForms);
    unit = known->micros;
  } else {
    return wrong(base::strcat("must be a span of time, not ", base::Json::kind_name(value.kind())), kForms);
  }
  if (number < 1 || number > kLongest / unit) return wrong("must be from 1 ms to 200 years", kForms);
  return number * unit;
}

base::Result<int> duration_ms(const base::Json& value) {
  constexpr const char* kForms =
      "A number is seconds; a text is a number with ms, s, m or h: 30, 0.5, \"30s\", \"500ms\".";
  double ms = 0;
  if (value.is_integer() || value.kind() == base::Json::Kind::real) {
    ms = value.real() * 1000;
  } else if (value.is_string()) {
    const std::string& text = value.string();
    const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), ms, std::chars_format::fixed);
    const std::string_view unit(end, static_cast<std::size_t>(text.data() + text.size() - end));
    const double factor = unit == "ms" ? 1 : unit == "s" ? 1000 : unit == "m" ? 60'000 : unit == "h" ? 3'600'000 : 0;
    if (ec != std::errc{} || factor == 0) return wrong(base::strcat("\"", text, "\" is not a time"), kForms);
    ms *= factor;
  } else {
    return wrong(base::strcat("must be a time, not ", base::Json::kind_name(value.kind())), kForms);
  }
  // The negation also catches NaN, which from_chars reads.
  if (!(ms >= 1 && ms <= kLongestMs)) return wrong("must be from 1ms to 1h", kForms);
  return static_cast<int>(std::lround(ms));
}

base::Result<std::vector<std::string>> body_path(std::string_view text) {
  if (!text.starts_with('$')) {
    std::vector<std::string> steps = base::split(text, '.');
    if (text.empty() || std::ranges::any_of(steps, [](const std::string& s) { return s.empty(); }))
      return path_syntax(text);
    return steps;
  }
  std::vector<std::string> steps;
  for (std::size_t at = 1; at < text.size();) {
    std::optional<std::string> step = next_step(text, at);
    if (!step) return path_syntax(text);
    steps.push_back(std::move(*step));
  }
  return steps;
}

}  // namespace tandem::core
