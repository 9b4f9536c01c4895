#include "store/references.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/stamp.hpp"
#include "pg/error.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"
#include "store/connections.hpp"
#include "store/fields.hpp"
#include "store/mapping_order.hpp"
#include "store/mappings.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

constexpr std::string_view kStagedIds = "tandem_ids";

// The other side of a reference: a mapping with its table.
struct Parent {
  MappingRow row;
  pg::Table table;
  core::Target target;
  core::Mapping mapping;
};

std::optional<Parent> load_parent(pg::Sql& sql, std::int64_t tenant_id, const std::string& name) {
  std::optional<MappingRow> row = find_mapping(sql, tenant_id, name);
  if (!row) return std::nullopt;
  std::optional<pg::Table> table = pg::describe_table(sql, row->target);
  if (!table) return std::nullopt;
  core::Target target = target_of(*table);
  const Connection connection = load_connection(sql, row->connection_id);
  core::ParsedMapping parsed = core::parse_mapping(row->name, row->definition, connection.api(), target,
                                                   load_fields(sql, row->connection_id, row->object));
  RunSpec spec;
  spec.mapping_id = row->mapping_id;
  spec.tenant_id = row->tenant_id;
  spec.connection_id = row->connection_id;
  spec.definition = row->definition;
  core::fill_stamps(parsed.mapping, target, stamp_values(sql, spec));
  return Parent{*std::move(row), *std::move(table), std::move(target), std::move(parsed.mapping)};
}

// The column that holds the local key; "": it cannot be told.
std::string key_column(const Parent& parent, const core::Reference& reference) {
  if (!reference.key.empty()) return parent.table.column(reference.key) == nullptr ? "" : reference.key;
  for (const pg::UniqueKey& key : parent.table.unique_keys)
    if (key.primary && key.columns.size() == 1) return key.columns.front();
  return "";
}

const pg::UniqueKey* unique_key_on(const pg::Table& table, const std::vector<std::string>& columns) {
  for (const pg::UniqueKey& key : table.unique_keys)
    if (!columns.empty() && std::ranges::is_permutation(key.columns, columns)) return &key;
  return nullptr;
}

// The columns that find a row by the id of its record: those that the key's fields go to, where an index is on them;
// else those that found it the first time, whose values the contracts keep.
const pg::UniqueKey* key_of_ids(const Parent& parent) {
  std::vector<std::string> columns = core::stamped_key(parent.mapping);
  for (const std::string& field : parent.mapping.key) {
    const auto mapped = std::ranges::find_if(parent.mapping.columns, [&](const core::ColumnMapping& column) {
      return column.field == field && !column.reference;
    });
    if (mapped == parent.mapping.columns.end()) return unique_key_on(parent.table, parent.mapping.match_on);
    columns.push_back(mapped->column);
  }
  const pg::UniqueKey* found = unique_key_on(parent.table, columns);
  return found != nullptr ? found : unique_key_on(parent.table, parent.mapping.match_on);
}

// A first listing of others has told what the ids of their rows are.
bool keeps_contracts(const core::Mapping& mapping) {
  return mapping.delete_mode != core::DeleteMode::ignore ||
         (mapping.sync_mode == core::SyncMode::full && mapping.verify == core::Verify::source);
}

std::optional<base::Error> parent_problem(const Parent& parent, const core::Reference& reference) {
  if (key_column(parent, reference).empty())
    return base::Error{Errc::invalid_parameter,
                       reference.key.empty() ? strcat("table ", parent.table.quoted, " of mapping ", reference.mapping,
                                                      " has no primary key of one column")
                                             : strcat("table ", parent.table.quoted, " of mapping ", reference.mapping,
                                                      " has no column ", reference.key),
                       {},
                       strcat("Write \"reference\": {\"mapping\": \"", reference.mapping, "\", \"key\": \"column\"}.")};
  const pg::UniqueKey* key = key_of_ids(parent);
  const bool found = key != nullptr && parent.mapping.write_mode != core::WriteMode::append &&
                     (core::LocalKey(parent.mapping, parent.target, parent.mapping.key, key->columns).derived() ||
                      keeps_contracts(parent.mapping));
  if (found) return std::nullopt;
  return base::Error{Errc::prerequisite,
                     strcat("rows of mapping ", reference.mapping, " cannot be found by the ids of their records"),
                     "Its key goes into no column, or there is no unique index on that.",
                     strcat("Map the key of ", reference.mapping, " (", base::join(parent.mapping.key, ", "),
                            ") to a column with a unique index.")};
}

