#include "worker/pull_deletes.hpp"

#include <unordered_map>
#include <unordered_set>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/history.hpp"
#include "core/run/run.hpp"
#include "pg/catalog.hpp"
#include "store/deletion_feed.hpp"
#include "store/record_log.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

void take_over_pass(PullDeletes& deletes, const base::Json& position) {
  deletes.pass = position.integer_at("pass").value_or(deletes.pass);
  deletes.limit = position.integer_at("known").value_or(deletes.limit);
}

core::RunFailure uncovered_note(const store::RunSpec& spec, std::int64_t rows) {
  const std::string line = strcat("SELECT tandem.approve_deletes(", pg::quote_literal(spec.mapping), ", ", rows, ");");
  return {.code = core::code::kNotAskedFor,
          .message = strcat("what is asked for was changed (URL, parameters or cursor.from), and ", rows,
                            " rows have no record in it: that proves nothing, and they stay, as view pending_deletes"
                            " shows; if they shall go: ",
                            line),
          .suggestion = line};
}

// As stored by an earlier taker of the run.
void take_over_proof(PullDeletes& deletes, const base::Json& position) {
  deletes.total = position.integer_at("of");
  take_over_pass(deletes, position);
  if (const auto limit = position.integer_at("sweep")) {
    deletes.sweeps = true;
    deletes.limit = *limit;
  }
  deletes.no_proof = position.string_at("unproven").value_or("");
  if (position.string_at("basis") != deletes.basis) lose_proof(deletes, "it was changed while it was being read");
}

}  // namespace

PullDeletes make_deletes(pg::Sql& sql, const store::RunSpec& spec, store::DeletePlan write, bool full,
                         const core::Reading& listing) {
  PullDeletes deletes{.write = std::move(write),
                      .no_proof = {},
                      .counts = {spec.deleted, spec.held_back},
                      .allowed = spec.delete_limit,
                      .basis = strcat(spec.definition_version, ":", spec.connection_version, ":", listing.identity())};
  deletes.ambiguous = store::equals_other_texts(sql, deletes.write);
  deletes.feed = listing.has_feed();
  deletes.pass = spec.run;
  if (deletes.feed && !spec.position && spec.run != 0) {  // 0: somebody only looks
    deletes.limit = store::last_ordinal(sql);
    if (listing.resumed()) take_over_pass(deletes, *spec.resume);
    if (listing.resumed())
      store::adopt_seen(sql, spec);
    else
      store::begin_pass(sql, spec);
  }
  if (spec.position) {
    take_over_proof(deletes, *spec.position);
  } else if (full && listing.resumed()) {
    deletes.no_proof = "it went on where an earlier run had stopped";
  } else if (full && deletes.ambiguous) {
    deletes.no_proof = kAmbiguousKey;
  } else if (full && spec.params.is_object() && !spec.params.members().empty()) {
    deletes.no_proof = "it was asked for with parameters of its own";
  } else if (full) {
    deletes.sweeps = true;
    deletes.limit = store::last_ordinal(sql);
  }
  return deletes;
}

void store_proof(const PullDeletes& deletes, base::Json& position) {
  if (deletes.feed) {
    position.set("pass", base::Json(deletes.pass));
    position.set("known", base::Json(deletes.limit));
  }
  if (deletes.sweeps) position.set("sweep", base::Json(deletes.limit));
  if (!deletes.no_proof.empty()) position.set("unproven", base::Json(deletes.no_proof));
  position.set("basis", base::Json(deletes.basis));
  if (deletes.total) position.set("of", base::Json(*deletes.total));
}

void lose_proof(PullDeletes& deletes, std::string why) {
  if (!deletes.sweeps) return;
  deletes.sweeps = false;
  deletes.no_proof = std::move(why);
}

void look_at_total(PullDeletes& deletes, const core::Paging& paging, std::optional<std::int64_t> total) {
  if (!total || (paging.style != core::PageStyle::page && paging.style != core::PageStyle::offset)) return;
  if (deletes.total && *total < *deletes.total)
    lose_proof(deletes, "records went while it was being read, and others may have been missed");
  deletes.total = total;
}

