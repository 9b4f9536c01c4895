#include "core/run/run_timing.hpp"

#include <gtest/gtest.h>

#include <cmath>

namespace tandem::core {
namespace {

using base::Json;

TEST(RunTiming, AddsUpByStage) {
  RunTiming timing(Json::object(), 5'000'000);
  timing.add(Stage::fetch, 1'500'000);
  timing.add(Stage::fetch, 250'999);
  timing.add(Stage::wait, 7'000);
  EXPECT_EQ(
      timing.json(7'000'000).dump(),
      R"({"plan_ms":0,"fetch_ms":1750,"read_ms":0,"convert_ms":0,"write_ms":0,"contracts_ms":0,"deletes_ms":0,"wait_ms":7,"total_ms":2000})");
}

TEST(RunTiming, GoesOnFromWhatIsStored) {
  RunTiming first(Json::object(), 0);
  first.add(Stage::write, 30'000);
  const Json stored = first.json(1'000'000);
  RunTiming second(stored, 90'000'000);  // another process, another clock
  second.add(Stage::write, 12'000);
  second.add(Stage::contracts, 1'000);
  const Json json = second.json(90'500'000);
  EXPECT_EQ(json.integer_at("write_ms"), 42);
  EXPECT_EQ(json.integer_at("contracts_ms"), 1);
  EXPECT_EQ(json.integer_at("total_ms"), 1500);
}

TEST(Latencies, BucketsAreQuartersOfADoubling) {
  EXPECT_EQ(Latencies::bucket_of(-5), 0);
  EXPECT_EQ(Latencies::bucket_of(0), 0);
  EXPECT_EQ(Latencies::bucket_of(1'999), 0);
  EXPECT_EQ(Latencies::bucket_of(2'000), 4);
  EXPECT_EQ(Latencies::bucket_of(1'024'000), 40);
  EXPECT_EQ(Latencies::bucket_of(1'023'000), 39);
  EXPECT_EQ(Latencies::bucket_of(INT64_C(9'000'000'000'000'000'000)), 160);
  for (base::Micros latency = 2'000; latency < 1'000'000'000'000; latency += latency / 7) {
    const int bucket = Latencies::bucket_of(latency);
    EXPECT_LE(std::exp2(bucket / 4.0), static_cast<double>(latency) / 1000 * 1.0000001);
    EXPECT_GT(std::exp2((bucket + 1) / 4.0), static_cast<double>(latency) / 1000 * 0.9999999);
  }
}

TEST(Latencies, AreStoredAndAddedTo) {
  Latencies latencies(Json::parse(R"({"40": 2, "x": 3, "7": "y"})").value());
  latencies.add(1'024'000);
  latencies.add(0);
  EXPECT_EQ(latencies.json().dump(), R"({"0":1,"40":3})");
  EXPECT_EQ(Latencies(Json()).json().dump(), "{}");
}

}  // namespace
}  // namespace tandem::core
