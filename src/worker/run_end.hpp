// How runs end, whether they became a job or not: the last row, what follows it, and word
// of it in the log. Each function but finish_run is one transaction of its own, and may
// raise what a held row raises.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/run/run.hpp"
#include "pg/sql.hpp"
#include "store/closings.hpp"
#include "store/runs.hpp"

namespace tandem::worker {

// tandem.log_level = detailed: what runs do, in the server's log. Names and numbers only.
void say(const store::RunSpec& spec, std::string_view what);

// In the caller's transaction: calls the functions that follow, asks for the runs that follow, closes. A function that
// fails makes the run partial. False: the run is not ours any more, nothing of this may be committed.
[[nodiscard]] bool finish_run(pg::Sql& sql, const store::RunSpec& spec, store::Closing closing);

// Plain ends (store/closings.hpp), as many at once as can be, in one transaction. Gives the runs that have ended; each
// of the others is to be ended by itself, for whatever reason, also when an error undid all of it.
[[nodiscard]] std::vector<std::int64_t> finish_plain_runs(pg::Oid owner, std::span<const store::RunToClose> runs);

// Given back for a second: what it needs is held by somebody else.
void postpone_run(const store::RunSpec& spec, pg::Oid owner, const std::string& waiting_on);
// It cannot even begin.
void fail_run(const store::RunSpec& spec, pg::Oid owner, const core::RunFailure& failure);
// It was read to its end, and the worker that did was lost before it could say so.
void complete_run(const store::RunSpec& spec, pg::Oid owner);

}  // namespace tandem::worker
