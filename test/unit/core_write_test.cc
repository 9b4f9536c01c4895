// "write" of an object: every key read, defaults, and every mistake with its path and a way out.
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <sstream>

#include "core/manifest/credential_names.hpp"
#include "core_write_fixture.hpp"

namespace tandem::core {
namespace {

TEST(Write, ASimpleApiNeedsOneLine) {
  const auto write = write_of(R"({"create": {}, "update": {}, "delete": {}})");
  EXPECT_EQ(write->create->method, "POST");
  EXPECT_EQ(write->create->path, "/customers");
  EXPECT_EQ(write->update->method, "PATCH");
  EXPECT_EQ(write->update->path, "/customers/{id}");
  EXPECT_EQ(write->remove->method, "DELETE");
  EXPECT_EQ(write->remove->path, "/customers/{id}");
  EXPECT_EQ(write->remove->gone.status, (std::vector<int>{404, 410}));
  EXPECT_FALSE(write->create->gone.given());
  EXPECT_FALSE(write->upsert);
  EXPECT_TRUE(write->changed_only);
  EXPECT_TRUE(write->needs_id());
  EXPECT_TRUE(write->create->succeeded(201));
  EXPECT_FALSE(write->create->succeeded(302));
}

TEST(Write, ThePlanIsThatOfTheDocumentation) {
  const auto write = write_of(R"({"create": {"method": "POST", "path": "/customers"},
    "update": {"method": "PATCH", "path": "/customers/{id}"}, "delete": {"method": "DELETE", "path": "/customers/{id}"}})");
  EXPECT_EQ(write->update->path, "/customers/{id}");
}

TEST(Write, AnExtensionStaysBehindTheId) {
  const auto api = make_api(
      Json::object(), config(R"({"path": "/issues.json", "write": {"key": "code", "update": {}, "upsert": {}}})"));
  EXPECT_EQ(api.value().objects[0].write->update->path, "/issues/{id}.json");
  EXPECT_EQ(api.value().objects[0].write->upsert->path, "/issues/{key}.json");
  EXPECT_EQ(api.value().objects[0].write->upsert->method, "PUT");
}

TEST(Write, WhatCallsShareStandsOnce) {
  const auto write =
      write_of(R"({"path": "/tickets", "body": {"ticket": "{record}"}, "returns": "ticket", "id": "ticket.id",
    "nulls": "empty", "headers": {"X-Source": "tandem"}, "success": [200, 201], "errors": {"message": "description", "code": "error"},
    "create": {"headers": {"X-More": "1"}}, "update": {"method": "PUT", "nulls": "omit"}, "delete": {}})");
  EXPECT_EQ(write->update->path, "/tickets/{id}");
  EXPECT_EQ(write->update->method, "PUT");
  EXPECT_EQ(write->update->nulls, Nulls::omit);
  EXPECT_EQ(write->create->nulls, Nulls::empty);
  EXPECT_EQ(write->create->headers.size(), 2u);
  EXPECT_EQ(write->create->returns, (std::vector<std::string>{"ticket"}));
  EXPECT_EQ(write->create->id.path, (std::vector<std::string>{"ticket", "id"}));
  EXPECT_TRUE(write->create->body);
  EXPECT_FALSE(write->remove->body);  // a deletion sends nothing unless it says so itself
  EXPECT_FALSE(write->remove->returns);
  EXPECT_EQ(write->remove->success, (std::vector<int>{200, 201}));
  EXPECT_EQ(write->remove->places.message, (std::vector<std::string>{"description"}));
}