Deleted delete_contracts(pg::Sql& sql, const store::RunSpec& spec, const store::DeletePlan& plan,
                         const core::LocalKey& keys, const std::vector<store::Contract>& contracts) {
  Deleted out;
  base::TextArena arena;
  std::vector<base::Cell> cells;
  for (const store::Contract& contract : contracts) keys.cells(contract.origin_id, contract.local_key, arena, cells);
  store::DeleteResult result = store::delete_rows(sql, plan, cells, contracts.size());
  std::vector<bool> stays(contracts.size());
  for (const std::size_t row : result.kept) stays[row] = true;
  out.records.reserve(result.faults.size());  // views point into it
  for (core::RowFault& fault : result.faults) {
    const store::Contract& contract = contracts[fault.record];
    stays[fault.record] = true;
    out.records.push_back(contract.local_key.value_or(base::Json(contract.origin_id).dump()));
    out.faults.push_back({std::move(fault), contract.origin_id, out.records.back()});
  }
  for (std::size_t i = 0; i < contracts.size(); ++i)
    if (!stays[i]) out.gone.push_back(contracts[i].origin_id);
  out.rows = result.deleted;
  out.kept = static_cast<std::int64_t>(result.kept.size());
  store::mark_deleted(sql, spec.mapping_id, out.gone);
  if (core::history_of(spec.definition).level != core::History::Level::none) {
    std::vector<store::HistoryEntry> history;
    for (std::size_t i = 0; i < contracts.size(); ++i)
      if (!stays[i])
        history.push_back(
            {store::HistoryEntry::Action::deleted, contracts[i].origin_id, contracts[i].local_key.value_or(""), {}});
    store::record_history(sql, spec, history);
  }
  store::record_faults(sql, spec, out.faults);
  if (spec.open_errors > 0) store::resolve_faults(sql, spec, out.gone, "the row was deleted");
  return out;
}

// A record that came back under another id, or in another spelling, has the row now: only the contract goes.
void drop_superseded(pg::Sql& sql, const store::RunSpec& spec, const core::LocalKey& keys, const std::string& unseen,
                     std::vector<store::Contract>& gone) {
  constexpr std::int64_t kOthersAtOnce = 10'000;
  std::unordered_set<std::string> among;
  std::unordered_map<std::string, bool> taken;
  std::vector<std::string> prints;
  base::TextArena arena;
  std::vector<base::Cell> cells;
  const auto print_of = [&](const store::Contract& contract) {
    cells.clear();
    keys.cells(contract.origin_id, contract.local_key, arena, cells);
    return keys.fingerprint(cells);
  };
  for (const store::Contract& contract : gone) {
    taken.emplace(prints.emplace_back(print_of(contract)), false);
    among.insert(contract.origin_id);
  }
  for (std::string after;;) {
    const std::vector<store::Contract> others =
        store::next_contracts(sql, spec.mapping_id, unseen, store::Which::there, after, kOthersAtOnce);
    arena.clear();
    for (const store::Contract& other : others)
      if (const auto found = taken.find(print_of(other)); found != taken.end() && !among.contains(other.origin_id))
        found->second = true;
    if (others.size() < static_cast<std::size_t>(kOthersAtOnce)) break;
    after = others.back().origin_id;
  }
  std::vector<std::string> superseded;
  std::vector<store::Contract> left;
  for (std::size_t i = 0; i < gone.size(); ++i) {
    if (taken.at(prints[i]))
      superseded.push_back(gone[i].origin_id);
    else
      left.push_back(std::move(gone[i]));
  }
  if (!superseded.empty()) store::drop_contracts(sql, spec.mapping_id, superseded);
  gone = std::move(left);
}

core::RunFailure held_back_note(const store::RunSpec& spec, std::int64_t held_back, std::int64_t deleted,
                                bool approved) {
  const std::string line =
      strcat("SELECT tandem.approve_deletes(", pg::quote_literal(spec.mapping), ", ", held_back, ");");
  return {.code = core::code::kDeletesHeldBack,
          .message = strcat(held_back, " rows are gone at the source and were not deleted, ", deleted,
                            " were: ", approved ? "no more were approved" : "the brake does not let so many go at once",
                            "; if that is right: ", line),
          .suggestion = line};
}

core::RunFailure gap_note(const store::RunSpec& spec, bool forgotten) {
  const char* why = forgotten ? ": its cursor was not known any more, and everything was read; what was deleted "
                                "meanwhile nobody has told"
                              : ": its feed of deletions does not reach back to where it was read last";
  return {.code = core::code::kFeedGap,
          .message = strcat(spec.object, why, ". The next run is a full one, and looks for what is gone")};
}

std::optional<core::RunFailure> note_of(const PullDeletes& deletes, const store::RunSpec& spec) {
  if (deletes.counts.held_back > 0)
    return held_back_note(spec, deletes.counts.held_back, deletes.counts.deleted, deletes.allowed.has_value());
  if (deletes.counts.uncovered > 0) return uncovered_note(spec, deletes.counts.uncovered);
  if (!deletes.no_proof.empty())
    return core::RunFailure{.code = core::code::kNoProof,
                            .message = strcat("nothing was looked for that is gone: ", deletes.no_proof)};
  return std::nullopt;
}

}  // namespace tandem::worker
