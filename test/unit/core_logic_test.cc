// Conditions: JSON Logic. What it makes of values is what json-logic-js makes of them: the cases of
// json_logic_cases.jsonl were written by it (test/differential makes more, each time others).
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>

#include "base/strings.hpp"
#include "core/logic/logic.hpp"
#include "core/mapping/codes.hpp"

using namespace tandem;
using base::Json;
using core::Condition;
using core::ConditionTest;
using core::Findings;

namespace {

struct Answer {
  ConditionTest::Verdict verdict;
  std::string value, reason;
};

Answer answer(const std::string& rule, std::string_view record) {
  Findings findings;
  const Condition condition = Condition::compile(Json::parse(rule).value(), "conditions", findings);
  base::PageReader reader({base::RecordsAt::Rule::object, {}}, condition.fields(), {});
  base::Buffer body;
  body.append(record);
  base::TextArena arena;
  const base::Page page = reader.read(body, arena).value();
  ConditionTest test(condition);
  const ConditionTest::Verdict verdict = test.test(page.record(0), page.raw.front());
  const std::string reason(test.reason());
  return {verdict, test.value(page.record(0), page.raw.front()), reason};
}

bool passes(const std::string& rule, std::string_view record) {
  return answer(rule, record).verdict == ConditionTest::Verdict::pass;
}

std::string value(const std::string& rule, std::string_view record = "{}") { return answer(rule, record).value; }

Findings check(const std::string& rule) {
  Findings findings;
  (void)Condition::compile(Json::parse(rule).value(), "conditions", findings);
  return findings;
}

TEST(Logic, gives_what_json_logic_js_gives) {
  std::ifstream file(TANDEM_SOURCE_DIR "/test/unit/json_logic_cases.jsonl");
  std::size_t cases = 0;
  for (std::string line; std::getline(file, line); ++cases) {
    const Json json = Json::parse(line).value();
    const std::string& expected = json.items()[2].string();
    const std::string found = value(json.items()[0].dump(), json.items()[1].dump());
    EXPECT_EQ(found.starts_with("raised") ? "raised" : found, expected) << line;
  }
  EXPECT_GT(cases, 2000u);
}

TEST(Logic, a_falsy_result_skips) {
  for (const char* falsy : {"false", "0", "\"\"", "null", "[]"}) {
    EXPECT_FALSE(passes(R"({"var": "a"})", base::strcat(R"({"a": )", falsy, "}"))) << falsy;
  }
  for (const char* truthy : {"true", "1", "\"0\"", "\"false\"", "[0]", "{}", "-1", "0.1"}) {
    EXPECT_TRUE(passes(R"({"var": "a"})", base::strcat(R"({"a": )", truthy, "}"))) << truthy;
  }
  EXPECT_FALSE(passes(R"({"var": "a"})", "{}"));
}

TEST(Logic, whole_numbers_are_compared_by_all_digits) {
  const char* record =
      R"({"id": 9007199254740993, "next": 9007199254740992, "text": "9007199254740993", "far": -123456789012345678901})";
  EXPECT_FALSE(passes(R"({"==": [{"var": "id"}, {"var": "next"}]})", record));
  EXPECT_TRUE(passes(R"({">": [{"var": "id"}, {"var": "next"}]})", record));
  EXPECT_TRUE(passes(R"({"==": [{"var": "id"}, {"var": "text"}]})", record));
  EXPECT_FALSE(passes(R"({"==": [{"var": "next"}, {"var": "text"}]})", record));
  EXPECT_TRUE(passes(R"({"in": [9007199254740993, [{"var": "id"}]]})", record));
  EXPECT_FALSE(passes(R"({"in": [9007199254740993, [{"var": "next"}]]})", record));
  EXPECT_EQ(value(R"({"cat": ["id-", {"var": "id"}, {"var": "far"}]})", record),
            "41:id-9007199254740993-123456789012345678901");
  EXPECT_TRUE(passes(R"({"<": [{"var": "far"}, -1]})", record));
  EXPECT_TRUE(passes(R"({"==": [{"var": "a"}, {"var": "b"}]})",
                     R"({"a": 123456789012345678901, "b": "+0123456789012345678901"})"));
  EXPECT_TRUE(passes(R"({"<": [{"var": "a"}, {"var": "b"}]})",
                     R"({"a": -123456789012345678902, "b": -123456789012345678901})"));
  EXPECT_TRUE(passes(R"({"==": [{"var": "a"}, 1]})", R"({"a": 1.0})"));
  EXPECT_TRUE(passes(R"({"==": [{"var": "a"}, {"var": "b"}]})", R"({"a": 1e400, "b": 1e401})"));  // both infinite
}

TEST(Logic, a_key_with_dots_is_the_literal_key_first) {
  EXPECT_EQ(value(R"({"var": "a.b"})", R"({"a.b": 1, "a": {"b": 2}})"), "1");
  EXPECT_EQ(value(R"({"var": "a.b"})", R"({"a": {"b": 2}})"), "2");
  EXPECT_EQ(
      value(R"({"map": [{"var": "l"}, {"var": "a.b"}]})", R"({"l": [{"a.b": 1, "a": {"b": 2}}, {"a": {"b": 3}}]})"),
      "[1 3 ]");
  EXPECT_EQ(value(R"({"var": {"cat": ["a", ".b"]}})", R"({"a.b": 1, "a": {"b": 2}})"), "1");
  EXPECT_EQ(value(R"({"var": "/a"})", R"({"/a": 1, "a": 2})"), "1");
  EXPECT_EQ(value(R"({"var": "*"})", R"({"*": 1, "a": 2})"), "1");
}

TEST(Logic, what_no_column_can_hold_can_be_looked_at) {
  EXPECT_EQ(value(R"({"var": "a"})", R"({"a": "x\u0000y"})"), std::string("3:x\0y", 5));
  EXPECT_EQ(value(R"({"var": "a"})", R"({"a": "\ud83d!"})"), "4:\ufffd!");
  EXPECT_EQ(value(R"({"var": "a.0"})", R"({"a": ["\ud83d\ude00\n\u00e9\/"]})"), "8:\U0001F600\n\u00e9/");
  EXPECT_EQ(value(R"({"substr": [{"var": "a"}, 0, 1]})", "{\"a\": \"\U0001F600\"}"), "3:\ufffd");
  EXPECT_EQ(value(R"({"var": "a.k"})", R"({"a": {"k": 1, "\u006b": 2}})"), "2");
  EXPECT_EQ(value(R"({"var": ""})", R"({"k": 1, "k": [2]})"), "{k=1 k=[2 ] }");
}

TEST(Logic, extracts_only_the_fields_that_the_rule_names) {
  Findings findings;
  const auto fields = [&](const char* rule) {
    const Condition condition = Condition::compile(Json::parse(rule).value(), "", findings);
    std::vector<std::string> names;
    for (const base::FieldPath& field : condition.fields()) names.push_back(field.literal);
    return names;
  };
  EXPECT_THAT(
      fields(R"({"and": [{"var": "a"}, {"==": [{"var": ["b.c", 1]}, {"var": "a"}]}, {"missing": ["d", "a"]}]})"),
      testing::ElementsAre("a", "b.c", "d"));
  EXPECT_THAT(fields(R"({"some": [{"var": "lines"}, {"==": [{"var": "sku"}, 1]}]})"), testing::ElementsAre("lines"));
  EXPECT_THAT(fields(R"({"var": ""})"), testing::ElementsAre());
  EXPECT_THAT(fields(R"({"missing_some": [1, ["a", "b"]]})"), testing::ElementsAre());
  EXPECT_TRUE(findings.empty());
}

TEST(Logic, no_rule_works_without_end) {
  const std::string twice = R"({"cat": [{"var": "accumulator"}, {"var": "accumulator"}]})";
  std::string many = "[1";
  for (int i = 0; i < 2000; ++i) many += ",1";
  const std::string record = base::strcat(R"({"l": )", many, "]}");
  const auto raised = [&](const std::string& rule) {
    const Answer found = answer(rule, record);
    EXPECT_EQ(found.verdict, ConditionTest::Verdict::raised) << rule;
    return found.reason;
  };
  EXPECT_THAT(raised(base::strcat(R"({"reduce": [{"var": "l"}, )", twice, R"(, "x"]})")), testing::HasSubstr("too"));
  EXPECT_EQ(raised(R"({"reduce": [{"var": "l"}, [{"var": "accumulator"}], 1]})"), "the rule nests lists too deep");
  const std::string fifty = many.substr(0, 100) + "]";
  EXPECT_EQ(raised(base::strcat(R"({"cat": {"reduce": [)", fifty,
                                R"(, [{"var": "accumulator"}, {"var": "accumulator"}], 1]}})")),
            "the rule makes a text that is too long");
}

TEST(Logic, where_the_reference_throws_the_record_is_not_judged) {
  EXPECT_EQ(answer(R"({"missing_some": [1, {"var": "a"}]})", "{}").reason, "missing_some has no list of fields");
  EXPECT_EQ(answer(R"({"*": []})", "{}").reason, "* has nothing to multiply");
}

TEST(Logic, memory_is_used_again_record_by_record) {
  Findings findings;
  const Condition condition = Condition::compile(Json::parse(R"({"in": ["x", {"var": "l"}]})").value(), "", findings);
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, condition.fields(), {});
  base::Buffer body;
  body.append(R"([{"l": ["x"]}, {"l": ["y"]}, {"l": "xyz"}, {}, {"l": [["x"], "x"]}])");
  base::TextArena arena;
  const base::Page page = reader.read(body, arena).value();
  ConditionTest test(condition);
  std::string verdicts;
  for (std::size_t i = 0; i < page.records(); ++i)
    verdicts += test.test(page.record(i), page.raw[i]) == ConditionTest::Verdict::pass ? '+' : '-';
  EXPECT_EQ(verdicts, "+-+-+");
}

