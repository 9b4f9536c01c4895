// Mapping definitions: what they say, what is wrong with them, and whether what validation
// says about types is what the conversion rules do.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>

#include "core/mapping/mapping.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"
#include "core/mapping/types.hpp"
#include "core_mapping_fixture.hpp"

namespace tandem::core {
namespace {

TEST(MappingParse, FillsInDefaults) {
  const ParsedMapping parsed = parse(columns(R"({"id": "id", "email": "email"})"));
  EXPECT_EQ(codes(parsed.findings), "");
  const Mapping& m = parsed.mapping;
  EXPECT_EQ(m.name, "contacts");
  EXPECT_EQ(m.key, std::vector<std::string>{"id"});
  EXPECT_EQ(m.match_on, std::vector<std::string>{"id"});
  EXPECT_EQ(m.sync_mode, SyncMode::incremental);
  EXPECT_EQ(m.cursor_field, "updated");
  EXPECT_EQ(m.write_mode, WriteMode::upsert);
  EXPECT_EQ(m.on_error, OnError::skip);
  EXPECT_EQ(m.keep_runs, 1000);
  EXPECT_EQ(m.page_size, 0);
  EXPECT_EQ(codes(validate_mapping(m, crm(), contacts(), fields())), "");
}

TEST(MappingParse, ReadsEveryKey) {
  const ParsedMapping parsed = parse(
      R"({"object": "contacts", "key": ["email"], "match_on": ["id"], "direction": "pull", "sync_mode": "incremental",
    "cursor_field": "changed", "write_mode": "update", "columns": {"id": "id"},
    "options": {"page_size": 500, "on_error": "fail", "params": {"status": "open", "n2": 5}, "keep_runs": 3}})");
  EXPECT_EQ(codes(parsed.findings), "");
  const Mapping& m = parsed.mapping;
  EXPECT_EQ(m.key, std::vector<std::string>{"email"});
  EXPECT_EQ(m.match_on, std::vector<std::string>{"id"});
  EXPECT_EQ(m.cursor_field, "changed");
  EXPECT_EQ(m.write_mode, WriteMode::update);
  EXPECT_EQ(m.page_size, 500);
  EXPECT_EQ(m.on_error, OnError::fail);
  EXPECT_EQ(m.params, (Params{{"status", "open"}, {"n2", "5"}}));
  EXPECT_EQ(m.keep_runs, 3);
}

TEST(MappingParse, FormsOfColumns) {
  const Mapping object =
      parse(
          columns(R"({"id": "id", "email": {"column": "email", "type": "email-address", "required": true}, "gone": null,
    "age": {"column": "age", "type": "datetime", "default": 7}, "*": "raw"})"))
          .mapping;
  ASSERT_EQ(object.columns.size(), 4u);
  const auto column = [&](const char* name) { return *find_mapped(object, name); };
  EXPECT_EQ(column("email").type, DeclaredType::email_address);
  EXPECT_TRUE(column("email").required);
  EXPECT_EQ(column("age").fallback->integer(), 7);
  EXPECT_EQ(column("age").type, DeclaredType::date_time);
  EXPECT_EQ(column("raw").field, "*");
  const Mapping array =
      parse(
          columns(
              R"([{"field": "id", "column": "id"}, {"field": "id", "column": "raw", "type": "json", "default": null}])"))
          .mapping;
  ASSERT_EQ(array.columns.size(), 2u);
  EXPECT_EQ(array.columns[1].field, "id");
  EXPECT_FALSE(array.columns[1].fallback);
}

TEST(MappingParse, ColumnsByName) {
  const ParsedMapping parsed = parse(R"({"object": "contacts"})");
  EXPECT_EQ(codes(parsed.findings), "");
  std::string pairs;
  for (const ColumnMapping& column : parsed.mapping.columns) pairs += column.field + ">" + column.column + " ";
  EXPECT_EQ(pairs, "id>id email>email firstName>first_name age>age ");
  EXPECT_EQ(parse(R"({"object": "contacts", "columns": null})").mapping.columns.size(), 4u);
}

TEST(MappingParse, ColumnsByNameNeedDiscovery) {
  const ParsedMapping parsed = parse(R"({"object": "contacts"})", kNone);
  ASSERT_EQ(codes(parsed.findings), "TD506!");
  EXPECT_EQ(parsed.findings[0].hint, "SELECT * FROM tandem.list_fields('crm', 'contacts');");
  EXPECT_EQ(codes(parse(R"({"object": "contacts"})", {{.name = "zip"}}).findings), "TD506!");
  EXPECT_EQ(codes(parse(columns("{}")).findings), "TD506!");
}

TEST(MappingParse, SeveralFieldsOfOneName) {
  const ParsedMapping parsed =
      parse(R"({"object": "contacts"})", {{.name = "Id"}, {.name = "firstName"}, {.name = "id"}, {.name = "rowNo"}});
  EXPECT_EQ(codes(parsed.findings), "TD507? TD513");
  EXPECT_EQ(find_mapped(parsed.mapping, "id")->field, "id");
  EXPECT_EQ(find_mapped(parsed.mapping, "row_no"), nullptr);
}

TEST(MappingParse, UnknownWordsNameTheNearest) {
  const auto first = [](const std::string& definition) {
    const Findings findings = parse(definition).findings;
    EXPECT_FALSE(findings.empty()) << definition;
    return findings.empty() ? Finding{} : findings[0];
  };
  EXPECT_EQ(first(with(R"("sync_mod": "full")")).hint, "Did you mean \"sync_mode\"?");
  EXPECT_EQ(first(R"({"object": "contact", "columns": {"id": "id"}})").hint, "Did you mean \"contacts\"?");
  EXPECT_EQ(first(R"({"object": "contact", "columns": {"id": "id"}})").code, "TD505");
  EXPECT_EQ(first(R"({"columns": {"id": "id"}})").path, "object");
  EXPECT_EQ(first(with(R"("options": {"page_sise": 3})")).path, "options.page_sise");
  EXPECT_EQ(first(columns(R"({"Email": {"colum": "email"}})")).hint, "Did you mean \"column\"?");
  EXPECT_EQ(first(columns(R"({"Email": {"column": "email", "type": "strin"}})")).path, "columns.Email.type");
  EXPECT_EQ(first(with(R"("sync_mode": "sometimes")")).hint, "Allowed: full, incremental, realtime.");
  EXPECT_EQ(first(with(R"("direction": "outward")")).hint, "Allowed: pull, push, both.");
  EXPECT_EQ(first(with(R"("write_mode": "merge")")).code, "TD503");
  EXPECT_EQ(first(with(R"("key": [3])")).code, "TD502");
  EXPECT_EQ(first(with(R"("key": ["*"])")).code, "TD503");
  EXPECT_EQ(first(columns(R"({"Email": 3})")).code, "TD502");
  EXPECT_EQ(first(columns(R"("email")")).code, "TD502");
  EXPECT_EQ(first(columns(R"([{"column": "email"}])")).path, "columns.0.field");
  EXPECT_EQ(first(columns(R"([{"field": "email"}])")).path, "columns.0.column");
  EXPECT_EQ(first("[]").code, "TD502");
}

TEST(MappingParse, KeysOfLaterReleasesAreUnknown) {
  for (const char* key : {"sql", "constant"}) {
    const Findings findings =
        parse(columns((std::string(R"({"Email": {"column": "email", ")") + key + "\": \"x\"}}").c_str())).findings;
    EXPECT_EQ(codes(findings), "TD501!") << key;
  }
  for (const char* key : {"realtime", "operators"}) {
    EXPECT_EQ(codes(parse(with((std::string("\"") + key + "\": \"x\"").c_str())).findings), "TD501!") << key;
  }
}

TEST(MappingParse, IncrementalNeedsACursor) {
  const auto lines = [](const char* rest) {
    return parse(std::string(R"({"object": "lines", "columns": {"order": "id", "no": "age"})") + rest + "}");
  };
  EXPECT_EQ(lines("").mapping.sync_mode, SyncMode::full);
  EXPECT_EQ(codes(lines(R"(, "sync_mode": "incremental")").findings), "TD508!");
  EXPECT_EQ(codes(lines(R"(, "cursor_field": "x")").findings), "TD508?");
  EXPECT_EQ(codes(parse(with(R"("sync_mode": "full", "cursor_field": "x")")).findings), "TD508?");
  EXPECT_EQ(parse(with(R"("sync_mode": "full")")).mapping.cursor_field, "");
}

TEST(MappingParse, OptionsThatCannotWorkAreRefused) {
  EXPECT_EQ(codes(parse(R"({"object": "lines", "columns": {"order": "id", "no": "age"}, "options": {"page_size": 5}})")
                      .findings),
            "TD509!");
  EXPECT_EQ(codes(parse(with(R"("options": {"params": {"page": 1}})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("options": {"params": {"n": 1}})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("options": {"params": {"since": 1}})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("sync_mode": "full", "options": {"params": {"since": 1}})")).findings), "");
  EXPECT_EQ(codes(parse(with(R"("options": {"page_size": 0})")).findings), "TD503!");
  EXPECT_EQ(codes(parse(with(R"("options": {"keep_runs": 0})")).findings), "TD503!");
  EXPECT_EQ(codes(parse(with(R"("sync_mode": "full", "options": {"backfill": false})")).findings), "TD509!");
  EXPECT_EQ(codes(parse(with(R"("sync_mode": "full", "options": {"backfill": true})")).findings), "");
}

TEST(MappingValidate, Columns) {
  Findings findings = all_of(columns(R"({"id": "id", "email": "emial"})"));
  EXPECT_EQ(codes(findings), "TD511!");
  EXPECT_EQ(findings[0].hint, "Did you mean \"email\"?");
  EXPECT_EQ(findings[0].path, "columns.email");
  EXPECT_EQ(findings[0].field, "email");
  EXPECT_EQ(findings[0].column, "emial");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "email": "first_name", "firstName": "first_name"})"))), "TD512!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "email": "full_name"})"))), "TD513!");
  findings = all_of(columns(R"({"id": "id", "age": "row_no"})"));
  EXPECT_EQ(findings.at(0).hint, "ALTER TABLE public.contacts ALTER COLUMN row_no SET GENERATED BY DEFAULT;");
  EXPECT_EQ(findings.at(0).code, mapping_code::kUnwritableColumn);
}

