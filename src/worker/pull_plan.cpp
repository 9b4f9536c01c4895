#include "worker/pull_plan.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/listing/listing_scope.hpp"
#include "core/mapping/stamp.hpp"
#include "core/mapping/deletes.hpp"
#include "core/mapping/push.hpp"
#include "core/mapping/sound.hpp"
#include "pg/catalog.hpp"
#include "store/row_images.hpp"
#include "store/connections.hpp"
#include "store/contracts.hpp"
#include "store/credentials.hpp"
#include "store/deletion_feed.hpp"
#include "store/derived.hpp"
#include "store/faults.hpp"
#include "store/fields.hpp"
#include "store/letters.hpp"
#include "store/target.hpp"
#include "store/verify.hpp"
#include "worker/page_deletions.hpp"
#include "worker/pull_reading.hpp"
#include "worker/schema_watch.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

// By number; after a restore the name decides. Names of columns are brought up to date.
pg::Table find_target(pg::Sql& sql, store::RunSpec& spec) {
  std::optional<pg::Table> table = pg::describe_table(sql, spec.target);
  if (!table) throw table_gone(spec);
  follow_table(sql, spec, *table);
  follow_children(sql, spec);
  return *std::move(table);
}

void check_rights(pg::Sql& sql, const pg::Table& table, const store::RunSpec& spec, pg::Oid owner) {
  store::require_connection_use(sql, spec.connection_id, owner);
  if (auto problem = store::target_problem(table)) throw Failure(*problem);
  const bool deletes = spec.definition.string_at("delete_mode") == "hard";
  if (auto problem = store::privilege_problem(table, owner, deletes)) throw Failure(*problem);
}

core::Mapping checked_mapping(pg::Sql& sql, const store::RunSpec& spec, const core::Api& api,
                              const core::Target& target) {
  core::Mapping mapping =
      core::sound_mapping(core::parse_mapping(spec.mapping, spec.definition, api, target,
                                              store::load_fields(sql, spec.connection_id, spec.object)),
                          strcat("mapping ", spec.mapping, ": "));
  if (!mapping.pulls())
    throw Failure(Errc::prerequisite, strcat("mapping ", spec.mapping, " only sends: there is nothing to pull"));
  return mapping;
}

// The local columns that find an existing row: match_on, else those that the key fields go to.
std::vector<std::string> match_columns(const core::Mapping& mapping, const std::vector<std::string>& key) {
  if (!mapping.match_on.empty()) return mapping.match_on;
  std::vector<std::string> columns;
  for (const std::string& field : key)
    for (const core::ColumnMapping& column : mapping.columns)
      if (column.field == field) {
        columns.push_back(column.column);
        break;
      }
  return columns;
}

// Another definition, other hashes: after a change every record is written once more (C42).
std::uint64_t definition_seed(const store::RunSpec& spec) {
  return base::hash64(strcat(spec.mapping_id, ":", spec.definition_version), 0);
}

std::vector<base::FieldPath> both(std::vector<base::FieldPath> first, std::vector<base::FieldPath> second) {
  first.insert(first.end(), second.begin(), second.end());
  return first;
}

std::optional<std::size_t> field_named(const core::RowBuilder& rows, const std::string& name) {
  const auto found = std::ranges::find(rows.fields(), name, &base::FieldPath::literal);
  if (found == rows.fields().end()) return std::nullopt;
  return static_cast<std::size_t>(found - rows.fields().begin());
}

std::vector<std::size_t> fields_named(const core::RowBuilder& rows, const std::vector<std::string>& names) {
  std::vector<std::size_t> out;
  for (const std::string& name : names) {
    const auto field = field_named(rows, name);
    if (!field) return {};
    out.push_back(*field);
  }
  return out;
}

