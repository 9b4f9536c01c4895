// Changes become requests: paths, parameters, headers and bodies, exactly as the manifest says.
#include <gtest/gtest.h>

#include "core/codes.hpp"
#include "core_write_fixture.hpp"

namespace tandem::core {
namespace {

OutRequest one(const std::string& write, const OutChange& what,
               std::vector<std::string> fields = {"name", "city", "ext"}) {
  const auto shared = write_of(write);
  const Composer composer = composer_of(shared, std::move(fields));
  Composed out = composer.compose(std::vector{what}, {.mapping = "m", .now = "2026-01-02T03:04:05Z"});
  EXPECT_EQ(out.requests.size(), 1u) << (out.unsendable.empty() ? "" : out.unsendable[0].message);
  return out.requests.empty() ? OutRequest{} : out.requests[0];
}

std::vector<std::string> bodies(const Composed& composed) {
  std::vector<std::string> out;
  for (const OutRequest& request : composed.requests) out.push_back(request.body);
  return out;
}

TEST(PushCompose, ASimpleRecord) {
  const OutRequest request =
      one(R"({"create": {}})", change(Op::create, "", {text(0, "a \"b\"\n\u00e9\x01"), literal(1, "30.10"), null(2)}));
  EXPECT_EQ(request.method, "POST");
  EXPECT_EQ(request.path, "/customers");
  EXPECT_EQ(request.content_type, "application/json");
  EXPECT_EQ(request.body, "{\"name\":\"a \\\"b\\\"\\n\u00e9\\u0001\",\"city\":30.10,\"ext\":null}");
  EXPECT_EQ(request.changes, std::vector<std::size_t>{0});
}

TEST(PushCompose, NullsClearAsTheManifestSays) {
  const OutChange what = change(Op::create, "", {text(0, "a"), null(1)});
  EXPECT_EQ(one(R"({"nulls": "empty", "create": {}})", what).body, R"({"name":"a","city":""})");
  EXPECT_EQ(one(R"({"nulls": "omit", "create": {}})", what).body, R"({"name":"a"})");
}

TEST(PushCompose, PathsAreEncodedAndCannotClimb) {
  const char* write = R"({"key": "ext", "update": {"path": "/c/{id}/x"}, "upsert": {"path": "/c/{field:city}/{key}"}})";
  EXPECT_EQ(one(write, change(Op::update, "a/b ?#é%", {text(0, "n")})).path, "/c/a%2Fb%20%3F%23%C3%A9%25/x");
  EXPECT_EQ(one(write, change(Op::upsert, "", {text(1, "B\u00f6rn"), literal(2, "42")})).path, "/c/B%C3%B6rn/42");
  const auto shared = write_of(write);
  const Composer composer = composer_of(shared);
  for (const char* id : {"", ".", ".."}) {
    const Composed out = composer.compose(std::vector{change(Op::update, id, {text(0, "n")})}, {});
    ASSERT_EQ(out.unsendable.size(), 1u) << id;
    EXPECT_EQ(out.unsendable[0].code, code::kNotSendable);
    EXPECT_EQ(out.unsendable[0].message, "the request needs {id}, and the change has none");
  }
  // A key that is null does not cost the others anything.
  const Composed out = composer.compose(std::vector{change(Op::upsert, "", {text(1, "c"), null(2)}),
                                                    change(Op::upsert, "", {text(1, "c"), text(2, "k")})},
                                        {});
  ASSERT_EQ(out.requests.size(), 1u);
  EXPECT_EQ(out.requests[0].changes, std::vector<std::size_t>{1});
  EXPECT_EQ(out.unsendable[0].change, 0u);
}

TEST(PushCompose, NestedFieldsAndArrays) {
  EXPECT_EQ(
      one(R"({"create": {}})",
          change(Op::create, "",
                 {text(0, "a"), text(1, "Ulm"), text(2, "89073"), text(3, "s"), literal(4, "[1,2]"), text(5, "x")}),
          {"name", "address.city", "address.zip", "lines.1.sku", "/odd~1key/tags", "1"})
          .body,
      R"({"name":"a","address":{"city":"Ulm","zip":"89073"},"lines":[null,{"sku":"s"}],"odd/key":{"tags":[1,2]},"1":"x"})");
  EXPECT_EQ(
      one(R"({"create": {}})", change(Op::create, "", {text(1, "Ulm")}), {"name", "address.city", "address.zip"}).body,
      R"({"address":{"city":"Ulm"}})");
  EXPECT_EQ(OutShape({"a", "a.b"}).conflict(), "a");
  EXPECT_FALSE(OutShape({"a.c", "a.b"}).conflict());
}

TEST(PushCompose, UpdatesWithNothingLeftToSayAreDone) {
  const auto write = write_of(R"({"read_only": ["name"], "update": {}})");
  const Composer composer = composer_of(write);
  const Composed out = composer.compose(
      std::vector{change(Op::update, "1", {text(0, "n")}), change(Op::update, "2", {text(0, "n"), text(1, "c")})}, {});
  EXPECT_EQ(out.nothing, std::vector<std::size_t>{0});
  EXPECT_EQ(bodies(out), std::vector<std::string>{R"({"city":"c"})"});
}

TEST(PushCompose, TemplatesSpreadWrapAndKeepTypes) {
  EXPECT_EQ(
      one(R"({"update": {"body": {"attributes": {"type": "A"}, "id": "{id:number}", "...": "{record}", "n": "{field:city}", "note": "of {id}: \"{field:name}\" {{}}"}}})",
          change(Op::update, "7", {text(0, "a\"b"), literal(1, "1.50")}))
          .body,
      R"({"attributes":{"type":"A"},"id":7,"name":"a\"b","city":1.50,"n":1.50,"note":"of 7: \"a\"b\" {}"})");
}

