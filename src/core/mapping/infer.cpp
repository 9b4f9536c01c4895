#include "core/mapping/infer.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/mapping/column_name.hpp"

namespace tandem::core {
namespace {

using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

enum JsonKind : unsigned { kString = 1, kNumber = 2, kBoolean = 4, kObject = 8, kArray = 16, kNull = 32 };
constexpr std::string_view kKindNames[] = {"string", "number", "boolean", "object", "array", "null"};

unsigned json_kind(const Value& value) noexcept {
  switch (value.kind) {
    case Kind::absent:
      return 0;
    case Kind::null:
      return kNull;
    case Kind::boolean:
      return kBoolean;
    case Kind::number:
      return kNumber;
    case Kind::string:
    case Kind::broken:
      return kString;
    case Kind::json:
      return value.text.starts_with('[') ? kArray : kObject;
  }
  return 0;
}

// A type that all values so far fit into, by the very rules that will convert them.
struct Candidate {
  TypeClass type_class;
  DeclaredType data_type;
  const char* pg_type;
  unsigned kind;
  bool fits = true;
};

// Of several that fit, the first is taken.
using Candidates = std::vector<Candidate>;
Candidates all_candidates() {
  return {
      {TypeClass::bigint, DeclaredType::integer, "bigint", kNumber},
      {TypeClass::timestamptz, DeclaredType::date_time, "timestamptz", kString},
      {TypeClass::timestamp, DeclaredType::date_time, "timestamp", kString},
      {TypeClass::date, DeclaredType::date, "date", kString},
      {TypeClass::uuid, DeclaredType::uuid, "uuid", kString},
  };
}

struct Seen {
  std::string field;
  unsigned kinds = 0;
  std::size_t records = 0, last_record = 0;
  std::int64_t max_length = 0;
  bool fraction = false;  // a number written with a point or an exponent
  Candidates candidates = all_candidates();
};

// 1.0 is a whole number, but a field that writes it so means decimals; and a date at
// midnight is a date only for one value, so a date is a candidate only when it is written as one.
bool as_written(const Value& value, TypeClass type_class) noexcept {
  if (type_class == TypeClass::bigint) return value.text.find_first_of(".eE") == std::string_view::npos;
  return type_class != TypeClass::date || value.text.size() == std::string_view("2000-01-01").size();
}

void look_at(const Value& value, base::TextArena& arena, Seen& seen) {
  const unsigned kind = json_kind(value);
  seen.kinds |= kind;
  if (kind == kString)
    seen.max_length = std::max(seen.max_length, static_cast<std::int64_t>(base::utf8_length(value.text)));
  if (kind == kNumber) seen.fraction = seen.fraction || !as_written(value, TypeClass::bigint);
  for (Candidate& candidate : seen.candidates) {
    if (!candidate.fits || candidate.kind != kind) continue;
    base::Cell cell;
    ColumnType type;
    type.type_class = candidate.type_class;
    candidate.fits = as_written(value, candidate.type_class) && !convert(value, type, candidate.data_type, arena, cell);
  }
}

struct Types {
  DeclaredType data_type;
  const char* pg_type;
};

Types types_of(const Seen& seen) {
  const unsigned kinds = seen.kinds & ~kNull;
  if ((kinds & (kObject | kArray)) != 0) return {kinds == kArray ? DeclaredType::array : DeclaredType::json, "jsonb"};
  for (const Candidate& candidate : seen.candidates) {
    if (candidate.fits && candidate.kind == kinds) return {candidate.data_type, candidate.pg_type};
  }
  if (kinds == kNumber) return {seen.fraction ? DeclaredType::number : DeclaredType::integer, "numeric"};
  if (kinds == kBoolean) return {DeclaredType::boolean, "boolean"};
  return {DeclaredType::string, "text"};
}

std::string kinds_in_words(unsigned kinds) {
  std::vector<std::string> names;
  for (unsigned i = 0; i < std::size(kKindNames); ++i) {
    if ((kinds >> i & 1) != 0) names.emplace_back(kKindNames[i]);
  }
  return base::join(names, "|");
}

std::vector<Seen> look_at_all(const std::vector<base::PageReader::Found>& found) {
  std::vector<Seen> fields;
  std::unordered_map<std::string_view, std::size_t> positions;
  base::TextArena arena;
  for (const auto& [record, key, value] : found) {
    if (value.kind == Kind::absent) continue;
    const auto [entry, is_new] = positions.try_emplace(key, fields.size());
    if (is_new) fields.emplace_back().field = key;
    Seen& seen = fields[entry->second];
    if (is_new || seen.last_record != record) ++seen.records;
    seen.last_record = record;
    look_at(value, arena, seen);
  }
  return fields;
}

}  // namespace

std::vector<InferredField> infer_fields(const std::vector<base::PageReader::Found>& found, std::size_t records,
                                        const std::vector<std::string>& key) {
  const std::vector<Seen> all = look_at_all(found);
  const bool whole_key = std::all_of(key.begin(), key.end(), [&](const std::string& part) {
    return std::any_of(all.begin(), all.end(), [&](const Seen& seen) { return seen.field == part; });
  });
  std::vector<InferredField> out;
  std::unordered_set<std::string> taken;
  for (const Seen& seen : all) {
    const Types types = types_of(seen);
    out.push_back({.field = seen.field,
                   .column = column_for_field(seen.field, taken),
                   .data_type = types.data_type,
                   .remote_type = kinds_in_words(seen.kinds),
                   .pg_type = types.pg_type,
                   .required = seen.records == records && (seen.kinds & kNull) == 0,
                   .is_key = whole_key && std::find(key.begin(), key.end(), seen.field) != key.end(),
                   .max_length = seen.max_length});
  }
  return out;
}

std::string table_columns_sql(const std::vector<InferredField>& fields, std::string (*quote)(std::string_view)) {
  std::vector<std::string> lines, key;
  for (const InferredField& field : fields) {
    lines.push_back(base::strcat("  ", quote(field.column), " ", field.pg_type));
    if (field.is_key) key.push_back(quote(field.column));
  }
  if (!key.empty()) lines.push_back(base::strcat("  PRIMARY KEY (", base::join(key, ", "), ")"));
  return base::join(lines, ",\n");
}

}  // namespace tandem::core
