#include "worker/worker_main.hpp"

#include <cstring>

#include "base/clock.hpp"
#include "base/heap.hpp"
#include "pg/entry.hpp"
#include "worker/background.hpp"
#include "worker/launcher.hpp"
#include "worker/loop.hpp"
#include "worker/scheduler.hpp"

namespace tandem::worker {
namespace {

static_assert(sizeof(StartOrder) <= sizeof(pg::ProcessArgument));
static_assert(std::is_trivially_copyable_v<StartOrder>);

StartOrder unpack(const pg::ProcessArgument& argument) noexcept {
  StartOrder order;
  std::memcpy(&order, argument.data(), sizeof order);
  return order;
}

// An exception out of a body is logged by Postgres and ends the process with exit code 1.
void launch(void*) {
  pg::serve_signals();
  const SlotRef slot = slots::attach_launcher(base::now());
  if (!slot.valid()) return;
  pg::connect_shared_catalogs();
  Launcher launcher(slot);
  launcher.run();
}

void schedule(void*) {
  const StartOrder order = unpack(pg::process_argument());
  pg::serve_signals();
  // Before connecting: a process that fails to connect must clear its slot, too.
  if (!slots::attach(order.slot)) return;
  pg::connect_database(order.database, order.role);
  Scheduler scheduler(order.database, order.slot);
  scheduler.run();
}

void work(void*) {
  base::keep_heap_steady();
  const StartOrder order = unpack(pg::process_argument());
  pg::serve_signals();
  if (!slots::attach(order.slot)) return;
  pg::connect_database(order.database, order.role);
  WorkerContext context{order.database, order.role, SlotHandle(order.slot)};
  run_worker(context);
  slots::leave(order.slot, Exit::finished);
}

}  // namespace

pg::ProcessArgument pack(const StartOrder& order) noexcept {
  pg::ProcessArgument argument{};
  std::memcpy(argument.data(), &order, sizeof order);
  return argument;
}

}  // namespace tandem::worker

extern "C" {
__attribute__((visibility("default"))) void tandem_launcher_main(tandem::pg::Datum) {
  tandem::pg::entry(&tandem::worker::launch, nullptr);
}
__attribute__((visibility("default"))) void tandem_scheduler_main(tandem::pg::Datum) {
  tandem::pg::entry(&tandem::worker::schedule, nullptr);
}
__attribute__((visibility("default"))) void tandem_worker_main(tandem::pg::Datum) {
  tandem::pg::entry(&tandem::worker::work, nullptr);
}
}