struct Wrong {
  const char *rule, *path, *message, *hint;
};

TEST(Logic, what_is_no_rule_is_a_finding_with_its_path) {
  const Wrong cases[] = {
      {R"({"equals": [1, {"var": "a"}]})", "conditions.equals", "unknown operator \"equals\"", "Operators: "},
      {R"({"and": [true, {"mising": ["a"]}]})", "conditions.and.1.mising", "unknown operator \"mising\"",
       "Did you mean \"missing\"?"},
      {R"({"filter": [{"var": "a"}, {"vra": "b"}]})", "conditions.filter.1.vra", "unknown operator \"vra\"",
       "Did you mean \"var\"?"},
      {R"({"status": "active"})", "conditions.status", "unknown operator \"status\"", ""},
      {R"({"==": [{"var": "a"}]})", "conditions.\"==\"", "\"==\" takes 2 arguments, not 1", ""},
      {R"({"or": [{"!": [{"var": "a"}, 1]}]})", "conditions.or.0.\"!\"", "\"!\" takes 1 argument, not 2", ""},
      {R"({"<": [{"var": "a"}, 1, 2, 3]})", "conditions.\"<\"", "\"<\" takes 2 to 3 arguments, not 4", ""},
      {R"({"and": []})", "conditions.and", "\"and\" takes at least 1 argument, not 0", ""},
      {R"({"var": "a", "==": 1})", "conditions", "an object with 2 keys is no rule: it must have \"var\" alone",
       "Put several rules"},
      {R"({"if": [{"var": "a"}, {">": [1, {"var": "b"}], "x": 1}]})", "conditions.if.1",
       "an object with 2 keys is no rule: it must have \">\" alone", "Put several"},
  };
  for (const Wrong& wrong : cases) {
    const Findings findings = check(wrong.rule);
    ASSERT_EQ(findings.size(), 1u) << wrong.rule;
    EXPECT_EQ(findings.front().severity, core::Severity::error);
    EXPECT_EQ(findings.front().code, core::mapping_code::kBadCondition);
    EXPECT_EQ(findings.front().path, wrong.path);
    EXPECT_EQ(findings.front().message, wrong.message);
    EXPECT_THAT(findings.front().hint, testing::HasSubstr(wrong.hint));
  }
}

TEST(Logic, a_rule_that_looks_at_nothing_is_doubtful) {
  for (const char* rule : {"true", "0", R"("a > 1")", R"({"==": [1, 1]})", R"({"a": 1, "b": 2})"}) {
    const Findings findings = check(rule);
    ASSERT_EQ(findings.size(), 1u) << rule;
    EXPECT_EQ(findings.front().severity, core::Severity::warning);
    EXPECT_EQ(findings.front().code, core::mapping_code::kConstantCondition);
  }
  for (const char* rule : {R"({"var": "a"})", R"({"!": {"missing": ["a"]}})", R"({"missing_some": [1, ["a"]]})"}) {
    EXPECT_TRUE(check(rule).empty()) << rule;
  }
}

}  // namespace
