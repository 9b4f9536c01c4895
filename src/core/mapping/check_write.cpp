// What a mapping wants to be written against what the object can take: its calls, and the fields that
// they send.
#include <algorithm>

#include "core/mapping/check.hpp"
#include "core/mapping/push.hpp"

#include "base/strings.hpp"
#include "core/manifest/write.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

using Op = OutChange::Op;

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

void check_calls(const Mapping& mapping, const Object& object, const Write& write, Findings& findings) {
  const auto lacks = [&](const char* path, std::string_view wanted, std::string_view calls, std::string hint) {
    findings.push_back(
        {.path = path,
         .message = base::strcat("object ", object.name, " has no call for ", wanted),
         .hint = base::strcat("Add ", calls, " to objects.", object.name, ".write in the connection's config", hint),
         .code = mapping_code::kNoCall});
  };
  const bool upsert = write.upsert.has_value();
  const bool inserts = mapping.write_mode != WriteMode::update, updates = mapping.write_mode != WriteMode::insert;
  if (inserts && !write.create && !upsert)
    lacks("write_mode", "new records", "\"create\" or \"upsert\"", ", or use write_mode update.");
  if (updates && !write.update && !upsert)
    lacks("write_mode", "changes of records", "\"update\" or \"upsert\"", ", or use write_mode insert.");
  const bool soft = mapping.delete_mode == DeleteMode::soft;
  const bool removes = mapping.delete_mode == DeleteMode::hard || (mapping.push.remove_unmatched && !soft);
  if (removes && !write.remove)
    lacks(mapping.delete_mode == DeleteMode::hard ? "delete_mode" : "options.unmatched", "deletes", "\"delete\"",
          ", or use delete_mode soft or ignore.");
  if (soft && !updates && !write.update && !upsert)
    lacks("delete_mode", "changes of records, which delete_mode soft makes", "\"update\" or \"upsert\"", ".");
}

// A column whose field is never sent; where what the other side says comes back, that is what it is for.
void check_sent(const Mapping& mapping, const Object& object, const Write& write, Findings& findings) {
  for (const ColumnMapping& mapped : mapping.push_columns) {
    const bool sent = std::ranges::any_of(std::initializer_list<Op>{Op::create, Op::update, Op::upsert}, [&](Op op) {
      return write.call(op) != nullptr && write.sends(mapped.field, op);
    });
    const bool back = std::ranges::any_of(mapping.columns, [&](const ColumnMapping& other) {
      return other.field == mapped.field && other.column == mapped.column;
    });
    if (sent || back) continue;
    findings.push_back(about(mapped, Severity::error, mapping_code::kNeverSent,
                             base::strcat("field \"", mapped.field, "\" of object ", object.name,
                                          " is set by the other side and never sent"),
                             "Give it \"direction\": \"pull\", or leave it out."));
  }
}

// What paths, parameters and bodies name has to come from somewhere.
void check_named(const Mapping& mapping, const Write& write, Findings& findings) {
  std::vector<std::string> fields = push_fields(mapping), told;
  for (const SoftColumn& soft : mapping.push.soft_fields) fields.push_back(soft.column);
  // Without its key a record can be written in no other way.
  const bool by_key = write.upsert && (!write.create || !write.update);
  const auto want = [&](const std::string& field) {
    if (contains(fields, field) || contains(write.id, field) || contains(told, field)) return;
    const bool key = by_key && field == write.key;
    told.push_back(field);
    findings.push_back({.severity = key ? Severity::error : Severity::warning,
                        .path = "columns",
                        .message = base::strcat(key ? "records are written by their key \"" : "requests name field \"",
                                                field, "\", and no column gives it a value"),
                        .hint = base::strcat("Add \"", field, "\": \"column\" to columns."),
                        .code = mapping_code::kFieldWanted,
                        .field = field});
  };
  if (by_key && !write.key.empty()) want(write.key);
  for (const Op op : {Op::create, Op::update, Op::upsert, Op::remove})
    if (write.call(op) != nullptr) std::ranges::for_each(write.named_fields(op), want);
}

}  // namespace

void check_writes(const Mapping& mapping, const Object& object, Findings& findings) {
  if (object.write == nullptr) {
    findings.push_back(
        {.path = "object",
         .message = base::strcat("object ", object.name, " cannot be written: nothing says how"),
         .hint = base::strcat(
             "Add \"write\": {\"create\": {\"method\": \"POST\"}, \"update\": {\"method\": \"PATCH\"}} to objects.",
             object.name, " in the connection's config."),
         .code = mapping_code::kNoCall});
    return;
  }
  check_calls(mapping, object, *object.write, findings);
  check_sent(mapping, object, *object.write, findings);
  check_named(mapping, *object.write, findings);
}

}  // namespace tandem::core
