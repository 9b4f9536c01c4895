#include "core/manifest/manifest.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/manifest/credential_names.hpp"
#include "core/manifest/read.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 6> kSettingKeys{"type", "required", "default", "label", "help", "choices"};
constexpr std::array<std::string_view, 4> kSettingTypes{"string", "integer", "number", "boolean"};

bool is_of_type(const base::Json& value, std::string_view type) {
  if (type == "string") return value.is_string();
  if (type == "integer") return value.is_integer();
  if (type == "number") return value.is_integer() || value.kind() == base::Json::Kind::real;
  return value.is_boolean();
}

bool among(const base::Json& value, const base::Json& choices) {
  return choices.is_null() || std::ranges::find(choices.items(), value) != choices.items().end();
}

std::string path_of(const SettingRule& rule) {
  std::string path;
  for (const std::string& step : rule.path) path = path_join(path, step);
  return path;
}

void read_choices(ObjectReader& in, SettingRule& rule) {
  const base::Json* choices = in.find("choices");
  if (choices == nullptr) return;
  if (!choices->is_array() || choices->items().empty()) {
    in.error("choices", "must be an array with at least one choice", {}, finding_code::kWrongKind);
    return;
  }
  for (const base::Json& choice : choices->items()) {
    if (is_of_type(choice, rule.type)) continue;
    in.error("choices", base::strcat("choice ", choice.dump(), " is not of type ", rule.type), {},
             finding_code::kWrongKind);
    return;
  }
  rule.choices = *choices;
}

SettingRule read_setting(const std::string& name, const base::Json& json, Findings& findings) {
  SettingRule rule{.name = name, .path = base::split(name, '.')};
  const std::string where = path_join("settings", name);
  ObjectReader in(json, where, kSettingKeys, findings);
  if (std::ranges::find(kConfigKeys, rule.path.front()) == kConfigKeys.end() ||
      std::ranges::any_of(rule.path, [](const std::string& step) { return step.empty(); })) {
    findings.push_back({.path = where,
                        .message = base::strcat("setting \"", name, "\" is no place in a connection's config"),
                        .hint = nearest_hint(rule.path.front(), kConfigKeys, "It begins with one of"),
                        .code = finding_code::kWrongValue});
  }
  if (const auto type = in.choice("type", kSettingTypes)) rule.type = std::string(kSettingTypes[*type]);
  rule.required = in.boolean("required").value_or(false);
  rule.label = in.text("label").value_or(name);
  rule.help = in.text("help").value_or("");
  read_choices(in, rule);
  const base::Json* fallback = in.find("default");
  if (fallback == nullptr) return rule;
  if (!is_of_type(*fallback, rule.type))
    in.error("default", base::strcat("is not of type ", rule.type), {}, finding_code::kWrongKind);
  else if (!among(*fallback, rule.choices))
    in.error("default", base::strcat(fallback->dump(), " is none of the choices"));
  else
    rule.fallback = *fallback;
  return rule;
}

base::Json with_value(base::Json target, std::span<const std::string> path, const base::Json& value) {
  if (path.empty()) return value;
  // Something that is no object stands in the way: left for the checks of that place.
  if (!target.is_object() && !target.is_null()) return target;
  if (target.is_null()) target = base::Json::object();
  const base::Json* inner = target.find(path.front());
  target.set(path.front(), with_value(inner == nullptr ? base::Json() : *inner, path.subspan(1), value));
  return target;
}

std::string listed(const base::Json& choices) {
  std::string out;
  for (const base::Json& choice : choices.items()) {
    out += (out.empty() ? "" : ", ") + (choice.is_string() ? choice.string() : choice.dump());
  }
  return out;
}

Setting row_of(const SettingRule& rule, const base::Json& manifest) {
  const base::Json* given = config_at(manifest, rule.path);
  const base::Json& value = given != nullptr ? *given : rule.fallback;
  return {.name = rule.name,
          .kind = "config",
          .data_type = rule.type,
          .required = rule.required && value.is_null(),
          .secret = false,
          .default_value = value.is_null()     ? std::string()
                           : value.is_string() ? value.string()
                                               : value.dump(),
          .label = rule.label,
          .help = rule.help,
          .choices = rule.choices};
}

// `type` is what the manifest fixes; without it the connection chooses, and nothing is required yet.
void add_credentials(std::optional<AuthType> type, std::vector<Setting>& rows) {
  struct Known {
    AuthType type;
    const char *name, *label;
    bool secret;
  };
  constexpr std::array<Known, 4> kKnown{{{AuthType::basic, "username", "User name", false},
                                         {AuthType::basic, "password", "Password", true},
                                         {AuthType::bearer, "token", "Token", true},
                                         {AuthType::api_key, "key", "API key", true}}};
  for (const Known& known : kKnown) {
    if (type && *type != known.type) continue;
    const std::string_view auth = kAuthTypes[static_cast<std::size_t>(known.type)];
    rows.push_back({.name = known.name,
                    .kind = "credential",
                    .data_type = "string",
                    .required = type.has_value(),
                    .secret = known.secret,
                    .default_value = {},
                    .label = known.label,
                    .help = type ? std::string() : base::strcat("Needed when auth.type is ", auth, "."),
                    .choices = {}});
  }
}

