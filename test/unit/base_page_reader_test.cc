// The JSON side of the page reader: which texts it takes, and what values come out.
// Where it looks for records and facts is in base_page_records_test.cc.
#include "base/page_reader.hpp"

#include <gtest/gtest.h>

#include <ostream>

namespace tandem::base {

void PrintTo(const Value& value, std::ostream* out) {
  *out << "kind " << static_cast<int>(value.kind) << " " << value.text;
}
bool operator==(const Value& a, const Value& b) { return a.kind == b.kind && a.text == b.text; }

namespace {

// Reads the fields of one record, which is the whole body.
class JsonPage : public ::testing::Test {
 protected:
  Result<Page> read(std::string_view text, const std::vector<std::string>& fields,
                    RecordsAt::Rule rule = RecordsAt::Rule::object) {
    std::vector<FieldPath> paths;
    for (const std::string& field : fields) paths.push_back(FieldPath::parse(field));
    PageReader reader({rule, {}}, std::move(paths), {});
    body_.clear();
    body_.append(text);
    return reader.read(body_, arena_);
  }
  std::vector<Value> values(std::string_view text, const std::vector<std::string>& fields) {
    const auto page = read(text, fields);
    if (!page) {
      ADD_FAILURE() << page.error().text << " in " << text;
      return std::vector<Value>(fields.size());
    }
    return page->values;
  }
  Value value(std::string_view text, const std::string& field) { return values(text, {field}).front(); }
  std::string refused(std::string_view text) {
    const auto page = read(text, {"a"});
    if (page) {
      ADD_FAILURE() << "accepted " << text;
      return {};
    }
    EXPECT_EQ(page.error().code, Errc::protocol_violation) << text;
    return page.error().text;
  }

