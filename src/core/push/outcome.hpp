// What became of each change of a request, told from its answer or from why there is none.
// Every change gets exactly one outcome. A record is said to be settled or refused only
// where the answer says so of this record; where it does not, it is ambiguous, never
// guessed. Pure: the effects hand in plain facts.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"
#include "base/page_reader.hpp"
#include "base/secret.hpp"
#include "core/push/compose.hpp"

namespace tandem::core {

struct Outcome {
  enum class Kind {
    settled,    // it is as the change says; also a deletion of what was gone
    refused,    // the other side does not take it: it waits for a person, or for another change
    later,      // nothing was done: it is sent again
    ambiguous,  // it may have been done: core/push/remedy says what now
    conflict,   // the record there is not the version that the change is of
    gone,       // what is to be updated is not there
    exists,     // what is to be created is there
  };
  Kind kind = Kind::settled;
  // settled
  std::string remote_id = {};  // of the change, or as the answer tells it
  std::string version = {};    // empty: not told
  std::string record = {};     // the record as the other side has it now, as JSON; empty: not told
  // else
  std::string error_type = {}, code = {}, message = {}, suggestion = {};
  std::string field = {};                  // that was complained of
  bool retryable = false;                  // refused: trying again can help
  std::optional<base::Micros> after = {};  // later: what the other side asked for
  bool counted = true;                     // later: it is one of the attempts that are allowed
  bool whole = false;                      // refused: as part of a batch, of which nobody knows which record it was
  int status = 0;                          // of the answer; 0: none, or not of this record alone
  bool stops = false;                      // later: every other request would fare the same
  bool unwanted = false;                   // and always will: the other side wants nothing any more
};

// What came back. All of it is borrowed.
struct OutAnswer {
  const base::Error* error = nullptr;  // there is no usable answer
  bool sent = true;                    // the request may have reached the other side
  int status = 0;
  std::function<std::optional<std::string_view>(std::string_view)> header = {};
  const base::Buffer* body = nullptr;
  std::span<const base::Secret> secrets = {};
  base::Instant now = {};
};

// One for each of request.changes, in their order. `changes` is what the request was composed of.
[[nodiscard]] std::vector<Outcome> outcomes_of(const Write& write, const OutRequest& request,
                                               std::span<const OutChange> changes, const OutAnswer& answer);

// The records that the answer to a read or a read-back shows, as JSON; an Error: it cannot be told.
[[nodiscard]] base::Result<std::vector<std::string>> records_in(const ReadCall& call, const base::Buffer& body);
// The id of such a record, as pulls write it; empty: it has none.
[[nodiscard]] std::string id_of_record(const Write& write, std::string_view record);

}  // namespace tandem::core
