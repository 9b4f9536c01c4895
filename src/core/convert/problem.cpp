#include "core/convert/problem.hpp"

#include "base/strings.hpp"

namespace tandem::core {
namespace {

constexpr std::size_t kShownCharacters = 60;

const char* kind_word(const base::Value& value) {
  switch (value.kind) {
    case base::Kind::absent:
      return "nothing";
    case base::Kind::null:
      return "null";
    case base::Kind::boolean:
      return "boolean";
    case base::Kind::number:
      return "number";
    case base::Kind::string:
    case base::Kind::broken:
      return "text";
    case base::Kind::json:
      return value.text.starts_with('[') ? "array" : "object";
  }
  return "value";
}

// The beginning of `text` on one line, cut between characters.
std::string beginning(std::string_view text) {
  std::string out;
  std::size_t characters = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    const bool starts_character = (byte & 0xC0) != 0x80;
    if (starts_character && ++characters > kShownCharacters) return out + "…";
    out.push_back(byte < 0x20 || byte == 0x7F ? ' ' : text[i]);
  }
  return out;
}

}  // namespace

std::string shown(const base::Value& value) {
  if (value.kind == base::Kind::absent || value.kind == base::Kind::null) return kind_word(value);
  const bool quoted = value.kind == base::Kind::string;
  return base::strcat(kind_word(value), quoted ? " \"" : " ", beginning(value.text), quoted ? "\"" : "");
}

Problem cannot_convert(const char* code, const base::Value& value, const base::ColumnType& type, std::string_view why,
                       std::string_view suggestion) {
  return {code, error_type::kTransform, base::strcat(shown(value), " does not fit ", type.name, ": ", why),
          std::string(suggestion)};
}

Problem beyond_limits(const char* code, const base::Value& value, const base::ColumnType& type, std::string_view why,
                      std::string_view suggestion) {
  Problem problem = cannot_convert(code, value, type, why, suggestion);
  problem.error_type = error_type::kValidation;
  return problem;
}

Problem not_as_declared(const char* code, const base::Value& value, DeclaredType declared, std::string_view why) {
  const std::string_view name = declared_type_name(declared);
  return {code, error_type::kValidation, base::strcat(shown(value), " is not a valid ", name, ": ", why),
          base::strcat("Correct the record at its source, or change \"type\": \"", name,
                       "\" in the mapping, or leave it out.")};
}

}  // namespace tandem::core