core::Object find_object(const core::Api& api, const store::RunSpec& spec) {
  if (const core::Object* object = api.object(spec.object)) return *object;
  throw Failure(Errc::undefined_object,
                strcat("connection ", spec.connection, " has no object ", spec.object, " any more"), {},
                strcat("SELECT * FROM tandem.list_objects('", spec.connection, "');"));
}

// A look-back, and already the bound itself, gives again what was read before.
bool appends_changes(const core::Mapping& mapping) {
  return mapping.write_mode == core::WriteMode::append && mapping.sync_mode == core::SyncMode::incremental;
}

core::RowBuilder rows_of(const core::Mapping& mapping, const core::Target& target, const std::vector<std::string>& key,
                         const store::RunSpec& spec) {
  const bool versions = appends_changes(mapping);
  const bool keyed = versions || mapping.write_mode != core::WriteMode::append;
  core::RowBuilder rows(mapping, target, keyed ? key : std::vector<std::string>{}, definition_seed(spec),
                        &store::kDatabaseLetters);
  if (versions) rows.tell_versions_apart();
  extract_arrays(mapping, rows);
  return rows;
}

// A record of another version is another one, unless the mapping says itself what tells.
RecordFields fields_of(const core::Object& object, const core::Mapping& mapping, core::RowBuilder& rows) {
  RecordFields fields;
  if (object.parent) fields.parent = field_named(rows, object.parent->as);
  if (!object.version.empty()) fields.version = rows.extract(base::FieldPath::parse(object.version));
  if (fields.version && mapping.hash_fields.empty()) rows.hash_too(*fields.version);
  if (object.deleted) fields.deleted = rows.extract(base::FieldPath::parse(object.deleted->field));
  if (mapping.pushes() && object.cursor && object.cursor->timed() && !object.cursor->field.empty())
    fields.changed = rows.extract(base::FieldPath::parse(object.cursor->field));
  return fields;
}

// What earlier runs and other people left: decides how pages are written.
void look_at_state(pg::Sql& sql, PullPlan& plan, pg::Oid owner) {
  plan.compute = store::make_compute_plan(sql, plan.write.table, plan.mapping, owner);
  const bool history = plan.mapping.history.level != core::History::Level::none && plan.write.keyed;
  if (history || plan.spec.verify) plan.compare = store::make_compare_plan(plan.write, plan.mapping);
  if (!plan.mapping.last_error.empty()) plan.rows.keep_failed();
  plan.look_for_parents = plan.spec.retry && plan.spec.params.boolean_at("waiting").value_or(false);
  if (plan.spec.retry) return;  // what is tried again says itself what it settles
  if (plan.spec.verify) {       // leaves everything as it is
    plan.contracts = false;
    plan.differences = static_cast<std::size_t>(store::differences_so_far(sql, plan.spec));
    plan.shared_table = !plan.compare->stamped && store::shares_table(sql, plan.spec);
    return;
  }
  // What was appended before is not appended again, also when everything is read; unless somebody emptied the table.
  const bool appends = plan.contracts && !plan.write.keyed;
  plan.gate = plan.contracts && (appends || (!plan.spec.full && plan.mapping.verify == core::Verify::source));
  if (appends && store::table_is_empty(sql, plan.write)) store::forget_all(sql, plan.spec.mapping_id);
  bool& first_load = plan.write_state.first_load;
  first_load = plan.write.keyed && !plan.write.insert_new.empty() && store::table_is_empty(sql, plan.write);
  // Both ways an empty table is one whose rows were deleted, which the other side is to be told.
  if (plan.two_way && store::has_contracts(sql, plan.spec.mapping_id)) first_load = false;
  if (first_load && plan.contracts) store::forget_all(sql, plan.spec.mapping_id);  // emptied by somebody: fill it again
  plan.fresh = first_load && plan.contracts;
  if (plan.spec.open_errors > 0)
    for (std::string& id : store::open_faults(sql, plan.spec.mapping_id, kMostOpenFaults))
      plan.open_faults.insert(std::move(id));
  plan.many_open_faults = plan.open_faults.size() == kMostOpenFaults;
}