TEST(MappingValidate, NotNull) {
  Target target = contacts();
  target.columns[2].not_null = true;  // first_name
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), target)), "TD514!");
  EXPECT_EQ(codes(all_of(with(R"("write_mode": "update")"), target)), "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "firstName": "first_name"})"), target)), "TD515?");
  EXPECT_EQ(all_of(columns(R"({"id": "id", "firstName": "first_name"})"), target).at(0).hint,
            "ALTER TABLE public.contacts ALTER COLUMN first_name DROP NOT NULL;");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "firstName": {"column": "first_name", "default": ""}})"), target)),
            "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "firstName": {"column": "first_name", "required": true}})"), target)),
            "");
  target.columns[2].has_default = true;
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), target)), "");
}

TEST(MappingValidate, Fields) {
  const Findings findings = all_of(columns(R"({"id": "id", "emial": "email"})"));
  EXPECT_EQ(codes(findings), "TD519?");
  EXPECT_EQ(findings[0].hint, "Did you mean \"email\"?");
  EXPECT_EQ(
      codes(all_of(columns(R"({"id": "id", "address.city": "email", "/address/zip": "first_name", "*": "raw"})"))), "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), contacts(), kNone)), "TD526?");
}

TEST(MappingValidate, Types) {
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "active": "born"})"))), "TD516!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "address": "age"})"))), "TD516!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "firstName": "age"})"))), "TD517?");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "firstName": {"column": "age", "type": "number"}})"))), "TD517?");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "active": {"column": "age", "type": "integer"}})"))),
            "");  // its author knows better
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "address": "email"})"))), "TD516!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "address": {"column": "email", "type": "json"}})"))), "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "*": "email"})"))), "TD516!");
}