std::string find_statement(const Parent& parent, const pg::UniqueKey& key, const std::string& column) {
  std::vector<std::string> terms;
  for (std::size_t i = 0; i < key.columns.size(); ++i)
    terms.push_back(strcat("t.", pg::quote_identifier(key.columns[i]), " ", key.equals[i], " k.c", i + 1));
  return strcat("SELECT k.n, t.", pg::quote_identifier(column), "::pg_catalog.text FROM ", kStagedIds, " k JOIN ",
                parent.table.quoted, " t ON ", base::join(terms, " AND "));
}

ReferencePlan plan_of(const Parent& parent, const core::Reference& reference) {
  if (auto problem = parent_problem(parent, reference)) throw Failure(*std::move(problem));
  ReferencePlan plan;
  plan.reference = reference;
  plan.parent_id = parent.row.mapping_id;
  plan.table = parent.table;
  const pg::UniqueKey& key = *key_of_ids(parent);
  const std::string column = key_column(parent, reference);
  plan.key_type = parent.table.column(column)->conversion;
  plan.ids = std::make_unique<core::LocalKey>(parent.mapping, parent.target, parent.mapping.key, key.columns);
  for (std::size_t i = 0; i < key.columns.size(); ++i) {
    const pg::TableColumn& local = *parent.table.column(key.columns[i]);
    plan.staged.push_back({strcat("c", i + 1), local.type, local.typmod, local.collation});
  }
  plan.staged.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
  plan.find = find_statement(parent, key, column);
  return plan;
}

// What the contracts of the other mapping know of the rows, by id.
std::vector<std::pair<std::string, std::optional<std::string>>> stored_keys(pg::Sql& sql, const ReferencePlan& plan,
                                                                            const std::vector<std::string_view>& ids) {
  const std::vector<std::string> wanted(ids.begin(), ids.end());
  const pg::Rows rows = sql.engine(
      "SELECT origin_id, local_key::text FROM tandem._contract"
      " WHERE mapping_id = $1 AND origin_id = ANY ($2) AND local_key IS NOT NULL AND deleted_at IS NULL",
      {plan.parent_id, wanted});
  std::vector<std::pair<std::string, std::optional<std::string>>> out;
  for (std::size_t i = 0; i < rows.size(); ++i) out.emplace_back(rows.text(i, 0), rows.text_or_null(i, 1));
  std::ranges::sort(out);
  return out;
}

struct Wanted {
  std::size_t id;  // position in the ids
  std::vector<base::Cell> cells;
};

std::vector<Wanted> wanted_rows(pg::Sql& sql, const ReferencePlan& plan, const std::vector<std::string_view>& ids,
                                base::TextArena& arena) {
  const bool derived = plan.ids->derived();
  const auto stored = derived ? decltype(stored_keys(sql, plan, ids)){} : stored_keys(sql, plan, ids);
  std::vector<Wanted> out;
  for (std::size_t i = 0; i < ids.size(); ++i) {
    Wanted row{i, {}};
    if (derived) {
      plan.ids->cells(ids[i], std::nullopt, arena, row.cells);
    } else {
      const auto found =
          std::ranges::lower_bound(stored, ids[i], {}, [](const auto& pair) -> std::string_view { return pair.first; });
      if (found == stored.end() || found->first != ids[i]) continue;
      plan.ids->cells(ids[i], found->second, arena, row.cells);
    }
    const bool whole =
        std::ranges::none_of(row.cells, [](const base::Cell& cell) { return cell.form == base::Cell::Form::null; });
    if (whole && row.cells.size() + 1 == plan.staged.size()) out.push_back(std::move(row));
  }
  return out;
}

void find(pg::Sql& sql, const ReferencePlan& plan, std::span<const Wanted> wanted,
          std::vector<std::optional<std::string>>& out) {
  pg::StagedPage page(sql, kStagedIds, plan.staged);
  std::vector<base::Cell> cells;
  for (const Wanted& row : wanted) {
    cells.insert(cells.end(), row.cells.begin(), row.cells.end());
    base::Cell& number = cells.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(row.id);
  }
  page.append(cells);
  page.ready();
  const pg::Rows rows = sql.run_by_index(plan.find);
  for (std::size_t i = 0; i < rows.size(); ++i)
    out[static_cast<std::size_t>(rows.integer(i, 0))] = rows.text_or_null(i, 1);
}

// An id that the column's type refuses is one that no row has; halving finds it.
void find_some(pg::Sql& sql, const ReferencePlan& plan, std::span<const Wanted> wanted,
               std::vector<std::optional<std::string>>& out) {
  if (wanted.empty()) return;
  try {
    pg::Savepoint savepoint(sql);
    find(sql, plan, wanted, out);
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!error.sqlstate().starts_with("22") && !error.sqlstate().starts_with("23")) throw;
  }
  if (wanted.size() == 1) return;
  find_some(sql, plan, wanted.first(wanted.size() / 2), out);
  find_some(sql, plan, wanted.subspan(wanted.size() / 2), out);
}

}  // namespace

