#include "worker/waiting_changes.hpp"

#include <map>
#include <utility>

#include "base/json.hpp"
#include "store/local_rows.hpp"
#include "store/outbox_entries.hpp"

namespace tandem::worker {

namespace {

constexpr std::int64_t kMostEntries = 20;  // of up to 1,000 rows each

using Key = std::map<std::string, std::string>;  // in whatever order its members are printed

Key members_of(const std::string& key) {
  Key members;
  const base::Json json = base::Json::parse(key).value();
  for (const auto& [name, value] : json.members()) members[name] = value.dump();
  return members;
}

class Waiting {
 public:
  explicit Waiting(std::size_t limit) : limit_(limit) {}

  void add(store::OutboxItem item) {
    if (full()) return;
    if (place_.try_emplace(members_of(item.key), items_.size()).second) items_.push_back(std::move(item));
  }

  // Behind what the item is about already, as unfolding it would.
  void add(core::RowChange change) {
    store::OutboxItem item;
    const auto found = place_.find(members_of(change.key));
    const bool known = found != place_.end();
    store::OutboxItem& to = known ? items_[found->second] : item;
    to.changed = known && (!to.changed || !change.changed) ? std::nullopt : with(to.changed, change.changed);
    if (!known || to.op != 'i' || change.op != 'u') to.op = change.op;
    if (!change.was.empty()) to.was = std::move(change.was);
    to.version = change.version;
    if (known) return;
    item.key = std::move(change.key);
    item.captured_at = change.captured_at;
    add(std::move(item));
  }

  [[nodiscard]] bool full() const noexcept { return items_.size() >= limit_; }
  std::vector<store::OutboxItem> numbered() {
    for (std::size_t i = 0; i < items_.size(); ++i) items_[i].item = static_cast<std::int64_t>(i);
    return std::move(items_);
  }

 private:
  using Columns = std::optional<std::vector<int>>;
  static Columns with(Columns before, const Columns& more) {
    if (!before || !more) return more;
    before->insert(before->end(), more->begin(), more->end());
    return before;
  }

  std::size_t limit_;
  std::vector<store::OutboxItem> items_;
  std::map<Key, std::size_t> place_;
};

}  // namespace

std::vector<store::OutboxItem> waiting_changes(pg::Sql& sql, const PushPlan& plan, std::size_t limit, bool rows) {
  Waiting waiting(limit);
  for (store::OutboxItem& item : store::pending_items(sql, plan.spec.mapping_id, static_cast<std::int64_t>(limit)))
    waiting.add(std::move(item));
  const auto captured_now = [&] {
    return plan.mapping.compares() ? std::vector<core::CapturedEntry>()
                                   : store::look_at_entries(sql, plan.table.oid, kMostEntries);
  };
  // What cannot be told row by row any more (the key is another one) is looked at with all other rows.
  base::Result<core::Unfolded> captured = core::unfold(captured_now(), plan.own_key);
  if (captured)
    for (core::RowChange& change : captured->rows) waiting.add(std::move(change));
  if (rows && !waiting.full())
    for (std::string& key : store::first_keys(sql, plan.table, plan.row_key, limit)) {
      store::OutboxItem item;
      item.key = std::move(key);
      waiting.add(std::move(item));
    }
  return waiting.numbered();
}

}  // namespace tandem::worker
