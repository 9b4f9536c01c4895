// What the keys of "write" say together.
#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/manifest/write_read.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 4> kOps{"create", "update", "upsert", "delete"};  // of OutChange::Op

// Reports below the path of one call.
struct Reporter {
  std::string path;
  Findings& findings;
  void operator()(std::string_view key, std::string message, std::string hint = {}) const {
    findings.push_back({.path = key.empty() ? path : base::strcat(path, '.', key),
                        .message = std::move(message),
                        .hint = std::move(hint),
                        .code = finding_code::kWrongValue});
  }
};

bool names(const std::vector<Slot>& slots, Slot::Name name) {
  return std::ranges::any_of(slots, [&](const Slot& slot) { return slot.name == name; });
}

// Where a text with placeholders stands.
enum class Place { url, param_of_each, body, element };

// Which placeholders mean something there.
void check_place(const std::vector<Slot>& slots, Place place, const WriteCall& call, const Write& write,
                 std::string_view key, const Reporter& report) {
  const bool of_whole_batch = call.batched() && (place == Place::url || place == Place::body);
  for (const Slot& slot : slots) {
    if (slot.of_change() && of_whole_batch)
      report(key, base::strcat(slot_text(slot), " belongs to one record, and the call sends many"),
             place == Place::body ? "Put it into \"batch\": {\"record\": …}, and \"{records}\" here."
                                  : "Use {ids} or {keys}, [\"{id}\"] in a parameter, or leave \"batch\" out.");
    else if (slot.of_batch() && (!call.batched() || place == Place::param_of_each || place == Place::element))
      report(key, base::strcat(slot_text(slot), " belongs to a batch, and here stands one record"),
             "Add \"batch\": {\"size\": 100}, or use {record}, {id}, {key}.");
    else if (slot.whole_record() && slot.as == Slot::As::plain && place == Place::url)
      report(key, base::strcat(slot_text(slot), " has no place in a URL or a header"), "Use {field:Name}.");
    else if ((slot.name == Slot::Name::id || slot.name == Slot::Name::ids) &&
             (call.op == OutChange::Op::create || call.op == OutChange::Op::upsert))
      report(key, base::strcat(slot_text(slot), " is not known before the record is there"),
             "Use {key} or {field:Name}.");
    else if ((slot.name == Slot::Name::key || slot.name == Slot::Name::keys || slot.name == Slot::Name::rest) &&
             write.key.empty())
      report(key, base::strcat(slot_text(slot), " needs the external key field"),
             "Add \"key\": \"…\" to \"write\": the field that holds our key.");
  }
}

void check_placeholders(const WriteCall& call, const Write& write, const Reporter& report) {
  check_place(slots_of(call.path), Place::url, call, write, "path", report);
  for (const auto& [name, value] : call.headers)
    check_place(slots_of(value), Place::url, call, write, path_join("headers", name), report);
  for (const WriteParam& param : call.params)
    check_place(slots_of(param.value), param.each ? Place::param_of_each : Place::url, call, write,
                path_join("params", param.name), report);
  // The columns of a line are of one record each.
  const Place body = call.format == WriteFormat::csv ? Place::element : Place::body;
  if (call.body) check_place(slots_of(*call.body), body, call, write, "body", report);
  if (call.batch.record) check_place(slots_of(*call.batch.record), Place::element, call, write, "batch.record", report);
}

void check_format(const WriteCall& call, const Reporter& report) {
  if (call.format == WriteFormat::graphql && call.query.empty())
    report("query", "is missing", "It is the text of the mutation; \"body\" are its variables.");
  if (call.format != WriteFormat::graphql && !call.query.empty())
    report("query", "is used only with format \"graphql\"", "Remove it.");
  if (call.format != WriteFormat::csv && !call.null_text.empty())
    report("null_text", "is used only with format \"csv\"", "Use \"nulls\": \"null\", \"empty\" or \"omit\".");
  if (call.format == WriteFormat::form && call.batched())
    report("format", "\"form\" sends one record at a time", "Leave \"batch\" out.");
  if (call.format == WriteFormat::csv && call.body && !call.body->is_object())
    report("body", "must be an object of columns with format \"csv\"",
           "Like {\"Id\": \"{id}\", \"...\": \"{record}\"}.");
  if (call.method == "GET" && call.batched())
    report("batch", "GET sends one record at a time, in its parameters", "Leave \"batch\" out, or use another method.");
}