  Buffer body_;
  TextArena arena_;
};

std::string nested(std::size_t depth) { return std::string(depth, '[') + std::string(depth, ']'); }

TEST_F(JsonPage, ReadsEachKind) {
  EXPECT_EQ(values(R"({"n":null,"t":true,"f":false,"i":-0,"r":1.50e+3,"s":"x","e":"","a":[1, 2],"o":{"p":1}})",
                   {"n", "t", "f", "i", "r", "s", "e", "a", "o", "absent"}),
            (std::vector<Value>{{Kind::null, "null"},
                                {Kind::boolean, "true"},
                                {Kind::boolean, "false"},
                                {Kind::number, "-0"},
                                {Kind::number, "1.50e+3"},
                                {Kind::string, "x"},
                                {Kind::string, ""},
                                {Kind::json, "[1, 2]"},
                                {Kind::json, R"({"p":1})"},
                                {}}));
}

TEST_F(JsonPage, NumbersComeAsTheyAre) {
  for (const std::string number :
       {"0", "-0", "9007199254740993", "0.1", "123456789012345678901234567890.123456789", "1e400", "-1E-7", "1E+2"})
    EXPECT_EQ(value("{\"a\": " + number + " }", "a"), (Value{Kind::number, number}));
}

TEST_F(JsonPage, RefusesBadNumbersEvenWhereNobodyLooks) {
  for (const std::string number : {"01",
                                   "-01",
                                   "1.",
                                   ".5",
                                   "+1",
                                   "-",
                                   "1e",
                                   "1e+",
                                   "1.e1",
                                   "0x1",
                                   "1_0",
                                   "--1",
                                   "1-",
                                   "1a",
                                   "NaN",
                                   "Infinity",
                                   "1\"",
                                   "1\\",
                                   "00",
                                   "1 2",
                                   "1.5.2",
                                   "1e5e5",
                                   "\x0c",
                                   "1\x0c",
                                   "1\x1a",
                                   "\xC2\xA0"
                                   "1"}) {
    refused("{\"a\":" + number + "}");
    refused("{\"b\":" + number + "}");
    refused("{\"b\":[{\"c\":" + number + "}]}");
  }
}

TEST_F(JsonPage, RefusesBadLiterals) {
  for (const std::string literal : {"tru", "truee", "True", "nul", "nulll", "falsee", "fals", "undefined", "true false",
                                    "n", "t", "f", "null\"", "true1"}) {
    refused("{\"a\":" + literal + "}");
    refused("{\"b\":" + literal + "}");
  }
}

TEST_F(JsonPage, UnescapesStrings) {
  EXPECT_EQ(value(R"({"a":"\"\\\/\b\f\n\r\t\u0041\u00e4\u20AC\ud83d\ude00\u007f"})", "a"),
            (Value{Kind::string, "\"\\/\b\f\n\r\tAä€😀\x7f"}));
  EXPECT_EQ(value(R"({"a":"plain ä€😀"})", "a"), (Value{Kind::string, "plain ä€😀"}));
  EXPECT_EQ(value(R"({"a":"end\\"})", "a"), (Value{Kind::string, "end\\"}));
}

TEST_F(JsonPage, BorrowsStringsThatNeedNoWork) {
  const Value plain = value(R"({"a":"plain"})", "a");
  EXPECT_EQ(plain.text.data(), body_.view().data() + 6);
}

TEST_F(JsonPage, RefusesBadStringsEvenWhereNobodyLooks) {
  for (const std::string& text : std::vector<std::string>{
           R"("\x")", R"("\u12")", R"("\u12G4")", R"("\u 123")", R"("\U0041")", R"("\)", R"("abc)", "\"tab\there\"",
           std::string("\"nul\0\"", 6), R"('a')", R"("a"b)", R"("a""b")", R"(\"a\")", R"("\ud83d\u12")"}) {
    refused("{\"a\":" + text + "}");
    refused("{\"b\":" + text + "}");
    refused("{\"b\":[" + text + "]}");
    refused("{" + text + ":1}");
  }
}

TEST_F(JsonPage, TextThatPostgresCannotHoldIsBrokenWithItsRawText) {
  for (const std::string text : {R"("\u0000")", R"("a\u0000b")", R"("\ud800")", R"("\udc00x")", R"("\ud83dx")",
                                 R"("\ud83d\n")", R"("\ud83d\u0041")", R"("\ud83d\ud83d\ude00")"}) {
    EXPECT_EQ(value("{\"a\": " + text + " }", "a"), (Value{Kind::broken, text}));
    EXPECT_EQ(value("{\"b\":" + text + ",\"a\":1}", "a"), (Value{Kind::number, "1"}))
        << "costs nothing in a field that nobody wants";
  }
}

TEST_F(JsonPage, FindsEscapedKeys) {
  EXPECT_EQ(value(R"({"\u0061":1})", "a"), (Value{Kind::number, "1"}));
  EXPECT_EQ(value(R"({"a\"b":1})", "a\"b"), (Value{Kind::number, "1"}));
  EXPECT_EQ(value(R"({"gr\u00f6\u00dfe":1})", "größe"), (Value{Kind::number, "1"}));
  EXPECT_EQ(value(R"({"\u0000":0,"\ud800":0,"a":1})", "a"), (Value{Kind::number, "1"}))
      << "keys that are no text are nobody's";
  EXPECT_EQ(value(R"({"":1})", ""), (Value{Kind::number, "1"}));
}

TEST_F(JsonPage, LastOfDuplicateKeysWins) {
  EXPECT_EQ(value(R"({"a":1,"b":2,"a":"x"})", "a"), (Value{Kind::string, "x"}));
  EXPECT_EQ(value(R"({"a":1,"\u0061":null})", "a"), (Value{Kind::null, "null"}));
  EXPECT_EQ(value(R"({"a":{"b":1},"a":{"c":2}})", "a.b"), Value{}) << "the second a has no b";
  EXPECT_EQ(value(R"({"a":{"b":1},"a":7})", "a.b"), Value{});
  EXPECT_EQ(value(R"({"a":{"b":1,"b":2}})", "a.b"), (Value{Kind::number, "2"}));
}

