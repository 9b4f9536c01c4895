// The options that a mapping may have: those that are listed are those that are read; and what options about deletes
// need of the mapping and its table.
#include <gtest/gtest.h>

#include <map>

#include "core/mapping/mapping.hpp"
#include "core/mapping/check.hpp"

namespace tandem::core {
namespace {

using base::Json;
using base::TypeClass;

Json json(const std::string& text) { return Json::parse(text).value(); }

Api crm() {
  return make_api(Json::object(), json(R"({"base_url": "https://a.example", "objects": {
    "contacts": {"path": "/contacts", "paging": {"style": "page", "size_param": "n", "size": 10}, "cursor": {"field": "updated", "param": "since"}}}})"))
      .value();
}

Target contacts() {
  const auto column = [](const char* name, TypeClass type_class, const char* type, bool not_null = false) {
    return TargetColumn{.name = name, .type = {.type_class = type_class, .name = type}, .not_null = not_null};
  };
  return {.name = "public.contacts",
          .columns = {column("id", TypeClass::bigint, "bigint", true), column("age", TypeClass::integer, "integer"),
                      column("deleted_at", TypeClass::timestamptz, "timestamp with time zone"),
                      column("gone", TypeClass::boolean, "boolean", true),
                      column("made_at", TypeClass::date, "date", true)},
          .unique_keys = {{.index = "contacts_pkey", .columns = {"id"}}}};
}

ParsedMapping parse(const std::string& definition) {
  return parse_mapping("contacts", json(definition), crm(), contacts(), {});
}

std::string codes(const Findings& findings) {
  std::string out;
  for (const Finding& finding : findings)
    if (finding.severity != Severity::info)
      out += (out.empty() ? "" : " ") + std::string(finding.code) + (finding.severity == Severity::error ? "!" : "?");
  return out;
}

std::string with(const std::string& rest) { return R"({"object": "contacts", "columns": {"id": "id"}, )" + rest + "}"; }

TEST(MappingOptions, VerifyTargetLeavesNothingToTheHash) {
  EXPECT_EQ(codes(parse(with(R"("options": {"verify": "target", "hash_fields": ["id"]})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("write_mode": "append", "options": {"verify": "target"})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("options": {"verify": "source", "hash_fields": ["id"]})")).findings), "");
}

TEST(MappingOptions, AreExactlyThoseThatAreRead) {
  const std::map<std::string, std::string> samples{
      {"after", R"(["x"])"},                             //
      {"backfill", "false"},                             //
      {"batch_size", "5"},                               //
      {"capture_replicated", "true"},                    //
      {"conflict_delete", R"("manual")"},                //
      {"conflict_fields", R"({"id": "local_wins"})"},    //
      {"delete_brake", R"({"percent": 5, "rows": 5})"},  //
      {"filters", R"({"a": 1})"},                        //
      {"follow_ups", R"(["x"])"},                        //
      {"full_every", "7"},                               //
      {"hash_fields", R"(["x"])"},                       //
      {"initial", R"("none")"},                          //
      {"keep_runs", "5"},                                //
      {"lookback", R"("10m")"},                          //
      {"max_in_flight", "5"},                            //
      {"on_error", R"("fail")"},                         //
      {"page_size", "5"},                                //
      {"params", R"({"a": 1})"},                         //
      {"pull_first", "false"},                           //
      {"push_conditions", R"({"==": [{"var": "id"}, 1]})"},
      {"record_log", R"("all")"},  //
      {"run_log", "true"},         //
      {"schema_change", R"("pause")"},
      {"settle", R"("5 s")"},                            //
      {"soft_delete_columns", R"({"gone": true})"},      //
      {"soft_delete_fields", R"({"gone": true})"},       //
      {"stamp", R"({"age": "run"})"},                    //
      {"source_key", R"(["id"])"},                       //
      {"source_query", R"("SELECT id FROM t")"},         //
      {"status_columns", R"({"last_error": "email"})"},  //
      {"unmatched", R"("leave")"},                       //
      {"verify", R"("target")"},                         //
  };
  EXPECT_EQ(mapping_options().size(), samples.size());
  for (const OptionRow& row : mapping_options()) {
    ASSERT_TRUE(samples.contains(row.name)) << row.name;
    if (std::string(row.name).starts_with("source_")) continue;  // one wants the other
    const std::string soft = std::string(row.name).find("delete") != std::string::npos
                                 ? R"("direction": "both", "delete_mode": "soft", )"
                             : std::string(row.direction) == "push" ? R"("direction": "both", )"
                                                                    : "";
    EXPECT_EQ(
        codes(
            parse(with((soft + R"("options": {")" + row.name + "\": " + samples.at(row.name) + "}").c_str())).findings),
        "")
        << row.name;
  }
  const Findings unknown = parse(with(R"("options": {"zzzzzzzzz": 1})")).findings;
  for (const auto& [name, sample] : samples) EXPECT_NE(unknown.at(0).hint.find(name), std::string::npos);
}

