// Cursors, page styles that need one, ceilings and parents: every key read, every mistake answered with its path.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "core/manifest/api.hpp"
#include "core/schema/check.hpp"
#include "core_api_fixture.hpp"

namespace tandem::core {
namespace {

// The cursor (paging, parent) of an otherwise fine object is wrong at this key of it.
void expect_wrong(const std::string& key, const std::string& json, std::string_view where,
                  std::string_view message = {}) {
  const Finding found =
      object_finding(R"({"path": "/c", ")" + key + "\": " + json + "}", "objects.customers." + std::string(where));
  EXPECT_NE(found.message.find(message), std::string::npos) << where << ": " << found.message;
}

Object object_of(const std::string& json) { return make_api(Json::object(), config(json)).value().objects.front(); }

TEST(ApiCursor, ReadsEveryKey) {
  const Cursor cursor =
      *object_of(R"({"path": "/c", "params": {"jql": "ORDER BY updated"}, "paging": {"style": "keyset", "more": "m"},
      "cursor": {"kind": "field", "field": "updated", "param": "jql", "format": "%Y/%m/%d %H:%M", "zone": "Europe/Berlin",
      "template": "updated >= '{cursor}' AND updated < '{until}' AND id > {tie}", "grain": "1m", "inclusive": false, "tie_break": "id",
      "lookback": "10 minutes", "order": "ascending", "slice": "30 days", "from": "2020-01-01", "expired": {"status": 422, "contains": "gone"}}})")
           .cursor;
  EXPECT_EQ(cursor.format, CursorFormat::pattern);
  EXPECT_EQ(cursor.pattern, "%Y/%m/%d %H:%M");
  EXPECT_EQ(cursor.zone, "Europe/Berlin");
  EXPECT_TRUE(cursor.bounded());
  EXPECT_EQ(cursor.grain, 60 * base::kSecond);
  EXPECT_FALSE(cursor.inclusive);
  EXPECT_EQ(cursor.lookback, 600 * base::kSecond);
  EXPECT_EQ(cursor.order, CursorOrder::ascending);
  EXPECT_EQ(cursor.slice, 30 * 86'400 * base::kSecond);
  EXPECT_EQ(cursor.from, "2020-01-01");
  EXPECT_TRUE(cursor.expired.matches(422, "it is gone"));
  const Cursor ids =
      *object_of(R"({"path": "/c", "cursor": {"field": "id", "param": "after", "format": "integer", "lookback": 100,
      "from": 7, "inclusive": false}})")
           .cursor;
  EXPECT_EQ(ids.lookback, 100);
  EXPECT_EQ(ids.from, "7");
  EXPECT_FALSE(ids.expired.matches(410, ""));
}

TEST(ApiCursor, ReadsDeltaTokens) {
  const Object object =
      object_of(R"({"path": "/c", "paging": {"style": "token", "param": "cursor", "next": "after", "last": "end"},
      "cursor": {"kind": "token", "param": "cursor", "next": "after", "initial": {"start_time": 0}}})");
  EXPECT_TRUE(object.cursor->token);
  EXPECT_EQ(object.cursor->next, (std::vector<std::string>{"after"}));
  EXPECT_EQ(object.cursor->initial, (Params{{"start_time", "0"}}));
  EXPECT_TRUE(object.cursor->expired.matches(410, ""));
  EXPECT_TRUE(object.paging.expired.matches(410, ""));
}

