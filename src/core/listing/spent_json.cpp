#include "core/listing/spent_json.hpp"

namespace tandem::core {

namespace {

constexpr const char* kKey = "spent_in_feed";

}  // namespace

void keep_spent_in_feed(base::Json& position, const Spent& spent) {
  position.set(kKey, base::Json::object({{"pages", base::Json(spent.pages)},
                                         {"records", base::Json(spent.records)},
                                         {"bytes", base::Json(spent.bytes)},
                                         {"micros", base::Json(spent.micros)}}));
}

Spent spent_in_feed(const std::optional<base::Json>& position) {
  const base::Json* json = position ? position->find(kKey) : nullptr;
  if (json == nullptr || !json->is_object()) return {};
  const auto of = [&](const char* key) { return json->integer_at(key).value_or(0); };
  return {.pages = of("pages"), .records = of("records"), .bytes = of("bytes"), .micros = of("micros")};
}

}  // namespace tandem::core
