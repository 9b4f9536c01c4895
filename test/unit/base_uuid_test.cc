// Random UUIDs: form, version, variant, and that they differ.
#include "base/uuid.hpp"

#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tandem::base {
namespace {

TEST(RandomUuid, is_version_4_and_differs) {
  TextArena arena;
  std::set<std::string> seen;
  for (int i = 0; i < 10'000; ++i) {
    const std::string uuid(random_uuid(arena));
    ASSERT_EQ(uuid.size(), 36u);
    for (const std::size_t dash : {8, 13, 18, 23}) EXPECT_EQ(uuid[dash], '-');
    EXPECT_EQ(uuid[14], '4');
    EXPECT_NE(std::string("89ab").find(uuid[19]), std::string::npos);
    EXPECT_TRUE(seen.insert(uuid).second);
  }
}

}  // namespace
}  // namespace tandem::base
