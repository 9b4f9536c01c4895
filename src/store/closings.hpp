// The end of a run as rows: its last row, the position and watermark of its mapping, the
// health of its connection. Runs that end at the same time are closed together, by the same
// statement: one commit and one flush for all of them. Only plain ends go that way, of runs
// that nothing follows; each that somebody holds, or that leaves more to do, goes by itself.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/run/run.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

struct Closing {
  core::RunStatus status = core::RunStatus::completed;
  std::optional<core::RunFailure> failure;
  std::optional<core::RunFailure> note;            // of a run that did get to its end: shown, no failure
  std::optional<base::Json> resume;                // where the next run goes on; nullopt: from the beginning
  std::optional<std::string> deletions = {};       // likewise of the feed of deletions; empty: none any more
  std::optional<std::int64_t> complete_pass = {};  // the feed was read to its end
  std::optional<bool> deletions_gap = {};  // whether a full run has to look for what is gone; nullopt: as before
  std::optional<std::string> cursor;       // the new watermark: the listing was complete, or in order as far as this
  std::optional<std::int64_t> clock_offset_ms = {};  // where the source told its time
  base::Json timing = base::Json::object();
};
// Writes all of that of one run. False: the run is not ours any more.
bool close_run(pg::Sql& sql, const RunSpec& spec, const Closing& closing);

// The connection does not answer as it should, as a run has seen that is not at its end yet.
void note_failing(pg::Sql& sql, const RunSpec& spec, const core::RunFailure& failure);

struct RunToClose {
  const RunSpec* spec;  // outlives this
  Closing closing;
};

// Whether nothing but its last row, the mapping's position and the connection's health is to be written.
[[nodiscard]] bool is_plain(const RunToClose& run);

// Closes those of these plain runs that are still ours, that nobody's lock holds and that turn out to concern nobody
// else. Gives the runs it has closed; it has changed nothing of the others.
[[nodiscard]] std::vector<std::int64_t> close_plain_runs(pg::Sql& sql, std::span<const RunToClose> runs);

}  // namespace tandem::store