std::optional<Referred> find_referred(pg::Sql& sql, std::int64_t tenant_id, const core::Reference& reference) {
  std::optional<Parent> parent = load_parent(sql, tenant_id, reference.mapping);
  if (!parent) return std::nullopt;
  std::string key = key_column(*parent, reference);
  return Referred{parent->row.mapping_id, std::move(parent->table), std::move(parent->mapping), std::move(key)};
}

std::vector<ReferencePlan> make_reference_plans(pg::Sql& sql, const RunSpec& spec, const core::Mapping& mapping,
                                                const core::Target& target, pg::Oid owner) {
  std::vector<ReferencePlan> plans;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const core::ColumnMapping& column = mapping.columns[i];
    if (!column.reference) continue;
    const std::optional<Parent> parent = load_parent(sql, spec.tenant_id, column.reference->mapping);
    if (!parent)
      throw Failure(Errc::undefined_object,
                    strcat("column ", column.column, " refers to mapping ", column.reference->mapping,
                           ", which does not exist or has lost its table"),
                    {}, "SELECT name, target FROM tandem.mappings;");
    if (auto problem = read_problem(parent->table, owner)) throw Failure(*std::move(problem));
    ReferencePlan plan = plan_of(*parent, *column.reference);
    const core::TargetColumn* local = core::find_column(target, column.column);
    plan.column = i;
    plan.self = plan.parent_id == spec.mapping_id;
    plan.required = column.required || (local != nullptr && local->not_null);
    plan.fill_later = !plan.required && same_rank(sql, plan.parent_id, spec.mapping_id) &&
                      std::ranges::find(mapping.match_on, column.column) == mapping.match_on.end();
    if (local != nullptr) plan.column_type = local->type;
    plans.push_back(std::move(plan));
  }
  return plans;
}

std::vector<std::optional<std::string>> find_local_keys(pg::Sql& sql, const ReferencePlan& plan,
                                                        const std::vector<std::string_view>& ids) {
  std::vector<std::optional<std::string>> out(ids.size());
  base::TextArena arena;
  const std::vector<Wanted> wanted = wanted_rows(sql, plan, ids, arena);
  find_some(sql, plan, wanted, out);
  return out;
}

core::Findings check_references(pg::Sql& sql, const ReferenceRow& row, const core::Mapping& mapping,
                                const core::Target& target) {
  namespace code = core::mapping_code;
  core::Findings findings;
  std::vector<core::ColumnMapping> columns = mapping.columns;
  for (const core::ColumnMapping& column : mapping.push_columns)
    if (mapping.pushes() && core::find_mapped(mapping, column.column) == nullptr) columns.push_back(column);
  for (const core::ColumnMapping& column : columns) {
    if (!column.reference) continue;
    const core::Reference& reference = *column.reference;
    const auto report = [&](core::Severity severity, const char* which, std::string message, std::string hint) {
      findings.push_back(core::about(column, severity, which, std::move(message), std::move(hint)));
    };
    const std::optional<Parent> parent = load_parent(sql, row.tenant_id, reference.mapping);
    if (!parent) {
      if (reference.mapping != row.mapping)
        report(core::Severity::warning, code::kReferenceUnknown,
               strcat("mapping ", reference.mapping, " does not exist yet, or its table is gone"),
               "SELECT name, target FROM tandem.mappings;");
      continue;
    }
    if (auto problem = read_problem(parent->table, row.owner))
      report(core::Severity::error, code::kReferencePrivilege, problem->text, problem->hint);
    const bool sent_only = !mapping.pulls();  // ids are not looked up, but told
    if (auto problem = parent_problem(*parent, reference);
        problem && !(sent_only && !key_column(*parent, reference).empty())) {
      const bool unfound = problem->code == Errc::prerequisite;
      report(core::Severity::error, unfound ? code::kReferenceUnfound : code::kReferenceKey, problem->text,
             problem->hint);
      continue;
    }
    const base::ColumnType& key = parent->table.column(key_column(*parent, reference))->conversion;
    const core::TargetColumn* local = core::find_column(target, column.column);
    const bool takes_all = local == nullptr || local->type.type_class == base::TypeClass::text;
    if (!takes_all && local->type.type_class != key.type_class)
      report(core::Severity::warning, code::kTypeMayNotFit,
             strcat("column ", column.column, " is ", local->type.name, ", the key of ", parent->table.quoted, " is ",
                    key.name),
             strcat("ALTER TABLE ", target.name, " ALTER COLUMN ", core::sql_name(column.column), " TYPE ", key.name,
                    ";"));
  }
  return findings;
}

}  // namespace tandem::store
