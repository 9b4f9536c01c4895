// Everything that is decided once for a pull run: the API and object, the mapping, how
// pages are read, how rows are built and written, where it begins. Made in a short
// transaction before the first request; from then on a run asks the catalogs nothing.
#pragma once

#include <cstdint>
#include <exception>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

#include "base/page_reader.hpp"
#include "core/manifest/api.hpp"
#include "core/rows/local_key.hpp"
#include "core/mapping/mapping.hpp"
#include "core/listing/reading.hpp"
#include "core/logic/record_filter.hpp"
#include "core/rows/rows.hpp"
#include "core/run/run_timing.hpp"
#include "pg/sql.hpp"
#include "store/row_compare.hpp"
#include "store/row_writer.hpp"
#include "store/run_log.hpp"
#include "store/references.hpp"
#include "store/write_plan.hpp"
#include "store/runs.hpp"
#include "worker/pull_children.hpp"
#include "worker/pull_deletes.hpp"
#include "store/row_mover.hpp"
#include "store/transform_sql.hpp"
#include "worker/requests.hpp"
#include "worker/twoway_plan.hpp"

namespace tandem::worker {

// Of the reader's fields: the one that takes the parent's value, those that the object has a use for.
struct RecordFields {
  std::optional<std::size_t> parent, version, deleted, changed;
};

// How entries of a feed of deletions are read: `rows` tells whose they are.
struct FeedReader {
  core::RowBuilder rows;
  base::PageReader reader;  // rows.fields(), then the feed's own
};

struct PullPlan {
  store::RunSpec spec;
  core::Api api;
  core::Object object;  // with the mapping's page size
  core::Mapping mapping;
  store::WritePlan write;
  store::ComputePlan compute = {};
  core::RowBuilder rows;
  bool sampled = false;                      // a page's records were looked at for new and lost fields
  std::optional<core::RecordFilter> filter;  // nullopt: every record
  core::Reading listing;
  std::vector<store::ReferencePlan> references = {};
  std::vector<PullChild> children = {};
  base::PageReader reader;                        // rows.fields(), then the listing's
  std::optional<base::PageReader> parent_reader;  // of pages of parents
  std::vector<std::size_t> key_fields;            // of the reader's, those that identify a record
  RecordFields fields;                            // what else is asked of records
  Credentials credentials;
  std::string pool;        // whose connections it uses
  bool contracts = false;  // (origin id, hash) of each record is kept
  bool fresh = false;      // and there were none of them when the run began
  bool gate = false;       // records whose hash is the kept one are passed over; not when everything was asked for
  std::unordered_set<std::string> open_faults;     // origin ids whose earlier error is settled when they go in
  bool many_open_faults = false;                   // more than that: each page asks which of its records have one
  bool look_for_parents = false;                   // of a retry run: which of the records that wait may go in now
  store::WriteState write_state;                   // what its pages have taught
  std::optional<store::ComparePlan> compare = {};  // of a verification, and where records have a history
  bool shared_table = false;                       // its rows cannot be told from those of other mappings
  std::size_t differences = 0;                     // found so far
  core::RunTiming timing = {};
  core::Latencies latencies = {};
  store::RunLog log = store::RunLog();
  std::optional<core::LocalKey> local_key = {};  // of a mapping that keeps contracts
  std::optional<store::MovePlan> moves = {};     // of a mapping whose rows are found by other columns
  std::optional<PullDeletes> deletes = {};       // of a mapping that deletes
  std::optional<TwoWayPlan> two_way = {};        // of a mapping that also pushes
  std::optional<FeedReader> feed_reader = {};    // of pages of the feed of deletions
};

// Origin ids of open errors that a run knows by heart.
inline constexpr std::size_t kMostOpenFaults = 100'000;

// Somebody holds the table so that we would have to wait: the run is tried again later.
class TableBusy : public std::exception {
 public:
  explicit TableBusy(std::string table) : table_(std::move(table)) {}
  [[nodiscard]] const char* what() const noexcept override { return "table is locked"; }
  [[nodiscard]] const std::string& table() const noexcept { return table_; }

 private:
  std::string table_;
};

// Throws TableBusy; Failure (and pg::Error) when the run cannot be made: mapping and table no longer fit, rights are
// gone, …
[[nodiscard]] PullPlan make_pull_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner);

// Locks the table and its child tables for the transaction, without waiting. Gives the one that is held; empty: none.
[[nodiscard]] std::string lock_tables(const PullPlan& plan);

// Its listing was read to its end before it was taken: what is left is the sweep, if that.
[[nodiscard]] bool listed_before(const store::RunSpec& spec);

}  // namespace tandem::worker
