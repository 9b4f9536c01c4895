#include "core/run/run_timing.hpp"

#include <charconv>
#include <cmath>
#include <string>

namespace tandem::core {

namespace {

constexpr std::array<const char*, 8> kNames{"plan_ms",      "fetch_ms",   "read_ms", "convert_ms", "write_ms",
                                            "contracts_ms", "deletes_ms", "wait_ms"};  // in the order of Stage
constexpr const char* kTotal = "total_ms";
constexpr int kLastBucket = 160;  // 2^40 ms: 35 years

base::Micros stored_micros(const base::Json& stored, const char* name) {
  return stored.integer_at(name).value_or(0) * 1000;
}

}  // namespace

RunTiming::RunTiming(const base::Json& stored, base::Micros began)
    : total_before_(stored_micros(stored, kTotal)), began_(began) {
  for (std::size_t i = 0; i < kStages; ++i) spent_[i] = stored_micros(stored, kNames[i]);
}

base::Json RunTiming::json(base::Micros now) const {
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < kStages; ++i) json.set(kNames[i], base::Json(spent_[i] / 1000));
  json.set(kTotal, base::Json((total_before_ + now - began_) / 1000));
  return json;
}

Latencies::Latencies(const base::Json& stored) {
  if (!stored.is_object()) return;
  for (const auto& [name, count] : stored.members()) {
    int bucket = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), bucket);
    if (read.ec == std::errc() && count.is_integer()) counts_[bucket] += count.integer();
  }
}

void Latencies::add(base::Micros latency) { ++counts_[bucket_of(latency)]; }

base::Json Latencies::json() const {
  base::Json json = base::Json::object();
  for (const auto& [bucket, count] : counts_) json.set(std::to_string(bucket), base::Json(count));
  return json;
}

int Latencies::bucket_of(base::Micros latency) {
  if (latency < 2000) return 0;  // and clocks that do not agree
  const int bucket = static_cast<int>(std::floor(4 * std::log2(static_cast<double>(latency) / 1000)));
  return bucket > kLastBucket ? kLastBucket : bucket;
}

}  // namespace tandem::core
