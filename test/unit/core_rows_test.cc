#include "base/strings.hpp"
#include "core/rows/rows.hpp"

#include <gtest/gtest.h>

namespace tandem::core {
namespace {

using base::Cell;
using base::TypeClass;

Target contacts() {
  Target target;
  target.name = "public.contacts";
  const auto column = [&](const char* name, TypeClass type, bool not_null = false) {
    TargetColumn c;
    c.name = name;
    c.type.type_class = type;
    c.type.name = name;
    c.not_null = not_null;
    target.columns.push_back(c);
  };
  column("id", TypeClass::text, true);
  column("qty", TypeClass::integer);
  column("name", TypeClass::text, true);
  column("raw", TypeClass::jsonb);
  return target;
}

Mapping mapping(std::vector<ColumnMapping> columns) {
  Mapping m;
  m.name = "contacts";
  m.columns = std::move(columns);
  return m;
}

struct Read {
  base::Buffer body;
  base::TextArena arena;
  base::Page page;
};

std::unique_ptr<Read> read(const RowBuilder& builder, std::string_view json) {
  auto out = std::make_unique<Read>();
  out->body.append(json);
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, builder.fields(), {});
  out->page = reader.read(out->body, out->arena).value();
  return out;
}

const std::vector<ColumnMapping> kColumns{{"Id", "id"}, {"Qty", "qty"}, {"Name", "name"}};

TEST(Rows, ConvertsMappedFieldsInOrder) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  auto in = read(builder, R"([{"Id":"a","Qty":7,"Name":"Ann"},{"Name":"Bob","Id":"b"}])");
  const auto identified = builder.identify(in->page, in->arena);
  const auto rows = builder.convert(in->page, identified.rows, in->arena);
  ASSERT_EQ(rows.rows.size(), 2u);
  ASSERT_EQ(rows.cells.size(), 6u);
  EXPECT_EQ(rows.cells[0].text, "a");
  EXPECT_EQ(rows.cells[1].integer, 7);
  EXPECT_EQ(rows.cells[2].text, "Ann");
  EXPECT_EQ(rows.cells[4].form, Cell::Form::null);
  EXPECT_EQ(identified.rows[1].origin_id, "b");
}

TEST(Rows, RecordWithoutIdIsAFaultAndCostsOnlyItself) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  auto in =
      read(builder, R"([{"Qty":1,"Name":"x"},{"Id":null,"Name":"y"},{"Id":"","Name":"y"},{"Id":"a","Name":"z"}])");
  const auto identified = builder.identify(in->page, in->arena);
  ASSERT_EQ(identified.faults.size(), 3u);
  EXPECT_EQ(identified.faults[0].code, "TD104");
  ASSERT_EQ(identified.rows.size(), 1u);
  EXPECT_EQ(identified.rows[0].record, 3u);
}

TEST(Rows, OfOneIdTheLastRecordStands) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  auto in = read(builder, R"([{"Id":"a","Name":"old"},{"Id":"b","Name":"b"},{"Id":"a","Name":"new"}])");
  const auto identified = builder.identify(in->page, in->arena);
  EXPECT_EQ(identified.duplicates, 1u);
  ASSERT_EQ(identified.rows.size(), 2u);
  const auto rows = builder.convert(in->page, identified.rows, in->arena);
  EXPECT_EQ(rows.cells[2].text, "new");
}

TEST(Rows, BadValueFaultsNameFieldColumnAndKeepTheOthers) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  auto in = read(
      builder, R"([{"Id":"a","Qty":"many","Name":"x"},{"Id":"b","Qty":2,"Name":null},{"Id":"c","Qty":3,"Name":"ok"}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_EQ(rows.faults.size(), 2u);
  EXPECT_EQ(rows.faults[0].column, "qty");
  EXPECT_NE(rows.faults[0].message.find("field Qty, column qty"), std::string::npos);
  EXPECT_EQ(rows.faults[1].code, "TD103");
  EXPECT_EQ(rows.faults[1].record, 1u);
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.rows[0].origin_id, "c");
  EXPECT_EQ(rows.cells.size(), 3u);
}

TEST(Rows, NulAndHalfSurrogatesAreFaults) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  auto in = read(builder, "[{\"Id\":\"a\",\"Name\":\"x\\u0000\"},{\"Id\":\"b\",\"Name\":\"\\ud800\"}]");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_EQ(rows.faults.size(), 2u);
  EXPECT_EQ(rows.faults[0].code, "TD109");
  EXPECT_EQ(rows.faults[0].error_type, "TRANSFORM_ERROR");
}

