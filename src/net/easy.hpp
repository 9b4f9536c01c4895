// All options of one transfer, in one place: what a request is turned into, and every
// protection that a request cannot switch off.
#pragma once

#include <optional>

#include "net/transfer.hpp"

namespace tandem::net {

// Readies transfer.easy (fresh or reset). An error: the request must not be sent.
std::optional<base::Error> prepare(Transfer& transfer);

}  // namespace tandem::net
