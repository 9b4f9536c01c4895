#include "core/manifest/read.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/manifest/values.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr int kMostInFlight = 100;
constexpr std::array<std::string_view, 3> kAuthKeys{"type", "header", "param"};
constexpr std::array<std::string_view, 13> kObjectKeys{"path",    "label",     "params", "records", "id",
                                                       "paging",  "cursor",    "parent", "filters", "version",
                                                       "deleted", "deletions", "write"};
constexpr std::array<std::string_view, 6> kDeletionsKeys{"path", "params", "records", "id", "paging", "cursor"};
constexpr std::array<std::string_view, 2> kDeletedKeys{"field", "equals"};
constexpr std::array<std::string_view, 3> kTimeoutKeys{"connect", "first_byte", "total"};

void complain(ObjectReader& in, std::string_view key, const Wrong& wrong) {
  if (wrong) in.error(key, wrong->text, wrong->hint);
}

std::string as_text(const base::Json& value) { return value.is_string() ? value.string() : value.dump(); }

void set_param(Params& params, std::string name, std::string value) {
  const auto same = std::ranges::find(params, name, &Params::value_type::first);
  if (same != params.end())
    same->second = std::move(value);
  else
    params.emplace_back(std::move(name), std::move(value));
}

std::string api_key_hint(std::string_view header) {
  if (base::lower(header) == "authorization") {
    return "Use \"auth\": {\"type\": \"bearer\"} or {\"type\": \"basic\"} and give the secret as credentials.";
  }
  return base::strcat("Use \"auth\": {\"type\": \"api-key\", \"header\": ", base::Json(std::string(header)).dump(),
                      "} and give the value as credential \"key\".");
}

void read_headers(ObjectReader& in, Api& api, Findings& findings) {
  std::vector<std::string> seen;
  for (const base::Json::Member* member : in.members("headers")) {
    const std::string& name = member->first;  // no structured binding: clang 14 cannot capture one
    const base::Json& value = member->second;
    const auto report = [&](std::string message, std::string hint, const char* code) {
      findings.push_back({.path = path_join(in.path_of("headers"), name),
                          .message = std::move(message),
                          .hint = std::move(hint),
                          .code = code});
    };
    if (Wrong bad = check_header_name(name)) {
      report(bad->text, bad->hint, finding_code::kWrongValue);
    } else if (secret_header(name) ||
               (api.auth.type == AuthType::api_key && base::lower(name) == base::lower(api.auth.header))) {
      report(base::strcat("header ", name, " carries a secret, and config can be read"), api_key_hint(name),
             finding_code::kWrongValue);
    } else if (!value.is_string()) {
      report(base::strcat("must be text, not ", base::Json::kind_name(value.kind())), {}, finding_code::kWrongKind);
    } else if (Wrong unfit = check_header_value(value.string())) {
      report(unfit->text, unfit->hint, finding_code::kWrongValue);
    } else if (std::ranges::find(seen, base::lower(name)) != seen.end()) {
      report(base::strcat("header ", name, " is given twice, header names ignore case"), {}, finding_code::kWrongValue);
    } else {
      api.headers.emplace_back(name, value.string());
    }
    seen.push_back(base::lower(name));
  }
}

Auth read_auth(const base::Json& json, const std::string& path, Findings& findings) {
  Auth auth;
  ObjectReader in(json, path, kAuthKeys, findings);
  const std::optional<std::size_t> type = in.choice("type", kAuthTypes);
  if (!type) {
    if (json.is_object() && in.find("type") == nullptr) in.missing("type", "Allowed: none, basic, bearer, api-key.");
    return auth;
  }
  auth.type = static_cast<AuthType>(*type);
  const std::optional<std::string> header = in.text("header");
  const std::optional<std::string> param = in.text("param");
  for (const char* key : {"header", "param"}) {
    if (auth.type == AuthType::api_key || in.find(key) == nullptr) continue;
    in.error(key, base::strcat("is used only with type \"api-key\", not with \"", kAuthTypes[*type], '"'),
             "Remove it, or set it to null where the connector gives it.");
  }
  if (auth.type != AuthType::api_key) return auth;
  if (header && param)
    in.error("param", "the key goes into a header or into a parameter, not both", "Remove \"header\" or \"param\".");
  if (header) complain(in, "header", check_header_name(*header));
  auth.header = header ? *header : param ? std::string() : auth.header;
  auth.param = param.value_or("");
  return auth;
}

