// The part of doctor() that looks at connections, owners and mappings.
#include <algorithm>

#include "api/doctor.hpp"
#include "api/mappings_draft.hpp"
#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "store/doctor.hpp"
#include "store/mappings.hpp"
#include "store/schema_changes.hpp"
#include "store/target.hpp"

namespace tandem::api {

namespace {

using base::strcat;

void check_owners(Caller& caller, Diagnosis& d) {
  for (const store::OwnerFacts& owner : store::mapping_owners(caller.sql, caller.tenant.tenant_id)) {
    if (const auto problem = store::owner_problem(owner.role, owner.name)) {
      d.error(strcat("owner ", owner.name), strcat(problem->text, " (mappings: ", owner.mappings, ")"), problem->hint);
    } else if (pg::is_superuser(owner.role)) {
      d.warning(strcat("owner ", owner.name), strcat("a superuser owns mappings: ", owner.mappings),
                "ALTER SYSTEM SET tandem.allow_superuser_mappings = off; SELECT pg_reload_conf();");
    }
  }
}

// Status of one connection or mapping as a row. A switched off thing is somebody's decision, no fault.
void report(const char* kind, const store::StatusFacts& s, Diagnosis& d) {
  const std::string check = strcat(kind, " ", s.name);
  const std::string detail = s.reason ? strcat(s.status, ": ", *s.reason) : s.status;
  if (s.status == "ready" || s.status == "running") return d.ok(check, detail);
  const std::string fix = s.next_step.value_or("SELECT * FROM tandem.mapping_status;");
  if (s.status == "error" || s.status == "auth_failed" || s.status == "unreachable") return d.error(check, detail, fix);
  d.warning(check, detail, fix);
}

// What can be pasted, as against what is to be read: begins with a word in capitals, ends as a statement does.
bool is_statement(const std::string& hint) {
  const std::string_view word = std::string_view(hint).substr(0, hint.find(' '));
  return hint.ends_with(';') && std::all_of(word.begin(), word.end(), [](char c) { return c >= 'A' && c <= 'Z'; });
}

void check_definition(Caller& caller, const store::MappingRow& row, Diagnosis& d) {
  const core::Findings findings = check_draft(caller, arguments_of(row), row.owner, row.target);
  const std::string all = strcat("SELECT * FROM tandem.validate_mapping(", pg::quote_literal(row.name), ");");
  for (const core::Finding& f : findings) {
    const bool paste = is_statement(f.hint);
    const std::string detail = f.hint.empty() || paste ? text_of(f) : strcat(text_of(f), " (", f.hint, ")");
    const std::string& fix = paste ? f.hint : all;
    switch (f.severity) {
      case core::Severity::error:
        d.error("definition", detail, fix);
        break;
      case core::Severity::warning:
        d.warning("definition", detail, fix);
        break;
      case core::Severity::info:
        break;
    }
  }
  if (findings.empty()) d.ok("definition", strcat("fits table ", row.target_name));
}

void check_schedule(Caller& caller, const store::MappingRow& row, Diagnosis& d) {
  const std::string by_hand = strcat("SELECT tandem.sync_now(", pg::quote_literal(row.name), ");");
  if (const auto active = store::active_run(caller.sql, row.mapping_id)) return d.ok("schedule", *active);
  if (!row.schedule) return d.ok("schedule", strcat("none, it runs by hand: ", by_hand));
  if (row.next_run_at || !row.enabled) return d.ok("schedule", *row.schedule);
  d.warning("schedule", strcat("\"", *row.schedule, "\" never comes"),
            strcat("SELECT tandem.alter_mapping(", pg::quote_literal(row.name), ", '{\"schedule\": \"@hourly\"}');"));
}

void check_last_run(Caller& caller, const store::MappingRow& row, Diagnosis& d) {
  const auto run = store::last_run(caller.sql, row.mapping_id);
  if (!run) return d.ok("last run", "there was none yet");
  const std::string detail =
      strcat("run ", run->run, " ", run->status, run->code ? strcat(" (", *run->code, ")") : std::string(),
             run->message ? strcat(": ", *run->message) : std::string(),
             run->suggestion ? strcat(". ", *run->suggestion) : std::string());
  const std::string errors = strcat("SELECT * FROM tandem.get_sync_errors(", pg::quote_literal(row.name), ");");
  if (run->status == "failed")
    d.error("last run", detail, strcat("SELECT tandem.sync_now(", pg::quote_literal(row.name), ");"));
  else if (run->failed > 0)
    d.warning("last run", strcat(detail, ", ", run->failed, " records failed"), errors);
  else
    d.ok("last run", detail);
}

void check_schema_changes(Caller& caller, const std::string& only, Diagnosis& d) {
  for (const store::OpenCount& open : store::open_change_counts(caller.sql, caller.tenant.tenant_id)) {
    if (!only.empty() && open.mapping != only) continue;
    d.warning(strcat("schema of ", open.mapping),
              strcat(open.changes,
                     open.changes == 1 ? " open change: " : " open changes, the latest: ", open.latest.in_words()),
              strcat("SELECT * FROM tandem.schema_changes WHERE mapping = ", pg::quote_literal(open.mapping), ";"));
  }
}

}  // namespace

void examine_definitions(Caller& caller, Diagnosis& diagnosis) {
  check_owners(caller, diagnosis);
  for (const store::StatusFacts& s : store::connection_states(caller.sql, caller.tenant.name)) {
    if (s.status != "ready" && s.status != "untested") report("connection", s, diagnosis);
  }
  for (const store::StatusFacts& s : store::mapping_states(caller.sql, caller.tenant.name)) {
    if (s.status == "error" || s.status == "partial") report("mapping", s, diagnosis);
  }
  check_schema_changes(caller, {}, diagnosis);
}

void examine_mapping(Caller& caller, const std::string& name, Diagnosis& diagnosis) {
  const store::MappingRow row = store::require_mapping(caller.sql, caller.tenant.tenant_id, name);
  for (const store::StatusFacts& s : store::mapping_states(caller.sql, caller.tenant.name)) {
    if (s.name == row.name) report("mapping", s, diagnosis);
  }
  check_definition(caller, row, diagnosis);
  check_schema_changes(caller, row.name, diagnosis);
  for (const store::StatusFacts& s : store::connection_states(caller.sql, caller.tenant.name)) {
    if (s.name == row.connection) report("connection", s, diagnosis);
  }
  check_schedule(caller, row, diagnosis);
  check_last_run(caller, row, diagnosis);
}

}  // namespace tandem::api
