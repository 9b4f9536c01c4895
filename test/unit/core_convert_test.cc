// The conversion rules: what goes into which column exactly, and what is reported.
#include "core_convert_fixture.hpp"

#include <limits>
#include <string>

namespace tandem::core {
namespace {

TEST_F(Convert, NullAndAbsentAreNullAndBrokenIsReported) {
  EXPECT_EQ(to(kText, {Kind::null, {}}), "null");
  EXPECT_EQ(to(kBig, {Kind::absent, {}}, DeclaredType::integer), "null");
  EXPECT_EQ(to(kText, {Kind::broken, "\"a\\u0000b\""}), "TD109");
  EXPECT_STREQ(problem_.error_type, "TRANSFORM_ERROR");
}

TEST_F(Convert, TextTakesScalarsAsTheyCame) {
  EXPECT_EQ(to(kText, text("")), "text:");
  EXPECT_EQ(to(kText, text(" Zoë ")), "text: Zoë ");
  EXPECT_EQ(to(kText, number("1.50e3")), "text:1.50e3");
  EXPECT_EQ(to(kText, kTrue), "text:true");
  EXPECT_EQ(to(kText, json("{\"a\":1}")), "TD101");
  EXPECT_EQ(to(kText, json("[1]")), "TD101");
  EXPECT_NE(problem_.message.find("array [1] does not fit text"), std::string::npos) << problem_.message;
}

TEST_F(Convert, DeclaredJsonMakesTextColumnsHoldJsonText) {
  EXPECT_EQ(to(kText, json("{\"a\": 1}"), DeclaredType::json), "text:{\"a\": 1}");
  EXPECT_EQ(to(kText, text("a\"b\n"), DeclaredType::json), "text:\"a\\\"b\\u000a\"");
  EXPECT_EQ(to(kText, number("5"), DeclaredType::json), "text:5");
  EXPECT_EQ(to(kText, json("[1]"), DeclaredType::array), "text:[1]");
  EXPECT_EQ(to(kText, json("{}"), DeclaredType::array), "TD101");
  EXPECT_EQ(to(varchar(3), json("[1,2]"), DeclaredType::json), "TD105");
}

TEST_F(Convert, LengthsAreCountedInCharacters) {
  EXPECT_EQ(to(varchar(3), text("äöü")), "text:äöü");
  EXPECT_EQ(to(varchar(3), text("äöüß")), "TD105");
  EXPECT_STREQ(problem_.error_type, "VALIDATION_ERROR");
  EXPECT_NE(problem_.message.find("it has 4 characters, allowed are 3"), std::string::npos) << problem_.message;
  EXPECT_EQ(to(varchar(3), text("abc ")), "TD105");  // a blank is a character, too
  EXPECT_EQ(to(varchar(3), number("1234")), "TD105");
  const std::string long_name(64, 'n');
  const ColumnType name = column(TypeClass::text, "name");
  EXPECT_EQ(to(name, text(long_name)), "TD105");  // Postgres would cut it silently
  EXPECT_EQ(to(name, text(long_name.substr(1))), "text:" + long_name.substr(1));
  EXPECT_EQ(to(kText, text(long_name)), "text:" + long_name);
  const ColumnType one_byte = column(TypeClass::input, "\"char\"");
  EXPECT_EQ(to(one_byte, text("a")), "text:a");
  EXPECT_EQ(to(one_byte, text("ab")), "TD105");
  EXPECT_EQ(to(one_byte, text("ä")), "TD105");
}

TEST_F(Convert, MessagesShowTheBeginningOfTheValueOnOneLine) {
  to(kInt, text("line\none"));
  EXPECT_EQ(problem_.message, "text \"line one\" does not fit integer: it does not read as a number");
  to(kInt, text(std::string(59, 'x') + "äöü"));
  EXPECT_NE(problem_.message.find("xä…\" does not fit"), std::string::npos) << problem_.message;
}

TEST_F(Convert, IntegersFromWholeNumbers) {
  EXPECT_EQ(to(kInt, number("12")), "int:12");
  EXPECT_EQ(to(kInt, text("12")), "int:12");
  EXPECT_EQ(to(kInt, number("-0")), "int:0");
  EXPECT_EQ(to(kInt, number("12.0")), "int:12");
  EXPECT_EQ(to(kInt, number("1.2e1")), "int:12");
  EXPECT_EQ(to(kInt, number("1200E-2")), "int:12");
  EXPECT_EQ(to(kInt, number("0e999999999999999999999")), "int:0");
  EXPECT_EQ(to(kInt, number("3.5")), "TD107");
  EXPECT_EQ(problem_.message, "number 3.5 does not fit integer: it is not a whole number");
  EXPECT_EQ(to(kInt, number("1e-1")), "TD107");
}

TEST_F(Convert, IntegerRanges) {
  EXPECT_EQ(to(kSmall, number("32767")), "int:32767");
  EXPECT_EQ(to(kSmall, number("32768")), "TD102");
  EXPECT_NE(problem_.message.find("-32768 to 32767"), std::string::npos);
  EXPECT_STREQ(problem_.error_type, "VALIDATION_ERROR");
  EXPECT_EQ(to(kSmall, number("-32768")), "int:-32768");
  EXPECT_EQ(to(kInt, number("2147483648")), "TD102");
  EXPECT_EQ(to(kBig, number("9007199254740993")), "int:9007199254740993");  // 2^53 + 1
  EXPECT_EQ(to(kBig, number("9223372036854775807")), "int:9223372036854775807");
  EXPECT_EQ(to(kBig, number("9223372036854775807.000")), "int:9223372036854775807");
  EXPECT_EQ(to(kBig, number("9223372036854775808")), "TD102");
  EXPECT_EQ(to(kBig, number("-9223372036854775808")), "int:-9223372036854775808");
  EXPECT_EQ(to(kBig, number("-9223372036854775809")), "TD102");
  EXPECT_EQ(to(kBig, number("1e19")), "TD102");
  EXPECT_EQ(to(kBig, number("1e400")), "TD102");
}

TEST_F(Convert, TextThatDoesNotReadAsANumber) {
  for (const char* content :
       {"", " 12", "12 ", "1,234.50", "NaN", "Infinity", "+1", "007", "0x10", "1.", ".5", "1e", "--1", "1_000", "€5"}) {
    for (const ColumnType* type : {&kInt, &kBig, &kNumeric, &kReal, &kDouble})
      EXPECT_EQ(to(*type, text(content)), "TD101") << content;
  }
  EXPECT_EQ(to(kInt, kTrue), "TD101");
  EXPECT_EQ(to(kNumeric, json("[1]")), "TD101");
}

TEST_F(Convert, NumericKeepsEveryDigit) {
  const std::string thirty = "123456789012345678901234567890.123456789012345678901234567890";
  EXPECT_EQ(to(kNumeric, number(thirty)), "text:" + thirty);
  EXPECT_EQ(to(kNumeric, number("0.1")), "text:0.1");
  EXPECT_EQ(to(kNumeric, text("12.50")), "text:12.50");
  EXPECT_EQ(to(kNumeric, number("1e400")), "text:1e400");
  EXPECT_EQ(to(kNumeric, number("1e131071")), "text:1e131071");
  EXPECT_EQ(to(kNumeric, number("1e131072")), "TD102");
  EXPECT_EQ(to(kNumeric, number("1e-16383")), "text:1e-16383");
  EXPECT_EQ(to(kNumeric, number("1e-16384")), "TD107");
}

TEST_F(Convert, NumericLimitsAreCheckedWithoutRounding) {
  const ColumnType money = limited(TypeClass::numeric, "numeric(5,2)", 5, 2);
  EXPECT_EQ(to(money, number("999.99")), "text:999.99");
  EXPECT_EQ(to(money, number("-999.9900")), "text:-999.9900");
  EXPECT_EQ(to(money, number("0")), "text:0");
  EXPECT_EQ(to(money, number("0.00000")), "text:0.00000");
  EXPECT_EQ(to(money, number("1e2")), "text:1e2");
  EXPECT_EQ(to(money, number("999.995")), "TD107");
  EXPECT_NE(problem_.message.find("digits after the decimal point: 3, allowed: 2"), std::string::npos)
      << problem_.message;
  EXPECT_EQ(to(money, number("1000")), "TD102");
  EXPECT_NE(problem_.message.find("digits before the decimal point: 4, allowed: 3"), std::string::npos)
      << problem_.message;
  EXPECT_EQ(to(limited(TypeClass::numeric, "numeric(3,5)", 3, 5), number("0.00123")), "text:0.00123");
  EXPECT_EQ(to(limited(TypeClass::numeric, "numeric(3,5)", 3, 5), number("0.01")), "TD102");
  EXPECT_EQ(to(limited(TypeClass::numeric, "numeric(3,-2)", 3, -2), number("12300")), "text:12300");
  EXPECT_EQ(to(limited(TypeClass::numeric, "numeric(3,-2)", 3, -2), number("12350")), "TD107");
}

TEST_F(Convert, DoubleIsTakenWhenItReadsBackTheSame) {
  EXPECT_EQ(as_real(kDouble, "0.1", 0.1), "same");
  EXPECT_EQ(as_real(kDouble, "0.10000000000000001", 0.1), "same");  // 17 digits of the same double
  EXPECT_EQ(as_real(kDouble, "0.1000000000000000055511151231257827021181583404541015625", 0.1), "same");
  EXPECT_EQ(as_real(kDouble, "9007199254740992", 9007199254740992.0), "same");
  EXPECT_EQ(as_real(kDouble, "9007199254740993", 0), "TD107");
  EXPECT_EQ(as_real(kDouble, "0.1000000000000000000001", 0), "TD107");
  EXPECT_EQ(as_real(kDouble, "1.7976931348623157e308", std::numeric_limits<double>::max()), "same");
  EXPECT_EQ(as_real(kDouble, "1e400", 0), "TD102");
  EXPECT_EQ(as_real(kDouble, "-1e400", 0), "TD102");
  EXPECT_EQ(as_real(kDouble, "1e-400", 0), "TD102");
  EXPECT_EQ(as_real(kDouble, "5e-324", std::numeric_limits<double>::denorm_min()), "same");
  EXPECT_EQ(as_real(kDouble, "1.2345678e-320", 0), "TD107");  // few bits are left there
  EXPECT_EQ(as_real(kDouble, "0.0", 0), "same");
  EXPECT_EQ(as_real(kDouble, "1" + std::string(2000, '0') + "e-2000", 1), "same");
  EXPECT_EQ(as_real(kDouble, "0." + std::string(1000, '3'), 0), "TD107");
}

TEST_F(Convert, RealKeepsSixDigits) {
  EXPECT_EQ(as_real(kReal, "0.1", double{0.1f}), "same");
  EXPECT_EQ(as_real(kReal, "16777216", 16777216), "same");
  EXPECT_EQ(as_real(kReal, "16777217", 0), "TD107");
  EXPECT_EQ(as_real(kReal, "3.5e38", 0), "TD102");
  EXPECT_EQ(as_real(kReal, "1e-46", 0), "TD102");
  EXPECT_EQ(as_real(kReal, "1.23457e-42", 0), "TD107");
}

TEST_F(Convert, Booleans) {
  EXPECT_EQ(to(kBool, kTrue), "int:1");
  EXPECT_EQ(to(kBool, kFalse), "int:0");
  EXPECT_EQ(to(kBool, text("TRUE")), "int:1");
  EXPECT_EQ(to(kBool, text("False")), "int:0");
  EXPECT_EQ(to(kBool, number("1")), "int:1");
  EXPECT_EQ(to(kBool, number("0")), "int:0");
  for (const char* content : {"", "t", "yes", "1", "on", "true "})
    EXPECT_EQ(to(kBool, text(content)), "TD101") << content;
  EXPECT_EQ(to(kBool, number("2")), "TD101");
  EXPECT_EQ(to(kBool, number("1.0")), "TD101");
}

TEST_F(Convert, UuidsAndBytes) {
  EXPECT_EQ(to(kUuid, text("a0EEbc99-9c0b-4ef8-bb6d-6bb9bd380a11")), "text:a0EEbc99-9c0b-4ef8-bb6d-6bb9bd380a11");
  for (const char* content : {"", "a0eebc999c0b4ef8bb6d6bb9bd380a11", "{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}",
                              "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a1g"}) {
    EXPECT_EQ(to(kUuid, text(content)), "TD101") << content;
  }
  EXPECT_EQ(to(kBytea, text("\\x00fF")), "text:\\x00fF");
  EXPECT_EQ(to(kBytea, text("\\x")), "text:\\x");
  for (const char* content : {"", "\\x0", "\\x0g", "aGVsbG8=", "\\x00 ff"})
    EXPECT_EQ(to(kBytea, text(content)), "TD101") << content;
}

TEST_F(Convert, JsonTakesEverything) {
  EXPECT_EQ(to(kJsonb, json("{\"a\": [1, null]}")), "text:{\"a\": [1, null]}");
  EXPECT_EQ(to(kJson, number("1.0")), "text:1.0");
  EXPECT_EQ(to(kJsonb, kTrue), "text:true");
  EXPECT_EQ(to(kJsonb, text("null")), "text:\"null\"");
  EXPECT_EQ(to(kJsonb, text("a\"\\\t\x01ü")), "text:\"a\\\"\\\\\\u0009\\u0001ü\"");
}

TEST_F(Convert, JsonbRefusesWhatItCannotHold) {
  EXPECT_EQ(to(kJsonb, json("{\"a\":\"x\\u0000\"}")), "TD109");
  EXPECT_EQ(to(kJsonb, json("[\"\\ud800\"]")), "TD109");
  EXPECT_EQ(to(kJsonb, json("[\"\\udc00\"]")), "TD109");
  EXPECT_EQ(to(kJsonb, json("[\"\\ud83d\\u0041\"]")), "TD109");
  EXPECT_EQ(to(kJson, json("[\"\\u0000\"]")), "text:[\"\\u0000\"]");
  EXPECT_EQ(to(kJsonb, json("[\"\\ud83d\\ude00 \\\\u0000 \\n\"]")), "text:[\"\\ud83d\\ude00 \\\\u0000 \\n\"]");
}

TEST_F(Convert, ArraysBecomeLiterals) {
  EXPECT_EQ(to(array_of(TypeClass::integer, "integer[]"), json("[1, 2.0,null ,\"3\"]")), "text:{1,2,NULL,3}");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), json("[]")), "text:{}");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), json("[ ]")), "text:{}");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"),
               json("[\"a,b\",\"\",\"NULL\",\"q\\\"\\\\ \\u00fc\\ud83d\\ude00\",1.50,true]")),
            "text:{\"a,b\",\"\",\"NULL\",\"q\\\"\\\\ ü😀\",\"1.50\",\"true\"}");
  EXPECT_EQ(to(array_of(TypeClass::boolean, "boolean[]"), json("[true,0,\"FALSE\"]")), "text:{t,f,f}");
  EXPECT_EQ(to(array_of(TypeClass::double_precision, "double precision[]"), json("[0.1,1e3]")), "text:{0.1,1e3}");
  EXPECT_EQ(to(array_of(TypeClass::date, "date[]"), json("[\"2024-02-29T00:00:00Z\"]")), "text:{\"2024-02-29\"}");
  EXPECT_EQ(to(array_of(TypeClass::timestamptz, "timestamp with time zone[]"),
               json("[\"2024-02-29T10:00:00.5+01:00\",\"0001-01-01T00:00:00+01:00\"]")),
            "text:{\"2024-02-29 09:00:00.500000+00\",\"0001-12-31 23:00:00+00 BC\"}");
  EXPECT_EQ(to(array_of(TypeClass::timestamp, "timestamp without time zone[]"), json("[\"2024-02-29T10:00:00\"]")),
            "text:{\"2024-02-29 10:00:00\"}");
  EXPECT_EQ(to(array_of(TypeClass::jsonb, "jsonb[]"), json("[{\"a\":[1,\"]\"]},\"x\",[2]]")),
            "text:{\"{\\\"a\\\":[1,\\\"]\\\"]}\",\"\\\"x\\\"\",\"[2]\"}");
}

