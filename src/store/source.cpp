#include "store/source.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/error.hpp"
#include "pg/expression.hpp"
#include "pg/query.hpp"
#include "pg/scopes.hpp"
#include "pg/transaction.hpp"

namespace tandem::store {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

constexpr const char* kExample =
    "\"source_query\": \"SELECT id, name FROM public.customers WHERE active\", \"source_key\": [\"id\"]";

const base::Json* option(const base::Json& definition, const char* name) {
  const base::Json* options = definition.find("options");
  const base::Json* found = options == nullptr ? nullptr : options->find(name);
  return found == nullptr || found->is_null() ? nullptr : found;
}

[[noreturn]] void refuse(std::string_view why, Errc code = Errc::invalid_parameter, std::string_view hint = kExample) {
  throw Failure(code, strcat("source_query cannot be used: ", why), {}, std::string(hint));
}

// What Postgres has to say about the query is an error of the mapping, and undoes nothing else.
template <class Work>
void as_refusal(pg::Sql& sql, Work work) {
  try {
    pg::Savepoint savepoint(sql);
    work();
    savepoint.release();
  } catch (const pg::Error& error) {
    if (error.is_cancel() || error.is_transient()) throw;
    const std::string hint(error.hint());
    refuse(error.message(), error.sqlstate() == "42501" ? Errc::insufficient_privilege : Errc::invalid_parameter,
           hint.empty() ? kExample : std::string_view(hint));
  }
}

std::vector<std::string> key_columns(const base::Json& definition) {
  std::vector<std::string> key;
  const base::Json* given = option(definition, "source_key");
  if (given != nullptr && given->is_string()) key.push_back(given->string());
  if (given != nullptr && given->is_array())
    for (const base::Json& name : given->items())
      if (name.is_string()) key.push_back(name.string());
  return key;
}

bool same_columns(std::vector<std::string> a, std::vector<std::string> b) {
  std::ranges::sort(a);
  std::ranges::sort(b);
  return a == b;
}

}  // namespace

bool has_source(const base::Json& definition) { return option(definition, "source_query") != nullptr; }

pg::Table source_of(pg::Sql& sql, pg::Table target, const base::Json& definition) {
  const base::Json* text = option(definition, "source_query");
  if (text == nullptr) return target;
  if (!text->is_string()) refuse("it is not a text");
  pg::ParsedQuery parsed;
  as_refusal(sql, [&] { parsed = pg::parse_query(text->string()); });
  if (!parsed.refused.empty()) refuse(parsed.refused);
  pg::Table source;
  source.oid = target.oid;
  source.schema = std::move(target.schema);
  source.name = std::move(target.name);
  source.quoted = std::move(target.quoted);
  source.owner = target.owner;
  source.kind = 'q';
  source.query = std::move(parsed.text);
  source.columns = std::move(parsed.columns);
  pg::UniqueKey key{.index = {}, .primary = true, .columns = key_columns(definition), .equals = {}};
  for (const std::string& name : key.columns) {
    const pg::TableColumn* column = source.column(name);
    if (column == nullptr)
      throw Failure(Errc::undefined_column, strcat("source_key: source_query has no column \"", name, '"'), {},
                    kExample);
    key.equals.push_back(pg::equality_operator(column->type));
    if (key.equals.back().empty())
      throw Failure(Errc::invalid_parameter,
                    strcat("source_key: column ", name, " is ", column->conversion.name, ", which has no ="), {},
                    "Cast it in source_query: …::text AS …");
  }
  if (!key.columns.empty()) source.unique_keys.push_back(std::move(key));
  return source;
}

void try_source(pg::Sql& sql, const pg::Table& source) {
  as_refusal(sql, [&] {
    const pg::ReadOnly read_only;
    sql.run(strcat("SELECT FROM ", rows_of(source), " s LIMIT 0"));
  });
}

std::string rows_of(const pg::Table& table) {
  return table.kind == 'q' ? strcat("(", table.query, "\n)") : table.quoted;
}

std::vector<std::string> key_equality(const pg::Table& table, const std::vector<std::string>& key) {
  std::vector<std::string> equals;
  if (table.kind == 'f') {  // has no indexes: what its columns call equal
    for (const std::string& name : key) {
      const pg::TableColumn* column = table.column(name);
      equals.push_back(column == nullptr ? std::string() : pg::equality_operator(column->type));
    }
    return equals;
  }
  const auto unique = std::ranges::find_if(
      table.unique_keys, [&](const pg::UniqueKey& candidate) { return same_columns(candidate.columns, key); });
  if (unique == table.unique_keys.end())
    throw Failure(Errc::prerequisite,
                  strcat("table ", table.quoted, " has no unique key on ", base::join(key, ", "), " any more"));
  for (const std::string& name : key)
    equals.push_back(
        unique->equals[static_cast<std::size_t>(std::ranges::find(unique->columns, name) - unique->columns.begin())]);
  return equals;
}

}  // namespace tandem::store
