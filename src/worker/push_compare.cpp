#include "worker/push_compare.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/push/comparison.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"
#include "store/source_comparison.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

core::RunFailure held_back(const PushPlan& plan, std::int64_t held, std::int64_t removes) {
  const std::string line =
      strcat("SELECT tandem.approve_deletes(", pg::quote_literal(plan.spec.mapping), ", ", held, ");");
  const char* why = plan.spec.delete_limit ? "no more were approved" : "the brake does not let so many go at once";
  return {.code = core::code::kDeletesHeldBack,
          .message = strcat(held, " rows are gone from source_query and are not deleted there, ", removes,
                            " are: ", why, "; if that is right: ", line),
          .suggestion = line};
}

}  // namespace

ComparedSource compare_source(pg::Sql& sql, const PushPlan& plan) {
  ComparedSource out;
  try {
    pg::Savepoint savepoint(sql);
    {
      store::SourceComparison comparison(sql, plan.rows.plan(), plan.spec,
                                         plan.rules.delete_mode != core::DeleteMode::ignore);
      core::ComparisonVerdict verdict =
          core::judge(comparison.found(), plan.mapping.delete_brake, plan.spec.delete_limit);
      out.refused = std::move(verdict.refused);
      if (!out.refused) {
        comparison.put(verdict.removes);
        if (const std::int64_t held = comparison.found().removed - verdict.removes; held > 0)
          out.note = held_back(plan, held, verdict.removes);
      }
    }
    savepoint.release();
  } catch (const pg::Error& error) {  // the owner's query: what is wrong with it ends the run, and nothing else
    if ((error.is_cancel() && error.sqlstate() != "57014") || error.is_transient()) throw;
    out.refused = core::RunFailure{core::error_type::kDatabase, core::code::kSourceFails,
                                   strcat("source_query cannot be compared: ", error.message(), "; nothing was sent"),
                                   std::string(error.hint()), true};
  }
  return out;
}

}  // namespace tandem::worker