void read_timeouts(const base::Json& json, const std::string& path, Api& api, Findings& findings) {
  ObjectReader in(json, path, kTimeoutKeys, findings);
  const auto read = [&](const char* key, int& into) {
    const base::Json* value = in.find(key);
    if (value == nullptr) return;
    const base::Result<int> ms = duration_ms(*value);
    if (ms)
      into = *ms;
    else
      in.error(key, ms.error().text, ms.error().hint);
  };
  read("connect", api.connect_ms);
  read("first_byte", api.first_byte_ms);
  read("total", api.total_ms);
}

Params read_filter_params(ObjectReader& in) {
  Params filters;
  for (const base::Json::Member* member : in.members("filters")) {
    if (member->second.is_string() && !member->second.string().empty())
      filters.emplace_back(member->first, member->second.string());
    else
      in.error("filters", base::strcat("the parameter of field \"", member->first, "\" must be a text"),
               "Write {\"status\": \"status\"}: field, then query parameter.", finding_code::kWrongKind);
  }
  return filters;
}

std::optional<DeletedFlag> read_deleted(const base::Json& json, const std::string& path, Findings& findings) {
  constexpr const char* kHint = "Write {\"field\": \"isDeleted\", \"equals\": true}.";
  ObjectReader in(json, path, kDeletedKeys, findings);
  if (!json.is_object()) return std::nullopt;
  DeletedFlag flag{.field = in.text("field").value_or("")};
  if (in.find("field") == nullptr) in.missing("field", kHint);
  if (const base::Json* equals = in.find("equals")) {
    if (equals->is_object() || equals->is_array())
      in.error("equals", base::strcat("must be a text, number or boolean, not ", base::Json::kind_name(equals->kind())),
               kHint, finding_code::kWrongKind);
    else
      flag.equals = *equals;
  }
  return flag.field.empty() ? std::nullopt : std::optional(std::move(flag));
}

// What can be read page by page: an object, or the feed of its deletions.
Object read_listing(ObjectReader& in, const std::string& name, const Api& api, Findings& findings) {
  Object object{.name = name, .params = api.params};
  if (const auto object_path = in.text("path")) {
    object.path = *object_path;
    complain(in, "path", check_object_path(object.path));
  } else if (in.find("path") == nullptr) {
    in.missing("path", "Write it like \"/customers\"; it is appended to base_url.");
  }
  for (auto& [param, value] : read_params(in, findings)) set_param(object.params, param, value);
  object.records = read_records(in);
  object.id = in.texts("id");
  if (const base::Json* paging = in.find("paging"))
    object.paging = read_paging(*paging, in.path_of("paging"), findings);
  if (const base::Json* cursor = in.find("cursor"))
    object.cursor = read_cursor(*cursor, in.path_of("cursor"), findings);
  if (object.records.rule == base::RecordsAt::Rule::object && object.paging.style != PageStyle::none)
    in.error("paging", "has no meaning with records \"_object\", the body is one record", "Remove \"paging\".");
  return object;
}

// Its name is where it stands, so that what is said of it finds it.
std::shared_ptr<const Object> read_deletions(const base::Json& json, const std::string& path, const Object& object,
                                             const Api& api, Findings& findings) {
  ObjectReader in(json, path, kDeletionsKeys, findings);
  if (!json.is_object()) return nullptr;
  Object feed = read_listing(in, base::strcat(object.name, ".deletions"), api, findings);
  feed.label = base::strcat("deletions of ", object.label);
  if (feed.id.empty()) feed.id = object.id;
  if (feed.id.size() != object.id.size())
    in.error("id", base::strcat("names ", feed.id.size(), " fields, and the id of the object has ", object.id.size()),
             "Name what in an entry of the feed is the id of the record, in the order of the object's \"id\".");
  if (feed.path.find("{parent}") != std::string::npos)
    in.error("path", "has {parent}: a feed of deletions is read as a whole, not below each parent",
             "Leave \"deletions\" out where the API has none for all parents together.");
  else
    check_object(feed, api.auth, path, findings);
  return std::make_shared<const Object>(std::move(feed));
}