// Contracts, and what may be deleted by them.
void plan_contracts(pg::Sql& sql, PullPlan& plan, const core::Target& target, const std::vector<std::string>& key,
                    const std::vector<std::string>& match, bool incremental) {
  if (!plan.write.keyed) return;
  plan.local_key = store::local_key_of(plan.mapping, target);
  if (plan.spec.verify) return;  // leaves everything as it is
  plan.contracts = plan.mapping.pushes() || !store::contracts_are_derived(plan.mapping, plan.object, plan.local_key);
  if (!plan.contracts) return;
  store::keep_contracts_of(sql, plan.spec, store::contract_key(plan.write.table.oid, key, match));
  if (!plan.local_key || !plan.local_key->may_change() || plan.mapping.write_mode == core::WriteMode::insert ||
      plan.local_key->columns() != match.size())
    plan.moves.reset();
  else
    plan.moves = store::make_move_plan(plan.write.table, match, moved_with(plan.children));
  const bool own_params = plan.spec.params.is_object() && !plan.spec.params.members().empty();
  const std::string scope =
      core::listing_scope(plan.api, plan.object, run_params(plan.object, plan.mapping, plan.spec));
  const bool rescoped = !own_params && store::asks_for_else(sql, plan.spec, scope);
  if (plan.mapping.delete_mode == core::DeleteMode::ignore) return;
  if (plan.listing.has_feed()) {
    if (!plan.spec.position && !store::has_contracts(sql, plan.spec.mapping_id)) plan.listing.fill_gap();
    plan.feed_reader.emplace(make_feed_reader(plan.listing, target));
  }
  plan.deletes.emplace(
      make_deletes(sql, plan.spec,
                   store::make_delete_plan(plan.write.table, plan.mapping, target, match, deleted_with(plan.children)),
                   !plan.spec.retry && (!incremental || plan.spec.full), plan.listing));
  plan.deletes->scope = scope;
  plan.deletes->rescoped = rescoped;
}

// Columns that only come, or that no push sends, are the remote side's.
TwoWayPlan make_two_way(pg::Sql& sql, const PullPlan& plan, const pg::Table& table, const core::Target& target) {
  TwoWayPlan two_way{.pushed = {.table = table, .mapping_id = plan.spec.mapping_id},
                     .row_key = core::row_key(plan.mapping, target),
                     .policies = {},
                     .attnums = {}};
  for (const std::string& name : plan.write.columns) {
    const auto sent = std::ranges::find(plan.mapping.push_columns, name, &core::ColumnMapping::column);
    const auto own = std::ranges::find(plan.mapping.push.conflict_fields, name, &core::PushTerms::FieldPolicy::column);
    std::optional<core::ConflictPolicy> policy;
    if (own != plan.mapping.push.conflict_fields.end()) policy = own->policy;
    if (sent == plan.mapping.push_columns.end()) policy = core::ConflictPolicy::remote_wins;
    two_way.policies.push_back(policy);
    two_way.attnums.push_back(table.column(name)->attnum);
  }
  two_way.changed_field = plan.fields.changed;
  two_way.altered = store::alters_rows(sql, table.oid);
  return two_way;
}

base::PageReader reader_of(const core::Object& object, const core::RowBuilder& rows, const core::Listing& listing,
                           const store::RunSpec& spec) {
  if (spec.retry) return {{base::RecordsAt::Rule::root, {}}, rows.fields(), {}};
  return {object.records, both(rows.fields(), listing.fields(false)), listing.facts(false)};
}

void begin_accounts(PullPlan& plan, base::Micros began_at) {
  plan.log = store::RunLog(plan.mapping.run_log);
  plan.latencies = core::Latencies(plan.spec.latency);
  plan.timing = core::RunTiming(plan.spec.timing, began_at);
  plan.timing.add(core::Stage::plan, base::monotonic() - began_at);
}

}  // namespace

