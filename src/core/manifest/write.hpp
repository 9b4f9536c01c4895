// How the records of an object are written, as its "write" in a manifest or config says:
// one call for each of create, update, upsert and delete, what is sent, and what the
// answers mean. Placeholders in texts and bodies are those of core/push/slot; here they
// have been checked, and compose compiles them for a mapping.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "core/push/change.hpp"
#include "core/push/record_shape.hpp"

namespace tandem::core {

enum class WriteFormat { json, form, csv, graphql };

// A place in the body of an answer, or of an element of it, or a header; neither: not told.
struct AnswerPlace {
  std::vector<std::string> path = {};
  std::string header = {};
  bool nowhere = false;  // said so: what stands at the usual place is something else
  [[nodiscard]] bool given() const noexcept { return nowhere || !path.empty() || !header.empty(); }
};

// Which answers mean something: those with one of these statuses, one of these codes and this text, as far as each is
// given. Nothing given: none.
struct AnswerRule {
  std::vector<int> status = {};
  std::vector<std::string> code = {};
  std::string contains = {};
  [[nodiscard]] bool given() const noexcept { return !status.empty() || !code.empty() || !contains.empty(); }
  // Of one record of a batch the status is 0 where the answer has none for it.
  [[nodiscard]] bool matches(int answered, std::string_view said_code, std::string_view text) const noexcept;
};

// Where an error says what it is; empty paths: the usual places are looked at.
struct ErrorPlaces {
  std::vector<std::string> message = {}, code = {}, field = {};
};

// What an answer that is no success is taken for.
enum class Meaning { refused, later, gone, exists, conflict, ambiguous };
struct ErrorRule {
  AnswerRule when = {};
  Meaning meaning = Meaning::refused;
  std::string error_type = {};         // empty: as the status says
  std::optional<bool> retryable = {};  // a person may try it again; nullopt: as the status says
};

// Where the key of an attempt goes; {idempotency_key} in a body is another way.
struct Idempotency {
  std::string header = {}, param = {}, field = {};
  std::int64_t keeps = 0;  // microseconds for which the other side knows a key; 0: for ever
  [[nodiscard]] bool given() const noexcept { return !header.empty() || !param.empty() || !field.empty(); }
};

// Writes on condition that nobody else has changed the record.
struct VersionUse {
  std::string header = {}, param = {};  // sent only while a version is known
  std::string value = "{version}";
  AnswerPlace from = {};     // the record's new version in the answer
  AnswerRule conflict = {};  // somebody has; default: 412
  [[nodiscard]] bool given() const noexcept { return !header.empty() || !param.empty(); }
};

// How an element of a batch's answer finds its change.
enum class MatchBy { order, index, echo };
enum class EchoOf { index, id, key, idempotency_key };

// Elements that tell of records that were refused, beside the results.
struct BatchFailures {
  std::vector<std::string> at = {};  // the array
  MatchBy by = MatchBy::index;
  std::vector<std::string> where = {};  // in an element: the index, the echo
  ErrorPlaces places = {};
  std::vector<std::string> status = {};
};

struct Batch {
  std::int64_t size = 1;
  std::int64_t max_bytes = 0;                   // of a body; 0: no limit
  std::optional<base::Json> record = {};        // template of an element; nullopt: "{record}"
  std::optional<base::RecordsAt> results = {};  // an element for each record; nullopt: the answer tells of the whole
  std::vector<std::string> ids = {};            // an array of plain ids in order, where there are no results
  MatchBy by = MatchBy::order;
  std::vector<std::string> where = {};  // in an element: the index, the echo
  EchoOf echo_of = EchoOf::index;
  std::int64_t index_base = 0;
  std::vector<std::string> ok = {};  // in an element: settled only where it is ...
  base::Json ok_equals = base::Json(true);
  std::vector<std::string> failed = {};  // ... refused where something stands here
  std::vector<std::string> status = {};  // an HTTP status of its own
  std::optional<BatchFailures> failures = {};
  bool atomic = false;  // when one is refused, none is done
};

// A query parameter; `each`: once for each change of a batch.
struct WriteParam {
  std::string name = {}, value = {};
  bool each = false;
};

struct WriteCall {
  OutChange::Op op = OutChange::Op::create;
  std::string method = {}, path = {};
  std::vector<WriteParam> params = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<base::Json> body = {};  // nullopt: the record, or the records of a batch; delete: none
  WriteFormat format = WriteFormat::json;
  std::string query = {};  // graphql: its text; `body` are the variables
  Nulls nulls = Nulls::null;
  std::string null_text = {};                            // csv: how a null is written
  std::vector<int> success = {};                         // empty: 2xx
  std::vector<std::vector<std::string>> failed = {};     // a success that has something there is none
  AnswerPlace id = {};                                   // not given: the object's id in what is returned
  std::optional<std::vector<std::string>> returns = {};  // where the record comes back; empty: it is the body
  ErrorPlaces places = {};
  std::vector<ErrorRule> rules = {};
  AnswerRule gone = {}, exists = {};
  std::vector<int> retryable = {};
  Idempotency idempotency = {};
  VersionUse version = {};
  Batch batch = {};

  [[nodiscard]] bool succeeded(int status) const noexcept;
  [[nodiscard]] bool batched() const noexcept { return batch.size > 1; }
};

// Asks for records: one by its id, or those that an attempt may have made.
struct ReadCall {
  std::string path = {};
  std::vector<WriteParam> params = {};
  base::RecordsAt records = {};
  std::int64_t wait = 0;  // read-back: microseconds after the attempt before its absence proves anything
};

// How requests are signed, with the credentials signing_secret and, while it is being replaced, signing_secret_old.
struct Signing {
  enum class Type { none, standard, hmac_sha256, hmac_sha512 };
  Type type = Type::none;
  std::string header = "X-Signature", prefix = {};  // hmac: of the header's value
  bool base64 = false;                              // hmac: else hexadecimal
  std::string timestamp_header = {};                // hmac: with it "<timestamp>.<body>" is signed
};

// What settles an attempt of which nobody knows whether it arrived.
enum class Remedy { none, idempotency_key, upsert, replay_safe, read_back };

struct Write {
  std::optional<WriteCall> create = {}, update = {}, upsert = {}, remove = {};
  std::string key = {};  // the external key field
  bool changed_only = true;
  std::vector<std::string> read_only = {}, write_once = {}, computed = {};
  std::optional<Remedy> remedy = {};  // of creates; nullopt: the best that the rest allows
  std::optional<ReadCall> read = {}, read_back = {};
  Signing signing = {};
  std::vector<std::string> id = {};  // of the object
  std::string version = {};          // field of a record, of the object

  [[nodiscard]] const WriteCall* call(OutChange::Op op) const noexcept;
  // Whether a field is sent by such a change; the key goes with every upsert.
  [[nodiscard]] bool sends(std::string_view field, OutChange::Op op) const noexcept;
  // Some call names a record by its id, so that one that was created has to tell it.
  [[nodiscard]] bool needs_id() const noexcept;
  // Fields that paths, parameters and bodies name: a change that goes by this call has to bring them, changed or not.
  [[nodiscard]] std::vector<std::string> named_fields(OutChange::Op op) const;
};

}  // namespace tandem::core
