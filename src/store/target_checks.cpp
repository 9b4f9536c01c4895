#include "store/target_checks.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::store {

namespace {

using base::strcat;
using core::Severity;

struct Check {
  pg::Sql& sql;
  const pg::Table& table;
  const core::Mapping& mapping;
  pg::Oid owner;
  std::string role;  // quoted
  core::Findings& findings;

  [[nodiscard]] pg::Rows ask(const char* question) const {
    return sql.engine(question,
                      {pg::Param::oid(table.oid), pg::Param::oid(owner), mapped(), mapping.match_on, commands()});
  }
  [[nodiscard]] std::vector<std::string> mapped() const {
    std::vector<std::string> names;
    for (const core::ColumnMapping& column : mapping.columns) names.push_back(column.column);
    return names;
  }
  // What runs do with the table's rows.
  [[nodiscard]] std::vector<std::string> commands() const {
    std::vector<std::string> out{"SELECT"};
    if (!mapping.pulls()) {
      if (!mapping.columns.empty()) out.emplace_back("UPDATE");  // what the other side answers
      return out;
    }
    const bool writes = mapping.write_mode == core::WriteMode::upsert || mapping.write_mode == core::WriteMode::update;
    if (inserts()) out.emplace_back("INSERT");
    if (writes || mapping.delete_mode == core::DeleteMode::soft || !mapping.last_error.empty())
      out.emplace_back("UPDATE");
    if (mapping.delete_mode == core::DeleteMode::hard) out.emplace_back("DELETE");
    return out;
  }
  [[nodiscard]] bool inserts() const { return mapping.pulls() && mapping.write_mode != core::WriteMode::update; }
  void add(Severity severity, const char* code, std::string message, std::string hint, std::string column = {}) const {
    findings.push_back({.severity = severity,
                        .message = std::move(message),
                        .hint = std::move(hint),
                        .code = code,
                        .column = std::move(column)});
  }
};

// Every question has the parameters $1 table, $2 owner, $3 mapped columns, $4 columns that find a row, $5 commands.
constexpr const char* kGiven =
    "WITH given AS (SELECT $1::oid AS t, $2::oid AS owner, $3 AS mapped, $4 AS key, $5 AS commands)";

// Defaults of columns that get no value: an identity column's sequence needs no right.
constexpr const char* kSequences = R"(
SELECT a.attname, quote_ident(n.nspname) || '.' || quote_ident(s.relname)
  FROM given g
  JOIN pg_attribute a ON a.attrelid = g.t AND a.attnum > 0 AND NOT a.attisdropped AND a.attname <> ALL (g.mapped)
  JOIN pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
  JOIN pg_depend p ON p.classid = 'pg_attrdef'::regclass AND p.objid = d.oid AND p.refclassid = 'pg_class'::regclass
  JOIN pg_class s ON s.oid = p.refobjid AND s.relkind = 'S'
  JOIN pg_namespace n ON n.oid = s.relnamespace
 WHERE CASE WHEN s.relkind = 'S' THEN NOT has_sequence_privilege(g.owner, s.oid, 'USAGE, UPDATE') END
 ORDER BY a.attnum)";

// Keys are compared by the operators of their index, named with their schema.
constexpr const char* kSchemas = R"(
SELECT DISTINCT quote_ident(n.nspname)
  FROM given g
  JOIN pg_attribute a ON a.attrelid = g.t AND a.attname = ANY (g.key)
  JOIN pg_opclass c ON c.opcmethod = (SELECT oid FROM pg_am WHERE amname = 'btree') AND c.opcdefault AND c.opcintype = a.atttypid
  JOIN pg_amop m ON m.amopfamily = c.opcfamily AND m.amoplefttype = c.opcintype AND m.amoprighttype = c.opcintype AND m.amopstrategy = 3
  JOIN pg_operator o ON o.oid = m.amopopr
  JOIN pg_namespace n ON n.oid = o.oprnamespace
 WHERE NOT has_schema_privilege(g.owner, n.oid, 'USAGE'))";

