#include <algorithm>
#include <array>

#include "core/mapping.hpp"

#include "base/strings.hpp"
#include "core/api_read.hpp"
#include "core/mapping_codes.hpp"
#include "core/mapping_columns.hpp"
#include "core/schema_check.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kLargestPage = 100'000;
constexpr std::int64_t kMostRuns = 1'000'000;
constexpr std::array<std::string_view, 9> kKeys{"object",    "columns",      "key",        "match_on", "direction",
                                                "sync_mode", "cursor_field", "write_mode", "options"};
constexpr std::array<std::string_view, 4> kOptionKeys{"page_size", "on_error", "params", "keep_runs"};
constexpr std::array<std::string_view, 1> kDirections{"pull"};
constexpr std::array<std::string_view, 2> kSyncModes{"full", "incremental"};  // in the order of SyncMode
constexpr std::array<std::string_view, 4> kWriteModes{"upsert", "insert", "update", "append"};  // of WriteMode
constexpr std::array<std::string_view, 2> kOnError{"skip", "fail"};                             // of OnError

const Object* read_object(ObjectReader& in, const Api& api, Mapping& mapping) {
  if (in.find("object") == nullptr) in.missing("object");
  const std::optional<std::string> name = in.text("object");
  if (!name) return nullptr;
  mapping.object = *name;
  const Object* object = api.object(*name);
  if (object != nullptr) return object;
  std::vector<std::string_view> names;
  for (const Object& known : api.objects) names.push_back(known.name);
  in.error("object", base::strcat("the connection has no object \"", *name, '"'), nearest_hint(*name, names, "Objects"),
           mapping_code::kUnknownObject);
  return nullptr;
}

void read_sync(ObjectReader& in, const Object* object, Mapping& mapping) {
  const std::optional<std::size_t> mode = in.choice("sync_mode", kSyncModes);
  const bool has_cursor = object != nullptr && object->cursor;
  mapping.sync_mode = mode ? static_cast<SyncMode>(*mode) : has_cursor ? SyncMode::incremental : SyncMode::full;
  const std::optional<std::string> field = in.text("cursor_field");
  if (mapping.sync_mode == SyncMode::full) {
    if (!field) return;
    in.warning("cursor_field", mode ? "is not used with sync_mode full" : "is not used: the object has no cursor",
               mode ? "Use sync_mode incremental, or leave cursor_field out."
                    : base::strcat("Add \"cursor\" to objects.", mapping.object, " in the connection's config."),
               mapping_code::kNoCursor);
    return;
  }
  if (object != nullptr && !has_cursor) {
    in.error("sync_mode", base::strcat("object ", object->name, " has no cursor, so changes alone cannot be asked for"),
             base::strcat("Use sync_mode full, or add \"cursor\": {\"field\": \"updated_at\", \"param\": "
                          "\"updated_since\"} to objects.",
                          object->name, " in the connection's config."),
             mapping_code::kNoCursor);
  }
  mapping.cursor_field = field ? *field : has_cursor ? object->cursor->field : std::string();
}

void check_option_params(ObjectReader& in, const Api& api, const Object& object, const Mapping& mapping) {
  const std::string size_param =
      mapping.page_size > 0 || object.paging.size > 0 ? object.paging.size_param : std::string();
  const std::string cursor =
      object.cursor && mapping.sync_mode == SyncMode::incremental ? object.cursor->param : std::string();
  for (const auto& [name, value] : mapping.params) {
    const char* owner = name == api.auth.param        ? "auth"
                        : name == object.paging.param ? "paging"
                        : name == size_param          ? "the page size"
                        : name == cursor              ? "the cursor"
                                                      : nullptr;
    if (owner == nullptr) continue;
    in.error("params", base::strcat("query parameter ", name, " of object ", object.name, " belongs to ", owner), {},
             mapping_code::kOptionUnusable);
  }
}

void read_options(const base::Json& options, const Api& api, const Object* object, Mapping& mapping,
                  Findings& findings) {
  ObjectReader in(options, "options", kOptionKeys, findings);
  mapping.page_size = in.integer("page_size", 1, kLargestPage).value_or(0);
  if (const auto on_error = in.choice("on_error", kOnError)) mapping.on_error = static_cast<OnError>(*on_error);
  mapping.keep_runs = in.integer("keep_runs", 1, kMostRuns).value_or(kKeepRuns);
  mapping.params = read_params(in, findings);
  if (object == nullptr) return;
  if (mapping.page_size > 0 && object->paging.size_param.empty()) {
    in.error("page_size", base::strcat("object ", object->name, " has no parameter for the page size"),
             base::strcat("Add \"size_param\" to objects.", object->name,
                          ".paging in the connection's config, or leave page_size out."),
             mapping_code::kOptionUnusable);
  }
  check_option_params(in, api, *object, mapping);
}

// The columns that the key fields go into; empty unless every one of them is mapped.
std::vector<std::string> columns_of_key(const Mapping& mapping) {
  std::vector<std::string> out;
  for (const std::string& field : mapping.key) {
    const auto column = std::ranges::find(mapping.columns, field, &ColumnMapping::field);
    if (column == mapping.columns.end()) return {};
    out.push_back(column->column);
  }
  return out;
}

void read_identity(ObjectReader& in, const Object* object, Mapping& mapping) {
  mapping.key = in.texts("key");
  if (std::ranges::find(mapping.key, "*") != mapping.key.end())
    in.error("key", "the whole record (\"*\") cannot identify it");
  if (mapping.key.empty() && object != nullptr) mapping.key = object->id;
  mapping.match_on = in.texts("match_on");
  if (mapping.write_mode == WriteMode::append) {
    if (in.find("match_on") != nullptr) {
      in.error("match_on", "has no meaning with write_mode append, which never looks for existing rows",
               "Leave match_on out.", mapping_code::kMatchUnusable);
    }
    mapping.match_on.clear();
    return;
  }
  if (mapping.match_on.empty()) mapping.match_on = columns_of_key(mapping);
}

}  // namespace

ParsedMapping parse_mapping(const std::string& name, const base::Json& definition, const Api& api, const Target& target,
                            const std::vector<RemoteField>& discovered) {
  ParsedMapping out;
  Mapping& mapping = out.mapping;
  mapping.name = name;
  ObjectReader in(definition, "", kKeys, out.findings);
  if (!definition.is_object()) return out;
  const Object* object = read_object(in, api, mapping);
  in.choice("direction", kDirections);
  if (const auto mode = in.choice("write_mode", kWriteModes)) mapping.write_mode = static_cast<WriteMode>(*mode);
  read_sync(in, object, mapping);
  if (const base::Json* columns = in.find("columns"))
    mapping.columns = read_columns(*columns, out.findings);
  else
    mapping.columns = columns_by_name(target, discovered, list_fields_sql(api, mapping.object), out.findings);
  read_identity(in, object, mapping);
  if (const base::Json* options = in.find("options")) read_options(*options, api, object, mapping, out.findings);
  return out;
}

}  // namespace tandem::core
