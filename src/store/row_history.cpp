#include "store/row_history.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "store/derived.hpp"
#include "store/number_array.hpp"
#include "store/outbox_entries.hpp"
#include "store/push_contracts.hpp"
#include "store/pushed_mappings.hpp"
#include "store/source.hpp"

namespace tandem::store {

using base::Errc;
using base::Failure;
using base::strcat;
using core::RowHistory;

namespace {

constexpr std::int64_t kMostEntries = 100;  // captured ones that nobody has fetched yet

std::string example_of(const std::vector<std::string>& key) {
  base::Json example = base::Json::object();
  for (const std::string& name : key) example.set(name, base::Json(std::string("…")));
  return example.dump();
}

bool names(const base::Json& given, const std::vector<std::string>& key) {
  return given.members().size() == key.size() && std::ranges::all_of(key, [&](const std::string& name) {
           const base::Json* value = given.find(name);
           return value != nullptr && !value->is_null();
         });
}

// The columns of the key that was given, in the order of that key.
const std::vector<std::string>& key_given(const pg::Table& table, const std::vector<std::string>& row_key,
                                          const base::Json& given) {
  if (given.is_object()) {
    if (names(given, row_key)) return row_key;
    for (const pg::UniqueKey& unique : table.unique_keys)
      if (names(given, unique.columns)) return unique.columns;
  }
  const std::vector<std::string>& usual =
      !row_key.empty() || table.unique_keys.empty() ? row_key : table.unique_keys.front().columns;
  throw Failure(Errc::invalid_parameter, strcat(given.dump(), " is not the key of a row of ", table.quoted),
                usual.empty() ? "The table has no unique key." : std::string(),
                usual.empty() ? std::string() : strcat("Keys look like ", example_of(usual), "."));
}

std::string object_of(const std::vector<std::string>& names, const pg::Table& table, const Texts& texts) {
  base::Json json = base::Json::object();
  for (const std::string& name : names) {
    const auto& text = texts[static_cast<std::size_t>(table.column(name) - table.columns.data())];
    json.set(name, text ? base::Json(*text) : base::Json());
  }
  return json.dump();
}

// What a column is when nobody says what it is, as the catalogs print it.
std::vector<core::RowColumn> columns_of(pg::Sql& sql, const pg::Table& table, const Texts& texts) {
  const pg::Rows expressions =
      sql.engine("SELECT d.adnum, pg_get_expr(d.adbin, d.adrelid) FROM pg_attrdef d WHERE d.adrelid = $1::oid",
                 {static_cast<std::int64_t>(table.kind == 'q' ? pg::kInvalidOid : table.oid)});
  std::vector<core::RowColumn> columns;
  for (std::size_t i = 0; i < table.columns.size(); ++i) {
    const pg::TableColumn& from = table.columns[i];
    core::RowColumn& column = columns.emplace_back();
    column.name = from.name;
    column.attnum = from.attnum;
    column.text = texts[i];
    column.generated = from.generated;
    column.identity = from.identity != '\0';
    for (std::size_t e = 0; e < expressions.size(); ++e)
      if (expressions.integer(e, 0) == from.attnum) column.expression = expressions.text(e, 1);
  }
  return columns;
}

// --- the contract

// By the id that its columns hold, and by the columns themselves: whichever the contract has.
std::vector<ContractRef> refs_of(const core::Mapping& mapping, const Texts& match) {
  if (match.empty() || std::ranges::any_of(match, [](const auto& text) { return !text || text->empty(); })) return {};
  const auto text_of = [&](const std::string& name) {
    return *match[static_cast<std::size_t>(std::ranges::find(mapping.match_on, name) - mapping.match_on.begin())];
  };
  std::vector<ContractRef> refs;
  const std::vector<std::string> origin = origin_columns(mapping, mapping.key);
  if (origin.size() == 1) refs.push_back({.origin_id = text_of(origin.front())});
  if (origin.size() > 1) {
    std::vector<base::Json> parts;
    for (const std::string& name : origin) parts.emplace_back(text_of(name));
    refs.push_back({.origin_id = base::Json::array(std::move(parts)).dump()});
  }
  base::Json key = base::Json::object();
  for (const std::string& name : mapping.match_on) key.set(name, base::Json(text_of(name)));
  refs.push_back({.local_key = key.dump()});
  return refs;
}

std::optional<std::string> origin_id_of(pg::Sql& sql, std::int64_t mapping_id, const std::vector<ContractRef>& refs) {
  for (const auto& contract : find_push_contracts(sql, mapping_id, refs))
    if (contract) return contract->origin_id;
  return std::nullopt;
}

// A contract does not name its run; of a mapping one run of a kind goes on at a time.
void tell_contract(pg::Sql& sql, std::int64_t mapping_id, const std::string& origin_id, RowHistory& out) {
  const pg::Rows rows = sql.engine(R"(
    SELECT c.hash <> 0 AND EXISTS (SELECT FROM tandem._mapping m WHERE m.mapping_id = $1 AND m.definition ->> 'direction' <> 'push'),
           c.changed_at, c.acknowledged_at, c.base::text,
           (SELECT max(r.run) FROM tandem._run r WHERE r.mapping_id = $1 AND r.kind IN ('pull', 'retry')
               AND c.changed_at BETWEEN r.started_at AND coalesce(r.completed_at, 'infinity')),
           (SELECT max(r.run) FROM tandem._run r WHERE r.mapping_id = $1 AND r.kind = 'push'
               AND c.acknowledged_at BETWEEN r.started_at AND coalesce(r.completed_at, 'infinity'))
      FROM tandem._contract c WHERE c.mapping_id = $1 AND c.origin_id = $2)",
                                   {mapping_id, origin_id});
  if (rows.empty()) return;
  out.record = RowHistory::Record::stored;
  out.pulled = rows.boolean(0, 0);
  out.sent_at = rows.instant_or_null(0, 2);
  out.push_run = rows.integer_or_null(0, 5);
  if (const auto base = rows.text_or_null(0, 3)) out.base = base::Json::parse(*base).value();
  const base::Instant changed_at = rows.instant(0, 1);
  if (!out.pulled || (out.sent_at && out.sent_at->micros >= changed_at.micros)) return;
  out.pulled_at = changed_at;
  out.pull_run = rows.integer_or_null(0, 4);
}

// --- what is on its way

RowHistory::Waiting::State state_of(char letter) {
  using State = RowHistory::Waiting::State;
  switch (letter) {
    case 'c':
      return State::sending;
    case 'f':
      return State::parked;
    case 'a':
      return State::ambiguous;
    default:
      return State::pending;
  }
}

void tell_item(pg::Sql& sql, std::int64_t mapping_id, const std::string& key, RowHistory& out) {
  const pg::Rows rows = sql.engine(R"(
    SELECT i.state::text, CASE WHEN i.state IN ('c', 'a') THEN i.sent_changed || i.changed ELSE i.changed END::text,
           i.captured_at, i.run
      FROM tandem._outbox_item i WHERE i.mapping_id = $1 AND i.key = $2::jsonb)",
                                   {mapping_id, key});
  if (rows.empty()) return;
  const auto changed = rows.text_or_null(0, 1);
  out.waiting = {.state = state_of(rows.text(0, 0).front()),
                 .changed = changed ? std::optional(read_numbers(*changed)) : std::nullopt,
                 .captured_at = rows.instant(0, 2),
                 .run = rows.integer_or_null(0, 3)};
}

