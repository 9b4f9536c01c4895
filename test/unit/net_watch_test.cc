// The clocks of a transfer, on a clock of the test's own.
#include "net/watch.hpp"

#include <gtest/gtest.h>

namespace tandem::net {
namespace {

constexpr base::Micros kMs = 1000;
constexpr Timeouts kLimits = {.connect_ms = 10, .first_byte_ms = 60, .total_ms = 300, .low_speed_s = 1};

TEST(NetWatch, WaitingForAConnectionCountsForTheTotalOnly) {
  const Watch watch(kLimits, 1000);
  EXPECT_EQ(1000 + 300 * kMs, watch.due());
  EXPECT_EQ(std::nullopt, watch.expired(1000 + 299 * kMs));
  EXPECT_EQ(Limit::total, watch.expired(1000 + 300 * kMs));
}

TEST(NetWatch, ConnectIsOneLimitForAllAddresses) {
  Watch watch(kLimits, 0);
  watch.connecting(100 * kMs);
  watch.connecting(105 * kMs);
  EXPECT_EQ(110 * kMs, watch.due());
  EXPECT_EQ(std::nullopt, watch.expired(109 * kMs));
  EXPECT_EQ(Limit::connect, watch.expired(110 * kMs));
}

TEST(NetWatch, FirstByteCountsFromTheLastByteSent) {
  Watch watch(kLimits, 0);
  watch.connecting(0);
  watch.connected(5 * kMs);
  EXPECT_EQ(65 * kMs, watch.due());
  watch.progress(1000, 40 * kMs);
  EXPECT_EQ(100 * kMs, watch.due());
  watch.progress(1000, 90 * kMs);  // nothing moved
  EXPECT_EQ(Limit::first_byte, watch.expired(100 * kMs));
}

TEST(NetWatch, LowSpeedCountsFromTheLastByteReceived) {
  Watch watch({.connect_ms = 10, .first_byte_ms = 60, .total_ms = 0, .low_speed_s = 1}, 0);
  watch.connected(0);
  watch.answering(10 * kMs);
  watch.answering(500 * kMs);  // the next header line does not start it again
  EXPECT_EQ(1010 * kMs, watch.due());
  watch.progress(1, 900 * kMs);
  EXPECT_EQ(Limit::low_speed, watch.expired(1900 * kMs));
  EXPECT_EQ(std::nullopt, watch.expired(1899 * kMs));
}

TEST(NetWatch, TotalEndsEvenASteadyAnswer) {
  Watch watch(kLimits, 0);
  watch.connected(0);
  watch.answering(1 * kMs);
  for (int i = 1; i < 300; ++i) watch.progress(i, i * kMs);
  EXPECT_EQ(std::nullopt, watch.expired(299 * kMs));
  EXPECT_EQ(Limit::total, watch.expired(300 * kMs));
}

TEST(NetWatch, ANewConnectionStartsTheConnectLimitAgain) {
  Watch watch(kLimits, 0);
  watch.connected(0);
  watch.connecting(30 * kMs);
  EXPECT_EQ(40 * kMs, watch.due());
}

TEST(NetWatch, AnAnswerIsNotInterruptedByLateConnectEvents) {
  Watch watch(kLimits, 0);
  watch.connected(0);
  watch.answering(1 * kMs);
  watch.connecting(2 * kMs);
  EXPECT_EQ(Watch::Phase::answering, watch.phase());
}

TEST(NetWatch, ShiftMovesEveryLimit) {
  Watch watch(kLimits, 0);
  watch.connected(0);
  watch.shift(1000 * kMs);
  EXPECT_EQ(1060 * kMs, watch.due());
  watch.answering(1061 * kMs);
  EXPECT_EQ(1300 * kMs, watch.due());
  EXPECT_EQ(Limit::total, watch.expired(1300 * kMs));
}

TEST(NetWatch, ZeroIsNoLimit) {
  Watch watch({.connect_ms = 0, .first_byte_ms = 0, .total_ms = 0, .low_speed_s = 0}, 0);
  for (int i = 0; i < 4; ++i) {
    EXPECT_EQ(Watch::kNever, watch.due());
    EXPECT_EQ(std::nullopt, watch.expired(Watch::kNever - 1));
    if (i == 0) watch.connecting(1);
    if (i == 1) watch.connected(2);
    if (i == 2) watch.answering(3);
  }
}

}  // namespace
}  // namespace tandem::net
