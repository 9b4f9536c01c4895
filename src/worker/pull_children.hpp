// Child tables of a run, decided once like the rest of its plan: how elements become rows,
// how these are written, what goes with rows that are deleted.
#pragma once

#include <string>
#include <vector>

#include "core/rows/child_rows.hpp"
#include "core/mapping/mapping.hpp"
#include "core/rows/rows.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/child_plan.hpp"
#include "store/references.hpp"
#include "store/row_deleter.hpp"
#include "store/runs.hpp"
#include "store/transform_sql.hpp"

namespace tandem::worker {

struct PullChild {
  core::ChildTable table;  // its parents are told
  core::ChildRows rows;
  store::ChildPlan write;
  store::ComputePlan compute;
  std::vector<store::ReferencePlan> references;  // of the table's columns
  bool cascades = false;                         // the database deletes its rows with theirs
};

// Before the page reader is made: asks for the arrays, whose content is part of what tells whether a record changed.
void extract_arrays(const core::Mapping& mapping, core::RowBuilder& rows);

// Brings names up to date, and notes what was dropped. Throws TableBusy; Failure (TableChanged) when one cannot be
// used.
void follow_children(pg::Sql& sql, store::RunSpec& spec);
[[nodiscard]] std::vector<PullChild> make_pull_children(pg::Sql& sql, const store::RunSpec& spec,
                                                        const core::Mapping& mapping, const core::Target& target,
                                                        const store::WritePlan& parent, core::RowBuilder& rows,
                                                        pg::Oid owner);
// Those whose rows may hold the old key of a row that gets another one.
[[nodiscard]] std::vector<store::DeletedWith> moved_with(const std::vector<PullChild>& children);
[[nodiscard]] std::vector<store::DeletedWith> deleted_with(const std::vector<PullChild>& children);

}  // namespace tandem::worker