TEST_F(JsonPage, WalksPaths) {
  const char* const text =
      R"({"address":{"city":"Berlin","geo":{"lat":52.5}},"lines":[{"sku":"A"},{"sku":"B","n":[1,2]}]})";
  EXPECT_EQ(values(text, {"address.city", "address.geo.lat", "lines.0.sku", "lines.1.n.1", "lines.2.sku",
                          "lines.01.sku", "address.city.x", "address"}),
            (std::vector<Value>{{Kind::string, "Berlin"},
                                {Kind::number, "52.5"},
                                {Kind::string, "A"},
                                {Kind::number, "2"},
                                {},
                                {},
                                {},
                                {Kind::json, R"({"city":"Berlin","geo":{"lat":52.5}})"}}));
}

TEST_F(JsonPage, WalksJsonPointers) {
  const char* const text = R"({"a.b":{"c/d":1,"e~f":2,"":3},"list":[4]})";
  EXPECT_EQ(values(text, {"/a.b/c~1d", "/a.b/e~0f", "/a.b/", "/list/0"}),
            (std::vector<Value>{{Kind::number, "1"}, {Kind::number, "2"}, {Kind::number, "3"}, {Kind::number, "4"}}));
}

TEST_F(JsonPage, LiteralKeyWinsOverPathWhereverItStands) {
  const Value literal{Kind::string, "literal"};
  EXPECT_EQ(value(R"({"a.b":"literal","a":{"b":"path"}})", "a.b"), literal);
  EXPECT_EQ(value(R"({"a":{"b":"path"},"a.b":"literal"})", "a.b"), literal);
  EXPECT_EQ(value(R"({"a":{"b":"path"},"a.b":null})", "a.b"), (Value{Kind::null, "null"}));
  EXPECT_EQ(value(R"({"a":{"b":"path"}})", "a.b"), (Value{Kind::string, "path"}));
  EXPECT_EQ(value(R"({"/a":"literal","a":"path"})", "/a"), literal);
}

TEST_F(JsonPage, WholeRecordAndAFieldTwice) {
  EXPECT_EQ(values(R"( {"a" : 1, "*": 2} )", {"*", "a", "a"}),
            (std::vector<Value>{{Kind::json, R"({"a" : 1, "*": 2})"}, {Kind::number, "1"}, {Kind::number, "1"}}));
}

TEST_F(JsonPage, RecordsWithOtherKeysOrOrderAreReadAlike) {
  const auto page =
      read(R"([{"a":1,"b":2,"c":3},{"c":3,"b":2,"a":1},{"b":2},{"x":0,"a":1,"y":0,"b":2,"z":0,"c":3},{},{"a":1,"c":3},
                             {"a":1,"b":2,"c":3}])",
           {"a", "b", "c"}, RecordsAt::Rule::root);
  const Value a{Kind::number, "1"}, b{Kind::number, "2"}, c{Kind::number, "3"}, none;
  EXPECT_EQ(page.value().values,
            (std::vector<Value>{a, b, c, a, b, c, none, b, none, a, b, c, none, none, none, a, none, c, a, b, c}));
}

TEST_F(JsonPage, RecordsWithMoreKeysThanItRemembers) {
  std::string record = "{";
  for (int i = 0; i < 3000; ++i) record += "\"k" + std::to_string(i) + "\":" + std::to_string(i) + ",";
  record += "\"a\":1}";
  const auto page = read("[" + record + "," + record + "]", {"a", "k2999"}, RecordsAt::Rule::root);
  const Value a{Kind::number, "1"}, k{Kind::number, "2999"};
  EXPECT_EQ(page.value().values, (std::vector<Value>{a, k, a, k}));
}

TEST_F(JsonPage, SkipsByteOrderMarkAndSpace) {
  EXPECT_EQ(value("\xEF\xBB\xBF \r\n\t{\r\n\t\"a\" \t:\r\n 1 \r\n}\r\n ", "a"), (Value{Kind::number, "1"}));
  EXPECT_EQ(value("{ \"a\" : \"x\" \r\n , \"b\":[ ] }", "a"), (Value{Kind::string, "x"}));
  refused("{\"a\":\v1}");
  refused("\xEF\xBB\xBF\xEF\xBB\xBF{}");
}