// Commands that row level security would refuse altogether: no permissive policy that could ever say yes.
constexpr const char* kPolicies = R"(
SELECT string_agg(c.word, ', ' ORDER BY c.at)
  FROM given g
  JOIN pg_class t ON t.oid = g.t AND t.relrowsecurity
  JOIN pg_roles r ON r.oid = g.owner AND NOT r.rolsuper AND NOT r.rolbypassrls
 CROSS JOIN (VALUES (1, 'r', 'SELECT'), (2, 'a', 'INSERT'), (3, 'w', 'UPDATE'), (4, 'd', 'DELETE')) AS c (at, cmd, word)
 WHERE c.word = ANY (g.commands) AND (t.relforcerowsecurity OR NOT pg_has_role(g.owner, t.relowner, 'USAGE'))
   AND NOT EXISTS (
       SELECT FROM pg_policy p
        WHERE p.polrelid = g.t AND p.polpermissive AND p.polcmd::text IN ('*', c.cmd)
          AND EXISTS (SELECT FROM unnest(p.polroles) AS m (role) WHERE m.role = 0 OR pg_has_role(g.owner, m.role, 'USAGE'))
          AND coalesce(pg_get_expr(CASE c.cmd WHEN 'a' THEN coalesce(p.polwithcheck, p.polqual) ELSE p.polqual END, p.polrelid), '')
              <> 'false'))";

constexpr const char* kPartitions = R"(
SELECT p.partstrat::text, p.partdefid <> 0, (SELECT count(*) FROM pg_inherits i WHERE i.inhparent = g.t),
       quote_ident(n.nspname) || '.' || quote_ident(left(c.relname, 55) || '_default'), pg_get_partkeydef(g.t)
  FROM given g
  JOIN pg_partitioned_table p ON p.partrelid = g.t
  JOIN pg_class c ON c.oid = g.t
  JOIN pg_namespace n ON n.oid = c.relnamespace)";

constexpr const char* kTriggers = R"(
SELECT quote_ident(x.tgname)
  FROM given g JOIN pg_trigger x ON x.tgrelid = g.t AND NOT x.tgisinternal AND x.tgenabled IN ('D', 'R')
 ORDER BY 1)";

constexpr const char* kExclusions = R"(
SELECT x.conname FROM given g JOIN pg_constraint x ON x.conrelid = g.t AND x.contype = 'x' ORDER BY 1)";

constexpr const char* kCollations = R"(
SELECT quote_ident(a.attname), a.attname
  FROM given g
  JOIN pg_attribute a ON a.attrelid = g.t AND a.attname = ANY (g.key)
  JOIN pg_collation c ON c.oid = a.attcollation AND NOT c.collisdeterministic
 ORDER BY a.attnum)";

// Unique indexes over exactly the columns that find a row, which do not do.
constexpr const char* kUnusable = R"(
SELECT quote_ident(n.nspname) || '.' || quote_ident(c.relname),
       CASE WHEN NOT i.indisvalid THEN 'invalid' WHEN NOT i.indimmediate THEN 'deferrable' WHEN i.indpred IS NOT NULL THEN 'partial'
            WHEN i.indexprs IS NOT NULL THEN 'over an expression' ELSE 'of another collation' END
  FROM given g
  JOIN pg_index i ON i.indrelid = g.t AND i.indisunique
  JOIN pg_class c ON c.oid = i.indexrelid
  JOIN pg_namespace n ON n.oid = c.relnamespace
 WHERE NOT EXISTS (SELECT FROM unnest(g.key) AS k (name)
                    WHERE NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_depend d ON d.classid = 'pg_class'::regclass AND d.objid = i.indexrelid
                                                AND d.refclassid = 'pg_class'::regclass AND d.refobjid = g.t AND d.refobjsubid = a.attnum
                                       WHERE a.attrelid = g.t AND a.attname = k.name)
                      AND NOT EXISTS (SELECT FROM pg_attribute a JOIN pg_constraint u ON u.conindid = i.indexrelid AND a.attnum = ANY (u.conkey)
                                       WHERE a.attrelid = g.t AND u.conrelid = g.t AND a.attname = k.name))
   AND i.indnkeyatts = cardinality(g.key)
 ORDER BY 1)";

pg::Rows ask(const Check& check, const char* question) { return check.ask(strcat(kGiven, question).c_str()); }

void check_privileges(const Check& check) {
  if (check.inserts()) {
    const pg::Rows sequences = ask(check, kSequences);
    for (std::size_t i = 0; i < sequences.size(); ++i)
      check.add(Severity::error, core::mapping_code::kPrivilege,
                strcat("role ", check.role, " may not use sequence ", sequences.text(i, 1), ", which fills column ",
                       sequences.text(i, 0)),
                strcat("GRANT USAGE ON SEQUENCE ", sequences.text(i, 1), " TO ", check.role, ";"),
                sequences.text(i, 0));
  }
  const pg::Rows schemas = ask(check, kSchemas);
  for (std::size_t i = 0; i < schemas.size(); ++i)
    check.add(Severity::error, core::mapping_code::kPrivilege,
              strcat("role ", check.role, " lacks USAGE on schema ", schemas.text(i, 0),
                     ", which has the operators that the key is compared by"),
              strcat("GRANT USAGE ON SCHEMA ", schemas.text(i, 0), " TO ", check.role, ";"));
}

