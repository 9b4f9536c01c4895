#include "core/mapping/stamp.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

using base::TypeClass;

// In the order of Stamp, without `none` and `parent`.
constexpr std::array<std::string_view, 6> kStamps{"tenant", "connection", "mapping", "now", "run", "uuid"};

bool names_a_thing(Stamp stamp) {
  return stamp == Stamp::tenant || stamp == Stamp::connection || stamp == Stamp::mapping;
}

bool whole_number(TypeClass type) { return type == TypeClass::bigint || type == TypeClass::numeric; }

bool fits(Stamp stamp, TypeClass type) {
  switch (stamp) {
    case Stamp::none:
    case Stamp::parent:
      return true;
    case Stamp::tenant:
    case Stamp::connection:
    case Stamp::mapping:
      return type == TypeClass::text || type == TypeClass::uuid || whole_number(type);
    case Stamp::now:
      return type == TypeClass::timestamptz;
    case Stamp::run:
      return whole_number(type);
    case Stamp::uuid:
      return type == TypeClass::uuid || type == TypeClass::text;
  }
  return false;  // not reached: the switch is exhaustive
}

const char* wanted(Stamp stamp) {
  if (names_a_thing(stamp)) return "text for its name, uuid, or bigint for its number";
  return stamp == Stamp::now ? "timestamptz" : stamp == Stamp::run ? "bigint" : "uuid";
}

base::Json value_of(const Named& thing, TypeClass type) {
  if (type == TypeClass::uuid) return base::Json(thing.uuid);
  return whole_number(type) ? base::Json(thing.id) : base::Json(thing.name);
}

}  // namespace

void read_stamps(ObjectReader& options, Mapping& mapping) {
  for (const base::Json::Member* member : options.members("stamp")) {
    const std::string path = path_join(options.path_of("stamp"), member->first);
    const auto kind = member->second.is_string() ? std::ranges::find(kStamps, member->second.string()) : kStamps.end();
    if (kind == kStamps.end()) {
      options.error("stamp", base::strcat("column ", member->first, " cannot be stamped with ", member->second.dump()),
                    nearest_hint(member->second.is_string() ? member->second.string() : "", kStamps, "Allowed"));
      continue;
    }
    const auto stamp = static_cast<Stamp>(kind - kStamps.begin() + 1);
    mapping.columns.push_back({.field = {},
                               .column = member->first,
                               .use = names_a_thing(stamp)   ? ColumnUse::compared
                                      : stamp == Stamp::uuid ? ColumnUse::on_insert
                                                             : ColumnUse::on_write,
                               .stamp = stamp});
  }
}

std::vector<std::string> stamped_key(const Mapping& mapping) {
  std::vector<std::string> out;
  for (const ColumnMapping& column : mapping.columns)
    if (names_a_thing(column.stamp)) out.push_back(column.column);
  return out;
}

void check_stamp(const ColumnMapping& mapped, const TargetColumn& column, Findings& findings) {
  if (fits(mapped.stamp, column.type.type_class)) return;
  const bool status = mapped.type != DeclaredType::none;  // mapping/status.cpp
  const std::string cannot =
      status ? "hold when its row was written"
             : base::strcat("be stamped with \"", kStamps[static_cast<std::size_t>(mapped.stamp) - 1], '"');
  findings.push_back(
      {.path = status ? "options.status_columns" : "options.stamp",
       .message = base::strcat("column ", column.name, " is ", column.type.name, ", which cannot ", cannot),
       .hint = base::strcat("It wants ", wanted(mapped.stamp), '.'),
       .code = mapping_code::kStampUnfit,
       .column = column.name});
}

void fill_stamps(Mapping& mapping, const Target& target, const StampValues& values) {
  for (ColumnMapping& mapped : mapping.columns) {
    const TargetColumn* column = find_column(target, mapped.column);
    if (column == nullptr) continue;  // whoever uses it says so
    const TypeClass type = column->type.type_class;
    switch (mapped.stamp) {
      case Stamp::none:
      case Stamp::parent:
      case Stamp::now:
      case Stamp::uuid:
        break;
      case Stamp::tenant:
        mapped.constant = value_of(values.tenant, type);
        break;
      case Stamp::connection:
        mapped.constant = value_of(values.connection, type);
        break;
      case Stamp::mapping:
        mapped.constant = value_of(values.mapping, type);
        break;
      case Stamp::run:
        mapped.constant = base::Json(values.run);
        break;
    }
  }
}

}  // namespace tandem::core
