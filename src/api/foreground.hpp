// What preview_mapping and explain_mapping have in common: who may try a mapping, and
// what is said when the other side does not answer as it should.
#pragma once

#include <string>

#include "api/json_args.hpp"
#include "store/mappings.hpp"
#include "worker/preview.hpp"

namespace tandem::api {

// The mapping of that name, for its owner and members of it (42501). A superuser must be the owner itself: what the
// table's triggers and casts do is done with the rights of whoever calls.
[[nodiscard]] store::MappingRow mapping_to_try(Caller& caller, const std::string& name);

// No page at all is an error, a later one that failed a warning.
void report_failure(const std::string& object, const worker::FetchedPages& fetched);

}  // namespace tandem::api
