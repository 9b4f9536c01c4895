// Why a page has no records although its JSON is valid: the messages that tell a
// person what stands where the records should be, and what to write instead.
#pragma once

#include <string>
#include <string_view>

#include "base/error.hpp"
#include "base/json_cursor.hpp"
#include "base/page_reader.hpp"

namespace tandem::base {

inline constexpr std::string_view kKnownRecordKeys[] = {"items", "result", "results"};

// Where the records are, for a message: `at "data.items"`, `at the top`.
[[nodiscard]] std::string describe(const RecordsAt& at, int rank);
// What kind of value begins with this character: "an object", "a number", ...
[[nodiscard]] std::string_view describe_value(char first);

// `cursor` stands at the beginning of a body that is known to be valid.
[[nodiscard]] Error records_missing(JsonCursor cursor, const RecordsAt& at);
[[nodiscard]] Error records_not_array(const RecordsAt& at, int rank, char first);
[[nodiscard]] Error record_not_object(const RecordsAt& at, int rank, std::size_t position, char first);

}  // namespace tandem::base
