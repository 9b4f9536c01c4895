#include <algorithm>
#include <array>

#include "core/mapping/mapping.hpp"

#include "base/strings.hpp"
#include "core/manifest/read.hpp"
#include "core/mapping/chain.hpp"
#include "core/mapping/children.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/columns.hpp"
#include "core/mapping/deletes.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/stamp.hpp"
#include "core/mapping/status.hpp"
#include "core/logic/record_filter.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kLargestPage = 100'000;
constexpr std::int64_t kMostRuns = 1'000'000;
constexpr auto kKeys =
    std::to_array<std::string_view>({"object", "columns", "key", "match_on", "direction", "sync_mode", "cursor_field",
                                     "write_mode", "conditions", "conflict_resolution", "delete_mode", "options"});
constexpr auto kOptionKeys = std::to_array<std::string_view>({
    "after",
    "backfill",
    "batch_size",
    "capture_replicated",
    "conflict_delete",
    "filters",
    "conflict_fields",
    "follow_ups",
    "delete_brake",
    "full_every",
    "hash_fields",
    "initial",
    "keep_runs",
    "lookback",
    "max_in_flight",
    "on_error",
    "page_size",
    "params",
    "pull_first",
    "push_conditions",
    "record_log",
    "run_log",
    "schema_change",
    "settle",
    "soft_delete_columns",
    "soft_delete_fields",
    "source_key",
    "source_query",
    "stamp",
    "status_columns",
    "unmatched",
    "verify",
});
constexpr std::array<std::string_view, 3> kSyncModes{"full", "incremental", "realtime"};          // of SyncMode
constexpr std::array<std::string_view, 4> kSchemaChange{"freeze", "evolve", "pause", "discard"};  // of SchemaPolicy
constexpr std::array<std::string_view, 2> kOnError{"skip", "fail"};                               // of OnError
constexpr std::array<std::string_view, 3> kDeleteModes{"ignore", "soft", "hard"};                 // of DeleteMode

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

// A push sends what changes, at once or when its schedule says.
void read_push_sync(ObjectReader& in, std::optional<std::size_t> mode, Mapping& mapping) {
  mapping.sync_mode = SyncMode::realtime;
  if (mode && static_cast<SyncMode>(*mode) != SyncMode::realtime)
    in.error("sync_mode", "must be realtime with direction push: what changes is sent",
             "Leave sync_mode out; with a schedule changes are sent at those times.");
  if (in.find("cursor_field") != nullptr)
    in.warning("cursor_field", "is not used with direction push", "Leave cursor_field out.", mapping_code::kNoCursor);
}

