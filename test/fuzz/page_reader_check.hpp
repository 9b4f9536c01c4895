// What the page reader and jansson must agree on, whatever the bytes are: shared by the
// fuzz target and by the unit test that feeds it generated texts.
//
// Differences that are meant (reader is the page reader):
// - jansson refuses integers beyond int64 and reals beyond double; the reader keeps text.
// - jansson refuses lone surrogates, and \u0000 in a key; the reader calls such a value
//   broken, which costs its row, and such a key is nobody's.
// - the reader stops at 128 levels, jansson at 2048.
// - jansson overlooks a NUL byte behind a number or a word; the reader refuses it.
// - the reader skips a byte order mark.
// - the reader wants an object or an array of objects at the top; "_object" here.
#pragma once

#include <jansson.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/page_reader.hpp"

namespace tandem::base::check {

struct Release {
  void operator()(json_t* json) const noexcept { json_decref(json); }
};
using Oracle = std::unique_ptr<json_t, Release>;

inline Oracle oracle(std::string_view text, json_error_t& error) {
  return Oracle(json_loadb(text.data(), text.size(), JSON_DECODE_ANY | JSON_ALLOW_NUL, &error));
}

// jansson could not hold it, although it is JSON.
inline bool beyond_jansson(const json_error_t& error) {
  const std::string_view why = error.text;
  return json_error_code(&error) == json_error_numeric_overflow ||
         json_error_code(&error) == json_error_null_byte_in_key ||
         why.find("invalid Unicode '\\u") != std::string_view::npos;
}

inline bool same_number(std::string_view text, const json_t* expected) {
  const std::string copy(text);
  if (json_is_integer(expected)) return std::strtoll(copy.c_str(), nullptr, 10) == json_integer_value(expected);
  return json_is_real(expected) && std::strtod(copy.c_str(), nullptr) == json_real_value(expected);
}

inline bool same(const Value& value, const json_t* expected) {
  switch (value.kind) {
    case Kind::absent:
      return expected == nullptr;
    case Kind::null:
      return json_is_null(expected);
    case Kind::boolean:
      return json_is_boolean(expected) && (value.text == "true") == json_is_true(expected);
    case Kind::number:
      return json_is_number(expected) && same_number(value.text, expected);
    case Kind::string:
      return json_is_string(expected) &&
             value.text == std::string_view(json_string_value(expected), json_string_length(expected));
    case Kind::json: {
      json_error_t error;
      const Oracle parsed = oracle(value.text, error);
      return (json_is_object(expected) || json_is_array(expected)) && parsed != nullptr &&
             json_equal(parsed.get(), expected);
    }
    case Kind::broken:  // of what jansson takes, only a string with NUL is no text
      return json_is_string(expected) &&
             std::string_view(json_string_value(expected), json_string_length(expected)).find('\0') !=
                 std::string_view::npos;
  }
  return false;
}

inline const json_t* step(const json_t* at, const std::string& key) {
  if (json_is_object(at)) return json_object_get(at, key.c_str());
  if (!json_is_array(at) || key.empty() || (key.size() > 1 && key[0] == '0') ||
      key.find_first_not_of("0123456789") != std::string::npos)
    return nullptr;
  return json_array_get(at, std::strtoull(key.c_str(), nullptr, 10));
}

inline const json_t* expected_value(const json_t* record, const FieldPath& field) {
  if (field.whole_record()) return record;
  if (const json_t* literal = json_object_get(record, field.literal.c_str())) return literal;
  if (field.path.empty()) return nullptr;
  const json_t* at = record;
  for (const std::string& key : field.path) at = step(at, key);
  return at;
}

inline const std::vector<FieldPath>& fields() {
  static const std::vector<FieldPath> list = [] {
    std::vector<FieldPath> paths;
    for (const char* field : {"a", "b", "c", "a.b", "a.0", "a.b.c", "b.1.a", "/a~1b", "/b/a", "*", "", "a.b"})
      paths.push_back(FieldPath::parse(field));
    return paths;
  }();
  return list;
}

inline bool expected_refusal(const Error& error, const json_t* parsed) {
  return error.code == Errc::limit_exceeded || !json_is_object(parsed);
}

// What is wrong with how the reader treats `text`; nothing if all is well.
inline std::optional<std::string> disagreement(std::string_view text) {
  const std::string_view without_mark = text.starts_with("\xEF\xBB\xBF") ? text.substr(3) : text;
  json_error_t why{};
  const Oracle parsed = oracle(without_mark, why);
  PageReader reader({RecordsAt::Rule::object, {}}, fields(), {});
  Buffer body;
  body.append(text);
  TextArena arena;
  const auto page = reader.read(body, arena);
  const bool has_nul = text.find('\0') != std::string_view::npos;
  if (!page) {
    if (has_nul || parsed == nullptr || expected_refusal(page.error(), parsed.get())) return std::nullopt;
    return "refused, but jansson takes it: " + page.error().text;
  }
  if (has_nul) return "accepted, with a NUL byte";
  if (parsed == nullptr) {
    if (beyond_jansson(why)) return std::nullopt;
    return std::string("accepted, but jansson says: ") + why.text;
  }
  if (page->records() != 1) return "not one record";
  for (std::size_t i = 0; i < fields().size(); ++i)
    if (!same(page->values[i], expected_value(parsed.get(), fields()[i])))
      return "field \"" + fields()[i].literal + "\" differs: \"" + std::string(page->values[i].text) + "\"";
  return std::nullopt;
}

}  // namespace tandem::base::check