TEST_F(JsonPage, RefusesBadStructure) {
  for (const char* text : {"{",
                           "{\"a\"}",
                           "{\"a\":}",
                           "{\"a\":1,}",
                           "{,}",
                           "{\"a\":1 \"b\":2}",
                           "{\"a\" 1}",
                           "{a:1}",
                           "{1:1}",
                           "{\"a\":1]",
                           "{\"a\":[1,]}",
                           "{\"a\":[,]}",
                           "{\"a\":[1 2]}",
                           "{\"a\":[1}",
                           "{\"a\":[}",
                           "{\"a\"::1}",
                           "{\"a\":1}}",
                           "{}{}",
                           "{} x",
                           "{}\"x\"",
                           "{}1",
                           "{},",
                           "{\"a\":1}\\",
                           "{null:1}",
                           "{\"a\":1,,\"b\":2}",
                           "{\"a\":/**/1}",
                           "{\"a\":1}//"})
    refused(text);
}

TEST_F(JsonPage, NamesThePositionAndWhatWasExpected) {
  EXPECT_EQ(refused("{\"a\":01}"), "the response is not valid JSON at byte 5: expected a value but found \"01\"");
  EXPECT_EQ(refused("{\"a\":1 \"b\":2}"),
            "the response is not valid JSON at byte 7: expected \",\" or \"}\" but found \"\"b\"\"");
  EXPECT_EQ(refused("{\"a\":1} x"), "the response is not valid JSON at byte 8: expected the end but found \"x\"");
  EXPECT_EQ(refused("{\"a\":1"), "the response is not valid JSON at byte 6: expected \",\" or \"}\" but found the end");
  EXPECT_EQ(refused("{\"a\":\"x"), "the response is not valid JSON: it ends at byte 7 within a string");
  EXPECT_EQ(refused("\xEF\xBB\xBF{]"), "the response is not valid JSON at byte 4: expected a key but found \"]\"");
  EXPECT_EQ(refused("{\"a\":" + std::string(100, 'x') + "}"),
            "the response is not valid JSON at byte 5: expected a value but found \"xxxxxxxxxxxxxxxx\"");
}

TEST_F(JsonPage, InvalidUtf8AnywhereFailsThePage) {
  for (const char* bad : {"\x80", "\xC0\xAF", "\xE0\x80\x80", "\xED\xA0\x80", "\xF4\x90\x80\x80", "\xFF"}) {
    EXPECT_EQ(refused(std::string("{\"b\":\"") + bad + "\"}"), "the response is not valid UTF-8 at byte 6");
    refused(std::string("{\"") + bad + "\":1}");
    refused(std::string("{}") + bad);
  }
}

TEST_F(JsonPage, SaysWhenItIsNotJsonAtAll) {
  EXPECT_EQ(refused(""), "the response is empty, not JSON");
  EXPECT_EQ(refused(" \r\n"), "the response is empty, not JSON");
  EXPECT_EQ(refused("\xEF\xBB\xBF"), "the response is empty, not JSON");
  EXPECT_EQ(refused("\n<!DOCTYPE html>\n<html lang=\"en\"><head><title>Sign in</title>"),
            "the response is not JSON: it begins with \"<!DOCTYPE html> <html lang=\"en\"><head><t...\"");
  EXPECT_EQ(refused("Not found"), "the response is not JSON: it begins with \"Not found\"");
  EXPECT_EQ(refused("\x1f\x8b\x08\xff"), "the response is not JSON: it begins with \"????\"");
  EXPECT_EQ(refused(std::string_view("\0\0", 2)), "the response is not JSON: it begins with \"??\"");
}

