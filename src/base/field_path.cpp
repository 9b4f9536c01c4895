// How a remote field is written in a mapping: "id", "address.city", "/address/city", "*".
#include "base/page_reader.hpp"
#include "base/strings.hpp"

namespace tandem::base {
namespace {

// RFC 6901: ~1 is a slash, ~0 a tilde, in this order.
std::string pointer_key(std::string_view written) {
  std::string key;
  for (std::size_t i = 0; i < written.size(); ++i) {
    const bool escape = written[i] == '~' && i + 1 < written.size() && (written[i + 1] == '0' || written[i + 1] == '1');
    key.push_back(escape ? (written[++i] == '0' ? '~' : '/') : written[i]);
  }
  return key;
}

}  // namespace

FieldPath FieldPath::parse(std::string_view field) {
  FieldPath parsed{std::string(field), {}};
  if (parsed.whole_record()) return parsed;
  if (!field.empty() && field.front() == '/') {
    for (const std::string& written : split(field.substr(1), '/')) parsed.path.push_back(pointer_key(written));
  } else if (field.find('.') != std::string_view::npos) {
    parsed.path = split(field, '.');
  }
  return parsed;
}

}  // namespace tandem::base
