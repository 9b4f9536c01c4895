#include "core/manifest/write.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/manifest/values.hpp"
#include "core/manifest/write_read.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

namespace {

// What calls share stands beside them, and each may say it otherwise.
constexpr std::array<std::string_view, 34> kWriteKeys{
    "create",      "update",     "upsert",   "delete",  "read",    "read_back",  "remedy", "key",    "changed_only",
    "read_only",   "write_once", "computed", "headers", "params",  "format",     "query",  "body",   "nulls",
    "null_text",   "success",    "failed",   "id",      "returns", "errors",     "gone",   "exists", "retryable",
    "idempotency", "version",    "batch",    "path",    "method",  "id_in_path", "signing"};
constexpr std::array<std::string_view, 20> kCallKeys{
    "method", "path", "headers", "params", "format", "query",  "body",      "nulls",       "null_text", "success",
    "failed", "id",   "returns", "errors", "gone",   "exists", "retryable", "idempotency", "version",   "batch"};
constexpr std::array<std::string_view, 5> kMethods{"GET", "POST", "PUT", "PATCH", "DELETE"};
constexpr std::array<std::string_view, 5> kSigningKeys{"type", "header", "prefix", "encoding", "timestamp_header"};
constexpr std::array<std::string_view, 4> kSigningTypes{"none", "standard", "hmac_sha256",
                                                        "hmac_sha512"};  // of Signing::Type
constexpr std::array<std::string_view, 2> kEncodings{"hex", "base64"};
constexpr std::array<std::string_view, 5> kRemedies{"none", "idempotency_key", "upsert", "replay_safe", "read_back"};
constexpr std::array<std::string_view, 4> kOps{"create", "update", "upsert", "delete"};  // of OutChange::Op
constexpr std::array<const char*, 4> kDefaultMethods{"POST", "PATCH", "PUT", "DELETE"};

bool contains(const std::vector<std::string>& list, std::string_view word) {
  return std::ranges::find(list, word) != list.end();
}

const char* placeholder_of(const WriteCall& call, bool id_in_path) {
  if (!id_in_path || call.batched() || call.format == WriteFormat::graphql) return "";
  switch (call.op) {
    case OutChange::Op::create:
      return "";
    case OutChange::Op::upsert:
      return "{key}";
    case OutChange::Op::update:
    case OutChange::Op::remove:
      return "{id}";
  }
  return "";  // not reached: the switch is exhaustive
}

// A deletion has no body and gives nothing back unless it says so itself, and is sent one by one.
WriteCall shared_with(const WriteCall& shared, OutChange::Op op) {
  WriteCall call = shared;
  call.op = op;
  if (shared.method.empty())
    call.method = call.format == WriteFormat::graphql ? "POST" : kDefaultMethods[static_cast<std::size_t>(op)];
  if (op == OutChange::Op::remove) {
    call.body.reset();
    call.returns.reset();
    call.id = {};
    call.batch = {};
  }
  return call;
}

void read_method(ObjectReader& in, WriteCall& call) {
  if (const auto method = in.choice("method", kMethods)) call.method = std::string(kMethods[*method]);
}

// A path that names the record: 404 then speaks of it, and not of the place where all records are written.
bool names_record(const WriteCall& call) {
  return call.batched() || std::ranges::any_of(slots_of(call.path), [](const Slot& slot) { return slot.of_change(); });
}

std::optional<WriteCall> read_call(ObjectReader& write, OutChange::Op op, const WriteCall& shared, const Object& object,
                                   bool id_in_path, Findings& findings) {
  const std::string_view key = kOps[static_cast<std::size_t>(op)];
  const base::Json* json = write.find(key);
  if (json == nullptr) return std::nullopt;
  ObjectReader in(*json, write.path_of(key), kCallKeys, findings);
  if (!json->is_object()) return std::nullopt;
  WriteCall call = shared_with(shared, op);
  read_request_keys(in, call, findings);
  if (call.format == WriteFormat::graphql && shared.method.empty()) call.method = "POST";
  read_answer_keys(in, call, findings);
  if (const base::Json* batch = in.find("batch")) read_batch(*batch, in.path_of("batch"), call.batch, findings);
  read_method(in, call);
  call.path = read_call_path(in, default_path(object, placeholder_of(call, id_in_path)));
  const bool of_known = op == OutChange::Op::update || op == OutChange::Op::remove;
  if (!call.gone.given() && of_known && names_record(call)) call.gone.status = {404, 410};
  if (call.path.empty() && in.find("path") == nullptr)
    in.missing("path", "The object stands below a parent: write the path of its records in full.");
  return call;
}

void read_signing(ObjectReader& in, Write& write, Findings& findings) {
  const base::Json* json = in.find("signing");
  if (json == nullptr) return;
  ObjectReader inside(*json, in.path_of("signing"), kSigningKeys, findings);
  if (!json->is_object()) return;
  if (inside.find("type") == nullptr) inside.missing("type", "Allowed: none, standard, hmac_sha256, hmac_sha512.");
  Signing& signing = write.signing;
  if (const auto type = inside.choice("type", kSigningTypes)) signing.type = static_cast<Signing::Type>(*type);
  signing.header = inside.text("header").value_or(signing.header);
  signing.prefix = inside.text("prefix").value_or("");
  signing.timestamp_header = inside.text("timestamp_header").value_or("");
  if (const auto encoding = inside.choice("encoding", kEncodings)) signing.base64 = *encoding == 1;
  for (const char* key : {"header", "timestamp_header"}) {
    const std::string& name = std::string_view(key) == "header" ? signing.header : signing.timestamp_header;
    if (const Wrong bad = name.empty() ? Wrong() : check_header_name(name)) inside.error(key, bad->text, bad->hint);
  }
  if (const Wrong bad = check_header_value(signing.prefix)) inside.error("prefix", bad->text, bad->hint);
}

void read_fields(ObjectReader& in, Write& write) {
  write.key = in.text("key").value_or("");
  write.changed_only = in.boolean("changed_only").value_or(true);
  write.read_only = in.texts("read_only");
  write.write_once = in.texts("write_once");
  write.computed = in.texts("computed");
  if (const auto remedy = in.choice("remedy", kRemedies)) write.remedy = static_cast<Remedy>(*remedy);
}

void add_fields(const std::vector<Slot>& slots, const std::string& key, std::vector<std::string>& out) {
  for (const Slot& slot : slots) {
    const std::string& field = slot.name == Slot::Name::field                                  ? slot.field
                               : slot.name == Slot::Name::key || slot.name == Slot::Name::keys ? key
                                                                                               : std::string();
    if (!field.empty() && !contains(out, field)) out.push_back(field);
  }
}

std::vector<Slot> all_slots(const WriteCall& call) {
  std::vector<Slot> out = slots_of(call.path);
  const auto add = [&](const std::vector<Slot>& more) { out.insert(out.end(), more.begin(), more.end()); };
  for (const WriteParam& param : call.params) add(slots_of(param.value));
  for (const auto& [name, value] : call.headers) add(slots_of(value));
  if (call.body) add(slots_of(*call.body));
  if (call.batch.record) add(slots_of(*call.batch.record));
  return out;
}

}  // namespace

