// Types and columns told from a sample of records.
#include "core/mapping/infer.hpp"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace tandem::core {
namespace {

using base::Kind;
using base::Value;
using Found = base::PageReader::Found;

Value number(std::string_view token) { return {Kind::number, token}; }
Value text(std::string_view content) { return {Kind::string, content}; }
Value json(std::string_view raw) { return {Kind::json, raw}; }
const Value kNull{Kind::null, {}};
const Value kTrue{Kind::boolean, "true"};

// The field made of one value per record.
InferredField of(const std::vector<Value>& values) {
  std::vector<Found> found;
  for (std::size_t i = 0; i < values.size(); ++i) found.push_back({i, "f", values[i]});
  const auto fields = infer_fields(found, values.size(), {});
  EXPECT_EQ(fields.size(), 1u);
  return fields.at(0);
}
std::string types(const std::vector<Value>& values) {
  const InferredField field = of(values);
  return std::string(declared_type_name(field.data_type)) + " " + field.pg_type + " " + field.remote_type;
}

TEST(Infer, Numbers) {
  EXPECT_EQ(types({number("1"), number("-20")}), "integer bigint number");
  EXPECT_EQ(types({number("9223372036854775807")}), "integer bigint number");
  EXPECT_EQ(types({number("1"), number("9223372036854775808")}), "integer numeric number");
  EXPECT_EQ(types({number("1"), number("9.5")}), "number numeric number");
  EXPECT_EQ(types({number("10.0")}), "number numeric number");
  EXPECT_EQ(types({number("1e3"), number("1")}), "number numeric number");
  EXPECT_EQ(types({kTrue, kNull}), "boolean boolean boolean|null");
}

TEST(Infer, TextsThatAreSomethingElse) {
  EXPECT_EQ(types({text("2024-02-29T10:00:00Z"), text("2024-02-29T10:00:00.5+01:00")}), "date-time timestamptz string");
  EXPECT_EQ(types({text("2024-02-29T10:00:00"), text("2024-02-29 11:00:00")}), "date-time timestamp string");
  EXPECT_EQ(types({text("2024-02-29T10:00:00"), text("2024-02-29T10:00:00Z")}), "string text string");
  EXPECT_EQ(types({text("2024-02-29"), kNull, text("2024-03-01")}), "date date string|null");
  EXPECT_EQ(types({text("2024-02-29"), text("2024-02-30")}), "string text string");
  EXPECT_EQ(types({text("2024-02-29"), text("")}), "string text string");
  EXPECT_EQ(types({text("2024-02-29T00:00:00")}), "date-time timestamp string");
  EXPECT_EQ(types({text("a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11")}), "uuid uuid string");
  EXPECT_EQ(types({text("12")}), "string text string");
  EXPECT_EQ(types({text("true")}), "string text string");
  EXPECT_EQ(types({{Kind::broken, "\"\\u0000\""}, text("2024-02-29")}), "string text string");
}

TEST(Infer, NestedAndMixed) {
  EXPECT_EQ(types({json("{}")}), "json jsonb object");
  EXPECT_EQ(types({json("[1]"), kNull}), "array jsonb array|null");
  EXPECT_EQ(types({json("[1]"), json("{}")}), "json jsonb object|array");
  EXPECT_EQ(types({json("{}"), text("x")}), "json jsonb string|object");
  EXPECT_EQ(types({text("x"), number("1")}), "string text string|number");
  EXPECT_EQ(types({text("2024-02-29"), number("1")}), "string text string|number");
  EXPECT_EQ(types({kTrue, number("1")}), "string text number|boolean");
  EXPECT_EQ(types({kNull}), "string text null");
}

TEST(Infer, RequiredKeysAndLengths) {
  const std::vector<Found> found = {{0, "id", number("1")},    {0, "name", text("Zoë")}, {1, "id", number("2")},
                                    {1, "name", kNull},        {2, "id", number("3")},   {2, "note", text("x")},
                                    {2, "note", text("twice")}};
  const auto fields = infer_fields(found, 3, {"id"});
  ASSERT_EQ(fields.size(), 3u);
  EXPECT_EQ(fields[0].field, "id");
  EXPECT_TRUE(fields[0].required && fields[0].is_key);
  EXPECT_EQ(fields[0].max_length, 0);
  EXPECT_FALSE(fields[1].required || fields[1].is_key);
  EXPECT_EQ(fields[1].max_length, 3);
  EXPECT_FALSE(fields[2].required);  // in one record of three, though twice
  EXPECT_TRUE(infer_fields({}, 0, {"id"}).empty());
}

TEST(Infer, AKeyThatIsNotWhollyThereIsNone) {
  const std::vector<Found> found = {{0, "id", number("1")}};
  EXPECT_FALSE(infer_fields(found, 1, {"id", "owner.id"})[0].is_key);
  EXPECT_FALSE(infer_fields(found, 1, {})[0].is_key);
}

TEST(Infer, ColumnNames) {
  std::vector<Found> found;
  const std::string long_name(70, 'x');
  std::string wide = "a";
  for (int i = 0; i < 40; ++i) wide += "ü";
  for (const std::string& key : {std::string("createdAt"), std::string("created_at"), std::string("Created At"),
                                 std::string("3166-1"), std::string(""), std::string("***"), std::string("select"),
                                 std::string("xmin"), std::string("ctid"), long_name, long_name + "y", wide}) {
    found.push_back({0, key, number("1")});
  }
  const auto fields = infer_fields(found, 1, {});
  std::vector<std::string> columns;
  for (const auto& field : fields) {
    EXPECT_FALSE(field.column.empty());
    EXPECT_LE(field.column.size(), 63u);
    columns.push_back(field.column);
  }
  EXPECT_EQ(columns[0], "created_at");
  EXPECT_EQ(columns[1], "created_at_2");
  EXPECT_EQ(columns[2], "created_at_3");
  EXPECT_EQ(columns[3], "3166_1");
  EXPECT_EQ(columns[4], "field");
  EXPECT_EQ(columns[5], "field_2");
  EXPECT_EQ(columns[6], "select");
  EXPECT_EQ(columns[7], "xmin_");
  EXPECT_EQ(columns[8], "ctid_");
  EXPECT_EQ(columns[9], std::string(63, 'x'));
  EXPECT_EQ(columns[10], std::string(61, 'x') + "_2");
  EXPECT_EQ(columns[11].size() % 2, 1u) << "cut between characters: " << columns[11];
}

std::string in_quotes(std::string_view name) { return "\"" + std::string(name) + "\""; }

TEST(Infer, TableColumns) {
  const std::vector<Found> found = {
      {0, "id", number("1")}, {0, "lang", text("de")}, {0, "updatedAt", text("2024-02-29T10:00:00Z")}};
  EXPECT_EQ(table_columns_sql(infer_fields(found, 1, {"id", "lang"}), in_quotes),
            "  \"id\" bigint,\n  \"lang\" text,\n  \"updated_at\" timestamptz,\n  PRIMARY KEY (\"id\", \"lang\")");
  EXPECT_EQ(table_columns_sql(infer_fields(found, 1, {}), in_quotes),
            "  \"id\" bigint,\n  \"lang\" text,\n  \"updated_at\" timestamptz");
}

}  // namespace
}  // namespace tandem::core
