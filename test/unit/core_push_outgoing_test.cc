// The way out: values of every type go out and would come in again as the same; steps are turned around.
#include <gtest/gtest.h>

#include <charconv>
#include <random>

#include "core/convert/iso_time.hpp"
#include "core/push/local_text.hpp"
#include "core/push/outgoing.hpp"
#include "core/push/print_format.hpp"
#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

using base::Cell;
using base::Kind;
using base::Value;

std::string shown_value(const Value& value) {
  switch (value.kind) {
    case Kind::absent:
    case Kind::null:
      return "null";
    case Kind::string:
      return "'" + std::string(value.text) + "'";
    case Kind::boolean:
    case Kind::number:
    case Kind::json:
    case Kind::broken:
      return std::string(value.text);
  }
  return "?";
}

std::string out(const char* text, TypeClass type_class, const char* name, TypeClass element = TypeClass::text) {
  ColumnType column = type(type_class, name);
  column.element_class = element;
  base::TextArena arena;
  Value value;
  if (const auto problem = value_of_text(text, column, false, arena, value)) return problem->code;
  return shown_value(value);
}

TEST(LocalText, IsWhatAPullWouldHaveRead) {
  EXPECT_EQ(out("9007199254740993", TypeClass::bigint, "bigint"), "9007199254740993");
  EXPECT_EQ(out("123456789012345678901234567890.12345", TypeClass::numeric, "numeric"),
            "123456789012345678901234567890.12345");
  EXPECT_EQ(out("1e+300", TypeClass::double_precision, "double precision"), "1e+300");
  EXPECT_EQ(out("NaN", TypeClass::numeric, "numeric"), "TD122");
  EXPECT_EQ(out("-Infinity", TypeClass::real, "real"), "TD122");
  EXPECT_EQ(out("t", TypeClass::boolean, "boolean"), "true");
  EXPECT_EQ(out("false", TypeClass::boolean, "boolean"), "false");
  EXPECT_EQ(out("2024-02-29 10:00:00.123456+00", TypeClass::timestamptz, "timestamptz"),
            "'2024-02-29T10:00:00.123456Z'");
  EXPECT_EQ(out("2024-02-29 10:00:00", TypeClass::timestamp, "timestamp"), "'2024-02-29T10:00:00'");
  EXPECT_EQ(out("2024-02-29", TypeClass::date, "date"), "'2024-02-29'");
  EXPECT_EQ(out("0044-03-15 BC", TypeClass::date, "date"), "TD122");
  EXPECT_EQ(out("infinity", TypeClass::timestamptz, "timestamptz"), "TD122");
  EXPECT_EQ(out("12345-01-01 00:00:00", TypeClass::timestamp, "timestamp"), "TD122");
  EXPECT_EQ(out("10:00:00.5", TypeClass::time, "time"), "'10:00:00.5'");
  EXPECT_EQ(out("\\x01ab", TypeClass::bytea, "bytea"), "'\\x01ab'");
  EXPECT_EQ(out("ab   ", TypeClass::text, "character(5)"), "'ab'");
  EXPECT_EQ(out("ab   ", TypeClass::text, "text"), "'ab   '");
  EXPECT_EQ(out("{\"a\": 1.10}", TypeClass::jsonb, "jsonb"), "{\"a\": 1.10}");
  EXPECT_EQ(out(" \"x\\ny\" ", TypeClass::json, "json"), "'x\ny'");
  EXPECT_EQ(out("4294967295", TypeClass::input, "oid"), "4294967295");
  EXPECT_EQ(out("10.0.0.1/8", TypeClass::input, "inet"), "'10.0.0.1/8'");
}

