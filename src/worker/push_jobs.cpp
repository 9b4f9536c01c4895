#include "worker/push_jobs.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "pg/session.hpp"

namespace tandem::worker {

void PushJobs::take(PushPlan plan) {
  const auto same = std::ranges::find(jobs_, plan.spec.mapping_id, &PushJob::mapping_id);
  if (same != jobs_.end() && (*same)->dormant())
    (*same)->adopt(std::move(plan));
  else
    jobs_.push_back(std::make_unique<PushJob>(std::move(plan), owner_));
}

void PushJobs::wake() {
  for (const auto& job : jobs_) job->wake();
}

void PushJobs::leave() {
  for (const auto& job : jobs_) job->yield();
  forget_done();
}

void PushJobs::cancel(const std::vector<std::int64_t>& runs) {
  for (const auto& job : jobs_)
    if (job->run() && std::ranges::find(runs, *job->run()) != runs.end()) job->cancel();
}

std::vector<std::int64_t> PushJobs::runs() const {
  std::vector<std::int64_t> runs;
  for (const auto& job : jobs_)
    if (job->run()) runs.push_back(*job->run());
  return runs;
}

std::vector<std::int64_t> PushJobs::mappings() const {
  std::vector<std::int64_t> mappings;
  for (const auto& job : jobs_) mappings.push_back(job->mapping_id());
  return mappings;
}

bool PushJobs::dormant() const { return std::ranges::all_of(jobs_, &PushJob::dormant); }

bool PushJobs::deliver(net::TransferId id, net::Response& response, std::unordered_map<std::string, int>& in_flight) {
  const auto found = waiting_.find(id);
  if (found == waiting_.end()) return false;
  const Waiting waiting = std::move(found->second);
  waiting_.erase(found);
  --in_flight[waiting.pool];
  if (waiting.job != nullptr) waiting.job->on_response(id, std::move(response));
  return true;
}

bool PushJobs::wants_turn(base::Micros now) const {
  return std::ranges::any_of(jobs_, [now](const auto& job) { return job->wants_turn(now); });
}

bool PushJobs::turn_one(base::Micros now) {
  for (std::size_t i = 0; i < jobs_.size(); ++i) {
    PushJob& job = *jobs_[(next_ + i) % jobs_.size()];
    if (!job.wants_turn(now)) continue;
    next_ = (next_ + i + 1) % jobs_.size();
    pg::set_application_name(base::strcat("tandem: ", job.mapping()));
    job.turn();
    forget_done();
    return true;
  }
  return false;
}

std::optional<base::Micros> PushJobs::not_before() const {
  std::optional<base::Micros> first;
  for (const auto& job : jobs_)
    if (const auto when = job->not_before(); when && (!first || *when < *first)) first = when;
  return first;
}

// What is still on its way for one that is of no use any more comes back to nobody.
void PushJobs::forget_done() {
  for (auto& [id, waiting] : waiting_)
    if (waiting.job != nullptr && waiting.job->done()) waiting.job = nullptr;
  std::erase_if(jobs_, [](const auto& job) { return job->done(); });
}

}  // namespace tandem::worker