Object read_object(const std::string& name, const base::Json& json, const std::string& path, const Api& api,
                   Findings& findings) {
  ObjectReader in(json, path, kObjectKeys, findings);
  if (!json.is_object()) return {.name = name, .label = name, .params = api.params, .id = {"id"}};
  Object object = read_listing(in, name, api, findings);
  object.label = in.text("label").value_or(name);
  if (object.id.empty()) object.id = {"id"};
  object.version = in.text("version").value_or("");
  if (const base::Json* deleted = in.find("deleted"))
    object.deleted = read_deleted(*deleted, in.path_of("deleted"), findings);
  object.filters = read_filter_params(in);
  if (const base::Json* parent = in.find("parent"))
    object.parent = read_parent(*parent, in.path_of("parent"), findings);
  if (const base::Json* deletions = in.find("deletions"))
    object.deletions = read_deletions(*deletions, in.path_of("deletions"), object, api, findings);
  check_object(object, api.auth, path, findings);
  if (const base::Json* write = in.find("write"))
    object.write = read_write(*write, in.path_of("write"), object, findings);
  return object;
}

void read_base_url(ObjectReader& in, Completeness completeness, Api& api) {
  if (const auto url = in.text("base_url")) {
    complain(in, "base_url", check_base_url(*url));
    api.base_url = url->substr(0, url->find_last_not_of('/') + 1);
  } else if (completeness == Completeness::connection && in.find("base_url") == nullptr) {
    in.missing("base_url", "Add \"base_url\": \"https://api.example.com/v1\" to the connection's config.");
  }
}

}  // namespace

Api read_api(const base::Json& json, Completeness completeness, Findings& findings) {
  Api api;
  ObjectReader in(json, "", kManifestKeys, findings);
  if (!json.is_object()) return api;
  read_base_url(in, completeness, api);
  if (const base::Json* auth = in.find("auth")) api.auth = read_auth(*auth, "auth", findings);
  read_headers(in, api, findings);
  api.params = read_params(in, findings);
  if (const base::Json* timeouts = in.find("timeouts")) read_timeouts(*timeouts, "timeouts", api, findings);
  if (const auto most = in.integer("max_in_flight", 1, kMostInFlight)) api.max_in_flight = static_cast<int>(*most);
  for (const base::Json::Member* member : in.members("objects")) {
    api.objects.push_back(
        read_object(member->first, member->second, path_join("objects", member->first), api, findings));
  }
  join_parents(api, completeness, findings);
  if (completeness == Completeness::connection && api.objects.empty() && in.find("objects") == nullptr) {
    in.warning("objects", "no objects are defined, so there is nothing to read",
               "Add them to the connection's config: \"objects\": {\"customers\": {\"path\": \"/customers\"}}.",
               finding_code::kMissing);
  }
  return api;
}

base::RecordsAt read_records(ObjectReader& in, std::string_view key) {
  base::RecordsAt at;
  const std::optional<std::string> text = in.text(key);
  if (!text) return at;
  if (*text == "_root") return {.rule = base::RecordsAt::Rule::root, .path = {}};
  if (*text == "_object") return {.rule = base::RecordsAt::Rule::object, .path = {}};
  base::Result<std::vector<std::string>> path = body_path(*text);
  if (!path) {
    in.error(key, path.error().text, path.error().hint);
    return at;
  }
  at.rule = path->empty() ? base::RecordsAt::Rule::root : base::RecordsAt::Rule::path;
  at.path = std::move(*path);
  return at;
}

Params read_params(ObjectReader& in, Findings& findings, const char* key) {
  Params out;
  for (const base::Json::Member* member : in.members(key)) {
    const std::string path = path_join(in.path_of(key), member->first);
    if (member->second.is_object() || member->second.is_array()) {
      findings.push_back({.path = path,
                          .message = base::strcat("must be a text, number or boolean, not ",
                                                  base::Json::kind_name(member->second.kind())),
                          .code = finding_code::kWrongKind});
      continue;
    }
    if (secret_param(member->first)) {
      findings.push_back(
          {.severity = Severity::warning,
           .path = path,
           .message = base::strcat("parameter ", member->first, " looks like a secret, and config can be read"),
           .hint = base::strcat("Use \"auth\": {\"type\": \"api-key\", \"param\": ", base::Json(member->first).dump(),
                                "} and give the value as credential \"key\"."),
           .code = finding_code::kWrongValue});
    }
    set_param(out, member->first, as_text(member->second));
  }
  return out;
}

}  // namespace tandem::core