void tell_captured(pg::Sql& sql, const MappingRow& row, const pg::Table& table, const std::string& key,
                   RowHistory& out) {
  const std::vector<core::CapturedEntry> entries = look_at_entries(sql, table.oid, kMostEntries);
  if (entries.empty()) return;
  for (const PushedMapping& pushed : pushed_mappings(sql, table)) {
    if (pushed.mapping_id != row.mapping_id) continue;
    const base::Result<core::Unfolded> unfolded = core::unfold(entries, pushed.key);
    if (!unfolded) return;
    const auto change = std::ranges::find(unfolded->rows, key, &core::RowChange::key);
    if (change == unfolded->rows.end()) return;
    if (!out.waiting) {
      out.waiting = {.changed = change->changed, .captured_at = change->captured_at};
    } else if (!change->changed) {
      out.waiting->changed.reset();
    } else if (out.waiting->changed) {
      out.waiting->changed->insert(out.waiting->changed->end(), change->changed->begin(), change->changed->end());
    }
  }
}

void tell_conflict(pg::Sql& sql, std::int64_t mapping_id, const std::string& key, RowHistory& out) {
  const pg::Rows rows = sql.engine(
      "SELECT c.conflict, c.run, c.detected_at, u.name FROM tandem._conflict c, unnest(c.columns) AS u (name)"
      " WHERE c.mapping_id = $1 AND c.key = $2::jsonb AND c.resolved_at IS NULL",
      {mapping_id, key});
  if (rows.empty()) return;
  out.conflict = {.conflict = rows.integer(0, 0),
                  .columns = rows.texts(3),
                  .run = rows.integer_or_null(0, 1),
                  .at = rows.instant(0, 2)};
}

}  // namespace

KnownRow find_row(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping,
                  const std::vector<std::string>& row_key, const std::string& given) {
  const base::Json json = base::Json::parse(given).value();
  const std::vector<std::string>& key = key_given(table, row_key, json);
  std::vector<std::string> all;
  for (const pg::TableColumn& column : table.columns) all.push_back(column.name);
  // Values as texts, digit by digit as they were given.
  const std::string texts =
      sql.engine("SELECT jsonb_object_agg(e.key, e.value)::text FROM jsonb_each_text($1::jsonb) e", {given}).text(0, 0);
  const auto rows = read_local_rows(sql, make_local_row_plan(table, key, std::move(all)), {texts});
  if (!rows.front())
    throw Failure(Errc::undefined_object, strcat("row ", given, " of ", table.quoted, " is not there"),
                  "Or a policy of the table hides it from you.");
  KnownRow row{.key = object_of(row_key, table, *rows.front()), .match = {}, .columns = {}};
  for (const std::string& name : mapping.match_on)
    row.match.push_back((*rows.front())[static_cast<std::size_t>(table.column(name) - table.columns.data())]);
  row.columns = columns_of(sql, table, *rows.front());
  return row;
}

RowHistory row_history(pg::Sql& sql, const MappingRow& row, const pg::Table& table, const core::Mapping& mapping,
                       const KnownRow& known) {
  RowHistory history;
  const std::vector<ContractRef> refs = refs_of(mapping, known.match);
  if (derives_contracts(sql, row)) {
    if (!refs.empty()) history.record = RowHistory::Record::derived;
  } else if (const auto origin_id = origin_id_of(sql, row.mapping_id, refs)) {
    tell_contract(sql, row.mapping_id, *origin_id, history);
  }
  if (!pushes(row)) return history;
  tell_item(sql, row.mapping_id, known.key, history);
  if (!has_source(row.definition)) tell_captured(sql, row, table, known.key, history);
  tell_conflict(sql, row.mapping_id, known.key, history);
  return history;
}

}  // namespace tandem::store
