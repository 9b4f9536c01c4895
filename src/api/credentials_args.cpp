#include "api/credentials_args.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/manifest/credential_names.hpp"
#include "core/schema/check.hpp"
#include "net/signature.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"

namespace tandem::api {

using base::Errc;
using base::Failure;
using base::Json;

namespace {

void check_name(const std::string& name, const std::vector<std::string>& allowed) {
  if (std::find(allowed.begin(), allowed.end(), name) != allowed.end()) return;
  const std::vector<std::string_view> words(allowed.begin(), allowed.end());
  throw Failure(Errc::invalid_parameter, base::strcat("credentials: unknown key \"", name, '"'), {},
                allowed.empty() ? "The connection's auth type is none: it takes no credentials."
                                : core::nearest_hint(name, words, "Allowed"));
}

// A receiver's libraries could not read it either.
void check_secret(const std::string& name, const base::Secret& secret, const core::Api& api) {
  const bool signing = name == core::kSigningSecret || name == core::kOldSigningSecret;
  if (!signing || !core::signs_as_standard(api) || net::is_standard_secret(secret)) return;
  throw Failure(Errc::invalid_parameter, base::strcat("credentials: ", name, ": is no base64"), {},
                "Give it as the receiver shows it: whsec_ and base64.");
}

std::string file_name(const std::string& name, const Json& value) {
  const auto file = value.string_at("file");
  if (!file || value.members().size() != 1) {
    throw Failure(Errc::invalid_parameter,
                  base::strcat("credentials: ", name, ": must be text or {\"file\": \"name\"}"));
  }
  if (!pg::is_superuser(pg::current_user())) {
    throw Failure(Errc::insufficient_privilege,
                  base::strcat("credentials: ", name, ": only superusers may name files of the server"));
  }
  if (!store::valid_secret_file_name(*file)) {
    throw Failure(Errc::invalid_parameter, base::strcat("credentials: ", name, ": invalid file name"), {},
                  "A name within tandem.secrets_directory/<tenant>: letters, digits, dot, dash, underscore.");
  }
  return *file;
}

}  // namespace

std::vector<store::CredentialChange> credential_changes(const Json& credentials, const core::Api& api) {
  if (!credentials.is_object()) throw Failure(Errc::invalid_parameter, "credentials must be a JSON object");
  const std::vector<std::string> allowed = core::known_credentials(api);
  std::vector<store::CredentialChange> changes;
  for (const auto& [name, value] : credentials.members()) {
    check_name(name, allowed);
    store::CredentialChange change{.name = name, .value = std::nullopt, .file = std::nullopt};
    if (value.is_string()) {
      if (value.string().empty())
        throw Failure(Errc::invalid_parameter, base::strcat("credentials: ", name, ": must not be empty"));
      change.value = base::Secret(value.string());
      check_secret(name, *change.value, api);
    } else if (value.is_object()) {
      change.file = file_name(name, value);
    } else if (!value.is_null()) {
      throw Failure(Errc::invalid_parameter,
                    base::strcat("credentials: ", name, ": must be text, {\"file\": \"name\"} or null, not ",
                                 Json::kind_name(value.kind())));
    }
    changes.push_back(std::move(change));
  }
  return changes;
}

void warn_of_missing_credentials(pg::Sql& sql, std::int64_t connection_id, std::string_view connection,
                                 const core::Api& api) {
  const std::vector<std::string> stored = store::credential_names(sql, connection_id);
  std::vector<std::string> missing;
  std::string example;
  for (const std::string& name : core::required_credentials(api)) {
    if (std::find(stored.begin(), stored.end(), name) != stored.end()) continue;
    missing.push_back(name);
    example += base::strcat(example.empty() ? "" : ", ", "\"", name, "\": \"…\"");
  }
  if (missing.empty()) return;
  pg::log(pg::Level::warning,
          base::strcat("connection \"", connection, "\" has no credentials yet: ", base::join(missing, ", ")), {},
          base::strcat("SELECT tandem.set_credentials(", pg::quote_literal(connection), ", '{", example, "}');"));
}

}  // namespace tandem::api
