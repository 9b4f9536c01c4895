// What a worker does when somebody else's lock is in the way of its own bookkeeping: it
// does not wait, it comes back. One place that tells such an error from all others.
#pragma once

#include "pg/error.hpp"

namespace tandem::worker {

// Runs something that owns its Transaction; false when a lock was in its way, and it is to be tried again.
template <class F>
bool when_free(F&& transaction) {
  try {
    transaction();
    return true;
  } catch (const pg::Error& error) {  // the transaction is gone by now
    if (!error.is_transient()) throw;
    return false;
  }
}

}  // namespace tandem::worker