TEST_F(Convert, ArrayElementsFollowTheRulesOfTheirType) {
  EXPECT_EQ(to(array_of(TypeClass::integer, "integer[]"), json("[1,3.5]")), "TD110");
  EXPECT_EQ(problem_.message, "array element 2: number 3.5 does not fit integer: it is not a whole number");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), json("[{\"a\":1}]")), "TD110");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), json("[\"\\u0000\"]")), "TD110");
  ColumnType short_texts = array_of(TypeClass::text, "character varying(2)[]");
  short_texts.length = 2;
  EXPECT_EQ(to(short_texts, json("[\"ab\",\"abc\"]")), "TD110");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), text("{a,b}")), "TD101");
  EXPECT_EQ(to(array_of(TypeClass::text, "text[]"), json("{}")), "TD101");
}

TEST_F(Convert, ArraysOfArraysAreArraysOfMoreDimensions) {
  const ColumnType integers = array_of(TypeClass::integer, "integer[]"), texts = array_of(TypeClass::text, "text[]");
  EXPECT_EQ(to(integers, json("[[1,2]]")), "text:{{1,2}}");
  EXPECT_EQ(to(integers, json("[ [1,2] , [3,null] ]")), "text:{{1,2},{3,NULL}}");
  EXPECT_EQ(to(texts, json("[[[\"a\"],[\"]\"]],[[\"b\"],[\"[\"]]]")), "text:{{{\"a\"},{\"]\"}},{{\"b\"},{\"[\"}}}");
  EXPECT_EQ(to(array_of(TypeClass::jsonb, "jsonb[]"), json("[[1],[2,3]]")), "text:{\"[1]\",\"[2,3]\"}");
  EXPECT_EQ(to(integers, json("[[[[[[1]]]]]]")), "text:{{{{{{1}}}}}}");
  EXPECT_EQ(to(integers, json("[[[[[[[1]]]]]]]")), "TD110");
  EXPECT_NE(problem_.message.find("nested deeper than 6 levels"), std::string::npos) << problem_.message;
  for (const char* ragged : {"[[1],[2,3]]", "[[1,2],[3]]", "[1,[2]]", "[[1],2]", "[[1],null]", "[null,[1]]",
                             "[[[1]],[2]]", "[[1],[[2]]]", "[[[1,2],[3,4]],[[5,6]]]"}) {
    EXPECT_EQ(to(integers, json(ragged)), "TD110") << ragged;
    EXPECT_NE(problem_.message.find("not all of one length"), std::string::npos) << problem_.message;
  }
  for (const char* hollow : {"[[]]", "[[],[]]", "[[1],[]]"})  // Postgres would store {}
    EXPECT_EQ(to(integers, json(hollow)), "TD110") << hollow;
  EXPECT_EQ(to(integers, json("[[1,2],[3,4.5]]")), "TD110");
  EXPECT_EQ(problem_.message, "array element 2, 2: number 4.5 does not fit integer: it is not a whole number");
  const ColumnType boxes = array_of(TypeClass::input, "box[]");
  EXPECT_EQ(to(boxes, json("[\"(1,1),(0,0)\",\"(2,2),(0,0)\"]")), "text:{\"(1,1),(0,0)\";\"(2,2),(0,0)\"}");
}

