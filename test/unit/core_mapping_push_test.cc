// Definitions of mappings that push: which columns go which way, what options say, what is refused.
#include <gtest/gtest.h>

#include "core/mapping/push.hpp"
#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

std::string push(const std::string& columns, const std::string& rest = "") {
  return R"({"object": "contacts", "direction": "push", "columns": )" + columns + (rest.empty() ? "" : ", " + rest) +
         "}";
}
std::string both(const std::string& columns, const std::string& rest = "") {
  return R"({"object": "contacts", "direction": "both", "columns": )" + columns + (rest.empty() ? "" : ", " + rest) +
         "}";
}
std::string listed(const std::vector<ColumnMapping>& columns) {
  std::string out;
  for (const ColumnMapping& column : columns) out += (out.empty() ? "" : " ") + column.field + ">" + column.column;
  return out;
}
std::string first_hint(const std::string& definition) {
  const Findings findings = parse(definition).findings;
  return findings.empty() ? "" : findings.front().hint;
}

TEST(MappingPush, FillsInDefaults) {
  const ParsedMapping parsed = parse(push(R"({"email": "email", "firstName": "first_name"})"));
  EXPECT_EQ(codes(parsed.findings), "");
  const Mapping& m = parsed.mapping;
  EXPECT_EQ(m.direction, Direction::push);
  EXPECT_TRUE(m.pushes());
  EXPECT_FALSE(m.pulls());
  EXPECT_EQ(m.sync_mode, SyncMode::realtime);
  EXPECT_EQ(m.write_mode, WriteMode::upsert);
  EXPECT_EQ(m.match_on, std::vector<std::string>{"id"}) << "the key goes to no column: the row key";
  EXPECT_TRUE(m.push.initial);
  EXPECT_FALSE(m.push.remove_unmatched);
  EXPECT_EQ(m.push.settle, 0);
  EXPECT_EQ(codes(all_of(push(R"({"email": "email"})"))), "");
}

TEST(MappingPush, ColumnsGoTheirWays) {
  const char* const columns =
      R"({"id": "age", "email": "email", "firstName": {"column": "first_name", "direction": "pull"},
      "updated": {"column": "born", "direction": "both"}, "address": {"column": "raw", "direction": "push"}})";
  const Mapping out = parse(push(columns)).mapping;
  EXPECT_EQ(listed(out.push_columns), "id>age email>email updated>born address>raw");
  EXPECT_EQ(listed(out.columns), "id>age firstName>first_name updated>born") << "what is answered is written back";
  EXPECT_EQ(out.match_on, std::vector<std::string>{"age"});
  const Mapping two = parse(both(columns)).mapping;
  EXPECT_EQ(listed(two.push_columns), "id>age email>email updated>born address>raw");
  EXPECT_EQ(listed(two.columns), "id>age email>email firstName>first_name updated>born");
  EXPECT_EQ(push_fields(two), (std::vector<std::string>{"id", "email", "updated", "address"}));
  const Mapping in = parse(R"({"object": "contacts", "columns": )" + std::string(columns) + "}").mapping;
  EXPECT_EQ(listed(in.push_columns), "address>raw");
}

TEST(MappingPush, WhatHasNoFieldIsNotSent) {
  const auto found = [](const char* columns) { return codes(parse(push(columns)).findings); };
  EXPECT_EQ(found(R"({"id": "id", "*": "raw"})"), "TD571!");
  EXPECT_EQ(found(R"([{"field": "id", "column": "id"}, {"sql": "1", "column": "age"}])"), "TD571!");
  EXPECT_EQ(found(R"([{"field": "id", "column": "id"}, {"constant": 1, "column": "age"}])"), "TD571!");
  EXPECT_EQ(found(R"([{"field": "id", "column": "id"}, {"constant": 1, "column": "age", "direction": "pull"}])"), "");
  EXPECT_EQ(found(R"({"id": "id", "lines[]": {"table": "x", "parent": "p", "key": "no", "columns": {"no": "no"}}})"),
            "TD571!");
  EXPECT_EQ(codes(parse(both(R"({"id": "id", "*": "raw"})")).findings), "") << "pulled only";
}

