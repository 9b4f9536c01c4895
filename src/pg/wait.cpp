#include "pg/wait.hpp"

#include <sys/timerfd.h>
#include <unistd.h>

#include <cerrno>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/guard.hpp"
#include "pg/transaction.hpp"

#include "pg/postgres.hpp"
#include "pg/compat.hpp"

namespace tandem::pg {

using base::Errc;
using base::Failure;

namespace {

constexpr int kMaxDescriptors = 64;
constexpr int kFirstDescriptor = 2;  // behind latch and postmaster death

// Called under a guard only.
WaitEventSet* create(std::span<const int> descriptors) {
  WaitEventSet* set = compat::create_wait_event_set(kFirstDescriptor + static_cast<int>(descriptors.size()));
  AddWaitEventToSet(set, WL_LATCH_SET, PGINVALID_SOCKET, MyLatch, nullptr);
  AddWaitEventToSet(set, WL_EXIT_ON_PM_DEATH, PGINVALID_SOCKET, nullptr, nullptr);
  for (const int descriptor : descriptors) AddWaitEventToSet(set, WL_SOCKET_READABLE, descriptor, nullptr, nullptr);
  return set;
}

long milliseconds(base::Micros timeout) {
  if (timeout < 0) return -1;
  // Up, or a wait of half a millisecond would spin.
  const base::Micros rounded = timeout / 1000 + (timeout % 1000 != 0 ? 1 : 0);
  return static_cast<long>(std::min<base::Micros>(rounded, std::numeric_limits<int>::max()));
}

}  // namespace

void check_interrupts() {
  call([] {
    CHECK_FOR_INTERRUPTS();
    if (ConfigReloadPending && MyBackendType == B_BG_WORKER && !IsTransactionOrTransactionBlock()) {
      ConfigReloadPending = false;
      ProcessConfigFile(PGC_SIGHUP);
    }
  });
}

struct WaitSet::Impl {
  WaitEventSet* set = nullptr;
  std::vector<WaitEvent> events;
};

WaitSet::WaitSet(std::span<const int> descriptors, Use use) : impl_(std::make_unique<Impl>()), use_(use) {
  if (descriptors.size() > kMaxDescriptors) throw Failure(Errc::internal, "too many descriptors to wait for");
  impl_->events.resize(descriptors.size() + kFirstDescriptor);
  impl_->set = call([descriptors] { return create(descriptors); });
}

WaitSet::~WaitSet() {
  try {
    call([this] { FreeWaitEventSet(impl_->set); });
  } catch (...) {
    // Closing descriptors and freeing memory: nothing there raises.
  }
}

WaitSet::Woken WaitSet::wait(base::Micros timeout) {
  if (use_ == Use::background && in_transaction()) throw Failure(Errc::internal, "wait with a transaction open");
  const long limit = milliseconds(timeout);
  const int count = call([&] {
    return WaitEventSetWait(impl_->set, limit, impl_->events.data(), static_cast<int>(impl_->events.size()),
                            compat::wait_event());
  });
  Woken woken;
  woken.timeout = count == 0;
  for (int i = 0; i < count; ++i) {
    const WaitEvent& event = impl_->events[static_cast<std::size_t>(i)];
    if ((event.events & WL_LATCH_SET) != 0) woken.latch = true;
    if ((event.events & WL_SOCKET_READABLE) != 0) {
      woken.descriptors |= std::uint64_t{1} << static_cast<unsigned>(event.pos - kFirstDescriptor);
    }
  }
  // Reset first, look at the reasons afterwards: one that comes in between sets it again.
  if (woken.latch) ResetLatch(MyLatch);
  check_interrupts();
  return woken;
}

Alarm::Alarm() : fd_(timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK | TFD_CLOEXEC)) {
  if (fd_ < 0) throw Failure(Errc::internal, base::strcat("could not create a timer: errno ", errno));
  ReserveExternalFD();
}

Alarm::~Alarm() {
  close(fd_);
  ReleaseExternalFD();
}

void Alarm::set(base::Instant when) {
  std::int64_t seconds = when.micros / base::kSecond;
  std::int64_t micros = when.micros % base::kSecond;
  if (micros < 0) {
    micros += base::kSecond;
    --seconds;
  }
  seconds += base::kUnixEpochOffsetSeconds;
  itimerspec spec{};
  // Zero would disarm it: whatever lies so far back is due now.
  spec.it_value.tv_sec = std::max<std::int64_t>(seconds, 1);
  spec.it_value.tv_nsec = micros * 1000;
  // CANCEL_ON_SET: a step of the clock wakes us, to work the deadlines out again.
  if (timerfd_settime(fd_, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &spec, nullptr) != 0 && errno != ECANCELED) {
    throw Failure(Errc::internal, base::strcat("could not set a timer: errno ", errno));
  }
}

void Alarm::clear() {
  const itimerspec none{};
  (void)timerfd_settime(fd_, 0, &none, nullptr);
}

void Alarm::drain() {
  std::uint64_t expirations = 0;
  // EAGAIN: there was nothing; ECANCELED: the clock was stepped. Both are fine here.
  while (read(fd_, &expirations, sizeof expirations) < 0 && errno == EINTR) {
  }
}

}  // namespace tandem::pg
