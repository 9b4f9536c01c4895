// A request of a push on its way, with the changes that it carries: what the settling needs
// to know of each when the answer has come. Plain values.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/push/bisect.hpp"
#include "core/push/change.hpp"
#include "core/push/compose.hpp"
#include "core/push/outcome.hpp"
#include "net/http.hpp"
#include "store/local_rows.hpp"

namespace tandem::worker {

struct ClaimedChange {
  std::int64_t item = 0, version = 0, attempts = 0;
  std::string key = {};        // {"id": "5"}
  std::string local_key = {};  // of its contract; empty: the origin id says it all
  std::int64_t sent_hash = 0;
  std::int64_t row_hash = 0;  // of the row of a query, as contracts remember it
  base::Instant captured_at = {};
  bool there = false;  // the local row; the texts of its kept columns
  store::Texts texts = {};
  bool soft = false;        // the other side is told that it is deleted
  std::string base = {};    // both directions: what both sides agree on once it is acknowledged
  std::string agreed = {};  // and what they agree on so far
  // Of a batch: the batch; what was handed over in place of a row, as JSON; the id that was known before it.
  std::int64_t batch = 0;
  std::string given = {}, remote_id = {};
};

// A batch that was refused as a whole: its parts are sent one after the other until the record to blame is found.
struct Bisection {
  core::Bisect search;
  std::vector<ClaimedChange> claimed;
  std::vector<core::OutChange> changes;
};

struct PushRequest {
  enum class Kind { write, read_back };
  Kind kind = Kind::write;
  core::OutRequest request;  // its `changes` count those below
  std::vector<core::OutChange> changes;
  std::vector<ClaimedChange> claimed;  // beside them
  std::shared_ptr<Bisection> part_of;  // null: of nothing
};

struct AnsweredRequest {
  PushRequest request;
  net::Response response;
  std::vector<core::Outcome> outcomes;  // of a write: one for each change
};

}  // namespace tandem::worker
