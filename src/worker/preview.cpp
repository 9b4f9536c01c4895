#include "worker/preview.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/session.hpp"
#include "pg/settings.hpp"
#include "pg/transaction.hpp"
#include "pg/wait.hpp"
#include "store/computed_values.hpp"
#include "store/trial.hpp"
#include "worker/probe.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr std::size_t kMostPages = 20;

// Which records of a page a later one of the same id replaces.
std::vector<bool> replaced_records(const PullPlan& plan, LoadedPage& loaded) {
  const core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  std::vector<bool> replaced(loaded.page.records(), true);
  for (const core::Identity& row : identified.rows) replaced[row.record] = false;
  for (const core::RowFault& fault : identified.faults) replaced[fault.record] = false;
  return replaced;
}

std::string key_of(pg::Sql& sql, PullPlan& plan, LoadedPage& alone, const core::Identity& row) {
  core::RowBuilder::Converted converted = plan.rows.convert(alone.page, std::span(&row, 1), alone.arena);
  store::ComputedValues computed(sql, plan.compute);
  computed.fill_in(converted);
  if (converted.rows.empty()) return {};
  return store::key_of_row(sql, plan.write, converted.cells);
}

void say_outcome(const PullPlan& plan, const TriedRecord& tried, PreviewedRecord& out) {
  switch (tried.kind) {
    case TriedRecord::Kind::inserted:
      out.action = "insert";
      return;
    case TriedRecord::Kind::updated:
      out.action = "update";
      return;
    case TriedRecord::Kind::deleted:
      out.action = "delete";
      return;
    case TriedRecord::Kind::gone:
      out.action = "skip";
      out.error_message = "it is deleted at its source, and no row of it is to be";
      return;
    case TriedRecord::Kind::unchanged:
      out.action = "unchanged";
      return;
    case TriedRecord::Kind::passed_over:
      out.action = "skip";
      out.error_message = "the mapping's conditions leave it out";
      return;
    case TriedRecord::Kind::kept_out:
      out.action = "skip";
      out.error_message = strcat("a trigger or a policy of ", plan.write.table.quoted, " kept it out");
      return;
    case TriedRecord::Kind::failed:
      out.action = "error";
      out.error_type = tried.fault->error_type;
      out.error_message = tried.fault->message;
      return;
  }
}

// How many of its records the mapping is about, as far as can be told without writing them.
std::size_t let_in(PullPlan& plan, LoadedPage& loaded) {
  if (!plan.filter) return loaded.page.records();
  const core::RowBuilder::Identified identified = plan.rows.identify(loaded.page, loaded.arena);
  return loaded.page.records() - plan.filter->split(loaded.page, identified.rows).passed_over.size();
}

// A record, and the row that tells of it.
struct Trial {
  const LoadedPage* page;
  std::size_t record;
  PreviewedRecord told;
  bool left_out = false;  // by conditions
  bool may_fit = false;   // it lacks what another record may bring
};

void try_it(pg::Sql& sql, PullPlan& plan, LoadedPage& alone, Trial& trial) {
  const TriedRecord tried = try_record(sql, plan, alone);
  trial.left_out = tried.kind == TriedRecord::Kind::passed_over;
  trial.may_fit = tried.fault &&
                  (tried.fault->sqlstate == "23503" || tried.fault->sqlstate == "23505" || tried.fault->waits_for != 0);
  trial.told.error_type.reset();
  trial.told.error_message.reset();
  say_outcome(plan, tried, trial.told);
}

Trial first_trial(pg::Sql& sql, PullPlan& plan, const LoadedPage& loaded, std::size_t record, bool replaced) {
  LoadedPage alone = record_alone(loaded, record);
  PreviewedRecord out{.action = "skip",
                      .origin_id = {},
                      .local_key = {},
                      .record = store::record_as_jsonb(sql, loaded.page.raw[record]),
                      .error_type = {},
                      .error_message = {}};
  const core::RowBuilder::Identified identified = plan.rows.identify(alone.page, alone.arena);
  if (!identified.rows.empty()) {
    out.origin_id = identified.rows.front().origin_id;
    out.local_key = key_of(sql, plan, alone, identified.rows.front());
  }
  Trial trial{.page = &loaded, .record = record, .told = std::move(out)};
  if (replaced) {
    trial.told.error_message = "a later record of its page has the same id";
  } else {
    try_it(sql, plan, alone, trial);
  }
  return trial;
}

// A child that came before its parent, a unique value that a later record gives up: tried again as long as that helps.
void try_again(pg::Sql& sql, PullPlan& plan, std::vector<Trial>& trials) {
  bool helped = true;
  while (helped) {
    helped = false;
    for (Trial& trial : trials) {
      if (!trial.may_fit) continue;
      LoadedPage alone = record_alone(*trial.page, trial.record);
      try_it(sql, plan, alone, trial);
      helped = helped || !trial.may_fit;
    }
  }
}

}  // namespace

PullPlan plan_in_foreground(pg::Sql& sql, std::int64_t mapping_id, pg::Oid owner, bool full) {
  const pg::Savepoint undone(sql);
  try {
    PullPlan plan = make_pull_plan(sql, store::imagined_run(sql, mapping_id, full), owner);
    if (plan.deletes) plan.deletes->sweeps = plan.deletes->feed = false;  // whoever only looks deletes nothing
    return plan;
  } catch (const TableBusy& busy) {
    throw store::table_is_locked(busy.table());
  }
}

FetchedPages fetch_pages(PullJob& job, std::size_t records) {
  FetchedPages out;
  const base::Micros deadline = base::monotonic() + pg::settings().foreground_timeout_ms * base::kSecond / 1000;
  std::size_t seen = 0;
  while (seen < records && out.pages.size() < kMostPages && job.wants_request()) {
    const base::Micros left = deadline - base::monotonic();
    if (left <= 0) break;
    std::optional<net::Request> request = job.make_request();
    if (request) {
      net::Response response = fetch_in_foreground(*std::move(request), left);
      out.fetch_micros += response.total_micros;
      const base::Micros arrived = base::monotonic();
      job.on_response(std::move(response));
      out.read_micros += base::monotonic() - arrived;
    }
    std::unique_ptr<LoadedPage> page = job.take_page();
    if (!page) break;
    seen += let_in(job.plan(), *page);
    out.pages.push_back(std::move(page));
  }
  if (const core::action::Close* close = job.closing_with(); close != nullptr) out.failure = close->failure;
  return out;
}

std::vector<PreviewedRecord> try_records(pg::Sql& sql, PullPlan& plan, const FetchedPages& fetched, std::size_t limit) {
  std::vector<Trial> trials;
  const pg::RoleStays role_stays;
  const pg::Savepoint undone(sql);
  store::begin_trial(sql, pg::settings().foreground_timeout_ms);
  std::size_t left_out = 0;
  for (const std::unique_ptr<LoadedPage>& page : fetched.pages) {
    const std::vector<bool> replaced = replaced_records(plan, *page);
    for (std::size_t record = 0; record < page->page.records() && trials.size() - left_out < limit; ++record) {
      pg::check_interrupts();
      Trial trial = first_trial(sql, plan, *page, record, replaced[record]);
      if (trial.left_out && left_out == limit) continue;
      left_out += trial.left_out ? 1 : 0;
      trials.push_back(std::move(trial));
    }
  }
  try_again(sql, plan, trials);
  std::vector<PreviewedRecord> out;
  for (Trial& trial : trials) out.push_back(std::move(trial.told));
  return out;
}

}  // namespace tandem::worker