TEST(Write, EveryKeyIsRead) {
  const auto write =
      write_of(R"({"key": "external_id", "changed_only": false, "read_only": ["created_at"], "write_once": "currency",
    "computed": ["total"], "remedy": "read_back",
    "read": {"path": "/customers/{id}", "params": {"expand": "all"}},
    "read_back": {"params": {"reference": "{idempotency_key}"}, "records": "items", "wait": "10s"},
    "create": {"idempotency": {"field": "reference"}, "exists": {"status": 409, "contains": "DUPLICATE"}, "retryable": [423]},
    "update": {"version": {"header": "If-Match", "value": "\"{version}\"", "from": {"header": "ETag"}, "conflict": [409, 412]},
               "gone": {"code": ["ENTITY_IS_DELETED"]},
               "errors": {"message": "error.message", "code": "error.code", "field": "error.param",
                          "rules": [{"code": "lock_timeout", "as": "later"}, {"status": 403, "contains": "LIMIT", "as": "later", "error_type": "RATE_LIMIT"},
                                    {"status": [400], "error_type": "SCHEMA_CHANGE", "retryable": true}]}}})",
               R"(, "version": "etag")");
  EXPECT_EQ(write->key, "external_id");
  EXPECT_FALSE(write->changed_only);
  EXPECT_EQ(write->remedy, Remedy::read_back);
  EXPECT_EQ(write->version, "etag");
  EXPECT_EQ(write->read_back->path, "/customers");
  EXPECT_EQ(write->read_back->wait, 10'000'000);
  EXPECT_EQ(write->create->exists.contains, "DUPLICATE");
  EXPECT_EQ(write->create->idempotency.field, "reference");
  EXPECT_EQ(write->create->retryable, std::vector<int>{423});
  EXPECT_EQ(write->update->version.value, "\"{version}\"");
  EXPECT_EQ(write->update->version.from.header, "ETag");
  EXPECT_EQ(write->update->version.conflict.status, (std::vector<int>{409, 412}));
  EXPECT_EQ(write->update->gone.code, std::vector<std::string>{"ENTITY_IS_DELETED"});
  ASSERT_EQ(write->update->rules.size(), 3u);
  EXPECT_EQ(write->update->rules[1].error_type, "RATE_LIMIT");
  EXPECT_TRUE(write->update->rules[2].retryable.value());
}

TEST(Write, FieldsAreSentWhereTheyMayBe) {
  const auto write = write_of(
      R"({"key": "ext", "read_only": ["ext", "a"], "write_once": ["b"], "computed": ["c"], "create": {}, "update": {"path": "/c/{field:region}/{id}"}, "upsert": {}})");
  EXPECT_TRUE(write->sends("ext", Op::upsert));
  EXPECT_FALSE(write->sends("ext", Op::update));
  EXPECT_FALSE(write->sends("a", Op::create));
  EXPECT_TRUE(write->sends("b", Op::create));
  EXPECT_FALSE(write->sends("b", Op::update));
  EXPECT_FALSE(write->sends("c", Op::create));
  EXPECT_TRUE(write->sends("d", Op::update));
  EXPECT_EQ(write->named_fields(Op::update), std::vector<std::string>{"region"});
  EXPECT_EQ(write->named_fields(Op::upsert), std::vector<std::string>{"ext"});
  EXPECT_TRUE(write->named_fields(Op::create).empty());
}