TEST(Rows, DefaultStandsForAbsentAndNull) {
  auto columns = kColumns;
  columns[1].fallback = base::Json(std::int64_t{42});
  columns[2].fallback = base::Json(std::string("nobody"));
  const RowBuilder builder(mapping(columns), contacts(), {"Id"}, 1);
  auto in = read(builder, R"([{"Id":"a","Qty":null}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_TRUE(rows.faults.empty());
  EXPECT_EQ(rows.cells[1].integer, 42);
  EXPECT_EQ(rows.cells[2].text, "nobody");
}

TEST(Rows, DefaultThatDoesNotFitIsRefusedAtOnce) {
  auto columns = kColumns;
  columns[1].fallback = base::Json(std::string("many"));
  EXPECT_THROW(RowBuilder(mapping(columns), contacts(), {"Id"}, 1), base::Failure);
}

TEST(Rows, RequiredRefusesNull) {
  auto columns = kColumns;
  columns[1].required = true;
  const RowBuilder builder(mapping(columns), contacts(), {"Id"}, 1);
  auto in = read(builder, R"([{"Id":"a","Name":"x"}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_EQ(rows.faults.size(), 1u);
  EXPECT_EQ(rows.faults[0].code, "TD103");
}

TEST(Rows, ConstantsNeedNoFieldAndAreNotHashed) {
  const auto with = [](base::Json name, base::Json qty) {
    return RowBuilder(mapping({{.field = "Id", .column = "id"},
                               {.column = "name", .constant = std::move(name)},
                               {.column = "qty", .constant = std::move(qty)}}),
                      contacts(), {"Id"}, 1);
  };
  const RowBuilder builder = with(base::Json(std::string("crm")), base::Json());
  EXPECT_EQ(builder.fields().size(), 1u);
  auto in = read(builder, R"([{"Id":"a"},{"Id":"b"}])");
  const auto identified = builder.identify(in->page, in->arena);
  const auto rows = builder.convert(in->page, identified.rows, in->arena);
  ASSERT_EQ(rows.cells.size(), 6u);
  EXPECT_EQ(rows.cells[1].text, "crm");
  EXPECT_EQ(rows.cells[4].text, "crm");
  EXPECT_EQ(rows.cells[5].form, Cell::Form::null);
  const RowBuilder other = with(base::Json(std::string("erp")), base::Json());
  EXPECT_NE(other.identify(in->page, in->arena).rows[0].hash, identified.rows[0].hash) << "another definition";
  EXPECT_THROW(with(base::Json(), base::Json()), base::Failure) << "null for a NOT NULL column";
  EXPECT_THROW(with(base::Json(std::string("x")), base::Json(std::string("many"))), base::Failure);
}

ColumnMapping with_steps(const char* field, const char* column, const char* steps) {
  Findings findings;
  return {
      .field = field, .column = column, .to_local = read_transforms(base::Json::parse(steps).value(), "", findings)};
}

TEST(Rows, TransformsComeBeforeTypeDefaultAndColumn) {
  auto columns = kColumns;
  columns[1] = with_steps("Qty", "qty", R"([{"number_format": {"decimal": ",", "group": "."}}])");
  columns[1].type = DeclaredType::integer;
  columns[2] = with_steps("Name", "name", R"(["trim", {"map": {"n/a": null, "x": "X"}}])");
  columns[2].fallback = base::Json(std::string("nobody"));
  const RowBuilder builder(mapping(columns), contacts(), {"Id"}, 1);
  auto in = read(
      builder, R"([{"Id":"a","Qty":"1.234","Name":" n/a "},{"Id":"b","Qty":"1,5","Name":"x"},{"Id":"c","Name":"y"}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_EQ(rows.rows.size(), 1u);
  EXPECT_EQ(rows.cells[1].integer, 1234);
  EXPECT_EQ(rows.cells[2].text, "nobody");
  ASSERT_EQ(rows.faults.size(), 2u);
  EXPECT_EQ(rows.faults[0].code, "TD108");
  EXPECT_EQ(rows.faults[1].code, "TD112");
  EXPECT_EQ(rows.faults[1].column, "name");
}

TEST(Rows, AbsentCanBeKeptOrRefused) {
  auto columns = kColumns;
  columns[1].absent = Absent::keep;
  columns[1].fallback = base::Json(std::int64_t{9});
  columns[2].absent = Absent::error;
  columns[2].fallback = std::nullopt;
  Target target = contacts();
  target.columns[2].not_null = false;
  const RowBuilder builder(mapping(columns), target, {"Id"}, 1);
  EXPECT_EQ(builder.columns(), 4u);
  auto in = read(
      builder,
      R"([{"Id":"a","Qty":1,"Name":"x"},{"Id":"b","Name":null},{"Id":"c","Qty":2},{"Id":"d","Qty":null,"Name":""}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_EQ(rows.rows.size(), 3u);
  EXPECT_EQ(rows.cells[3].integer, 0) << "given";
  EXPECT_EQ(rows.cells[4 + 1].integer, 9) << "for an insert";
  EXPECT_EQ(rows.cells[4 + 2].form, Cell::Form::null) << "null is not absent";
  EXPECT_EQ(rows.cells[4 + 3].integer, 1) << "absent";
  EXPECT_EQ(rows.cells[8 + 3].integer, 0) << "null";
  ASSERT_EQ(rows.faults.size(), 1u);
  EXPECT_EQ(rows.faults[0].code, "TD103");
  EXPECT_EQ(rows.faults[0].column, "name");
}

TEST(Rows, BadTextCanBeReplaced) {
  auto columns = kColumns;
  columns[2].replace_bad_text = true;
  columns.push_back({.field = "Raw", .column = "raw", .replace_bad_text = true});
  const RowBuilder builder(mapping(columns), contacts(), {"Id"}, 1);
  auto in = read(builder,
                 "[{\"Id\":\"a\",\"Name\":\"x\\u0000\\ud800y\\ud83d\\ude00\",\"Raw\":{\"k\\udc00\":\"\\\\u0000\"}}]");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  ASSERT_TRUE(rows.faults.empty()) << rows.faults[0].message;
  EXPECT_EQ(rows.cells[2].text, "x\uFFFD\uFFFDy\U0001F600");
  EXPECT_EQ(rows.cells[3].text, "{\"k\\ufffd\":\"\\\\u0000\"}") << "an escaped backslash is no escape";
}

TEST(Rows, WholeRecordGoesIntoAColumn) {
  const RowBuilder builder(mapping({{"Id", "id"}, {"*", "raw"}}), contacts(), {"Id"}, 1);
  auto in = read(builder, R"([{"Id":"a", "x":[1,2]}])");
  const auto rows = builder.convert(in->page, builder.identify(in->page, in->arena).rows, in->arena);
  EXPECT_EQ(rows.cells[1].text, R"({"Id":"a", "x":[1,2]})");
}

TEST(Rows, SeveralKeyFieldsMakeOneOriginId) {
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id", "Qty"}, 1);
  auto in = read(builder, R"([{"Id":"a","Qty":1,"Name":"x"},{"Id":"a","Qty":2,"Name":"x"},{"Id":"a","Name":"x"}])");
  const auto identified = builder.identify(in->page, in->arena);
  ASSERT_EQ(identified.rows.size(), 2u);
  EXPECT_EQ(identified.rows[0].origin_id, R"(["a","1"])");
  ASSERT_EQ(identified.faults.size(), 1u);
  EXPECT_EQ(identified.faults[0].field, "Qty");  // the part that is missing
  EXPECT_EQ(identified.faults[0].message, "record has no Qty, which identifies it");
}

TEST(Rows, HashFollowsContentAndDefinitionOnly) {
  const auto hash_of = [](const RowBuilder& builder, std::string_view json) {
    auto in = read(builder, json);
    return builder.identify(in->page, in->arena).rows.at(0).hash;
  };
  const RowBuilder builder(mapping(kColumns), contacts(), {"Id"}, 1);
  const auto plain = hash_of(builder, R"([{"Id":"a","Qty":1,"Name":"x"}])");
  EXPECT_EQ(plain, hash_of(builder, R"([{"Name":"x","extra":true,"Id":"a","Qty":1}])"))
      << "order and unmapped fields do not matter";
  EXPECT_NE(plain, hash_of(builder, R"([{"Id":"a","Qty":2,"Name":"x"}])"));
  EXPECT_NE(hash_of(builder, R"([{"Id":"a","Qty":null,"Name":"x"}])"),
            hash_of(builder, R"([{"Id":"a","Qty":"","Name":"x"}])"));
  EXPECT_NE(hash_of(builder, R"([{"Id":"a","Qty":"1","Name":"x"}])"), plain) << "a string is not a number";
  EXPECT_NE(hash_of(builder, R"([{"Id":"ab","Name":"c"}])"), hash_of(builder, R"([{"Id":"a","Name":"bc"}])"));
  EXPECT_NE(plain, hash_of(RowBuilder(mapping(kColumns), contacts(), {"Id"}, 2), R"([{"Id":"a","Qty":1,"Name":"x"}])"));
  for (const char* nested : {"[]", "{}", "[[]]", "[1]"})
    EXPECT_NE(hash_of(builder, base::strcat(R"([{"Id":"a","Qty":1,"Name":)", nested, "}]")),
              hash_of(builder, base::strcat(R"([{"Id":"a","Qty":2,"Name":)", nested, "}]")))
        << "what stands before " << nested << " counts";
}

TEST(Rows, WithoutKeyEveryRecordIsARow) {
  const RowBuilder builder(mapping(kColumns), contacts(), {}, 1);
  auto in = read(builder, R"([{"Id":"a","Name":"x"},{"Id":"a","Name":"x"}])");
  EXPECT_EQ(builder.identify(in->page, in->arena).rows.size(), 2u);
}

}  // namespace
}  // namespace tandem::core
