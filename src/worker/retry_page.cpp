#include "worker/retry_page.hpp"

#include <utility>

#include "base/strings.hpp"
#include "core/failures.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "store/retry.hpp"
#include "worker/background.hpp"

namespace tandem::worker {

namespace {

constexpr std::int64_t kRecordsAtOnce = 1000;
constexpr std::size_t kIdsAtOnce = 5000;

// Those whose parents are there now are to be tried. Only ids are looked at, not records.
void mark_ready(pg::Sql& sql, const PullPlan& plan, const std::vector<store::WaitingRecord>& waiting) {
  std::vector<std::int64_t> ready;
  for (const store::ReferencePlan& reference : plan.references) {
    const std::string& column = plan.mapping.columns[reference.column].column;
    std::vector<std::string_view> ids;
    std::vector<std::int64_t> errors;
    for (const store::WaitingRecord& record : waiting) {
      if (record.column != column) continue;
      ids.push_back(record.id);
      errors.push_back(record.error);
    }
    if (ids.empty()) continue;
    const auto found = store::find_local_keys(sql, reference, ids);
    for (std::size_t i = 0; i < found.size(); ++i)
      if (found[i]) ready.push_back(errors[i]);
  }
  store::mark_for_retry(sql, plan.spec, ready);
}

// Through all that wait, a part in each transaction.
void look_for_parents(PullPlan& plan, pg::Oid owner) {
  for (std::int64_t after = 0;;) {
    pg::Transaction tx(base::strcat("look what records of ", plan.spec.mapping, " wait for"));
    pg::reset_session(owner, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;
    if (after == 0) store::mark_orphans(tx, plan.spec);
    const auto waiting = store::waiting_records(tx, plan.spec, after, kIdsAtOnce);
    if (!waiting.empty()) mark_ready(tx, plan, waiting);
    tx.commit();
    if (waiting.size() < kIdsAtOnce) return;
    after = waiting.back().error;
  }
}

}  // namespace

std::optional<core::RunFailure> load_failed_page(PullPlan& plan, LoadedPage& loaded, pg::Oid owner) {
  if (std::exchange(plan.look_for_parents, false)) look_for_parents(plan, owner);
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
