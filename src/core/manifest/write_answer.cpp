// Keys of "write" that say what answers mean.
#include <array>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/manifest/values.hpp"
#include "core/manifest/write_read.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 3> kRuleKeys{"status", "code", "contains"};
constexpr std::array<std::string_view, 6> kErrorRuleKeys{"status", "code", "contains", "as", "error_type", "retryable"};
constexpr std::array<std::string_view, 6> kMeanings{"refused", "later",    "gone",
                                                    "exists",  "conflict", "ambiguous"};  // of Meaning
constexpr std::array<std::string_view, 10> kErrorTypes{
    error_type::kValidation,   error_type::kTransform, error_type::kApi,      error_type::kRateLimit,
    error_type::kNetwork,      error_type::kAuth,      error_type::kDatabase, error_type::kConflict,
    error_type::kSchemaChange, error_type::kSystem};
constexpr std::array<std::string_view, 4> kErrorKeys{"message", "code", "field", "rules"};
constexpr std::array<std::string_view, 4> kIdempotencyKeys{"header", "param", "field", "keeps"};
constexpr std::array<std::string_view, 5> kVersionKeys{"header", "param", "value", "from", "conflict"};
constexpr std::array<std::string_view, 1> kPlaceKeys{"header"};

// One status or an array of them.
std::vector<int> read_statuses(ObjectReader& in, std::string_view key) {
  std::vector<int> out;
  const base::Json* json = in.find(key);
  if (json == nullptr) return out;
  const std::vector<base::Json> all = json->is_array() ? json->items() : std::vector{*json};
  for (const base::Json& one : all) {
    if (one.is_integer() && one.integer() >= 100 && one.integer() <= 599)
      out.push_back(static_cast<int>(one.integer()));
    else
      in.error(key, base::strcat("must be HTTP statuses, not ", one.dump()), "Write it like [404, 410].");
  }
  return out;
}

AnswerRule read_rule_keys(ObjectReader& in) {
  return {
      .status = read_statuses(in, "status"), .code = in.texts("code"), .contains = in.text("contains").value_or("")};
}

// Statuses alone, or an object with "status", "code" and "contains".
void read_rule(ObjectReader& in, std::string_view key, AnswerRule& rule, Findings& findings) {
  const base::Json* json = in.find(key);
  if (json == nullptr) return;
  if (!json->is_object()) {
    rule = {.status = read_statuses(in, key)};
    return;
  }
  ObjectReader inside(*json, in.path_of(key), kRuleKeys, findings);
  rule = read_rule_keys(inside);
  if (!rule.given()) in.error(key, "says no condition", "Give at least one of \"status\", \"code\", \"contains\".");
}

// A path in the body, or {"header": "ETag"}, or false: nowhere.
AnswerPlace read_place(ObjectReader& in, std::string_view key, Findings& findings) {
  const base::Json* json = in.find(key);
  if (json == nullptr) return {};
  if (json->is_boolean() && !json->boolean()) return {.nowhere = true};
  if (!json->is_object()) return {.path = read_path(in, key)};
  ObjectReader inside(*json, in.path_of(key), kPlaceKeys, findings);
  AnswerPlace place{.header = inside.text("header").value_or("")};
  if (inside.find("header") == nullptr)
    inside.missing("header", "Write a path in the body like \"data.id\", or {\"header\": \"ETag\"}.");
  return place;
}

void read_error_rules(ObjectReader& in, WriteCall& call, Findings& findings) {
  const base::Json* rules = in.find("rules");
  if (rules == nullptr) return;
  if (!rules->is_array()) {
    in.error("rules", base::strcat("must be an array, not ", base::Json::kind_name(rules->kind())), {},
             finding_code::kWrongKind);
    return;
  }
  call.rules.clear();
  for (std::size_t i = 0; i < rules->items().size(); ++i) {
    const base::Json& json = rules->items()[i];
    ObjectReader inside(json, base::strcat(in.path_of("rules"), '[', i, ']'), kErrorRuleKeys, findings);
    if (!json.is_object()) continue;
    ErrorRule rule{.when = read_rule_keys(inside)};
    if (const auto as = inside.choice("as", kMeanings)) rule.meaning = static_cast<Meaning>(*as);
    if (const auto type = inside.choice("error_type", kErrorTypes)) rule.error_type = std::string(kErrorTypes[*type]);
    rule.retryable = inside.boolean("retryable");
    if (!rule.when.given())
      inside.error("status", "is missing, as are \"code\" and \"contains\": the rule would never apply",
                   "Give at least one of them.", finding_code::kMissing);
    call.rules.push_back(std::move(rule));
  }
}

