#include "store/deletion_feed.hpp"

namespace tandem::store {

namespace {

struct Arrays {
  std::vector<std::string> ids, ats;
};

Arrays arrays_of(const std::vector<FeedKey>& entries) {
  Arrays out;
  for (const FeedKey& entry : entries) {
    out.ids.push_back(entry.origin_id);
    out.ats.push_back(entry.at);
  }
  return out;
}

}  // namespace

std::vector<bool> judged_before(pg::Sql& sql, std::int64_t mapping, const std::vector<FeedKey>& entries) {
  std::vector<bool> judged(entries.size());
  if (entries.empty()) return judged;
  const Arrays arrays = arrays_of(entries);
  const pg::Param parameters[] = {mapping, arrays.ids, arrays.ats};
  const pg::Rows rows = sql.engine_by_index(
      "SELECT u.n FROM unnest($2, $3) WITH ORDINALITY AS u (origin_id, at, n)"
      " JOIN tandem._deletion d ON d.mapping_id = $1 AND d.origin_id = u.origin_id AND d.at = u.at",
      parameters);
  for (std::size_t i = 0; i < rows.size(); ++i) judged[static_cast<std::size_t>(rows.integer(i, 0) - 1)] = true;
  return judged;
}

void keep_judged(pg::Sql& sql, std::int64_t mapping, std::int64_t pass, const std::vector<FeedKey>& entries) {
  if (entries.empty()) return;
  const Arrays arrays = arrays_of(entries);
  sql.engine(
      "INSERT INTO tandem._deletion AS d (mapping_id, origin_id, at, pass)"
      " SELECT DISTINCT $1, u.origin_id, u.at, $4 FROM unnest($2, $3) AS u (origin_id, at)"
      " ON CONFLICT (mapping_id, origin_id, at) DO UPDATE SET pass = excluded.pass WHERE d.pass <> excluded.pass",
      {mapping, arrays.ids, arrays.ats, pass});
}

void forget_judged(pg::Sql& sql, std::int64_t mapping, std::int64_t pass) {
  sql.engine("DELETE FROM tandem._deletion WHERE mapping_id = $1 AND pass <> $2", {mapping, pass});
}

std::vector<FeedContract> feed_contracts(pg::Sql& sql, std::int64_t mapping,
                                         const std::vector<std::string>& origin_ids) {
  std::vector<FeedContract> contracts;
  if (origin_ids.empty()) return contracts;
  const pg::Param parameters[] = {mapping, origin_ids};
  const pg::Rows rows = sql.engine_by_index(
      "SELECT c.origin_id, c.ordinal FROM unnest($2) AS u (origin_id) JOIN tandem._contract c"
      " ON c.mapping_id = $1 AND c.origin_id = u.origin_id AND c.deleted_at IS NULL",
      parameters);
  for (std::size_t i = 0; i < rows.size(); ++i) contracts.push_back({rows.text(i, 0), rows.integer(i, 1)});
  return contracts;
}

bool has_contracts(pg::Sql& sql, std::int64_t mapping) {
  return sql
      .engine("SELECT EXISTS (SELECT FROM tandem._contract WHERE mapping_id = $1 AND deleted_at IS NULL)", {mapping})
      .boolean(0, 0);
}

void begin_pass(pg::Sql& sql, const RunSpec& spec) {
  sql.engine("DELETE FROM tandem._seen s USING tandem._run r WHERE s.run = r.run AND r.mapping_id = $1",
             {spec.mapping_id});
  sql.engine(
      "UPDATE tandem._mapping SET resume = NULL, resume_version = NULL WHERE mapping_id = $1 AND resume IS NOT NULL",
      {spec.mapping_id});
}

void adopt_seen(pg::Sql& sql, const RunSpec& spec) {
  sql.engine(
      "UPDATE tandem._seen s SET run = $2 FROM tandem._run r"
      " WHERE s.run = r.run AND r.mapping_id = $1 AND r.run <> $2",
      {spec.mapping_id, spec.run});
}

}  // namespace tandem::store
