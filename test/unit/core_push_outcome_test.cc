// What became of each change: told only where the answer says so, else ambiguous, never guessed.
#include <gtest/gtest.h>

#include "core/codes.hpp"
#include "core/push/remedy.hpp"
#include "core/push/retry_after.hpp"
#include "core/push/said.hpp"
#include "core_write_fixture.hpp"

namespace tandem::core {
namespace {

// One change through a write, answered.
Outcome told(const std::string& write, Op op, const Reply& reply, const std::string& more = "") {
  const auto shared = write_of(write, more);
  const Composer composer = composer_of(shared);
  const std::vector<OutChange> changes{
      change(op, op == Op::create || op == Op::upsert ? "" : "7", {text(0, "a"), text(2, "k")})};
  const Composed composed = composer.compose(changes, {});
  EXPECT_EQ(composed.requests.size(), 1u) << (composed.unsendable.empty() ? "" : composed.unsendable[0].message);
  return composed.requests.empty() ? Outcome{} : outcomes(*shared, composed.requests[0], changes, reply).at(0);
}

// Three of them through a batch.
std::vector<Outcome> told_of_batch(const std::string& write, Op op, const Reply& reply, const std::string& more = "") {
  const auto shared = write_of(write, more);
  const Composer composer = composer_of(shared);
  std::vector<OutChange> changes;
  for (const char* key : {"x", "y", "z"})
    changes.push_back(
        change(op, op == Op::create || op == Op::upsert ? "" : std::string("id-") + key, {text(0, key), text(2, key)}));
  const Composed composed = composer.compose(changes, {});
  EXPECT_EQ(composed.requests.size(), 1u);
  return outcomes(*shared, composed.requests[0], changes, reply);
}

std::vector<Kind> kinds(const std::vector<Outcome>& outcomes) {
  std::vector<Kind> out;
  for (const Outcome& outcome : outcomes) out.push_back(outcome.kind);
  return out;
}

constexpr const char* kPlain = R"({"create": {}, "update": {}, "delete": {}})";
constexpr const char* kKeyed = R"({"idempotency": {"header": "K"}, "create": {}, "update": {}, "delete": {}})";

TEST(PushOutcome, AnIdIsReadDigitByDigit) {
  EXPECT_EQ(told(kPlain, Op::create, {201, R"({"id": 9007199254740993, "x": 1})"}).remote_id, "9007199254740993");
  EXPECT_EQ(told(kPlain, Op::create, {201, R"({"id": "a\"b"})"}).remote_id, "a\"b");
  EXPECT_EQ(
      told(R"({"id": "data.0.key", "create": {}, "update": {}})", Op::create, {200, R"({"data": [{"key": "K1"}]})"})
          .remote_id,
      "K1");
  EXPECT_EQ(told(R"({"id": {"header": "Location"}, "create": {}, "update": {}})", Op::create,
                 {201, "", {{"Location", "https://x/c/42/?a=1"}}})
                .remote_id,
            "42");
  EXPECT_EQ(told(R"({"returns": "ticket", "create": {}, "update": {}})", Op::create,
                 {201, R"({"ticket": {"id": 5, "total": 1.10}})"})
                .remote_id,
            "5");
}

TEST(PushOutcome, RecordAndVersionComeBack) {
  const char* write = R"({"returns": "ticket", "create": {}, "update": {"version": {"from": {"header": "ETag"}}}})";
  const Outcome made =
      told(write, Op::create, {201, R"({"ticket": {"id": 5, "etag": 7, "total": 1.10}})"}, R"(, "version": "etag")");
  EXPECT_EQ(made.version, "7");
  EXPECT_EQ(made.record, R"({"id": 5, "etag": 7, "total": 1.10})");
  const Outcome changed = told(write, Op::update, {200, R"({"ticket": {"total": 2}})", {{"ETag", "\"v2\""}}});
  EXPECT_EQ(changed.version, "\"v2\"");
  EXPECT_EQ(changed.remote_id, "7");
  EXPECT_EQ(told(R"({"returns": "_object", "update": {}})", Op::update, {200, R"({"a": 1})"}).record, R"({"a": 1})");
  EXPECT_EQ(told(write, Op::update, {204, ""}).kind, Kind::settled);
}

TEST(PushOutcome, ACreatedRecordWithoutAnIdIsNotCreatedAgain) {
  const Outcome lost = told(kPlain, Op::create, {201, ""});
  EXPECT_EQ(lost.kind, Kind::ambiguous);
  EXPECT_EQ(lost.code, code::kNoIdGiven);
  EXPECT_EQ(told(R"({"create": {}})", Op::create, {202, "accepted"}).kind, Kind::settled);  // a webhook tells none
  EXPECT_EQ(told(R"({"returns": "t", "create": {}, "update": {}})", Op::create, {200, "<html>"}).kind, Kind::ambiguous);
  EXPECT_EQ(told(R"({"returns": "t", "create": {}, "update": {}})", Op::update, {200, "<html>"}).kind, Kind::later);
}

struct StatusCase {
  int status;
  Kind create, keyed, update, remove;
};

TEST(PushOutcome, EveryStatusHasItsMeaning) {
  using K = Kind;
  const StatusCase cases[] = {
      {400, K::refused, K::refused, K::refused, K::refused}, {401, K::later, K::later, K::later, K::later},
      {403, K::refused, K::refused, K::refused, K::refused}, {404, K::later, K::later, K::gone, K::settled},
      {405, K::later, K::later, K::later, K::later},         {408, K::ambiguous, K::later, K::later, K::later},
      {409, K::refused, K::refused, K::refused, K::refused}, {410, K::later, K::later, K::gone, K::settled},
      {422, K::refused, K::refused, K::refused, K::refused}, {425, K::later, K::later, K::later, K::later},
      {429, K::later, K::later, K::later, K::later},         {302, K::later, K::later, K::later, K::later},
      {500, K::ambiguous, K::later, K::later, K::later},     {502, K::ambiguous, K::later, K::later, K::later},
      {503, K::later, K::later, K::later, K::later},         {504, K::ambiguous, K::later, K::later, K::later}};
  for (const StatusCase& c : cases) {
    const Reply reply{c.status, R"({"error": {"message": "no"}})"};
    EXPECT_EQ(told(kPlain, Op::create, reply).kind, c.create) << c.status;
    EXPECT_EQ(told(kKeyed, Op::create, reply).kind, c.keyed) << c.status;
    EXPECT_EQ(told(kPlain, Op::update, reply).kind, c.update) << c.status;
    EXPECT_EQ(told(kPlain, Op::remove, reply).kind, c.remove) << c.status;
    const Outcome create = told(kPlain, Op::create, reply);
    EXPECT_EQ(create.message, "the other side answered " + std::to_string(c.status) + ": no");
    const bool stops = c.status == 401 || c.status == 405 || c.status == 302 || c.status == 404 || c.status == 410;
    EXPECT_EQ(create.stops, stops) << c.status;
  }
}

TEST(PushOutcome, WaitingIsFreeWhereNothingWasDone) {
  const Outcome asked = told(kPlain, Op::create, {429, "", {{"Retry-After", "7"}}});
  EXPECT_EQ(asked.after, 7 * base::kSecond);
  EXPECT_FALSE(asked.counted);
  EXPECT_EQ(asked.error_type, error_type::kRateLimit);
  EXPECT_FALSE(told(kPlain, Op::update, {503, ""}).counted);
  EXPECT_TRUE(told(kPlain, Op::update, {500, ""}).counted);
  EXPECT_EQ(told(R"({"create": {"retryable": [423]}})", Op::create, {423, ""}).kind, Kind::later);
}

TEST(PushOutcome, WithoutAnAnswerItDependsOnWhetherItLeft) {
  const base::Error broke{base::Errc::connection_failure, "reset"};
  const Reply unsent{0, "", {}, broke, false}, sent{0, "", {}, broke, true};
  EXPECT_EQ(told(kPlain, Op::create, unsent).kind, Kind::later);
  EXPECT_FALSE(told(kPlain, Op::create, unsent).counted);
  EXPECT_EQ(told(kPlain, Op::create, sent).kind, Kind::ambiguous);
  EXPECT_EQ(told(kKeyed, Op::create, sent).kind, Kind::later);
  EXPECT_EQ(told(kPlain, Op::update, sent).kind, Kind::later);
  EXPECT_TRUE(told(kPlain, Op::update, sent).counted);
  const Reply forbidden{0, "", {}, base::Error{base::Errc::insufficient_privilege, "address"}, false};
  EXPECT_TRUE(told(kPlain, Op::update, forbidden).stops);
}

TEST(PushOutcome, RulesOfTheManifestComeFirst) {
  const char* write = R"({"create": {"exists": {"status": 409, "contains": "DUPLICATE"},
      "errors": {"rules": [{"status": 403, "contains": "REQUEST_LIMIT", "as": "later", "error_type": "RATE_LIMIT"}, {"code": "busy", "as": "later"},
                           {"status": 400, "code": ["schema"], "error_type": "SCHEMA_CHANGE", "retryable": true}]}}})";
  EXPECT_EQ(told(write, Op::create, {409, R"({"code": "DUPLICATE"})"}).kind, Kind::exists);
  EXPECT_EQ(told(write, Op::create, {409, R"({"code": "OTHER"})"}).kind, Kind::refused);
  EXPECT_EQ(told(write, Op::create, {403, R"([{"errorCode": "REQUEST_LIMIT_EXCEEDED"}])"}).error_type, "RATE_LIMIT");
  EXPECT_EQ(told(write, Op::create, {400, R"({"error": {"code": "busy"}})"}).kind, Kind::later);
  const Outcome schema = told(write, Op::create, {400, R"({"error": {"code": "schema", "message": "m"}})"});
  EXPECT_EQ(schema.error_type, "SCHEMA_CHANGE");
  EXPECT_TRUE(schema.retryable);
  EXPECT_EQ(schema.message, "the other side answered 400: m (schema)");
}

