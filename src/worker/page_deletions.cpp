#include "worker/page_deletions.hpp"

#include <algorithm>
#include <unordered_map>
#include <unordered_set>

#include "core/listing/cursor_text.hpp"
#include "core/rows/failures.hpp"
#include "store/deletes.hpp"
#include "store/deletion_feed.hpp"

namespace tandem::worker {

namespace {

// The entries of a page, one beside the other.
struct Entries {
  std::vector<core::Identity> rows;
  std::vector<store::FeedKey> keys;
  std::vector<core::FeedEntry> facts;
};

bool has_moments(const PullPlan& plan) {
  const auto& cursor = plan.listing.feed()->object.cursor;
  return cursor && !cursor->token;
}

Entries entries_of(const PullPlan& plan, LoadedPage& loaded, std::vector<core::RowFault>& faults) {
  Entries out;
  const core::Reading::Feed& feed = *plan.listing.feed();
  const core::RowBuilder& rows = plan.feed_reader->rows;
  std::optional<core::CursorText> text;
  if (has_moments(plan)) text.emplace(*feed.object.cursor, feed.zone);
  for (std::size_t record = 0; record < loaded.page.records(); ++record) {
    const std::string_view id = rows.origin_id(loaded.page, record, loaded.arena);
    if (id.empty()) {
      faults.push_back(rows.without_id(loaded.page, record));
      continue;
    }
    out.rows.push_back({.record = record, .origin_id = id});
    core::FeedEntry& entry = out.facts.emplace_back();
    store::FeedKey& key = out.keys.emplace_back(store::FeedKey{std::string(id), {}});
    if (!text) continue;
    const base::Value& at = loaded.page.record(record)[rows.fields().size()];
    key.at = std::string(at.text);
    if (feed.object.cursor->timed()) entry.at = text->rank(at);
    entry.since = feed.start.since;
    entry.until = plan.listing.feed_until();
  }
  return out;
}

core::SeenSet& seen_by(pg::Sql& sql, PullPlan& plan) {
  if (!plan.deletes->seen) plan.deletes->seen.emplace(store::load_seen(sql, plan.spec));
  return *plan.deletes->seen;
}

// Fills in what is known of the entries here; gives the ordinals of their contracts.
std::unordered_map<std::string, std::int64_t> look_up(pg::Sql& sql, PullPlan& plan, Entries& entries) {
  std::vector<std::string> ids;
  for (const store::FeedKey& key : entries.keys) ids.push_back(key.origin_id);
  std::unordered_map<std::string, std::int64_t> ordinals;
  for (store::FeedContract& contract : store::feed_contracts(sql, plan.spec.mapping_id, ids))
    ordinals.emplace(std::move(contract.origin_id), contract.ordinal);
  const core::SeenSet& seen = seen_by(sql, plan);
  const bool acts = plan.listing.feed()->start.acts;
  const std::vector<bool> judged = has_moments(plan) ? store::judged_before(sql, plan.spec.mapping_id, entries.keys)
                                                     : std::vector<bool>(entries.keys.size());
  for (std::size_t i = 0; i < entries.facts.size(); ++i) {
    const auto contract = ordinals.find(entries.keys[i].origin_id);
    entries.facts[i].known = !acts || judged[i];
    entries.facts[i].live =
        contract != ordinals.end() && (contract->second > plan.deletes->limit || seen.contains(contract->second));
  }
  return ordinals;
}

// What stays although it is gone is no business of the sweep behind the feed.
void take_from_sweep(pg::Sql& sql, const PullPlan& plan, const std::unordered_set<std::string>& open,
                     const std::unordered_map<std::string, std::int64_t>& ordinals) {
  if (!plan.deletes->sweeps) return;
  std::vector<std::int64_t> shown;
  for (const std::string& id : open)
    if (const auto found = ordinals.find(id); found != ordinals.end()) shown.push_back(found->second);
  store::keep_seen(sql, plan.spec, std::move(shown));
}

}  // namespace

FeedReader make_feed_reader(const core::Reading& reading, const core::Target& target) {
  const core::Reading::Feed& feed = *reading.feed();
  core::RowBuilder rows(core::Mapping{}, target, feed.object.id, 0);
  std::vector<base::FieldPath> fields = rows.fields();
  for (base::FieldPath& field : feed.listing.fields(false)) fields.push_back(std::move(field));
  base::PageReader reader(feed.object.records, std::move(fields), feed.listing.facts(false));
  return {.rows = std::move(rows), .reader = std::move(reader)};
}

std::optional<core::RunFailure> read_deletions(PullPlan& plan, LoadedPage& loaded) {
  base::Result<base::Page> page = plan.feed_reader->reader.read(loaded.response.body, loaded.arena);
  if (!page) return core::failure_of_error(page.error());
  loaded.page = *std::move(page);
  return std::nullopt;
}

BuriedPage bury_page(pg::Sql& sql, PullPlan& plan, LoadedPage& loaded) {
  BuriedPage out;
  core::Laps laps(plan.timing);
  Entries entries = entries_of(plan, loaded, out.faults);
  const std::unordered_map<std::string, std::int64_t> ordinals = look_up(sql, plan, entries);
  std::vector<core::Identity> gone;
  std::unordered_set<std::string_view> among;
  std::vector<core::FeedVerdict> verdicts;
  for (std::size_t i = 0; i < entries.facts.size(); ++i) {
    verdicts.push_back(core::judge(entries.facts[i]));
    if (verdicts.back() == core::FeedVerdict::bury && among.insert(entries.rows[i].origin_id).second)
      gone.push_back(entries.rows[i]);
  }
  out.buried = bury(sql, plan, gone);
  std::unordered_set<std::string> open;  // what the brake has kept is asked for again
  for (const core::Identity& row : gone) open.emplace(row.origin_id);
  for (const core::Identity& row : out.buried.settled) open.erase(std::string(row.origin_id));
  take_from_sweep(sql, plan, open, ordinals);
  if (has_moments(plan)) {
    std::vector<store::FeedKey> judged;
    for (std::size_t i = 0; i < verdicts.size(); ++i)
      if (verdicts[i] != core::FeedVerdict::later &&
          (out.buried.held_back == 0 || verdicts[i] != core::FeedVerdict::bury ||
           !open.contains(entries.keys[i].origin_id)))
        judged.push_back(std::move(entries.keys[i]));
    store::keep_judged(sql, plan.spec.mapping_id, plan.deletes->pass, judged);
  }
  laps.lap(core::Stage::deletes);
  out.counters.pages = 1;
  out.counters.deleted = out.buried.deleted;
  out.counters.failed = static_cast<std::int64_t>(out.faults.size() + out.buried.failed);
  out.counters.bytes = loaded.response.wire_bytes;
  return out;
}

}  // namespace tandem::worker
