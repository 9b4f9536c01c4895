// Looking at the other side while a person waits: test_connection, list_objects,
// list_fields, create_table_for. Network first, tables after.
#include <algorithm>

#include "base/clock.hpp"
#include "base/strings.hpp"
#include "core/manifest/write.hpp"
#include "core/mapping/infer.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/sql.hpp"
#include "store/connections.hpp"
#include "store/credentials.hpp"
#include "store/fields.hpp"
#include "store/lookup.hpp"
#include "store/tables.hpp"
#include "store/tenants.hpp"
#include "worker/probe.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

struct Opened {
  store::Connection connection;
  core::Api api;
  worker::Credentials credentials;
};

Opened open_connection(pg::Sql& sql, const std::string& tenant, const std::string& name) {
  store::Connection connection = store::require_connection(sql, store::require_tenant(sql, tenant).tenant_id, name);
  store::require_owner("connection", connection.name, connection.owner, connection.owner_name);
  core::Api api = connection.api();
  worker::Credentials credentials = store::load_credentials(sql, connection.connection_id);
  return {std::move(connection), std::move(api), std::move(credentials)};
}

const core::Object& object_of(const Opened& opened, const std::string& name) {
  if (const core::Object* object = opened.api.object(name)) return *object;
  std::vector<std::string> known;
  for (const core::Object& object : opened.api.objects) known.push_back(object.name);
  throw store::no_such(strcat("object of connection ", opened.connection.name), name, known);
}

std::vector<core::InferredField> discover(pg::Sql& sql, const Opened& opened, const core::Object& object) {
  std::vector<core::InferredField> fields = worker::discover_fields(opened.api, object, opened.credentials);
  store::save_fields(sql, opened.connection.connection_id, object.name, fields);
  return fields;
}

// "0.676": exact, as numeric.
std::string milliseconds(std::int64_t micros) {
  const std::string rest = std::to_string(1000 + micros % 1000);
  return strcat(micros / 1000, ".", std::string_view(rest).substr(1));
}

const char* status_of(const core::RunFailure& failure) {
  if (failure.error_type == "AUTH_ERROR") return "auth_failed";
  if (failure.error_type == "RATE_LIMIT") return "rate_limited";
  return failure.error_type == "NETWORK_ERROR" ? "unreachable" : "error";
}

}  // namespace

// (name text, tenant text) → (ok, status, latency_ms, detail)
TANDEM_FUNCTION(tandem_test_connection) {
  pg::CallerSpi sql;
  const Opened opened = open_connection(sql, call.required_text(1, "tenant"), call.required_text(0, "name"));
  const core::Object* object = opened.api.objects.empty() ? nullptr : &opened.api.objects.front();
  const worker::Answer answer = worker::ask_first_page(opened.api, object, opened.credentials);
  const std::string latency_ms = milliseconds(answer.response.total_micros);
  if (answer.failure) {
    const base::Error error{Errc::remote_error, answer.failure->message};
    store::note_connection_result(sql, opened.connection.connection_id, opened.connection.version, &error,
                                  answer.failure->error_type);
    const std::string detail = answer.failure->suggestion.empty()
                                   ? answer.failure->message
                                   : strcat(answer.failure->message, ". ", answer.failure->suggestion);
    return call.ret_row({false, status_of(*answer.failure), latency_ms, detail});
  }
  store::note_connection_result(sql, opened.connection.connection_id, opened.connection.version, nullptr, {});
  const std::string detail =
      strcat("answered ", answer.response.status, " to ", object == nullptr ? std::string("base_url") : object->name,
             " with ", answer.response.body.size(), " bytes, HTTP/", answer.response.http_version >= 20 ? "2" : "1.1");
  return call.ret_row({true, "ready", latency_ms, detail});
}

// (connection text, tenant text) → setof (object, label, can_read, can_create, can_update, can_delete)
TANDEM_FUNCTION(tandem_list_objects) {
  pg::CallerSpi sql;
  const store::Connection connection = store::require_connection(
      sql, store::require_tenant(sql, call.required_text(1, "tenant")).tenant_id, call.required_text(0, "connection"));
  std::vector<std::vector<pg::Out>> rows;
  for (const core::Object& object : connection.api().objects) {
    const core::Write* write = object.write.get();
    const bool upserts = write != nullptr && write->upsert;
    rows.push_back({object.name, object.label.empty() ? object.name : object.label, true,
                    upserts || (write != nullptr && write->create), upserts || (write != nullptr && write->update),
                    write != nullptr && write->remove.has_value()});
  }
  return call.ret_rows(rows);
}

namespace {

// The manifest says that the other side does not take it.
bool never_sent(const core::Object& object, std::string_view field) {
  if (object.write == nullptr) return false;
  return !object.write->sends(field, core::OutChange::Op::create) &&
         !object.write->sends(field, core::OutChange::Op::upsert);
}

}  // namespace

// (connection text, object text, tenant text) → setof (field, label, data_type, remote_type, pg_type, required,
// read_only, is_key, max_length, choices)
TANDEM_FUNCTION(tandem_list_fields) {
  pg::CallerSpi sql;
  const Opened opened = open_connection(sql, call.required_text(2, "tenant"), call.required_text(0, "connection"));
  const core::Object& object = object_of(opened, call.required_text(1, "object"));
  std::vector<std::vector<pg::Out>> rows;
  for (const core::InferredField& field : discover(sql, opened, object))
    rows.push_back({field.field, field.field, core::declared_type_name(field.data_type), field.remote_type,
                    field.pg_type, field.required, never_sent(object, field.field), field.is_key,
                    field.max_length > 0 ? pg::Out(field.max_length) : pg::Out(), std::nullopt});
  return call.ret_rows(rows);
}

// (connection text, object text, target text, fields text[], tenant text) → regclass
TANDEM_FUNCTION(tandem_create_table_for) {
  pg::CallerSpi sql;
  const Opened opened = open_connection(sql, call.required_text(4, "tenant"), call.required_text(0, "connection"));
  const core::Object& object = object_of(opened, call.required_text(1, "object"));
  const std::string target = call.required_text(2, "target");
  std::vector<core::InferredField> fields = discover(sql, opened, object);
  if (const auto wanted = call.text_array(3)) {
    std::vector<std::string> known;
    for (const core::InferredField& field : fields) known.push_back(field.field);
    for (const std::string& name : *wanted)
      if (std::find(known.begin(), known.end(), name) == known.end())
        throw store::no_such(strcat("field of ", object.name), name, known);
    std::erase_if(fields, [&](const core::InferredField& field) {
      return !field.is_key && std::find(wanted->begin(), wanted->end(), field.field) == wanted->end();
    });
  }
  return call.ret_integer(store::create_table(
      sql, target, core::table_columns_sql(fields, [](std::string_view name) { return pg::quote_identifier(name); })));
}

}  // namespace tandem::api
