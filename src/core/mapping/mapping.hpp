// A mapping as its author wrote it, parsed and checked: which remote field goes to which
// column, how records are identified, how rows are written. Validation compares it with
// the target table and, when discovery has been done, with the object's fields.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/value.hpp"
#include "core/manifest/api.hpp"
#include "core/convert/convert.hpp"
#include "core/mapping/finding.hpp"
#include "core/mapping/history.hpp"
#include "core/mapping/reference.hpp"
#include "core/transform/transform.hpp"

namespace tandem::core {

// What writes do with a column: compared is what decides whether a row differs.
enum class ColumnUse { compared, on_write, on_insert };
// A column that we fill in (mapping_stamp.hpp); parent: of a child table, with the key of the row it belongs to.
enum class Stamp { none, tenant, connection, mapping, now, run, uuid, parent };
enum class ColumnDirection { both, pull, push };
enum class Absent { null, keep, error };  // of a field that the record does not have

struct ColumnMapping {
  std::string field = {};   // remote; "*" is the whole record; empty: there is none (constant or computed)
  std::string column = {};  // local
  DeclaredType type = DeclaredType::none;
  bool required = false;                    // absent or null is a VALIDATION_ERROR
  std::optional<base::Json> fallback = {};  // "default": used when absent or null
  std::optional<base::Json> constant = {};  // every row gets this value, null included
  ColumnUse use = ColumnUse::compared;
  Stamp stamp = Stamp::none;
  std::vector<Transform> to_local = {}, to_remote = {};
  std::optional<ColumnDirection> direction = {};  // nullopt: both
  Absent absent = Absent::null;
  std::optional<Reference> reference = {};  // the value is an id: what the steps leave is looked up
  bool replace_bad_text = false;            // U+FFFD for what text cannot hold, instead of an error

  // Neither field nor constant nor stamp: an expression over the whole record.
  [[nodiscard]] bool computed() const noexcept { return field.empty() && !constant && stamp == Stamp::none; }
  // The database does a part of it.
  [[nodiscard]] bool has_sql() const noexcept { return steps_before_sql(to_local) < to_local.size(); }
};

// A nested array whose elements are rows of a table of their own: "lines[]" among the columns (mapping_children.hpp).
struct ChildTable {
  std::string field = {};  // of the array, without its brackets
  std::string table = {};  // as SQL reads it
  // A column that holds the key of the row that the array belongs to, and the column of the target that it is taken
  // from; empty until tell_parents has said which.
  struct Parent {
    std::string column = {}, of = {};
  };
  std::vector<Parent> parents = {};
  std::vector<std::string> key = {};  // fields that tell elements of one array apart; empty: their content does
  std::vector<ColumnMapping> columns = {};
};

// Its SQL may look at `record`. Said too often it costs a little, never too rarely.
[[nodiscard]] bool uses_record(const ColumnMapping& column) noexcept;
// What the SQL of a column begins with: text, or jsonb where the field is declared json or array.
[[nodiscard]] base::ColumnType staged_type(const ColumnMapping& column);

enum class Direction { pull, push, both };
enum class WriteMode { upsert, insert, update, append };
enum class SyncMode { full, incremental, realtime };  // realtime: a push, which sends what changes
enum class OnError { skip, fail };
enum class DeleteMode { ignore, soft, hard };  // of rows whose record is gone
enum class Verify { source, target };  // what a record must differ from to be written: what was last seen, the row

// More than both at once, and nothing is deleted: a person decides.
struct DeleteBrake {
  std::int64_t percent = 10, rows = 10;
};

// A column that says of a row that its record is gone (delete_mode soft).
struct SoftColumn {
  std::string column = {};
  bool now = false;          // the moment of the deletion
  base::Json deleted = {};   // else this value
  base::Json restored = {};  // when the record comes back
};

enum class ConflictPolicy { local_wins, remote_wins, latest_wins, merge, manual };

// What the push of a mapping does beside its columns (core/mapping/push.hpp).
struct PushTerms {
  struct FieldPolicy {
    std::string field = {}, column = {};
    ConflictPolicy policy = ConflictPolicy::manual;
  };
  std::optional<base::Json> conditions = {};  // JSON Logic over the local row, columns by name; nullopt: all rows
  bool initial = true;                        // rows that are there when the mapping is made are sent
  bool remove_unmatched = false;              // a row that stops matching: its record is deleted
  bool capture_replicated = false;            // also what logical replication writes
  std::int64_t settle = 0;                    // microseconds that a row has to be left alone before it is sent
  std::int64_t batch_size = 0;                // changes of one request; 0: the connector's
  std::int64_t max_in_flight = 0;             // requests under way at once; 0: the connection's
  std::vector<SoftColumn> soft_fields = {};   // delete_mode soft: remote fields that say that a record is deleted
  // Direction both: what a change on both sides becomes, and one side's delete against the other's edit
  // (local_wins, remote_wins or manual).
  ConflictPolicy conflicts = ConflictPolicy::latest_wins, conflict_delete = ConflictPolicy::manual;
  bool pull_first = true;  // nothing is overwritten that has not been looked at since it was changed here
  std::vector<FieldPolicy> conflict_fields = {};
  // Rows of a query are sent instead of a table's changes: compared with what was sent last, by the runs that are asked
  // for. One SELECT, its names qualified; and its columns that tell its rows apart.
  std::string source_query = {};
  std::vector<std::string> source_key = {};
};

// What is started when a run has come to its end: one of the two.
struct FollowUp {
  std::string mapping = {};
  std::string function = {};  // schema.name(bigint), which takes the run, or schema.name()
};

constexpr std::int64_t kKeepRuns = 1000;

struct Mapping {
  std::string name = {}, object = {};
  Direction direction = Direction::pull;
  // Those that a pull writes. Of a push mapping: those that what the other side answers is written back to (direction
  // pull or both, and where the key goes).
  std::vector<ColumnMapping> columns = {};
  std::vector<ColumnMapping> push_columns = {};  // those that a push sends; of a pull mapping: of direction push
  std::vector<ChildTable> children = {};
  std::string last_error = {};        // status_columns: where a record's error goes; empty: nowhere
  std::vector<std::string> key = {};  // remote fields; parse_mapping fills in the object's id
  // Local columns that a contract is found by; filled in with the columns of `key`, for a push without such with the
  // row key; append: empty.
  std::vector<std::string> match_on = {};
  SyncMode sync_mode = SyncMode::full;
  std::string cursor_field = {};  // incremental: filled in with the object's; full: empty
  WriteMode write_mode = WriteMode::upsert;
  std::optional<base::Json> conditions = {};  // JSON Logic over the record; nullopt: all records
  struct Filter {
    std::string field = {};
    base::Json wanted = {};  // a scalar, or an array of them
  };
  std::vector<Filter> filters = {};  // all of them must hold, beside the conditions
  DeleteMode delete_mode = DeleteMode::ignore;
  std::vector<SoftColumn> soft_columns = {};  // delete_mode soft
  DeleteBrake delete_brake = {};
  PushTerms push = {};
  std::int64_t full_every = 0;                // after so many incremental runs a full one; 0: never
  std::vector<std::string> hash_fields = {};  // these alone decide whether a record changed; empty: the mapped ones
  Verify verify = Verify::source;
  OnError on_error = OnError::skip;
  bool backfill = true;                       // a changed definition makes the next run read everything
  std::int64_t page_size = 0;                 // 0: the connector's
  std::optional<std::int64_t> lookback = {};  // of the cursor; nullopt: the object's
  Params params = {};                         // extra query parameters; they win over the object's
  std::int64_t keep_runs = kKeepRuns;         // finished runs that are kept
  History history = {};                       // of records
  bool run_log = false;                       // what each did, step by step
  std::vector<FollowUp> follow_ups = {};
  std::vector<std::string> after = {};  // mappings: starts when all of them have come to their end