// The write forms of the vendors: each has to be a manifest that is accepted.
constexpr const char* kVendors[] = {
    // Salesforce collections
    R"({"batch": {"size": 200, "record": {"attributes": {"type": "Account"}, "id": "{id}", "...": "{record}"}, "results": "_root", "ok": "success"},
        "body": {"allOrNone": false, "records": "{records}"}, "errors": {"message": "errors.0.message", "code": "errors.0.statusCode", "field": "errors.0.fields.0"},
        "key": "Ext__c", "gone": {"code": "ENTITY_IS_DELETED"},
        "create": {"path": "/composite/sobjects", "batch": {"record": {"attributes": {"type": "Account"}, "...": "{record}"}}},
        "update": {"path": "/composite/sobjects"}, "upsert": {"method": "PATCH", "path": "/composite/sobjects/Account/Ext__c", "batch": {"record": {"attributes": {"type": "Account"}, "...": "{record}"}}},
        "delete": {"path": "/composite/sobjects", "params": {"ids": "{ids}", "allOrNone": false}, "batch": {"size": 200, "results": "_root", "ok": "success"}}})",
    // Salesforce single upsert: the key is in the path and not in the body
    R"({"key": "Ext__c", "upsert": {"method": "PATCH", "path": "/sobjects/Account/Ext__c/{key}", "body": "{rest}"}})",
    // HubSpot batch, 207 with errors beside the results
    R"({"key": "email", "nulls": "empty",
        "upsert": {"method": "POST", "path": "/crm/v3/objects/contacts/batch/upsert", "body": {"inputs": "{records}"},
          "batch": {"size": 100, "record": {"id": "{key}", "idProperty": "email", "properties": "{record}", "objectWriteTraceId": "{index}"},
                    "results": "results", "echo": "objectWriteTraceId", "failures": {"at": "errors", "echo": "context.objectWriteTraceId.0", "message": "message", "code": "category"}}},
        "delete": {"method": "POST", "path": "/crm/v3/objects/contacts/batch/archive", "body": {"inputs": "{records}"}, "batch": {"size": 100, "record": {"id": "{id}"}}}})",
    // Jira bulk: successes without their index, failures with it
    R"({"create": {"path": "/issue/bulk", "body": {"issueUpdates": "{records}"},
          "batch": {"size": 50, "record": {"fields": "{record}"}, "results": "issues", "failures": {"at": "errors", "index": "failedElementNumber", "status": "status"}}},
        "update": {"method": "PUT", "path": "/issue/{id}", "params": {"notifyUsers": false}, "body": {"fields": "{record}"}}, "delete": {"path": "/issue/{id}"},
        "remedy": "read_back", "read_back": {"path": "/search", "params": {"jql": "cf[10010] = \"{field:ext}\""}, "records": "issues", "wait": "10s"}})",
    // Airtable performUpsert, all or nothing; deletion by repeated parameter
    R"({"key": "Key", "upsert": {"method": "PATCH", "path": "/app/tbl", "body": {"performUpsert": {"fieldsToMergeOn": ["Key"]}, "typecast": false, "records": "{records}"},
          "batch": {"size": 10, "record": {"fields": "{record}"}, "results": "records", "atomic": true}},
        "delete": {"path": "/app/tbl", "params": {"records[]": ["{id}"]}, "batch": {"size": 10, "results": "records", "ok": "deleted"}}})",
    // ServiceNow: 200 with an error inside
    R"({"path": "/table/incident", "returns": "result", "failed": "error", "errors": {"message": "error.message"},
        "create": {"idempotency": {"field": "correlation_id"}}, "update": {}, "delete": {},
        "read_back": {"path": "/table/incident", "params": {"sysparm_query": "correlation_id={idempotency_key}"}, "records": "result"}})",
    // Redmine
    R"({"path": "/issues.json", "body": {"issue": "{record}"}, "id": "issue.id", "returns": "issue", "create": {}, "update": {"method": "PUT", "success": [200, 204]}, "delete": {}})",
    // Glide v1: mutations; Glide v2: plain ids in order, If-Match
    R"({"nulls": "empty", "batch": {"size": 500, "record": {"kind": "set-columns-in-row", "tableName": "T", "rowID": "{id}", "columnValues": "{record}"}, "results": "_root", "failed": "error"},
        "path": "/mutateTables", "body": {"appID": "A", "mutations": "{records}"}, "id": "rowID", "update": {"method": "POST"},
        "create": {"batch": {"record": {"kind": "add-row-to-table", "tableName": "T", "columnValues": "{record}"}}},
        "delete": {"method": "POST", "body": {"appID": "A", "mutations": "{records}"}, "batch": {"size": 500, "record": {"kind": "delete-row", "tableName": "T", "rowID": "{id}"}, "results": "_root", "failed": "error"}}})",
    R"({"create": {"path": "/tables/t/rows", "params": {"onSchemaError": "abort"}, "batch": {"size": 500, "max_bytes": 15000000, "ids": "data.rowIDs"}},
        "update": {"path": "/tables/t/rows/{id}", "version": {"header": "If-Match"}}, "delete": {"path": "/tables/t/rows/{id}"}})",
    // Stripe
    R"({"format": "form", "idempotency": {"header": "Idempotency-Key", "keeps": "24h"}, "errors": {"message": "error.message", "code": "error.code", "field": "error.param",
          "rules": [{"code": ["lock_timeout", "rate_limit"], "as": "later"}]}, "returns": "_object", "create": {}, "update": {"method": "POST"}, "delete": {}})",
    // Zendesk
    R"({"path": "/tickets", "body": {"ticket": "{record}"}, "returns": "ticket", "id": "ticket.id", "idempotency": {"header": "Idempotency-Key", "keeps": "2h"},
        "read_back": {"path": "/search", "params": {"external_id": "{field:external_id}"}, "records": "results"},
        "create": {}, "update": {"method": "PUT", "version": {"conflict": 409}, "body": {"ticket": {"safe_update": true, "updated_stamp": "{version}", "...": "{record}"}}}, "delete": {}})",
    // SFMC
    R"({"key": "Email", "nulls": "empty", "upsert": {"method": "POST", "path": "/hub/v1/dataevents/key:K/rowset", "batch": {"size": 50, "record": {"keys": {"Email": "{key}"}, "values": "{rest}"}, "atomic": true}}})",
    // a plain webhook: nothing comes back
    R"({"path": "/hook", "body": {"event": "{event}", "record": "{record}", "metadata": {"timestamp": "{now}", "syncConfigName": "{mapping}", "syncId": "{mapping_id}", "syncRunId": "{run}", "customerId": "{tenant}", "host": "{host}"}},
        "remedy": "replay_safe", "create": {}, "update": {"method": "POST", "path": "/hook"}, "delete": {"method": "POST", "path": "/hook", "body": {"event": "{event}", "key": "{local_key}"}}})",
    // GraphQL
    R"({"format": "graphql", "create": {"query": "mutation($input: CustomerInput!) { customerCreate(input: $input) { customer { id } userErrors { message field } } }",
          "id": "data.customerCreate.customer.id", "failed": ["errors", "data.customerCreate.userErrors"], "errors": {"message": "data.customerCreate.userErrors.0.message"}},
        "delete": {"query": "mutation($id: ID!) { customerDelete(id: $id) { deletedId } }"}})",
    // CSV
    R"({"create": {"format": "csv", "null_text": "#N/A", "path": "/import", "batch": {"size": 10000}}})",
};