TEST(MappingValidate, Defaults) {
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "age": {"column": "age", "default": 3}})"))), "");
  const Findings findings = all_of(columns(R"({"id": "id", "age": {"column": "age", "default": "many"}})"));
  EXPECT_EQ(codes(findings), "TD518!");
  EXPECT_FALSE(findings[0].hint.empty());
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "age": {"column": "age", "default": 3, "required": true}})"))),
            "TD518!");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "address": {"column": "raw", "default": {"a": [1]}}})"))), "");
}

TEST(MappingValidate, Keys) {
  EXPECT_EQ(codes(all_of(columns(R"({"email": "email", "age": {"column": "id", "required": true}})"))), "TD520! TD523");
  EXPECT_EQ(codes(all_of(with(R"("match_on": ["nothing"])"))), "TD521! TD523");
  EXPECT_EQ(codes(all_of(with(R"("match_on": ["age"])"))), "TD521! TD522! TD523");
  EXPECT_EQ(codes(all_of(with(R"("write_mode": "append", "match_on": ["id"])"))), "TD521! TD523");
  EXPECT_EQ(codes(all_of(R"({"object": "contacts", "columns": {"id": "id"}, "write_mode": "append"})")), "TD523");
  Target target = contacts();
  target.unique_keys.clear();
  const Findings findings = all_of(with(R"("key": ["id", "email"])"), target);
  EXPECT_EQ(codes(findings), "TD522!");
  EXPECT_EQ(findings[0].hint, "CREATE UNIQUE INDEX ON public.contacts (id, email);");
  target.unique_keys = {{.index = "both", .columns = {"email", "id"}}};
  EXPECT_EQ(codes(all_of(with(R"("key": ["id", "email"])"), target)), "");
  EXPECT_EQ(codes(all_of(with(R"("key": ["id"])"), target)), "TD522! TD523");
}

