#include "net/http.hpp"

#include "base/strings.hpp"

namespace tandem::net {
namespace {

bool same_name(std::string_view left, std::string_view right) {
  return left.size() == right.size() && base::lower(left) == base::lower(right);
}

}  // namespace

std::optional<std::string_view> Response::header(std::string_view name) const {
  for (const auto& each : headers) {
    if (same_name(each.name, name)) return each.value;
  }
  return std::nullopt;
}

std::string Response::header_list(std::string_view name) const {
  std::vector<std::string> values;
  for (const auto& each : headers) {
    if (same_name(each.name, name)) values.push_back(each.value);
  }
  return base::join(values, ", ");
}

}  // namespace tandem::net
