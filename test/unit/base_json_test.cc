#include "base/json.hpp"

#include <gtest/gtest.h>

#include <limits>

namespace tandem::base {
namespace {

std::string nested(int depth) {
  return std::string(static_cast<std::size_t>(depth), '[') + std::string(static_cast<std::size_t>(depth), ']');
}

Json parsed(std::string_view text) { return Json::parse(text).value(); }

Error refused(std::string_view text) {
  const auto result = Json::parse(text);
  EXPECT_FALSE(result.ok()) << text;
  return result.ok() ? Error{} : result.error();
}

TEST(Json, ParsesEveryKind) {
  const Json json = parsed(
      R"( {"n":null,"t":true,"f":false,"i":-9223372036854775808,"r":0.1,"s":"ä\u00e4\ud83d\ude00\n","a":[1,[]],"o":{}} )");
  EXPECT_TRUE(json.find("n")->is_null());
  EXPECT_EQ(json.boolean_at("t"), true);
  EXPECT_EQ(json.boolean_at("f"), false);
  EXPECT_EQ(json.integer_at("i"), std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(json.find("r")->real(), 0.1);
  EXPECT_EQ(json.string_at("s"), "ää😀\n");
  EXPECT_EQ(json.find("a")->items().size(), 2u);
  EXPECT_TRUE(json.find("o")->members().empty());
  EXPECT_EQ(parsed("7").integer(), 7);
  EXPECT_EQ(parsed("\"x\"").string(), "x");
}

TEST(Json, AbsentAndOfAnotherKindAreAlike) {
  const Json json = parsed(R"({"a":null,"b":[]})");
  for (const char* key : {"a", "b", "c"}) {
    EXPECT_EQ(json.string_at(key), std::nullopt);
    EXPECT_EQ(json.integer_at(key), std::nullopt);
    EXPECT_EQ(json.boolean_at(key), std::nullopt);
  }
  EXPECT_EQ(parsed("[1]").find("a"), nullptr);
}

TEST(Json, KeepsTheOrderOfKeysAndTheLastOfDuplicates) {
  EXPECT_EQ(parsed(R"({"z":1,"a":2,"m":3,"a":4})").dump(), R"({"z":1,"a":4,"m":3})");
}

TEST(Json, DumpReadsBackAsTheSame) {
  for (const char* text : {"null", "true", "-1", "0.1", "100.0", "1e+300", "5e-324", "[]", "{}",
                           R"(["\"\\\n\r\t\u0001\u001f/é"])", R"({"a":[{"b":null},1.5],"":""})"}) {
    const Json json = parsed(text);
    EXPECT_EQ(parsed(json.dump()), json) << text << " became " << json.dump();
  }
  EXPECT_EQ(parsed("1e2").dump(), "100.0");
  EXPECT_EQ(parsed(" [ 1 , 2 ] ").dump(), "[1,2]");
  EXPECT_EQ(Json(std::numeric_limits<double>::infinity()).dump(), "null");
}

TEST(Json, ErrorsNameLineAndColumn) {
  const Error error = refused("{\n  \"a\": 1,\n  b: 2\n}");
  EXPECT_EQ(error.code, Errc::invalid_text);
  EXPECT_EQ(error.text.rfind("invalid JSON at line 3, column 3: ", 0), 0u) << error.text;
  EXPECT_EQ(refused("").text, "invalid JSON at line 1, column 1: the text is empty");
  EXPECT_EQ(refused(" \n").text, "invalid JSON at line 1, column 1: the text is empty");
}

TEST(Json, ErrorsNeverQuoteTheText) {
  for (const char* text : {R"({"password": "hunter2" "x"})", R"({"password": hunter2})", R"("hunter2)",
                           R"({"p":"hunter2"} near hunter2)", R"(["near \u0000 hunter2"])"})
    EXPECT_EQ(refused(text).text.find("hunter"), std::string::npos) << refused(text).text;
}

TEST(Json, RefusesWhatIsNoJson) {
  for (const char* text : {"{", "[1,]", "{\"a\":1,}", "01", "1.", "+1", "-", "tru", "[1] 2", "'a'", "\"\\x\"", "\"\t\"",
                           "nan", "\"\xff\"", "\"\\ud800\"", "\"\\u0000\"", "{\"\\u0000\":1}", "\xEF\xBB\xBF{}"})
    EXPECT_EQ(refused(text).code, Errc::invalid_text) << text;
}

TEST(Json, RefusesNumbersItWouldChange) {
  EXPECT_NE(refused("9223372036854775808").text.find("too big integer"), std::string::npos);
  EXPECT_NE(refused("[-9223372036854775809]").text.find("too big negative integer"), std::string::npos);
  EXPECT_FALSE(Json::parse("1e999").ok());
}

TEST(Json, CapsDepth) {
  EXPECT_TRUE(Json::parse(nested(128)).ok());
  const Error error = refused("{\"a\":\n" + nested(128) + "}");
  EXPECT_EQ(error.code, Errc::limit_exceeded);
  EXPECT_EQ(error.text, "JSON nested deeper than 128 levels at line 2, column 128");
  EXPECT_FALSE(Json::parse(std::string(1'000'000, '[')).ok());
  EXPECT_TRUE(Json::parse("\"" + std::string(300, '[') + "\\\"" + std::string(300, '{') + "\"").ok())
      << "brackets in a string";
}

TEST(Json, CapsSize) {
  EXPECT_TRUE(Json::parse("[1,2]", 5).ok());
  EXPECT_EQ(Json::parse("[1,2]", 4).error().code, Errc::limit_exceeded);
}

TEST(Json, AccessorOfAnotherKindIsAnInternalError) {
  const Json json = parsed("[1]");
  EXPECT_THROW((void)json.string(), Failure);
  EXPECT_THROW((void)json.members(), Failure);
  EXPECT_THROW((void)json.boolean(), Failure);
  EXPECT_THROW((void)json.real(), Failure);
  EXPECT_THROW((void)parsed("1.5").integer(), Failure);
  EXPECT_EQ(parsed("2").real(), 2.0);
  try {
    (void)json.string();
  } catch (const Failure& failure) {
    EXPECT_EQ(failure.error().code, Errc::internal);
    EXPECT_EQ(failure.error().text, "JSON value is array, not text");
  }
}

TEST(Json, SetReplacesInPlaceAndPushAppends) {
  Json object = parsed(R"({"a":1,"b":2})");
  object.set("a", Json(std::string("x")));
  object.set("c", Json::array());
  EXPECT_EQ(object.dump(), R"({"a":"x","b":2,"c":[]})");
  Json array = Json::array();
  array.push(Json(true));
  EXPECT_EQ(array.dump(), "[true]");
  EXPECT_THROW(array.set("a", Json()), Failure);
  EXPECT_THROW(object.push(Json()), Failure);
}

// The examples of RFC 7396, appendix A.
TEST(Json, MergePatch) {
  const char* const cases[][3] = {
      {R"({"a":"b"})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"b"})", R"({"b":"c"})", R"({"a":"b","b":"c"})"},
      {R"({"a":"b"})", R"({"a":null})", "{}"},
      {R"({"a":"b","b":"c"})", R"({"a":null})", R"({"b":"c"})"},
      {R"({"a":["b"]})", R"({"a":"c"})", R"({"a":"c"})"},
      {R"({"a":"c"})", R"({"a":["b"]})", R"({"a":["b"]})"},
      {R"({"a":{"b":"c"}})", R"({"a":{"b":"d","c":null}})", R"({"a":{"b":"d"}})"},
      {R"({"a":[{"b":"c"}]})", R"({"a":[1]})", R"({"a":[1]})"},
      {R"(["a","b"])", R"(["c","d"])", R"(["c","d"])"},
      {R"({"a":"b"})", R"(["c"])", R"(["c"])"},
      {R"({"a":"foo"})", "null", "null"},
      {R"({"a":"foo"})", "\"bar\"", "\"bar\""},
      {R"({"e":null})", R"({"a":1})", R"({"e":null,"a":1})"},
      {"[1,2]", R"({"a":"b","c":null})", R"({"a":"b"})"},
      {"{}", R"({"a":{"bb":{"ccc":null}}})", R"({"a":{"bb":{}}})"},
  };
  for (const auto& [target, patch, result] : cases)
    EXPECT_EQ(merge_patch(parsed(target), parsed(patch)).dump(), result) << patch;
}

}  // namespace
}  // namespace tandem::base
