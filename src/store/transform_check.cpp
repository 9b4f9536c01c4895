#include "store/transform_check.hpp"

#include <optional>

#include "base/strings.hpp"
#include "core/mapping/codes.hpp"
#include "core/transform/transform.hpp"
#include "pg/error.hpp"
#include "pg/expression.hpp"
#include "pg/transaction.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::Json;
using base::strcat;
namespace codes = core::mapping_code;

namespace {

// What the names of an expression stand for while it is looked at.
std::string frame(bool json_value) {
  return strcat("SELECT NULL FROM (SELECT NULL::pg_catalog.", json_value ? "jsonb" : "text",
                " AS value, NULL::pg_catalog.jsonb AS record) AS \"the value\"");
}

class Resolver {
 public:
  Resolver(pg::Sql& sql, const pg::Table& table, pg::Oid owner, core::Findings& findings)
      : sql_(sql), table_(table), owner_(owner), findings_(findings) {}
  Json column(const std::string& field, const Json& given);

 private:
  Json steps(const char* key, const Json& given);
  Json step(const Json& given);
  std::optional<std::string> expression(const std::string& text);
  std::optional<std::string> function(const std::string& text);
  std::optional<std::string> lookup(const Json& given);
  void check_result();
  void report(const char* code, std::string message, std::string hint = {});

