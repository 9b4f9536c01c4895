#include "store/way_references.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/error.hpp"
#include "pg/expression.hpp"
#include "pg/transaction.hpp"
#include "pg/type_oids.hpp"
#include "store/push_contracts.hpp"
#include "store/references.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

constexpr std::string_view kPage = "tandem_referred";

// The column of the other table that holds the id itself; nullptr: none does.
const pg::TableColumn* id_column(const Referred& referred) {
  if (referred.mapping.key.size() != 1) return nullptr;
  for (const core::ColumnMapping& column : referred.mapping.columns)
    if (column.field == referred.mapping.key.front() && !column.reference && column.to_local.empty())
      return referred.table.column(column.column);
  return nullptr;
}

Referred require_referred(pg::Sql& sql, std::int64_t tenant_id, const core::ColumnMapping& column, pg::Oid owner) {
  std::optional<Referred> referred = find_referred(sql, tenant_id, *column.reference);
  if (!referred)
    throw Failure(Errc::undefined_object,
                  strcat("column ", column.column, " refers to mapping ", column.reference->mapping,
                         ", which does not exist or has lost its table"),
                  {}, "SELECT name, target FROM tandem.mappings;");
  if (auto problem = read_problem(referred->table, owner)) throw Failure(*std::move(problem));
  if (referred->table.column(referred->key) == nullptr)
    throw Failure(
        Errc::invalid_parameter,
        strcat("which column of ", referred->table.quoted, " column ", column.column, " refers to cannot be told"), {},
        strcat("Write \"reference\": {\"mapping\": \"", column.reference->mapping, "\", \"key\": \"column\"}."));
  return *std::move(referred);
}

WayReference make_reference(const Referred& referred, std::size_t place, const core::ColumnMapping& column) {
  WayReference out{.place = place,
                   .field = column.field,
                   .column = column.column,
                   .reference = *column.reference,
                   .parent_id = referred.mapping_id,
                   .id_type = {.name = "text"},
                   .staged = {},
                   .find = {},
                   .known_by = referred.mapping.match_on,
                   .id_in_row = false,
                   .acknowledged = !referred.mapping.pulls()};
  const pg::TableColumn& key = *referred.table.column(referred.key);
  const pg::TableColumn* id = id_column(referred);
  if (id != nullptr) out.id_type = id->conversion;
  out.id_in_row = id != nullptr;
  out.staged = {{"k", key.type, key.typmod, key.collation}, {"n", pg::kInt4Type, -1, pg::kInvalidOid}};
  std::vector<std::string> list{"p.n", id == nullptr ? "NULL" : strcat("t.", pg::quote_identifier(id->name))};
  for (const std::string& name : out.known_by) list.push_back(strcat("t.", pg::quote_identifier(name)));
  out.find = strcat("SELECT ", base::join(list, ", "), " FROM ", kPage, " p JOIN ", referred.table.quoted, " t ON t.",
                    pg::quote_identifier(key.name), " ", pg::equality_operator(key.type), " p.k");
  return out;
}

// What the other table says of one key.
struct Known {
  std::optional<std::string> id;
  std::string local_key;  // JSON text
};

using Places = std::span<const std::size_t>;

void find(pg::Sql& sql, const WayReference& reference, const std::vector<std::optional<Texts>>& rows, Places places,
          std::vector<std::optional<Known>>& out) {
  pg::StagedPage page(sql, kPage, reference.staged);
  std::vector<base::Cell> cells;
  for (const std::size_t place : places) {
    base::Cell& key = cells.emplace_back();
    key.form = base::Cell::Form::text;
    key.text = *(*rows[place])[reference.place];
    base::Cell& number = cells.emplace_back();
    number.form = base::Cell::Form::integer;
    number.integer = static_cast<std::int64_t>(place);
  }
  page.append(cells);
  page.ready();
  const pg::Rows found = sql.run_as_texts(reference.find);
  for (std::size_t i = 0; i < found.size(); ++i) {
    base::Json key = base::Json::object();
    for (std::size_t k = 0; k < reference.known_by.size(); ++k) {
      const auto text = found.text_or_null(i, k + 2);
      key.set(reference.known_by[k], text ? base::Json(*text) : base::Json());
    }
    out[std::stoul(found.text(i, 0))] = Known{found.text_or_null(i, 1), key.dump()};
  }
}

