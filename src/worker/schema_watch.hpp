// What a run notices about its table and its records: columns that were renamed are
// followed, dropped ones end the run; the first page's records are compared with what
// runs have seen before. What becomes of a change is the mapping's option schema_change.
#pragma once

#include <optional>
#include <utility>

#include "base/error.hpp"
#include "base/page_reader.hpp"
#include "core/schema/record_shape.hpp"
#include "core/run/run.hpp"
#include "core/schema/change.hpp"
#include "pg/catalog.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"
#include "worker/pull_plan.hpp"

namespace tandem::worker {

struct LoadedPage;

// The table is gone, or a column that the mapping writes.
class TableChanged : public base::Failure {
 public:
  TableChanged(core::RunFailure failure, core::SchemaChanges changes)
      : base::Failure(base::Errc::undefined_column, failure.message, {}, failure.suggestion),
        failure_(std::move(failure)),
        changes_(std::move(changes)) {}
  [[nodiscard]] const core::RunFailure& failure() const noexcept { return failure_; }
  [[nodiscard]] const core::SchemaChanges& changes() const noexcept { return changes_; }

 private:
  core::RunFailure failure_;
  core::SchemaChanges changes_;
};
[[nodiscard]] TableChanged table_gone(const store::RunSpec& spec);

// Before a run: brings the definition up to the names that its columns have now. Throws TableChanged.
void follow_table(pg::Sql& sql, store::RunSpec& spec, const pg::Table& table);
// The end of a run that could not begin for it, and the rows that say so.
void fail_changed_run(const store::RunSpec& spec, pg::Oid owner, const TableChanged& changed);

// Of the first page that has any: what its records look like. nullopt: there are none, or nobody wants to know.
[[nodiscard]] std::optional<core::RecordShape> sample_shape(PullPlan& plan, const LoadedPage& loaded);
// In the page's transaction.
void note_shape(pg::Sql& sql, const PullPlan& plan, const core::RecordShape& sample);
// In a transaction of its own, behind the page: new fields become columns where the mapping wants that. What stands in
// the way (a lock, a missing privilege) leaves them to the next run.
void evolve_table(const PullPlan& plan, pg::Oid owner);

}  // namespace tandem::worker
