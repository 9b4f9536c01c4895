#include "store/fields.hpp"

namespace tandem::store {

void save_fields(pg::Sql& sql, std::int64_t connection_id, std::string_view object,
                 const std::vector<core::InferredField>& fields) {
  // Two people may look at the same object at once: the second waits here and replaces what the first wrote.
  sql.engine("SELECT 1 FROM tandem._connection WHERE connection_id = $1 FOR NO KEY UPDATE", {connection_id});
  sql.engine("DELETE FROM tandem._field WHERE connection_id = $1 AND object = $2", {connection_id, object});
  std::int64_t ordinal = 0;
  for (const core::InferredField& field : fields) {
    sql.engine(
        "INSERT INTO tandem._field (connection_id, object, ordinal, field, label, data_type, remote_type, pg_type,"
        " required, is_key, max_length) VALUES ($1, $2, $3, $4, NULL, $5, $6, $7, $8, $9, $10)",
        {connection_id, object, ++ordinal, field.field, core::declared_type_name(field.data_type), field.remote_type,
         field.pg_type, field.required, field.is_key, field.max_length});
  }
}

std::vector<core::RemoteField> load_fields(pg::Sql& sql, std::int64_t connection_id, std::string_view object) {
  const pg::Rows rows = sql.engine(
      "SELECT field, data_type, NOT required FROM tandem._field WHERE connection_id = $1 AND object = $2 ORDER BY "
      "ordinal",
      {connection_id, object});
  std::vector<core::RemoteField> fields;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    fields.push_back(
        {rows.text(i, 0), core::declared_type(rows.text(i, 1)).value_or(core::DeclaredType::none), rows.boolean(i, 2)});
  }
  return fields;
}

void forget_fields(pg::Sql& sql, std::int64_t connection_id) {
  sql.engine("DELETE FROM tandem._field WHERE connection_id = $1", {connection_id});
}

}  // namespace tandem::store