TEST(Write, AllVendorsCanBeExpressed) {
  for (const char* vendor : kVendors) {
    const Findings findings =
        validate_config(Json::object(), config(std::string(R"({"path": "/customers", "write": )") + vendor + "}"));
    for (const Finding& finding : findings)
      ADD_FAILURE() << finding.path << ": " << finding.message << " / " << finding.hint << "\n" << vendor;
  }
}

TEST(Write, MistakesAreToldWithTheNearestWord) {
  EXPECT_EQ(write_finding(R"({"creat": {}})", ".creat").hint, "Did you mean \"create\"?");
  EXPECT_EQ(write_finding(R"({"create": {"pth": "/a"}})", ".create.pth").hint, "Did you mean \"path\"?");
  EXPECT_EQ(write_finding(R"({"create": {"method": "PSOT"}})", ".create.method").message, "unknown value \"PSOT\"");
  EXPECT_NE(write_finding(R"({"update": {"path": "/a/{ids}"}})", ".update.path").message.find("{ids}"),
            std::string::npos);
  EXPECT_EQ(write_finding(R"({"update": {"path": "/a/{idd}"}})", ".update.path").hint.substr(0, 17),
            "Did you mean \"id\"");
  EXPECT_EQ(write_finding(R"({"create": {"path": "/a/{id}"}})", ".create.path").message,
            "{id} is not known before the record is there");
  EXPECT_EQ(write_finding(R"({"upsert": {"path": "/a/{key}"}})", ".upsert.path").message,
            "{key} needs the external key field");
  EXPECT_EQ(write_finding(R"({"create": {"path": "/a b"}})", ".create.path").hint, "Percent-encode it.");
  EXPECT_EQ(write_finding(R"({})", ".create").code, finding_code::kMissing);
  EXPECT_EQ(write_finding(R"([])", "").code, finding_code::kWrongKind);
  EXPECT_EQ(write_finding(R"({"create": {"format": "xml"}})", ".create.format").message, "unknown value \"xml\"");
  EXPECT_EQ(write_finding(R"({"create": {"format": "graphql"}})", ".create.query").message, "is missing");
  EXPECT_EQ(write_finding(R"({"create": {"null_text": "x"}})", ".create.null_text").message,
            "is used only with format \"csv\"");
  EXPECT_EQ(write_finding(R"({"create": {"success": [99]}})", ".create.success").message,
            "must be HTTP statuses, not 99");
  EXPECT_EQ(write_finding(R"({"create": {"body": {"a": "{unknown}"}}})", ".create.body").message,
            "unknown placeholder {unknown}");
  EXPECT_EQ(write_finding(R"({"create": {"body": {"...": "x"}}})", ".create.body").message,
            R"("..." must be "{record}" or "{rest}")");
  EXPECT_EQ(write_finding(R"({"create": {"body": "a } b"}})", ".create.body").hint,
            "A brace itself is written {{ or }}.");
  EXPECT_EQ(
      write_finding(R"({"create": {"headers": {"Authorization": "x"}}})", ".create.headers.Authorization").message,
      "header Authorization carries a secret, and config can be read");
  EXPECT_EQ(
      write_finding(R"({"create": {"errors": {"rules": [{"as": "later"}]}}})", ".create.errors.rules[0].status").code,
      finding_code::kMissing);
  EXPECT_EQ(write_finding(R"({"create": {"errors": {"rules": [{"status": 400, "as": "latter"}]}}})",
                          ".create.errors.rules[0].as")
                .hint.substr(0, 22),
            "Did you mean \"later\"? ");
  EXPECT_EQ(write_finding(R"({"create": {}, "remedy": "upsert"})", ".remedy").hint, "Add it, with \"key\".");
  EXPECT_EQ(write_finding(R"({"create": {}, "remedy": "idempotency_key"})", ".remedy").message,
            "\"idempotency_key\" needs a place where the key goes");
  EXPECT_EQ(write_finding(R"({"create": {}, "read_back": {"path": "/a"}})", ".read_back.params").message,
            "do not say which record is asked for");
}

