// How the heap of a process of ours behaves that reads page after page for hours: its
// size is to depend on the size of pages, not on how many there were.
#pragma once

namespace tandem::base {

// For a process that is ours alone, before its first page: it changes what malloc does for everybody in it.
void keep_heap_steady() noexcept;

}  // namespace tandem::base
