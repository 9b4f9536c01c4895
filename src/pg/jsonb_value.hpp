// jsonb from JSON text without jsonb's parser, which costs more than all else that is
// done to a record: plain text (base/plain_json) is looked at in place, and its keys are
// handed over in order, so that they need no sorting. Everything else, and everything
// that is wrong, goes through the type's input function, whose errors are Postgres's own.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

namespace tandem::pg {

// A jsonb Datum in the current memory context, equal to what jsonb's input function makes of the text; nullopt when
// that is to be asked. Called under a guard only: may raise as numeric's input function does.
[[nodiscard]] std::optional<std::uintptr_t> jsonb_of_plain(std::string_view json);

}  // namespace tandem::pg
