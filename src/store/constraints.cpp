#include "store/constraints.hpp"

#include <algorithm>
#include <optional>

#include "pg/catalog.hpp"

namespace tandem::store {

namespace {

// Left out: expressions over whole rows or system columns, which a page cannot stand in for.
constexpr std::string_view kChecks = R"(
SELECT c.oid, c.conname, pg_get_expr(c.conbin, c.conrelid), a.attname
FROM pg_constraint c
CROSS JOIN LATERAL unnest(c.conkey) AS k(attnum)
JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.attnum
WHERE c.conrelid = $1 AND c.contype = 'c' AND c.conbin::text !~ ':varattno (0|-)'
ORDER BY c.conname, c.oid)";

// Only what the owner sees all of.
constexpr std::string_view kReferences = R"(
SELECT f.oid, f.conname, quote_ident(n.nspname) || '.' || quote_ident(r.relname), f.confrelid = f.conrelid,
       quote_ident(ra.attname), 'OPERATOR(' || quote_ident(opn.nspname) || '.' || o.oprname || ')', a.attname, ra.attname
FROM pg_constraint f
JOIN pg_class r ON r.oid = f.confrelid
JOIN pg_namespace n ON n.oid = r.relnamespace
CROSS JOIN LATERAL generate_series(1, cardinality(f.conkey)) AS k(at)
JOIN pg_attribute a ON a.attrelid = f.conrelid AND a.attnum = f.conkey[k.at]
JOIN pg_attribute ra ON ra.attrelid = f.confrelid AND ra.attnum = f.confkey[k.at]
JOIN pg_operator o ON o.oid = f.conpfeqop[k.at]
JOIN pg_namespace opn ON opn.oid = o.oprnamespace
WHERE f.conrelid = $1 AND f.contype = 'f' AND NOT r.relrowsecurity
  AND has_schema_privilege(session_user, n.oid, 'USAGE') AND has_table_privilege(session_user, r.oid, 'SELECT')
  AND NOT EXISTS (SELECT FROM pg_trigger t
                  WHERE t.tgconstraint = f.oid AND t.tgrelid = f.conrelid AND t.tgenabled NOT IN ('O', 'A'))
ORDER BY f.conname, f.oid, k.at)";

// Of operator classes that are the default of their type: PARTITION BY means the same by "equal" then.
constexpr std::string_view kUnique = R"(
SELECT i.indexrelid, ic.relname, i.indimmediate, a.attnotnull,
       quote_ident(a.attname), 'OPERATOR(' || quote_ident(n.nspname) || '.' || o.oprname || ')', a.attname
FROM pg_index i
JOIN pg_class ic ON ic.oid = i.indexrelid
JOIN pg_am am ON am.oid = ic.relam AND am.amname = 'btree'
CROSS JOIN LATERAL generate_series(0, i.indnkeyatts - 1) AS k(at)
JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = i.indkey[k.at]
JOIN pg_opclass c ON c.oid = i.indclass[k.at]
JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype
              AND m.amopstrategy = 3
JOIN pg_operator o ON o.oid = m.amopopr
JOIN pg_namespace n ON n.oid = o.oprnamespace
WHERE i.indrelid = $1 AND i.indisunique AND i.indisvalid AND i.indisready AND i.indislive
  AND i.indpred IS NULL AND i.indexprs IS NULL AND NOT i.indnullsnotdistinct AND c.opcdefault
  AND NOT EXISTS (
      SELECT FROM generate_series(0, i.indnkeyatts - 1) AS x(at)
      JOIN pg_attribute xa ON xa.attrelid = i.indrelid AND xa.attnum = i.indkey[x.at]
      JOIN pg_collation xc ON xc.oid IN (xa.attcollation, i.indcollation[x.at]) AND NOT xc.collisdeterministic
      WHERE xa.attcollation <> i.indcollation[x.at])
ORDER BY ic.relname, i.indexrelid, k.at)";

std::optional<std::size_t> position(const WritePlan& plan, const std::string& column) {
  const auto found = std::ranges::find(plan.columns, column);
  if (found == plan.columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - plan.columns.begin());
}

// One row per column: takes the column into `columns`; a constraint with one that is not mapped is left out, which
// fewer columns than rows tell.
void take(const WritePlan& plan, const std::string& column, std::vector<std::size_t>& columns) {
  if (const auto at = position(plan, column)) columns.push_back(*at);
}

std::vector<CheckFact> read_checks(pg::Sql& sql, const WritePlan& plan) {
  const pg::Rows rows = sql.engine(kChecks, {pg::Param::oid(plan.table.oid)});
  std::vector<CheckFact> checks;
  for (std::size_t i = 0; i < rows.size();) {
    CheckFact check{.name = rows.text(i, 1), .expression = rows.text(i, 2), .columns = {}};
    const std::size_t first = i;
    for (; i < rows.size() && rows.integer(i, 0) == rows.integer(first, 0); ++i)
      take(plan, rows.text(i, 3), check.columns);
    if (check.columns.size() == i - first) checks.push_back(std::move(check));
  }
  return checks;
}

std::vector<ReferenceFact> read_references(pg::Sql& sql, const WritePlan& plan) {
  const pg::Rows rows = sql.engine(kReferences, {pg::Param::oid(plan.table.oid)});
  std::vector<ReferenceFact> references;
  for (std::size_t i = 0; i < rows.size();) {
    ReferenceFact fact;
    fact.name = rows.text(i, 1);
    fact.referenced = rows.text(i, 2);
    fact.to_itself = rows.boolean(i, 3);
    const std::size_t first = i;
    for (; i < rows.size() && rows.integer(i, 0) == rows.integer(first, 0); ++i) {
      fact.referenced_names.push_back(rows.text(i, 4));
      fact.equals.push_back(rows.text(i, 5));
      take(plan, rows.text(i, 6), fact.columns);
      if (fact.to_itself) take(plan, rows.text(i, 7), fact.provided_by);
    }
    if (fact.provided_by.size() != i - first) fact.provided_by.clear();
    if (fact.columns.size() == i - first) references.push_back(std::move(fact));
  }
  return references;
}

std::vector<UniqueFact> read_unique(pg::Sql& sql, const WritePlan& plan) {
  const pg::Rows rows = sql.engine(kUnique, {pg::Param::oid(plan.table.oid)});
  std::vector<UniqueFact> unique;
  for (std::size_t i = 0; i < rows.size();) {
    UniqueFact fact;
    fact.name = rows.text(i, 1);
    fact.at_once = rows.boolean(i, 2);
    const std::size_t first = i;
    for (; i < rows.size() && rows.integer(i, 0) == rows.integer(first, 0); ++i) {
      if (!rows.boolean(i, 3)) fact.may_be_null = i - first + 1;
      fact.names.push_back(rows.text(i, 4));
      fact.equals.push_back(rows.text(i, 5));
      take(plan, rows.text(i, 6), fact.columns);
    }
    const bool mapped = fact.columns.size() == i - first;
    if (mapped && !(plan.keyed && std::ranges::is_permutation(fact.columns, plan.key_columns)))
      unique.push_back(std::move(fact));
  }
  return unique;
}

}  // namespace

Constraints read_constraints(pg::Sql& sql, const WritePlan& plan) {
  Constraints constraints{read_checks(sql, plan), read_references(sql, plan), read_unique(sql, plan)};
  // Rows that a policy hides are there all the same.
  if (plan.table.row_security)
    std::erase_if(constraints.references, [](const ReferenceFact& fact) { return fact.to_itself; });
  return constraints;
}

}  // namespace tandem::store
