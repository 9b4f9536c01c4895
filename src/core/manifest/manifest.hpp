// What a connector's manifest has beyond a connection's config: the settings that a person
// fills in for each connection. A setting names a place in the config by its path
// ("base_url", "params.region"), so there is nothing to be substituted anywhere: its
// default, type and choices apply to what stands there.
#pragma once

#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/finding.hpp"

namespace tandem::core {

struct SettingRule {
  std::string name = {};
  std::vector<std::string> path = {};  // into the config
  std::string type = "string";         // string, integer, number, boolean
  bool required = false;
  base::Json fallback = {};  // "default"; null: none
  base::Json choices = {};   // array or null
  std::string label = {}, help = {};
};

// The rules of manifest."settings", with findings about them.
std::vector<SettingRule> read_settings(const base::Json& manifest, Findings& findings);
// The manifest with the config merged over it and the defaults filled in where nothing stands.
[[nodiscard]] base::Json effective_config(const base::Json& manifest, const base::Json& config,
                                          const std::vector<SettingRule>& rules);
// Required, type and choices of what stands in the effective config.
void check_settings(const base::Json& effective, const std::vector<SettingRule>& rules, Findings& findings);
// What stands at a path; nullptr: nothing, or null.
[[nodiscard]] const base::Json* config_at(const base::Json& config, const std::vector<std::string>& path) noexcept;

}  // namespace tandem::core
