// From JSON to Api in one pass that also says everything that is wrong with it: the
// checks and the meaning of a key stand in the same line, so neither can be forgotten.
#pragma once

#include <array>
#include <string_view>

#include "base/json.hpp"
#include "core/api.hpp"
#include "core/finding.hpp"
#include "core/schema_check.hpp"

namespace tandem::core {

inline constexpr std::array<std::string_view, 7> kConfigKeys{"base_url", "headers",  "auth",         "params",
                                                             "objects",  "timeouts", "max_in_flight"};
inline constexpr std::array<std::string_view, 11> kManifestKeys{"base_url", "headers",     "auth",          "params",
                                                                "objects",  "timeouts",    "max_in_flight", "title",
                                                                "version",  "description", "settings"};
inline constexpr std::array<std::string_view, 4> kAuthTypes{"none", "basic", "bearer",
                                                            "api-key"};  // in the order of AuthType
inline constexpr std::array<std::string_view, 6> kPageStyles{"none",  "page",     "offset",
                                                             "token", "next_url", "link"};  // of PageStyle
inline constexpr std::array<std::string_view, 5> kCursorFormats{"iso8601", "epoch", "epoch_ms", "integer",
                                                                "text"};  // of CursorFormat

// A manifest alone may leave out what connections fill in; a connection's config, merged, must be complete.
enum class Completeness { manifest, connection };

// Keys of a manifest are all known here, also in a merged config. Where a finding is an
// error, the part of the Api it belongs to has its default.
Api read_api(const base::Json& json, Completeness completeness, Findings& findings);

// The query parameters at "params" of what is being read; also of a mapping's options.
Params read_params(ObjectReader& in, Findings& findings);

// Part of read_api: paging of the object at `path`, whose other query parameters are `params`.
Paging read_paging(const base::Json& json, const std::string& path, Findings& findings);

}  // namespace tandem::core
