// smallint[] as Postgres prints it, {1,3}: numbers of columns, which come and go as text.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tandem::store {

[[nodiscard]] std::vector<int> read_numbers(std::string_view literal);
[[nodiscard]] std::string print_numbers(const std::vector<int>& numbers);

}  // namespace tandem::store
