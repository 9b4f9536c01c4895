// What curl calls while a transfer runs: the address check before connect, the limits on
// size, and the events that drive the transfer's clocks. All noexcept, none touches Postgres.
#pragma once

#include "net/transfer.hpp"

namespace tandem::net {

void set_callbacks(EasyOptions& options, Transfer& transfer) noexcept;

}  // namespace tandem::net