TEST(MappingOptions, AColumnThatCannotHoldWhatWeFillInIsNamedWithItsOption) {
  const auto said = [](const char* options) {
    const Findings findings = all_of(with((std::string(R"("options": )") + options).c_str()));
    for (const Finding& finding : findings)
      if (finding.column == "born") return finding.path + ": " + finding.message + ' ' + finding.hint;
    return std::string();
  };
  EXPECT_EQ(said(R"({"status_columns": {"last_sync": "born"}})"),
            "options.status_columns: column born is date, which cannot hold when its row was written It wants "
            "timestamptz.");
  EXPECT_EQ(said(R"({"status_columns": {"last_error": "born"}})"),
            "options.status_columns: column born is date, which cannot hold the text of an error It wants text.");
  EXPECT_EQ(said(R"({"stamp": {"born": "now"}})"),
            "options.stamp: column born is date, which cannot be stamped with \"now\" It wants timestamptz.");
}

TEST(MappingValidate, NullableMatchColumn) {
  Target target = contacts();
  target.unique_keys.push_back({.index = "contacts_email", .columns = {"email"}});
  EXPECT_EQ(codes(all_of(with(R"("match_on": ["email"])"), target)), "TD525? TD523");
  EXPECT_EQ(all_of(with(R"("match_on": ["email"])"), target).at(0).hint,
            "ALTER TABLE public.contacts ALTER COLUMN email SET NOT NULL;");
  EXPECT_EQ(
      codes(all_of(
          R"({"object": "contacts", "columns": {"id": "id", "email": {"column": "email", "required": true}}, "match_on": ["email"]})",
          target)),
      "TD523");
  EXPECT_EQ(codes(all_of(with(R"("key": ["email"])"), target)),
            "TD523");  // records without their key never get that far
}

TEST(MappingValidate, ForeignKeysAndKinds) {
  Target target = contacts();
  target.foreign_keys = {{.name = "contacts_age_fkey", .referenced = "public.ages", .columns = {"age"}}};
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), target)), "");
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id", "age": "age"})"), target)), "TD524?");
  for (const char kind : {'v', 'm', 'f', 'S'}) {
    target.kind = kind;
    EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), target)), "TD510!") << kind;
  }
  target.kind = 'p';
  EXPECT_EQ(codes(all_of(columns(R"({"id": "id"})"), target)), "");
}

TEST(MappingNames, AreQuotedWhereSqlNeedsIt) {
  EXPECT_EQ(sql_name("email"), "email");
  EXPECT_EQ(sql_name("order"), "\"order\"");
  EXPECT_EQ(sql_name("with"), "\"with\"");
  EXPECT_EQ(sql_name("Email"), "\"Email\"");
  EXPECT_EQ(sql_name("a\"b"), "\"a\"\"b\"");
  EXPECT_EQ(sql_name("1st"), "\"1st\"");
  EXPECT_EQ(sql_name(""), "\"\"");
}

// Values that are of each declared type, as they come from a page.
std::vector<base::Value> samples(DeclaredType type) {
  using base::Kind;
  switch (type) {
    case DeclaredType::none:
      return {};
    case DeclaredType::string:
      return {{Kind::string, "text"}, {Kind::string, "x,y"}};
    case DeclaredType::number:
      return {{Kind::number, "12"}, {Kind::number, "-7"}, {Kind::number, "3.5"}};
    case DeclaredType::integer:
      return {{Kind::number, "12"}, {Kind::number, "-7"}};
    case DeclaredType::boolean:
      return {{Kind::boolean, "true"}, {Kind::boolean, "false"}};
    case DeclaredType::date:
      return {{Kind::string, "2024-02-29"}};
    case DeclaredType::date_time:
      return {{Kind::string, "2024-02-29T10:11:12Z"}, {Kind::string, "2024-02-29 10:11:12.5+02:00"}};
    case DeclaredType::json:
      return {{Kind::json, R"({"a": 1})"}};
    case DeclaredType::array:
      return {{Kind::json, "[1, 2]"}, {Kind::json, R"(["a"])"}};
    case DeclaredType::image_uri:
    case DeclaredType::uri:
      return {{Kind::string, "https://a.example/x.png"}};
    case DeclaredType::email_address:
      return {{Kind::string, "a@b.example"}};
    case DeclaredType::uuid:
      return {{Kind::string, "0a0b0c0d-0000-4000-8000-000000000001"}};
  }
  return {};
}