void read_errors(ObjectReader& in, WriteCall& call, Findings& findings) {
  const base::Json* json = in.find("errors");
  if (json == nullptr) return;
  ObjectReader inside(*json, in.path_of("errors"), kErrorKeys, findings);
  if (!json->is_object()) return;
  call.places = read_places(inside);
  read_error_rules(inside, call, findings);
}

void read_idempotency(ObjectReader& in, WriteCall& call, Findings& findings) {
  const base::Json* json = in.find("idempotency");
  if (json == nullptr) return;
  ObjectReader inside(*json, in.path_of("idempotency"), kIdempotencyKeys, findings);
  if (!json->is_object()) return;
  call.idempotency = {.header = inside.text("header").value_or(""),
                      .param = inside.text("param").value_or(""),
                      .field = inside.text("field").value_or("")};
  if (!call.idempotency.given())
    inside.missing("header", "Say where the key goes: \"header\", \"param\" or \"field\".");
  if (const Wrong bad = call.idempotency.header.empty() ? Wrong() : check_header_name(call.idempotency.header))
    inside.error("header", bad->text, bad->hint);
  if (const base::Json* keeps = inside.find("keeps")) {
    const base::Result<std::int64_t> micros = span_micros(*keeps);
    if (micros)
      call.idempotency.keeps = *micros;
    else
      inside.error("keeps", micros.error().text, micros.error().hint);
  }
}

// "meta.etag": only where it comes back; an object also says how it is asked for.
void read_version(ObjectReader& in, WriteCall& call, Findings& findings) {
  const base::Json* json = in.find("version");
  if (json == nullptr) return;
  call.version = {};
  if (json->is_string()) {
    call.version.from.path = read_path(in, "version");
    return;
  }
  ObjectReader inside(*json, in.path_of("version"), kVersionKeys, findings);
  if (!json->is_object()) return;
  VersionUse& version = call.version;
  version.header = inside.text("header").value_or("");
  version.param = inside.text("param").value_or("");
  if (const Wrong bad = version.header.empty() ? Wrong() : check_header_name(version.header))
    inside.error("header", bad->text, bad->hint);
  if (const auto value = inside.text("value"); value && check_slots(inside, "value", base::Json(*value))) {
    version.value = *value;
    if (version.header.empty() && version.param.empty())
      inside.error("value", "goes nowhere", "Give \"header\" or \"param\" with it.");
  }
  version.from = read_place(inside, "from", findings);
  version.conflict = {.status = {412}};
  read_rule(inside, "conflict", version.conflict, findings);
}

}  // namespace

ErrorPlaces read_places(ObjectReader& in) {
  return {.message = read_path(in, "message"), .code = read_path(in, "code"), .field = read_path(in, "field")};
}

void read_answer_keys(ObjectReader& in, WriteCall& call, Findings& findings) {
  if (in.find("success") != nullptr) call.success = read_statuses(in, "success");
  if (in.find("failed") != nullptr) {
    call.failed.clear();
    for (const std::string& text : in.texts("failed")) {
      const auto path = body_path(text);
      if (path && !path->empty())
        call.failed.push_back(*path);
      else
        in.error("failed", path ? "must name a place in the body" : path.error().text, path ? "" : path.error().hint);
    }
  }
  if (in.find("id") != nullptr) call.id = read_place(in, "id", findings);
  if (const base::Json* returns = in.find("returns")) {
    if (*returns == base::Json(std::string("_object")))
      call.returns.emplace();
    else if (std::vector<std::string> path = read_path(in, "returns"); !path.empty())
      call.returns = std::move(path);
  }
  read_errors(in, call, findings);
  read_rule(in, "gone", call.gone, findings);
  read_rule(in, "exists", call.exists, findings);
  if (in.find("retryable") != nullptr) call.retryable = read_statuses(in, "retryable");
  read_idempotency(in, call, findings);
  read_version(in, call, findings);
}

}  // namespace tandem::core
