// What each transform does to values, what it refuses, and what is wrong with their definitions.
#include "core/transform/chain.hpp"

#include <gtest/gtest.h>

#include "core/mapping/codes.hpp"

namespace tandem::core {
namespace {

using base::Json;
using base::Kind;
using base::Value;

Value text(std::string_view content) { return {Kind::string, content}; }
Value number(std::string_view token) { return {Kind::number, token}; }
Value json(std::string_view raw) { return {Kind::json, raw}; }

class Transforms : public ::testing::Test {
 protected:
  // The value after the steps as a line: text:abc, number:5, boolean:true, json:[1], null, or the code.
  std::string put(const std::string& steps, Value value) {
    Findings findings;
    const auto read = read_transforms(Json::parse(steps).value(), "to_local", findings);
    for (const Finding& finding : findings) return "finding: " + finding.message;
    const TransformChain chain(read, arena_, nullptr);
    if (const auto problem = chain.apply(value, arena_)) {
      message_ = problem->message;
      EXPECT_STREQ(problem->error_type, "TRANSFORM_ERROR");
      EXPECT_FALSE(problem->suggestion.empty());
      return problem->code;
    }
    constexpr const char* kKinds[] = {"absent", "null", "boolean:", "number:", "text:", "json:", "broken:"};
    return kKinds[static_cast<std::size_t>(value.kind)] + std::string(value.text);
  }
  std::string date(const std::string& pattern, std::string_view value) {
    return put(R"({"date_format": )" + Json(pattern).dump() + "}", text(value));
  }

