#include "core/manifest/api.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/manifest/read.hpp"
#include "core/manifest/manifest.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

struct Checked {
  Api api;
  Findings findings;
};

void check_manifest_texts(const base::Json& manifest, Findings& findings) {
  for (const char* key : {"title", "version", "description"}) {
    const base::Json* value = manifest.find(key);
    if (value == nullptr || value->is_null() || value->is_string()) continue;
    findings.push_back({.path = key,
                        .message = base::strcat("must be text, not ", base::Json::kind_name(value->kind())),
                        .code = finding_code::kWrongKind});
  }
}

// The config's own top level is checked before it is merged: afterwards it could not be
// told from the manifest's, which has more keys.
Checked check_connection(const base::Json& manifest, const base::Json& config) {
  Checked out;
  const ObjectReader top(config, "", kConfigKeys, out.findings);
  if (has_errors(out.findings)) return out;
  const std::vector<SettingRule> rules = read_settings(manifest, out.findings);
  const base::Json effective = effective_config(manifest, config, rules);
  check_settings(effective, rules, out.findings);
  out.api = read_api(effective, Completeness::connection, out.findings);
  return out;
}

}  // namespace

std::vector<std::string> Auth::required_credentials() const {
  switch (type) {
    case AuthType::none:
      return {};
    case AuthType::basic:
      return {"username", "password"};
    case AuthType::bearer:
      return {"token"};
    case AuthType::api_key:
      return {"key"};
  }
  return {};  // not reached: the switch is exhaustive
}

const Object* Api::object(std::string_view name) const noexcept {
  const auto found = std::ranges::find(objects, name, &Object::name);
  return found == objects.end() ? nullptr : &*found;
}

Findings validate_manifest(const base::Json& manifest) {
  Findings findings;
  read_api(manifest, Completeness::manifest, findings);
  if (!manifest.is_object()) return findings;
  check_manifest_texts(manifest, findings);
  const std::vector<SettingRule> rules = read_settings(manifest, findings);
  // What the manifest itself gives must satisfy its own rules; what is missing may still come.
  Findings own;
  check_settings(manifest, rules, own);
  std::ranges::copy_if(own, std::back_inserter(findings),
                       [](const Finding& f) { return f.code != finding_code::kMissing; });
  return findings;
}

Findings validate_config(const base::Json& manifest, const base::Json& config) {
  return check_connection(manifest, config).findings;
}

base::Result<Api> make_api(const base::Json& manifest, const base::Json& config) {
  Checked checked = check_connection(manifest, config);
  const auto first = std::ranges::find(checked.findings, Severity::error, &Finding::severity);
  if (first == checked.findings.end()) return std::move(checked.api);
  return base::Error{.code = base::Errc::invalid_parameter,
                     .text = first->path.empty() ? first->message : base::strcat(first->path, ": ", first->message),
                     .hint = first->hint};
}

}  // namespace tandem::core
