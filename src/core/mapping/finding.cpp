#include "core/mapping/finding.hpp"

#include <algorithm>

namespace tandem::core {

bool has_errors(const Findings& findings) {
  return std::ranges::any_of(findings, [](const Finding& f) { return f.severity == Severity::error; });
}

const char* severity_name(Severity severity) {
  switch (severity) {
    case Severity::error:
      return "error";
    case Severity::warning:
      return "warning";
    case Severity::info:
      return "info";
  }
  return "error";  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