TEST(ApiCursor, SaysWhatIsWrong) {
  const auto wrong = [](const std::string& rest, std::string_view where, std::string_view message = {}) {
    expect_wrong("cursor", R"({"field": "u", "param": "s", )" + rest + "}", "cursor." + std::string(where), message);
  };
  expect_wrong("cursor", "{}", "cursor.field", "missing");
  expect_wrong("cursor", R"({"field": "u"})", "cursor.param", "missing");
  expect_wrong("cursor", R"({"field": "u", "order": "descending", "grain": "1s"})", "cursor.grain", "needs \"param\"");
  wrong(R"("kind": "tokens")", "kind");
  wrong(R"("format": "iso")", "format");
  wrong(R"("format": "%H:%M")", "format", "no day");
  wrong(R"("format": "%Y-%q-%d")", "format", "%q");
  wrong(R"("format": "integer", "zone": "UTC")", "zone", "a time");
  wrong(R"("format": "integer", "until_param": "x")", "until_param", "a time");
  wrong(R"("format": "integer", "lookback": "1 day")", "lookback", "number");
  wrong(R"("format": "text", "grain": 1)", "grain", "no meaning");
  wrong(R"("format": "text", "inclusive": false)", "inclusive");
  wrong(R"("grain": "1 fortnight")", "grain", "span");
  wrong(R"("from": "yesterday")", "from");
  wrong(R"("template": "{cursor} {since}")", "template", "not known");
  wrong(R"("template": "x")", "template", "{cursor}");
  wrong(R"("template": "{cursor} {until}")", "template", "\"from\"");
  wrong(R"("template": "{cursor} {tie}")", "tie_break", "missing");
  wrong(R"("tie_param": "t")", "tie_break", "missing");
  wrong(R"("tie_break": "id")", "tie_break", "used only");
  wrong(R"("slice": "1 day")", "from", "missing");
  wrong(R"("slice": "1 day", "from": "2020-01-01")", "until_param", "missing");
  wrong(R"("slice": "1 day", "from": "2020-01-01", "until_param": "b", "order": "descending")", "slice", "descending");
  wrong(R"("next": "n")", "next", "only with kind");
  wrong(R"("expired": {})", "expired.status");
  wrong(R"("expired": {"status": 200})", "expired.status");
  wrong(R"("expired": {"text": "x"})", "expired.text");
  wrong(R"("since": "x")", "since");
  expect_wrong("cursor", R"({"kind": "token", "param": "t"})", "cursor.next", "missing");
  expect_wrong("cursor", R"({"kind": "token", "next": "t"})", "cursor.param", "missing");
  expect_wrong("cursor", R"({"kind": "token", "param": "t", "next": "t", "grain": "1s"})", "cursor.grain", "not used");
}

TEST(ApiPaging, KeysetWindowsAndCeilings) {
  const Paging paging =
      object_of(
          R"({"path": "/c", "paging": {"style": "keyset", "param": "starting_after", "field": "id", "more": "has_more",
      "max_pages": 5, "max_records": 6, "max_bytes": 7, "max_time": "8 s"}})")
          .paging;
  EXPECT_EQ(paging.style, PageStyle::keyset);
  EXPECT_EQ(paging.field, "id");
  EXPECT_EQ(paging.more, (std::vector<std::string>{"has_more"}));
  EXPECT_EQ(paging.max_records, 6);
  EXPECT_EQ(paging.max_bytes, 7);
  EXPECT_EQ(paging.max_micros, 8 * base::kSecond);
  EXPECT_TRUE(paging.expired.matches(410, ""));
  expect_wrong("paging", R"({"style": "keyset", "field": "id"})", "paging.param", "missing");
  expect_wrong("paging", R"({"style": "keyset", "param": "a"})", "paging.field", "missing");
  expect_wrong("paging", R"({"style": "keyset"})", "paging.style", "needs a cursor");
  expect_wrong("paging", R"({"style": "offset", "window": 100})", "paging.window", "needs a cursor");
  expect_wrong("paging", R"({"style": "link", "more": "m"})", "paging.more", "not used");
  expect_wrong("paging", R"({"style": "page", "max_time": "soon"})", "paging.max_time", "span");
  expect_wrong("paging", R"({"style": "none", "max_pages": 5})", "paging.max_pages", "not used");
  const auto both = [](const char* cursor, const char* paging_json) {
    return std::string(R"({"path": "/c", "cursor": {"field": "u", "param": "s")") + cursor + R"(}, "paging": )" +
           paging_json + "}";
  };
  EXPECT_NE(
      object_finding(both("", R"({"style": "keyset"})"), "objects.customers.paging.style").message.find("tie_break"),
      std::string::npos);
  EXPECT_NE(object_finding(both("", R"({"style": "offset", "window": 9})"), "objects.customers.paging.window")
                .message.find("ascending"),
            std::string::npos);
  EXPECT_EQ(object_of(both(R"(, "tie_break": "id", "tie_param": "t")", R"({"style": "keyset"})")).cursor->tie_param,
            "t");
  EXPECT_EQ(object_of(both(R"(, "order": "ascending")", R"({"style": "offset", "window": 9})")).paging.window, 9);
  EXPECT_EQ(object_of(both(R"(, "format": "integer", "inclusive": false)", R"({"style": "keyset"})")).cursor->param,
            "s")
      << "an increasing id is no other record's";
  EXPECT_NE(object_finding(both(R"(, "format": "integer")", R"({"style": "keyset"})"), "objects.customers.paging.style")
                .message.find("tie_break"),
            std::string::npos);
}

