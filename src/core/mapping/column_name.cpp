#include "core/mapping/column_name.hpp"

#include <algorithm>
#include <iterator>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

constexpr std::size_t kNameBytes = 63;  // what Postgres keeps of a name

// Every table has columns of these names already.
constexpr std::string_view kSystemColumns[] = {"cmax", "cmin", "ctid", "tableoid", "xmax", "xmin"};

// The longest beginning of whole characters in at most `bytes`.
std::string shortened(std::string_view text, std::size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  while (bytes > 0 && (static_cast<unsigned char>(text[bytes]) & 0xC0) == 0x80) --bytes;
  return std::string(text.substr(0, bytes));
}

}  // namespace

std::string column_for_field(std::string_view field, std::unordered_set<std::string>& taken) {
  std::string name = base::snake_case(field);
  if (name.empty() || name == "_") name = "field";
  if (std::find(std::begin(kSystemColumns), std::end(kSystemColumns), name) != std::end(kSystemColumns))
    name.push_back('_');
  std::string unique = shortened(name, kNameBytes);
  for (int n = 2; !taken.insert(unique).second; ++n) {
    const std::string suffix = base::strcat("_", n);
    unique = shortened(name, kNameBytes - suffix.size()) + suffix;
  }
  return unique;
}

}  // namespace tandem::core
