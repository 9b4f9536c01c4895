// Local keys: from the id and from what is kept, for the same row the same fingerprint; and hashes of JSON.
#include <gtest/gtest.h>

#include "core/rows/json_hash.hpp"
#include "core/rows/local_key.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::TypeClass;

struct Case {
  Mapping mapping;
  Target target;
};
Case table(TypeClass type_class, const char* type) {
  Case out;
  out.mapping.columns = {{.field = "id", .column = "id"}, {.field = "email", .column = "email"}};
  out.target.columns = {{.name = "id", .type = {.type_class = type_class, .name = type}},
                        {.name = "email", .type = {.type_class = TypeClass::text, .name = "text"}}};
  return out;
}

std::string print(const LocalKey& key, std::string_view id, const std::optional<std::string>& stored = {}) {
  base::TextArena arena;
  std::vector<Cell> cells;
  key.cells(id, stored, arena, cells);
  return key.fingerprint(cells);
}

TEST(LocalKey, IsDerivedWhereTheKeyIsWhatRowsAreFoundBy) {
  const Case c = table(TypeClass::text, "text");
  EXPECT_TRUE(LocalKey(c.mapping, c.target, {"id"}, {"id"}).derived());
  EXPECT_TRUE(LocalKey(c.mapping, c.target, {"id"}, {"id"}).exact());
  EXPECT_FALSE(LocalKey(c.mapping, c.target, {"id"}, {"email"}).derived());
  EXPECT_FALSE(LocalKey(c.mapping, c.target, {"id", "email"}, {"id"}).derived()) << "two ids, one row";
  const Case number = table(TypeClass::bigint, "bigint");
  EXPECT_FALSE(LocalKey(number.mapping, number.target, {"id"}, {"id"}).exact()) << "7 and 7.0";
}

TEST(LocalKey, MayChangeWhereItIsMoreThanTheId) {
  const Case c = table(TypeClass::text, "text");
  EXPECT_FALSE(LocalKey(c.mapping, c.target, {"id"}, {"id"}).may_change());
  EXPECT_TRUE(LocalKey(c.mapping, c.target, {"id"}, {"email"}).may_change());
  EXPECT_TRUE(LocalKey(c.mapping, c.target, {"id"}, {"id", "email"}).may_change());
  const Case json = table(TypeClass::jsonb, "jsonb");
  EXPECT_FALSE(LocalKey(json.mapping, json.target, {"id"}, {"id"}).may_change()) << "records of one id, not one record";
}

TEST(LocalKey, SpellingsOfOneRowLookTheSame) {
  const auto same = [](TypeClass type_class, const char* type, const char* one, const char* other) {
    const Case c = table(type_class, type);
    const LocalKey key(c.mapping, c.target, {"id"}, {"id"});
    return print(key, one) == print(key, other);
  };
  EXPECT_TRUE(same(TypeClass::bigint, "bigint", "7", "7.0"));
  EXPECT_FALSE(same(TypeClass::bigint, "bigint", "7", "8"));
  EXPECT_TRUE(same(TypeClass::numeric, "numeric", "7.50", "7.5"));
  EXPECT_TRUE(same(TypeClass::numeric, "numeric", "7", "70e-1"));
  EXPECT_TRUE(same(TypeClass::numeric, "numeric", "0", "-0.0"));
  EXPECT_FALSE(same(TypeClass::numeric, "numeric", "7", "-7"));
  EXPECT_FALSE(same(TypeClass::numeric, "numeric", "7", "70"));
  EXPECT_TRUE(same(TypeClass::text, "citext", "Ann", "ann"));
  EXPECT_FALSE(same(TypeClass::text, "text", "Ann", "ann"));
  EXPECT_FALSE(same(TypeClass::text, "citext", "Éva", "Öva")) << "two rows, each its own";
  EXPECT_FALSE(same(TypeClass::text, "character(3)", "Ann", "ann"));
  EXPECT_TRUE(same(TypeClass::text, "character(3)", "a", "a  "));
  EXPECT_TRUE(
      same(TypeClass::timestamptz, "timestamp with time zone", "2024-01-01T00:00:00Z", "2024-01-01T01:00:00+01:00"));
}

TEST(LocalKey, AnIdThatMayWriteANumberInAnotherWayIsLookedAt) {
  const Case number = table(TypeClass::bigint, "bigint"), text = table(TypeClass::text, "text");
  const LocalKey whole(number.mapping, number.target, {"id"}, {"id"});
  const LocalKey exact(text.mapping, text.target, {"id"}, {"id"});
  for (const char* id : {"7", "-7", "0", "70"}) EXPECT_TRUE(whole.tells_apart(id)) << id;
  for (const char* id : {"7.0", "70e-1", "7E0", "-0"}) EXPECT_FALSE(whole.tells_apart(id)) << id;
  EXPECT_TRUE(exact.tells_apart("7.0"));
  const Case decimal = table(TypeClass::numeric, "numeric");
  EXPECT_FALSE(LocalKey(decimal.mapping, decimal.target, {"id"}, {"id"}).tells_apart("7"));
}