TEST(Write, MistakesInBatchesAreTold) {
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"results": "a"}}})", ".create.batch.size").message,
            "is missing, so that every record is sent alone");
  EXPECT_EQ(write_finding(R"({"update": {"batch": {"size": 9}, "path": "/a/{id}"}})", ".update.path").message,
            "{id} belongs to one record, and the call sends many");
  EXPECT_EQ(write_finding(R"({"update": {"batch": {"size": 9}, "body": {"x": "{record}"}}})", ".update.body").message,
            "{record} belongs to one record, and the call sends many");
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 9}}, "update": {}})", ".create.batch.results").message,
            "is missing: records that are made have to tell their ids");
  EXPECT_EQ(
      write_finding(R"({"create": {"batch": {"size": 9}, "idempotency": {"header": "K"}}})", ".create.idempotency")
          .message,
      "a key belongs to one record, and the call sends many");
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 9, "ok": "a"}}})", ".create.batch.ok").hint,
            "Add \"results\", or remove it.");
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 9, "results": "a", "index": "i", "echo": "e"}}})",
                          ".create.batch.echo")
                .hint,
            "Remove one of them.");
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 9, "results": "a", "failures": {"index": "i"}}}})",
                          ".create.batch.failures.at")
                .code,
            finding_code::kMissing);
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 9, "results": "a", "failures": {"at": "e"}}}})",
                          ".create.batch.failures.index")
                .code,
            finding_code::kMissing);
  EXPECT_EQ(write_finding(R"({"create": {"batch": {"size": 0}}})", ".create.batch.size").message,
            "must be from 1 to 100000, not 0");
}

TEST(Write, SigningSaysWhichHeaderAndHow) {
  EXPECT_EQ(write_of(R"({"create": {}})")->signing.type, Signing::Type::none);
  EXPECT_EQ(write_of(R"({"create": {}, "signing": {"type": "standard"}})")->signing.type, Signing::Type::standard);
  const auto write = write_of(
      R"({"create": {}, "signing": {"type": "hmac_sha512", "header": "X-Sum", "prefix": "sha512=", "encoding": "base64", "timestamp_header": "X-At"}})");
  EXPECT_EQ(write->signing.type, Signing::Type::hmac_sha512);
  EXPECT_EQ(write->signing.header, "X-Sum");
  EXPECT_EQ(write->signing.prefix, "sha512=");
  EXPECT_TRUE(write->signing.base64);
  EXPECT_EQ(write->signing.timestamp_header, "X-At");
  EXPECT_EQ(write_finding(R"({"create": {}, "signing": {}})", ".signing.type").code, finding_code::kMissing);
  EXPECT_EQ(write_finding(R"({"create": {}, "signing": {"type": "hmac"}})", ".signing.type").message,
            "unknown value \"hmac\"");
  EXPECT_EQ(write_finding(R"({"create": {}, "signing": {"type": "hmac_sha256", "header": "a b"}})", ".signing.header")
                .message,
            "is not a header name");
}

TEST(Write, PathsNeedNotNameRecords) {
  const auto write =
      write_of(R"({"id_in_path": false, "method": "PUT", "create": {}, "update": {}, "delete": {"method": "DELETE"}})");
  EXPECT_EQ(write->update->path, "/customers");
  EXPECT_EQ(write->create->method, "PUT");
  EXPECT_EQ(write->update->method, "PUT");
  EXPECT_EQ(write->remove->method, "DELETE");
  EXPECT_FALSE(write->update->gone.given());  // 404 speaks of the place, not of a record
  EXPECT_FALSE(write->needs_id());
}

