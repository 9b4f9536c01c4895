// Nested arrays that go into tables of their own: how they are written, what is refused.
#include <gtest/gtest.h>

#include "core/mapping/children.hpp"
#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

std::string with_lines(const std::string& entry) {
  return R"({"object": "contacts", "columns": {"id": "id", "lines[]": )" + entry + "}}";
}

Target lines() {
  return {.name = "public.lines",
          .columns = {{.name = "contact_id", .type = type(TypeClass::bigint, "bigint"), .not_null = true},
                      {.name = "no", .type = type(TypeClass::integer, "integer"), .not_null = true},
                      {.name = "sku", .type = type(TypeClass::text, "text"), .not_null = true},
                      {.name = "qty", .type = type(TypeClass::integer, "integer")},
                      {.name = "synced_at", .type = type(TypeClass::timestamptz, "timestamptz")}},
          .unique_keys = {{.index = "lines_pkey", .columns = {"contact_id", "no"}}}};
}

TargetForeignKey to_contacts() {
  return {
      .name = "lines_fkey", .referenced = "public.contacts", .columns = {"contact_id"}, .referenced_columns = {"id"}};
}

// Of a sound definition, as create_mapping would have it.
std::string found(const std::string& entry, const Target& table = lines(), const Target& target = contacts()) {
  ParsedMapping parsed = parse(with_lines(entry), {});
  if (has_errors(parsed.findings)) return "unread " + codes(parsed.findings);
  ChildTable child = parsed.mapping.children.at(0);
  if (auto problem = tell_parents(child, parsed.mapping, target, table)) return "untold " + codes({*problem});
  return codes(check_child(child, parsed.mapping, target, table));
}

TEST(MappingChildren, AreReadBesideTheColumns) {
  const ParsedMapping parsed = parse(with_lines(
      R"({"table": "lines", "columns": {"sku": "sku", "qty": {"column": "qty", "default": 1}}, "parent": "contact_id"})"));
  EXPECT_EQ(codes(parsed.findings), "");
  ASSERT_EQ(parsed.mapping.columns.size(), 1u);
  ASSERT_EQ(parsed.mapping.children.size(), 1u);
  const ChildTable& child = parsed.mapping.children[0];
  EXPECT_EQ(child.field, "lines");
  EXPECT_EQ(child.table, "lines");
  EXPECT_EQ(child.columns.size(), 2u);
  ASSERT_EQ(child.parents.size(), 1u);
  EXPECT_EQ(child.parents[0].column, "contact_id");
}

TEST(MappingChildren, InAnArrayOfColumns) {
  const ParsedMapping parsed = parse(columns(
      R"([{"field": "id", "column": "id"}, {"field": "a.b[]", "table": "t", "columns": [{"field": ".", "column": "x"}], "parent": ["p", "q"]}])"));
  EXPECT_EQ(codes(parsed.findings), "");
  ASSERT_EQ(parsed.mapping.children.size(), 1u);
  EXPECT_EQ(parsed.mapping.children[0].field, "a.b");
  EXPECT_EQ(parsed.mapping.children[0].parents.size(), 2u);
}

TEST(MappingChildren, AFieldMayStillBeCalledThatWay) {
  const ParsedMapping parsed = parse(columns(R"({"id": "id", "tags[]": "raw", "more[]": {"column": "email"}})"), {});
  EXPECT_EQ(parsed.mapping.columns.size(), 3u);
  EXPECT_TRUE(parsed.mapping.children.empty());
}

TEST(MappingChildren, WhatIsNotUnderstoodIsRefused) {
  const auto read = [](const char* entry) { return codes(parse(with_lines(entry), {}).findings); };
  EXPECT_EQ(read("{}"), "TD504! TD504! TD504!");
  EXPECT_EQ(read(R"({"table": "t", "columns": {}, "parent": "p"})"), "TD506!");
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": "a"}, "parent": "p", "keys": "a"})"), "TD501!");
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": "a"}, "parent": 3})"), "TD502!");
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": "a"}, "parent": {"p": 3}})"), "TD502!");
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": {"column": "a", "reference": "other"}}, "parent": "p"})"), "");
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": {"column": "a", "reference": "contacts"}}, "parent": "p"})"),
            "TD560!")
      << "its own records";
  EXPECT_EQ(read(R"({"table": "t", "columns": {"a": {"column": "a", "absent": "keep"}}, "parent": "p"})"), "TD560!");
  EXPECT_EQ(
      read(
          R"({"table": "t", "columns": {"a": {"column": "a", "absent": "keep"}, "b": "b"}, "parent": "p", "key": "b"})"),
      "");
  const std::string nested = R"({"table": "u", "columns": {"b": "b"}, "parent": "q"})";
  EXPECT_EQ(read((R"({"table": "t", "columns": {"a": "a", "taxes[]": )" + nested + R"(}, "parent": "p"})").c_str()),
            "TD560!");
  EXPECT_EQ(codes(parse(columns((R"({"id": "id", "lines[].taxes[]": )" + nested + "}").c_str()), {}).findings),
            "TD560!");
  EXPECT_EQ(
      codes(parse(columns((R"({"id": "id", "a[]": )" + nested + R"(, "b[]": )" + nested + "}").c_str()), {}).findings),
      "TD560!");
  EXPECT_EQ(
      codes(
          parse(R"({"object": "contacts", "write_mode": "append", "columns": {"id": "id", "a[]": )" + nested + "}}", {})
              .findings),
      "TD560!");
}

