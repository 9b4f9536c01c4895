// preview_mapping: what a run would do to each record, tried and undone, network first and
// tables after; and what would be sent of local rows.
#include "api/foreground.hpp"
#include "base/strings.hpp"
#include "pg/entry.hpp"
#include "pg/log.hpp"
#include "worker/preview.hpp"
#include "worker/preview_push.hpp"

namespace tandem::api {

namespace {

using base::Errc;
using base::Failure;
using base::strcat;

constexpr std::int64_t kMostRecords = 1000;

pg::Out or_null(const std::string& text) { return text.empty() ? pg::Out() : pg::Out(text); }

using Told = std::vector<std::vector<pg::Out>>;

void add_push(Caller& caller, const store::MappingRow& mapping, std::int64_t limit, bool rows, Told& out) {
  for (const worker::PreviewedRecord& record :
       worker::preview_push(caller.sql, mapping, static_cast<std::size_t>(limit), rows))
    out.push_back({record.action, or_null(record.origin_id), or_null(record.local_key), or_null(record.record),
                   or_null(record.request), record.error_type, record.error_message});
}

Told preview_mapping(const pg::FunctionCall& call) {
  const std::string name = call.required_text(0, "name");
  const std::int64_t rows = call.integer(1).value_or(10);
  if (rows < 1 || rows > kMostRecords)
    throw Failure(Errc::invalid_parameter, strcat("argument rows must be from 1 to ", kMostRecords));
  Caller caller(call, 2);
  const store::MappingRow mapping = mapping_to_try(caller, name);
  Told out;
  const std::string direction = mapping.definition.string_at("direction").value_or("pull");
  if (direction == "push") {
    add_push(caller, mapping, rows, true, out);
    return out;
  }
  worker::PullPlan plan = worker::plan_in_foreground(caller.sql, mapping.mapping_id, mapping.owner, true);
  if (plan.listing.has_feed())
    pg::log(pg::Level::notice, strcat("the feed of deletions of ", plan.object.name,
                                      " is not part of the preview: which rows it would take is not shown"));
  plan.listing.leave_out_feed();
  worker::PullJob job(std::move(plan), mapping.owner);
  const auto wanted = static_cast<std::size_t>(rows);
  const worker::FetchedPages fetched = worker::fetch_pages(job, wanted);
  report_failure(job.plan().object.name, fetched);
  for (const worker::PreviewedRecord& record : worker::try_records(caller.sql, job.plan(), fetched, wanted))
    out.push_back({record.action, or_null(record.origin_id), or_null(record.local_key), record.record, std::nullopt,
                   record.error_type, record.error_message});
  if (direction == "both") add_push(caller, mapping, rows, false, out);
  return out;
}

}  // namespace

}  // namespace tandem::api

// (name text, rows int, tenant text) → setof (action, origin_id, local_key, record, request, error_type, error_message)
TANDEM_FUNCTION(tandem_preview_mapping) { return call.ret_rows(tandem::api::preview_mapping(call)); }