TEST(LocalKey, OfSeveralFieldsAndWithAConstant) {
  Case c = table(TypeClass::bigint, "bigint");
  c.mapping.columns.push_back({.column = "tenant", .constant = base::Json(std::string("acme"))});
  c.target.columns.push_back({.name = "tenant", .type = {.type_class = TypeClass::text, .name = "text"}});
  const LocalKey key(c.mapping, c.target, {"id", "email"}, {"email", "tenant", "id"});
  EXPECT_TRUE(key.derived());
  base::TextArena arena;
  std::vector<Cell> cells;
  key.cells(R"(["7","a@b"])", {}, arena, cells);
  ASSERT_EQ(cells.size(), 3u);
  EXPECT_EQ(cells[0].text, "a@b");
  EXPECT_EQ(cells[1].text, "acme");
  EXPECT_EQ(cells[2].integer, 7);
}

TEST(LocalKey, WhatIsKeptFindsTheSameRow) {
  const Case c = table(TypeClass::bigint, "bigint");
  const LocalKey key(c.mapping, c.target, {"email"}, {"id"});
  EXPECT_FALSE(key.derived());
  Cell row[2];
  row[0].form = Cell::Form::integer;
  row[0].integer = 12;
  row[1].form = Cell::Form::text;
  row[1].text = "a@b";
  const std::string stored = key.stored(row);
  EXPECT_EQ(stored, R"({"id":"12"})");
  EXPECT_EQ(print(key, "a@b", stored), print(key, "c@d", stored));
  EXPECT_NE(print(key, "a@b", stored), print(key, "a@b", R"({"id":"13"})"));
}

struct Letters final : TextCase {  // É is the only big one
  [[nodiscard]] std::string_view lower(std::string_view text, base::TextArena& arena) const override {
    return text == "Éva" ? arena.keep("éva") : text;
  }
  [[nodiscard]] std::string_view upper(std::string_view text, base::TextArena&) const override { return text; }
};

TEST(LocalKey, LettersAreTheDatabases) {
  const Letters letters;
  const Case c = table(TypeClass::text, "citext");
  const LocalKey key(c.mapping, c.target, {"id"}, {"id"}, &letters);
  EXPECT_EQ(print(key, "Éva"), print(key, "éva"));
  EXPECT_NE(print(key, "Éva"), print(key, "öva"));
}

TEST(LocalKey, AJsonbColumnIsKeptAsItIs) {
  const Case c = table(TypeClass::jsonb, "jsonb");
  const LocalKey key(c.mapping, c.target, {"id"}, {"id"});
  EXPECT_FALSE(key.derived()) << "the id does not say whether it was 7 or \"7\"";
  Cell row[2];
  row[0].form = Cell::Form::text;
  row[0].text = "7";
  const std::string number = key.stored(row);
  row[0].text = "\"7\"";
  const std::string text = key.stored(row);
  EXPECT_NE(print(key, "7", number), print(key, "7", text));
  EXPECT_EQ(print(key, "7", number), print(key, "7", R"({"id":"7.0"})"));
  EXPECT_EQ(print(key, "x", R"({"id":"{\"a\":1,\"b\":2}"})"), print(key, "x", R"({"id":"{\"b\": 2, \"a\": 1}"})"));
}

TEST(JsonHash, DoesNotLookAtOrderOfKeysAndSpace) {
  const auto same = [](std::string_view one, std::string_view other) {
    return json_hash(one, 5) == json_hash(other, 5);
  };
  EXPECT_TRUE(same(R"({"a":1,"b":[1,{"c":"x","d":null}]})", R"( { "b" : [ 1 , { "d":null, "c":"x" } ] , "a" : 1 } )"));
  EXPECT_FALSE(same(R"([1,2])", R"([2,1])"));
  EXPECT_FALSE(same(R"({"a":1,"b":2})", R"({"a":2,"b":1})"));
  EXPECT_FALSE(same(R"({"a":{"b":1}})", R"({"a":{},"b":1})"));
  EXPECT_FALSE(same(R"({"a":{},"b":1})", R"({"a":1,"b":{}})"));
  EXPECT_FALSE(same(R"([[1],2])", R"([[1,2]])"));
  EXPECT_FALSE(same(R"({})", R"([])"));
  EXPECT_FALSE(same(R"({"a":"1"})", R"({"a":1})"));
  EXPECT_TRUE(same(R"({"q\"}":"\\","b":1})", R"({"b":1,"q\"}":"\\"})"));
  EXPECT_NE(json_hash("{}", 1), json_hash("{}", 2));
}

}  // namespace
}  // namespace tandem::core
