// Everything that is decided once for the push of a mapping: how local rows are read, what
// is made of them, what the other side takes and how. Made in a short transaction; a job
// keeps it for as long as mapping and connection stay what they were.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/manifest/api.hpp"
#include "core/manifest/write.hpp"
#include "core/mapping/mapping.hpp"
#include "core/push/compose.hpp"
#include "core/push/decide.hpp"
#include "core/run/run_timing.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/outgoing_rows.hpp"
#include "store/pushed_mappings.hpp"
#include "store/runs.hpp"
#include "worker/requests.hpp"
#include "worker/twoway_plan.hpp"

namespace tandem::worker {

struct WriteBackPlan;

// How the record of a row is found among the contracts.
struct ContractKey {
  std::vector<std::size_t> columns;  // the match columns, among the kept ones
  std::vector<std::string> names;
  bool origin_id = false;  // they hold the id that the other side has given; else the contract holds them
};

struct PushPlan {
  store::RunSpec spec;
  core::Api api;
  core::Object object;
  core::Mapping mapping;
  pg::Table table;
  core::Target target;
  std::vector<std::string> row_key;
  store::OutgoingRows rows;
  std::vector<std::string> kept;  // columns whose texts are read beside what is sent
  core::Composer composer;
  core::PushFacts facts;
  core::PushRules rules;
  ContractKey contract;
  core::CaptureKey own_key;
  std::vector<int> watched;                      // attnums of columns of which a change is of interest
  std::vector<std::vector<int>> field_of;        // beside the fields: attnums of the columns that it is made of
  std::vector<bool> named = {};                  // beside the fields: an update has to bring it, changed or not
  std::optional<std::size_t> external_key = {};  // the field
  std::string mapping_uuid;
  Credentials credentials;
  std::string pool;
  int max_in_flight = 8;
  std::int64_t claim = 32;  // items of one
  bool of_events = false;   // it sends events of the engine: each once, so nothing is remembered of them
  bool keeps_sent = false;  // what was sent has to be known to find out what became of it
  core::RunTiming timing = {};
  core::Latencies latencies = {};
  std::shared_ptr<WriteBackPlan> write_back = {};  // null: nothing comes back
  PushedTable pushed = {};
};

// Throws TableBusy, Failure and pg::Error as make_pull_plan does.
[[nodiscard]] PushPlan make_push_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner);

}  // namespace tandem::worker
