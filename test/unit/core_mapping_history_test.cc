#include "core/mapping/history.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tandem::core {
namespace {

using base::Json;

struct Read {
  History history;
  Findings findings;
};

Read read(const char* options) {
  static constexpr std::array<std::string_view, 1> kKeys{"record_log"};
  Read out;
  const Json json = Json::parse(options).value();
  ObjectReader in(json, "options", kKeys, out.findings);
  out.history = read_history(in, out.findings);
  return out;
}

TEST(MappingHistory, IsOffUnlessAskedFor) {
  EXPECT_EQ(read("{}").history.level, History::Level::none);
  EXPECT_FALSE(read("{}").history.given);
  EXPECT_TRUE(read(R"({"record_log": "none"})").history.given);
}

TEST(MappingHistory, IsALevelOrAnObject) {
  EXPECT_EQ(read(R"({"record_log": "changes"})").history.level, History::Level::changes);
  EXPECT_EQ(read(R"({"record_log": "changes"})").history.days, 30);
  const History history = read(R"({"record_log": {"level": "all", "days": 0}})").history;
  EXPECT_EQ(history.level, History::Level::all);
  EXPECT_EQ(history.days, 0);
}

TEST(MappingHistory, MistakesAreNamed) {
  for (const char* wrong : {R"({"record_log": "some"})", R"({"record_log": 7})", R"({"record_log": {"level": "al"}})",
                            R"({"record_log": {"level": "all", "days": -1}})",
                            R"({"record_log": {"level": "all", "day": 1}})", R"({"record_log": {"days": 1}})"}) {
    const Read got = read(wrong);
    ASSERT_EQ(got.findings.size(), 1U) << wrong;
    EXPECT_TRUE(got.findings[0].path.starts_with("options.record_log")) << got.findings[0].path;
  }
}

TEST(MappingHistory, IsFoundInADefinition) {
  EXPECT_FALSE(history_of(Json::parse("{}").value()).given);
  EXPECT_FALSE(history_of(Json::parse(R"({"options": {"keep_runs": 3}})").value()).given);
  EXPECT_EQ(history_of(Json::parse(R"({"options": {"record_log": {"level": "all", "days": 3}}})").value()).days, 3);
}

}  // namespace
}  // namespace tandem::core
