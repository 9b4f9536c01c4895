#include "worker/pull_plan.hpp"

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "store/connections.hpp"
#include "store/contracts.hpp"
#include "store/credentials.hpp"
#include "store/faults.hpp"
#include "store/fields.hpp"
#include "store/target.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

namespace {

// By number; after a restore the name decides.
pg::Table find_target(pg::Sql& sql, const store::RunSpec& spec) {
  std::optional<pg::Table> table = pg::describe_table(sql, spec.target);
  if (!table)
    throw Failure(Errc::undefined_object, strcat("table ", spec.target_name, " is not there any more"), {},
                  strcat("Make it again, or SELECT tandem.drop_mapping('", spec.mapping, "');"));
  return *std::move(table);
}

void check_rights(pg::Sql& sql, const pg::Table& table, const store::RunSpec& spec, pg::Oid owner) {
  store::require_connection_use(sql, spec.connection_id, owner);
  if (auto problem = store::target_problem(sql, table)) throw Failure(*problem);
  if (auto problem = store::privilege_problem(sql, table, owner)) throw Failure(*problem);
}

core::Mapping checked_mapping(pg::Sql& sql, const store::RunSpec& spec, const core::Api& api,
                              const core::Target& target) {
  core::ParsedMapping parsed = core::parse_mapping(spec.mapping, spec.definition, api, target,
                                                   store::load_fields(sql, spec.connection_id, spec.object));
  for (const core::Finding& finding : parsed.findings)
    if (finding.severity == core::Severity::error)
      throw Failure(Errc::invalid_parameter, strcat("mapping ", spec.mapping, ": ", finding.message), {}, finding.hint);
  return std::move(parsed.mapping);
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

core::Params run_params(const core::Object& object, const core::Mapping& mapping, const store::RunSpec& spec) {
  core::Params params = mapping.params;
  if (spec.params.is_object())
    for (const auto& [name, value] : spec.params.members())
      params.emplace_back(name, value.is_string() ? value.string() : value.dump());
  const bool continues =
      mapping.sync_mode == core::SyncMode::incremental && !spec.full && object.cursor && spec.cursor_value;
  if (continues && !object.cursor->param.empty()) params.emplace_back(object.cursor->param, *spec.cursor_value);
  return params;
}

// Another definition, other hashes: after a change every record is written once more (C42).
std::uint64_t definition_seed(const store::RunSpec& spec) {
  return base::hash64(strcat(spec.mapping_id, ":", spec.definition_version), 0);
}

struct Start {
  core::Position position = {};
  std::optional<std::string> began = {};
  bool resumed = false;
};

// A position means something in its own listing only: another cursor, other parameters, another listing.
std::string listing_of(const core::Object& object, const core::Params& params) {
  std::string text = object.path;
  for (const auto& [name, value] : params) text += strcat("\n", name, "=", value);
  return std::to_string(base::hash64(text, 0));
}

// Where this run was before a crash or a hand-over; else where an earlier one could not go on, unless everything is
// to be read anew.
Start start_of(const store::RunSpec& spec, const std::string& listing) {
  const std::optional<base::Json>& stored = spec.position ? spec.position : spec.full ? std::nullopt : spec.resume;
  if (!stored) return {};
  if (!spec.position && stored->string_at("listing") != listing) return {};
  const base::Json* at = stored->find("at");
  if (at == nullptr) return {};
  base::Result<core::Position> position = core::Position::from_json(*at);
  return position ? Start{*std::move(position), stored->string_at("began"), true} : Start{};
}

core::Object find_object(const core::Api& api, const store::RunSpec& spec) {
  if (const core::Object* object = api.object(spec.object)) return *object;
  throw Failure(Errc::undefined_object,
                strcat("connection ", spec.connection, " has no object ", spec.object, " any more"), {},
                strcat("SELECT * FROM tandem.list_objects('", spec.connection, "');"));
}

// What earlier runs and other people left: decides how pages are written.
void look_at_state(pg::Sql& sql, PullPlan& plan) {
  plan.gate = plan.contracts && !plan.spec.full;
  plan.first_load = plan.write.keyed && !plan.write.insert_new.empty() && store::table_is_empty(sql, plan.write);
  if (plan.first_load && plan.contracts)
    store::forget_all(sql, plan.spec.mapping_id);  // emptied by somebody: fill it again
  if (plan.spec.open_errors > 0)
    for (std::string& id : store::open_faults(sql, plan.spec.mapping_id, 100'000))
      plan.open_faults.insert(std::move(id));
}

}  // namespace

PullPlan make_pull_plan(pg::Sql& sql, store::RunSpec spec, pg::Oid owner) {
  core::Api api = core::make_api(spec.manifest, spec.config).value();
  api.connection = spec.connection;
  core::Object object = find_object(api, spec);
  const pg::Table table = find_target(sql, spec);
  check_rights(sql, table, spec, owner);
  if (!pg::try_lock_table(table.oid)) throw TableBusy(table.quoted);
  const core::Target target = store::target_of(table);
  core::Mapping mapping = checked_mapping(sql, spec, api, target);
  if (mapping.page_size > 0) object.paging.size = mapping.page_size;
  const std::vector<std::string> key = mapping.key.empty() ? object.id : mapping.key;
  const bool keyed = mapping.write_mode != core::WriteMode::append;
  const bool incremental = mapping.sync_mode == core::SyncMode::incremental;
  if (!incremental) mapping.cursor_field.clear();

  store::WritePlan write =
      store::make_write_plan(table, mapping, keyed ? match_columns(mapping, key) : std::vector<std::string>{});
  core::RowBuilder rows(mapping, target, keyed ? key : std::vector<std::string>{}, definition_seed(spec));
  core::Params params = run_params(object, mapping, spec);
  std::string listing = listing_of(object, params);
  Start start = start_of(spec, listing);
  core::Pager pager(object, std::move(params), start.position);
  base::PageReader reader(object.records, rows.fields(), pager.facts());
  Credentials credentials = store::load_credentials(sql, spec.connection_id);
  std::string pool = strcat(spec.connection_id, ":", spec.connection_version);
  std::optional<core::Watermark> watermark;
  if (incremental && object.cursor) {
    watermark.emplace(object.cursor->format, spec.full ? std::nullopt : spec.cursor_value);
    if (start.began) watermark->set_began(base::Instant{std::stoll(*start.began)});
  }
  PullPlan plan{.spec = std::move(spec),
                .api = std::move(api),
                .object = std::move(object),
                .mapping = std::move(mapping),
                .write = std::move(write),
                .rows = std::move(rows),
                .reader = std::move(reader),
                .pager = std::move(pager),
                .credentials = std::move(credentials),
                .pool = std::move(pool),
                .contracts = keyed && !incremental,
                .gate = false,
                .watermark = std::move(watermark),
                .open_faults = {},
                .began = std::move(start.began),
                .listing = std::move(listing),
                .resumed = start.resumed,
                .first_load = false};
  look_at_state(sql, plan);
  return plan;
}

base::Json stored_position(const core::Position& position, const std::optional<std::string>& began) {
  base::Json json = base::Json::object();
  json.set("at", position.to_json());
  if (began) json.set("began", base::Json(*began));
  return json;
}

base::Json end_position(const std::optional<core::Watermark>& watermark) {
  base::Json json = base::Json::object();
  json.set("end", base::Json(true));
  if (watermark)
    if (const auto cursor = watermark->value()) json.set("cursor", base::Json(*cursor));
  return json;
}

}  // namespace tandem::worker
