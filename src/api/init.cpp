// _PG_init: settings always; processes, shared memory and hooks only while the server
// preloads the library, and never for pg_upgrade, which must find a quiet server.
#include "pg/entry.hpp"
#include "pg/hooks.hpp"
#include "pg/processes.hpp"
#include "pg/settings.hpp"
#include "worker/clone_guard.hpp"
#include "worker/slots.hpp"
#include "worker/wake.hpp"
#include "worker/worker_main.hpp"

namespace tandem::api {
namespace {

constexpr int kLauncherRestartSeconds = 5;

void load(void*) {
  pg::define_settings();
  if (pg::binary_upgrade() || !pg::preloading()) return;
  worker::note_how_server_starts();
  worker::slots::request();
  pg::install_hooks(worker::hook_events());
  pg::register_static_process(worker::kLauncherFunction, worker::kLauncherType, kLauncherRestartSeconds);
}

}  // namespace
}  // namespace tandem::api

extern "C" __attribute__((visibility("default"))) void _PG_init() { tandem::pg::entry(&tandem::api::load, nullptr); }
