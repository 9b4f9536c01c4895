// What the tests of mapping definitions share: an API, a table, fields, and findings as a line of codes.
#pragma once

#include <algorithm>

#include "core/mapping/mapping.hpp"

namespace tandem::core {
using base::ColumnType;
using base::Json;
using base::TypeClass;

inline Json json(const std::string& text) { return Json::parse(text).value(); }

inline ColumnType type(TypeClass type_class, const char* name) { return {.type_class = type_class, .name = name}; }

inline Api crm() {
  Api api = make_api(Json::object(), json(R"({"base_url": "https://a.example", "objects": {
    "contacts": {"path": "/contacts", "paging": {"style": "page", "size_param": "n", "size": 10}, "cursor": {"field": "updated", "param": "since"},
                 "write": {"create": {}, "update": {}, "delete": {}, "read_only": ["active"]}},
    "notes": {"path": "/notes", "id": "id", "write": {"upsert": {}, "key": "code"}},
    "tags": {"path": "/tags", "write": {"create": {"path": "/tags/{field:kind}"}}},
    "lines": {"path": "/lines", "id": ["order", "no"]}}})"))
                .value();
  api.connection = "crm";
  return api;
}

inline Target contacts() {
  const ColumnType text = type(TypeClass::text, "text");
  return {.name = "public.contacts",
          .columns = {{.name = "id", .type = type(TypeClass::bigint, "bigint"), .not_null = true},
                      {.name = "email", .type = text},
                      {.name = "first_name", .type = text},
                      {.name = "age", .type = type(TypeClass::integer, "integer")},
                      {.name = "born", .type = type(TypeClass::date, "date")},
                      {.name = "raw", .type = type(TypeClass::jsonb, "jsonb")},
                      {.name = "full_name", .type = text, .generated = true},
                      {.name = "row_no",
                       .type = type(TypeClass::bigint, "bigint"),
                       .not_null = true,
                       .identity_always = true}},
          .unique_keys = {{.index = "contacts_pkey", .columns = {"id"}, .primary = true}}};
}

inline const std::vector<RemoteField> kNone;
inline std::vector<RemoteField> fields() {
  return {{.name = "id", .type = DeclaredType::integer, .nullable = false},
          {.name = "email", .type = DeclaredType::email_address},
          {.name = "firstName", .type = DeclaredType::string},
          {.name = "age", .type = DeclaredType::integer},
          {.name = "active", .type = DeclaredType::boolean},
          {.name = "address", .type = DeclaredType::json},
          {.name = "updated", .type = DeclaredType::date_time}};
}

inline ParsedMapping parse(const std::string& definition, const std::vector<RemoteField>& discovered = fields()) {
  return parse_mapping("contacts", json(definition), crm(), contacts(), discovered);
}

// Everything that create_mapping would show: parsing, then validation.
inline Findings all_of(const std::string& definition, const Target& target = contacts(),
                       const std::vector<RemoteField>& discovered = fields()) {
  ParsedMapping parsed = parse_mapping("contacts", json(definition), crm(), target, discovered);
  Findings out = parsed.findings;
  for (Finding& finding : validate_mapping(parsed.mapping, crm(), target, discovered))
    out.push_back(std::move(finding));
  return out;
}

inline std::string codes(const Findings& findings) {
  std::string out;
  for (const Finding& f : findings)
    out += (out.empty() ? "" : " ") + f.code +
           (f.severity == Severity::error     ? "!"
            : f.severity == Severity::warning ? "?"
                                              : "");
  return out;
}

inline std::string columns(const char* rest) {
  return std::string(R"({"object": "contacts", "columns": )") + rest + "}";
}
inline std::string with(const char* rest) {
  return std::string(R"({"object": "contacts", "columns": {"id": "id", "email": "email"}, )") + rest + "}";
}

}  // namespace tandem::core
