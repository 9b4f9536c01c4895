#include "base/plain_json.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "base/json.hpp"

namespace tandem::base {
namespace {

std::vector<std::string> fields_of(std::string_view object) {
  PlainField fields[kPlainFields];
  const std::size_t count = plain_fields(object, fields);
  std::vector<std::string> out;
  for (std::size_t i = 0; i < count; ++i)
    out.push_back(std::string(fields[i].key) + "=" + std::string(fields[i].value));
  return out;
}

std::vector<std::string> elements_of(std::string_view array) {
  std::vector<std::string> out;
  std::string_view rest = array.substr(1);
  for (auto one = next_plain_element(rest); !one.empty(); one = next_plain_element(rest)) out.emplace_back(one);
  return out;
}

TEST(PlainJson, IsAnObjectOrArrayWithoutEscapes) {
  for (const char* json : {"{}", "[]", "{ }", "[ ]", R"({"a":1})", R"([1, -2.5e+3 , true,false, null ,"x"])",
                           R"({ "a" : { "b" : [ ] , "" : "}]" } })", "[[[[]]]]", "[\"\xc3\xa4\"]"})
    EXPECT_TRUE(is_plain_json(json)) << json;
  for (const char* json : {R"({"a":"b\n"})", R"({"a\u0062":1})", "1", "\"text\"", "true", "null", ""})
    EXPECT_FALSE(is_plain_json(json)) << json;
}

TEST(PlainJson, IsWellFormed) {
  for (const char* json :
       {"{",        "}",         "[",          "]",         "[1",           "[1,]",  "[,1]",        "[1 2]", "{\"a\"}",
        "{\"a\":}", "{\"a\" 1}", "{\"a\":1,}", "{a:1}",     "{1:1}",        "[01]",  "[1.]",        "[.5]",  "[+1]",
        "[-]",      "[1e]",      "[tru]",      "[truex]",   "[nul]",        "[\"a]", "[\"a\x01\"]", "[] ",   " []",
        "[]]",      "{}{}",      "[1}",        "{\"a\":1]", "[\"a\"\"b\"]", "[NaN]"})
    EXPECT_FALSE(is_plain_json(json)) << json;
}

TEST(PlainJson, IsModestInDepthAndWidth) {
  const auto nested = [](std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); };
  EXPECT_TRUE(is_plain_json(nested(17)));
  EXPECT_FALSE(is_plain_json(nested(18)));
  const auto wide = [](std::size_t fields) {
    std::string object = "{\"f0\":0";
    for (std::size_t i = 1; i < fields; ++i) object += ",\"f" + std::to_string(i) + "\":0";
    return object + "}";
  };
  EXPECT_TRUE(is_plain_json(wide(kPlainFields)));
  EXPECT_FALSE(is_plain_json(wide(kPlainFields + 1)));
}

// Whatever is called plain must be JSON to a parser, too: every text that differs from a good one by a byte.
TEST(PlainJson, IsNeverWhatAParserRefuses) {
  const std::string good = R"({"a":[1,-2.5e3,{"b":null}],"c":"x, y","d":{},"e":[true,false]})";
  ASSERT_TRUE(is_plain_json(good));
  for (std::size_t at = 0; at < good.size(); ++at)
    for (const char byte : std::string("{}[]:,\"\\ 019.-+eEtn\t\x01")) {
      std::string text = good;
      text[at] = byte;
      EXPECT_TRUE(!is_plain_json(text) || Json::parse(text)) << text;
      text = good.substr(0, at) + byte + good.substr(at);
      EXPECT_TRUE(!is_plain_json(text) || Json::parse(text)) << text;
    }
}

TEST(PlainJson, FieldsComeInTheOrderOfJsonb) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(fields_of("{ }"), Strings{});
  EXPECT_EQ(fields_of(R"({"street":"1 \u00e4","city":"x","zip":"0"})"),
            (Strings{R"(zip="0")", R"(city="x")", R"(street="1 \u00e4")"}));
  EXPECT_EQ(fields_of(R"({ "b" : [ 1 , {"}":2} ] , "a" : {"x":"]"} ,"":-1e5 })"),
            (Strings{"=-1e5", R"(a={"x":"]"})", R"(b=[ 1 , {"}":2} ])"}));
  EXPECT_EQ(fields_of(R"({"k":1,"a":2,"k":3})"), (Strings{"a=2", "k=1", "k=3"}));
  EXPECT_EQ(fields_of("{\"\xc3\xa4\":1,\"zz\":2,\"z\":null}"), (Strings{"z=null", "zz=2", "\xc3\xa4=1"}));
}

TEST(PlainJson, ElementsComeInTheirOwnOrder) {
  using Strings = std::vector<std::string>;
  EXPECT_EQ(elements_of("[]"), Strings{});
  EXPECT_EQ(elements_of("[ ]"), Strings{});
  EXPECT_EQ(elements_of(R"([3, [1,2] ,"a,b" ,{"x":[]}, null])"),
            (Strings{"3", "[1,2]", R"("a,b")", R"({"x":[]})", "null"}));
}

}  // namespace
}  // namespace tandem::base