std::string family(const std::string& orders, const std::string& customers = R"({"path": "/customers"})") {
  return R"({"base_url": "https://a.example", "objects": {"customers": )" + customers + R"(, "orders": )" + orders +
         "}}";
}

TEST(ApiParent, IsReadAndJoined) {
  const Api api =
      make_api(Json::object(), json(family(R"({"path": "/customers/{parent}/orders",
      "parent": {"object": "customers", "missing": "empty", "incremental": true}})",
                                           R"({"path": "/customers", "cursor": {"field": "u", "param": "s"}})")
                                        .c_str()))
          .value();
  const Object& orders = *api.object("orders");
  EXPECT_EQ(orders.parent->field, "id");
  EXPECT_EQ(orders.parent->as, "parent.id");
  EXPECT_TRUE(orders.parent->missing_empty);
  EXPECT_EQ(orders.cursor->field, "u");
}

TEST(ApiParent, SaysWhatIsWrong) {
  const auto wrong = [](const std::string& orders, std::string_view where,
                        const std::string& customers = R"({"path": "/customers"})") {
    config_finding(family(orders, customers).c_str(), "objects.orders." + std::string(where));
  };
  wrong(R"({"path": "/customers/{parent}/orders"})", "parent");
  wrong(R"({"path": "/orders", "parent": {"object": "customers"}})", "path");
  wrong(R"({"path": "/{parent}", "parent": {"object": "custmers"}})", "parent.object");
  wrong(R"({"path": "/{parent}", "parent": {"object": "orders"}})", "parent.object");
  wrong(R"({"path": "/{parent}", "parent": {}})", "parent.object");
  wrong(R"({"path": "/{parent}", "parent": {"object": "customers", "misses": 1}})", "parent.misses");
  wrong(R"({"path": "/{parent}", "parent": {"object": "customers", "incremental": true}})", "parent.incremental");
  wrong(
      R"({"path": "/{parent}", "parent": {"object": "customers"}, "paging": {"style": "token", "param": "p", "next": "n"},
            "cursor": {"kind": "token", "param": "t", "next": "d"}})",
      "cursor.kind");
  wrong(R"({"path": "/{parent}", "parent": {"object": "customers"},
            "cursor": {"field": "u", "param": "s", "until_param": "b", "from": "2020-01-01", "slice": "1 day"}})",
        "cursor.slice");
  wrong(
      R"({"path": "/{parent}", "parent": {"object": "customers", "incremental": true}, "cursor": {"field": "u", "param": "s"}})",
      "cursor", R"({"path": "/customers", "cursor": {"field": "u", "param": "s"}})");
}

}  // namespace
}  // namespace tandem::core
