// The key by which the other side knows an attempt again: the same for every attempt of one
// version of one row under one mapping, another for any other. It is computed, so that it
// survives whatever is lost on the way; it says nothing of the row.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace tandem::core {

// 39 characters: letters, digits and '-'. `row_key` as the outbox has it: {"id": "5"}.
[[nodiscard]] std::string idempotency_key(std::string_view mapping_uuid, std::string_view row_key,
                                          std::int64_t version);

}  // namespace tandem::core
