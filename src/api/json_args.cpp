#include "api/json_args.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/log.hpp"
#include "store/lookup.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;

namespace {

constexpr std::size_t kLongestName = 200;

store::Tenant chosen_tenant(pg::Sql& sql, const pg::FunctionCall& call, int argument) {
  const auto name = call.text(argument);
  return name ? store::require_tenant(sql, *name) : store::current_tenant(sql);
}

pg::Out or_null(const std::string& text) { return text.empty() ? pg::Out(std::nullopt) : pg::Out(text); }

}  // namespace

Caller::Caller(const pg::FunctionCall& call, int tenant_argument) : tenant(chosen_tenant(sql, call, tenant_argument)) {}

std::optional<base::Json> json_argument(const pg::FunctionCall& call, int i, std::string_view name) {
  const auto text = call.text(i);
  if (!text) return std::nullopt;
  auto json = base::Json::parse(*text);
  if (json.ok()) return std::move(json).value();
  throw Failure(Errc::invalid_parameter, base::strcat("argument ", name, ": ", json.error().text), json.error().detail,
                json.error().hint);
}

std::optional<base::Json> object_argument(const pg::FunctionCall& call, int i, std::string_view name) {
  auto json = json_argument(call, i, name);
  if (json && !json->is_object()) {
    throw Failure(Errc::invalid_parameter,
                  base::strcat("argument ", name, " must be a JSON object, not ", base::Json::kind_name(json->kind())));
  }
  return json;
}

base::Json required_object(const pg::FunctionCall& call, int i, std::string_view name) {
  if (auto json = object_argument(call, i, name)) return *std::move(json);
  throw Failure(Errc::invalid_parameter, base::strcat("argument ", name, " must not be null"));
}

std::string object_text(const pg::FunctionCall& call, int i, std::string_view name) {
  const auto text = call.text(i);
  if (!text) return "{}";
  // jsonb prints an object with the brace first; nothing is parsed, so that every number stays what it was.
  if (!text->starts_with('{'))
    throw Failure(Errc::invalid_parameter, base::strcat("argument ", name, " must be a JSON object"));
  return *text;
}

bool boolean_argument(const pg::FunctionCall& call, int i, bool if_null) { return call.boolean(i).value_or(if_null); }

std::string name_argument(const pg::FunctionCall& call, int i, std::string_view name) {
  std::string value = call.required_text(i, name);
  check_name(value, name);
  return value;
}

void check_name(std::string_view value, std::string_view name) {
  if (value.empty()) throw Failure(Errc::invalid_parameter, base::strcat(name, " must not be empty"));
  if (base::utf8_length(value) > kLongestName) {
    throw Failure(Errc::invalid_parameter, base::strcat(name, " is longer than ", kLongestName, " characters"));
  }
  if (std::any_of(value.begin(), value.end(),
                  [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; })) {
    throw Failure(Errc::invalid_parameter, base::strcat(name, " contains a control character"));
  }
}

std::string text_of(const core::Finding& finding) {
  return finding.path.empty() ? finding.message : base::strcat(finding.path, ": ", finding.message);
}

void raise(const core::Findings& findings, std::string_view prefix) {
  for (const core::Finding& finding : findings) {
    if (finding.severity == core::Severity::error) {
      throw Failure(Errc::invalid_parameter, base::strcat(prefix, text_of(finding)), {}, finding.hint);
    }
  }
  for (const core::Finding& finding : findings) {
    if (finding.severity == core::Severity::warning) {
      pg::log(pg::Level::warning, base::strcat(prefix, text_of(finding)), {}, finding.hint);
    }
  }
}

std::vector<std::vector<pg::Out>> rows_by_path(const core::Findings& findings) {
  std::vector<std::vector<pg::Out>> rows;
  for (const core::Finding& f : findings) {
    rows.push_back({core::severity_name(f.severity), f.path, f.message, or_null(f.hint)});
  }
  return rows;
}

std::vector<std::vector<pg::Out>> rows_by_column(const core::Findings& findings) {
  std::vector<std::vector<pg::Out>> rows;
  for (const core::Finding& f : findings) {
    rows.push_back({core::severity_name(f.severity), or_null(f.code), or_null(f.field), or_null(f.column), text_of(f),
                    or_null(f.hint)});
  }
  return rows;
}

std::string patched_metadata(Caller& caller, const std::string& before, const base::Json& changes,
                             const pg::FunctionCall& call, int i) {
  const base::Json* metadata = changes.find("metadata");
  if (metadata == nullptr) return before;
  if (!metadata->is_object() && !metadata->is_null()) {
    throw Failure(Errc::invalid_parameter,
                  base::strcat("changes: metadata: must be an object, not ", base::Json::kind_name(metadata->kind())));
  }
  return store::merged_metadata(caller.sql, before, call.required_text(i, "changes"));
}

void skip_existing(std::string_view kind, std::string_view name, bool if_not_exists) {
  if (!if_not_exists) throw already_exists(kind, name);
  pg::log(pg::Level::notice, base::strcat(kind, " \"", name, "\" already exists, skipping"));
}

Failure already_exists(std::string_view kind, std::string_view name) {
  return Failure(Errc::duplicate_object, base::strcat(kind, " \"", name, "\" already exists"));
}

}  // namespace tandem::api