void check_batch(const WriteCall& call, const Write& write, const Reporter& report) {
  const Batch& batch = call.batch;
  if (!call.batched()) {
    if (batch.record || batch.results || !batch.ids.empty() || batch.failures || batch.atomic || batch.max_bytes > 0)
      report("batch.size", "is missing, so that every record is sent alone", "Add \"size\": 100.");
    return;
  }
  if (!call.idempotency.header.empty() || !call.idempotency.param.empty())
    report("idempotency", "a key belongs to one record, and the call sends many",
           "Give \"field\", or leave \"batch\" out.");
  if (!call.version.header.empty() || !call.version.param.empty())
    report("version", "a version belongs to one record, and the call sends many",
           "Put {version} into \"batch\": {\"record\": …}, or leave \"batch\" out.");
  const bool makes = call.op == OutChange::Op::create || call.op == OutChange::Op::upsert;
  if (makes && write.needs_id() && !batch.results && batch.ids.empty())
    report("batch.results", "is missing: records that are made have to tell their ids",
           "It is the path of an array with an element for each record, like \"results\"; or give \"ids\".");
  if (call.format == WriteFormat::graphql && !call.body)
    report("body", "is missing: the variables of a batch", "Like {\"inputs\": \"{records}\"}.");
  if (call.format == WriteFormat::csv && batch.record)
    report("batch.record", "is not used with format \"csv\"", "The columns of a line stand in \"body\".");
}

void check_call(const WriteCall& call, const Write& write, const Reporter& report) {
  check_placeholders(call, write, report);
  check_format(call, report);
  check_batch(call, write, report);
  const bool told = call.path.find("{key}") != std::string::npos;  // of what stands there
  if (call.op == OutChange::Op::upsert && write.key.empty() && write.named_fields(call.op).empty() && !told)
    report("", "needs the external key field", "Add \"key\": \"…\" to \"write\": the field that holds our key.");
}

void check_remedy(const Write& write, const Reporter& report) {
  if (!write.remedy) return;
  const auto sends_key = [](const std::optional<WriteCall>& call) {
    return call &&
           (call->idempotency.given() || (call->body && names(slots_of(*call->body), Slot::Name::idempotency_key)) ||
            (call->batch.record && names(slots_of(*call->batch.record), Slot::Name::idempotency_key)));
  };
  switch (*write.remedy) {
    case Remedy::idempotency_key:
      if (!sends_key(write.create))
        report("remedy", "\"idempotency_key\" needs a place where the key goes",
               "Add \"idempotency\": {\"header\": \"Idempotency-Key\"}.");
      break;
    case Remedy::upsert:
      if (!write.upsert) report("remedy", "\"upsert\" needs an \"upsert\"", "Add it, with \"key\".");
      break;
    case Remedy::read_back:
      if (!write.read_back)
        report("remedy", "\"read_back\" needs \"read_back\"",
               "Like {\"path\": \"/customers\", \"params\": {\"reference\": \"{key}\"}, \"records\": \"items\"}.");
      break;
    case Remedy::none:
    case Remedy::replay_safe:
      break;
  }
}

// What is asked for by a read: nothing of what is being sent.
void check_read(const ReadCall& read, bool back, const Write& write, const Reporter& report) {
  WriteCall as_call;
  as_call.op = back ? OutChange::Op::create : OutChange::Op::update;
  check_place(slots_of(read.path), Place::url, as_call, write, "path", report);
  for (const WriteParam& param : read.params)
    check_place(slots_of(param.value), Place::url, as_call, write, path_join("params", param.name), report);
  if (!back) return;
  const bool told = std::ranges::any_of(slots_of(read.path), [](const Slot& s) { return s.of_change(); }) ||
                    std::ranges::any_of(read.params, [](const WriteParam& param) {
                      return std::ranges::any_of(slots_of(param.value), [](const Slot& s) { return s.of_change(); });
                    });
  if (!told)
    report("params", "do not say which record is asked for",
           "Name it by what the record was sent with: {key}, {field:Name} or {idempotency_key}.");
}

}  // namespace

void check_write(const Write& write, const Object& object, const std::string& path, Findings& findings) {
  const Reporter own{path, findings};
  for (const auto* call : {&write.create, &write.update, &write.upsert, &write.remove})
    if (*call)
      check_call(**call, write, {base::strcat(path, '.', kOps[static_cast<std::size_t>((*call)->op)]), findings});
  check_remedy(write, own);
  if (write.read) check_read(*write.read, false, write, {path + ".read", findings});
  if (write.read_back) check_read(*write.read_back, true, write, {path + ".read_back", findings});
  if (object.id.size() > 1 && write.needs_id())
    own("", "{id} is one text, and records of this object are identified by several fields",
        "Write paths with {field:Name} of each of them.");
  for (const std::string& field : write.write_once)
    if (std::ranges::find(write.read_only, field) != write.read_only.end() ||
        std::ranges::find(write.computed, field) != write.computed.end())
      own("write_once", base::strcat("field \"", field, "\" is never sent, as another list says"));
}

}  // namespace tandem::core
