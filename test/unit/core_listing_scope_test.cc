// What a listing asks for: the same whatever the order of parameters and the size of pages, another with a later
// beginning, other parameters, another path, also those of the parent.
#include <gtest/gtest.h>

#include "core/listing/listing_scope.hpp"

namespace tandem::core {
namespace {

Api api() {
  Api out{.base_url = "https://api.example.com", .headers = {{"Accept", "application/json"}}};
  out.objects = {{.name = "accounts", .path = "/accounts"},
                 {.name = "contacts",
                  .path = "/accounts/{parent}/contacts",
                  .params = {{"a", "1"}, {"b", "2"}},
                  .cursor = Cursor{.field = "at", .param = "since"},
                  .parent = Parent{.object = "accounts", .field = "id"}}};
  return out;
}

std::string scope(const Api& api, const Params& params = {}) {
  return listing_scope(api, *api.object("contacts"), params);
}

TEST(ListingScope, HowItIsReadIsNoDifference) {
  Api other = api();
  other.objects[1].params = {{"b", "2"}, {"a", "1"}};
  other.objects[1].paging.size = 7;
  other.objects[1].cursor->lookback = 60;
  other.max_in_flight = 1;
  EXPECT_EQ(scope(api()), scope(other));
  EXPECT_EQ(scope(api(), {{"x", "1"}, {"y", "2"}}), scope(api(), {{"y", "2"}, {"x", "1"}}));
}

TEST(ListingScope, WhatIsAskedForIs) {
  const auto differs = [](auto change) {
    Api other = api();
    change(other);
    return scope(api()) != scope(other);
  };
  EXPECT_TRUE(differs([](Api& a) { a.base_url = "https://api.example.org"; }));
  EXPECT_TRUE(differs([](Api& a) { a.headers[0].second = "text/csv"; }));
  EXPECT_TRUE(differs([](Api& a) { a.objects[1].path = "/contacts"; }));
  EXPECT_TRUE(differs([](Api& a) { a.objects[1].params[0].second = "3"; }));
  EXPECT_TRUE(differs([](Api& a) { a.objects[1].cursor->from = "2026-01-01"; }));
  EXPECT_TRUE(differs([](Api& a) { a.objects[1].records.path = {"data"}; }));
  EXPECT_TRUE(differs([](Api& a) { a.objects[0].params = {{"active", "true"}}; })) << "the parent's";
  EXPECT_NE(scope(api()), scope(api(), {{"x", "1"}}));
}

}  // namespace
}  // namespace tandem::core
