#include "pg/jsonb_value.hpp"

#include <cstring>

#include "base/plain_json.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr std::size_t kLargest = 1 << 20;  // beyond, limits of jsonb could come in
constexpr std::size_t kShortNumber = 64;

// Below: called under a guard, so nothing here has a destructor.

void put(JsonbParseState** state, JsonbIteratorToken place, std::string_view json);

void put_string(JsonbParseState** state, JsonbIteratorToken place, std::string_view text) {
  JsonbValue value;
  value.type = jbvString;
  value.val.string.val = const_cast<char*>(text.data());
  value.val.string.len = static_cast<int>(text.size());
  (void)pushJsonbValue(state, place, &value);
}

Numeric numeric_of(std::string_view digits) {
  char buffer[kShortNumber];
  char* text = digits.size() < sizeof(buffer) ? buffer : static_cast<char*>(palloc(digits.size() + 1));
  std::memcpy(text, digits.data(), digits.size());
  text[digits.size()] = '\0';
  return DatumGetNumeric(
      DirectFunctionCall3(numeric_in, CStringGetDatum(text), ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1)));
}

void put_scalar(JsonbParseState** state, JsonbIteratorToken place, std::string_view json) {
  JsonbValue value;
  switch (json.front()) {
    case 'n':
      value.type = jbvNull;
      break;
    case 't':
    case 'f':
      value.type = jbvBool;
      value.val.boolean = json.front() == 't';
      break;
    default:
      value.type = jbvNumeric;
      value.val.numeric = numeric_of(json);
  }
  (void)pushJsonbValue(state, place, &value);
}

JsonbValue* put_object(JsonbParseState** state, std::string_view json) {
  base::PlainField fields[base::kPlainFields];
  const std::size_t count = base::plain_fields(json, fields);
  (void)pushJsonbValue(state, WJB_BEGIN_OBJECT, nullptr);
  for (std::size_t i = 0; i < count; ++i) {
    put_string(state, WJB_KEY, fields[i].key);
    put(state, WJB_VALUE, fields[i].value);
  }
  return pushJsonbValue(state, WJB_END_OBJECT, nullptr);
}

JsonbValue* put_array(JsonbParseState** state, std::string_view json) {
  (void)pushJsonbValue(state, WJB_BEGIN_ARRAY, nullptr);
  std::string_view rest = json.substr(1);
  for (std::string_view one = base::next_plain_element(rest); !one.empty(); one = base::next_plain_element(rest))
    put(state, WJB_ELEM, one);
  return pushJsonbValue(state, WJB_END_ARRAY, nullptr);
}

void put(JsonbParseState** state, JsonbIteratorToken place, std::string_view json) {
  switch (json.front()) {
    case '{':
      (void)put_object(state, json);
      break;
    case '[':
      (void)put_array(state, json);
      break;
    case '"':
      put_string(state, place, json.substr(1, json.size() - 2));
      break;
    default:
      put_scalar(state, place, json);
  }
}

}  // namespace

std::optional<std::uintptr_t> jsonb_of_plain(std::string_view json) {
  if (json.size() > kLargest || !base::is_plain_json(json)) return std::nullopt;
  JsonbParseState* state = nullptr;
  JsonbValue* const whole = json.front() == '{' ? put_object(&state, json) : put_array(&state, json);
  return JsonbPGetDatum(JsonbValueToJsonb(whole));
}

}  // namespace tandem::pg
