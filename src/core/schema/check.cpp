#include "core/schema/check.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

bool plain_key(std::string_view key) {
  return !key.empty() && std::ranges::all_of(key, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' || c == '-' ||
           c == '/' || c == '*';
  });
}

std::string listed(Words words) {
  std::string out;
  for (std::string_view word : words) out += (out.empty() ? "" : ", ") + std::string(word);
  return out;
}

}  // namespace

std::string path_join(std::string_view path, std::string_view key) {
  std::string step = plain_key(key) ? std::string(key) : base::Json(std::string(key)).dump();
  return path.empty() ? step : base::strcat(path, '.', step);
}

std::string nearest_hint(std::string_view word, Words choices, std::string_view what) {
  const std::string_view near = base::nearest(word, choices);
  if (!near.empty()) return base::strcat("Did you mean \"", near, "\"?");
  return choices.empty() ? std::string() : base::strcat(what, ": ", listed(choices), '.');
}

ObjectReader::ObjectReader(const base::Json& json, std::string path, Words known, Findings& findings)
    : json_(json), path_(std::move(path)), findings_(findings) {
  if (json_.is_object()) {
    report_unknown(known);
    return;
  }
  findings_.push_back({.path = path_,
                       .message = base::strcat("must be an object, not ", base::Json::kind_name(json_.kind())),
                       .hint = base::strcat("Known keys: ", listed(known), '.'),
                       .code = finding_code::kWrongKind});
}

void ObjectReader::report_unknown(Words known) {
  for (const auto& [key, value] : json_.members()) {
    if (std::ranges::find(known, key) != known.end()) continue;
    error(key, base::strcat("unknown key \"", key, '"'), nearest_hint(key, known, "Known keys"),
          finding_code::kUnknownKey);
  }
}

const base::Json* ObjectReader::find(std::string_view key) const noexcept {
  const base::Json* value = json_.find(key);
  return value != nullptr && value->is_null() ? nullptr : value;
}

std::optional<std::string> ObjectReader::text(std::string_view key) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_string(), "text", *value)) return std::nullopt;
  if (!value->string().empty()) return value->string();
  error(key, "must not be empty");
  return std::nullopt;
}

std::optional<bool> ObjectReader::boolean(std::string_view key) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_boolean(), "true or false", *value)) return std::nullopt;
  return value->boolean();
}

std::optional<std::int64_t> ObjectReader::integer(std::string_view key, std::int64_t least, std::int64_t most) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_integer(), "an integer", *value)) return std::nullopt;
  if (value->integer() >= least && value->integer() <= most) return value->integer();
  const std::string range = most == std::numeric_limits<std::int64_t>::max()
                                ? base::strcat(least, " or more")
                                : base::strcat("from ", least, " to ", most);
  error(key, base::strcat("must be ", range, ", not ", value->integer()));
  return std::nullopt;
}

std::optional<std::size_t> ObjectReader::choice(std::string_view key, Words choices) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_string(), "text", *value)) return std::nullopt;
  const auto found = std::ranges::find(choices, value->string());
  if (found != choices.end()) return static_cast<std::size_t>(found - choices.begin());
  const std::string_view near = choices.size() > 1 ? base::nearest(value->string(), choices) : std::string_view();
  error(key, base::strcat("unknown value \"", value->string(), '"'),
        base::strcat(near.empty() ? "" : base::strcat("Did you mean \"", near, "\"? "), "Allowed: ", listed(choices),
                     '.'));
  return std::nullopt;
}

std::vector<std::string> ObjectReader::texts(std::string_view key) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_string() || value->is_array(), "text or an array of texts", *value))
    return {};
  if (value->is_string()) {
    const std::optional<std::string> only = text(key);
    return only ? std::vector<std::string>{*only} : std::vector<std::string>{};
  }
  std::vector<std::string> out;
  for (const base::Json& item : value->items()) {
    if (!item.is_string() || item.string().empty()) {
      error(key, "every element must be a text that is not empty", {}, finding_code::kWrongKind);
    } else if (std::ranges::find(out, item.string()) != out.end()) {
      error(key, base::strcat('"', item.string(), "\" stands there twice"));
    } else {
      out.push_back(item.string());
    }
  }
  return out;
}

std::vector<const base::Json::Member*> ObjectReader::members(std::string_view key) {
  const base::Json* value = find(key);
  if (value == nullptr || !expect(key, value->is_object(), "an object", *value)) return {};
  std::vector<const base::Json::Member*> out;
  for (const base::Json::Member& member : value->members()) {
    if (member.first.empty())
      error(key, "a name in it is empty");
    else if (!member.second.is_null())
      out.push_back(&member);
  }
  return out;
}

bool ObjectReader::expect(std::string_view key, bool right, std::string_view wanted, const base::Json& value) {
  if (!right) {
    error(key, base::strcat("must be ", wanted, ", not ", base::Json::kind_name(value.kind())), {},
          finding_code::kWrongKind);
  }
  return right;
}

void ObjectReader::error(std::string_view key, std::string message, std::string hint, const char* code) {
  findings_.push_back({.path = path_of(key), .message = std::move(message), .hint = std::move(hint), .code = code});
}

void ObjectReader::warning(std::string_view key, std::string message, std::string hint, const char* code) {
  findings_.push_back({.severity = Severity::warning,
                       .path = path_of(key),
                       .message = std::move(message),
                       .hint = std::move(hint),
                       .code = code});
}

void ObjectReader::missing(std::string_view key, std::string hint) {
  error(key, base::strcat('"', key, "\" is missing"), std::move(hint), finding_code::kMissing);
}

}  // namespace tandem::core
