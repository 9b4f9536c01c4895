// Where the page reader finds records and facts in a body, and what it says if not.
#include <gtest/gtest.h>

#include "base/page_reader.hpp"

namespace tandem::base {
namespace {

using Rule = RecordsAt::Rule;
using Path = std::vector<std::string>;
using Facts = std::vector<std::optional<std::string>>;

class PageRecords : public ::testing::Test {
 protected:
  Result<Page> read(std::string_view text, RecordsAt at, std::vector<Path> facts = {}) {
    PageReader reader(std::move(at), {FieldPath::parse("id")}, std::move(facts));
    body_.clear();
    body_.append(text);
    return reader.read(body_, arena_);
  }
  // The ids of the records, or the error.
  std::string ids(std::string_view text, RecordsAt at) {
    const auto page = read(text, std::move(at));
    if (!page) return page.error().text;
    std::string out;
    for (std::size_t i = 0; i < page->records(); ++i) out += (i ? " " : "") + std::string(page->record(i)[0].text);
    return out;
  }
  Facts facts(std::string_view text, std::vector<Path> paths, RecordsAt at = {}) {
    const auto page = read(text, std::move(at), std::move(paths));
    EXPECT_TRUE(page.ok()) << page.error().text;
    return page ? page->facts : Facts{};
  }