TEST(PushOutcome, ConflictsAndWhatIsGone) {
  const char* write =
      R"({"update": {"version": {"header": "If-Match", "conflict": [412]}, "gone": {"code": "ENTITY_IS_DELETED"}}})";
  EXPECT_EQ(told(write, Op::update, {412, ""}).kind, Kind::conflict);
  EXPECT_EQ(told(write, Op::update, {412, ""}).code, code::kVersionConflict);
  EXPECT_EQ(told(write, Op::update, {400, R"({"code": "ENTITY_IS_DELETED"})"}).kind, Kind::gone);
  EXPECT_EQ(told(write, Op::update, {404, ""}).kind, Kind::refused);  // the manifest says what gone looks like
}

TEST(PushOutcome, ASuccessThatHoldsAnErrorIsNone) {
  const char* graphql =
      R"({"format": "graphql", "create": {"query": "q", "id": "data.c.id", "failed": ["errors", "data.c.userErrors"]}, "delete": {"query": "d"}})";
  EXPECT_EQ(told(graphql, Op::create, {200, R"({"data": {"c": {"id": "1", "userErrors": []}}})"}).remote_id, "1");
  const Outcome refused = told(graphql, Op::create, {200, R"({"errors": [{"message": "bad name"}]})"});
  EXPECT_EQ(refused.kind, Kind::refused);
  EXPECT_EQ(refused.message, "the other side refused it: bad name");
  EXPECT_EQ(told(graphql, Op::create, {200, R"({"data": {"c": {"userErrors": [{"message": "x"}]}}})"}).kind,
            Kind::refused);
  EXPECT_EQ(told(graphql, Op::remove, {200, R"({"errors": [{"message": "x"}]})"}).kind,
            Kind::refused);  // not gone by default
  EXPECT_EQ(
      told(R"({"failed": "error", "update": {}})", Op::update, {200, R"({"result": {}, "error": {"message": "cut"}})"})
          .message,
      "the other side refused it: cut");
}