// An object's requests are signed, or a connection may choose so.
bool signs(const base::Json& manifest) {
  const base::Json* objects = manifest.find("objects");
  if (objects == nullptr || !objects->is_object()) return false;
  return std::ranges::any_of(objects->members(), [](const base::Json::Member& object) {
    const base::Json* signing = config_at(object.second, {"write", "signing"});
    return signing != nullptr && signing->string_at("type").value_or("") != "none";
  });
}

}  // namespace

const base::Json* config_at(const base::Json& config, const std::vector<std::string>& path) noexcept {
  const base::Json* at = &config;
  for (const std::string& step : path) {
    at = at->find(step);
    if (at == nullptr || at->is_null()) return nullptr;
  }
  return at;
}

std::vector<SettingRule> read_settings(const base::Json& manifest, Findings& findings) {
  std::vector<SettingRule> rules;
  const base::Json* settings = manifest.find("settings");
  if (settings == nullptr || settings->is_null()) return rules;
  if (!settings->is_object()) {
    findings.push_back({.path = "settings",
                        .message = base::strcat("must be an object, not ", base::Json::kind_name(settings->kind())),
                        .code = finding_code::kWrongKind});
    return rules;
  }
  for (const auto& [name, rule] : settings->members()) {
    if (!rule.is_null()) rules.push_back(read_setting(name, rule, findings));
  }
  return rules;
}

namespace {

// What a body has is given as a whole: keys of another one are not wanted beside it.
void replace_bodies(base::Json& effective, const base::Json& config, std::vector<std::string>& path, int depth) {
  const base::Json* given = config_at(config, path);
  if (given == nullptr || !given->is_object()) return;
  const std::vector<base::Json::Member> members = given->members();
  for (const auto& [name, value] : members) {
    path.push_back(name);
    const bool body = name == "body" || (name == "record" && path[path.size() - 2] == "batch");
    if (body && value.is_object())
      effective = with_value(std::move(effective), path, value);
    else if (depth > 0)
      replace_bodies(effective, config, path, depth - 1);
    path.pop_back();
  }
}

}  // namespace

base::Json effective_config(const base::Json& manifest, const base::Json& config,
                            const std::vector<SettingRule>& rules) {
  base::Json effective = base::merge_patch(manifest, config);
  if (const base::Json* objects = config_at(config, {"objects"}); objects != nullptr && objects->is_object())
    for (const auto& [name, object] : objects->members()) {
      constexpr int kCallsAndBatch = 2;
      std::vector<std::string> path{"objects", name, "write"};
      replace_bodies(effective, config, path, kCallsAndBatch);
    }
  for (const SettingRule& rule : rules) {
    if (rule.fallback.is_null() || config_at(effective, rule.path) != nullptr) continue;
    effective = with_value(std::move(effective), rule.path, rule.fallback);
  }
  return effective;
}

void check_settings(const base::Json& effective, const std::vector<SettingRule>& rules, Findings& findings) {
  for (const SettingRule& rule : rules) {
    const base::Json* value = config_at(effective, rule.path);
    const auto report = [&](std::string message, std::string hint, const char* code) {
      findings.push_back({.path = path_of(rule), .message = std::move(message), .hint = std::move(hint), .code = code});
    };
    if (value == nullptr) {
      // A missing base_url is reported with everything else that every connection needs.
      if (rule.required && rule.name != "base_url")
        report(base::strcat('"', rule.name, "\" is missing"), rule.help, finding_code::kMissing);
    } else if (!is_of_type(*value, rule.type)) {
      report(base::strcat("must be of type ", rule.type, ", not ", base::Json::kind_name(value->kind())), rule.help,
             finding_code::kWrongKind);
    } else if (!among(*value, rule.choices)) {
      report(base::strcat("unknown value ", value->dump()), base::strcat("Allowed: ", listed(rule.choices), '.'),
             finding_code::kWrongValue);
    }
  }
}

std::vector<Setting> connector_settings(const base::Json& manifest) {
  Findings ignored;  // a stored manifest has been validated
  const std::vector<SettingRule> rules = read_settings(manifest, ignored);
  std::vector<Setting> rows;
  if (config_at(manifest, {"base_url"}) == nullptr &&
      std::ranges::find(rules, "base_url", &SettingRule::name) == rules.end()) {
    rows.push_back(row_of({.name = "base_url",
                           .path = {"base_url"},
                           .required = true,
                           .label = "Base URL",
                           .help = "Where the API begins, like https://api.example.com/v1."},
                          manifest));
  }
  for (const SettingRule& rule : rules) rows.push_back(row_of(rule, manifest));
  const base::Json* type = config_at(manifest, {"auth", "type"});
  const auto known =
      type != nullptr && type->is_string() ? std::ranges::find(kAuthTypes, type->string()) : kAuthTypes.end();
  add_credentials(
      known == kAuthTypes.end() ? std::nullopt : std::optional(static_cast<AuthType>(known - kAuthTypes.begin())),
      rows);
  if (signs(manifest)) {
    rows.push_back({.name = kSigningSecret,
                    .kind = "credential",
                    .data_type = "string",
                    .secret = true,
                    .label = "Signing secret",
                    .help = "What the receiver verifies requests with; of Standard Webhooks it is whsec_ and base64."});
    rows.push_back({.name = kOldSigningSecret,
                    .kind = "credential",
                    .data_type = "string",
                    .secret = true,
                    .label = "Previous signing secret",
                    .help = "Signs as well, until every receiver knows the new one."});
  }
  return rows;
}

}  // namespace tandem::core
