// "batch" of "write": many records in one request, and how its answer finds each of them.
#include <array>

#include "base/strings.hpp"
#include "core/manifest/write_read.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kLargestBatch = 100'000, kMostBytes = 1'000'000'000;
constexpr std::array<std::string_view, 15> kBatchKeys{"size",   "max_bytes", "record",   "results",    "ids",
                                                      "index",  "echo",      "echo_of",  "index_base", "ok",
                                                      "failed", "status",    "failures", "atomic",     "equals"};
constexpr std::array<std::string_view, 7> kFailureKeys{"at", "index", "echo", "message", "code", "field", "status"};
constexpr std::array<std::string_view, 4> kEchoes{"index", "id", "key", "idempotency_key"};  // of EchoOf

// "index" or "echo": where an element says which change it is about.
bool read_where(ObjectReader& in, MatchBy& by, std::vector<std::string>& where) {
  const bool index = in.find("index") != nullptr, echo = in.find("echo") != nullptr;
  if (index && echo)
    in.error("echo", "an element is found by its index or by an echo, not both", "Remove one of them.");
  if (!index && !echo) return false;
  by = index ? MatchBy::index : MatchBy::echo;
  where = read_path(in, index ? "index" : "echo");
  return true;
}

void read_failures(const base::Json& json, const std::string& path, Batch& batch, Findings& findings) {
  ObjectReader in(json, path, kFailureKeys, findings);
  if (!json.is_object()) return;
  BatchFailures failures;
  failures.at = read_path(in, "at");
  if (in.find("at") == nullptr) in.missing("at", "It is the path of the array of refused records, like \"errors\".");
  if (!read_where(in, failures.by, failures.where) && in.find("index") == nullptr && in.find("echo") == nullptr)
    in.missing("index", "It is the path in an element of the position of its record; or give \"echo\".");
  failures.places = read_places(in);
  failures.status = read_path(in, "status");
  batch.failures = std::move(failures);
}

void read_results(ObjectReader& in, Batch& batch) {
  if (in.find("results") != nullptr) batch.results = read_records(in, "results");
  if (in.find("ids") != nullptr) batch.ids = read_path(in, "ids");
  if (batch.results && !batch.ids.empty())
    in.error("ids", "\"results\" and \"ids\" are two ways of saying the same", "Remove one of them.");
  read_where(in, batch.by, batch.where);
  if (const auto echo_of = in.choice("echo_of", kEchoes)) batch.echo_of = static_cast<EchoOf>(*echo_of);
  batch.index_base = in.integer("index_base", 0, 1).value_or(batch.index_base);
  if (in.find("ok") != nullptr) batch.ok = read_path(in, "ok");
  if (const base::Json* equals = in.find("equals")) batch.ok_equals = *equals;
  if (in.find("failed") != nullptr) batch.failed = read_path(in, "failed");
  if (in.find("status") != nullptr) batch.status = read_path(in, "status");
  for (const char* key : {"index", "echo", "ok", "failed", "status"})
    if (in.find(key) != nullptr && !batch.results)
      in.error(key, "is a place in an element of \"results\", which is not given", "Add \"results\", or remove it.");
  if (in.find("equals") != nullptr && batch.ok.empty())
    in.error("equals", "is what \"ok\" is compared with, which is not given", "Add \"ok\", or remove it.");
  const bool echoes = batch.by == MatchBy::echo || (batch.failures && batch.failures->by == MatchBy::echo);
  if (in.find("echo_of") != nullptr && !echoes)
    in.error("echo_of", "says what comes back at \"echo\", which is not given", "Add \"echo\", or remove it.");
}

}  // namespace

void read_batch(const base::Json& json, const std::string& path, Batch& batch, Findings& findings) {
  ObjectReader in(json, path, kBatchKeys, findings);
  if (!json.is_object()) return;
  batch.size = in.integer("size", 1, kLargestBatch).value_or(batch.size);
  batch.max_bytes = in.integer("max_bytes", 1, kMostBytes).value_or(batch.max_bytes);
  if (const base::Json* record = in.find("record"); record != nullptr && check_slots(in, "record", *record))
    batch.record = *record;
  if (const base::Json* failures = in.find("failures"))
    read_failures(*failures, in.path_of("failures"), batch, findings);
  read_results(in, batch);
  batch.atomic = in.boolean("atomic").value_or(batch.atomic);
}

}  // namespace tandem::core
