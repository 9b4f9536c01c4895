// Changes under a mapping: columns of its table, fields of its records.
#include "core/schema/change.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/strings.hpp"
#include "core/schema/record_shape.hpp"

namespace tandem::core {
namespace {

using base::Json;
using testing::ElementsAre;

Json json(std::string_view text) { return Json::parse(text).value(); }

const char* const kDefinition =
    R"({"columns": {"id": "id", "Email": {"column": "email"}, "fax": "fax", "adr.city": "city"},
  "key": ["id"], "match_on": ["id"], "options": {"stamp": {"tenant": "tenant"}, "status_columns": {"error": "problem"}}})";

std::vector<std::string> words(const SchemaChanges& changes) {
  std::vector<std::string> out;
  for (const SchemaChange& change : changes) out.push_back(change.in_words());
  return out;
}

TEST(SchemaChange, a_child_table_has_another_name) {
  const Json object =
      json(R"({"columns": {"id": "id", "lines[]": {"table": "a.b", "parent": "p"}, "tags[]": {"table": "c"}}})");
  EXPECT_EQ(with_child_table(object, "lines[]", "x.y").dump(),
            R"({"columns":{"id":"id","lines[]":{"table":"x.y","parent":"p"},"tags[]":{"table":"c"}}})");
  const Json list = json(R"({"columns": [{"field": "id", "column": "id"}, {"field": "lines[]", "table": "a.b"}]})");
  EXPECT_EQ(with_child_table(list, "lines[]", "x.y").dump(),
            R"({"columns":[{"field":"id","column":"id"},{"field":"lines[]","table":"x.y"}]})");
  EXPECT_EQ(with_child_table(list, "tags[]", "x.y").dump(), list.dump()) << "one that is not there";
}

TEST(SchemaChange, columns_are_known_by_their_number) {
  const LocalColumns seen = local_columns(json(
      R"({"id": [1, "text"], "email": [2, "text"], "fax": [3, "text"], "city": [4, "text"], "other": [5, "text"]})"));
  EXPECT_THAT(words(local_changes("c", json(kDefinition), seen, seen)), ElementsAre());
  const LocalColumns now = {{"id", {1, "uuid"}}, {"mail", {2, "text"}}, {"city", {9, "text"}}, {"more", {6, "text"}}};
  const SchemaChanges changes = local_changes("c", json(kDefinition), seen, now);
  EXPECT_THAT(words(changes), ElementsAre("column id is uuid now, it was text", "column email is called mail now",
                                          "column fax was dropped"));  // city was made anew, other is not mapped
  EXPECT_EQ(changes[1].field, "Email");
  EXPECT_EQ(changes[1].ddl, R"(SELECT tandem.alter_mapping('c', '{"columns":{"Email":"mail"}}');)");
  EXPECT_EQ(changes[2].ddl, R"(SELECT tandem.alter_mapping('c', '{"columns":{"fax":null}}');)");
}

TEST(SchemaChange, all_that_a_definition_names_is_watched_and_renamed) {
  const Json definition = json(kDefinition);
  EXPECT_THAT(named_columns(definition), ElementsAre("id", "email", "fax", "city", "tenant", "problem"));
  const Json renamed = with_renamed_columns(
      definition,
      {{"id", "key"}, {"email", "mail"}, {"tenant", "t"}, {"problem", "p"}, {"fax", "city"}, {"city", "fax"}});
  EXPECT_THAT(named_columns(renamed), ElementsAre("key", "mail", "city", "fax", "t", "p"));
  EXPECT_EQ(renamed.find("key")->dump(), R"(["id"])");  // remote
  EXPECT_EQ(renamed.find("match_on")->dump(), R"(["key"])");
  const Json listed = json(R"({"columns": [{"field": "a", "column": "x"}, {"field": "b", "column": "x2"}]})");
  EXPECT_EQ(with_renamed_columns(listed, {{"x", "y"}}).find("columns")->dump(),
            R"([{"field":"a","column":"y"},{"field":"b","column":"x2"}])");
  EXPECT_EQ(with_column(listed, "c", "z").find("columns")->items().size(), 3u);
  EXPECT_EQ(with_column(json(R"({"columns": {"a": "x"}})"), "c", "z").find("columns")->dump(), R"({"a":"x","c":"z"})");
}

TEST(SchemaChange, names_are_quoted_as_sql_wants_them) {
  EXPECT_EQ(alter_columns_sql("it's", "O'Neil \"x\"", "o"),
            R"(SELECT tandem.alter_mapping('it''s', '{"columns":{"O''Neil \"x\"":"o"}}');)");
}