  Buffer body_;
  TextArena arena_;
  const RecordsAt root_{Rule::root, {}}, object_{Rule::object, {}}, known_{Rule::first_of_known, {}};
};

TEST_F(PageRecords, Root) {
  EXPECT_EQ(ids(R"([{"id":1},{"id":2}])", root_), "1 2");
  EXPECT_EQ(ids("[]", root_), "");
  EXPECT_EQ(ids("[ ]", root_), "");
  EXPECT_EQ(ids("{}", root_), "the response is an object, not an array of records");
  EXPECT_EQ(ids("null", root_), "the response is null, not an array of records");
  EXPECT_EQ(ids("\"x\"", root_), "the response is a string, not an array of records");
}

TEST_F(PageRecords, Object) {
  EXPECT_EQ(ids(R"({"id":1})", object_), "1");
  EXPECT_EQ(ids("{}", object_), "");
  EXPECT_EQ(ids("[]", object_), "the response is an array, not one record as an object");
  EXPECT_EQ(ids(" 12 ", object_), "the response is a number, not one record as an object");
}

TEST_F(PageRecords, ByPath) {
  EXPECT_EQ(
      ids(R"({"x":[{"id":0}],"data":{"items":[{"id":1}],"y":{}},"items":[{"id":9}]})", {Rule::path, {"data", "items"}}),
      "1");
  EXPECT_EQ(ids(R"({"a":[{"rows":[{"id":0}]},{"rows":[{"id":1}]}]})", {Rule::path, {"a", "1", "rows"}}), "1");
  EXPECT_EQ(ids(R"([[{"id":0}],[{"id":1}]])", {Rule::path, {"1"}}), "1");
  EXPECT_EQ(ids(R"({"3166-1":[{"id":1}]})", {Rule::path, {"3166-1"}}), "1");
}

TEST_F(PageRecords, RawIsTheTrimmedRecord) {
  const auto page = read("[ {\"id\" : 1 } ,\n\t{} ]", root_);
  ASSERT_EQ(page.value().records(), 2u);
  EXPECT_EQ(page->raw[0], "{\"id\" : 1 }");
  EXPECT_EQ(page->raw[1], "{}");
}

TEST_F(PageRecords, FirstOfKnownPrefersByNameNotByOrder) {
  EXPECT_EQ(ids(R"({"results":[{"id":3}],"result":[{"id":2}],"items":[{"id":1}]})", known_), "1");
  EXPECT_EQ(ids(R"({"items":[{"id":1}],"result":[{"id":2}],"results":[{"id":3}]})", known_), "1");
  EXPECT_EQ(ids(R"({"results":[{"id":3}],"result":[{"id":2}]})", known_), "2");
  EXPECT_EQ(ids(R"({"a":1,"results":[{"id":3}]})", known_), "3");
  EXPECT_EQ(ids(R"({"items":[],"results":[{"id":3}]})", known_), "") << "empty is there";
}

TEST_F(PageRecords, WhatIsWrongWithALesserPlaceDoesNotMatter) {
  EXPECT_EQ(ids(R"({"result":"ok","items":[{"id":1}]})", known_), "1");
  EXPECT_EQ(ids(R"({"result":[1,{"id":5}],"items":[{"id":1}]})", known_), "1");
  EXPECT_EQ(ids(R"({"items":[{"id":1}],"result":null})", known_), "1");
}

TEST_F(PageRecords, NullAndOthersAreErrorsNotEmptyPages) {
  EXPECT_EQ(ids(R"({"items":null,"results":[{"id":3}]})", known_),
            "the value at \"items\" is null, not an array of records");
  EXPECT_EQ(ids(R"({"data":{"items":{}}})", {Rule::path, {"data", "items"}}),
            "the value at \"data.items\" is an object, not an array of records");
  EXPECT_EQ(ids(R"({"data":false})", {Rule::path, {"data"}}),
            "the value at \"data\" is a boolean, not an array of records");
}

TEST_F(PageRecords, ARecordThatIsNoObject) {
  EXPECT_EQ(ids(R"([{"id":1},7,{"id":2}])", root_), "record 2 of the page (at the top) is a number, not an object");
  EXPECT_EQ(ids(R"({"items":[[]]})", known_), "record 1 of the page (at \"items\") is an array, not an object");
  EXPECT_EQ(ids(R"({"items":[null,}]})", known_).find("the response is not valid JSON"), 0u) << "bad JSON comes first";
}

TEST_F(PageRecords, MissingNamesTheKeyAndThoseThatAreThere) {
  const auto page = read(R"({"data":{"rows":[],"total":0,"x":{}}})", {Rule::path, {"data", "items"}});
  ASSERT_FALSE(page.ok());
  EXPECT_EQ(page.error().code, Errc::protocol_violation);
  EXPECT_EQ(page.error().text, "no records at \"data.items\" in the response: key \"items\" is missing");
  EXPECT_EQ(page.error().detail, "The keys there are \"rows\", \"total\", \"x\".");
  EXPECT_EQ(page.error().hint, "Set \"records\" to the path of the array, e.g. \"records\": \"data.rows\".");
}

TEST_F(PageRecords, MissingAtOtherPlaces) {
  EXPECT_EQ(ids("{}", {Rule::path, {"data", "items"}}),
            "no records at \"data.items\" in the response: key \"data\" is missing");
  EXPECT_EQ(read("{}", {Rule::path, {"data"}}).error().detail, "There are no keys.");
  EXPECT_EQ(ids(R"({"data":7})", {Rule::path, {"data", "items"}}),
            "no records at \"data.items\" in the response: \"data\" is a number");
  EXPECT_EQ(ids("[[]]", {Rule::path, {"1"}}), "no records at \"1\" in the response: key \"1\" is missing");
  EXPECT_EQ(ids("7", {Rule::path, {"data"}}),
            "no records in the response: it is a number, not an object with records at \"data\"");

  const auto known = read(R"({"error":{"code":7},"contacts":[{"id":1}]})", known_);
  EXPECT_EQ(known.error().text,
            "no records in the response: none of the keys \"items\", \"result\", \"results\" is there");
  EXPECT_EQ(known.error().detail, "The keys there are \"error\", \"contacts\".");
  EXPECT_EQ(known.error().hint, "Set \"records\" to the path of the array, e.g. \"records\": \"contacts\".");

  const auto array = read("[{}]", known_);
  EXPECT_EQ(
      array.error().text,
      "no records in the response: it is an array, not an object with records at \"items\", \"result\" or \"results\"");
  EXPECT_EQ(array.error().hint, "Set \"records\": \"_root\" if the whole response is the array of records.");
}

TEST_F(PageRecords, ListsOnlySoManyKeys) {
  std::string text = "{";
  for (int i = 0; i < 100; ++i) text += (i ? ",\"k" : "\"k") + std::to_string(i) + "\":0";
  EXPECT_EQ(read(text + "}", known_).error().detail,
            "The keys there are \"k0\", \"k1\", \"k2\", \"k3\", \"k4\", \"k5\", \"k6\", \"k7\", \"k8\", \"k9\", "
            "\"k10\", \"k11\" and others.");
}

TEST_F(PageRecords, LastOfDuplicateKeysWins) {
  EXPECT_EQ(ids(R"({"items":[{"id":1},{"id":2}],"items":[{"id":3}]})", known_), "3");
  EXPECT_EQ(ids(R"({"data":{"items":[{"id":1}]},"data":{"items":[]}})", {Rule::path, {"data", "items"}}), "");
  EXPECT_EQ(ids(R"({"data":{"items":[{"id":1}]},"data":{}})", {Rule::path, {"data", "items"}}),
            "no records at \"data.items\" in the response: key \"items\" is missing");
  EXPECT_EQ(ids(R"({"data":{},"data":{"items":[{"id":1}]}})", {Rule::path, {"data", "items"}}), "1");
  EXPECT_EQ(ids(R"({"items":[{"id":1}],"items":null})", known_),
            "the value at \"items\" is null, not an array of records");
  EXPECT_EQ(facts(R"({"next":"a","items":[],"next":"b"})", {{"next"}}), (Facts{"b"}));
  EXPECT_EQ(facts(R"({"p":{"next":"a"},"items":[],"p":{}})", {{"p", "next"}}), (Facts{std::nullopt}));
}

TEST_F(PageRecords, FactsBeforeAndAfterTheRecords) {
  const std::vector<Path> wanted{{"total"}, {"paging", "next"},    {"flags"}, {"more"}, {"none"},
                                 {"null"},  {"links", "1", "href"}};
  const Facts expected{"1.50", "https://x/y?z=ä", "[1, {}]", "true", std::nullopt, std::nullopt, "b"};
  const std::string before = R"("total":1.50,"paging":{"next":"https:\/\/x\/y?z=\u00e4","prev":null},"flags":[1, {}])";
  const std::string after = R"("more":true,"null":null,"links":[{"href":"a"},{"href":"b"}])";
  const std::string records = R"("items":[{"id":1,"total":7,"more":false},{"id":2}])";
  EXPECT_EQ(facts("{" + before + "," + records + "," + after + "}", wanted), expected);
  EXPECT_EQ(facts("{" + after + "," + records + "," + before + "}", wanted), expected);
  EXPECT_EQ(facts("{" + after + "," + before + "," + records + "}", wanted), expected);
}

TEST_F(PageRecords, FactsBesideARecordsPath) {
  const RecordsAt at{Rule::path, {"data", "items"}};
  EXPECT_EQ(facts(R"({"data":{"next":"n","items":[{"id":1}]}})", {{"data", "next"}}, at), (Facts{"n"}));
  EXPECT_EQ(facts(R"({"data":{"items":[{"id":1}],"next":"n"}})", {{"data", "next"}}, at), (Facts{"n"}));
}

TEST_F(PageRecords, FactsThatAreThemselvesInTheRecords) {
  EXPECT_EQ(facts(R"({"id":1,"next":"n"})", {{"next"}, {"id"}}, object_), (Facts{"n", "1"}));
  EXPECT_EQ(facts(R"([{"id":1},{"id":2}])", {{"1", "id"}, {"next"}}, root_), (Facts{"2", std::nullopt}));
  EXPECT_EQ(facts(R"({"items":[{"id":1}]})", {{"items"}, {"items"}}), (Facts{R"([{"id":1}])", R"([{"id":1}])"}));
}

TEST_F(PageRecords, AFactThatIsNoTextIsAnError) {
  EXPECT_EQ(read(R"({"items":[],"paging":{"next":"a\u0000b"}})", known_, {{"paging", "next"}}).error().text,
            "the value at \"paging.next\" of the response cannot be text: it holds \\u0000 or half a surrogate pair");
}

class ReadAll : public PageRecords {
 protected:
  std::string found(std::string_view text, std::size_t sample, RecordsAt at = {}) {
    PageReader reader(std::move(at), {}, {});
    body_.clear();
    body_.append(text);
    const auto all = reader.read_all(body_, arena_, sample);
    if (!all) return all.error().text;
    std::string out;
    for (const auto& one : *all)
      out += (out.empty() ? "" : " ") + std::to_string(one.record) + "." + one.key + "=" +
             std::to_string(static_cast<int>(one.value.kind)) + ":" + std::string(one.value.text);
    return out;
  }
};

TEST_F(ReadAll, GivesEveryFieldOfTheSample) {
  const char* const text = R"({"items":[{"a":1,"b\n":"\u00e4"},{},{"o":{"p":[]}},{"late":1}],"next":2})";
  EXPECT_EQ(found(text, 3), "0.a=3:1 0.b\n=4:ä 2.o=5:{\"p\":[]}");
  EXPECT_EQ(found(text, 0), "");
}

TEST_F(ReadAll, ChecksWhatItDoesNotSample) {
  EXPECT_EQ(found(R"([{"a":1},{"a":01}])", 1, {Rule::root, {}}).find("the response is not valid JSON at byte 14"), 0u);
  EXPECT_EQ(found(R"([{"a":1},7])", 1, {Rule::root, {}}),
            "record 2 of the page (at the top) is a number, not an object");
}

TEST_F(ReadAll, LastOfDuplicatesAndKeysThatAreNoText) {
  EXPECT_EQ(found(R"({"a":1,"\u0000":2,"b":3,"a":4,"\ud800":5})", 1, {Rule::object, {}}), "0.a=3:4 0.b=3:3");
  EXPECT_EQ(found(R"({"results":[{"x":1}],"items":[{"y":1}]})", 9), "0.y=3:1");
}

}  // namespace
}  // namespace tandem::base
