// Elements of arrays become rows of a child table; those that do not fit are faults of their records.
#include <gtest/gtest.h>

#include "core/rows/child_rows.hpp"
#include "core/codes.hpp"
#include "core/mapping/children.hpp"

namespace tandem::core {
namespace {

using base::TypeClass;

Target lines() {
  return {.name = "public.lines",
          .columns = {{.name = "no", .type = {.type_class = TypeClass::integer, .name = "integer"}},
                      {.name = "sku", .type = {.type_class = TypeClass::text, .name = "text"}, .not_null = true}}};
}

struct Read {
  base::Buffer body;
  base::TextArena arena;
  base::Page page;
  ChildRows::Elements elements;
  ChildCells cells;

  std::vector<RowFault>& faults() { return elements.faults; }
  // "2:a 3:b" of one record.
  std::string of(std::size_t record) const {
    std::string out;
    for (std::size_t i = cells.first[record]; i < cells.first[record + 1]; ++i) {
      const base::Cell *no = &cells.cells[i * cells.width], *sku = no + 1;
      out += (out.empty() ? "" : " ") + std::to_string(no->integer) + ":" + std::string(sku->text);
    }
    return out;
  }
};

std::unique_ptr<Read> read(const char* records, std::vector<ColumnMapping> columns, std::vector<std::string> key = {}) {
  auto out = std::make_unique<Read>();
  out->body.append(records);
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, {base::FieldPath::parse("lines")}, {});
  out->page = reader.read(out->body, out->arena).value();
  const ChildTable child{
      .field = "lines", .table = "lines", .parents = {}, .key = std::move(key), .columns = std::move(columns)};
  ChildRows rows(child, mapping_of(child, {}, lines()), lines(), 0, nullptr);
  std::vector<Identity> all;
  for (std::size_t i = 0; i < out->page.records(); ++i) all.push_back({i, {}, 0});
  rows.gather(out->page, all, out->elements);
  out->cells = rows.finish(out->elements, rows.convert(out->elements, {}));
  return out;
}

const std::vector<ColumnMapping> kColumns{{.field = "no", .column = "no"}, {.field = "sku", .column = "sku"}};

TEST(ChildRows, EachRecordHasItsOwn) {
  const auto page =
      read(R"([{"lines": [{"no": 1, "sku": "a"}, {"sku": "b", "no": "2"}]}, {"lines": []}, {"lines": null}, {},
                             {"lines": [{"no": 3, "sku": "\u0063"}]}])",
           kColumns);
  EXPECT_TRUE(page->faults().empty());
  EXPECT_EQ(page->of(0), "1:a 2:b");
  EXPECT_EQ(page->of(4), "3:c");
  EXPECT_EQ(page->cells.given, (std::vector<bool>{true, true, true, false, true})) << "absent says nothing";
}

TEST(ChildRows, PositionsAndScalars) {
  const std::vector<ColumnMapping> columns{{.field = "#", .column = "no"}, {.field = ".", .column = "sku"}};
  const auto page = read(R"([{"lines": ["x", 2, true]}, {"lines": ["y"]}])", columns);
  EXPECT_EQ(page->of(0), "1:x 2:2 3:true");
  EXPECT_EQ(page->of(1), "1:y") << "counted from one in each array";
}

TEST(ChildRows, AFaultOfAnElementIsItsRecords) {
  const auto page = read(
      R"([{"lines": [{"no": 1, "sku": "a"}]}, {"lines": [{"no": 1, "sku": "a"}, {"no": "x", "sku": null}, {"no": 2}]}])",
      kColumns);
  ASSERT_EQ(page->faults().size(), 1u);
  EXPECT_EQ(page->faults()[0].record, 1u);
  EXPECT_EQ(page->faults()[0].field, "lines[].no");
  EXPECT_EQ(page->faults()[0].message.find("element 2 of lines[]: "), 0u) << page->faults()[0].message;
}

TEST(ChildRows, WhatIsNoArrayOfObjects) {
  const auto page =
      read(R"([{"lines": {"no": 1}}, {"lines": "x"}, {"lines": [{"no": 1, "sku": "a"}, 7]}, {"lines": [[]]},
                             {"lines": [{"no": 1, "sku": "a"}]}])",
           kColumns);
  ASSERT_EQ(page->faults().size(), 4u);
  EXPECT_EQ(page->faults()[0].message, "field lines[] is an object, not an array");
  EXPECT_EQ(page->faults()[1].message, "field lines[] is a string, not an array");
  EXPECT_EQ(page->faults()[2].message, "element 2 of lines[] is a number, not an object");
  EXPECT_EQ(page->faults()[3].message, "element 1 of lines[] is an array, not an object");
  EXPECT_EQ(page->faults()[3].code, code::kNoElements);
  EXPECT_EQ(page->of(2), "") << "a record is taken with all its elements";
  EXPECT_EQ(page->of(4), "1:a");
}

TEST(ChildRows, OneKeyTwiceInAnArray) {
  const auto page = read(R"([{"lines": [{"no": 1, "sku": "a"}, {"no": 2, "sku": "a"}, {"no": 1, "sku": "b"}]},
                             {"lines": [{"no": 1, "sku": "a"}]}])",
                         kColumns, {"no"});
  ASSERT_EQ(page->faults().size(), 1u);
  EXPECT_EQ(page->faults()[0].code, code::kSameElement);
  EXPECT_EQ(page->faults()[0].record, 0u);
}

}  // namespace
}  // namespace tandem::core