void read_sync(ObjectReader& in, const Object* object, Mapping& mapping) {
  const std::optional<std::size_t> mode = in.choice("sync_mode", kSyncModes);
  if (!mapping.pulls()) return read_push_sync(in, mode, mapping);
  if (mode && static_cast<SyncMode>(*mode) == SyncMode::realtime) {
    in.error("sync_mode", "realtime is for what is pushed; records are pulled by full or incremental runs",
             mapping.pushes() ? "Leave sync_mode out: local changes are sent at once all the same."
                              : "Use incremental with a schedule like 'every 1 minute'.");
    return;
  }
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
  if (field && has_cursor && object->cursor->token) {
    in.warning("cursor_field", "is not used: changes are asked for by a token", "Leave cursor_field out.",
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
  const bool incremental = object.cursor && mapping.sync_mode == SyncMode::incremental;
  const auto of_cursor = [&](const std::string& name) {
    if (!incremental || name.empty()) return false;
    const Cursor& cursor = *object.cursor;
    return name == cursor.until_param || name == cursor.tie_param ||
           (name == cursor.param && cursor.written_as.empty());
  };
  for (const auto& [name, value] : mapping.params) {
    const char* owner = name == api.auth.param        ? "auth"
                        : name == object.paging.param ? "paging"
                        : name == size_param          ? "the page size"
                        : of_cursor(name)             ? "the cursor"
                                                      : nullptr;
    if (owner == nullptr) continue;
    in.error("params", base::strcat("query parameter ", name, " of object ", object.name, " belongs to ", owner), {},
             mapping_code::kOptionUnusable);
  }
}

// How far behind the watermark is read again, for records that the source shows late.
void read_lookback(ObjectReader& in, const Object& object, Mapping& mapping) {
  const base::Json* given = in.find("lookback");
  if (given == nullptr) return;
  if (mapping.sync_mode != SyncMode::incremental || !object.cursor || object.cursor->token)
    return in.error("lookback", "has no meaning: the mapping is not read by a cursor that is a field", {},
                    mapping_code::kOptionUnusable);
  mapping.lookback = 0;
  if (given->is_integer() && given->integer() == 0) return;
  const base::Result<std::int64_t> span = cursor_span(*given, *object.cursor);
  if (span)
    mapping.lookback = *span;
  else
    in.error("lookback", span.error().text, span.error().hint);
}

void read_options(const base::Json& options, const Api& api, const Object* object, Mapping& mapping,
                  Findings& findings) {
  ObjectReader in(options, "options", kOptionKeys, findings);
  mapping.page_size = in.integer("page_size", 1, kLargestPage).value_or(0);
  if (const auto on_error = in.choice("on_error", kOnError)) mapping.on_error = static_cast<OnError>(*on_error);
  in.choice("schema_change", kSchemaChange);  // read where it is needed: schema_policy()
  mapping.keep_runs = in.integer("keep_runs", 1, kMostRuns).value_or(kKeepRuns);
  mapping.history = read_history(in, findings);
  mapping.run_log = in.boolean("run_log").value_or(false);
  mapping.params = read_params(in, findings);
  mapping.backfill = in.boolean("backfill").value_or(true);
  if (!mapping.backfill && mapping.sync_mode == SyncMode::full)
    in.error("backfill", "has no meaning with sync_mode full, which reads everything in every run",
             "Leave backfill out, or use sync_mode incremental.", mapping_code::kOptionUnusable);
  read_push_options(in, mapping, findings);
  read_delete_options(in, mapping, findings);
  read_chain(in, mapping, findings);
  read_stamps(in, mapping);
  read_status_columns(in, mapping);
  read_filters(in, mapping);
  if (object == nullptr) return;
  read_lookback(in, *object, mapping);
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

void read_key(ObjectReader& in, const Object* object, Mapping& mapping) {
  mapping.key = in.texts("key");
  if (std::ranges::find(mapping.key, "*") != mapping.key.end())
    in.error("key", "the whole record (\"*\") cannot identify it");
  if (mapping.key.empty() && object != nullptr) mapping.key = object->id;
}

void read_match(ObjectReader& in, const Target& target, Mapping& mapping) {
  mapping.match_on = in.texts("match_on");
  if (mapping.compares()) {
    if (!mapping.match_on.empty())
      in.error("match_on", "has no meaning with source_query, whose rows are known by source_key",
               "Leave match_on out.", mapping_code::kMatchUnusable);
    mapping.match_on = mapping.push.source_key;
    return;
  }
  if (mapping.write_mode == WriteMode::append) {
    if (in.find("match_on") != nullptr) {
      in.error("match_on", "has no meaning with write_mode append, which never looks for existing rows",
               "Leave match_on out.", mapping_code::kMatchUnusable);
    }
    mapping.match_on.clear();
    return;
  }
  if (mapping.match_on.empty()) mapping.match_on = columns_of_key(mapping);
  if (mapping.match_on.empty() && !mapping.pulls()) mapping.match_on = row_key(mapping, target);
  if (mapping.match_on.empty()) return;
  for (std::string& column : stamped_key(mapping))
    if (std::ranges::find(mapping.match_on, column) == mapping.match_on.end())
      mapping.match_on.push_back(std::move(column));
}

std::vector<ColumnMapping> read_all_columns(const base::Json& columns, Mapping& mapping, Findings& findings) {
  ReadColumns read = read_columns(columns, "columns", findings);
  mapping.children = std::move(read.children);
  check_children(mapping, findings);
  return std::move(read.columns);
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
  read_direction(in, mapping);
  if (const auto mode = in.choice("delete_mode", kDeleteModes)) mapping.delete_mode = static_cast<DeleteMode>(*mode);
  if (const base::Json* conditions = in.find("conditions")) {
    if (mapping.pulls())
      read_conditions(*conditions, mapping, out.findings);
    else
      read_push_conditions(*conditions, "conditions", mapping, out.findings);
  }
  read_sync(in, object, mapping);
  read_key(in, object, mapping);
  const base::Json* columns = in.find("columns");
  sort_columns(columns != nullptr
                   ? read_all_columns(*columns, mapping, out.findings)
                   : columns_by_name(target, discovered, list_fields_sql(api, mapping.object), out.findings),
               mapping, out.findings);
  if (const base::Json* options = in.find("options")) read_options(*options, api, object, mapping, out.findings);
  read_match(in, target, mapping);
  return out;
}

}  // namespace tandem::core