TEST_F(Convert, MoneyIsANumberAndNoText) {
  const ColumnType money = column(TypeClass::input, "money");
  EXPECT_EQ(to(money, number("12.34")), "text:12.34");
  EXPECT_EQ(to(money, text("-12.34")), "text:-12.34");
  for (const char* content : {"", "$12.34", "1,234.50", "(5)", " 5", "five"})
    EXPECT_EQ(to(money, text(content)), "TD101");
  EXPECT_EQ(to(money, kTrue), "TD101");
  EXPECT_EQ(to(array_of(TypeClass::input, "money[]"), json("[1]")), "TD101");
}

TEST_F(Convert, OidsAreUnsigned) {
  const ColumnType oid = column(TypeClass::input, "oid");
  EXPECT_EQ(to(oid, number("4294967295")), "int:4294967295");
  EXPECT_EQ(to(oid, text("1.0")), "int:1");
  EXPECT_EQ(to(oid, number("-1")), "TD102");  // Postgres takes it for 4294967295
  EXPECT_EQ(to(oid, number("4294967296")), "TD102");
  EXPECT_EQ(to(oid, text("0x10")), "TD101");
  EXPECT_EQ(to(array_of(TypeClass::input, "oid[]"), json("[1,\"2\"]")), "text:{1,2}");
}