// Of a definition that can be read, what the table says to its deletes.
std::string deletes(const std::string& rest) {
  const ParsedMapping parsed = parse(with(rest));
  if (!parsed.findings.empty()) return "parse " + codes(parsed.findings);
  Findings findings;
  check_deletes(parsed.mapping, contacts(), findings);
  return codes(findings);
}

TEST(MappingDeletes, SoftNeedsColumnsThatCanSayIt) {
  const auto soft = [](const std::string& columns) {
    return deletes(R"("delete_mode": "soft", "options": {"soft_delete_columns": )" + columns + "}");
  };
  EXPECT_EQ(soft(R"({"deleted_at": "now"})"), "");
  EXPECT_EQ(soft(R"({"deleted_at": "now", "gone": true})"), "");
  EXPECT_EQ(soft(R"({"gone": {"deleted": true, "restored": false}})"), "");
  EXPECT_EQ(soft(R"({"age": {"deleted": -1}})"), "");
  EXPECT_EQ(deletes(R"("delete_mode": "soft")"), "TD533!");
  EXPECT_EQ(soft(R"({"nowhere": "now"})"), "TD533!");
  EXPECT_EQ(soft(R"({"age": "now"})"), "TD533!") << "no time";
  EXPECT_EQ(soft(R"({"made_at": "now"})"), "TD533!") << "NOT NULL";
  EXPECT_EQ(soft(R"({"age": true})"), "TD533!") << "no boolean";
  EXPECT_EQ(soft(R"({"gone": {"deleted": true}})"), "TD533!") << "restored would be null";
  EXPECT_EQ(soft(R"({"id": {"deleted": 1, "restored": 2}})"), "TD533!") << "mapped";
  EXPECT_EQ(soft(R"({"gone": 7})"), "parse TD533!");
  EXPECT_EQ(soft(R"({"gone": {"restored": 7}})"), "parse TD504!");
  EXPECT_EQ(soft(R"({"gone": {"gone": 7}})"), "parse TD501! TD504!");
}

TEST(MappingDeletes, NeedRowsThatCanBeFoundAgain) {
  EXPECT_EQ(deletes(R"("delete_mode": "hard")"), "");
  EXPECT_EQ(deletes(R"("delete_mode": "hard", "write_mode": "append")"), "TD532!");
  EXPECT_EQ(
      deletes(R"("delete_mode": "soft", "write_mode": "insert", "options": {"soft_delete_columns": {"gone": true}})"),
      "TD532!");
  EXPECT_EQ(deletes(R"("options": {"delete_brake": {"rows": 5}})"), "parse TD532?");
  EXPECT_EQ(deletes(R"("delete_mode": "hard", "options": {"soft_delete_columns": {"gone": true}})"), "parse TD532?");
  EXPECT_EQ(deletes(R"("sync_mode": "full", "options": {"full_every": 3})"), "parse TD534!");
  EXPECT_EQ(deletes(R"("delete_mode": "hard", "options": {"delete_brake": {"percent": 101}})"), "parse TD503!");
}

TEST(MappingDeletes, RestoredRowsAreWrittenLikeOthers) {
  Mapping mapping = parse(with(R"("delete_mode": "soft", "options": {"soft_delete_columns":
      {"deleted_at": "now", "gone": true, "age": {"deleted": -1, "restored": 7}}})"))
                        .mapping;
  EXPECT_EQ(mapping.delete_brake.percent, 10);
  EXPECT_EQ(mapping.delete_brake.rows, 10);
  ASSERT_EQ(mapping.soft_columns.size(), 3u);
  EXPECT_TRUE(mapping.soft_columns[0].now);
}

}  // namespace
}  // namespace tandem::core