void check_policies(const Check& check) {
  const pg::Rows commands = ask(check, kPolicies);
  if (commands.empty() || commands.is_null(0, 0)) return;
  check.add(
      Severity::error, core::mapping_code::kTableRefuses,
      strcat("row level security of ", check.table.quoted, " has no policy that lets role ", check.role, " ",
             commands.text(0, 0), " any row"),
      strcat("CREATE POLICY sync ON ", check.table.quoted, " TO ", check.role, " USING (true) WITH CHECK (true);"));
}

void check_partitions(const Check& check) {
  const pg::Rows rows = ask(check, kPartitions);
  if (rows.empty() || rows.boolean(0, 1) || !check.inserts()) return;
  const bool none = rows.integer(0, 2) == 0;
  const bool hash = rows.text(0, 0) == "h";
  if (hash && !none) return;                                       // its parts are made together
  check.add(Severity::warning, core::mapping_code::kTableRefuses,  // partitions may be made later
            strcat(check.table.quoted,
                   none ? " has no partition"
                        : " has no default partition: records whose value no partition is for become sync errors",
                   " (PARTITION BY ", rows.text(0, 4), ")"),
            strcat("CREATE TABLE ", rows.text(0, 3), " PARTITION OF ", check.table.quoted,
                   hash ? " FOR VALUES WITH (MODULUS 1, REMAINDER 0);" : " DEFAULT;"));
}

void check_table_itself(const Check& check) {
  const pg::Rows unlogged =
      ask(check, " SELECT FROM given g JOIN pg_class c ON c.oid = g.t WHERE c.relpersistence = 'u'");
  if (unlogged.processed() > 0)
    check.add(Severity::warning, core::mapping_code::kTableRefuses,
              strcat("table ", check.table.quoted, " is unlogged: a crash of the server empties it"),
              strcat("ALTER TABLE ", check.table.quoted, " SET LOGGED;"));
  if (!check.mapping.pulls()) return;
  const pg::Rows triggers = ask(check, kTriggers);
  for (std::size_t i = 0; i < triggers.size(); ++i)
    check.add(Severity::info, core::mapping_code::kTableRefuses,
              strcat("trigger ", triggers.text(i, 0), " does not fire in a run"),
              strcat("ALTER TABLE ", check.table.quoted, " ENABLE TRIGGER ", triggers.text(i, 0), ";"));
  const pg::Rows exclusions = ask(check, kExclusions);
  for (std::size_t i = 0; i < exclusions.size(); ++i)
    check.add(Severity::info, core::mapping_code::kTableRefuses,
              strcat("exclusion constraint ", exclusions.text(i, 0), " can refuse records"),
              "A record that overlaps another row becomes a sync error.");
}

void check_deletes(const Check& check) {
  if (!check.mapping.pulls() || check.mapping.delete_mode == core::DeleteMode::ignore) return;
  const pg::Rows columns = ask(check, kCollations);
  for (std::size_t i = 0; i < columns.size(); ++i)
    check.add(Severity::warning, core::mapping_code::kDeletesUnusable,
              strcat("rows are found by column ", columns.text(i, 0),
                     ", whose nondeterministic collation takes different texts for one: no row is ever deleted"),
              strcat("ALTER TABLE ", check.table.quoted, " ALTER COLUMN ", columns.text(i, 0),
                     " TYPE text COLLATE \"default\"; or delete_mode ignore."),
              columns.text(i, 1));
}

void say_why_no_index_does(const Check& check) {
  const auto missing = std::ranges::find(check.findings, core::mapping_code::kNoUniqueIndex, &core::Finding::code);
  if (missing == check.findings.end()) return;
  const pg::Rows unusable = ask(check, kUnusable);
  if (unusable.empty()) return;
  missing->message += strcat("; ", unusable.text(0, 0), " does not do, for it is ", unusable.text(0, 1));
  if (unusable.text(0, 1) == "invalid") missing->hint = strcat("REINDEX INDEX ", unusable.text(0, 0), ";");
}

}  // namespace

void check_table(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping, pg::Oid owner,
                 std::string_view owner_name, core::Findings& findings) {
  const Check check{sql, table, mapping, owner, pg::quote_identifier(owner_name), findings};
  say_why_no_index_does(check);
  check_privileges(check);
  check_policies(check);
  check_partitions(check);
  check_table_itself(check);
  check_deletes(check);
}

}  // namespace tandem::store