TEST_F(Convert, ArraysCutShortAreWalkedWithinBounds) {
  for (const char* raw : {"[", "[\"", "[\"\\", "[\"a\\u00", "[1", "[{", "[{\"a", "[}", "[1,]", "[,"}) {
    to(array_of(TypeClass::text, "text[]"), json(raw));  // the sanitizers watch
    to(array_of(TypeClass::jsonb, "jsonb[]"), json(raw));
    to(kJsonb, json(raw));
  }
}

TEST_F(Convert, OtherTypesTakeTheTokenAsText) {
  EXPECT_EQ(to(kInet, text("10.0.0.1/8")), "text:10.0.0.1/8");
  EXPECT_EQ(to(kInet, number("5")), "text:5");
  EXPECT_EQ(to(kInet, kTrue), "text:true");
  EXPECT_EQ(to(kInet, json("{}")), "TD101");
  EXPECT_EQ(to(column(TypeClass::input, "public.my_json_domain"), json("{}"), DeclaredType::json), "text:{}");
}

TEST(DeclaredTypes, HaveNames) {
  for (const char* name : {"string", "number", "integer", "boolean", "date", "date-time", "json", "array", "image-uri",
                           "uri", "email-address", "uuid"}) {
    const auto type = declared_type(name);
    ASSERT_TRUE(type.has_value()) << name;
    EXPECT_EQ(declared_type_name(*type), name);
  }
  EXPECT_EQ(declared_type("datetime"), DeclaredType::date_time);
  EXPECT_EQ(declared_type("bool"), DeclaredType::boolean);
  EXPECT_FALSE(declared_type("String").has_value());
  EXPECT_FALSE(declared_type("").has_value());
  EXPECT_EQ(declared_type_name(DeclaredType::none), "");
}

