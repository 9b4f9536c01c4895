// Reads lines [rule, record, result] and evaluates each rule over its record, on the way that
// records take: page reader, extracted fields, compiled condition. Says what differs.
#include <iostream>
#include <string>

#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "core/logic/logic.hpp"

using namespace tandem;

namespace {

// The raw text of an element of the line, so that numbers reach both sides as they were written.
std::string evaluate(const base::Json& rule, std::string_view record) {
  core::Findings findings;
  const core::Condition condition = core::Condition::compile(rule, "conditions", findings);
  base::PageReader reader({base::RecordsAt::Rule::object, {}}, condition.fields(), {});
  base::Buffer body;
  body.append(record);
  base::TextArena arena;
  const base::Result<base::Page> page = reader.read(body, arena);
  if (!page) return "page: " + page.error().text;
  core::ConditionTest test(condition);
  const std::string value = test.value(page->record(0), page->raw.front());
  return value.starts_with("raised") ? "raised" : value;
}

}  // namespace

int main() {
  std::size_t cases = 0, wrong = 0;
  for (std::string line; std::getline(std::cin, line); ++cases) {
    const base::Json json = base::Json::parse(line).value();
    const std::string record = json.items()[1].dump();
    const std::string found = evaluate(json.items()[0], record);
    const std::string& expected = json.items()[2].string();
    if (found == expected) continue;
    if (++wrong <= 20) std::cout << line << "\n  found " << found << "\n";
  }
  std::cout << cases << " cases, " << wrong << " wrong\n";
  return cases == 0 || wrong > 0 ? 1 : 0;
}