TEST(LocalText, IntervalsAreIso) {
  const auto iso = [](const char* text) { return out(text, TypeClass::interval, "interval"); };
  EXPECT_EQ(iso("00:00:00"), "'PT0S'");
  EXPECT_EQ(iso("1 day 02:00:00"), "'P1DT2H'");
  EXPECT_EQ(iso("1 year 2 mons 3 days 04:05:06.000007"), "'P1Y2M3DT4H5M6.000007S'");
  EXPECT_EQ(iso("-1 days +02:03:00"), "'P-1DT2H3M'");
  EXPECT_EQ(iso("-1 years -2 mons +3 days -04:05:06.5"), "'P-1Y-2M3DT-4H-5M-6.5S'");
  EXPECT_EQ(iso("1000000:00:00"), "'PT1000000H'");
  EXPECT_EQ(iso("infinity"), "TD122");
}

TEST(LocalText, ArraysAreArrays) {
  EXPECT_EQ(out("{1,NULL,3}", TypeClass::array, "integer[]", TypeClass::integer), "[1,null,3]");
  EXPECT_EQ(out("{}", TypeClass::array, "text[]"), "[]");
  EXPECT_EQ(out(R"({a,"NULL","b \"c\" \\d","e,f}",""})", TypeClass::array, "text[]"),
            R"(["a","NULL","b \"c\" \\d","e,f}",""])");
  EXPECT_EQ(out("{{1,2},{3,4}}", TypeClass::array, "numeric[]", TypeClass::numeric), "[[1,2],[3,4]]");
  EXPECT_EQ(out("{t,f}", TypeClass::array, "boolean[]", TypeClass::boolean), "[true,false]");
  EXPECT_EQ(out(R"({"2024-02-29 10:00:00+00"})", TypeClass::array, "timestamptz[]", TypeClass::timestamptz),
            R"(["2024-02-29T10:00:00Z"])");
  EXPECT_EQ(out(R"({"{\"a\": [1]}"})", TypeClass::array, "jsonb[]", TypeClass::jsonb), R"([{"a": [1]}])");
  EXPECT_EQ(out("[0:1]={1,2}", TypeClass::array, "integer[]", TypeClass::integer), "TD122");
  EXPECT_EQ(out("{NaN}", TypeClass::array, "numeric[]", TypeClass::numeric), "TD122");
}

// What Postgres would print of a cell.
std::string postgres_text(const Cell& cell, const ColumnType& column) {
  std::string text;
  switch (cell.form) {
    case Cell::Form::integer:
      return column.type_class == TypeClass::boolean ? (cell.integer != 0 ? "t" : "f") : std::to_string(cell.integer);
    case Cell::Form::real: {
      char buffer[64];
      const auto end = std::to_chars(buffer, buffer + sizeof buffer, cell.real).ptr;
      return {buffer, end};
    }
    case Cell::Form::time:
      if (column.type_class == TypeClass::date)
        append_date(text, cell.integer);
      else
        append_timestamp(text, cell.integer, column.type_class == TypeClass::timestamptz ? "+00" : "");
      return text;
    case Cell::Form::text:
      return column.type_class == TypeClass::numeric ? plain_digits(cell.text) : std::string(cell.text);
    case Cell::Form::null:
    case Cell::Form::made:
      return "NULL";
  }
  return text;
}

// In, out and in again: the cell is the same.
void round_trip(const std::string& json, const ColumnType& column) {
  base::TextArena arena;
  const Value first{json.starts_with('"')                            ? Kind::string
                    : json == "true" || json == "false"              ? Kind::boolean
                    : json.starts_with('{') || json.starts_with('[') ? Kind::json
                                                                     : Kind::number,
                    json.starts_with('"') ? std::string_view(json).substr(1, json.size() - 2) : std::string_view(json)};
  Cell in, again;
  ASSERT_FALSE(convert(first, column, DeclaredType::none, arena, in)) << json << " into " << column.name;
  const std::string text = postgres_text(in, column);
  Value sent;
  ASSERT_FALSE(value_of_text(text, column, false, arena, sent)) << text;
  ASSERT_FALSE(convert(sent, column, DeclaredType::none, arena, again)) << text << " sent as " << shown_value(sent);
  EXPECT_EQ(postgres_text(again, column), text) << json << " into " << column.name;
}