PullPlan make_pull_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner) {
  const base::Micros began_at = base::monotonic();
  core::Api api = core::make_api(spec.manifest, spec.config).value();
  api.connection = spec.connection;
  core::Object object = find_object(api, spec);
  const pg::Table table = find_target(sql, spec);
  check_rights(sql, table, spec, owner);
  if (!pg::try_lock_table(table.oid)) throw TableBusy(table.quoted);
  const core::Target target = store::target_of(table);
  core::Mapping mapping = checked_mapping(sql, spec, api, target);
  if (mapping.page_size > 0) object.paging.size = mapping.page_size;
  core::add_restored_columns(mapping);
  core::fill_stamps(mapping, target, store::stamp_values(sql, spec));
  const std::vector<std::string> key = mapping.key.empty() ? object.id : mapping.key;
  const std::vector<std::string> match =
      mapping.write_mode == core::WriteMode::append ? std::vector<std::string>{} : match_columns(mapping, key);
  const bool incremental = mapping.sync_mode == core::SyncMode::incremental;
  if (incremental && object.cursor && !object.cursor->token) object.cursor->field = mapping.cursor_field;
  mapping.cursor_field.clear();  // the listing looks at it

  store::WritePlan write = store::make_write_plan(table, mapping, match);
  core::RowBuilder rows = rows_of(mapping, target, key, spec);
  const bool contracts = appends_changes(mapping);  // of keyed tables: plan_contracts
  std::optional<core::RecordFilter> filter = core::RecordFilter::make(mapping, object, rows);
  const RecordFields fields = fields_of(object, mapping, rows);
  core::Reading listing = reading_of(api, object, mapping, spec);
  base::PageReader reader = reader_of(object, rows, listing.listing(), spec);
  std::optional<base::PageReader> parent_reader;
  if (object.parent && !spec.retry)
    parent_reader.emplace(api.object(object.parent->object)->records, listing.listing().fields(true),
                          listing.listing().facts(true));
  Credentials credentials =
      spec.retry || !spec.credentials ? Credentials{} : store::load_credentials(sql, spec.connection_id);
  std::string pool = strcat(spec.connection_id, ":", spec.connection_version);
  std::vector<std::size_t> key_fields = fields_named(rows, key);
  PullPlan plan{.spec = std::move(spec),
                .api = std::move(api),
                .object = std::move(object),
                .mapping = std::move(mapping),
                .write = std::move(write),
                .rows = std::move(rows),
                .filter = std::move(filter),
                .listing = std::move(listing),
                .reader = std::move(reader),
                .parent_reader = std::move(parent_reader),
                .key_fields = std::move(key_fields),
                .fields = fields,
                .credentials = std::move(credentials),
                .pool = std::move(pool),
                .contracts = contracts,
                .open_faults = {},
                .write_state = {}};
  plan.children = make_pull_children(sql, plan.spec, plan.mapping, target, plan.write, plan.rows, owner);
  plan_contracts(sql, plan, target, key, match, incremental);
  plan.references = store::make_reference_plans(sql, plan.spec, plan.mapping, target, owner);
  if (plan.mapping.pushes() && !plan.spec.verify) plan.two_way = make_two_way(sql, plan, table, target);
  look_at_state(sql, plan, owner);
  begin_accounts(plan, began_at);
  return plan;
}

std::string lock_tables(const PullPlan& plan) {
  if (!pg::try_lock_table(plan.write.table.oid)) return plan.write.table.quoted;
  for (const PullChild& child : plan.children)
    if (!pg::try_lock_table(child.write.table.oid)) return child.write.table.quoted;
  return {};
}

bool listed_before(const store::RunSpec& spec) {
  return spec.position && spec.position->boolean_at("end").value_or(false);
}

}  // namespace tandem::worker
