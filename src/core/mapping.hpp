// A mapping as its author wrote it, parsed and checked: which remote field goes to which
// column, how records are identified, how rows are written. Validation compares it with
// the target table and, when discovery has been done, with the object's fields.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "base/value.hpp"
#include "core/api.hpp"
#include "core/convert.hpp"
#include "core/finding.hpp"

namespace tandem::core {

struct ColumnMapping {
  std::string field = {};   // remote; "*" is the whole record
  std::string column = {};  // local
  DeclaredType type = DeclaredType::none;
  bool required = false;                    // absent or null is a VALIDATION_ERROR
  std::optional<base::Json> fallback = {};  // "default": used when absent or null
};

enum class WriteMode { upsert, insert, update, append };
enum class SyncMode { full, incremental };
enum class OnError { skip, fail };

constexpr std::int64_t kKeepRuns = 1000;

struct Mapping {
  std::string name = {}, object = {};
  std::vector<ColumnMapping> columns = {};
  std::vector<std::string> key = {};       // remote fields; parse_mapping fills in the object's id
  std::vector<std::string> match_on = {};  // local columns; filled in with the columns of `key`; append: empty
  SyncMode sync_mode = SyncMode::full;
  std::string cursor_field = {};  // incremental: filled in with the object's; full: empty
  WriteMode write_mode = WriteMode::upsert;
  OnError on_error = OnError::skip;
  std::int64_t page_size = 0;          // 0: the connector's
  Params params = {};                  // extra query parameters; they win over the object's
  std::int64_t keep_runs = kKeepRuns;  // finished runs that are kept
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
};
struct TargetForeignKey {
  std::string name = {}, referenced = {};
  std::vector<std::string> columns = {};
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
// "write_mode", "options"}. Unknown keys, wrong kinds and wrong choices become findings with the nearest known word
// (codes: schema_check.hpp and mapping_codes.hpp). A mapping whose findings have no error is ready for
// validate_mapping.
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
[[nodiscard]] const std::vector<OptionRow>& mapping_options();

}  // namespace tandem::core
