// Which records a mapping is about: conditions and filters, what is sent and what is judged here.
#include "core/logic/record_filter.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {
namespace {

using base::Json;
using testing::ElementsAre;
using testing::Pair;

Json json(std::string_view text) { return Json::parse(text).value(); }

Api api() {
  return make_api(json("{}"), json(R"({"base_url": "https://a.example", "objects": {"things": {
    "path": "/things", "params": {"state": "all"}, "filters": {"status": "state", "region": "where"}}}})"))
      .value();
}

Target table() {
  Target target;
  target.name = "public.things";
  target.columns.push_back({.name = "id", .type = {}});
  return target;
}

ParsedMapping parse(std::string_view more) {
  const std::string text =
      base::strcat(R"({"object": "things", "columns": {"id": "id"}, "direction": "pull", )", more, "}");
  return parse_mapping("things", json(text), api(), table(), {});
}

struct Outcome {
  std::vector<std::string> kept, passed_over, raised;
};

Outcome split(std::string_view more, std::string_view records) {
  const ParsedMapping parsed = parse(more);
  EXPECT_FALSE(has_errors(parsed.findings)) << more;
  RowBuilder rows(parsed.mapping, table(), {"id"}, 1);
  auto filter = RecordFilter::make(parsed.mapping, *api().object("things"), rows);
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, rows.fields(), {});
  base::Buffer body;
  body.append(records);
  base::TextArena arena;
  const base::Page page = reader.read(body, arena).value();
  const auto identified = rows.identify(page, arena);
  Outcome out;
  if (!filter) {
    for (const Identity& row : identified.rows) out.kept.emplace_back(row.origin_id);
    return out;
  }
  const RecordFilter::Split split = filter->split(page, identified.rows);
  for (const Identity& row : split.rows) out.kept.emplace_back(row.origin_id);
  for (const Identity& row : split.passed_over) out.passed_over.emplace_back(row.origin_id);
  for (std::size_t i = 0; i < split.faults.size(); ++i) {
    EXPECT_EQ(split.faults[i].code, code::kNotJudged);
    out.raised.emplace_back(split.fault_ids[i]);
  }
  return out;
}

TEST(RecordFilter, keeps_what_the_conditions_hold_for) {
  const Outcome out = split(R"("conditions": {">": [{"var": "n"}, 1]})",
                            R"([{"id": "a", "n": 1}, {"id": "b", "n": 2}, {"id": "c"}, {"id": "d", "n": "3"}])");
  EXPECT_THAT(out.kept, ElementsAre("b", "d"));
  EXPECT_THAT(out.passed_over, ElementsAre("a", "c"));
}

TEST(RecordFilter, an_empty_rule_is_all_records) {
  for (const char* rule : {"null", "{}", "[]"}) {
    const Outcome out = split(base::strcat(R"("conditions": )", rule), R"([{"id": "a"}, {"id": "b"}])");
    EXPECT_THAT(out.kept, ElementsAre("a", "b")) << rule;
  }
}

TEST(RecordFilter, a_record_that_cannot_be_judged_is_a_fault_of_its_own) {
  const Outcome out = split(R"("conditions": {"!": {"missing_some": [1, {"var": "need"}]}})",
                            R"([{"id": "a", "need": ["id"]}, {"id": "b"}, {"id": "c", "need": ["x"]}])");
  EXPECT_THAT(out.kept, ElementsAre("a"));
  EXPECT_THAT(out.passed_over, ElementsAre("c"));
  EXPECT_THAT(out.raised, ElementsAre("b"));
}

TEST(RecordFilter, filters_are_equality_and_hold_beside_the_conditions) {
  const Outcome out = split(
      R"("conditions": {"var": "ok"}, "options": {"filters": {"kind": ["x", "y"], "size": 2, "none": null}})",
      R"([{"id": "a", "ok": 1, "kind": "x", "size": 2}, {"id": "b", "ok": 1, "kind": "y", "size": "2", "none": null},
          {"id": "c", "ok": 0, "kind": "x", "size": 2}, {"id": "d", "ok": 1, "kind": "z", "size": 2},
          {"id": "e", "ok": 1, "kind": "x", "size": 3}, {"id": "f", "ok": 1, "kind": "x", "size": 2, "none": 1},
          {"id": "g", "ok": 1, "size": 2}])");
  EXPECT_THAT(out.kept, ElementsAre("a", "b"));
}

