// How long the stages of a run took, by the monotonic clock, and how old records were when
// they arrived. Both are stored with the run's row and go on from there when another worker
// takes the run, so that nothing is counted twice or lost but what was not committed.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>

#include "base/clock.hpp"
#include "base/json.hpp"

namespace tandem::core {

// fetch runs beside the others: the stages together may be more than the total.
enum class Stage { plan, fetch, read, convert, write, contracts, deletes, wait };

class RunTiming {
 public:
  RunTiming() = default;
  // `stored`: json() of whoever had the run before. `began`: the moment it was taken.
  RunTiming(const base::Json& stored, base::Micros began);
  void add(Stage stage, base::Micros spent) { spent_[static_cast<std::size_t>(stage)] += spent; }
  // {"plan_ms": 3, …, "total_ms": 1234}
  [[nodiscard]] base::Json json(base::Micros now) const;

 private:
  static constexpr std::size_t kStages = 8;
  std::array<base::Micros, kStages> spent_{};
  base::Micros total_before_ = 0, began_ = 0;
};

// Stages that follow each other: the time since the last lap is this one's.
class Laps {
 public:
  explicit Laps(RunTiming& timing) : timing_(timing), since_(base::monotonic()) {}
  void lap(Stage stage) {
    const base::Micros now = base::monotonic();
    timing_.add(stage, now - since_);
    since_ = now;
  }

 private:
  RunTiming& timing_;
  base::Micros since_;
};

// Counts per bucket, four buckets to a doubling: bucket b stands for 2^(b/4) ms and more. Histograms of many runs
// are added up by bucket (view mapping_stats).
class Latencies {
 public:
  Latencies() = default;
  explicit Latencies(const base::Json& stored);
  void add(base::Micros latency);
  [[nodiscard]] base::Json json() const;  // {"40": 12}
  [[nodiscard]] static int bucket_of(base::Micros latency);

 private:
  std::map<int, std::int64_t> counts_;
};

}  // namespace tandem::core