TEST(LocalText, WhatCameInGoesOutTheSame) {
  std::mt19937_64 random(20240229);
  const auto digits = [&](int count) {
    std::string text(1, static_cast<char>('1' + random() % 9));
    for (int i = 1; i < count; ++i) text += static_cast<char>('0' + random() % 10);
    return text;
  };
  for (int i = 0; i < 2000; ++i) {
    const std::string sign = random() % 2 == 0 ? "" : "-";
    round_trip(std::to_string(static_cast<std::int64_t>(random())), type(TypeClass::bigint, "bigint"));
    round_trip(sign + digits(30) + "." + digits(25), type(TypeClass::numeric, "numeric"));
    round_trip(sign + digits(3) + "e" + std::to_string(static_cast<int>(random() % 40) - 20),
               type(TypeClass::numeric, "numeric"));
    round_trip(sign + "0." + digits(15) + "e" + std::to_string(static_cast<int>(random() % 400) - 200),
               type(TypeClass::double_precision, "double precision"));
    std::string moment;
    append_timestamp(moment, static_cast<std::int64_t>(random() % 200'000'000'000'000'000) - 50'000'000'000'000'000,
                     "+00");
    round_trip("\"" + moment + "\"", type(TypeClass::timestamptz, "timestamptz"));
    round_trip("\"" + moment.substr(0, moment.size() - 3) + "\"", type(TypeClass::timestamp, "timestamp"));
    round_trip("\"" + moment.substr(0, 10) + "\"", type(TypeClass::date, "date"));
  }
  round_trip("9007199254740993", type(TypeClass::bigint, "bigint"));
  round_trip("true", type(TypeClass::boolean, "boolean"));
  round_trip("\"a \xC3\xA4 b\"", type(TypeClass::text, "text"));
  round_trip("\"0b0e7a3c-0000-4000-8000-00000000000f\"", type(TypeClass::uuid, "uuid"));
  round_trip("\"\\x00ff\"", type(TypeClass::bytea, "bytea"));
  round_trip(R"({"a":[1,{"b":"c"}],"d":1.10})", type(TypeClass::jsonb, "jsonb"));
  round_trip(R"("text")", type(TypeClass::jsonb, "jsonb"));
  round_trip("12.50", type(TypeClass::jsonb, "jsonb"));
  for (const auto& [element, name, json] : {std::tuple{TypeClass::text, "text[]", R"(["a","b\"c",null,"",  "d\\e"])"},
                                            {TypeClass::bigint, "bigint[]", "[[1,2],[3,null]]"},
                                            {TypeClass::timestamptz, "timestamptz[]", R"(["2024-02-29T10:00:00.5Z"])"},
                                            {TypeClass::boolean, "boolean[]", "[true]"}}) {
    ColumnType column = type(TypeClass::array, name);
    column.element_class = element;
    round_trip(json, column);
  }
}

// --- columns

std::string sent(const std::string& columns, const char* column_text,
                 const std::vector<RemoteField>& discovered = fields()) {
  const ParsedMapping parsed =
      parse(R"({"object": "contacts", "direction": "push", "columns": )" + columns + "}", discovered);
  EXPECT_FALSE(has_errors(parsed.findings)) << codes(parsed.findings);
  const Outgoing outgoing(parsed.mapping, contacts(), discovered);
  const LocalText text = column_text == nullptr ? LocalText() : LocalText(column_text);
  const Outgoing::Sent made = outgoing.make(7, std::span(&text, 1));
  if (!made.faults.empty()) {
    EXPECT_EQ(made.faults.front().record, 7u);
    return made.faults.front().code;
  }
  const OutValue& value = made.values.front();
  return value.kind == OutValue::Kind::null     ? "null"
         : value.kind == OutValue::Kind::string ? "'" + value.text + "'"
                                                : value.text;
}
std::string email(const std::string& details, const char* text, const std::vector<RemoteField>& discovered = kNone) {
  return sent(R"({"x": {"column": "email")" + details + "}}", text, discovered);
}