TEST_F(Convert, DeclaredKindsAreChecked) {
  EXPECT_EQ(to(kText, text("x"), DeclaredType::string), "text:x");
  EXPECT_EQ(to(kText, number("5"), DeclaredType::string), "TD101");
  EXPECT_STREQ(problem_.error_type, "VALIDATION_ERROR");
  EXPECT_EQ(problem_.message, "number 5 is not a valid string: it is not text");
  EXPECT_EQ(to(kText, number("5.5"), DeclaredType::number), "text:5.5");
  EXPECT_EQ(to(kText, text("5.5"), DeclaredType::number), "text:5.5");
  EXPECT_EQ(to(kText, text("five"), DeclaredType::number), "TD108");
  EXPECT_EQ(to(kText, kTrue, DeclaredType::number), "TD101");
  EXPECT_EQ(to(kText, number("5.0"), DeclaredType::integer), "text:5.0");
  EXPECT_EQ(to(kText, number("5.5"), DeclaredType::integer), "TD108");
  EXPECT_EQ(to(kText, text("TRUE"), DeclaredType::boolean), "text:TRUE");
  EXPECT_EQ(to(kText, text("yes"), DeclaredType::boolean), "TD101");
  EXPECT_EQ(to(kInt, text("x"), DeclaredType::string), "TD101");  // the column's own rules come on top
}

