#include "core/listing/spent_json.hpp"

namespace tandem::core {

base::Json spent_to_json(const Spent& spent) {
  return base::Json::object({{"pages", base::Json(spent.pages)},
                             {"records", base::Json(spent.records)},
                             {"bytes", base::Json(spent.bytes)},
                             {"micros", base::Json(spent.micros)}});
}

Spent spent_from_json(const base::Json* json) {
  if (json == nullptr || !json->is_object()) return {};
  const auto of = [&](const char* key) { return json->integer_at(key).value_or(0); };
  return {.pages = of("pages"), .records = of("records"), .bytes = of("bytes"), .micros = of("micros")};
}

}  // namespace tandem::core