std::string push_email(const std::string& details) {
  return R"({"object": "contacts", "direction": "push", "columns": {"x": {"column": "email")" + details + "}}}";
}

TEST(Outgoing, KindsFollowTheFieldOrTheColumn) {
  EXPECT_EQ(sent(R"({"x": "age"})", "12", kNone), "12");
  EXPECT_EQ(sent(R"({"x": {"column": "age", "type": "string"}})", "12", kNone), "'12'");
  EXPECT_EQ(email("", "12"), "'12'");
  EXPECT_EQ(email("", nullptr), "null");
  EXPECT_EQ(email(R"(, "type": "number")", "12"), "12");
  EXPECT_EQ(email(R"(, "type": "number")", "twelve"), "TD108");
  EXPECT_EQ(email(R"(, "type": "boolean")", "true"), "true");
  EXPECT_EQ(email(R"(, "type": "json")", R"({"a": 1})"), R"({"a": 1})");
  EXPECT_EQ(email(R"(, "type": "json")", "open"), "TD108");
  EXPECT_EQ(email(R"(, "type": "email-address")", "no address"), "TD108");
  EXPECT_EQ(email(R"(, "required": true)", nullptr), "TD103");
  EXPECT_EQ(email(R"(, "default": "none")", nullptr), "'none'");
  EXPECT_EQ(sent(R"({"age": "email"})", "12"), "12") << "discovery knows it to be a number";
  EXPECT_EQ(sent(R"({"age": "email"})", "unknown"), "'unknown'");
  EXPECT_EQ(sent(R"({"email": "age"})", "12"), "'12'") << "and this to be text";
  EXPECT_EQ(sent(R"({"updated": "born"})", "2024-02-29"), "'2024-02-29T00:00:00Z'");
  EXPECT_EQ(sent(R"({"firstName": "raw"})", "12", fields()), "12") << "json says itself what it is";
}

TEST(Outgoing, StepsAreTurnedAround) {
  const char* const map = R"(, "to_local": {"map": {"Y": "yes", "N": "no", "": null}})";
  EXPECT_EQ(email(map, "yes"), "'Y'");
  EXPECT_EQ(email(map, "maybe"), "TD112");
  EXPECT_EQ(email(map, nullptr), "null");
  EXPECT_EQ(sent(R"({"x": {"column": "age", "to_local": {"map": {"one": 1.0, "two": 2}}}})", "1", kNone), "'one'");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "DD.MM.YYYY"})", "2024-02-09"), "'09.02.2024'");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "DD.MM.YYYY"})", "2024-02-09T10:00:00"), "TD114")
      << "the time is lost";
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "Dy, DD Mon YYYY HH12:MI AM OF"})", "2024-02-29T13:05:00Z"),
            "'Thu, 29 Feb 2024 01:05 PM Z'");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": {"pattern": "DD.MM.YYYY HH24:MI", "offset": "+01:00"}})",
                  "2024-12-31T23:30:00Z"),
            "'01.01.2025 00:30'");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "YY-MM-DD"})", "1950-01-01"), "TD114");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "epoch"})", "1969-12-31T23:59:58.5Z"), "-1.5");
  EXPECT_EQ(email(R"(, "to_local": {"date_format": "epoch_ms"})", "2024-02-29T10:00:00.001Z"), "1709200800001");
  EXPECT_EQ(email(R"(, "to_local": {"number_format": {"decimal": ",", "group": "."}})", "-1234567.50"),
            "'-1.234.567,50'");
  EXPECT_EQ(email(R"(, "to_local": {"number_format": {"decimal": ","}})", "1.5e3"), "'1500'");
  EXPECT_EQ(email(R"(, "to_local": {"join": ", "})", "a, b"), R"(["a","b"])");
  EXPECT_EQ(sent(R"({"x": {"column": "raw", "to_local": {"split": ","}}})", R"(["a", "b c"])", kNone), "'a,b c'");
  EXPECT_EQ(sent(R"({"x": {"column": "raw", "to_local": {"split": ","}}})", R"(["a,b"])", kNone), "TD114");
  EXPECT_EQ(sent(R"({"x": {"column": "raw", "to_local": {"split": ","}}})", "[]", kNone), "''");
  EXPECT_EQ(email(R"(, "to_local": ["trim", {"map": {"1": "open"}}])", "open"), "'1'");
}

