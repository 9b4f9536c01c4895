#include "core/rows/failures.hpp"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

TEST(Failures, StatusesHaveTheirClass) {
  EXPECT_EQ(failure_of_status(401, "contacts", "").error_type, "AUTH_ERROR");
  EXPECT_EQ(failure_of_status(403, "contacts", "").error_type, "AUTH_ERROR");
  EXPECT_EQ(failure_of_status(429, "contacts", "").error_type, "RATE_LIMIT");
  EXPECT_TRUE(failure_of_status(429, "contacts", "").retryable);
  EXPECT_EQ(failure_of_status(302, "contacts", "").code, "TD303");
  EXPECT_EQ(failure_of_status(404, "contacts", "").code, "TD304");
  EXPECT_EQ(failure_of_status(422, "contacts", "").code, "TD305");
  EXPECT_FALSE(failure_of_status(422, "contacts", "").retryable);
  EXPECT_TRUE(failure_of_status(503, "contacts", "").retryable);
  EXPECT_EQ(failure_of_status(500, "contacts", "boom").message,
            "the other side answered 500 when asked for contacts: boom");
}

TEST(Failures, EveryErrcHasAClassAndACode) {
  for (int code = 0; code <= static_cast<int>(base::Errc::internal); ++code) {
    const RunFailure failure = failure_of_error({static_cast<base::Errc>(code), "text"});
    EXPECT_TRUE(failure.code.starts_with("TD")) << code;
    EXPECT_FALSE(failure.error_type.empty()) << code;
  }
}

// Codes of definitions (TD5xx) mean something else; what keeps a run from beginning has its own.
TEST(Failures, WhatCannotBeUsedHasACodeOfItsOwn) {
  EXPECT_EQ(failure_of_error({base::Errc::prerequisite, "text"}).code, "TD801");
  EXPECT_STREQ(fault_of_sqlstate("42703").code, "TD802");
}

TEST(Failures, ARunThatCannotBeginIsNotTheNetworksFault) {
  for (const base::Errc errc : {base::Errc::insufficient_privilege, base::Errc::undefined_object,
                                base::Errc::limit_exceeded, base::Errc::invalid_parameter}) {
    const RunFailure failure = failure_of_plan({errc, "text", "Detail.", "hint"});
    EXPECT_EQ(failure.error_type, "VALIDATION_ERROR");
    EXPECT_EQ(failure.code, "TD801");
    EXPECT_EQ(failure.message, "text: Detail.");
    EXPECT_EQ(failure.suggestion, "hint");
  }
  EXPECT_EQ(failure_of_plan({base::Errc::internal, "text"}).code, "TD901");
}

TEST(Failures, SqlstatesTellWhetherARowIsToBlame) {
  for (const char* row : {"23502", "23503", "23505", "23514", "23P01", "22P02", "22003", "P0001", "44000", "42501"}) {
    EXPECT_TRUE(fault_of_sqlstate(row).of_a_row) << row;
    EXPECT_FALSE(fault_of_sqlstate(row).transient) << row;
  }
  for (const char* again : {"40001", "40P01", "55P03"}) {
    EXPECT_TRUE(fault_of_sqlstate(again).transient) << again;
    EXPECT_FALSE(fault_of_sqlstate(again).of_a_row) << again;
  }
  for (const char* run : {"53100", "57P01", "XX000", "25006", "42703"})
    EXPECT_FALSE(fault_of_sqlstate(run).of_a_row) << run;
  EXPECT_STREQ(fault_of_sqlstate("42703").error_type, "SCHEMA_CHANGE");
}

}  // namespace
}  // namespace tandem::core