TEST(MappingTypes, SayWhatTheConversionRulesDo) {
  const ColumnType columns[] = {type(TypeClass::text, "text"),
                                type(TypeClass::smallint, "smallint"),
                                type(TypeClass::integer, "integer"),
                                type(TypeClass::bigint, "bigint"),
                                type(TypeClass::numeric, "numeric"),
                                type(TypeClass::real, "real"),
                                type(TypeClass::double_precision, "double precision"),
                                type(TypeClass::boolean, "boolean"),
                                type(TypeClass::date, "date"),
                                type(TypeClass::time, "time"),
                                type(TypeClass::timestamp, "timestamp"),
                                type(TypeClass::timestamptz, "timestamptz"),
                                type(TypeClass::interval, "interval"),
                                type(TypeClass::uuid, "uuid"),
                                type(TypeClass::json, "json"),
                                type(TypeClass::jsonb, "jsonb"),
                                type(TypeClass::bytea, "bytea"),
                                type(TypeClass::array, "text[]"),
                                type(TypeClass::input, "inet")};
  for (int i = static_cast<int>(DeclaredType::string); i <= static_cast<int>(DeclaredType::uuid); ++i) {
    const auto declared = static_cast<DeclaredType>(i);
    for (const ColumnType& column : columns) {
      const Fit said = fit(declared, column);
      for (const base::Value& value : samples(declared)) {
        base::TextArena arena;
        base::Cell cell;
        const bool went_in = !convert(value, column, declared, arena, cell).has_value();
        EXPECT_FALSE(said == Fit::never && went_in)
            << declared_type_name(declared) << " -> " << column.name << ": " << value.text << " fits";
        EXPECT_FALSE(said == Fit::always && !went_in)
            << declared_type_name(declared) << " -> " << column.name << ": " << value.text << " does not fit";
      }
    }
  }
}

TEST(MappingTypes, TheNaturalTypeTakesEverything) {
  const std::map<std::string_view, TypeClass> classes{
      {"text", TypeClass::text},       {"numeric", TypeClass::numeric}, {"bigint", TypeClass::bigint},
      {"boolean", TypeClass::boolean}, {"date", TypeClass::date},       {"timestamptz", TypeClass::timestamptz},
      {"jsonb", TypeClass::jsonb},     {"uuid", TypeClass::uuid}};
  for (int i = static_cast<int>(DeclaredType::string); i <= static_cast<int>(DeclaredType::uuid); ++i) {
    const auto declared = static_cast<DeclaredType>(i);
    EXPECT_EQ(fit(declared, {.type_class = classes.at(natural_type(declared)), .name = {}}), Fit::always)
        << declared_type_name(declared);
  }
  EXPECT_EQ(fit(DeclaredType::number, {.type_class = TypeClass::numeric, .precision = 5, .scale = 2, .name = {}}),
            Fit::partly);
  EXPECT_EQ(fit(DeclaredType::integer, {.type_class = TypeClass::numeric, .precision = 21, .scale = 2, .name = {}}),
            Fit::always);
}

TEST(MappingParse, RandomDocumentsNeverThrow) {
  const char* const values[] = {"null", "true", "3",           "0.5",        "\"x\"",        "[]",    "[1]",
                                "[{}]", "{}",   R"({"a": 1})", R"({"": 1})", R"({"": "a"})", R"("")", R"({"a": {}})"};
  const char* const places[] = {"@",
                                R"({"object": @})",
                                R"({"object": "contacts", "columns": @})",
                                R"({"object": "contacts", "key": @})",
                                R"({"object": "lines", "match_on": @})",
                                R"({"object": "lines", "sync_mode": @})",
                                R"({"object": "lines", "cursor_field": @})",
                                R"({"object": "lines", "options": @})",
                                R"({"object": "lines", "options": {"params": @}})",
                                R"({"object": "lines", "columns": {"a": @}})",
                                R"({"object": "lines", "columns": {"a": {"column": "raw", "default": @}}})",
                                R"({"object": "lines", "columns": [@]})"};
  for (const char* place : places) {
    for (const char* value : values) {
      std::string text = place;
      text.replace(text.find('@'), 1, value);
      EXPECT_NO_THROW(all_of(text)) << text;
      EXPECT_NO_THROW(all_of(text, contacts(), kNone)) << text;
    }
  }
}

}  // namespace
}  // namespace tandem::core
