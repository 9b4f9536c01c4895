// The pushes of one worker beside its other runs: which jobs there are, whose turn it is,
// and which transfers are theirs. A job lives as long as its worker; whoever captured
// something wakes the worker, and every job looks whether it was for it.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/clock.hpp"
#include "net/transfers.hpp"
#include "worker/push_job.hpp"

namespace tandem::worker {

class PushJobs {
 public:
  explicit PushJobs(pg::Oid owner) : owner_(owner) {}

  void take(PushPlan plan);  // of a run that was taken
  void wake();
  void leave();
  void cancel(const std::vector<std::int64_t>& runs);
  [[nodiscard]] std::vector<std::int64_t> runs() const;
  [[nodiscard]] std::vector<std::int64_t> mappings() const;
  [[nodiscard]] bool dormant() const;  // no run, nothing under way

  // Starts what may be started: `in_flight` counts by pool, `room` tells whether there is any left. True: something
  // was.
  template <class Room>
  bool send(net::Transfers& transfers, std::unordered_map<std::string, int>& in_flight, Room&& room);
  // False: the transfer is not of a push.
  bool deliver(net::TransferId id, net::Response& response, std::unordered_map<std::string, int>& in_flight);
  // One transaction of one job that wants it; false: none does.
  bool turn_one(base::Micros now);
  [[nodiscard]] bool wants_turn(base::Micros now) const;
  [[nodiscard]] std::optional<base::Micros> not_before() const;

 private:
  void forget_done();

  pg::Oid owner_;
  std::vector<std::unique_ptr<PushJob>> jobs_;
  struct Waiting {
    PushJob* job;  // null: nobody waits for it any more
    std::string pool;
  };
  std::unordered_map<net::TransferId, Waiting> waiting_;
  std::size_t next_ = 0;
};

template <class Room>
bool PushJobs::send(net::Transfers& transfers, std::unordered_map<std::string, int>& in_flight, Room&& room) {
  bool started = false;
  for (const auto& job : jobs_) {
    while (job->wants_request() && in_flight[job->pool()] < job->max_in_flight() && room()) {
      std::optional<net::Request> request = job->make_request();
      if (!request) continue;
      const net::TransferId id = transfers.start(*std::move(request));
      job->sent(id);
      waiting_[id] = {job.get(), job->pool()};
      ++in_flight[job->pool()];
      started = true;
    }
  }
  return started;
}

}  // namespace tandem::worker
