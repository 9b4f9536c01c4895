#include "pg/identity.hpp"

#include "base/error.hpp"
#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr const char* kEngineRole = "tandem_owner";

// Seq, hash and merge read the whole table for the sake of one page; so does a materialized scan of what looked like a
// small part of it. Memoize pays for keys that
// repeat, which a page's keys do not, though the planner, without statistics of the page, thinks so.
// jit: the cost that stands for "disabled" would make every such plan look worth compiling.
constexpr Setting kByIndex[] = {
    {"enable_hashjoin", "off", [] { return !enable_hashjoin; }},
    {"enable_mergejoin", "off", [] { return !enable_mergejoin; }},
    {"enable_seqscan", "off", [] { return !enable_seqscan; }},
    {"enable_bitmapscan", "off", [] { return !enable_bitmapscan; }},
    {"enable_memoize", "off", [] { return !enable_memoize; }},
    {"enable_material", "off", [] { return !enable_material; }},
    {"jit", "off", [] { return !jit_enabled; }},
};
constexpr std::span<const Setting> kByIndexAndHash = std::span(kByIndex).subspan(1);

constexpr const char* kEnginePath = "pg_catalog, pg_temp";

// Everything a session may have set that would change what the engine's SQL means or prints.
constexpr Setting kEngine[] = {
    // the first, see engine_path_setting(); the last six, see printing_settings()
    {"search_path", kEnginePath, [] { return std::strcmp(namespace_search_path, kEnginePath) == 0; }},
    {"row_security", "on", [] { return row_security; }},
    {"standard_conforming_strings", "on", [] { return standard_conforming_strings; }},
    {"jit", "off", [] { return !jit_enabled; }},
    {"DateStyle", "ISO, MDY", [] { return DateStyle == USE_ISO_DATES && DateOrder == DATEORDER_MDY; }},
    {"IntervalStyle", "postgres", [] { return IntervalStyle == INTSTYLE_POSTGRES; }},
    {"TimeZone", "UTC", [] { return std::strcmp(pg_get_timezone_name(session_timezone), "UTC") == 0; }},
    {"extra_float_digits", "1", [] { return extra_float_digits == 1; }},
    {"bytea_output", "hex", [] { return bytea_output == BYTEA_OUTPUT_HEX; }},
    {"xmlbinary", "base64", [] { return xmlbinary == XMLBINARY_BASE64; }},
};

void apply(std::span<const Setting> settings) {
  for (const Setting& setting : settings) {
    if (setting.holds()) continue;
    (void)set_config_option(setting.name, setting.value, PGC_USERSET, PGC_S_SESSION, GUC_ACTION_SAVE, true, 0, false);
  }
}

void leave(int nest_level) noexcept {
  try {
    call([nest_level] { AtEOXact_GUC(false, nest_level); });
  } catch (...) {
    // The abort that must follow an error undoes every level; without one, this cannot fail.
  }
}

}  // namespace

SettingsScope::SettingsScope(std::span<const Setting> settings) : nest_level_(NewGUCNestLevel()) {
  try {
    call([settings] { apply(settings); });
  } catch (...) {
    leave(nest_level_);
    throw;
  }
}

SettingsScope::~SettingsScope() { leave(nest_level_); }

std::span<const Setting> by_index_settings() noexcept { return kByIndex; }

std::span<const Setting> by_index_and_hash_settings() noexcept { return kByIndexAndHash; }

std::span<const Setting> engine_path_setting() noexcept { return std::span(kEngine).first(1); }

std::span<const Setting> engine_settings() noexcept { return kEngine; }

std::span<const Setting> printing_settings() noexcept { return std::span(kEngine).last(6); }

EngineIdentity::EngineIdentity() : settings_(kEngine), user_(InvalidOid), security_context_(0) {
  // Looked up each time: a syscache hit, and the role may have been dropped or made in between.
  const Oid engine = call([] { return get_role_oid(kEngineRole, true); });
  if (!OidIsValid(engine)) {
    throw base::Failure(base::Errc::prerequisite, "role tandem_owner does not exist",
                        "The engine reaches its own tables as this role; installing the extension makes it.",
                        "CREATE EXTENSION pg_tandem;");
  }
  GetUserIdAndSecContext(&user_, &security_context_);
  SetUserIdAndSecContext(engine, security_context_ | SECURITY_LOCAL_USERID_CHANGE);
}

EngineIdentity::~EngineIdentity() { SetUserIdAndSecContext(user_, security_context_); }

}  // namespace tandem::pg
