// Manifests and configs: every key read, every mistake answered with its path and a way out.
#include <gtest/gtest.h>

#include <fstream>
#include <sstream>

#include "core/manifest/api.hpp"
#include "core/manifest/values.hpp"
#include "core/manifest/manifest.hpp"
#include "core/schema/check.hpp"
#include "core_api_fixture.hpp"

namespace tandem::core {
namespace {

TEST(Api, ReadsEveryKey) {
  const Api api = make_api(Json::object(), json(R"({
    "base_url": "https://api.example.com/v1/", "headers": {"Accept-Language": "en"}, "params": {"v": 2, "all": true},
    "auth": {"type": "api-key", "param": "key"}, "max_in_flight": 3,
    "timeouts": {"connect": 2, "first_byte": "500ms", "total": 1.5},
    "objects": {"customers": {"path": "/customers", "label": "Customers", "params": {"expand": "lines", "v": "3"}, "records": "data.items",
                "id": ["region", "no"], "cursor": {"field": "updated_at", "param": "since", "format": "epoch_ms"},
                "paging": {"style": "token", "param": "cursor", "next": "$.meta.\"next.token\"", "size_param": "limit", "size": 500, "max_pages": 7}},
                "orders": {"path": "/orders"}}})"))
                      .value();
  EXPECT_EQ(api.base_url, "https://api.example.com/v1");
  EXPECT_EQ(api.headers, (Params{{"Accept-Language", "en"}}));
  EXPECT_EQ(api.params, (Params{{"v", "2"}, {"all", "true"}}));
  EXPECT_EQ(api.auth.type, AuthType::api_key);
  EXPECT_EQ(api.auth.param, "key");
  EXPECT_EQ(api.auth.header, "");
  EXPECT_EQ(api.max_in_flight, 3);
  EXPECT_EQ(api.connect_ms, 2000);
  EXPECT_EQ(api.first_byte_ms, 500);
  EXPECT_EQ(api.total_ms, 1500);
  const Object* customers = api.object("customers");
  ASSERT_NE(customers, nullptr);
  EXPECT_EQ(customers->label, "Customers");
  EXPECT_EQ(customers->params, (Params{{"v", "3"}, {"all", "true"}, {"expand", "lines"}}));
  EXPECT_EQ(customers->records.path, (std::vector<std::string>{"data", "items"}));
  EXPECT_EQ(customers->id, (std::vector<std::string>{"region", "no"}));
  EXPECT_EQ(customers->cursor->param, "since");
  EXPECT_EQ(customers->cursor->format, CursorFormat::epoch_ms);
  EXPECT_EQ(customers->paging.next, (std::vector<std::string>{"meta", "next.token"}));
  EXPECT_EQ(customers->paging.size, 500);
  EXPECT_EQ(customers->paging.max_pages, 7);
  EXPECT_EQ(api.object("orders")->id, (std::vector<std::string>{"id"}));
  EXPECT_EQ(api.object("orders")->label, "orders");
  EXPECT_EQ(api.object("nothing"), nullptr);
}

TEST(Api, ObjectsSayWhatVersionsAndMarksOfDeletionAre) {
  const auto read = [](const std::string& more) {
    return make_api(Json::object(), config(R"({"path": "/c")" + more + "}")).value().objects[0];
  };
  EXPECT_EQ(read("").version, "");
  EXPECT_FALSE(read("").deleted);
  EXPECT_EQ(read(R"(, "version": "meta.etag")").version, "meta.etag");
  EXPECT_EQ(read(R"(, "deleted": {"field": "isDeleted"})").deleted->equals.dump(), "true");
  EXPECT_EQ(read(R"(, "deleted": {"field": "status", "equals": "cancelled"})").deleted->equals.dump(), "\"cancelled\"");
  EXPECT_EQ(read(R"(, "deleted": {"field": "n", "equals": 0})").deleted->field, "n");
  for (const char* wrong : {R"("isDeleted")", R"([])"})
    object_finding(R"({"path": "/c", "deleted": )" + std::string(wrong) + "}", "objects.customers.deleted");
  object_finding(R"({"path": "/c", "deleted": {}})", "objects.customers.deleted.field");
  object_finding(R"({"path": "/c", "deleted": {"field": "a", "equals": {}}})", "objects.customers.deleted.equals");
  object_finding(R"({"path": "/c", "deleted": {"feild": "a"}})", "objects.customers.deleted.feild");
  object_finding(R"({"path": "/c", "version": 1})", "objects.customers.version");
}

TEST(Api, ExampleOfTheReferenceIsValidWithoutItsLaterKeys) {
  EXPECT_TRUE(validate_config(Json::object(), config(R"({"path": "/customers", "records": "data.items", "id": "id",
    "cursor": {"field": "updated_at", "param": "updated_since", "format": "iso8601"},
    "paging": {"style": "token", "param": "cursor", "next": "next_cursor", "size_param": "limit", "size": 500}})"))
                  .empty());
}

TEST(Api, DefaultsOfPagingStyles) {
  const auto paging = [](const char* text) { return make_api(Json::object(), config(text)).value().objects[0].paging; };
  const Paging page = paging(R"({"path": "/c", "paging": {"style": "page"}})");
  EXPECT_EQ(page.param, "page");
  EXPECT_EQ(page.start, 1);
  EXPECT_EQ(page.size_param, "");
  EXPECT_EQ(page.max_pages, 100'000);
  const Paging offset = paging(R"({"path": "/c", "paging": {"style": "offset", "size": 50}})");
  EXPECT_EQ(offset.param, "offset");
  EXPECT_EQ(offset.size_param, "limit");
  EXPECT_EQ(offset.start, 0);
  EXPECT_EQ(paging(R"({"path": "/c"})").style, PageStyle::none);
}

TEST(Api, ConfigIsMergedOverTheManifest) {
  const Json manifest =
      json(R"({"title": "Shop", "base_url": "https://a.example", "headers": {"X-A": "1"}, "auth": {"type": "bearer"},
    "objects": {"a": {"path": "/a", "paging": {"style": "page", "size_param": "n", "size": 10}}}})");
  const Api api = make_api(manifest, json(R"({"base_url": "https://b.example", "headers": {"X-A": null},
    "objects": {"a": {"paging": {"size": 20}}}})"))
                      .value();
  EXPECT_EQ(api.base_url, "https://b.example");
  EXPECT_TRUE(api.headers.empty());
  EXPECT_EQ(api.auth.type, AuthType::bearer);
  EXPECT_EQ(api.object("a")->paging.size, 20);
  EXPECT_EQ(api.object("a")->path, "/a");
}

TEST(Api, UnknownKeysNameTheNearest) {
  EXPECT_EQ(object_finding(R"({"path": "/c", "pageing": {}})", "objects.customers.pageing").hint,
            "Did you mean \"paging\"?");
  const Finding finding =
      object_finding(R"({"path": "/c", "paging": {"style": "page", "sise": 3}})", "objects.customers.paging.sise");
  EXPECT_EQ(finding.message, "unknown key \"sise\"");
  EXPECT_EQ(finding.hint, "Did you mean \"size\"?");
  EXPECT_EQ(finding.code, "TD501");
  EXPECT_EQ(config_finding(R"({"base-url": "https://a.example"})", "base-url").hint, "Did you mean \"base_url\"?");
  EXPECT_EQ(at(validate_manifest(json(R"({"tittle": "x"})")), "tittle")->hint, "Did you mean \"title\"?");
}

TEST(Api, KeysOfLaterReleasesAreRefused) {
  for (const char* key : {"rate_limits", "respect_upstream_limits", "retry", "health_check", "circuit_breaker", "ca",
                          "client_certificate", "title", "settings"}) {
    const Json with_key = json((std::string(R"({"base_url": "https://a.example", ")") + key + "\": {}}").c_str());
    const Findings findings = validate_config(Json::object(), with_key);
    ASSERT_NE(at(findings, key), nullptr) << key;
    EXPECT_EQ(at(findings, key)->code, "TD501");
    EXPECT_FALSE(at(findings, key)->hint.empty());
  }
}

TEST(Api, WrongKindsAndChoices) {
  EXPECT_EQ(object_finding(R"("x")", "objects.customers").code, "TD502");
  EXPECT_EQ(object_finding(R"({"path": 3})", "objects.customers.path").message,
            "must be text, not " + std::string(Json::kind_name(Json::Kind::integer)));
  EXPECT_EQ(object_finding(R"({"path": "/c", "paging": {"style": "pages"}})", "objects.customers.paging.style").hint,
            "Did you mean \"page\"? Allowed: none, page, offset, token, next_url, link, keyset.");
  EXPECT_EQ(object_finding(R"({"path": "/c", "id": [1]})", "objects.customers.id").code, "TD502");
  EXPECT_EQ(object_finding(R"({"path": "/c", "id": ["a", "a"]})", "objects.customers.id").code, "TD503");
  EXPECT_EQ(object_finding(R"({"path": "/c", "params": {"a": []}})", "objects.customers.params.a").code, "TD502");
  EXPECT_EQ(object_finding(R"({"path": "/c", "cursor": {"field": "a", "param": "b", "format": "unix"}})",
                           "objects.customers.cursor.format")
                .code,
            "TD503");
  EXPECT_EQ(config_finding(R"({"max_in_flight": 0})", "max_in_flight").message, "must be from 1 to 100, not 0");
  EXPECT_EQ(config_finding(R"([])", "").code, "TD502");
  EXPECT_EQ(config_finding(R"({"auth": {"type": "oauth"}})", "auth.type").code, "TD503");
  EXPECT_EQ(config_finding(R"({"auth": {"header": "X-K"}})", "auth.type").code, "TD504");
}

TEST(Api, OddNamesAreQuotedInPaths) {
  const Findings findings =
      validate_config(Json::object(), json(R"({"base_url": "https://a.example", "objects": {"my.obj": {}}})"));
  EXPECT_NE(at(findings, R"(objects."my.obj".path)"), nullptr);
}

TEST(Api, PagingCombinations) {
  const auto paging = [](const char* text, const char* path) {
    return object_finding(std::string(R"({"path": "/c", "paging": )") + text + "}",
                          std::string("objects.customers.paging") + path);
  };
  EXPECT_EQ(paging(R"({"style": "token", "param": "c"})", ".next").code, "TD504");
  EXPECT_EQ(paging(R"({"style": "token", "next": "c"})", ".param").code, "TD504");
  EXPECT_EQ(paging(R"({"style": "next_url"})", ".next").code, "TD504");
  EXPECT_EQ(paging(R"({"size": 3})", ".style").code, "TD504");
  EXPECT_EQ(paging(R"({"style": "page", "size": 3})", ".size_param").code, "TD504");
  EXPECT_EQ(paging(R"({"style": "link", "total": "t"})", ".total").message, "is not used by style \"link\"");
  EXPECT_EQ(paging(R"({"style": "none", "max_pages": 3})", ".max_pages").code, "TD503");
  EXPECT_EQ(paging(R"({"style": "offset", "total_pages": "t"})", ".total_pages").code, "TD503");
  EXPECT_EQ(paging(R"({"style": "page", "total": "$"})", ".total").code, "TD503");
  EXPECT_EQ(paging(R"({"style": "page", "total": "a..b"})", ".total").code, "TD503");
  EXPECT_EQ(paging(R"({"style": "page", "start": -1})", ".start").message, "must be 0 or more, not -1");
  EXPECT_EQ(
      object_finding(R"({"path": "/c", "records": "_object", "paging": {"style": "page"}})", "objects.customers.paging")
          .code,
      "TD503");
}

TEST(Api, AParameterHasOneOwner) {
  EXPECT_EQ(object_finding(R"({"path": "/c", "params": {"page": 1}, "paging": {"style": "page"}})",
                           "objects.customers.paging.param")
                .message,
            "query parameter page is already used by params");
  object_finding(R"({"path": "/c", "cursor": {"field": "a", "param": "page"}, "paging": {"style": "page"}})",
                 "objects.customers.cursor.param");
  object_finding(R"({"path": "/c", "paging": {"style": "page", "size_param": "page"}})",
                 "objects.customers.paging.size_param");
}

TEST(Api, SecretsDoNotBelongInConfig) {
  EXPECT_NE(
      config_finding(R"({"headers": {"authorization": "Bearer x"}})", "headers.authorization").hint.find("\"bearer\""),
      std::string::npos);
  EXPECT_NE(config_finding(R"({"headers": {"X-Api-Key": "x"}})", "headers.X-Api-Key").hint.find("\"X-Api-Key\""),
            std::string::npos);
  EXPECT_EQ(config_finding(R"({"headers": {"Cookie": "x"}})", "headers.Cookie").severity, Severity::error);
  config_finding(R"({"auth": {"type": "api-key", "header": "X-Mine"}, "headers": {"x-mine": "a"}})", "headers.x-mine");
  EXPECT_EQ(config_finding(R"({"params": {"api_key": "x"}})", "params.api_key").severity, Severity::warning);
  for (const Finding& finding :
       validate_config(Json::object(), json(R"({"headers": {"Cookie": "s3cret"}, "params": {"token": "s3cret"}})"))) {
    EXPECT_EQ((finding.message + finding.hint).find("s3cret"), std::string::npos);
  }
}

TEST(Api, Headers) {
  config_finding(R"({"headers": {"X A": "1"}})", R"(headers."X A")");
  config_finding(R"({"headers": {"X-A": "1\r\nX-B: 2"}})", "headers.X-A");
  config_finding(R"({"headers": {"Host": "evil"}})", "headers.Host");
  config_finding(R"({"headers": {"X-A": 1}})", "headers.X-A");
  config_finding(R"({"headers": {"X-A": "1", "x-a": "2"}})", "headers.x-a");
  config_finding(R"({"auth": {"type": "api-key", "header": "X\nA"}})", "auth.header");
  config_finding(R"({"auth": {"type": "api-key", "header": "X-A", "param": "a"}})", "auth.param");
  config_finding(R"({"auth": {"type": "bearer", "header": "X-A"}})", "auth.header");
}

TEST(ApiValues, BaseUrl) {
  for (const char* good : {"https://api.example.com", "http://127.0.0.1:8080/v1/", "HTTPS://a.example/x%20y",
                           "https://[::1]:80/", "http://a"}) {
    EXPECT_FALSE(check_base_url(good)) << good;
  }
  for (const char* bad :
       {"", "api.example.com", "ftp://a.example", "https://", "https://u:p@a.example", "https://a.example?x=1",
        "https://a.example/#x", "https://a.example/a b", "https://a.example:0", "https://a.example:x", "https://:80",
        "https://a.example:65536", "https://a.example/../b", "https://a\\b", "file:///etc/passwd", "//a.example"}) {
    EXPECT_TRUE(check_base_url(bad)) << bad;
  }
}

TEST(ApiValues, ObjectPath) {
  for (const char* good : {"/", "/a/b", "/a..b", "/a/%20", "/v1/c.json", "/a/"})
    EXPECT_FALSE(check_object_path(good)) << good;
  for (const char* bad : {"a", "", "//evil.example/a", "https://evil.example", "/a?b=1", "/a#b", "/../a", "/a/..",
                          "/a/%2E%2e/b", "/a/.%2e", "/./a", "/a b", "/a\nb"}) {
    EXPECT_TRUE(check_object_path(bad)) << bad;
  }
}

TEST(ApiValues, Durations) {
  const auto ms = [](const char* text) {
    const auto r = duration_ms(json(text));
    return r ? *r : -1;
  };
  EXPECT_EQ(ms("30"), 30'000);
  EXPECT_EQ(ms("0.25"), 250);
  EXPECT_EQ(ms("\"30s\""), 30'000);
  EXPECT_EQ(ms("\"500ms\""), 500);
  EXPECT_EQ(ms("\"1.5m\""), 90'000);
  EXPECT_EQ(ms("\"1h\""), 3'600'000);
  for (const char* bad : {"0", "-1", "3601", "\"30\"", "\"\"", "\"s\"", "\"30 s\"", "\"nans\"", "\"1e3s\"", "true",
                          "[]", "\"2h\"", "0.0001"})
    EXPECT_EQ(ms(bad), -1) << bad;
}

TEST(ApiValues, BodyPaths) {
  using Path = std::vector<std::string>;
  EXPECT_EQ(body_path("a").value(), Path{"a"});
  EXPECT_EQ(body_path("a.b").value(), (Path{"a", "b"}));
  EXPECT_EQ(body_path("$").value(), Path{});
  EXPECT_EQ(body_path("$.a.b").value(), (Path{"a", "b"}));
  EXPECT_EQ(body_path(R"($."@odata.nextLink")").value(), Path{"@odata.nextLink"});
  EXPECT_EQ(body_path(R"($.a."say \"hi\"".b)").value(), (Path{"a", "say \"hi\"", "b"}));
  for (const char* bad : {"", ".", "a.", ".a", "a..b", "$a", "$.", "$..a", "$.a[*]", "$[0]", "$.*", "$.a ? (@ > 1)",
                          "$.\"a", "$.\"a\"b", "$.\"\"", "$.\"a\\"}) {
    EXPECT_FALSE(body_path(bad).ok()) << bad;
  }
}

TEST(Api, RecordsPositions) {
  using Rule = base::RecordsAt::Rule;
  const auto rule = [](const char* text) {
    return make_api(Json::object(), config(std::string(R"({"path": "/c", "records": )") + text + "}"))
        .value()
        .objects[0]
        .records;
  };
  EXPECT_EQ(rule("null").rule, Rule::first_of_known);
  EXPECT_EQ(rule("\"_root\"").rule, Rule::root);
  EXPECT_EQ(rule("\"$\"").rule, Rule::root);
  EXPECT_EQ(rule("\"_object\"").rule, Rule::object);
  EXPECT_EQ(rule("\"data.items\"").rule, Rule::path);
  EXPECT_EQ(rule(R"("$.\"a.b\"")").path, std::vector<std::string>{"a.b"});
  EXPECT_EQ(object_finding(R"({"path": "/c", "records": "$.items[*]"})", "objects.customers.records").code, "TD503");
}

TEST(Api, ErrorNamesTheFirstMistake) {
  const auto result = make_api(Json::object(), config(R"({"path": "/c", "paging": {"style": "pages"}})"));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().text, "objects.customers.paging.style: unknown value \"pages\"");
  EXPECT_EQ(result.error().code, base::Errc::invalid_parameter);
  EXPECT_FALSE(result.error().hint.empty());
  EXPECT_FALSE(make_api(Json::object(), json("{}")).ok());  // base_url is missing
}

TEST(Api, NoObjectsIsAWarning) {
  const Json bare = json(R"({"base_url": "https://a.example"})");
  const Findings findings = validate_config(Json::object(), bare);
  ASSERT_EQ(findings.size(), 1u);
  EXPECT_EQ(findings[0].severity, Severity::warning);
  EXPECT_TRUE(make_api(Json::object(), bare).ok());
}

TEST(Manifest, MayLeaveOutWhatConnectionsFillIn) {
  EXPECT_TRUE(validate_manifest(json("{}")).empty());
  EXPECT_EQ(
      at(validate_manifest(json(R"({"objects": {"a": {"paging": {"style": "token"}}}})")), "objects.a.paging.next")
          ->code,
      "TD504");
  EXPECT_EQ(at(validate_manifest(json("[]")), "")->code, "TD502");
  EXPECT_EQ(at(validate_manifest(json(R"({"title": 3})")), "title")->code, "TD502");
}

TEST(Manifest, SettingsApplyToWhatStandsInTheConfig) {
  const Json manifest = json(R"({"base_url": "https://a.example", "settings": {
    "params.region": {"type": "string", "required": true, "choices": ["eu", "us"], "help": "Where the account is."},
    "max_in_flight": {"type": "integer", "default": 2}, "headers.X-Team": {"label": "Team"}}})");
  EXPECT_TRUE(validate_manifest(manifest).empty());
  const auto finding = [&](const char* text, const char* path) {
    const Findings all = validate_config(manifest, json(text));
    return at(all, path) == nullptr ? Finding{} : *at(all, path);
  };
  EXPECT_EQ(finding("{}", "params.region").code, "TD504");
  EXPECT_EQ(finding(R"({"params": {"region": "mars"}})", "params.region").hint, "Allowed: eu, us.");
  EXPECT_EQ(finding(R"({"params": {"region": 3}})", "params.region").code, "TD502");
  EXPECT_EQ(finding(R"({"params": {"region": "eu"}, "headers": {"X-Team": 3}})", "headers.X-Team").code, "TD502");
  const Api api = make_api(manifest, json(R"({"params": {"region": "eu"}})")).value();
  EXPECT_EQ(api.max_in_flight, 2);
  EXPECT_EQ(api.params, (Params{{"region", "eu"}}));
  EXPECT_EQ(make_api(manifest, json(R"({"params": {"region": "eu"}, "max_in_flight": 5})")).value().max_in_flight, 5);
}

TEST(Manifest, SettingsThemselvesAreChecked) {
  const auto finding = [](const char* settings, const char* path) {
    const Findings all = validate_manifest(json((std::string(R"({"settings": )") + settings + "}").c_str()));
    return at(all, path) == nullptr ? Finding{} : *at(all, path);
  };
  EXPECT_EQ(finding(R"({"region": {}})", "settings.region").code, "TD503");
  EXPECT_EQ(finding(R"({"base_urll": {}})", "settings.base_urll").hint, "Did you mean \"base_url\"?");
  EXPECT_EQ(finding(R"({"params.": {}})", "settings.\"params.\"").code, "TD503");
  EXPECT_EQ(finding(R"({"base_url": {"typ": "string"}})", "settings.base_url.typ").code, "TD501");
  EXPECT_EQ(finding(R"({"base_url": {"type": "text"}})", "settings.base_url.type").code, "TD503");
  EXPECT_EQ(finding(R"({"base_url": {"default": 3}})", "settings.base_url.default").code, "TD502");
  EXPECT_EQ(finding(R"({"base_url": {"choices": []}})", "settings.base_url.choices").code, "TD502");
  EXPECT_EQ(finding(R"({"base_url": {"choices": ["a"], "default": "b"}})", "settings.base_url.default").code, "TD503");
  EXPECT_EQ(finding("3", "settings").code, "TD502");
}

TEST(Manifest, ConnectorSettingsFollowTheAuthType) {
  const auto names = [](const char* text) {
    std::string out;
    for (const Setting& row : connector_settings(json(text))) out += row.name + (row.required ? "! " : " ");
    return out;
  };
  EXPECT_EQ(names("{}"), "base_url! username password token key ");
  EXPECT_EQ(names(R"({"base_url": "https://a.example", "auth": {"type": "basic"}})"), "username! password! ");
  EXPECT_EQ(names(R"({"auth": {"type": "none"}})"), "base_url! ");
  const std::vector<Setting> rows =
      connector_settings(json(R"({"base_url": "https://a.example", "auth": {"type": "bearer"},
    "settings": {"base_url": {"required": true, "label": "Server", "help": "Where."}, "max_in_flight": {"type": "integer", "default": 2}}})"));
  ASSERT_EQ(rows.size(), 3u);
  EXPECT_EQ(rows[0].default_value, "https://a.example");
  EXPECT_FALSE(rows[0].required);
  EXPECT_EQ(rows[0].label, "Server");
  EXPECT_EQ(rows[1].default_value, "2");
  EXPECT_EQ(rows[1].data_type, "integer");
  EXPECT_EQ(rows[2].kind, "credential");
  EXPECT_TRUE(rows[2].secret);
}

TEST(Manifest, CredentialsOfEachAuthType) {
  EXPECT_TRUE((Auth{.type = AuthType::none}).required_credentials().empty());
  EXPECT_EQ((Auth{.type = AuthType::basic}).required_credentials(), (std::vector<std::string>{"username", "password"}));
  EXPECT_EQ((Auth{.type = AuthType::bearer}).required_credentials(), std::vector<std::string>{"token"});
  EXPECT_EQ((Auth{.type = AuthType::api_key}).required_credentials(), std::vector<std::string>{"key"});
}

// TANDEM_CONNECTORS is the folder of the built-in manifests; the build gives it.
#ifdef TANDEM_CONNECTORS
TEST(Manifest, BuiltInRestConnectorIsValid) {
  std::ifstream file(std::string(TANDEM_CONNECTORS) + "/rest.json");
  std::stringstream text;
  text << file.rdbuf();
  const Json manifest = Json::parse(text.str()).value();
  EXPECT_TRUE(validate_manifest(manifest).empty());
  EXPECT_FALSE(make_api(manifest, Json::object()).ok());
  EXPECT_EQ(make_api(manifest, json(R"({"base_url": "https://a.example"})")).value().auth.type, AuthType::none);
  EXPECT_EQ(connector_settings(manifest).size(), 6u);
}
#endif

TEST(Manifest, RandomDocumentsNeverThrow) {
  // Every value kind at every known place: whatever stands there is reported, nothing escapes.
  const char* const values[] = {"null", "true", "3",           "0.5",        "\"x\"", "[]",
                                "[1]",  "{}",   R"({"a": 1})", R"({"": 1})", R"("")"};
  const char* const places[] = {R"({"base_url": @})",
                                R"({"headers": @})",
                                R"({"auth": @})",
                                R"({"auth": {"type": @}})",
                                R"({"params": @})",
                                R"({"objects": @})",
                                R"({"objects": {"a": @}})",
                                R"({"objects": {"a": {"paging": @}}})",
                                R"({"objects": {"a": {"records": @}}})",
                                R"({"objects": {"a": {"cursor": @}}})",
                                R"({"objects": {"a": {"id": @}}})",
                                R"({"timeouts": @})",
                                R"({"timeouts": {"total": @}})",
                                "@",
                                R"({"settings": @})",
                                R"({"settings": {"base_url": @}})",
                                R"({"settings": {"params.a": {"default": @}}})",
                                R"({"settings": {"params.a": {"choices": @}}})"};
  for (const char* place : places) {
    for (const char* value : values) {
      std::string text = place;
      text.replace(text.find('@'), 1, value);
      const Json document = json(text.c_str());
      EXPECT_NO_THROW({
        validate_manifest(document);
        validate_config(Json::object(), document);
        validate_config(document, Json::object());
        connector_settings(document);
        EXPECT_EQ(make_api(document, Json::object()).ok(), !has_errors(validate_config(document, Json::object())))
            << text;
      }) << text;
    }
  }
}

}  // namespace
}  // namespace tandem::core