TEST_F(JsonPage, CapsDepth) {
  EXPECT_EQ(value("{\"a\":" + nested(127) + "}", "a").kind, Kind::json);
  for (const std::string key : {"a", "b"}) {
    const auto page = read("{\"" + key + "\":" + nested(128) + "}", {"a"});
    ASSERT_FALSE(page.ok());
    EXPECT_EQ(page.error().code, Errc::limit_exceeded);
    EXPECT_EQ(page.error().text, "the response is nested deeper than 128 levels at byte 132");
  }
  EXPECT_FALSE(read(std::string(3'000'000, '['), {"a"}, RecordsAt::Rule::root).ok());
  std::string objects;
  for (int i = 0; i < 100'000; ++i) objects += "{\"a\":";
  EXPECT_FALSE(read(objects, {"a.a.a.a"}).ok());
}

TEST_F(JsonPage, CapsTheNumberOfValues) {
  std::string text = "[";
  for (int i = 0; i < 170'000; ++i) text += "{},";
  text += "{}]";
  const std::vector<std::string> fields(50, "a");
  const auto page = read(text, fields, RecordsAt::Rule::root);
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, Errc::limit_exceeded);
  EXPECT_EQ(page.error().text, "the response has more than 8000000 values");
}

TEST_F(JsonPage, EveryTruncationIsAnError) {
  const std::string text =
      "{\"items\": [{\"id\": 12.5e3, \"na\\u0041me\": \"x\\n\\ud83d\\ude00\xC3\xA4\", \"t\": true, \"n\": null, \"o\": "
      "{\"a\": [1, [], {}]}}, {}], \"f\": false}";
  ASSERT_TRUE(read(text, {"id"}, RecordsAt::Rule::first_of_known).ok());
  for (std::size_t length = 0; length < text.size(); ++length)
    EXPECT_FALSE(read(text.substr(0, length), {"id", "name", "o.a.2"}, RecordsAt::Rule::first_of_known).ok())
        << text.substr(0, length);
}

TEST_F(JsonPage, SpansBlocksOfAnySize) {
  for (std::size_t pad = 0; pad < 200; ++pad) {
    const std::string filler(pad, 'x');
    EXPECT_EQ(value("{\"f\":\"" + filler + "\",\"a\":\"v\\\\\"" + std::string(pad, ' ') + "}", "a"),
              (Value{Kind::string, "v\\"}))
        << pad;
  }
}

TEST_F(JsonPage, OneReaderReadsManyPages) {
  PageReader reader({RecordsAt::Rule::root, {}}, {FieldPath::parse("a")}, {});
  for (const std::size_t records : {1u, 1000u, 0u, 10u}) {
    std::string text = "[";
    for (std::size_t i = 0; i < records; ++i) text += (i ? ",{\"a\":" : "{\"a\":") + std::to_string(i) + "}";
    Buffer body;
    body.append(text + "]");
    TextArena arena;
    const auto page = reader.read(body, arena);
    ASSERT_TRUE(page.ok());
    ASSERT_EQ(page->records(), records);
    if (records > 0) {
      EXPECT_EQ(page->record(records - 1).front().text, std::to_string(records - 1));
    }
    Buffer broken;
    broken.append("[{\"a\":");
    EXPECT_FALSE(reader.read(broken, arena).ok());
  }
  PageReader moved = std::move(reader);
  Buffer body;
  body.append("[{}]");
  EXPECT_TRUE(moved.read(body, arena_).ok());
}

TEST(Buffer, GrowsAndStaysPadded) {
  Buffer buffer;
  EXPECT_EQ(buffer.view(), "");
  std::string all;
  for (int i = 0; i < 1000; ++i) {
    const std::string piece(static_cast<std::size_t>(i % 37), static_cast<char>('a' + i % 26));
    buffer.append(piece);
    all += piece;
    ASSERT_EQ(std::string_view(buffer.view().data() + buffer.size(), 64), std::string(64, '\0'));
  }
  EXPECT_EQ(buffer.view(), all);
  const std::size_t capacity = buffer.capacity();
  buffer.clear();
  buffer.append("x");
  EXPECT_EQ(buffer.view(), "x");
  EXPECT_EQ(buffer.capacity(), capacity);
}

}  // namespace
}  // namespace tandem::base
