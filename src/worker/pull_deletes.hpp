// What a run may delete, and on what proof. Rows go for two reasons: a complete listing did
// not show their record (the sweep at its end), or the other side says that a record is
// deleted. Both are held to one brake.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/listing/reading.hpp"
#include "core/rows/local_key.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/seen_set.hpp"
#include "pg/sql.hpp"
#include "store/deletes.hpp"
#include "store/faults.hpp"
#include "store/row_deleter.hpp"
#include "store/runs.hpp"

namespace tandem::worker {

struct PullDeletes {
  store::DeletePlan write;
  bool sweeps = false;     // the listing, read to its end by this run, proves what is gone
  bool ambiguous = false;  // the table takes different texts for one key, and which, only it knows
  std::string no_proof;    // why it does not, in a run that would sweep otherwise
  bool feed = false;       // it asks the feed of deletions, which is judged by what the listing has shown
  std::int64_t pass = 0;   // the run that began this reading of listing and feed
  std::optional<core::SeenSet> seen = {};  // once the feed is judged
  std::int64_t limit = 0;                  // contracts with a higher ordinal were made after the listing began
  struct Counts {                          // of this run
    std::int64_t deleted = 0, held_back = 0, uncovered = 0;
  } counts = {};
  std::optional<std::int64_t> allowed;             // approve_deletes(): instead of the brake
  std::string basis = {};                          // what was read, and by which definition: another one proves nothing
  std::string scope = {};                          // what the listing asks for, and
  bool rescoped = false;                           // that it was something else when the contracts were made
  std::optional<std::int64_t> total = {};          // records at the source when the listing began, where it says so
  std::optional<std::int64_t> live_at_first = {};  // contracts there were before anything was deleted, once it matters
  [[nodiscard]] bool keeps_seen() const noexcept { return sweeps || feed; }
};

inline constexpr const char* kAmbiguousKey =
    "the key of the table takes different texts for one, by a nondeterministic collation";

// `full`: the listing is the whole of the object.
[[nodiscard]] PullDeletes make_deletes(pg::Sql& sql, const store::RunSpec& spec, store::DeletePlan write, bool full,
                                       const core::Reading& listing);
// Into the position that is stored after a page: what the proof is worth, for who takes the run anew.
void store_proof(const PullDeletes& deletes, base::Json& position);
// A page says that the listing is no proof.
void lose_proof(PullDeletes& deletes, std::string why);
// Where pages are counted, one that goes before those that are still to be read moves one of them out of sight.
void look_at_total(PullDeletes& deletes, const core::Paging& paging, std::optional<std::int64_t> total);

struct Deleted {
  std::vector<std::string> gone;           // origin ids whose rows are gone, or were gone already
  std::int64_t rows = 0;                   // that were there
  std::int64_t kept = 0;                   // a trigger or a policy kept them
  std::vector<store::RecordFault> faults;  // rows that may not go
  std::vector<std::string> records;        // what the faults borrow from
};
// Deletes the rows of these contracts, in the caller's transaction, and says so in the contracts.
[[nodiscard]] Deleted delete_contracts(pg::Sql& sql, const store::RunSpec& spec, const store::DeletePlan& plan,
                                       const core::LocalKey& keys, const std::vector<store::Contract>& contracts);

// Of what is gone, those whose row another record has now, by the contracts that are not among `unseen`: only their
// contracts go.
void drop_superseded(pg::Sql& sql, const store::RunSpec& spec, const core::LocalKey& keys, const std::string& unseen,
                     std::vector<store::Contract>& gone);

[[nodiscard]] core::RunFailure held_back_note(const store::RunSpec& spec, std::int64_t held_back, std::int64_t deleted,
                                              bool approved);
// The feed of deletions does not tell all that is gone.
[[nodiscard]] core::RunFailure gap_note(const store::RunSpec& spec, bool forgotten);
// What a run says of what it did not delete; nullopt: nothing.
[[nodiscard]] std::optional<core::RunFailure> note_of(const PullDeletes& deletes, const store::RunSpec& spec);

}  // namespace tandem::worker
