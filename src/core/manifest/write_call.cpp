// Keys of "write" that say what a request looks like.
#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/manifest/values.hpp"
#include "core/manifest/write_read.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 4> kFormats{"json", "form", "csv", "graphql"};
constexpr std::array<std::string_view, 3> kNulls{"null", "empty", "omit"};
constexpr std::array<std::string_view, 3> kReadKeys{"path", "params", "records"};
constexpr std::array<std::string_view, 4> kReadBackKeys{"path", "params", "records", "wait"};

void read_call_headers(ObjectReader& in, WriteCall& call, Findings& findings) {
  for (const base::Json::Member* member : in.members("headers")) {
    const std::string& name = member->first;
    const auto report = [&](std::string message, std::string hint, const char* code = finding_code::kWrongValue) {
      findings.push_back({.path = path_join(in.path_of("headers"), name),
                          .message = std::move(message),
                          .hint = std::move(hint),
                          .code = code});
    };
    if (const Wrong bad = check_header_name(name)) {
      report(bad->text, bad->hint);
    } else if (secret_header(name)) {
      report(base::strcat("header ", name, " carries a secret, and config can be read"),
             "Use \"auth\" and give the secret as credentials.");
    } else if (!member->second.is_string()) {
      report(base::strcat("must be text, not ", base::Json::kind_name(member->second.kind())), {},
             finding_code::kWrongKind);
    } else if (const Wrong unfit = check_header_value(member->second.string())) {
      report(unfit->text, unfit->hint);
    } else if (const auto wrong = check_template(member->second)) {
      report(wrong->text, wrong->hint);
    } else {
      std::erase_if(call.headers, [&](const auto& other) { return base::lower(other.first) == base::lower(name); });
      call.headers.emplace_back(name, member->second.string());
    }
  }
}

// A value, or an array with one: sent once for each change of a batch.
std::optional<WriteParam> read_param(const std::string& name, const base::Json& json) {
  if (json.is_array()) {
    if (json.items().size() != 1 || !json.items().front().is_string()) return std::nullopt;
    return WriteParam{name, json.items().front().string(), true};
  }
  if (json.is_object()) return std::nullopt;
  // What is no text has no placeholders either; {"a":1} would, so objects are refused.
  return WriteParam{name, json.is_string() ? json.string() : json.dump(), false};
}

std::string without_slots(const std::string& text) {
  std::string out;
  const auto pieces = parse_slots(text);
  if (!pieces) return text;
  for (const TextPiece& piece : *pieces) out += piece.slot ? std::string("x") : piece.text;
  return out;
}

}  // namespace

bool check_slots(ObjectReader& in, std::string_view key, const base::Json& json) {
  const auto wrong = check_template(json);
  if (wrong) in.error(key, wrong->text, wrong->hint);
  return !wrong;
}

void read_write_params(ObjectReader& in, std::vector<WriteParam>& params, Findings& findings) {
  for (const base::Json::Member* member : in.members("params")) {
    const std::string& name = member->first;
    const std::optional<WriteParam> param = read_param(name, member->second);
    const auto wrong = param ? check_template(base::Json(param->value)) : std::nullopt;
    if (!param)
      findings.push_back({.path = path_join(in.path_of("params"), name),
                          .message = "must be a text, number or boolean, or an array with one text",
                          .hint = "[\"{id}\"] sends the parameter once for each record of a batch.",
                          .code = finding_code::kWrongKind});
    else if (wrong)
      findings.push_back({.path = path_join(in.path_of("params"), name),
                          .message = wrong->text,
                          .hint = wrong->hint,
                          .code = finding_code::kWrongValue});
    if (!param || wrong) continue;
    std::erase_if(params, [&](const WriteParam& other) { return other.name == name; });
    params.push_back(*param);
  }
}

std::string default_path(const Object& object, std::string_view placeholder) {
  constexpr std::string_view kExtension = ".json";
  if (object.path.find("{parent}") != std::string::npos) return {};
  if (placeholder.empty()) return object.path;
  std::string path = object.path;
  const bool extended = path.ends_with(kExtension);
  if (extended) path.resize(path.size() - kExtension.size());
  while (path.ends_with('/')) path.pop_back();
  return base::strcat(path, '/', placeholder, extended ? kExtension : std::string_view());
}

std::string read_call_path(ObjectReader& in, const std::string& fallback) {
  const std::optional<std::string> path = in.text("path");
  if (!path) return fallback;
  if (!check_slots(in, "path", base::Json(*path))) return *path;
  if (const Wrong wrong = check_object_path(without_slots(*path))) in.error("path", wrong->text, wrong->hint);
  return *path;
}

void read_request_keys(ObjectReader& in, WriteCall& call, Findings& findings) {
  read_call_headers(in, call, findings);
  read_write_params(in, call.params, findings);
  if (const auto format = in.choice("format", kFormats)) call.format = static_cast<WriteFormat>(*format);
  if (const auto query = in.text("query")) call.query = *query;
  if (const base::Json* body = in.find("body"); body != nullptr && check_slots(in, "body", *body)) call.body = *body;
  if (const auto nulls = in.choice("nulls", kNulls)) call.nulls = static_cast<Nulls>(*nulls);
  if (const auto text = in.text("null_text")) call.null_text = *text;
}

ReadCall read_read_call(const base::Json& json, const std::string& path, const Object& object, bool back,
                        Findings& findings) {
  ObjectReader in(json, path, back ? Words(kReadBackKeys) : Words(kReadKeys), findings);
  ReadCall call;
  call.records.rule = base::RecordsAt::Rule::object;
  if (!json.is_object()) return call;
  call.path = read_call_path(in, default_path(object, back ? "" : "{id}"));
  read_write_params(in, call.params, findings);
  if (in.find("records") != nullptr)
    call.records = read_records(in);
  else if (back)
    call.records = object.records;  // it is a listing like the object's own
  if (const base::Json* wait = in.find("wait")) {
    const base::Result<std::int64_t> micros = span_micros(*wait);
    if (micros)
      call.wait = *micros;
    else
      in.error("wait", micros.error().text, micros.error().hint);
  }
  if (call.path.empty()) in.missing("path", "Write it like \"/customers/{id}\".");
  return call;
}

}  // namespace tandem::core
