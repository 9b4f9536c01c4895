// What an error of the user's own table means: is one row to blame, so that the others
// can go in without it, and how a row's fault or a run's failure is written down. The
// classes stand in core::fault_of_sqlstate; here they meet the error itself.
#pragma once

#include <cstddef>

#include "core/rows/rows.hpp"
#include "core/run/run_failure.hpp"
#include "pg/error.hpp"

namespace tandem::store {

// Ends the savepoint that rows are written in: deferred keys and triggers must fail where the row can still be found.
inline constexpr const char* kCheckNow = "SET CONSTRAINTS ALL IMMEDIATE";

// False for a cancel, too, whatever statement it has hit.
[[nodiscard]] bool of_a_row(const pg::Error& error);

// `row` counts as the writer counts its rows.
[[nodiscard]] core::RowFault row_fault(const pg::Error& error, std::size_t row);

// Of an error that ended the transaction of a run.
[[nodiscard]] core::RunFailure run_failure(const pg::Error& error);

}  // namespace tandem::store