TEST(MappingChildren, TheTableIsCheckedLikeTheTarget) {
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": "contact_id"})"), "");
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku"}, "parent": "contact_id"})"), "TD514!") << "no";
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "skew", "#": "no"}, "parent": "contact_id"})"),
            "TD511! TD514!");
  EXPECT_EQ(
      found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no", "x": "contact_id"}, "parent": "contact_id"})"),
      "TD512!");
  EXPECT_EQ(
      found(
          R"({"table": "lines", "columns": {"sku": "sku", "#": "no", "q": {"column": "qty", "default": "x"}}, "parent": "contact_id"})"),
      "TD518!");
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": "contact"})"), "TD511! TD514!");
}

TEST(MappingChildren, AKeyNeedsAColumnAndAnIndex) {
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "no": "no"}, "parent": "contact_id", "key": "no"})"),
            "");
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": "contact_id", "key": "#"})"),
            "");
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "no": "no"}, "parent": "contact_id", "key": "sku"})"),
            "TD560!");
  EXPECT_EQ(
      found(R"({"table": "lines", "columns": {"sku": "sku", "no": "no"}, "parent": "contact_id", "key": "line"})"),
      "TD560!");
}

TEST(MappingChildren, ParentsAreToldByTheForeignKeyElseByTheMatch) {
  const auto told = [](const std::string& parent, const Target& table, const Target& target) {
    ChildTable child = parse(with_lines(R"({"table": "lines", "columns": {"sku": "sku"}, "parent": )" + parent + "}"))
                           .mapping.children.at(0);
    const Mapping mapping = parse(columns(R"({"id": "id"})")).mapping;
    if (tell_parents(child, mapping, target, table)) return std::string("?");
    std::string out;
    for (const ChildTable::Parent& p : child.parents) out += p.column + "=" + p.of + " ";
    return out;
  };
  EXPECT_EQ(told(R"("contact_id")", lines(), contacts()), "contact_id=id ");
  Target table = lines();
  table.foreign_keys = {
      {.name = "f", .referenced = "public.contacts", .columns = {"contact_id"}, .referenced_columns = {"row_no"}}};
  EXPECT_EQ(told(R"("contact_id")", table, contacts()), "contact_id=row_no ");
  EXPECT_EQ(told(R"({"contact_id": "email"})", table, contacts()), "contact_id=email ");
  EXPECT_EQ(told(R"(["contact_id", "no"])", lines(), contacts()), "?");
}

TEST(MappingChildren, ParentsMustIdentifyARowOfTheTarget) {
  Target table = lines();
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": {"contact_id": "email"}})"),
            "TD560!");
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": {"contact_id": "idd"}})"),
            "TD560! TD560!");
  table.foreign_keys = {to_contacts()};
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": "contact_id"})", table), "");
  table.foreign_keys[0].referenced = "public.people";
  EXPECT_EQ(found(R"({"table": "lines", "columns": {"sku": "sku", "#": "no"}, "parent": "contact_id"})", table),
            "TD560!");
}

TEST(MappingChildren, StampsGoIntoColumnsOfTheSameName) {
  const ParsedMapping parsed = parse(
      R"({"object": "contacts", "columns": {"id": "id", "lines[]": {"table": "lines", "columns": {"sku": "sku"}, "parent": "contact_id"}},
          "options": {"stamp": {"synced_at": "now", "source": "connection", "run": "run"}}})");
  EXPECT_EQ(codes(parsed.findings), "");
  Target table = lines();
  table.columns.push_back({.name = "source", .type = type(TypeClass::text, "text")});
  ChildTable child = parsed.mapping.children.at(0);
  EXPECT_FALSE(tell_parents(child, parsed.mapping, contacts(), table));
  ASSERT_EQ(child.parents.size(), 2u);
  EXPECT_EQ(child.parents[1].column, "source");
  const Mapping whole = mapping_of(child, parsed.mapping, table);
  ASSERT_EQ(whole.columns.size(), 2u) << "run has no column, source is the parent's";
  EXPECT_EQ(whole.columns[1].column, "synced_at");
  EXPECT_EQ(whole.columns[1].stamp, Stamp::now);
}

}  // namespace
}  // namespace tandem::core