bool AnswerRule::matches(int answered, std::string_view said_code, std::string_view text) const noexcept {
  if (!given()) return false;
  if (!status.empty() && std::ranges::find(status, answered) == status.end()) return false;
  if (!code.empty() && std::ranges::find(code, said_code) == code.end()) return false;
  return contains.empty() || text.find(contains) != std::string_view::npos;
}

bool WriteCall::succeeded(int status) const noexcept {
  if (success.empty()) return status >= 200 && status < 300;
  return std::ranges::find(success, status) != success.end();
}

const WriteCall* Write::call(OutChange::Op op) const noexcept {
  const auto of = [](const std::optional<WriteCall>& call) { return call ? &*call : nullptr; };
  switch (op) {
    case OutChange::Op::create:
      return of(create);
    case OutChange::Op::update:
      return of(update);
    case OutChange::Op::upsert:
      return of(upsert);
    case OutChange::Op::remove:
      return of(remove);
  }
  return nullptr;  // not reached: the switch is exhaustive
}

bool Write::sends(std::string_view field, OutChange::Op op) const noexcept {
  if (op == OutChange::Op::upsert && field == key) return true;
  if (contains(read_only, field) || contains(computed, field)) return false;
  return op == OutChange::Op::create || op == OutChange::Op::upsert || !contains(write_once, field);
}

bool Write::needs_id() const noexcept {
  const auto by_id = [](const std::vector<Slot>& slots) {
    return std::ranges::any_of(slots,
                               [](const Slot& s) { return s.name == Slot::Name::id || s.name == Slot::Name::ids; });
  };
  for (const auto* call : {&update, &upsert, &remove})
    if (*call && by_id(all_slots(**call))) return true;
  return read && by_id(slots_of(read->path));
}

std::vector<std::string> Write::named_fields(OutChange::Op op) const {
  std::vector<std::string> out;
  if (op == OutChange::Op::upsert && !key.empty()) out.push_back(key);
  if (const WriteCall* by = call(op)) add_fields(all_slots(*by), key, out);
  return out;
}

std::shared_ptr<const Write> read_write(const base::Json& json, const std::string& path, const Object& object,
                                        Findings& findings) {
  ObjectReader in(json, path, kWriteKeys, findings);
  if (!json.is_object()) return nullptr;
  auto write = std::make_shared<Write>();
  write->id = object.id;
  write->version = object.version;
  read_fields(in, *write);
  Object below = object;  // where the records are written, if not where they are listed
  if (const std::string own = read_call_path(in, ""); !own.empty()) below.path = own;
  WriteCall shared;
  read_method(in, shared);
  const bool id_in_path = in.boolean("id_in_path").value_or(true);
  read_signing(in, *write, findings);
  read_request_keys(in, shared, findings);
  read_answer_keys(in, shared, findings);
  if (const base::Json* batch = in.find("batch")) read_batch(*batch, in.path_of("batch"), shared.batch, findings);
  write->create = read_call(in, OutChange::Op::create, shared, below, id_in_path, findings);
  write->update = read_call(in, OutChange::Op::update, shared, below, id_in_path, findings);
  write->upsert = read_call(in, OutChange::Op::upsert, shared, below, id_in_path, findings);
  write->remove = read_call(in, OutChange::Op::remove, shared, below, id_in_path, findings);
  if (const base::Json* read = in.find("read"))
    write->read = read_read_call(*read, in.path_of("read"), below, false, findings);
  if (const base::Json* back = in.find("read_back"))
    write->read_back = read_read_call(*back, in.path_of("read_back"), below, true, findings);
  if (!write->create && !write->update && !write->upsert && !write->remove)
    in.missing("create", "Give at least one of \"create\", \"update\", \"upsert\", \"delete\"; {} takes all defaults.");
  check_write(*write, object, path, findings);
  return write;
}

}  // namespace tandem::core