TEST(MappingPush, Options) {
  const Mapping m =
      parse(push(R"({"email": "email"})", R"("delete_mode": "soft", "conditions": {">": [{"var": "age"}, 17]},
      "options": {"initial": "none", "unmatched": "delete", "settle": "5 seconds", "capture_replicated": true,
      "batch_size": 20, "max_in_flight": 3, "soft_delete_fields": {"gone": true}})"))
          .mapping;
  EXPECT_FALSE(m.push.initial);
  EXPECT_TRUE(m.push.remove_unmatched);
  EXPECT_TRUE(m.push.capture_replicated);
  EXPECT_EQ(m.push.settle, 5'000'000);
  EXPECT_EQ(m.push.batch_size, 20);
  EXPECT_EQ(m.push.max_in_flight, 3);
  ASSERT_EQ(m.push.soft_fields.size(), 1u);
  EXPECT_TRUE(m.push.conditions);
  EXPECT_FALSE(m.conditions) << "they are over the row";
}

TEST(MappingPush, RowsOfAQuery) {
  const auto source = [](const std::string& more, const std::string& rest = R"("write_mode": "upsert")") {
    return parse(
        push(R"({"email": "email", "id": "id"})", rest + R"(, "options": {"source_query": "SELECT …")" + more + "}"));
  };
  const ParsedMapping parsed =
      source(R"(, "source_key": ["id", "email"], "delete_brake": {"rows": 3})", R"("delete_mode": "hard")");
  EXPECT_EQ(codes(parsed.findings), "");
  EXPECT_TRUE(parsed.mapping.compares());
  EXPECT_EQ(parsed.mapping.match_on, (std::vector<std::string>{"id", "email"}));
  EXPECT_EQ(listed(parsed.mapping.push_columns), "email>email id>id");
  EXPECT_EQ(listed(parsed.mapping.columns), "") << "nothing is written back, not even the id";
  EXPECT_EQ(parsed.mapping.delete_brake.rows, 3);
  EXPECT_EQ(codes(source("").findings), "TD504!");
  for (const char* option : {R"("settle": "5 s")", R"("capture_replicated": false)", R"("initial": "none")"})
    EXPECT_EQ(codes(source(std::string(R"(, "source_key": ["id"], )") + option).findings), "TD509!") << option;
  EXPECT_EQ(codes(source(R"(, "source_key": ["id"])", R"("match_on": ["id"])").findings), "TD521!");
  EXPECT_EQ(codes(parse(both(R"({"email": "email"})", R"("options": {"source_query": "SELECT 1"})")).findings),
            "TD509!");
  EXPECT_EQ(codes(parse(push(R"({"email": "email"})", R"("options": {"source_key": ["id"]})")).findings), "TD509!");
  EXPECT_EQ(
      codes(parse(push(R"({"email": "email"})", R"("delete_mode": "hard", "options": {"delete_brake": {"rows": 3}})"))
                .findings),
      "TD509!");
  EXPECT_EQ(codes(parse(push(R"({"email": {"column": "email", "direction": "both"}})",
                             R"("options": {"source_query": "SELECT 1", "source_key": ["id"]})"))
                      .findings),
            "TD571!");
}

TEST(MappingPush, Conflicts) {
  const auto terms = [](const char* rest) {
    return parse(both(R"({"id": "id", "email": "email"})", rest)).mapping.push;
  };
  EXPECT_EQ(terms("\"key\": [\"id\"]").conflicts, ConflictPolicy::latest_wins);
  EXPECT_EQ(terms("\"key\": [\"id\"]").conflict_delete, ConflictPolicy::manual);
  EXPECT_EQ(terms(R"("conflict_resolution": "remote_wins")").conflict_delete, ConflictPolicy::remote_wins);
  EXPECT_TRUE(terms("\"key\": [\"id\"]").pull_first);
  EXPECT_FALSE(terms(R"("options": {"pull_first": false})").pull_first);
  const PushTerms given = terms(R"("conflict_resolution": "merge", "conditions": {"var": "active"}, "options":
      {"conflict_delete": "local_wins", "conflict_fields": {"email": "remote_wins"}, "push_conditions": {"var": "age"}})");
  EXPECT_EQ(given.conflicts, ConflictPolicy::merge);
  EXPECT_EQ(given.conflict_delete, ConflictPolicy::local_wins);
  ASSERT_EQ(given.conflict_fields.size(), 1u);
  EXPECT_EQ(given.conflict_fields[0].column, "email");
  EXPECT_EQ(given.conflict_fields[0].policy, ConflictPolicy::remote_wins);
  EXPECT_TRUE(given.conditions);
}

TEST(MappingPush, OptionsOfTheOtherDirectionAreRefused) {
  const auto found = [](const char* direction, const std::string& rest) {
    return codes(parse(R"({"object": "contacts", "columns": {"id": "id"}, "direction": ")" + std::string(direction) +
                       "\", " + rest + "}")
                     .findings);
  };
  for (const char* option : {R"("full_every": 5)", R"("on_error": "fail")", R"("stamp": {"age": "run"})"})
    EXPECT_EQ(found("push", R"("options": {)" + std::string(option) + "}"), "TD509!") << option;
  for (const char* option : {R"("initial": "all")", R"("settle": "1s")", R"("batch_size": 5)"})
    EXPECT_EQ(found("pull", R"("options": {)" + std::string(option) + "}"), "TD509!") << option;
  EXPECT_EQ(found("push", R"("conflict_resolution": "merge")"), "TD509!");
  EXPECT_EQ(found("pull", R"("conflict_resolution": "merge")"), "TD509!");
  EXPECT_EQ(found("push", R"("options": {"conflict_delete": "manual"})"), "TD509!");
  EXPECT_EQ(found("push", R"("options": {"push_conditions": {"var": "id"}})"), "TD509!");
  EXPECT_EQ(found("push", R"("options": {"unmatched": "delete"})"), "TD509!") << "no conditions";
  EXPECT_EQ(found("push", R"("options": {"pull_first": false})"), "TD509!") << "nothing is pulled";
  EXPECT_EQ(found("push", R"("sync_mode": "full")"), "TD503!");
  EXPECT_EQ(found("push", R"("sync_mode": "realtime")"), "");
  EXPECT_EQ(found("pull", R"("sync_mode": "realtime")"), "TD503!");
  EXPECT_EQ(found("push", R"("write_mode": "append")"), "TD503!");
  EXPECT_EQ(found("both", R"("write_mode": "insert")"), "TD503!");
  EXPECT_EQ(found("push", R"("cursor_field": "updated")"), "TD508?");
  EXPECT_EQ(found("both", R"("options": {"conflict_fields": {"emial": "manual"}})"), "TD503!");
}

