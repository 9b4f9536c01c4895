#include "pg/shared_memory.hpp"

#include "pg/guard.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {
namespace {

// Plain process globals: written in the postmaster and inherited by every child.
const SharedBlock* wanted = nullptr;
void* block_address = nullptr;
LWLock* block_lock = nullptr;
ConditionVariable* news = nullptr;  // behind the block
shmem_request_hook_type previous_request = nullptr;
shmem_startup_hook_type previous_startup = nullptr;

}  // namespace

// The two hooks are plain C frames: what they call may raise, and nothing here needs a destructor.
extern "C" {
static void on_shmem_request() {
  if (previous_request != nullptr) previous_request();
  RequestAddinShmemSpace(MAXALIGN(wanted->size) + sizeof(ConditionVariable));
  RequestNamedLWLockTranche(wanted->name, 1);
}

static void on_shmem_startup() {
  if (previous_startup != nullptr) previous_startup();
  bool found = false;
  LWLockAcquire(AddinShmemInitLock, LW_EXCLUSIVE);
  block_address = ShmemInitStruct(wanted->name, MAXALIGN(wanted->size) + sizeof(ConditionVariable), &found);
  news = reinterpret_cast<ConditionVariable*>(static_cast<char*>(block_address) + MAXALIGN(wanted->size));
  if (!found) {
    wanted->initialize(block_address);
    ConditionVariableInit(news);
  }
  block_lock = &GetNamedLWLockTranche(wanted->name)->lock;
  LWLockRelease(AddinShmemInitLock);
}
}

void request_shared_memory(const SharedBlock* block) {
  wanted = block;
  previous_request = shmem_request_hook;
  shmem_request_hook = on_shmem_request;
  previous_startup = shmem_startup_hook;
  shmem_startup_hook = on_shmem_startup;
}

void* shared_block() noexcept { return block_address; }

unsigned long long strong_random() {
  unsigned long long value = 0;
  if (!pg_strong_random(&value, sizeof value)) value = static_cast<unsigned long long>(GetCurrentTimestamp());
  return value;
}

SharedLock::SharedLock(Mode mode) {
  call([mode] { LWLockAcquire(block_lock, mode == Mode::shared ? LW_SHARED : LW_EXCLUSIVE); });
}

SharedLock::~SharedLock() {
  LWLockRelease(block_lock);  // raises only for a lock that is not held
}

void broadcast_news() {
  if (news != nullptr) call([] { ConditionVariableBroadcast(news); });
}

NewsWait::NewsWait() {
  if (news != nullptr) call([] { ConditionVariablePrepareToSleep(news); });
}

NewsWait::~NewsWait() {
  if (news != nullptr) ConditionVariableCancelSleep();
}

void NewsWait::wait(base::Micros timeout) {
  const long milliseconds = static_cast<long>((timeout + 999) / 1000);
  call([milliseconds] { ConditionVariableTimedSleep(news, milliseconds, PG_WAIT_EXTENSION); });
}

}  // namespace tandem::pg
