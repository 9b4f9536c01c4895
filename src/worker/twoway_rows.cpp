#include "worker/twoway_rows.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"
#include "worker/push_unfold.hpp"

namespace tandem::worker {

WaitingItems unsent_changes(pg::Sql& sql, PullPlan& plan, const std::vector<store::RowImages>& images) {
  while (unfold_captured(sql, plan.two_way->pushed)) continue;
  std::vector<std::string> keys;
  for (const store::RowImages& image : images)
    if (!image.key.empty()) keys.push_back(image.key);
  WaitingItems waiting;
  for (store::WaitingItem& item : store::items_of_keys(sql, plan.spec.mapping_id, keys)) {
    if (item.state == 'c') throw TableBusy(base::strcat("the push of row ", item.key, " of ", plan.write.table.quoted));
    std::string key = item.key;
    waiting.emplace(std::move(key), std::move(item));
  }
  return waiting;
}

std::string image_of(const PullPlan& plan, const store::Texts& texts) {
  base::Json json = base::Json::object();
  for (std::size_t c = 0; c < texts.size(); ++c)
    json.set(plan.write.columns[c], texts[c] ? base::Json(*texts[c]) : base::Json());
  return json.dump();
}

}  // namespace tandem::worker
