// Runs that end at the same time, closed by the same few statements: one commit and one flush
// for all of them. Only plain ends come here, of runs that nothing follows; whatever else there
// is to do goes run by run (worker/run_end.hpp), and so does each that somebody holds.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

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