TEST(PushCompose, AnEmptySpreadLeavesNoComma) {
  EXPECT_EQ(one(R"({"create": {"body": {"...": "{record}", "a": 1}}})", change(Op::create, "", {})).body, R"({"a":1})");
  EXPECT_EQ(one(R"({"create": {"body": {"a": 1, "...": "{record}"}}})", change(Op::create, "", {})).body, R"({"a":1})");
  EXPECT_EQ(one(R"({"key": "ext", "upsert": {"body": {"k": "{key}", "...": "{rest}"}}})",
                change(Op::upsert, "", {text(2, "e")}))
                .body,
            R"({"k":"e"})");
}

TEST(PushCompose, VersionsAreSentWhileTheyAreKnown) {
  const char* write =
      R"({"update": {"version": {"header": "If-Match", "value": "\"{version}\""}, "body": {"stamp": "{version}", "...": "{record}"}}})";
  OutChange what = change(Op::update, "7", {text(0, "a")});
  EXPECT_TRUE(one(write, what).headers.empty());
  EXPECT_EQ(one(write, what).body, R"({"name":"a"})");
  what.version = "v1";
  EXPECT_EQ(one(write, what).headers, (std::vector<std::pair<std::string, std::string>>{{"If-Match", "\"v1\""}}));
  EXPECT_EQ(one(write, what).body, R"({"stamp":"v1","name":"a"})");
}

TEST(PushCompose, IdempotencyKeysGoWhereTheyBelong) {
  const OutChange what = change(Op::create, "", {text(0, "abc")});
  EXPECT_EQ(one(R"({"create": {"idempotency": {"header": "Idempotency-Key"}}})", what).headers.front().second, "key-3");
  EXPECT_EQ(one(R"({"create": {"idempotency": {"param": "requestId"}}})", what).params,
            (Params{{"requestId", "key-3"}}));
  EXPECT_EQ(one(R"({"create": {"idempotency": {"field": "meta.ref"}}})", what).body,
            R"({"name":"abc","meta":{"ref":"key-3"}})");
}

TEST(PushCompose, FormsAreFlat) {
  const OutRequest request = one(R"({"format": "form", "create": {}})",
                                 change(Op::create, "", {text(0, "a b&c"), text(1, "Ulm"), literal(2, "10"), null(3)}),
                                 {"name", "address.city", "lines.0.qty", "note"});
  EXPECT_EQ(request.content_type, "application/x-www-form-urlencoded");
  EXPECT_EQ(request.body, "name=a+b%26c&address%5Bcity%5D=Ulm&lines%5B0%5D%5Bqty%5D=10&note=");
  EXPECT_EQ(
      one(R"({"format": "form", "nulls": "omit", "create": {"body": {"customer": "{record}", "expand": ["a", "b"]}}})",
          change(Op::create, "", {text(0, "x"), null(1)}))
          .body,
      "customer%5Bname%5D=x&expand%5B0%5D=a&expand%5B1%5D=b");
}

TEST(PushCompose, GetSendsItsBodyAsParameters) {
  const OutRequest request =
      one(R"({"create": {"method": "GET", "params": {"v": 1}, "body": {"event": "{event}", "record": "{record}"}}})",
          change(Op::create, "", {text(0, "a b"), literal(1, "1.0")}));
  EXPECT_EQ(request.params,
            (Params{{"v", "1"}, {"event", "record.created"}, {"record[name]", "a b"}, {"record[city]", "1.0"}}));
  EXPECT_EQ(request.body, "");
  EXPECT_EQ(request.content_type, "");
}

