// The part of an explanation that is about the other side: what is asked of it, and how
// its pages are read. Values that could be secrets are masked.
#pragma once

#include <string>
#include <vector>

#include "worker/pull_plan.hpp"

namespace tandem::worker {

void add_requests(const PullPlan& plan, std::vector<std::string>& out);

// A URL as it may be shown: parameters whose name says that they are secret have no value.
[[nodiscard]] bool names_a_secret(const std::string& name);  // of a parameter or header, in small letters
[[nodiscard]] std::string shown_url(const std::string& url);

}  // namespace tandem::worker
