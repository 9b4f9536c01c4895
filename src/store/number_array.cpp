#include "store/number_array.hpp"

#include <charconv>

namespace tandem::store {

std::vector<int> read_numbers(std::string_view literal) {
  std::vector<int> numbers;
  const char* end = literal.data() + literal.size();
  for (const char* at = literal.data(); at < end;) {
    int number = 0;
    const auto read = std::from_chars(at, end, number);
    if (read.ec == std::errc()) numbers.push_back(number);
    at = read.ec == std::errc() ? read.ptr : at + 1;
  }
  return numbers;
}

std::string print_numbers(const std::vector<int>& numbers) {
  std::string out = "{";
  for (const int number : numbers) {
    if (out.size() > 1) out.push_back(',');
    out += std::to_string(number);
  }
  return out + "}";
}

}  // namespace tandem::store
