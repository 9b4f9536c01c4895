// From JSON to Api in one pass that also says everything that is wrong with it: the
// checks and the meaning of a key stand in the same line, so neither can be forgotten.
#pragma once

#include <array>
#include <string_view>

#include "base/json.hpp"
#include "core/manifest/api.hpp"
#include "core/mapping/finding.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

inline constexpr std::array<std::string_view, 7> kConfigKeys{"base_url", "headers",  "auth",         "params",
                                                             "objects",  "timeouts", "max_in_flight"};
inline constexpr std::array<std::string_view, 11> kManifestKeys{"base_url", "headers",     "auth",          "params",
                                                                "objects",  "timeouts",    "max_in_flight", "title",
                                                                "version",  "description", "settings"};
inline constexpr std::array<std::string_view, 4> kAuthTypes{"none", "basic", "bearer",
                                                            "api-key"};  // in the order of AuthType
inline constexpr std::array<std::string_view, 7> kPageStyles{"none",     "page", "offset", "token",
                                                             "next_url", "link", "keyset"};  // of PageStyle

// A manifest alone may leave out what connections fill in; a connection's config, merged, must be complete.
enum class Completeness { manifest, connection };

// Keys of a manifest are all known here, also in a merged config. Where a finding is an
// error, the part of the Api it belongs to has its default.
Api read_api(const base::Json& json, Completeness completeness, Findings& findings);

// The query parameters at "params" of what is being read; also of a mapping's options.
Params read_params(ObjectReader& in, Findings& findings, const char* key = "params");

// Part of read_api: paging of the object at `path`, whose other query parameters are `params`.
Paging read_paging(const base::Json& json, const std::string& path, Findings& findings);
// Part of read_api: the cursor; nullopt when it is no object.
std::optional<Cursor> read_cursor(const base::Json& json, const std::string& path, Findings& findings);
// A span of time for a cursor that is a time, a number for one that is a number.
base::Result<std::int64_t> cursor_span(const base::Json& value, const Cursor& cursor);
// "expired" of paging or a cursor; `fallback` where it is not given.
Expired read_expired(ObjectReader& in, Expired fallback, Findings& findings);
// What keys of an object say together: a parameter has one owner, and what one key needs of another is there.
void check_object(const Object& object, const Auth& auth, const std::string& path, Findings& findings);
// "write" of `object`, of which all else has been read; null where it is no object.
std::shared_ptr<const Write> read_write(const base::Json& json, const std::string& path, const Object& object,
                                        Findings& findings);
// Where the records of an answer stand.
base::RecordsAt read_records(ObjectReader& in, std::string_view key = "records");
// "parent": whose records an object's stand below.
std::optional<Parent> read_parent(const base::Json& json, const std::string& path, Findings& findings);
// What objects say of each other; fills in what a child takes over from its parent.
void join_parents(Api& api, Completeness completeness, Findings& findings);
// A body path at a key; empty when absent or wrong.
std::vector<std::string> read_path(ObjectReader& in, std::string_view key);

}  // namespace tandem::core