TEST(RecordFilter, what_has_a_parameter_is_sent) {
  const Object object = *api().object("things");
  const auto sent = [&](std::string_view more) { return filter_params(parse(more).mapping, object); };
  EXPECT_THAT(sent(R"("options": {"filters": {"status": "active", "kind": "x"}})"),
              ElementsAre(Pair("state", "active")));
  EXPECT_THAT(sent(R"("options": {"filters": {"status": ["on"], "region": 7}})"),
              ElementsAre(Pair("state", "on"), Pair("where", "7")));
  EXPECT_THAT(sent(R"("options": {"filters": {"status": ["on", "off"], "region": null}})"), ElementsAre());
  EXPECT_THAT(sent(R"("options": {"params": {"state": "x"}, "filters": {"status": "on"}})"), ElementsAre());
  // A record that stops matching would look deleted.
  EXPECT_THAT(sent(R"("delete_mode": "hard", "options": {"filters": {"status": "active"}})"), ElementsAre());
}

TEST(RecordFilter, what_was_sent_is_judged_where_the_record_has_the_field) {
  const std::string_view records = R"([{"id": "a"}, {"id": "b", "status": "on"}, {"id": "c", "status": "off"}])";
  EXPECT_THAT(split(R"("options": {"filters": {"status": "on"}})", records).kept, ElementsAre("a", "b"));
  EXPECT_THAT(split(R"("options": {"filters": {"status": ["on", "x"]}})", records).kept, ElementsAre("b"));
}

TEST(RecordFilter, mistakes_are_findings) {
  const auto first = [](std::string_view more) {
    const ParsedMapping parsed = parse(more);
    return parsed.findings.empty() ? Finding{} : parsed.findings.front();
  };
  EXPECT_EQ(first(R"("conditions": {"vra": "a"})").path, "conditions.vra");
  EXPECT_EQ(first(R"("conditions": {"vra": "a"})").code, mapping_code::kBadCondition);
  EXPECT_EQ(first(R"("options": {"filters": {"a": {"x": 1}}})").code, mapping_code::kBadFilter);
  EXPECT_EQ(first(R"("options": {"filters": {"a": []}})").code, mapping_code::kBadFilter);
  EXPECT_EQ(first(R"("options": {"filters": ["a"]})").code, finding_code::kWrongKind);
  EXPECT_EQ(first(R"("options": {"filters": {"a": "x"}})").code, "");
}

TEST(RecordFilter, fields_that_discovery_has_not_seen_are_doubtful) {
  Mapping mapping = parse(R"("conditions": {"and": [{"var": "status"}, {"var": "nmae"}, {"var": "a.b"}]},
                             "options": {"filters": {"statsu": "x", "a.c": 1}})")
                        .mapping;
  Findings findings;
  check_filter_fields(mapping, {{.name = "status"}, {.name = "name"}, {.name = "a"}}, findings);
  ASSERT_EQ(findings.size(), 2u);
  EXPECT_EQ(findings[0].path, "options.filters.statsu");
  EXPECT_EQ(findings[0].hint, "Did you mean \"status\"?");
  EXPECT_EQ(findings[1].path, "conditions");
  EXPECT_EQ(findings[1].field, "nmae");
  findings.clear();
  check_filter_fields(mapping, {}, findings);
  EXPECT_TRUE(findings.empty());
}

TEST(RecordFilter, a_filter_parameter_has_one_owner) {
  const Findings findings = validate_config(json("{}"), json(R"({"base_url": "https://a.example", "objects": {"things":
    {"path": "/things", "paging": {"style": "page", "param": "p"}, "filters": {"page": "p", "x": 1}}}})"));
  std::vector<std::string> said;
  for (const Finding& finding : findings) said.push_back(finding.path + ": " + finding.message);
  EXPECT_THAT(said, ElementsAre("objects.things.filters: the parameter of field \"x\" must be a text",
                                "objects.things.filters: query parameter p is already used by paging.param"));
}

}  // namespace
}  // namespace tandem::core