// A text that the other key's type refuses is the key of no row; halving finds it.
void find_some(pg::Sql& sql, const WayReference& reference, const std::vector<std::optional<Texts>>& rows,
               Places places, std::vector<std::optional<Known>>& out) {
  if (places.empty()) return;
  try {
    pg::Savepoint savepoint(sql);
    find(sql, reference, rows, places, out);
    savepoint.release();
    return;
  } catch (const pg::Error& error) {
    if (!error.sqlstate().starts_with("22") && !error.sqlstate().starts_with("23")) throw;
  }
  if (places.size() == 1) return;
  find_some(sql, reference, rows, places.first(places.size() / 2), out);
  find_some(sql, reference, rows, places.subspan(places.size() / 2), out);
}

// The ids of the rows' records, beside `places`. What the row itself says stands where the other mapping does not send
// it: else the record may not be there yet.
std::vector<std::optional<std::string>> ids_of(pg::Sql& sql, const WayReference& reference, Places places,
                                               const std::vector<std::optional<Known>>& known) {
  std::vector<ContractRef> refs(places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    if (known[places[i]]) refs[i].local_key = known[places[i]]->local_key;
  std::vector<std::optional<std::string>> ids(places.size());
  const auto take = [&] {
    const auto contracts = find_push_contracts(sql, reference.parent_id, refs);
    for (std::size_t i = 0; i < places.size(); ++i)
      if (contracts[i] && !contracts[i]->deleted) ids[i] = contracts[i]->origin_id;
  };
  take();
  std::vector<ContractRef> by_id(places.size());
  bool any = false;
  for (std::size_t i = 0; i < places.size(); ++i) {
    const auto& row = known[places[i]];
    if (ids[i] || !row || !row->id) continue;
    if (!reference.acknowledged) {
      ids[i] = row->id;
      continue;
    }
    by_id[i].origin_id = *row->id;
    any = true;
  }
  refs = std::move(by_id);
  if (any) take();
  return ids;
}

core::RowFault missing(const WayReference& reference, std::size_t row, const std::string& key,
                       const std::optional<Known>& known) {
  const bool waits = reference.reference.missing == core::Reference::Missing::wait;
  return {.record = row,
          .error_type = core::error_type::kValidation,
          .code = waits ? core::code::kWaits : core::code::kNoReferred,
          .field = reference.field,
          .column = reference.column,
          .message = strcat("column ", reference.column, ", field ", reference.field, ": the row ", key, " of mapping ",
                            reference.reference.mapping, known ? " has no record yet" : " is not there"),
          .suggestion = waits ? "It goes out by itself when that has been sent." : "Send that first.",
          .sqlstate = {},
          .retryable = waits,
          .waits_for = waits ? reference.parent_id : 0,
          .waits_for_id = waits && known ? known->local_key : std::string()};
}

}  // namespace

std::vector<WayReference> make_way_references(pg::Sql& sql, std::int64_t tenant_id, const core::Mapping& mapping,
                                              pg::Oid owner) {
  std::vector<WayReference> out;
  for (std::size_t i = 0; i < mapping.push_columns.size(); ++i) {
    const core::ColumnMapping& column = mapping.push_columns[i];
    if (column.reference) out.push_back(make_reference(require_referred(sql, tenant_id, column, owner), i, column));
  }
  return out;
}

std::vector<core::RowFault> turn_references(pg::Sql& sql, const std::vector<WayReference>& references,
                                            std::vector<std::optional<Texts>>& rows) {
  std::vector<core::RowFault> faults;
  for (const WayReference& reference : references) {
    std::vector<std::size_t> places;
    for (std::size_t i = 0; i < rows.size(); ++i)
      if (rows[i] && (*rows[i])[reference.place]) places.push_back(i);
    if (places.empty()) continue;
    std::vector<std::optional<Known>> known(rows.size());
    find_some(sql, reference, rows, places, known);
    const auto ids = ids_of(sql, reference, places, known);
    for (std::size_t i = 0; i < places.size(); ++i) {
      std::optional<std::string>& text = (*rows[places[i]])[reference.place];
      if (!ids[i] && reference.reference.missing != core::Reference::Missing::null)
        faults.push_back(missing(reference, places[i], *text, known[places[i]]));
      text = ids[i];
    }
  }
  return faults;
}

}  // namespace tandem::store
