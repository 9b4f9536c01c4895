#include "core/push/said.hpp"

#include <array>

#include "base/strings.hpp"
#include "base/whole_number.hpp"

namespace tandem::core {

namespace {

constexpr std::size_t kLargestBody = 256 * 1024, kLongest = 300;
constexpr std::array<const char*, 15> kMessages{
    "error.message", "message",         "error_description", "errors.0.message", "errors.0.detail",
    "errors.0",      "errorMessages.0", "0.message",         "detail",           "description",
    "error",         "title",           "error.type",        "errors.message",   "fault.message"};
constexpr std::array<const char*, 8> kCodes{"error.code",    "error.type", "errorCode",   "code",
                                            "errors.0.code", "category",   "0.errorCode", "errors.0.statusCode"};
constexpr std::array<const char*, 6> kFields{"error.param",       "errors.0.field", "field",
                                             "errors.0.fields.0", "0.fields.0",     "errors.0.path.0"};

std::string text_of(const base::Json* json) {
  if (json == nullptr) return {};
  if (json->is_string()) return json->string();
  return json->is_integer() || json->is_boolean() ? json->dump() : std::string();
}

template <std::size_t n>
std::string first_of(const base::Json& body, const std::vector<std::string>& given,
                     const std::array<const char*, n>& usual) {
  if (!given.empty()) return text_of(json_at(body, given));
  for (const char* path : usual)
    if (std::string text = text_of(json_at(body, base::split(path, '.'))); !text.empty()) return text;
  return {};
}

// {"errors": {"name": ["can't be blank"]}}: the field is the key.
void say_of_fields(const base::Json& body, Said& said) {
  const base::Json* errors = body.find("errors");
  if (errors == nullptr || !errors->is_object() || errors->members().empty()) return;
  const auto& [field, what] = errors->members().front();
  const base::Json* first = what.is_array() && !what.items().empty() ? &what.items().front() : &what;
  const std::string text = text_of(first);
  if (text.empty()) return;
  said.message = base::strcat(field, ": ", text);
  said.field = field;
}

}  // namespace

Said said_in(const base::Json& body, const ErrorPlaces& places) {
  Said said{.message = first_of(body, places.message, kMessages),
            .code = first_of(body, places.code, kCodes),
            .field = first_of(body, places.field, kFields)};
  if (said.message.empty()) say_of_fields(body, said);
  return said;
}

Said said_in(std::string_view body, const ErrorPlaces& places) {
  body = base::trim(body);
  if (body.empty() || body.front() == '<') return {};  // a page of HTML says nothing in a line
  if (body.size() <= kLargestBody)
    if (const auto json = base::Json::parse(body)) return said_in(*json, places);
  return {.message = base::printable_excerpt(body, kLongest)};
}

std::string presentable(std::string text, std::span<const base::Secret> secrets) {
  text = base::redact(std::move(text), secrets);
  if (text.size() <= kLongest) return text;
  text.resize(kLongest);
  while (!text.empty() && !base::valid_utf8(text)) text.pop_back();
  return text + "…";
}

const base::Json* json_at(const base::Json& json, std::span<const std::string> path) noexcept {
  const base::Json* at = &json;
  for (const std::string& step : path) {
    if (at->is_array()) {
      const auto position = base::whole_number(step);
      if (!position || *position < 0 || static_cast<std::size_t>(*position) >= at->items().size()) return nullptr;
      at = &at->items()[static_cast<std::size_t>(*position)];
    } else {
      at = at->find(step);
    }
    if (at == nullptr) return nullptr;
  }
  return at;
}

}  // namespace tandem::core
