#include "core/mapping/deletes.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/convert/convert.hpp"
#include "core/convert/json_value.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 2> kBrakeKeys{"percent", "rows"};
constexpr std::array<std::string_view, 2> kSoftKeys{"deleted", "restored"};
constexpr std::array<std::string_view, 2> kVerify{"source", "target"};  // in the order of Verify
constexpr std::int64_t kMost = 1'000'000'000;
constexpr const char* kSoftHint =
    "\"soft_delete_columns\": {\"deleted_at\": \"now\"}, or {\"is_deleted\": true}, or "
    "{\"status\": {\"deleted\": \"gone\", \"restored\": \"active\"}}";

void read_brake(const base::Json& json, std::string path, Mapping& mapping, Findings& findings) {
  ObjectReader in(json, std::move(path), kBrakeKeys, findings);
  if (const auto percent = in.integer("percent", 0, 100)) mapping.delete_brake.percent = *percent;
  if (const auto rows = in.integer("rows", 0, kMost)) mapping.delete_brake.rows = *rows;
}

void read_soft_column(const base::Json::Member& member, const std::string& path, std::vector<SoftColumn>& columns,
                      Findings& findings) {
  SoftColumn soft{.column = member.first};
  const base::Json& value = member.second;
  if (value.is_string() && value.string() == "now") {
    soft.now = true;
  } else if (value.kind() == base::Json::Kind::boolean) {
    soft.deleted = value;
    soft.restored = base::Json(!value.boolean());
  } else if (value.is_object()) {
    ObjectReader in(value, path, kSoftKeys, findings);
    if (in.find("deleted") == nullptr) in.missing("deleted", "It is the value of a row whose record is gone.");
    if (const base::Json* deleted = in.find("deleted")) soft.deleted = *deleted;
    if (const base::Json* restored = in.find("restored")) soft.restored = *restored;
  } else {
    findings.push_back({.path = path,
                        .message = "must be \"now\", true, false or an object with \"deleted\" and \"restored\"",
                        .hint = kSoftHint,
                        .code = mapping_code::kSoftColumns,
                        .column = member.first});
    return;
  }
  columns.push_back(std::move(soft));
}

Finding about_deletes(const char* path, const char* code, std::string message, std::string hint,
                      std::string column = {}) {
  return {
      .path = path, .message = std::move(message), .hint = std::move(hint), .code = code, .column = std::move(column)};
}

const char* unfit(const SoftColumn& soft, const TargetColumn& column) {
  using base::TypeClass;
  const TypeClass type = column.type.type_class;
  if (soft.now) {
    if (type != TypeClass::timestamptz && type != TypeClass::timestamp && type != TypeClass::date)
      return "\"now\" needs a column of type timestamptz, timestamp or date";
    return column.not_null ? "is NOT NULL, and a row that is there again has no time of deletion" : nullptr;
  }
  base::TextArena arena;
  for (const base::Json* json : {&soft.deleted, &soft.restored}) {
    const base::Value value = value_of_json(*json, arena);
    base::Cell cell;
    if (value.kind == base::Kind::null ? column.not_null
                                       : convert(value, column.type, DeclaredType::none, arena, cell).has_value())
      return json == &soft.deleted ? "cannot hold the value that is given for deleted rows"
                                   : "cannot hold the value that is given for restored rows";
  }
  return nullptr;
}

void check_soft_column(const SoftColumn& soft, const Mapping& mapping, const Target& target, Findings& findings) {
  const auto report = [&](std::string message, std::string hint) {
    findings.push_back(about_deletes("options.soft_delete_columns", mapping_code::kSoftColumns, std::move(message),
                                     std::move(hint), soft.column));
  };
  const TargetColumn* column = find_column(target, soft.column);
  if (column == nullptr) {
    report(base::strcat("column \"", soft.column, "\" of ", target.name, " does not exist"),
           base::strcat("ALTER TABLE ", target.name, " ADD COLUMN ", sql_name(soft.column),
                        soft.now ? " timestamptz;" : " boolean NOT NULL DEFAULT false;"));
  } else if (find_mapped(mapping, soft.column) != nullptr) {
    report(base::strcat("column ", soft.column, " is filled by a field already"),
           "Map one of the two to another column.");
  } else if (column->generated || column->identity_always) {
    report(base::strcat("column ", soft.column, " is filled in by the database and cannot be written"), kSoftHint);
  } else if (const char* why = unfit(soft, *column)) {
    report(base::strcat("column ", soft.column, ": ", why), kSoftHint);
  }
}

}  // namespace

