// libFuzzer target: the page reader against jansson, and against itself where records
// stand in an array and facts around it. Long runs: page_reader_fuzz -max_len=4096 corpus/
#include <cstdio>
#include <cstdlib>

#include "page_reader_check.hpp"

namespace {

using namespace tandem::base;

void require(bool right, const char* what) {
  if (right) return;
  std::fprintf(stderr, "%s\n", what);
  std::abort();
}

// The same text as the only record of each place gives the same record.
void check_places(std::string_view text) {
  TextArena arena;
  Buffer single;
  single.append(text);
  PageReader object({RecordsAt::Rule::object, {}}, check::fields(), {});
  const auto expected = object.read(single, arena);
  if (!expected || text.starts_with("\xEF\xBB\xBF")) return;

  Buffer page;
  page.append("{\"next\":\"n\",\"items\":[");
  page.append(text);
  page.append(",");
  page.append(text);
  page.append("],\"total\":2}");
  PageReader known({}, check::fields(), {{"next"}, {"total"}});
  const auto found = known.read(page, arena);
  if (!found && found.error().code == Errc::limit_exceeded) return;  // two levels deeper
  require(found.ok(), "a record is refused within a page");
  require(found->records() == 2 && found->facts[0] == "n" && found->facts[1] == "2", "records or facts are missing");
  for (std::size_t record = 0; record < 2; ++record)
    for (std::size_t i = 0; i < found->fields; ++i)
      require(found->record(record)[i].kind == expected->values[i].kind &&
                  found->record(record)[i].text == expected->values[i].text,
              "a record differs within a page");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (const auto wrong = check::disagreement(text)) require(false, wrong->c_str());
  check_places(text);

  Buffer body;
  body.append(text);
  TextArena arena;
  PageReader discovery({RecordsAt::Rule::root, {}}, {}, {{"0", "a"}});
  (void)discovery.read_all(body, arena, 3);
  PageReader paths({RecordsAt::Rule::path, {"a", "b"}}, check::fields(), {{"a", "c"}, {"b"}, {"a", "b", "0"}});
  (void)paths.read(body, arena);
  return 0;
}
