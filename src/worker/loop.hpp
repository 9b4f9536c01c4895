// The worker's one loop: many runs of one owner in one process. It alone joins network,
// decisions and tables; it does one bounded thing at a time and waits in one place, never
// with a transaction open.
#pragma once

namespace tandem::worker {

struct WorkerContext;

// Serves the owner's runs until there is nothing to do for tandem.worker_idle_timeout, or the worker shall go.
void run_worker(WorkerContext& context);

}  // namespace tandem::worker
