// What a listing has shown, what is gone therefore, and what becomes of it: the engine's
// side of deletes. Proof is kept page by page; what is gone is found by one pass over the
// mapping's contracts; rows that the brake keeps back wait in _pending_delete.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "core/rows/seen_set.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

// The highest ordinal there is: contracts made from now on have higher ones.
[[nodiscard]] std::int64_t last_ordinal(pg::Sql& sql);
// Part of the page's transaction.
void keep_seen(pg::Sql& sql, const RunSpec& spec, std::vector<std::int64_t> ordinals);
[[nodiscard]] core::SeenSet load_seen(pg::Sql& sql, const RunSpec& spec);

// The run as the sweep finds it; nullopt: it is another worker's by now.
struct SweepFacts {
  std::int64_t records_read = 0, deleted = 0;
  std::optional<std::int64_t> total, delete_limit;
};
[[nodiscard]] std::optional<SweepFacts> sweep_facts(pg::Sql& sql, const RunSpec& spec);

struct GoneCount {
  std::int64_t live = 0, gone = 0;
};
// `unseen` is an int8multirange of ordinals.
[[nodiscard]] GoneCount count_gone(pg::Sql& sql, std::int64_t mapping, const std::string& unseen);
[[nodiscard]] std::int64_t count_live(pg::Sql& sql, std::int64_t mapping);

struct Contract {
  std::string origin_id;
  std::optional<std::string> local_key;
};
// Contracts of what is gone (or, with `seen`, of what is not), by origin id, behind `after`.
enum class Which { gone, there };
[[nodiscard]] std::vector<Contract> next_contracts(pg::Sql& sql, std::int64_t mapping, const std::string& unseen,
                                                   Which which, const std::string& after, std::int64_t limit);
// Those of these ids that have a contract whose record was there so far.
[[nodiscard]] std::vector<Contract> live_contracts(pg::Sql& sql, std::int64_t mapping,
                                                   const std::vector<std::string>& origin_ids);
// Those of these ids whose contract says which row is theirs; also where the record was gone.
[[nodiscard]] std::vector<Contract> contracts_with_key(pg::Sql& sql, std::int64_t mapping,
                                                       const std::vector<std::string>& origin_ids);
// Those of these ids whose row another record has, too.
[[nodiscard]] std::vector<std::string> sharing_a_row(pg::Sql& sql, std::int64_t mapping,
                                                     const std::vector<std::string>& origin_ids);

// Their rows are gone.
void mark_deleted(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids);
// Their rows are other records' rows.
void drop_contracts(pg::Sql& sql, std::int64_t mapping, const std::vector<std::string>& origin_ids);

// What waits since earlier runs is settled: this run knows better. What listings do not ask for waits on, unless this
// one has shown it.
void forget_pending(pg::Sql& sql, const RunSpec& spec, const std::string& unseen);
void forget_pending(pg::Sql& sql, const RunSpec& spec, const std::vector<std::string>& origin_ids);
// All that is gone and stands behind `after` waits for a person.
void hold_back(pg::Sql& sql, const RunSpec& spec, const std::string& unseen, const std::string& after);
void hold_back(pg::Sql& sql, const RunSpec& spec, const std::vector<Contract>& contracts);

// Whether listings of the mapping asked for something else when its contracts were last held against one.
[[nodiscard]] bool asks_for_else(pg::Sql& sql, RunSpec& spec, const std::string& scope);
// What this listing does not show may be what it does not ask for: it waits for a person, and no other run deletes it.
// From now on the contracts are about `scope`. Gives their number.
[[nodiscard]] std::int64_t leave_uncovered(pg::Sql& sql, const RunSpec& spec, const std::string& unseen,
                                           const std::string& scope);
// `unseen` without those.
[[nodiscard]] std::string without_uncovered(pg::Sql& sql, const RunSpec& spec, const std::string& unseen);

// A part of the sweep: its counters, and where to go on. Fenced like a page.
[[nodiscard]] Accounted account_sweep(pg::Sql& sql, const RunSpec& spec, std::int64_t deleted, std::int64_t failed,
                                      const base::Json& position);

// A person's side: a new full run that may delete at most so many; nullopt when one is running already.
[[nodiscard]] std::optional<std::int64_t> request_approved_run(pg::Sql& sql, std::int64_t mapping_id,
                                                               std::int64_t at_most);

}  // namespace tandem::store
