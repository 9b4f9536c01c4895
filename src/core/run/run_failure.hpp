// Why a run did not get to its end: what recent_runs shows, and what the next run makes
// of it.
#pragma once

#include <string>

namespace tandem::core {

struct RunFailure {
  std::string error_type = {};  // NETWORK_ERROR, API_ERROR, …
  std::string code = {};        // TD…
  std::string message = {}, suggestion = {};
  bool retryable = true;
};

}  // namespace tandem::core