  base::TextArena arena_;
  std::string message_;
};

TEST_F(Transforms, TrimAndCase) {
  EXPECT_EQ(put(R"("trim")", text(" \t a b \n")), "text:a b");
  EXPECT_EQ(put(R"("trim")", text("\xC2\xA0"
                                  "a\xE3\x80\x80")),
            "text:a")
      << "no-break and ideographic blanks";
  EXPECT_EQ(put(R"("trim")", text("  ")), "text:");
  EXPECT_EQ(put(R"(["trim", "lowercase"])", text(" ABC ")), "text:abc");
  EXPECT_EQ(put(R"("uppercase")", text("abc1")), "text:ABC1");
  EXPECT_EQ(put(R"("uppercase")", number("1e5")), "number:1e5") << "only text has letters";
  EXPECT_EQ(put(R"("lowercase")", json(R"({"A":1})")), "TD113");
}

TEST_F(Transforms, NullPassesAllButConstants) {
  for (const char* steps :
       {R"("trim")", R"({"map": {"a": 1}})", R"({"cast": "number"})", R"({"date_format": "YYYY-MM-DD"})",
        R"({"split": ","})", R"({"join": ","})", R"({"number_format": {"decimal": ","}})"}) {
    EXPECT_EQ(put(steps, {Kind::null, {}}), "null") << steps;
    EXPECT_EQ(put(steps, {}), "absent") << steps;
  }
  EXPECT_EQ(put(R"({"constant": 5})", {Kind::null, {}}), "number:5");
  EXPECT_EQ(put(R"({"constant": null})", text("x")), "null");
}

TEST_F(Transforms, Map) {
  const std::string map = R"({"map": {"Y": true, "N": false, "1": "one", "true": "yes", "n/a": null}})";
  EXPECT_EQ(put(map, text("Y")), "boolean:true");
  EXPECT_EQ(put(map, number("1")), "text:one");
  EXPECT_EQ(put(map, {Kind::boolean, "true"}), "text:yes");
  EXPECT_EQ(put(map, text("n/a")), "null");
  EXPECT_EQ(put(map, text("y")), "TD112");
  EXPECT_NE(message_.find("text \"y\""), std::string::npos);
  EXPECT_EQ(put(map, json("[1]")), "TD112");
  EXPECT_EQ(put(R"({"map": {"a": 1, "*": 0}})", text("b")), "number:0");
  EXPECT_EQ(put(R"(["lowercase", {"map": {"a": 1}}])", text("A")), "number:1");
}

TEST_F(Transforms, Cast) {
  EXPECT_EQ(put(R"({"cast": "string"})", number("1.50")), "text:1.50");
  EXPECT_EQ(put(R"({"cast": "string"})", json("[1]")), "text:[1]");
  EXPECT_EQ(put(R"({"cast": "number"})", text(" 1.50 ")), "number:1.50");
  EXPECT_EQ(put(R"({"cast": "number"})", text("NaN")), "TD114");
  EXPECT_EQ(put(R"({"cast": "integer"})", text("9007199254740993")), "number:9007199254740993");
  EXPECT_EQ(put(R"({"cast": "integer"})", text("1.5")), "TD114");
  for (const char* yes : {"true", "YES", "y", "On", "1", "t"})
    EXPECT_EQ(put(R"({"cast": "boolean"})", text(yes)), "boolean:true");
  for (const char* no : {"false", "No", "n", "off", "0", "F"})
    EXPECT_EQ(put(R"({"cast": "boolean"})", text(no)), "boolean:false");
  EXPECT_EQ(put(R"({"cast": "boolean"})", number("2")), "TD114");
  EXPECT_EQ(put(R"({"cast": "boolean"})", text("")), "TD114");
  EXPECT_EQ(put(R"({"cast": "date"})", text("2024-02-29T23:59:59+02:00")), "text:2024-02-29") << "the day as written";
  EXPECT_EQ(put(R"({"cast": "date-time"})", text("2024-02-29")), "text:2024-02-29T00:00:00");
  EXPECT_EQ(put(R"({"cast": "json"})", text(R"({"a": 1})")), R"(json:{"a": 1})");
  EXPECT_EQ(put(R"({"cast": "json"})", text(R"({"a": )")), "TD114");
  EXPECT_EQ(put(R"({"cast": "array"})", text("a")), R"(json:["a"])");
  EXPECT_EQ(put(R"({"cast": "array"})", json("[1]")), "json:[1]");
  EXPECT_EQ(put(R"({"cast": "uuid"})", text("x")), "TD114");
}

TEST_F(Transforms, DateFormats) {
  EXPECT_EQ(date("DD.MM.YYYY", "29.02.2024"), "text:2024-02-29");
  EXPECT_EQ(date("DD.MM.YYYY", "1.3.2024"), "text:2024-03-01");
  EXPECT_EQ(date("DD.MM.YYYY", "29.02.2023"), "TD114");
  EXPECT_EQ(date("DD.MM.YYYY", "00.00.0000"), "TD114");
  EXPECT_EQ(date("DD.MM.YYYY", "01.03.2024 "), "TD114") << "nothing behind it";
  EXPECT_EQ(date("DDMMYYYY", "01032024"), "text:2024-03-01");
  EXPECT_EQ(date("DDMMYYYY", "1032024"), "TD114");
  EXPECT_EQ(date("MM/DD/YY", "12/31/69"), "text:2069-12-31");
  EXPECT_EQ(date("MM/DD/YY", "12/31/70"), "text:1970-12-31");
  EXPECT_EQ(date("Dy, DD Mon YYYY HH24:MI:SS OF", "Thu, 29 Feb 2024 10:00:00 +0100"), "text:2024-02-29T10:00:00+0100");
  EXPECT_EQ(date("Month DD, YYYY", "february 9, 2024"), "text:2024-02-09");
  EXPECT_EQ(date("YYYY-MM-DD HH12:MI AM", "2024-02-29 12:05 am"), "text:2024-02-29T00:05:00");
  EXPECT_EQ(date("YYYY-MM-DD HH12:MI AM", "2024-02-29 12:05 PM"), "text:2024-02-29T12:05:00");
  EXPECT_EQ(date("YYYY-MM-DD HH12:MI AM", "2024-02-29 13:05 PM"), "TD114");
  EXPECT_EQ(date("YYYYMMDD\"T\"HH24MISSOF", "20240229T235959Z"), "text:2024-02-29T23:59:59Z");
  EXPECT_EQ(date("YYYY-MM-DD HH24:MI:SS.MS", "2024-02-29 10:00:00.5"), "text:2024-02-29T10:00:00.500000");
  EXPECT_EQ(date("HH24:MI", "24:00"), "TD114");
  EXPECT_EQ(date("HH24:MI", "9:05"), "text:09:05:00");
  EXPECT_EQ(date("HH24:MI:SS", "23:59:60"), "TD114");
  EXPECT_EQ(date("YYYY-MM-DD", "10000-01-01"), "TD114");
  EXPECT_EQ(put(R"({"date_format": {"pattern": "DD.MM.YYYY HH24:MI", "offset": "+01:00"}})", text("29.02.2024 10:00")),
            "text:2024-02-29T10:00:00+01:00");
  EXPECT_EQ(put(R"({"date_format": "YYYYMMDD"})", number("20240229")), "text:2024-02-29");
  EXPECT_EQ(put(R"({"date_format": "YYYYMMDD"})", json("{}")), "TD114");
}

TEST_F(Transforms, Epochs) {
  const auto epoch = [&](const char* unit, const char* token) {
    return put(std::string(R"({"date_format": ")") + unit + "\"}", number(token));
  };
  EXPECT_EQ(epoch("epoch", "0"), "text:1970-01-01T00:00:00.000000Z");
  EXPECT_EQ(epoch("epoch", "1700000000"), "text:2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(epoch("epoch", "1700000000.25"), "text:2023-11-14T22:13:20.250000Z");
  EXPECT_EQ(epoch("epoch_ms", "1700000000123"), "text:2023-11-14T22:13:20.123000Z");
  EXPECT_EQ(epoch("epoch_us", "1700000000123456"), "text:2023-11-14T22:13:20.123456Z");
  EXPECT_EQ(epoch("epoch", "-1"), "text:1969-12-31T23:59:59.000000Z");
  EXPECT_EQ(epoch("epoch", "1.7e9"), "text:2023-11-14T22:13:20.000000Z");
  EXPECT_EQ(epoch("epoch", "0.1234567"), "TD114") << "finer than microseconds";
  EXPECT_EQ(epoch("epoch_us", "0.5"), "TD114");
  EXPECT_EQ(epoch("epoch", "1700000000123"), "TD114") << "milliseconds taken for seconds are beyond the year 9999";
  EXPECT_EQ(epoch("epoch", "1e400"), "TD114");
  EXPECT_EQ(epoch("epoch", "-1e30"), "TD114");
  EXPECT_EQ(date("epoch", "1700000000"), "text:2023-11-14T22:13:20.000000Z") << "text, too";
  EXPECT_EQ(date("epoch", "soon"), "TD114");
}

TEST_F(Transforms, NumberFormats) {
  const auto european = [&](std::string_view value) {
    return put(R"({"number_format": {"decimal": ",", "group": "."}})", text(value));
  };
  EXPECT_EQ(european("1.234.567,50"), "number:1234567.50");
  EXPECT_EQ(european("-0,5"), "number:-0.5");
  EXPECT_EQ(european("+1234"), "number:1234");
  EXPECT_EQ(european("007"), "number:7");
  EXPECT_EQ(european("0"), "number:0");
  EXPECT_EQ(european("000"), "number:0");
  for (const char* wrong :
       {"12.34", "1.2345", "1234.567", ".123", "1.234.", "1,2,3", "1,", ",5", "", "-", "1e5", "€5", "NaN", "1 234"})
    EXPECT_EQ(european(wrong), "TD114") << wrong;
  EXPECT_EQ(put(R"({"number_format": {"group": ","}})", text("1,234.50")), "number:1234.50");
  EXPECT_EQ(put(R"({"number_format": {"decimal": ",", "group": " "}})", text("1 234,5")), "number:1234.5");
  EXPECT_EQ(put(R"({"number_format": {"decimal": ","}})", number("1.5")), "number:1.5") << "a number is one already";
  EXPECT_EQ(put(R"({"number_format": {"decimal": ","}})", {Kind::boolean, "true"}), "TD113");
}

TEST_F(Transforms, SplitAndJoin) {
  EXPECT_EQ(put(R"({"split": ","})", text("a,b,,c")), R"(json:["a","b","","c"])");
  EXPECT_EQ(put(R"({"split": ", "})", text("a, b")), R"(json:["a","b"])");
  EXPECT_EQ(put(R"({"split": ","})", text("")), "json:[]");
  EXPECT_EQ(put(R"({"split": ","})", number("1")), "TD113");
  EXPECT_EQ(put(R"({"join": ", "})", json(R"( ["a", 1, true, null, "\u00e4"])")), "TD113") << "not raw from the reader";
  EXPECT_EQ(put(R"({"join": ", "})", json(R"(["a", 1, true, null, "\u00e4"])")), "text:a, 1, true, ä");
  EXPECT_EQ(put(R"({"join": ","})", json("[]")), "text:");
  EXPECT_EQ(put(R"({"join": ","})", json("[[1]]")), "TD113");
  EXPECT_EQ(put(R"({"join": ","})", text("a")), "TD113");
}

TEST_F(Transforms, WrongDefinitionsSayWhatIsRight) {
  const auto found = [&](const char* steps) {
    Findings findings;
    (void)read_transforms(Json::parse(steps).value(), "to_local", findings);
    return findings.empty() ? std::string() : findings[0].code + " " + findings[0].hint;
  };
  EXPECT_NE(found(R"("lowercas")").find("lowercase"), std::string::npos);
  EXPECT_TRUE(found(R"("map")").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"trim": 1})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"trim": 1, "map": 2})").starts_with("TD535"));
  EXPECT_TRUE(found(R"(5)").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"map": []})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"map": {}})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"cast": "decimal"})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"split": ""})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"number_format": {"decimal": ",", "group": ","}})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"number_format": {"decimal": "1"}})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"number_format": {"dezimal": ","}})").starts_with("TD501"));
  for (const char* pattern :
       {"DD.MM", "YYYY-MM-DD YYYY", "HH12:MI", "MI:SS", "YYYY-MM-DD OF", "yyyy-mm-dd", "SS", "", "x"})
    EXPECT_TRUE(found((std::string(R"({"date_format": ")") + pattern + "\"}").c_str()).starts_with("TD535")) << pattern;
  EXPECT_TRUE(found(R"({"date_format": "YYYY \"T"})").starts_with("TD535")) << "an open quote";
  EXPECT_TRUE(found(R"({"date_format": {"pattern": "YYYY-MM-DD", "offset": "Z"}})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"date_format": {"pattern": "YYYY-MM-DD HH24", "offset": "CET"}})").starts_with("TD535"));
  EXPECT_TRUE(found(R"({"date_format": {"offset": "Z"}})").starts_with("TD504"));
}

