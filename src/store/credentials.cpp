#include "store/credentials.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/settings.hpp"
#include "store/credentials_file.hpp"

namespace tandem::store {

void put_credentials(pg::Sql& sql, std::int64_t connection_id, std::span<const CredentialChange> changes) {
  for (const CredentialChange& change : changes) {
    if (!change.value && !change.file) {
      sql.engine("DELETE FROM tandem._credential WHERE connection_id = $1 AND name = $2", {connection_id, change.name});
      continue;
    }
    const auto value = change.value ? std::optional<std::string>(change.value->reveal()) : std::nullopt;
    sql.engine(
        "INSERT INTO tandem._credential AS c (connection_id, name, value, file) VALUES ($1, $2, $3, $4)"
        " ON CONFLICT (connection_id, name) DO UPDATE SET value = EXCLUDED.value, file = EXCLUDED.file,"
        " updated_at = clock_timestamp()",
        {connection_id, change.name, value, change.file});
  }
}

std::uint64_t drop_credentials(pg::Sql& sql, std::int64_t connection_id) {
  return sql.engine("DELETE FROM tandem._credential WHERE connection_id = $1", {connection_id}).processed();
}

std::vector<std::string> credential_names(pg::Sql& sql, std::int64_t connection_id) {
  return sql.engine("SELECT name FROM tandem._credential WHERE connection_id = $1 ORDER BY name", {connection_id})
      .texts(0);
}

std::vector<std::pair<std::string, base::Secret>> load_credentials(pg::Sql& sql, std::int64_t connection_id) {
  const pg::Rows rows = sql.engine(
      "SELECT s.name, s.value, s.file, t.name FROM tandem._credential s JOIN tandem._connection c USING (connection_id)"
      " JOIN tandem._tenant t USING (tenant_id) WHERE s.connection_id = $1 ORDER BY s.name",
      {connection_id});
  std::vector<std::pair<std::string, base::Secret>> credentials;
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::string& name = rows.text(i, 0);
    if (!rows.is_null(i, 1)) {
      credentials.emplace_back(name, base::Secret(rows.text(i, 1)));
      continue;
    }
    const std::string &file = rows.text(i, 2), &tenant = rows.text(i, 3);
    // Stored names were checked; a restored or hand-made row is not trusted with a path.
    if (!valid_secret_file_name(file) || !valid_secret_file_name(tenant)) {
      throw base::Failure(base::Errc::prerequisite,
                          base::strcat("credential \"", name, "\" names a file outside its directory"));
    }
    auto secret = read_secret_file(pg::settings().secrets_directory, tenant, file);
    if (!secret.ok()) {
      base::Error error = secret.error();
      error.text = base::strcat("credential \"", name, "\": ", error.text);
      throw base::Failure(std::move(error));
    }
    credentials.emplace_back(name, std::move(secret).value());
  }
  return credentials;
}

bool valid_secret_file_name(std::string_view name) {
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '_' ||
           c == '-';
  };
  return !name.empty() && name != "." && name != ".." && std::all_of(name.begin(), name.end(), allowed);
}

}  // namespace tandem::store