  [[nodiscard]] bool pulls() const noexcept { return direction != Direction::push; }
  [[nodiscard]] bool pushes() const noexcept { return direction != Direction::pull; }
  [[nodiscard]] bool compares() const noexcept { return !push.source_query.empty(); }  // else changes are captured
};

// The target table as validation needs it; store fills it from the catalogs.
struct TargetColumn {
  std::string name = {};
  base::ColumnType type = {};
  bool not_null = false, has_default = false, generated = false;
  bool identity_always = false;
};
struct TargetKey {
  std::string index = {};
  std::vector<std::string> columns = {};
  bool primary = false;
};
struct TargetForeignKey {
  std::string name = {}, referenced = {};
  std::vector<std::string> columns = {}, referenced_columns = {};
  bool cascades = false;  // ON DELETE CASCADE
};
struct Target {
  std::string name = {};  // qualified and quoted as SQL reads it: public.contacts
  char kind = 'r';
  std::vector<TargetColumn> columns = {};
  std::vector<TargetKey> unique_keys = {};
  std::vector<TargetForeignKey> foreign_keys = {};
};

// A discovered field (list_fields), where discovery has cached any.
struct RemoteField {
  std::string name = {};
  DeclaredType type = DeclaredType::none;
  bool nullable = true;
};

// The definition as stored: {"object", "columns", "key", "match_on", "direction", "sync_mode", "cursor_field",
// "write_mode", "conditions", "conflict_resolution", "delete_mode", "options"}. Unknown keys, wrong kinds and wrong
// choices become findings with the nearest known word (codes: schema_check.hpp and mapping_codes.hpp). A mapping whose
// findings have no error is ready for validate_mapping.
struct ParsedMapping {
  Mapping mapping;
  Findings findings;
};
ParsedMapping parse_mapping(const std::string& name, const base::Json& definition, const Api& api, const Target& target,
                            const std::vector<RemoteField>& discovered);
// Types, NOT NULL, unique and foreign keys, generated columns, duplicates, key without index, … with runnable fixes.
Findings validate_mapping(const Mapping& mapping, const Api& api, const Target& target,
                          const std::vector<RemoteField>& discovered);

// The options this release knows, for view mapping_options: name, type, default, direction, meaning.
struct OptionRow {
  const char *name, *type, *default_value, *direction, *meaning;
};
[[nodiscard]] std::span<const OptionRow> mapping_options();

}  // namespace tandem::core
