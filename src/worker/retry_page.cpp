#include "worker/retry_page.hpp"

#include <algorithm>
#include <span>

#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/retry.hpp"
#include "worker/background.hpp"

namespace tandem::worker {

namespace {

constexpr std::int64_t kRecordsAtOnce = 1000;
constexpr std::size_t kIdsAtOnce = 5000;

// Those of the records that wait whose parents are there now.
void add_ready(pg::Sql& sql, const store::ReferencePlan& reference, const core::ColumnMapping& column,
               const std::vector<store::WaitingRecord>& waiting, std::vector<std::int64_t>& ready) {
  std::vector<std::string_view> ids;
  std::vector<std::int64_t> errors;
  for (const store::WaitingRecord& record : waiting) {
    if (record.column != column.column || record.mapping != reference.parent_id) continue;
    ids.push_back(record.id);
    errors.push_back(record.error);
  }
  if (ids.empty()) return;
  const auto found = store::find_local_keys(sql, reference, ids);
  for (std::size_t i = 0; i < found.size(); ++i)
    if (found[i]) ready.push_back(errors[i]);
}

// They are to be tried. Only ids are looked at, not records.
void mark_ready(pg::Sql& sql, const PullPlan& plan, const std::vector<store::WaitingRecord>& waiting) {
  std::vector<std::int64_t> ready;
  for (const store::ReferencePlan& reference : plan.references)
    add_ready(sql, reference, plan.mapping.columns[reference.column], waiting, ready);
  for (const PullChild& child : plan.children)
    for (const store::ReferencePlan& reference : child.references)
      add_ready(sql, reference, child.table.columns[reference.column], waiting, ready);
  store::mark_for_retry(sql, plan.spec, ready);
}

// Those of the records that a foreign key refused, and whose rows have what they refer to now.
std::vector<std::int64_t> no_orphans(pg::Sql& sql, PullPlan& plan, const store::FailedRecords& failed) {
  base::Buffer body;
  body.append(failed.body);
  base::TextArena arena;
  const base::Result<base::Page> page = plan.reader.read(body, arena);
  if (!page) return failed.errors;  // to be told by the run
  std::vector<std::size_t> positions;
  for (const pg::ForeignKey& key : plan.write.table.foreign_keys)
    for (const std::string& column : key.columns)
      if (const auto at = std::ranges::find(plan.write.columns, column); at != plan.write.columns.end())
        positions.push_back(static_cast<std::size_t>(at - plan.write.columns.begin()));
  const std::size_t width = plan.rows.columns();
  std::vector<base::Cell> cells(page->records() * width), cell;
  for (std::size_t record = 0; record < page->records(); ++record)
    for (const std::size_t position : positions) {
      cell.clear();
      // What cannot be told here is null, which refers to nothing: the record is tried.
      if (plan.rows.convert_some(*page, record, std::span(&position, 1), arena, cell))
        cells[record * width + position] = cell.front();
    }
  const std::vector<bool> lacking = store::lack_parents(sql, plan.write, {cells, width}, page->records());
  std::vector<std::int64_t> ready;
  for (std::size_t record = 0; record < page->records(); ++record)
    if (!lacking[record]) ready.push_back(failed.errors[record]);
  return ready;
}

void look_for_rows(PullPlan& plan, pg::Oid owner) {
  for (std::int64_t after = 0;;) {
    pg::Transaction tx(base::strcat("look what rows ", plan.spec.mapping, " refers to"));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    const store::FailedRecords failed = store::orphans(tx, plan.spec, after, kRecordsAtOnce);
    if (failed.errors.empty()) return;
    store::mark_for_retry(tx, plan.spec, no_orphans(tx, plan, failed));
    tx.commit();
    after = failed.errors.back();
  }
}

// Through all that wait, a part in each transaction.
void look_for_parents(PullPlan& plan, pg::Oid owner) {
  for (std::int64_t after = 0;;) {
    pg::Transaction tx(base::strcat("look what records of ", plan.spec.mapping, " wait for"));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    const auto waiting = store::waiting_records(tx, plan.spec, after, kIdsAtOnce);
    if (!waiting.empty()) mark_ready(tx, plan, waiting);
    tx.commit();
    if (waiting.size() < kIdsAtOnce) return;
    after = waiting.back().error;
  }
}

}  // namespace

std::optional<core::RunFailure> load_failed_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner) {
  if (plan.look_for_parents) {
    look_for_rows(plan, owner);
    look_for_parents(plan, owner);
    plan.look_for_parents = false;  // only now: a lock may have been in the way
  }
  store::FailedRecords failed;
  {
    pg::Transaction tx(base::strcat("read failed records of ", plan.spec.mapping));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() == Unit::usable) failed = store::load_failed(tx, plan.spec, kRecordsAtOnce);
    tx.commit();
  }
  loaded.response.body.append(failed.body.empty() ? "[]" : failed.body);
  base::Result<base::Page> page = plan.reader.read(loaded.response.body, loaded.arena);
  if (!page) return core::failure_of_error(page.error());
  loaded.page = *std::move(page);
  loaded.errors = std::move(failed.errors);
  if (!loaded.errors.empty()) loaded.next = core::Position{.page = loaded.at.page + 1};
  loaded.stored = plan.listing.stored(loaded.next);
  return std::nullopt;
}

}  // namespace tandem::worker
