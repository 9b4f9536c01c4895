#include "base/json.hpp"

#include <jansson.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <memory>

#include "base/strings.hpp"

namespace tandem::base {
namespace {

constexpr int kMaxDepth = 128;

struct JsonRelease {
  void operator()(json_t* json) const noexcept { json_decref(json); }
};

Error invalid(int line, int column, std::string_view why) {
  return {Errc::invalid_text, strcat("invalid JSON at line ", line, ", column ", column, ": ", why)};
}

// The place of the first bracket that is nested too deep. Asked before jansson parses,
// because its own limit is far higher and its result does not tell where things stood.
std::optional<Error> too_deep(std::string_view text) {
  int depth = 0, line = 1, column = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    ++column;
    if (c == '\n') ++line, column = 0;
    if (c == '"') quoted = !quoted;
    if (quoted && c == '\\') ++i, ++column;
    if (quoted) continue;
    if (c == '{' || c == '[') ++depth;
    if (c == '}' || c == ']') --depth;
    if (depth > kMaxDepth)
      return Error{Errc::limit_exceeded,
                   strcat("JSON nested deeper than ", kMaxDepth, " levels at line ", line, ", column ", column)};
  }
  return std::nullopt;
}

// jansson quotes the text it stopped at; that text may be a credential.
std::string_view without_quotation(std::string_view why) { return why.substr(0, why.find(" near ")); }

Json convert(json_t* json) {
  switch (json_typeof(json)) {
    case JSON_NULL:
      return Json();
    case JSON_TRUE:
      return Json(true);
    case JSON_FALSE:
      return Json(false);
    case JSON_INTEGER:
      return Json(static_cast<std::int64_t>(json_integer_value(json)));
    case JSON_REAL:
      return Json(json_real_value(json));
    case JSON_STRING:
      return Json(std::string(json_string_value(json), json_string_length(json)));
    case JSON_ARRAY: {
      std::vector<Json> items(json_array_size(json));
      for (std::size_t i = 0; i < items.size(); ++i) items[i] = convert(json_array_get(json, i));
      return Json::array(std::move(items));
    }
    case JSON_OBJECT: {
      std::vector<Json::Member> members;
      members.reserve(json_object_size(json));
      for (void* at = json_object_iter(json); at != nullptr; at = json_object_iter_next(json, at))
        members.emplace_back(json_object_iter_key(at), convert(json_object_iter_value(at)));
      return Json::object(std::move(members));
    }
  }
  return Json();
}

void dump_string(std::string& out, std::string_view text) {
  constexpr std::string_view kHex = "0123456789abcdef";
  out.push_back('"');
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      default:
        if (const auto byte = static_cast<unsigned char>(c); byte < 0x20) {
          out += "\\u00";
          out.push_back(kHex[byte >> 4]);
          out.push_back(kHex[byte & 15]);
        } else {
          out.push_back(c);
        }
    }
  }
  out.push_back('"');
}

// The shortest text that reads back as the same number, and as a real one.
void dump_real(std::string& out, double value) {
  if (!std::isfinite(value)) {
    out += "null";  // JSON has no word for it
    return;
  }
  char digits[32];
  const std::string_view text(
      digits, static_cast<std::size_t>(std::to_chars(std::begin(digits), std::end(digits), value).ptr - digits));
  out += text;
  if (text.find_first_of(".e") == std::string_view::npos) out += ".0";
}

void dump_value(std::string& out, const Json& json) {
  switch (json.kind()) {
    case Json::Kind::null:
      out += "null";
      break;
    case Json::Kind::boolean:
      out += json.boolean() ? "true" : "false";
      break;
    case Json::Kind::integer:
      out += std::to_string(json.integer());
      break;
    case Json::Kind::real:
      dump_real(out, json.real());
      break;
    case Json::Kind::string:
      dump_string(out, json.string());
      break;
    case Json::Kind::array: {
      out.push_back('[');
      for (const Json& item : json.items()) {
        if (&item != &json.items().front()) out.push_back(',');
        dump_value(out, item);
      }
      out.push_back(']');
      break;
    }
    case Json::Kind::object: {
      out.push_back('{');
      for (const Json::Member& member : json.members()) {
        if (&member != &json.members().front()) out.push_back(',');
        dump_string(out, member.first);
        out.push_back(':');
        dump_value(out, member.second);
      }
      out.push_back('}');
      break;
    }
  }
}

