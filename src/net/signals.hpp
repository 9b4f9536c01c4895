// Blocks signals for as long as it lives. Stands around every curl call that may start a
// thread (its name resolver): the thread inherits the mask, so Postgres' handlers never
// run on a foreign thread. Signals that a fault raises stay open, a crash must be seen.
#pragma once

#include <csignal>

namespace tandem::net {

class [[nodiscard]] SignalBlock {
 public:
  SignalBlock() noexcept;
  ~SignalBlock();
  SignalBlock(const SignalBlock&) = delete;
  SignalBlock& operator=(const SignalBlock&) = delete;

 private:
  sigset_t before_;
};

}  // namespace tandem::net