RecordShape shape(std::string_view records) {
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, {}, {});
  base::Buffer body;
  body.append(records);
  base::TextArena arena;
  return RecordShape::of(reader.read_all(body, arena, kSampleRecords).value());
}

// `count` records, each as given.
RecordShape many(std::string_view record, int count = 20) {
  std::string all = "[";
  for (int i = 0; i < count; ++i) all += base::strcat(i == 0 ? "" : ",", record);
  return shape(all + "]");
}

ShapeContext context() {
  return {.mapping = "c",
          .table = "public.c",
          .definition = json(kDefinition),
          .columns = {{"id", {1, "text"}},
                      {"email", {2, "text"}},
                      {"fax", {3, "bigint"}},
                      {"city", {4, "text"}},
                      {"phone", {5, "text"}}},
          .quote = [](std::string_view name) { return base::strcat('"', name, '"'); }};
}

SchemaChanges news(const RecordShape& known, const RecordShape& sample) {
  return compare_shapes(known, sample, context()).changes;
}

TEST(RecordShape, a_new_field_comes_with_its_ddl) {
  const SchemaChanges changes = news(
      many(R"({"id": 1})"), shape(R"([{"id": 1}, {"id": 2, "createdAt": "2024-01-01T00:00:00Z", "phone": null}])"));
  ASSERT_THAT(words(changes), ElementsAre("field createdAt appeared", "field phone appeared"));
  EXPECT_EQ(changes[0].ddl,
            "ALTER TABLE public.c ADD COLUMN \"created_at\" timestamptz;\n"
            R"(SELECT tandem.alter_mapping('c', '{"columns":{"createdAt":"created_at"}}');)");
  EXPECT_EQ(changes[1].ddl,
            R"(SELECT tandem.alter_mapping('c', '{"columns":{"phone":"phone"}}');)");  // the column is there
}

TEST(RecordShape, new_fields_get_columns_that_a_table_can_have) {
  const SchemaChanges changes =
      news(many(R"({"id": 1})"), shape(R"([{"id": 1, "xmin": 1, "fooBar": 1, "Foo Bar": 2, "!!": 1, "fax_": 1}])"));
  std::vector<std::string> columns;
  for (const SchemaChange& change : changes) columns.push_back(base::strcat(change.field, " ", change.column));
  EXPECT_THAT(columns, ElementsAre("!! field", "Foo Bar foo_bar", "fax_ fax_2", "fooBar foo_bar_2", "xmin xmin_"));
}

TEST(RecordShape, what_is_mapped_already_is_no_news) {
  EXPECT_THAT(news(many(R"({"x": 1})"), many(R"({"x": 1, "id": 1, "Email": "a", "adr": {"city": "b"}})")),
              ElementsAre());
}

TEST(RecordShape, a_field_is_gone_only_when_all_had_it_and_none_has) {
  const RecordShape always = many(R"({"id": 1, "fax": 1, "x": 1})");
  EXPECT_THAT(words(news(always, many(R"({"id": 1})"))), ElementsAre("field fax vanished"));  // x is not mapped
  EXPECT_THAT(news(always, many(R"({"id": 1})", 9)), ElementsAre());                          // too few to tell
  EXPECT_THAT(news(many(R"({"id": 1, "fax": 1})", 9), many(R"({"id": 1})")), ElementsAre());
  const RecordShape sometimes = shape(R"([{"id": 1, "fax": 1}, {"id": 2}])");
  EXPECT_THAT(news(sometimes, many(R"({"id": 1})")), ElementsAre());
  EXPECT_THAT(news(always, many(R"({"id": 1, "fax": null})")), ElementsAre());
  // It is told once; and once it is back, it may go again.
  const RecordShape after = compare_shapes(always, many(R"({"id": 1})"), context()).shape;
  EXPECT_TRUE(after.fields.at("fax").gone);
  EXPECT_THAT(news(after, many(R"({"id": 1})")), ElementsAre());
  EXPECT_FALSE(compare_shapes(after, always, context()).shape.fields.at("fax").gone);
}

TEST(RecordShape, a_small_sample_does_not_make_a_field_optional) {
  const RecordShape always = many(R"({"id": 1, "fax": 1})");
  const RecordShape after = compare_shapes(always, many(R"({"id": 1})", 3), context()).shape;
  EXPECT_THAT(words(news(after, many(R"({"id": 1})"))), ElementsAre("field fax vanished"));
}