TEST(MappingPush, NeedsRowsThatCanBeToldApart) {
  Target target = contacts();
  target.unique_keys.front().primary = true;
  const std::string definition = push(R"({"email": "email"})");
  EXPECT_EQ(row_key(parse(definition).mapping, target), std::vector<std::string>{"id"});
  target.unique_keys = {{.index = "u", .columns = {"email"}}};
  EXPECT_EQ(codes(all_of(definition, target)), "TD570!");
  EXPECT_EQ(codes(all_of(push(R"({"email": "email"})", R"("match_on": ["email"])"), target)), "TD570!") << "null";
  target.columns[1].not_null = true;
  EXPECT_EQ(codes(all_of(push(R"({"email": "email"})", R"("match_on": ["email"])"), target)), "");
  EXPECT_EQ(codes(all_of(push(R"({"email": "email"})", R"("match_on": ["age"])"), target)), "TD570! TD522!");
  target.kind = 'f';
  target.unique_keys.clear();
  EXPECT_EQ(codes(all_of(push(R"({"email": "email"})", R"("match_on": ["age"])"), target)), "")
      << "it can have no index";
  EXPECT_EQ(codes(all_of(both(R"({"email": "email"})", R"("match_on": ["age"])"), target)), "TD510!");
}

TEST(MappingPush, IsCheckedAgainstTheTable) {
  Target target = contacts();
  target.unique_keys.front().primary = true;
  const auto found = [&](const std::string& columns, const std::string& rest = "") {
    return codes(all_of(push(columns, rest), target));
  };
  EXPECT_EQ(found(R"({"email": "emale"})"), "TD511!");
  EXPECT_EQ(found(R"({"email": "full_name"})"), "") << "generated columns can be sent";
  EXPECT_EQ(found(R"({"emial": "email"})"), "TD519?");
  EXPECT_EQ(found(R"({"email": "email"})", R"("conditions": {"==": [{"var": "emale"}, 1]})"), "TD511!");
  EXPECT_EQ(found(R"({"email": "email"})", R"("conditions": {"==": [{"var": "raw.kind"}, 1]})"), "");
  EXPECT_EQ(found(R"([{"field": "email", "column": "email"}, {"field": "email", "column": "first_name"}])"), "TD512!");
  EXPECT_EQ(found(R"({"email": {"column": "email", "to_local": [{"function": "x"}]}})"), "TD542!");
  EXPECT_EQ(found(R"({"email": {"column": "email", "to_local": [{"function": "x"}], "to_remote": ["trim"]}})"), "");
  EXPECT_EQ(
      found(R"({"email": {"column": "email", "to_local": [{"function": "x"}], "direction": "pull"}, "age": "age"})"),
      "");
  EXPECT_EQ(found(R"({"email": {"column": "email", "absent": "keep"}})"), "TD543!");
  EXPECT_EQ(found(R"({"email": "email"})", R"("delete_mode": "soft")"), "TD533!");
  EXPECT_EQ(found(R"({"email": "email"})", R"("delete_mode": "hard")"), "");
  EXPECT_EQ(found(R"({"email": {"column": "email", "direction": "pull"}})"), "TD506!");
  EXPECT_NE(first_hint(push(R"({"email": "email"})", R"("options": {"soft_delete_columns": {"age": true}})"))
                .find("soft_delete_fields"),
            std::string::npos);
}

