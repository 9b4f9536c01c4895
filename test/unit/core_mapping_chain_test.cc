// follow_ups and after as they are written, and what is refused.
#include "core/mapping/chain.hpp"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

struct Read {
  Mapping mapping;
  Findings findings;
};

Read read(const std::string& options) {
  Read out;
  out.mapping.name = "contacts";
  const base::Json json = base::Json::parse(options).value();
  static constexpr std::array<std::string_view, 2> kKeys{"after", "follow_ups"};
  ObjectReader in(json, "options", kKeys, out.findings);
  read_chain(in, out.mapping, out.findings);
  return out;
}

TEST(Chain, names_and_functions_in_their_order) {
  const Read got =
      read(R"j({"follow_ups": ["a", {"mapping": "b"}, {"function": "app.f(bigint)"}], "after": ["x", "y"]})j");
  ASSERT_TRUE(got.findings.empty());
  ASSERT_EQ(got.mapping.follow_ups.size(), 3u);
  EXPECT_EQ(got.mapping.follow_ups[0].mapping, "a");
  EXPECT_EQ(got.mapping.follow_ups[1].mapping, "b");
  EXPECT_EQ(got.mapping.follow_ups[2].function, "app.f(bigint)");
  EXPECT_EQ(got.mapping.after, (std::vector<std::string>{"x", "y"}));
}

TEST(Chain, refuses) {
  for (const char* options :
       {R"({"follow_ups": "a"})", R"({"follow_ups": [{}]})", R"({"follow_ups": [{"mapping": "a", "function": "f"}]})",
        R"({"follow_ups": [{"mappin": "a"}]})", R"({"follow_ups": [1]})", R"({"follow_ups": ["contacts"]})",
        R"({"after": ["contacts"]})", R"({"after": {"a": 1}})", R"({"follow_ups": [""]})"}) {
    EXPECT_TRUE(has_errors(read(options).findings)) << options;
  }
}

TEST(Chain, of_a_stored_definition) {
  const base::Json definition =
      base::Json::parse(R"j({"options": {"follow_ups": ["a", {"function": "app.f()"}]}})j").value();
  const std::vector<FollowUp> got = follow_ups_of(definition);
  ASSERT_EQ(got.size(), 2u);
  EXPECT_EQ(got[1].function, "app.f()");
  EXPECT_TRUE(follow_ups_of(base::Json::object()).empty());
}

}  // namespace
}  // namespace tandem::core