constexpr const char* kSalesforce =
    R"({"create": {"batch": {"size": 9, "results": "_root", "ok": "success"}, "errors": {"message": "errors.0.message", "code": "errors.0.statusCode", "field": "errors.0.fields.0"}}, "update": {}})";

TEST(PushOutcome, ResultsInOrder) {
  const auto all = told_of_batch(kSalesforce, Op::create, {200, R"([{"id": "1", "success": true, "errors": []},
      {"success": false, "errors": [{"statusCode": "REQUIRED_FIELD_MISSING", "message": "need", "fields": ["Name"]}]}, {"id": "3", "success": true}])"});
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::settled, Kind::refused, Kind::settled}));
  EXPECT_EQ(all[0].remote_id, "1");
  EXPECT_EQ(all[2].remote_id, "3");
  EXPECT_EQ(all[1].message, "the other side refused it: need (REQUIRED_FIELD_MISSING)");
  EXPECT_EQ(all[1].field, "Name");
  EXPECT_FALSE(all[1].whole);
}

TEST(PushOutcome, ResultsThatDoNotFitMakeAllAmbiguous) {
  for (
      const char* body :
      {R"([])", R"([{"id": "1", "success": true}])",
       R"([{"id": "1", "success": true}, {"id": "2", "success": true}, {"id": "3", "success": true}, {"id": "4", "success": true}])",
       "", "{}", "<html>", R"(["1", "2", "3"])"}) {
    const auto all = told_of_batch(kSalesforce, Op::create, {200, body});
    EXPECT_EQ(kinds(all), std::vector<Kind>(3, Kind::ambiguous)) << body;
    EXPECT_EQ(all[0].code, code::kResultsUnfit) << body;
  }
}