TEST_F(Convert, DeclaredFormatsAreChecked) {
  EXPECT_EQ(to(kText, text("2024-02-29"), DeclaredType::date), "text:2024-02-29");
  EXPECT_EQ(to(kText, text("2023-02-29"), DeclaredType::date), "TD108");
  EXPECT_EQ(to(kText, text("2024-02-29T10:00:00"), DeclaredType::date), "TD108");
  EXPECT_EQ(to(kText, text("2024-02-29T10:00:00"), DeclaredType::date_time), "text:2024-02-29T10:00:00");
  EXPECT_EQ(to(kText, text("2024-02-29T10:00:00.123456789Z"), DeclaredType::date_time),
            "text:2024-02-29T10:00:00.123456789Z");
  EXPECT_EQ(to(kText, text("2024-02-29"), DeclaredType::date_time), "TD108");
  EXPECT_EQ(to(kText, number("1700000000"), DeclaredType::date_time), "TD101");
  EXPECT_EQ(to(kText, text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"), DeclaredType::uuid).substr(0, 5), "text:");
  EXPECT_EQ(to(kText, text("a0eebc99"), DeclaredType::uuid), "TD108");
}

TEST_F(Convert, DeclaredAddressesAreChecked) {
  for (const char* good : {"a@b", "Zoë@example.org", "a.b+c@sub.example.org"})
    EXPECT_EQ(to(kText, text(good), DeclaredType::email_address).substr(0, 5), "text:");
  for (const char* bad : {"", "a", "@", "a@", "@b", "a@b@c", "a b@c", "a@b\n"})
    EXPECT_EQ(to(kText, text(bad), DeclaredType::email_address), "TD108") << bad;
  for (const char* good : {"https://example.org/a?b#c", "mailto:a@b", "urn:x", "data:image/png;base64,AA"}) {
    EXPECT_EQ(to(kText, text(good), DeclaredType::uri).substr(0, 5), "text:") << good;
    EXPECT_EQ(to(kText, text(good), DeclaredType::image_uri).substr(0, 5), "text:") << good;
  }
  for (const char* bad : {"", "/path", "example.org", "://x", "1http://x", "http:", "http://a b"})
    EXPECT_EQ(to(kText, text(bad), DeclaredType::uri), "TD108") << bad;
}

}  // namespace
}  // namespace tandem::core