TEST_F(Transforms, KnowTheWayBack) {
  const auto one_way = [](const char* steps) {
    Findings findings;
    const auto read = read_transforms(Json::parse(steps).value(), "to_local", findings);
    const Transform* step = first_one_way(read);
    return step == nullptr ? std::string() : std::string(transform_name(step->kind));
  };
  EXPECT_EQ(one_way(R"(["trim", "lowercase", {"date_format": "DD.MM.YYYY"}, {"split": ","}])"), "");
  EXPECT_EQ(one_way(R"({"map": {"a": 1, "b": 2}})"), "");
  EXPECT_EQ(one_way(R"({"map": {"a": 1, "b": 1}})"), "map");
  EXPECT_EQ(one_way(R"({"map": {"a": 1, "*": 2}})"), "map");
  EXPECT_EQ(one_way(R"({"constant": 1})"), "constant");
}

TEST_F(Transforms, RandomTextsNeverThrow) {
  std::uint32_t state = 1;
  const auto next = [&](std::uint32_t below) {
    state = state * 1664525u + 1013904223u;
    return (state >> 8) % below;
  };
  const std::string signs = "0123456789.,:-+ TZ/amMonJan\"e\xC2\xA0";
  for (int i = 0; i < 20000; ++i) {
    std::string value;
    for (std::uint32_t n = next(24); n > 0; --n) value += signs[next(static_cast<std::uint32_t>(signs.size()))];
    for (const char* steps :
         {R"("trim")", R"({"date_format": "DD Mon YYYY HH12:MI:SS.US AM OF"})", R"({"date_format": "YYYYMMDD"})",
          R"({"date_format": "epoch"})", R"({"number_format": {"decimal": ",", "group": "."}})", R"({"split": "."})",
          R"({"cast": "date"})", R"({"cast": "boolean"})", R"({"cast": "integer"})"})
      (void)put(steps, text(value));
  }
}

}  // namespace
}  // namespace tandem::core