constexpr const char* kJira =
    R"({"create": {"batch": {"size": 9, "results": "issues", "failures": {"at": "errors", "index": "failedElementNumber", "status": "status"}}}, "update": {}})";

TEST(PushOutcome, FailuresByIndexAndTheRestInOrder) {
  const auto all = told_of_batch(
      kJira, Op::create,
      {201,
       R"({"issues": [{"id": "10"}, {"id": "12"}], "errors": [{"status": 400, "elementErrors": {"errors": {"summary": "s"}}, "failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::settled, Kind::refused, Kind::settled}));
  EXPECT_EQ(all[2].remote_id, "12");
  // All of them refused, and the status says so too.
  const auto none = told_of_batch(
      kJira, Op::create,
      {400,
       R"({"issues": [], "errors": [{"failedElementNumber": 0}, {"failedElementNumber": 2}, {"failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(none), std::vector<Kind>(3, Kind::refused));
  EXPECT_FALSE(none[0].whole);
  // The one to blame is named: the others are sent again, and not taken apart to find it.
  const auto one = told_of_batch(kJira, Op::create, {400, R"({"issues": [], "errors": [{"failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(one), (std::vector<Kind>{Kind::later, Kind::refused, Kind::later}));
  EXPECT_FALSE(one[0].counted || one[0].whole || one[1].whole);
  const auto some = told_of_batch(
      kJira, Op::create, {400, R"({"issues": [{"id": "10"}, {"id": "12"}], "errors": [{"failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(some), (std::vector<Kind>{Kind::settled, Kind::refused, Kind::settled}));
  const auto none_of_it =
      told_of_batch(kJira, Op::create, {503, R"({"issues": [], "errors": [{"failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(none_of_it), std::vector<Kind>(3, Kind::later));
  const auto whole = told_of_batch(kJira, Op::create, {400, R"({"errorMessages": ["broken"], "errors": {}})"});
  EXPECT_EQ(kinds(whole), std::vector<Kind>(3, Kind::refused));
  EXPECT_TRUE(whole[0].whole);
  EXPECT_EQ(whole[0].message, "the other side answered 400: broken");
  const auto unfit =
      told_of_batch(kJira, Op::create, {201, R"({"issues": [{"id": "10"}], "errors": [{"failedElementNumber": 1}]})"});
  EXPECT_EQ(kinds(unfit), std::vector<Kind>(3, Kind::ambiguous));
  EXPECT_EQ(kinds(told_of_batch(kJira, Op::create, {201, R"({"issues": [], "errors": [{"failedElementNumber": 7}]})"})),
            std::vector<Kind>(3, Kind::ambiguous));
}

constexpr const char* kHubspot =
    R"({"key": "ext", "upsert": {"method": "POST", "path": "/u", "body": {"inputs": "{records}"}, "batch": {"size": 9, "record": {"id": "{key}", "t": "{index}"},
        "results": "results", "echo": "id", "echo_of": "key", "failures": {"at": "errors", "echo": "context.id.0", "message": "message"}}, "id": "hs"}, "update": {}})";