TEST(PushCompose, GraphqlHasAQueryAndVariables) {
  const char* write =
      R"({"format": "graphql", "create": {"query": "mutation($i: I!) {\n c(input: $i) { id } }"}, "update": {"query": "u"}, "delete": {"query": "d"}})";
  EXPECT_EQ(one(write, change(Op::create, "", {text(0, "a")})).body,
            R"({"query":"mutation($i: I!) {\n c(input: $i) { id } }","variables":{"input":{"name":"a"}}})");
  EXPECT_EQ(one(write, change(Op::update, "7", {text(0, "a")})).body,
            R"({"query":"u","variables":{"id":"7","input":{"name":"a"}}})");
  EXPECT_EQ(one(write, change(Op::remove, "7", {})).body, R"({"query":"d","variables":{"id":"7"}})");
  EXPECT_EQ(one(write, change(Op::remove, "7", {})).method, "POST");
}

TEST(PushCompose, CsvHasTheColumnsOfItsRecords) {
  const auto write = write_of(
      R"({"create": {"format": "csv", "null_text": "#N/A", "body": {"Kind": "A", "...": "{record}"}, "batch": {"size": 2}}})");
  const Composer composer = composer_of(write);
  const Composed out = composer.compose(
      std::vector{change(Op::create, "", {text(0, "a,\"b\"")}), change(Op::create, "", {text(0, "x"), null(2)}),
                  change(Op::create, "", {literal(1, "3")})},
      {});
  EXPECT_EQ(bodies(out),
            (std::vector<std::string>{"Kind,name,ext\r\nA,\"a,\"\"b\"\"\",\r\nA,x,#N/A\r\n", "Kind,city\r\nA,3\r\n"}));
  EXPECT_EQ(out.requests[0].content_type, "text/csv; charset=utf-8");
}

TEST(PushCompose, BatchesAreFilledUpToTheirSize) {
  const auto write = write_of(
      R"({"create": {"body": {"records": "{records}", "n": "{count}"}, "batch": {"size": 2, "record": {"i": "{index}", "f": "{record}"}, "results": "r"}}})");
  const Composer composer = composer_of(write);
  std::vector<OutChange> changes;
  for (const char* name : {"a", "b", "c"}) changes.push_back(change(Op::create, "", {text(0, name)}));
  const Composed out = composer.compose(changes, {});
  EXPECT_EQ(bodies(out),
            (std::vector<std::string>{R"({"records":[{"i":0,"f":{"name":"a"}},{"i":1,"f":{"name":"b"}}],"n":2})",
                                      R"({"records":[{"i":0,"f":{"name":"c"}}],"n":1})"}));
  EXPECT_EQ(out.requests[0].changes, (std::vector<std::size_t>{0, 1}));
  EXPECT_EQ(out.requests[1].changes, std::vector<std::size_t>{2});
}

TEST(PushCompose, BatchesStayBelowTheirBytes) {
  const auto write = write_of(
      R"({"create": {"body": {"records": "{records}"}, "batch": {"size": 100, "max_bytes": 60, "results": "r"}}})");
  const Composer composer = composer_of(write);
  std::vector<OutChange> changes;
  for (int i = 0; i < 7; ++i) changes.push_back(change(Op::create, "", {text(0, "abcdef")}));
  changes.push_back(change(Op::create, "", {text(0, std::string(70, 'x'))}));
  const Composed out = composer.compose(changes, {});
  std::size_t sent = 0;
  for (const OutRequest& request : out.requests) {
    EXPECT_LE(request.body.size(), 60u);
    EXPECT_TRUE(Json::parse(request.body));
    sent += request.changes.size();
  }
  EXPECT_EQ(sent, 7u);
  EXPECT_EQ(out.requests[0].changes.size(), 2u);
  ASSERT_EQ(out.unsendable.size(), 1u);
  EXPECT_EQ(out.unsendable[0].change, 7u);
  EXPECT_EQ(out.unsendable[0].code, code::kTooLargeToSend);
}

TEST(PushCompose, OneRecordStandsInABatchOnce) {
  const auto write = write_of(R"({"key": "ext", "upsert": {"path": "/c", "batch": {"size": 10}}})");
  const Composer composer = composer_of(write);
  const Composed out =
      composer.compose(std::vector{change(Op::upsert, "", {text(2, "k")}), change(Op::upsert, "", {text(2, "l")}),
                                   change(Op::upsert, "", {text(2, "k")})},
                       {});
  ASSERT_EQ(out.requests.size(), 2u);
  EXPECT_EQ(out.requests[1].changes, std::vector<std::size_t>{2});
}

TEST(PushCompose, DeletionsOfABatchGoIntoParameters) {
  const std::vector<OutChange> changes{change(Op::remove, "a", {}), change(Op::remove, "b", {})};
  const auto joined =
      write_of(R"({"delete": {"path": "/c", "params": {"ids": "{ids}", "all": false}, "batch": {"size": 10}}})");
  Composed out = composer_of(joined).compose(changes, {});
  ASSERT_EQ(out.requests.size(), 1u);
  EXPECT_EQ(out.requests[0].params, (Params{{"ids", "a,b"}, {"all", "false"}}));
  EXPECT_EQ(out.requests[0].body, "");
  EXPECT_EQ(out.requests[0].content_type, "");
  const auto each = write_of(R"({"delete": {"path": "/c", "params": {"records[]": ["{id}"]}, "batch": {"size": 10}}})");
  out = composer_of(each).compose(changes, {});
  EXPECT_EQ(out.requests[0].params, (Params{{"records[]", "a"}, {"records[]", "b"}}));
}

TEST(PushCompose, ReadsAskForOneRecord) {
  const auto write = write_of(
      R"({"update": {}, "create": {}, "read": {"params": {"x": "1"}}, "read_back": {"path": "/search", "params": {"q": "ref={idempotency_key} {field:name}"}}})");
  const Composer composer = composer_of(write);
  const auto read = composer.read(change(Op::update, "a b", {}), {});
  EXPECT_EQ(read.value().path, "/customers/a%20b");
  EXPECT_EQ(read.value().params, (Params{{"x", "1"}}));
  const auto back = composer.read_back(change(Op::create, "", {text(0, "abc")}), {});
  EXPECT_EQ(back.value().params, (Params{{"q", "ref=key-3 abc"}}));
  EXPECT_FALSE(composer.read_back(change(Op::create, "", {}), {}));
}

TEST(PushCompose, AFieldThatOnlyTheRequestNamesHasNoValueUnlessGiven) {
  const Composer composer = composer_of(write_of(R"({"create": {"path": "/c/{field:region}"}})"), {"name"});
  const Composed without = composer.compose(std::vector{change(Op::create, "", {text(0, "n")})}, {});
  ASSERT_EQ(without.unsendable.size(), 1u);
  EXPECT_EQ(without.unsendable[0].message, "the request needs {field:region}, and the change has none");
  const std::size_t region = composer.shape().find("region").value();
  const Composed with = composer.compose(std::vector{change(Op::create, "", {text(0, "n"), text(region, "eu")})}, {});
  EXPECT_EQ(with.requests.at(0).path, "/c/eu");
}

TEST(PushCompose, FactsOfTheRunAndEvents) {
  const OutRequest request = one(
      R"({"create": {"path": "/h", "headers": {"X-Event": "{event}"}, "body": {"m": "{mapping}", "at": "{now}", "k": "{local_key}", "t": "{tenant}", "raw": "{record:text}", "b": "{record:base64}"}}})",
      change(Op::create, "", {text(0, "a")}));
  EXPECT_EQ(request.headers.front().second, "record.created");
  EXPECT_EQ(
      request.body,
      R"({"m":"m","at":"2026-01-02T03:04:05Z","k":{"id": "5"},"t":"","raw":"{\"name\":\"a\"}","b":"eyJuYW1lIjoiYSJ9"})");
}

TEST(PushCompose, EventsTellOfDeletionsAndReturnsWhateverTheCall) {
  constexpr const char* kCalls = R"({"headers": {"X-Event": "{event}"}, "create": {}, "update": {}, "delete": {}})";
  const auto event = [&](Op op, bool soft, bool restored) {
    OutChange made = change(op, "5", {text(0, "a")});
    made.soft = soft;
    made.restored = restored;
    return one(kCalls, made).headers.front().second;
  };
  EXPECT_EQ(event(Op::update, false, false), "record.updated");
  EXPECT_EQ(event(Op::update, true, false), "record.deleted");
  EXPECT_EQ(event(Op::remove, false, true), "record.deleted");
  EXPECT_EQ(event(Op::create, false, true), "record.undeleted");
  EXPECT_EQ(event(Op::update, false, true), "record.undeleted");
}

}  // namespace
}  // namespace tandem::core
