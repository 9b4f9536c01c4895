// What a statement runs under, for exactly its own duration: settings that the planner
// or the engine's fixed SQL needs, and the engine's role. Restored on every exit, also
// when the statement raised. Private to src/pg.
#pragma once

#include <span>

#include "pg/types.hpp"

namespace tandem::pg {

// `holds` asks the setting's own variable: an option that is looked up by its name costs as much as a short statement,
// and there are a dozen of them.
struct Setting {
  const char* name;
  const char* value;
  bool (*holds)();
};

// A GUC nest level: what is set inside is undone when it ends. Settings that already have the wanted
// value are left alone (most of them, most of the time).
class SettingsScope {
 public:
  explicit SettingsScope(std::span<const Setting> settings);
  ~SettingsScope();
  SettingsScope(const SettingsScope&) = delete;
  SettingsScope& operator=(const SettingsScope&) = delete;

 private:
  int nest_level_;
};

// Lookups and plans that suit a page joined to a big table by its key.
[[nodiscard]] std::span<const Setting> by_index_settings() noexcept;
// How values are printed that leave the database, whatever the session has set.
[[nodiscard]] std::span<const Setting> printing_settings() noexcept;
// The same, but for hash joins, which are for joining the page with itself.
[[nodiscard]] std::span<const Setting> by_index_and_hash_settings() noexcept;
// The search_path that the engine's SQL runs under.
[[nodiscard]] std::span<const Setting> engine_path_setting() noexcept;
// All that the engine's SQL runs under: values print the same whatever the session has set.
[[nodiscard]] std::span<const Setting> engine_settings() noexcept;

// tandem_owner under a pinned search_path and pinned formats. SECURITY_LOCAL_USERID_CHANGE: nothing
// inside can SET ROLE away from it.
class EngineIdentity {
 public:
  EngineIdentity();  // Failure(prerequisite) when the role is missing
  ~EngineIdentity();
  EngineIdentity(const EngineIdentity&) = delete;
  EngineIdentity& operator=(const EngineIdentity&) = delete;

 private:
  SettingsScope settings_;
  Oid user_;
  int security_context_;
};

}  // namespace tandem::pg
