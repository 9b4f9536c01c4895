// The texts that manifests and configs are made of: URLs, paths, header names, times and
// body paths. Each check says what is wrong and what to write instead; they decide only
// by the text, whether an address may be reached at all is the engine's policy.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/json.hpp"

namespace tandem::core {

using Wrong = std::optional<base::Error>;  // nullopt: nothing is

[[nodiscard]] Wrong check_base_url(std::string_view url);      // absolute http(s), no user, no query
[[nodiscard]] Wrong check_object_path(std::string_view path);  // below the base URL, whatever it says
[[nodiscard]] Wrong check_header_name(std::string_view name);  // RFC 9110 token that is not the engine's own
[[nodiscard]] Wrong check_header_value(std::string_view value);
// Headers that carry a secret: they belong to auth, because config is shown to everyone.
[[nodiscard]] bool secret_header(std::string_view name);
[[nodiscard]] bool secret_param(std::string_view name);

// A number is seconds; a text is a number directly followed by ms, s, m or h.
[[nodiscard]] base::Result<int> duration_ms(const base::Json& value);
// Up to years: a number is seconds; a text is a whole number and ms, s, m, h, d or w, or the word: "30 days".
// Microseconds.
[[nodiscard]] base::Result<std::int64_t> span_micros(const base::Json& value);
// "data.items", or the part of SQL/JSON path that is a path: $.data."odd key"; "$" is empty.
[[nodiscard]] base::Result<std::vector<std::string>> body_path(std::string_view text);

}  // namespace tandem::core
