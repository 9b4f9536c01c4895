// What keeps a mapping whose definition is fine from running as things stand: for
// validate_mapping, which looks at states, settings and credentials, not at the network.
#pragma once

#include "api/json_args.hpp"
#include "core/mapping/finding.hpp"
#include "store/mappings.hpp"

namespace tandem::api {

void check_readiness(Caller& caller, const store::MappingRow& mapping, core::Findings& findings);

}  // namespace tandem::api