TEST(MappingPush, IsCheckedAgainstTheObject) {
  const auto found = [](const std::string& object, const std::string& rest) {
    return codes(all_of(R"({"object": ")" + object + R"(", "direction": "push", )" + rest + "}", contacts(), kNone));
  };
  EXPECT_EQ(found("lines", R"("columns": {"x": "email"})"), "TD526? TD572!") << "nothing says how";
  EXPECT_EQ(found("tags", R"("columns": {"kind": "email"})"), "TD526? TD572!") << "no update";
  EXPECT_EQ(found("tags", R"("columns": {"kind": "email"}, "write_mode": "insert")"), "TD526?");
  EXPECT_EQ(found("tags", R"("columns": {"x": "email"}, "write_mode": "insert")"), "TD526? TD574?");
  EXPECT_EQ(found("tags", R"("columns": {"kind": "email"}, "write_mode": "insert", "delete_mode": "hard")"),
            "TD526? TD572!");
  EXPECT_EQ(found("contacts", R"("columns": {"x": "email"}, "delete_mode": "hard")"), "TD526?");
  EXPECT_EQ(found("contacts", R"("columns": {"active": "email", "x": "age"})"), "TD526? TD573!");
  EXPECT_EQ(found("contacts", R"("columns": {"active": {"column": "email", "direction": "both"}, "x": "age"})"),
            "TD526?");
  EXPECT_EQ(found("notes", R"("columns": {"code": "email"})"), "TD526?");
  EXPECT_EQ(found("notes", R"("columns": {"x": "email"})"), "TD526? TD574!");
}

}  // namespace
}  // namespace tandem::core
