// What a slot stands for in one change: part of template, which prints it in its place.
#pragma once

#include <string>
#include <string_view>

#include "core/push/template.hpp"

namespace tandem::core {

// As text, appended raw; false: there is no value. Records print as JSON, {record:base64} encoded.
[[nodiscard]] bool append_slot_text(const BoundSlot& slot, const PrintScope& scope, std::string& out);
// As a JSON value of its type.
[[nodiscard]] bool append_slot_json(const BoundSlot& slot, const PrintScope& scope, std::string& out);
// {version} that is not known.
[[nodiscard]] bool slot_left_out(const BoundSlot& slot, const PrintScope& scope) noexcept;

}  // namespace tandem::core