void read_delete_options(ObjectReader& options, Mapping& mapping, Findings& findings) {
  if (const base::Json* brake = options.find("delete_brake"))
    read_brake(*brake, options.path_of("delete_brake"), mapping, findings);
  mapping.soft_columns = read_soft_columns(options, "soft_delete_columns", findings);
  for (const char* key : {"delete_brake", "soft_delete_columns"}) {
    const bool used = mapping.delete_mode == DeleteMode::soft ||
                      (mapping.delete_mode == DeleteMode::hard && std::string_view(key) == "delete_brake");
    if (!used && options.find(key) != nullptr)
      options.warning(key, "is not used with this delete_mode", "See delete_mode in create_mapping.",
                      mapping_code::kDeletesUnusable);
  }
  mapping.full_every = options.integer("full_every", 1, kMost).value_or(0);
  if (mapping.full_every > 0 && mapping.sync_mode == SyncMode::full) {
    options.error("full_every", "has no meaning with sync_mode full, where every run is a full one",
                  "Leave full_every out, or use sync_mode incremental.", mapping_code::kFullEvery);
  }
  mapping.hash_fields = options.texts("hash_fields");
  if (const auto verify = options.choice("verify", kVerify)) mapping.verify = static_cast<Verify>(*verify);
  if (mapping.verify == Verify::source) return;
  if (!mapping.hash_fields.empty())
    options.error("hash_fields", "has no meaning with verify target: all of a record is compared with its row",
                  "Leave one of the two out.", mapping_code::kOptionUnusable);
  if (mapping.write_mode == WriteMode::append)
    options.error("verify", "target has no meaning with write_mode append, which never looks for rows",
                  "Leave verify out.", mapping_code::kOptionUnusable);
}

std::vector<SoftColumn> read_soft_columns(ObjectReader& options, const char* key, Findings& findings) {
  std::vector<SoftColumn> columns;
  for (const base::Json::Member* member : options.members(key))
    read_soft_column(*member, path_join(options.path_of(key), member->first), columns, findings);
  return columns;
}

bool too_many(const DeleteBrake& brake, std::int64_t rows, std::int64_t live) noexcept {
  return rows > brake.rows && rows * 100 > live * brake.percent;
}

bool uses_deletions(const Mapping& mapping, const Object& object) {
  return object.deletions != nullptr && mapping.delete_mode != DeleteMode::ignore &&
         mapping.write_mode != WriteMode::append && (mapping.key.empty() || mapping.key == object.id);
}

void add_restored_columns(Mapping& mapping) {
  for (const SoftColumn& soft : mapping.soft_columns)
    mapping.columns.push_back({.column = soft.column, .constant = soft.now ? base::Json() : soft.restored});
}

void check_deletes(const Mapping& mapping, const Target& target, Findings& findings) {
  if (mapping.delete_mode == DeleteMode::ignore) return;
  if (mapping.write_mode == WriteMode::append) {
    findings.push_back(about_deletes("delete_mode", mapping_code::kDeletesUnusable,
                                     "rows cannot be found again with write_mode append, so none can be deleted",
                                     "Use write_mode upsert, or delete_mode ignore."));
  }
  for (const std::string& name : mapping.match_on) {
    const ColumnMapping* mapped = find_mapped(mapping, name);
    if (mapped == nullptr || (!mapped->has_sql() && !mapped->computed())) continue;
    findings.push_back(
        about_deletes("delete_mode", mapping_code::kDeletesUnusable,
                      base::strcat("rows are found by column ", name,
                                   ", which the database computes, and cannot be found again without the record"),
                      "Find rows by a column that needs no SQL, or use delete_mode ignore.", name));
  }
  if (mapping.delete_mode != DeleteMode::soft) return;
  if (mapping.soft_columns.empty()) {
    findings.push_back(about_deletes("options.soft_delete_columns", mapping_code::kSoftColumns,
                                     "delete_mode soft needs to know which columns say that a row is deleted",
                                     kSoftHint));
  }
  if (mapping.write_mode == WriteMode::insert) {
    findings.push_back(
        about_deletes("delete_mode", mapping_code::kDeletesUnusable,
                      "write_mode insert never changes a row, so a record that comes back could not be restored",
                      "Use write_mode upsert, or delete_mode hard."));
  }
  for (const SoftColumn& soft : mapping.soft_columns) check_soft_column(soft, mapping, target, findings);
}

// The feed of deletions names records by the object's id, and nothing else could find their rows.
void check_deletions(const Mapping& mapping, const Object& object, Findings& findings) {
  if (!object.deletions || mapping.delete_mode == DeleteMode::ignore || mapping.write_mode == WriteMode::append ||
      uses_deletions(mapping, object))
    return;
  findings.push_back({.severity = Severity::warning,
                      .path = "key",
                      .message = base::strcat("the feed of deletions of ", object.name, " names records by ",
                                              base::join(object.id, ", "), ", not by ", base::join(mapping.key, ", "),
                                              ": it is not asked, and only full runs find what is gone"),
                      .hint = "Leave key out, or set full_every.",
                      .code = mapping_code::kDeletesUnusable});
}

}  // namespace tandem::core
