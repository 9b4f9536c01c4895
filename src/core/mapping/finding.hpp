// What validation has to say: one finding per thing that is wrong or doubtful, with
// the exact path (or field and column) and a hint that can be acted on.
#pragma once

#include <string>
#include <vector>

namespace tandem::core {

enum class Severity { error, warning, info };

struct Finding {
  Severity severity = Severity::error;
  std::string path = {};  // "objects.customers.paging.style" of manifests and configs; "columns.Email.type" of mappings
  std::string message = {};
  std::string hint = {};
  std::string code = {};    // of mappings: stable TD… code
  std::string field = {};   // of mappings: the remote field
  std::string column = {};  // of mappings: the local column
};
using Findings = std::vector<Finding>;

[[nodiscard]] bool has_errors(const Findings& findings);
[[nodiscard]] const char* severity_name(Severity severity);

}  // namespace tandem::core
