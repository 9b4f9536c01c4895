#include "base/heap.hpp"

#include <cstdlib>

#ifdef __GLIBC__
#include <malloc.h>
#endif

namespace tandem::base {

// Left alone, glibc raises the size from which it maps memory directly each time that such memory is freed, up to 32
// MB, and so moves buffers of all sizes into the heap while it is in use: where they come to lie, and with that the
// size of the heap, is then a matter of chance (30 MB or 52 MB for the same pages). Setting either value ends that.
// What a page of usual size needs comes and goes within the heap, without page faults; more than that is mapped, and
// given back at once.
void keep_heap_steady() noexcept {
#ifdef __GLIBC__
  constexpr int kMapped = 8 << 20;  // as large as the largest blocks of Postgres's memory contexts
  constexpr int kKept = 32 << 20;   // free at the heap's end: less would come and go with every page
  mallopt(M_MMAP_THRESHOLD, kMapped);
  mallopt(M_TRIM_THRESHOLD, kKept);
#endif
}

}  // namespace tandem::base
