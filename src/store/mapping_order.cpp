#include "store/mapping_order.hpp"

#include <unordered_map>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "core/mapping/reference.hpp"

namespace tandem::store {

namespace {

struct Order {
  std::vector<std::int64_t> ids;
  core::Graph graph;
};

// Those that refer, and those referred to.
Order load(pg::Sql& sql, std::int64_t tenant_id) {
  const pg::Rows rows = sql.engine(R"(
    SELECT m.mapping_id, p.mapping_id
      FROM tandem._mapping m
      JOIN tandem._mapping p ON p.tenant_id = m.tenant_id AND p.name = ANY (m.refers_to)
     WHERE m.tenant_id = $1 AND m.refers_to <> '{}')",
                                   {tenant_id});
  Order order;
  std::unordered_map<std::int64_t, std::size_t> nodes;
  const auto node = [&](std::int64_t id) {
    const auto [found, fresh] = nodes.try_emplace(id, order.ids.size());
    if (fresh) {
      order.ids.push_back(id);
      order.graph.emplace_back();
    }
    return found->second;
  };
  for (std::size_t i = 0; i < rows.size(); ++i) {
    const std::size_t from = node(rows.integer(i, 0)), to = node(rows.integer(i, 1));
    order.graph[from].push_back(to);
  }
  return order;
}

void save(pg::Sql& sql, std::int64_t tenant_id, const Order& order) {
  const std::vector<int> ranks = core::ranks(order.graph);
  std::vector<std::int64_t> rank;
  std::vector<std::string> waits_on;
  for (std::size_t i = 0; i < order.ids.size(); ++i) {
    std::string list;
    for (const std::size_t to : order.graph[i])
      if (ranks[to] < ranks[i]) list += (list.empty() ? "" : ",") + std::to_string(order.ids[to]);
    rank.push_back(ranks[i]);
    waits_on.push_back("{" + list + "}");
  }
  sql.engine(R"(
    UPDATE tandem._mapping m SET rank = o.rank, waits_on = o.waits_on::bigint[]
      FROM unnest($2, $3, $4) AS o (mapping_id, rank, waits_on)
     WHERE m.tenant_id = $1 AND m.mapping_id = o.mapping_id AND (m.rank <> o.rank OR m.waits_on <> o.waits_on::bigint[]))",
             {tenant_id, order.ids, rank, waits_on});
  sql.engine(
      "UPDATE tandem._mapping SET rank = 0, waits_on = '{}'"
      " WHERE tenant_id = $1 AND (rank <> 0 OR waits_on <> '{}') AND NOT mapping_id = ANY ($2)",
      {tenant_id, order.ids});
}

}  // namespace

void order_mapping(pg::Sql& sql, std::int64_t tenant_id, std::int64_t mapping_id,
                   const std::vector<std::string>& refers_to) {
  sql.engine("UPDATE tandem._mapping SET refers_to = $2 WHERE mapping_id = $1 AND refers_to <> $2",
             {mapping_id, refers_to});
  order_mappings(sql, tenant_id);
}

void order_mappings(pg::Sql& sql, std::int64_t tenant_id) {
  const pg::Rows any =
      sql.engine("SELECT FROM tandem._mapping WHERE tenant_id = $1 AND (refers_to <> '{}' OR waits_on <> '{}') LIMIT 1",
                 {tenant_id});
  if (any.processed() == 0) return;
  // Two who change the order at the same time would each see half of it, and mappings could wait for each other.
  sql.engine("SELECT FROM tandem._tenant WHERE tenant_id = $1 FOR NO KEY UPDATE", {tenant_id});
  save(sql, tenant_id, load(sql, tenant_id));
}

bool same_rank(pg::Sql& sql, std::int64_t one, std::int64_t other) {
  const pg::Rows rows =
      sql.engine("SELECT count(DISTINCT rank) FROM tandem._mapping WHERE mapping_id IN ($1, $2)", {one, other});
  return rows.integer(0, 0) == 1;
}

namespace {

// What Relatives says, of the mapping m and the name it is known by, in this order.
std::string after_of() {
  return "EXISTS (SELECT FROM tandem._mapping a WHERE a.tenant_id = m.tenant_id AND a.definition -> 'options' ? "
         "'after')";
}

std::string refer_of(std::string_view name) {
  return base::strcat(
      "EXISTS (SELECT FROM tandem._mapping c WHERE c.tenant_id = m.tenant_id AND c.refers_to <> '{}' AND (", name,
      " = ANY (c.refers_to) OR m.mapping_id = ANY (c.waits_on)))");
}

std::string records_of() {
  return "(EXISTS (SELECT FROM tandem._sync_error e"
         "          WHERE e.mapping_id = m.mapping_id AND e.waits_for IS NOT NULL AND e.resolved_at IS NULL)"
         " OR EXISTS (SELECT FROM pg_catalog.pg_class t WHERE t.oid = m.target AND t.relhastriggers))";
}

}  // namespace

Relatives lock_and_look_for_relatives(pg::Sql& sql, const RunSpec& spec) {
  const pg::Rows rows = sql.engine(base::strcat("SELECT ", after_of(), ", ", refer_of("$2"), ", ", records_of(),
                                                " FROM tandem._mapping m WHERE m.mapping_id = $1"
                                                " FOR NO KEY UPDATE OF m"),
                                   {spec.mapping_id, spec.mapping});
  if (rows.empty()) return {};
  return {.after = rows.boolean(0, 0), .refer = rows.boolean(0, 1), .records = rows.boolean(0, 2)};
}

std::vector<std::int64_t> lock_those_without_relatives(pg::Sql& sql, const std::vector<std::int64_t>& runs,
                                                       const std::vector<std::string>& names) {
  return sql
      .engine_by_index(base::strcat("SELECT r.run FROM unnest($1, $2) AS w (run, name)"
                                    "  JOIN tandem._run r ON r.run = w.run"
                                    "  JOIN tandem._mapping m ON m.mapping_id = r.mapping_id"
                                    " WHERE NOT r.again AND NOT ",
                                    after_of(), " AND NOT ", refer_of("w.name"), " AND NOT ", records_of(),
                                    " ORDER BY m.mapping_id FOR NO KEY UPDATE OF m, r SKIP LOCKED"),
                       std::vector<pg::Param>{runs, names})
      .integers(0);
}

bool holds_up_others(pg::Sql& sql, const RunSpec& spec) {
  return sql.engine(R"(
    SELECT FROM tandem._mapping m JOIN tandem._run r ON r.mapping_id = m.mapping_id AND r.status = 'pending'
     WHERE m.tenant_id = $1 AND m.refers_to <> '{}' AND $2 = ANY (m.waits_on) LIMIT 1)",
                    {spec.tenant_id, spec.mapping_id})
             .processed() > 0;
}

}  // namespace tandem::store
