// explain_mapping: what a run would do, in words; with execute one page is really fetched,
// written and undone.
#include "api/foreground.hpp"
#include "pg/entry.hpp"
#include "worker/explain.hpp"

namespace tandem::api {

namespace {

// One record is enough: the page that has it is what is looked at.
void add_execution(Caller& caller, const store::MappingRow& mapping, worker::PullPlan plan, worker::Lines& lines) {
  plan.listing.leave_out_feed();
  worker::PullJob job(std::move(plan), mapping.owner);
  const worker::FetchedPages fetched = worker::fetch_pages(job, 1);
  report_failure(job.plan().object.name, fetched);
  for (std::string& line : worker::explain_execution(caller.sql, job.plan(), fetched)) lines.push_back(std::move(line));
}

std::vector<std::vector<pg::Out>> explain_mapping(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  const bool execute = boolean_argument(call, 1, false);
  Caller caller(call, 2);
  const store::MappingRow mapping = mapping_to_try(caller, name);
  worker::PullPlan plan = worker::plan_in_foreground(caller.sql, mapping.mapping_id, mapping.owner, false);
  worker::Lines lines = worker::explain_plan(caller.sql, plan, mapping.owner_name);
  if (execute) add_execution(caller, mapping, std::move(plan), lines);
  std::vector<std::vector<pg::Out>> rows;
  for (std::string& line : lines) rows.push_back({std::move(line)});
  return rows;
}

}  // namespace

}  // namespace tandem::api

// (name text, "execute" boolean, tenant text) → setof text
TANDEM_FUNCTION(tandem_explain_mapping) { return call.ret_rows(tandem::api::explain_mapping(call)); }