TEST(Outgoing, StepsThatAreGivenStand) {
  EXPECT_EQ(email(R"(, "to_local": {"map": {"Y": "yes"}}, "to_remote": {"map": {"yes": true, "*": false}})", "yes"),
            "true");
  EXPECT_EQ(email(R"(, "to_remote": {"map": {"yes": 1}})", "yes"), "1");
  EXPECT_EQ(email(R"(, "to_remote": ["trim", "uppercase"])", " ab "), "'AB'");
  EXPECT_EQ(email(R"(, "to_remote": {"constant": "pg"})", nullptr), "'pg'");
  EXPECT_EQ(email(R"(, "to_remote": {"cast": "number"})", " 12 "), "12");
  EXPECT_EQ(email(R"(, "to_remote": {"split": ","})", "a,b"), R"(["a","b"])");
  EXPECT_EQ(sent(R"({"x": {"column": "born", "to_remote": {"date_format": "YYYYMMDD"}}})", "2024-02-29", kNone),
            "'20240229'");
}

TEST(Outgoing, WhatTheDatabaseDoesComesFirst) {
  const auto found = [](const char* steps) {
    return codes(parse(push_email(R"(, "to_remote": )" + std::string(steps)), kNone).findings);
  };
  EXPECT_EQ(found(R"(["trim", {"sql": "value"}, {"cast": "number"}])"), "");
  EXPECT_EQ(found(R"([{"cast": "number"}, {"sql": "value"}])"), "TD536!");
  EXPECT_EQ(email(R"(, "to_remote": [{"sql": "value"}, {"cast": "number"}])", "12"), "12");
}

TEST(Outgoing, SendsWhatIsWanted) {
  const ParsedMapping parsed = parse(R"({"object": "contacts", "direction": "push", "delete_mode": "soft",
      "columns": {"a": "age", "b": "email", "status": "first_name"},
      "options": {"soft_delete_fields": {"gone": true, "deleted_at": "now", "status": {"deleted": "x", "restored": "y"}}}})");
  const Outgoing outgoing(parsed.mapping, contacts(), kNone);
  const std::vector<LocalText> texts{"1", "two", std::nullopt};
  const std::vector<bool> wanted{false, true, true};
  EXPECT_EQ(outgoing.make(0, texts, &wanted).values,
            (std::vector<OutValue>{{1, OutValue::Kind::string, "two"}, {2, OutValue::Kind::null, ""}}));
  EXPECT_EQ(outgoing.fields(), (std::vector<std::string>{"a", "b", "status", "gone", "deleted_at"}));
  EXPECT_EQ(outgoing.soft(true, "2024-02-29T10:00:00Z"),
            (std::vector<OutValue>{{3, OutValue::Kind::literal, "true"},
                                   {4, OutValue::Kind::string, "2024-02-29T10:00:00Z"},
                                   {2, OutValue::Kind::string, "x"}}));
  EXPECT_EQ(outgoing.soft(false, "").at(0), (OutValue{3, OutValue::Kind::literal, "false"}));
}

}  // namespace
}  // namespace tandem::core