TEST(PushOutcome, EchoesFindTheirRecordInAnyOrder) {
  const auto all = told_of_batch(
      kHubspot, Op::upsert,
      {207,
       R"({"results": [{"id": "z", "hs": 3}, {"id": "x", "hs": 1}], "errors": [{"message": "bad", "context": {"id": ["y"]}}]})"});
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::settled, Kind::refused, Kind::settled}));
  EXPECT_EQ(all[0].remote_id, "1");
  EXPECT_EQ(all[2].remote_id, "3");
  EXPECT_EQ(all[1].message, "the other side refused it: bad");
  // What was named is known; only of the others nothing is.
  EXPECT_EQ(kinds(told_of_batch(kHubspot, Op::upsert, {207, R"({"results": [{"id": "z", "hs": 3}]})"})),
            (std::vector<Kind>{Kind::ambiguous, Kind::ambiguous, Kind::settled}));
  EXPECT_EQ(
      kinds(told_of_batch(kHubspot, Op::upsert, {200, R"({"results": [{"id": "z", "hs": 3}, {"id": "z", "hs": 4}]})"})),
      std::vector<Kind>(3, Kind::ambiguous));
  EXPECT_EQ(kinds(told_of_batch(kHubspot, Op::upsert, {200, R"({"results": [{"id": "q", "hs": 3}]})"})),
            std::vector<Kind>(3, Kind::ambiguous));
}

TEST(PushOutcome, PlainIdsInOrder) {
  const char* glide = R"({"create": {"batch": {"size": 9, "ids": "data.rowIDs"}}, "update": {}})";
  const auto all =
      told_of_batch(glide, Op::create, {201, R"({"data": {"rowIDs": ["a", "b\u00e9", 12345678901234567890]}})"});
  EXPECT_EQ(all[1].remote_id, "b\u00e9");
  EXPECT_EQ(all[2].remote_id, "12345678901234567890");
  EXPECT_EQ(kinds(told_of_batch(glide, Op::create, {201, R"({"data": {"rowIDs": ["a"]}})"})),
            std::vector<Kind>(3, Kind::ambiguous));
  EXPECT_EQ(kinds(told_of_batch(glide, Op::create, {201, R"({"data": {}})"})), std::vector<Kind>(3, Kind::ambiguous));
}

TEST(PushOutcome, ResultsByIndexWithStatuses) {
  const char* write =
      R"({"update": {"path": "/b", "batch": {"size": 9, "record": {"id": "{id}"}, "results": "r", "index": "n", "index_base": 1, "status": "code"}}})";
  const auto all = told_of_batch(
      write, Op::update, {200, R"({"r": [{"n": 3, "code": 404}, {"n": 1, "code": 200}, {"n": 2, "code": 429}]})"});
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::settled, Kind::later, Kind::gone}));
  EXPECT_EQ(all[0].remote_id, "id-x");
}

TEST(PushOutcome, AllOrNothing) {
  const char* write =
      R"({"update": {"path": "/b", "batch": {"size": 9, "results": "r", "failed": "error", "atomic": true}}})";
  const auto all = told_of_batch(write, Op::update, {200, R"({"r": [{}, {"error": "bad"}, {}]})"});
  EXPECT_EQ(kinds(all), (std::vector<Kind>{Kind::later, Kind::refused, Kind::later}));
  EXPECT_FALSE(all[0].counted);
  EXPECT_EQ(all[1].message, "the other side refused it: bad");
}

TEST(PushOutcome, ABatchThatTellsNothingOfItsRecordsHoldsForAll) {
  const char* write = R"({"create": {"batch": {"size": 9}}})";
  EXPECT_EQ(kinds(told_of_batch(write, Op::create, {200, ""})), std::vector<Kind>(3, Kind::settled));
  const auto refused = told_of_batch(write, Op::create, {422, R"({"message": "one of them"})"});
  EXPECT_TRUE(refused[2].whole);
  EXPECT_EQ(kinds(told_of_batch(write, Op::create, {429, ""})), std::vector<Kind>(3, Kind::later));
  EXPECT_EQ(kinds(told_of_batch(write, Op::create, {500, ""})), std::vector<Kind>(3, Kind::ambiguous));
}

