// What an answer that is no success says of itself: message, code and field, where the
// manifest says they are, or where APIs usually have them. For messages that people read
// and for the manifest's error rules; never for values.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"
#include "base/secret.hpp"
#include "core/manifest/write.hpp"

namespace tandem::core {

struct Said {
  std::string message = {}, code = {}, field = {};
};

[[nodiscard]] Said said_in(const base::Json& body, const ErrorPlaces& places);
// Of bytes that need not be JSON: then what they begin with, made printable.
[[nodiscard]] Said said_in(std::string_view body, const ErrorPlaces& places);
// Cut to a readable length, without secrets.
[[nodiscard]] std::string presentable(std::string text, std::span<const base::Secret> secrets);
// Keys, and positions in arrays; nullptr: there is nothing.
[[nodiscard]] const base::Json* json_at(const base::Json& json, std::span<const std::string> path) noexcept;

}  // namespace tandem::core
