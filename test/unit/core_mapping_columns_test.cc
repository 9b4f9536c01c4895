// The details of columns: constants, transforms, directions, what absent fields do.
#include <gtest/gtest.h>

#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

TEST(MappingValidate, Constants) {
  const auto found = [](const char* constant) {
    return codes(all_of(columns((std::string(R"([{"field": "id", "column": "id"}, )") + constant + "]").c_str())));
  };
  EXPECT_EQ(found(R"({"column": "email", "constant": "x"})"), "");
  EXPECT_EQ(found(R"({"column": "age", "constant": null})"), "");
  EXPECT_EQ(found(R"({"column": "age", "constant": "x"})"), "TD518!");
  EXPECT_EQ(found(R"({"column": "agee", "constant": 1})"), "TD511!");
  EXPECT_EQ(found(R"({"column": "id", "constant": null})"), "TD512! TD518!");
  EXPECT_EQ(found(R"({"field": "age", "column": "age", "constant": 1, "required": true})"), "TD503! TD503!");
  EXPECT_EQ(found(R"({"column": "age"})"), "TD504!");
}

TEST(MappingValidate, Transforms) {
  const auto found = [](const char* column) {
    return codes(all_of(columns((std::string(R"({"id": "id", "firstName": {"column": )") + column + "}}").c_str())));
  };
  EXPECT_EQ(found(R"("email", "to_local": ["trim", "lowercase"])"), "");
  EXPECT_EQ(found(R"("age", "to_local": {"cast": "integer"})"), "");
  EXPECT_EQ(found(R"("age", "to_local": {"date_format": "DD.MM.YYYY"})"), "TD516!");
  EXPECT_EQ(found(R"("born", "to_local": {"date_format": "DD.MM.YYYY"})"), "");
  EXPECT_EQ(found(R"("age", "to_local": {"map": {"a": 1, "b": "two"}})"), "TD516!");
  EXPECT_EQ(found(R"("age", "to_local": {"map": {"a": 1, "*": "two"}})"), "TD516!");
  EXPECT_EQ(found(R"("age", "to_local": {"map": {"a": 1, "*": null}})"), "");
  EXPECT_EQ(found(R"("email", "to_local": ["trimm"])"), "TD535!");
  EXPECT_EQ(found(R"("email", "absent": "keep")"), "");
  EXPECT_EQ(found(R"("email", "absent": "skip")"), "TD503!");
  EXPECT_EQ(found(R"("email", "absent": "keep", "required": true)"), "TD543!");
  EXPECT_EQ(found(R"("email", "absent": "error", "default": "x")"), "TD543!");
  EXPECT_EQ(found(R"("email", "bad_text": "drop")"), "TD503!");
  EXPECT_EQ(found(R"("email", "direction": "push")"), "TD541?");
  EXPECT_EQ(found(R"("emale", "direction": "push")"), "TD511! TD541?");
  EXPECT_EQ(found(R"("email", "direction": "both", "to_local": {"map": {"a": "x", "b": "x"}})"), "TD542?");
  EXPECT_EQ(found(R"("email", "direction": "both", "to_local": {"map": {"a": "x"}}, "to_remote": "trim")"), "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": {"column": "id", "absent": "keep"}})"))), "TD543!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": {"column": "id", "direction": "push"}})"))), "TD514! TD541? TD520!")
      << "a pull has no value for it";
}

TEST(MappingParse, SeveralColumnsOfOneField) {
  const ParsedMapping parsed = parse(columns(
      R"([{"field": "id", "column": "id"}, {"field": "email", "column": "email"},
          {"field": "email", "column": "first_name", "to_local": "uppercase", "direction": "pull"}])"));
  EXPECT_EQ(codes(parsed.findings), "");
  ASSERT_EQ(parsed.mapping.columns.size(), 3u);
  EXPECT_EQ(parsed.mapping.columns[2].to_local.size(), 1u);
  EXPECT_EQ(parsed.mapping.columns[2].field, "email");
}

}  // namespace
}  // namespace tandem::core