TEST(RecordShape, types_only_widen) {
  const RecordShape numbers = many(R"({"id": "a", "fax": 1})");
  EXPECT_THAT(words(news(numbers, many(R"({"id": "a", "fax": "12"})"))),
              ElementsAre("field fax is text now, it was bigint"));
  EXPECT_THAT(words(news(numbers, many(R"({"id": "a", "fax": 1.5})"))),
              ElementsAre("field fax is numeric now, it was bigint"));
  EXPECT_EQ(news(numbers, many(R"({"id": "a", "fax": 1.5})"))[0].ddl,
            "ALTER TABLE public.c ALTER COLUMN \"fax\" TYPE numeric;");
  EXPECT_EQ(news(numbers, many(R"({"id": "a", "fax": {}})"))[0].ddl,
            "ALTER TABLE public.c ALTER COLUMN \"fax\" TYPE jsonb USING to_jsonb(\"fax\");");
  EXPECT_THAT(news(many(R"({"id": "a", "fax": 1.5})"), numbers), ElementsAre());
  EXPECT_THAT(news(many(R"({"id": "a", "fax": null})"), numbers), ElementsAre());
  // How texts read is no news where the column takes any text.
  EXPECT_THAT(news(many(R"({"Email": "2024-01-01"})"), many(R"({"Email": "x"})")), ElementsAre());
  EXPECT_THAT(words(news(many(R"({"Email": "x"})"), many(R"({"Email": 1})"))),
              ElementsAre());  // widest is text as before
  EXPECT_THAT(words(news(many(R"({"Email": 1})"), many(R"({"Email": "x"})"))),
              ElementsAre("field Email is text now, it was bigint"));
}

TEST(RecordShape, the_same_records_are_the_same_shape) {
  const RecordShape first = shape(R"([{"id": 1, "b": [1]}, {"id": 2, "c": "2024-01-01"}])");
  const RecordShape again = compare_shapes(first, shape(R"([{"c": "2024-01-01", "id": 9, "b": []}])"), context()).shape;
  EXPECT_EQ(again, first);
  EXPECT_EQ(RecordShape::from_json(first.to_json()), first);
  EXPECT_EQ(RecordShape::from_json(json("{}")), RecordShape{});
}

TEST(RecordShape, an_open_change_is_over_when_it_was_followed_or_undone) {
  const auto over = [&](std::string_view side, std::string_view kind, std::string_view field, std::string_view column,
                        std::string_view type, const RecordShape& sample) {
    const SchemaChange change{.side = std::string(side),
                              .kind = std::string(kind),
                              .field = std::string(field),
                              .column = std::string(column),
                              .new_type = std::string(type)};
    return is_settled(change, context().definition, context().columns, sample);
  };
  EXPECT_TRUE(over("remote", "added", "Email", "email", "text", {}));
  EXPECT_FALSE(over("remote", "added", "new", "new", "text", {}));
  EXPECT_FALSE(over("remote", "vanished", "fax", "fax", "", many(R"({"id": 1})")));
  EXPECT_TRUE(over("remote", "vanished", "fax", "fax", "", many(R"({"fax": 1})")));
  EXPECT_TRUE(over("remote", "vanished", "unmapped", "x", "", many(R"({"id": 1})")));
  EXPECT_FALSE(over("remote", "retyped", "fax", "fax", "text", {}));
  EXPECT_TRUE(over("remote", "retyped", "Email", "email", "text", {}));
  EXPECT_TRUE(over("local", "renamed", "Email", "email", "mail", {}));
  EXPECT_TRUE(over("local", "dropped", "fax", "fax", "", {}));  // made again
  EXPECT_TRUE(over("local", "dropped", "", "", "", {}));        // the table is there
}

TEST(RecordShape, column_types_and_what_they_take) {
  EXPECT_TRUE(column_takes("character varying(20)", "text"));
  EXPECT_FALSE(column_takes("text", "jsonb"));
  EXPECT_FALSE(column_takes("public.citext", "jsonb"));
  EXPECT_TRUE(column_takes("numeric(10,2)", "bigint"));
  EXPECT_FALSE(column_takes("integer", "numeric"));
  EXPECT_TRUE(column_takes("timestamp with time zone", "timestamptz"));
  EXPECT_FALSE(column_takes("timestamp without time zone", "text"));
  EXPECT_FALSE(column_takes("uuid", "text"));
  EXPECT_TRUE(column_takes("jsonb", "text"));
  EXPECT_TRUE(column_takes("my_enum", "text"));
}

}  // namespace
}  // namespace tandem::core
