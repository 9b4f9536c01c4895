// The built-in types that staged pages of ours are made of. Their numbers are fixed in
// every Postgres; staging.cpp holds them against Postgres's own names.
#pragma once

#include "pg/types.hpp"

namespace tandem::pg {

constexpr Oid kBoolType = 16, kInt8Type = 20, kInt4Type = 23, kTextType = 25, kNumericType = 1700, kJsonbType = 3802;
constexpr Oid kDefaultCollation = 100;  // of a text column

}  // namespace tandem::pg
