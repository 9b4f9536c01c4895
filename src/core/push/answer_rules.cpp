#include "core/push/answer_rules.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/remedy.hpp"
#include "core/push/retry_after.hpp"
#include "core/rows/failures.hpp"

namespace tandem::core {

namespace {

using Kind = Outcome::Kind;

// What would be told to a person, whatever the outcome.
void tell(Outcome& out, int status, const Said& said, const OutAnswer& answer) {
  const std::string what = presentable(said.message.empty() ? said.code : said.message, answer.secrets);
  const std::string code =
      said.code.empty() || said.message.empty() ? std::string() : base::strcat(" (", presentable(said.code, {}), ")");
  out.message =
      base::strcat("the other side ", status == 0 ? std::string("refused it") : base::strcat("answered ", status),
                   what.empty() ? std::string() : base::strcat(": ", what, code));
  out.field = said.field;
}

std::optional<base::Micros> wait_of(const OutAnswer& answer) {
  if (!answer.header) return std::nullopt;
  const auto value = answer.header("Retry-After");
  return value ? retry_after(*value, answer.header("Date").value_or(std::string_view()), answer.now) : std::nullopt;
}

void refuse(Outcome& out, int status) {
  out.kind = Kind::refused;
  out.code = code::kRecordRefused;
  out.error_type = status == 400 || status == 422 || status == 0 ? error_type::kValidation : error_type::kApi;
  out.suggestion = "Correct the row, or what the other side demands of it; then tandem.retry_sync_error(…).";
  if (status == 403) {
    out.error_type = error_type::kAuth;
    out.code = code::kAuthRefused;
    out.suggestion = "The account may not write this record: check its rights at the other side.";
    out.retryable = true;
  } else if (status == 413) {
    out.code = code::kTooLargeToSend;
    out.suggestion = "Leave large columns out of the mapping, or send smaller batches.";
  }
}

void mark(Outcome& out, Kind kind, const char* code, const char* suggestion) {
  out.kind = kind;
  out.code = code;
  out.error_type = kind == Kind::ambiguous ? error_type::kNetwork : error_type::kConflict;
  out.suggestion = suggestion;
}

void hold_up(Outcome& out, const char* type, const char* code, bool counted, const OutAnswer& answer) {
  out.kind = Kind::later;
  out.error_type = type;
  out.code = code;
  out.counted = counted;
  out.retryable = true;
  out.after = wait_of(answer);
}

void as_meaning(Outcome& out, Meaning meaning, int status, const OutAnswer& answer) {
  switch (meaning) {
    case Meaning::refused:
      refuse(out, status);
      break;
    case Meaning::later:
      hold_up(out, error_type::kApi, code::kServerFailed, true, answer);
      break;
    case Meaning::gone:
      mark(out, Kind::gone, code::kRecordGone,
           "It was deleted at the other side: restore it there, or delete the row.");
      break;
    case Meaning::exists:
      mark(out, Kind::exists, code::kRecordExists,
           "A record with this key is there already: tandem.resolve_sync_error(…, remote_id => '…') joins the two.");
      break;
    case Meaning::conflict:
      mark(out, Kind::conflict, code::kVersionConflict,
           "It was changed at the other side: it is read and merged first.");
      break;
    case Meaning::ambiguous:
      mark(out, Kind::ambiguous, code::kUnknownOutcome,
           "Look whether it is there: tandem.resolve_sync_error(…, remote_id => '…'), or retry it.");
      break;
  }
}

bool listed(const std::vector<int>& statuses, int status) {
  return std::ranges::find(statuses, status) != statuses.end();
}

// A place that does not exist: of a request whose path is the same for all records, it is the connector that is wrong.
bool of_connector(const WriteCall& call, int status) {
  const bool constant = call.path.find('{') == std::string::npos;
  return status == 402 || status == 405 || status == 407 || status == 501 || (status >= 300 && status < 400) ||
         ((status == 404 || status == 410) && constant);
}

// What HTTP alone says.
void by_status(Outcome& out, const Write& write, const WriteCall& call, int status, const OutAnswer& answer) {
  const bool again = replayable(write, call.op);
  if (status == 429) return hold_up(out, error_type::kRateLimit, code::kTooManyRequests, false, answer);
  if (status == 503 || status == 425) return hold_up(out, error_type::kApi, code::kServerFailed, false, answer);
  if (listed(call.retryable, status)) return hold_up(out, error_type::kApi, code::kServerFailed, true, answer);
  if (status == 401 || of_connector(call, status)) {
    const RunFailure failure = failure_of_status(status, "a write", {});
    hold_up(out, failure.error_type.c_str(), failure.code.c_str(), false, answer);
    out.suggestion = failure.suggestion;
    out.stops = true;
    if (status != 410) return;
    out.unwanted = true;
    out.code = code::kUnwanted;
    out.suggestion =
        "Nothing is wanted there any more: give the connection another address, then tandem.resume_mapping(…).";
  } else if (status >= 500 || status == 408) {
    if (again) return hold_up(out, error_type::kApi, code::kServerFailed, true, answer);
    as_meaning(out, Meaning::ambiguous, status, answer);
  } else {
    refuse(out, status);
  }
}

}  // namespace

Outcome outcome_of_error(const Write& write, const WriteCall& call, const OutAnswer& answer) {
  const RunFailure failure = failure_of_error(*answer.error);
  Outcome out{.error_type = failure.error_type,
              .code = failure.code,
              .message = failure.message,
              .suggestion = failure.suggestion,
              .retryable = true};
  out.kind = answer.sent && !replayable(write, call.op) ? Kind::ambiguous : Kind::later;
  out.counted = answer.sent;
  // Not allowed to go there at all, or nothing to sign in with.
  out.stops = out.kind == Kind::later && !answer.sent && !failure.retryable;
  return out;
}

Outcome outcome_of_refusal(const Write& write, const WriteCall& call, int status, std::string_view text,
                           const Said& said, const OutAnswer& answer) {
  Outcome out{.status = status};
  tell(out, status, said, answer);
  const auto rule =
      std::ranges::find_if(call.rules, [&](const ErrorRule& r) { return r.when.matches(status, said.code, text); });
  if (rule != call.rules.end()) {
    as_meaning(out, rule->meaning, status, answer);
    if (!rule->error_type.empty()) out.error_type = rule->error_type;
    if (rule->retryable) out.retryable = *rule->retryable;
  } else if (call.version.conflict.matches(status, said.code, text)) {
    as_meaning(out, Meaning::conflict, status, answer);
  } else if (call.exists.matches(status, said.code, text)) {
    as_meaning(out, Meaning::exists, status, answer);
  } else if (call.gone.matches(status, said.code, text)) {
    as_meaning(out, Meaning::gone, status, answer);
  } else {
    by_status(out, write, call, status, answer);
  }
  if (out.kind == Kind::gone && call.op == OutChange::Op::remove) out.kind = Kind::settled;
  return out;
}

Outcome ambiguous(const char* code, std::string message) {
  return {.kind = Kind::ambiguous,
          .error_type = error_type::kApi,
          .code = code,
          .message = std::move(message),
          .suggestion = "Look whether it is there: tandem.resolve_sync_error(…, remote_id => '…'), or retry it."};
}

Outcome settled(const OutChange& change) { return {.kind = Kind::settled, .remote_id = change.remote_id}; }

}  // namespace tandem::core