// TANDEM_CONNECTORS is the folder of the built-in manifests; the build gives it.
#ifdef TANDEM_CONNECTORS
TEST(Write, TheWebhookConnectorIsValid) {
  std::ifstream file(std::string(TANDEM_CONNECTORS) + "/webhook.json");
  std::stringstream json_text;
  json_text << file.rdbuf();
  const Json manifest = Json::parse(json_text.str()).value();
  for (const Finding& finding : validate_manifest(manifest)) ADD_FAILURE() << finding.path << ": " << finding.message;
  const Json settings =
      json(R"({"base_url": "https://hooks.example.com", "objects": {"records": {"path": "/in/orders"}}})");
  const auto api = make_api(manifest, settings);
  ASSERT_TRUE(api) << api.error().text;
  const auto write = api.value().objects.front().write;
  EXPECT_EQ(write->remove->path, "/in/orders");
  EXPECT_EQ(write->signing.type, Signing::Type::standard);
  const Composer composer = composer_of(write);
  const PushFacts facts{
      .mapping = "m", .mapping_id = "4", .run = "9", .tenant = "t", .host = "h", .now = "2026-01-02T03:04:05Z"};
  const Composed out = composer.compose(
      std::vector{change(Op::create, "", {tandem::core::text(0, "a")}), change(Op::remove, "5", {})}, facts);
  ASSERT_EQ(out.requests.size(), 2u);
  EXPECT_EQ(out.requests[0].id, "key-1");
  EXPECT_EQ(
      out.requests[0].body,
      R"({"event":"record.created","record":{"name":"a"},"metadata":{"timestamp":"2026-01-02T03:04:05Z","id":"key-1","syncConfigName":"m","syncId":"4","syncRunId":"9","customerId":"t","host":"h","key":{"id": "5"}}})");
  EXPECT_NE(out.requests[1].body.find(R"("event":"record.deleted","record":{})"), std::string::npos);
  const auto taken = outcomes(*write, out.requests[0], {change(Op::create, "", {})}, {200, R"({"id": "ok"})"});
  EXPECT_EQ(taken[0].kind, Outcome::Kind::settled);
  EXPECT_EQ(taken[0].remote_id, "");  // what receivers say is no id
  const auto gone = outcomes(*write, out.requests[0], {change(Op::create, "", {})}, {410, ""});
  EXPECT_TRUE(gone[0].stops);
  EXPECT_TRUE(gone[0].unwanted);
  EXPECT_FALSE(outcomes(*write, out.requests[0], {change(Op::create, "", {})}, {302, ""})[0].unwanted);
  EXPECT_EQ(gone[0].status, 410);
  const auto settings_rows = connector_settings(manifest);
  EXPECT_TRUE(
      std::ranges::any_of(settings_rows, [](const Setting& s) { return s.name == "signing_secret" && s.secret; }));
  EXPECT_EQ(required_credentials(*api), std::vector<std::string>{"signing_secret"});
  EXPECT_EQ(known_credentials(*api), (std::vector<std::string>{"signing_secret", "signing_secret_old"}));
}

TEST(Write, ABodyOfTheConfigReplacesTheConnectors) {
  std::ifstream file(std::string(TANDEM_CONNECTORS) + "/webhook.json");
  std::stringstream json_text;
  json_text << file.rdbuf();
  const auto api = make_api(
      Json::parse(json_text.str()).value(),
      json(
          R"({"base_url": "https://h.example.com", "objects": {"records": {"write": {"signing": {"type": "none"}, "body": {"all": "{records}"},
              "batch": {"size": 2, "record": {"e": "{event}"}}, "delete": {"batch": {"size": 1}}}}}})"));
  ASSERT_TRUE(api) << api.error().text;
  const auto& write = api.value().objects.front().write;
  EXPECT_EQ(write->create->body->dump(), R"({"all":"{records}"})");
  EXPECT_EQ(write->update->batch.record->dump(), R"({"e":"{event}"})");
  EXPECT_NE(write->remove->body->dump().find("metadata"), std::string::npos);
  EXPECT_TRUE(known_credentials(*api).empty());
}
#endif

TEST(Write, ObjectsWithoutOneAreReadOnly) {
  EXPECT_EQ(make_api(Json::object(), config(R"({"path": "/c"})")).value().objects[0].write, nullptr);
  EXPECT_EQ(object_finding(R"({"path": "/c/{parent}/o", "parent": {"object": "x"}, "write": {"create": {}}})",
                           "objects.customers.write.create.path")
                .code,
            finding_code::kMissing);
}

}  // namespace
}  // namespace tandem::core
