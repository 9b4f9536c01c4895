#include "store/stamped_rows.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "store/target.hpp"

namespace tandem::store {

namespace {

using base::strcat;

// What may not be read may be there.
bool has_rows(pg::Sql& sql, const pg::Table& table, const pg::TableColumn& column, std::string_view value) {
  if (readable(sql, table.oid) == Readable::none) return true;
  const char* as_text = column.conversion.name == "text" ? "" : "::pg_catalog.text";
  return sql
      .run(strcat("SELECT EXISTS (SELECT FROM ", table.quoted, " t WHERE t.", pg::quote_identifier(column.name),
                  as_text, " OPERATOR(pg_catalog.=) $1)"),
           {value})
      .boolean(0, 0);
}

bool is_running(pg::Sql& sql, std::int64_t mapping_id) {
  return sql.engine("SELECT FROM tandem._run WHERE mapping_id = $1 AND status = 'running' LIMIT 1", {mapping_id})
             .processed() > 0;
}

}  // namespace

std::optional<base::Error> rename_problem(pg::Sql& sql, const MappingRow& mapping, std::string_view what,
                                          std::string_view name, std::string_view new_name) {
  const base::Json* options = mapping.definition.find("options");
  const base::Json* stamps = options == nullptr ? nullptr : options->find("stamp");
  const std::optional<pg::Table> table = pg::describe_table(sql, mapping.target);
  if (stamps == nullptr || !stamps->is_object() || !table) return std::nullopt;
  for (const auto& [column_name, stamp] : stamps->members()) {
    const pg::TableColumn* column = table->column(column_name);
    if (column == nullptr || !stamp.is_string() || stamp.string() != what) continue;
    if (column->conversion.type_class != base::TypeClass::text) continue;  // keys and numbers stay
    const std::string column_sql = pg::quote_identifier(column_name);
    if (has_rows(sql, *table, *column, name))
      return base::Error{
          base::Errc::prerequisite,
          strcat("rows of ", table->quoted, " are stamped with the name of ", what, " \"", name, "\""),
          strcat("Mapping ", mapping.name, " would not find them under another name, and write all of them anew."),
          strcat("In the same transaction, before: UPDATE ", table->quoted, " SET ", column_sql, " = ",
                 pg::quote_literal(new_name), " WHERE ", column_sql, " = ", pg::quote_literal(name), ";")};
    if (is_running(sql, mapping.mapping_id))
      return base::Error{base::Errc::prerequisite,
                         strcat("mapping \"", mapping.name, "\" is running, and stamps rows with the name of ", what,
                                " \"", name, "\""),
                         "It would go on with the old name.",
                         strcat("SELECT tandem.pause_mapping(", pg::quote_literal(mapping.name),
                                "); and wait for its end (SELECT * FROM tandem.run_progress).")};
  }
  return std::nullopt;
}

}  // namespace tandem::store