TEST(PushRemedy, WhatTheManifestOffersDecides) {
  const auto step = [](const char* write, base::Micros age = 0, bool key = true) {
    return next_step(*write_of(write), {.op = Op::create, .age = age, .key_known = key}).step;
  };
  EXPECT_EQ(step(R"({"create": {}})"), NextStep::hold);
  EXPECT_EQ(step(R"({"create": {}, "remedy": "replay_safe"})"), NextStep::send_again);
  const char* keyed = R"({"create": {"idempotency": {"header": "K", "keeps": "2h"}}})";
  EXPECT_EQ(step(keyed), NextStep::send_again);
  EXPECT_EQ(step(keyed, 3 * 3600 * base::kSecond), NextStep::hold);  // the key is forgotten there
  const char* upsert =
      R"({"key": "ext", "create": {}, "upsert": {}, "read_back": {"path": "/s", "params": {"q": "{key}"}, "wait": "10s"}})";
  EXPECT_EQ(step(upsert), NextStep::send_as_upsert);
  EXPECT_EQ(step(upsert, 0, false), NextStep::read_back);
  const char* back = R"({"create": {}, "read_back": {"path": "/s", "params": {"q": "{field:ext}"}, "wait": "10s"}})";
  EXPECT_EQ(step(back), NextStep::read_back);
  EXPECT_EQ(next_step(*write_of(back), {.age = 4 * base::kSecond}).wait, 6 * base::kSecond);
  EXPECT_EQ(next_step(*write_of(back), {.age = 40 * base::kSecond}).wait, 0);
  for (const Op op : {Op::update, Op::upsert, Op::remove})
    EXPECT_EQ(next_step(*write_of(R"({"create": {}})"), {.op = op}).step, NextStep::send_again);
  EXPECT_EQ(next_step(*write_of(R"({"create": {}})"), {.retry_creates = true}).step, NextStep::send_again);
  EXPECT_EQ(judge_read_back(0), ReadBackVerdict::not_arrived);
  EXPECT_EQ(judge_read_back(1), ReadBackVerdict::arrived);
  EXPECT_EQ(judge_read_back(2), ReadBackVerdict::unclear);
}

TEST(PushRemedy, ReadBacksShowRecordsAndTheirIds) {
  const auto write = write_of(
      R"({"create": {}, "update": {}, "read_back": {"path": "/s", "params": {"q": "{field:ext}"}, "records": "items"}})");
  base::Buffer body;
  body.append(R"({"items": [{"id": 9007199254740993, "a": 1}]})");
  const auto found = records_in(*write->read_back, body);
  ASSERT_EQ(found.value().size(), 1u);
  EXPECT_EQ(id_of_record(*write, found.value()[0]), "9007199254740993");
  base::Buffer bad;
  bad.append("{}");
  EXPECT_FALSE(records_in(*write->read_back, bad));
}

TEST(PushSaid, UsualPlacesAreKnown) {
  const auto message = [](const char* body) { return said_in(std::string_view(body), {}).message; };
  EXPECT_EQ(message(R"({"errors": ["Subject cannot be blank"]})"), "Subject cannot be blank");  // Redmine
  EXPECT_EQ(message(R"({"errors": {"name": ["can't be blank"]}})"), "name: can't be blank");    // Rails
  EXPECT_EQ(message(R"({"error": "NOT_FOUND"})"), "NOT_FOUND");                                 // Airtable
  EXPECT_EQ(message(R"([{"message": "m", "errorCode": "INVALID_FIELD"}])"), "m");               // Salesforce
  EXPECT_EQ(said_in(std::string_view(R"([{"message": "m", "errorCode": "INVALID_FIELD", "fields": ["A"]}])"), {}).code,
            "INVALID_FIELD");
  EXPECT_EQ(message("plain text"), "plain text");
  EXPECT_EQ(message(""), "");
  const base::Secret secret(std::string("s3cr3t-token"));
  EXPECT_EQ(presentable("bad key s3cr3t-token", std::span(&secret, 1)), "bad key ***");
  EXPECT_LT(presentable(std::string(5000, 'x'), {}).size(), 400u);
}

TEST(RetryAfter, SecondsDatesAndNonsense) {
  const base::Instant now{};
  EXPECT_EQ(retry_after("120", "", now), 120 * base::kSecond);
  EXPECT_EQ(retry_after(" 0 ", "", now), 0);
  EXPECT_EQ(retry_after("99999999999999999999", "", now), kLongestRetryAfter);
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:50:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT", now), 60 * base::kSecond);
  EXPECT_EQ(retry_after("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:50:37 GMT", now), 0);
  for (const char* bad : {"", "-5", "soon", "1.5", "Sun, 06 Xxx 1994 08:49:37 GMT", "Sun, 32 Nov 1994 08:49:37 GMT"})
    EXPECT_FALSE(retry_after(bad, "", now)) << bad;
  EXPECT_EQ(http_date("Sat, 01 Jan 2000 00:00:01 GMT"), base::Instant{base::kSecond});
}

}  // namespace
}  // namespace tandem::core
