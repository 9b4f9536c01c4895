// libFuzzer target: Json::parse never crashes, and what it takes reads back as the same.
#include <cstdio>
#include <cstdlib>

#include "base/json.hpp"
#include "base/strings.hpp"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace tandem::base;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto first = Json::parse(text);
  if (!first) {
    if (first.error().text.empty() || !valid_utf8(first.error().text)) std::abort();
    return 0;
  }
  const std::string dumped = first->dump();
  const auto second = Json::parse(dumped, dumped.size());
  if (!second || !(*second == *first) || second->dump() != dumped) {
    std::fprintf(stderr, "does not read back: %s\n", dumped.c_str());
    std::abort();
  }
  (void)merge_patch(*first, *second);
  return 0;
}
