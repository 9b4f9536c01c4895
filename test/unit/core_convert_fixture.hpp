// What the tests of the conversion rules share: column types, values, and a fixture that
// puts the outcome of one conversion into one line.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "core/codes.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

using base::Cell;
using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

inline ColumnType column(TypeClass type_class, std::string name) {
  ColumnType type;
  type.type_class = type_class;
  type.name = std::move(name);
  return type;
}
inline ColumnType limited(TypeClass type_class, std::string name, int precision, int scale = -1) {
  ColumnType type = column(type_class, std::move(name));
  type.precision = precision;
  type.scale = scale;
  return type;
}
inline ColumnType varchar(int length) {
  ColumnType type = column(TypeClass::text, "character varying(" + std::to_string(length) + ")");
  type.length = length;
  return type;
}
inline ColumnType array_of(TypeClass element, std::string name) {
  ColumnType type = column(TypeClass::array, std::move(name));
  type.element_class = element;
  return type;
}

inline const ColumnType kText = column(TypeClass::text, "text");
inline const ColumnType kSmall = column(TypeClass::smallint, "smallint");
inline const ColumnType kInt = column(TypeClass::integer, "integer");
inline const ColumnType kBig = column(TypeClass::bigint, "bigint");
inline const ColumnType kNumeric = column(TypeClass::numeric, "numeric");
inline const ColumnType kReal = column(TypeClass::real, "real");
inline const ColumnType kDouble = column(TypeClass::double_precision, "double precision");
inline const ColumnType kBool = column(TypeClass::boolean, "boolean");
inline const ColumnType kDate = column(TypeClass::date, "date");
inline const ColumnType kTime = column(TypeClass::time, "time without time zone");
inline const ColumnType kTimestamp = column(TypeClass::timestamp, "timestamp without time zone");
inline const ColumnType kTimestamptz = column(TypeClass::timestamptz, "timestamp with time zone");
inline const ColumnType kInterval = column(TypeClass::interval, "interval");
inline const ColumnType kUuid = column(TypeClass::uuid, "uuid");
inline const ColumnType kJson = column(TypeClass::json, "json");
inline const ColumnType kJsonb = column(TypeClass::jsonb, "jsonb");
inline const ColumnType kBytea = column(TypeClass::bytea, "bytea");
inline const ColumnType kInet = column(TypeClass::input, "inet");

inline Value number(std::string_view token) { return {Kind::number, token}; }
inline Value text(std::string_view content) { return {Kind::string, content}; }
inline Value json(std::string_view raw) { return {Kind::json, raw}; }
inline const Value kTrue{Kind::boolean, "true"};
inline const Value kFalse{Kind::boolean, "false"};

// One conversion as a line: "text:abc", "int:5", "real:0.5", "time:0", "null" or the problem's code.
class Convert : public ::testing::Test {
 protected:
  std::string to(const ColumnType& type, const Value& value, DeclaredType declared = DeclaredType::none) {
    Cell cell;
    problem_ = Problem{};
    if (auto problem = convert(value, type, declared, arena_, cell)) {
      problem_ = *problem;
      EXPECT_FALSE(problem_.message.empty());
      EXPECT_FALSE(problem_.suggestion.empty());
      return problem_.code;
    }
    switch (cell.form) {
      case Cell::Form::null:
        return "null";
      case Cell::Form::text:
        return "text:" + std::string(cell.text);
      case Cell::Form::integer:
        return "int:" + std::to_string(cell.integer);
      case Cell::Form::real:
        real_ = cell.real;
        return "real";
      case Cell::Form::made:
        return "made";
      case Cell::Form::time:
        time_ = cell.integer;
        return "time";
    }
    return "?";
  }
  std::string as_real(const ColumnType& type, std::string_view token, double expected) {
    const std::string outcome = to(type, number(token));
    if (outcome != "real") return outcome;
    return real_ == expected ? "same" : "other: " + std::to_string(real_);
  }
  // The moment as seconds since 2000-01-01 UTC, or the code.
  std::string moment(std::string_view content) {
    const std::string outcome = to(kTimestamptz, text(content));
    if (outcome != "time") return outcome;
    return time_ % 1'000'000 == 0 ? std::to_string(time_ / 1'000'000) : std::to_string(time_) + "us";
  }
  std::string day(std::string_view content) {
    const std::string outcome = to(kDate, text(content));
    return outcome == "time" ? std::to_string(time_) : outcome;
  }

  base::TextArena arena_;
  Problem problem_;
  double real_ = 0;
  std::int64_t time_ = 0;
};

}  // namespace tandem::core