void require(bool right_kind, Json::Kind found, std::string_view wanted) {
  if (!right_kind) throw Failure(Errc::internal, strcat("JSON value is ", Json::kind_name(found), ", not ", wanted));
}

}  // namespace

Result<Json> Json::parse(std::string_view text, std::size_t max_bytes) {
  if (text.size() > max_bytes)
    return Error{Errc::limit_exceeded,
                 strcat("JSON of ", text.size(), " bytes is larger than the ", max_bytes, " bytes allowed")};
  if (trim(text).empty()) return invalid(1, 1, "the text is empty");
  if (auto error = too_deep(text)) return std::move(*error);
  json_error_t error{};
  const std::unique_ptr<json_t, JsonRelease> parsed(json_loadb(text.data(), text.size(), JSON_DECODE_ANY, &error));
  if (parsed == nullptr) return invalid(error.line, error.column, without_quotation(error.text));
  return convert(parsed.get());
}

std::string Json::dump() const {
  std::string out;
  dump_value(out, *this);
  return out;
}

Json Json::array(std::vector<Json> items) {
  Json json;
  json.kind_ = Kind::array;
  json.items_ = std::move(items);
  return json;
}

Json Json::object(std::vector<Member> members) {
  Json json;
  json.kind_ = Kind::object;
  json.members_ = std::move(members);
  return json;
}

std::string_view Json::kind_name(Kind kind) noexcept {
  switch (kind) {
    case Kind::null:
      return "null";
    case Kind::boolean:
      return "boolean";
    case Kind::integer:
      return "integer";
    case Kind::real:
      return "number";
    case Kind::string:
      return "text";
    case Kind::array:
      return "array";
    case Kind::object:
      return "object";
  }
  return {};
}

bool Json::boolean() const {
  require(is_boolean(), kind_, "boolean");
  return integer_ != 0;
}

std::int64_t Json::integer() const {
  require(is_integer(), kind_, "integer");
  return integer_;
}

double Json::real() const {
  require(kind_ == Kind::real || is_integer(), kind_, "number");
  return is_integer() ? static_cast<double>(integer_) : real_;
}

const std::string& Json::string() const {
  require(is_string(), kind_, "text");
  return string_;
}

const std::vector<Json>& Json::items() const {
  require(is_array(), kind_, "array");
  return items_;
}

const std::vector<Json::Member>& Json::members() const {
  require(is_object(), kind_, "object");
  return members_;
}

const Json* Json::find(std::string_view key) const noexcept {
  const auto member = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.first == key; });
  return member == members_.end() ? nullptr : &member->second;
}

std::optional<std::string> Json::string_at(std::string_view key) const {
  const Json* const value = find(key);
  return value != nullptr && value->is_string() ? std::optional(value->string_) : std::nullopt;
}

std::optional<std::int64_t> Json::integer_at(std::string_view key) const {
  const Json* const value = find(key);
  return value != nullptr && value->is_integer() ? std::optional(value->integer_) : std::nullopt;
}

std::optional<bool> Json::boolean_at(std::string_view key) const {
  const Json* const value = find(key);
  return value != nullptr && value->is_boolean() ? std::optional(value->integer_ != 0) : std::nullopt;
}

void Json::set(std::string key, Json value) {
  require(is_object(), kind_, "object");
  const auto member = std::find_if(members_.begin(), members_.end(), [&](const Member& m) { return m.first == key; });
  if (member != members_.end()) {
    member->second = std::move(value);
  } else {
    members_.emplace_back(std::move(key), std::move(value));
  }
}

void Json::push(Json value) {
  require(is_array(), kind_, "array");
  items_.push_back(std::move(value));
}

Json merge_patch(Json target, const Json& patch) {
  if (!patch.is_object()) return patch;
  std::vector<Json::Member> merged;
  if (target.is_object()) merged = target.members();
  for (const auto& [key, change] : patch.members()) {
    const auto old =
        std::find_if(merged.begin(), merged.end(), [&key = key](const Json::Member& m) { return m.first == key; });
    if (change.is_null()) {
      if (old != merged.end()) merged.erase(old);
    } else if (old != merged.end()) {
      old->second = merge_patch(std::move(old->second), change);
    } else {
      merged.emplace_back(key, merge_patch(Json(), change));
    }
  }
  return Json::object(std::move(merged));
}

std::string json_library() { return strcat("jansson ", jansson_version_str()); }

}  // namespace tandem::base