  pg::Sql& sql_;
  const pg::Table& table_;
  pg::Oid owner_;
  core::Findings& findings_;
  std::string field_, column_, path_;
  bool json_ = false;                 // the next expression's value is jsonb
  pg::Oid result_ = pg::kInvalidOid;  // of the last step, where the database says it
};

Json Resolver::column(const std::string& field, const Json& given) {
  if (!given.is_object()) return given;
  field_ = field;
  column_ = given.string_at("column").value_or("");
  const std::string type = given.string_at("type").value_or("");
  Json out = Json::object();
  for (const auto& [key, value] : given.members()) {
    path_ = strcat("columns.", field.empty() ? column_ : field, ".", key);
    json_ = type == "json" || type == "array";
    result_ = pg::kInvalidOid;
    if (key == "sql" && value.is_string()) {
      const auto text = expression(value.string());
      out.set(key, text ? Json(*text) : value);
      check_result();
    } else if (key == "to_local" || key == "to_remote") {
      out.set(key, steps(key.c_str(), value));
    } else {
      out.set(key, value);
    }
  }
  return out;
}

Json Resolver::steps(const char* key, const Json& given) {
  Json out = given.is_array() ? Json::array() : step(given);
  if (given.is_array())
    for (const Json& item : given.items()) out.push(step(item));
  if (std::string_view(key) == "to_local") check_result();
  return out;
}

Json Resolver::step(const Json& given) {
  const bool single = given.is_object() && given.members().size() == 1;
  const std::string name = single ? given.members().front().first : std::string();
  result_ = pg::kInvalidOid;
  if (name != "sql" && name != "function" && name != "lookup") return given;
  const Json& argument = given.members().front().second;
  Json changed = argument;
  if (name == "lookup") {
    if (const auto table = lookup(argument)) changed.set("table", Json(*table));
  } else if (const auto text = name == "sql" ? expression(argument.string()) : function(argument.string())) {
    changed = Json(*text);
  }
  json_ = false;  // what comes next gets text
  Json out = Json::object();
  out.set(name, std::move(changed));
  return out;
}

std::optional<std::string> Resolver::expression(const std::string& text) {
  try {
    pg::Savepoint savepoint(sql_);
    const pg::Expression parsed = pg::parse_expression(strcat("SELECT (\n", text, "\n)"), frame(json_), owner_);
    savepoint.release();
    if (parsed.refused.empty()) {
      result_ = parsed.type;
      return parsed.text;
    }
    report(codes::kSqlRefused, strcat("the SQL of column ", column_, " cannot be used: ", parsed.refused),
           json_ ? "Write one expression over value (jsonb) and record (jsonb)."
                 : "Write one expression over value (text) and record (jsonb), like value::numeric / 100.");
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    report(codes::kSqlRefused, strcat("the SQL of column ", column_, " cannot be used: ", error.message()),
           std::string(error.hint()));
  }
  return std::nullopt;
}

std::optional<std::string> Resolver::function(const std::string& text) {
  const auto refused = [&](std::string_view why) {
    report(codes::kFunctionUnusable, strcat("function ", text, " of column ", column_, " cannot be used: ", why),
           "Write it with the types of its arguments: {\"function\": \"public.clean(text)\"}.");
  };
  try {
    pg::Savepoint savepoint(sql_);
    const pg::Callable found = pg::find_callable(text, owner_);
    savepoint.release();
    if (found.refused.empty()) {
      result_ = found.type;
      return found.signature;
    }
    refused(found.refused);
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    refused(error.message());
  }
  return std::nullopt;
}

std::optional<std::string> Resolver::lookup(const Json& given) {
  const std::string name = given.string_at("table").value_or(""), key = given.string_at("key").value_or(""),
                    value = given.string_at("value").value_or("");
  const auto refused = [&](std::string_view why, std::string hint = {}) -> std::optional<std::string> {
    report(codes::kLookupUnusable, strcat("table ", name, " cannot be looked up for column ", column_, ": ", why),
           std::move(hint));
    return std::nullopt;
  };
  try {
    pg::Savepoint savepoint(sql_);
    const auto table = pg::describe_table(sql_, resolve_target(sql_, name));
    if (!table) return refused("it does not exist");
    savepoint.release();
    for (const std::string& wanted : {key, value})
      if (table->column(wanted) == nullptr) return refused(strcat("it has no column ", wanted));
    if (!pg::has_table_privilege(owner_, table->oid, "SELECT"))
      return refused(
          "the owner of the mapping may not read it",
          strcat("GRANT SELECT ON ", table->quoted, " TO ", pg::quote_identifier(pg::role_name(owner_)), ";"));
    if (pg::equality_operator(table->column(key)->type).empty()) return refused(strcat("column ", key, " has no ="));
    if (table->column(value)->conversion.type_class == base::TypeClass::array)
      return refused(strcat("column ", value, " is an array"));
    result_ = table->column(value)->type;
    return table->quoted;
  } catch (const base::Failure& failure) {
    return refused(failure.error().text, failure.error().hint);
  } catch (const pg::Error& error) {
    if (error.is_cancel()) throw;
    return refused(error.message());
  }
}

// What the last step of the database gives has to go into the column as INSERT would let it.
void Resolver::check_result() {
  const pg::TableColumn* column = table_.column(column_);
  if (result_ == pg::kInvalidOid || column == nullptr) return;
  const pg::Oid from = pg::base_type(result_), to = pg::base_type(column->type);
  if (column->typmod >= 0 && column->conversion.type_class == base::TypeClass::array) {
    report(codes::kSqlType,
           strcat("column ", column_, " is ", column->conversion.name, ", whose elements SQL cannot be checked for"),
           "Use an array of a type without limits.");
    return;
  }
  if (from == to || pg::assignable(from, to)) return;
  report(codes::kSqlType,
         strcat("column ", column_, " is ", column->conversion.name, ", and its SQL gives ",
                pg::column_type(from, -1).name),
         strcat("Add a cast: (…)::", pg::type_name(to), "."));
}

void Resolver::report(const char* code, std::string message, std::string hint) {
  findings_.push_back({.severity = core::Severity::error,
                       .path = path_,
                       .message = std::move(message),
                       .hint = std::move(hint),
                       .code = code,
                       .field = field_,
                       .column = column_});
}

}  // namespace

Json resolve_transforms(pg::Sql& sql, const pg::Table& table, pg::Oid owner, const Json& columns,
                        core::Findings& findings) {
  Resolver resolver(sql, table, owner, findings);
  Json out = columns.is_array() ? Json::array() : Json::object();
  if (columns.is_array())
    for (const Json& item : columns.items()) out.push(resolver.column(item.string_at("field").value_or(""), item));
  else
    for (const auto& [field, value] : columns.members()) out.set(field, resolver.column(field, value));
  return out;
}

}  // namespace tandem::store
