#include "core/mapping/sound.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "base/strings.hpp"

namespace tandem::core {

namespace {

const Finding* first_error(const Findings& findings) {
  const auto found = std::ranges::find(findings, Severity::error, &Finding::severity);
  return found == findings.end() ? nullptr : &*found;
}

}  // namespace

Mapping sound_mapping(ParsedMapping parsed, std::string_view prefix) {
  if (const Finding* error = first_error(parsed.findings))
    throw base::Failure(base::Errc::invalid_parameter, base::strcat(prefix, error->message), {}, error->hint);
  return std::move(parsed.mapping);
}

void require_sound(const Findings& findings) {
  if (const Finding* error = first_error(findings))
    throw base::Failure(base::Errc::invalid_parameter, base::strcat(error->path, ": ", error->message), {},
                        error->hint);
}

}  // namespace tandem::core
