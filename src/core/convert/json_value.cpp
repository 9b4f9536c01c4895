#include "core/convert/json_value.hpp"

namespace tandem::core {

base::Value value_of_json(const base::Json& json, base::TextArena& arena) {
  using base::Kind;
  switch (json.kind()) {
    case base::Json::Kind::null:
      return {Kind::null, {}};
    case base::Json::Kind::boolean:
      return {Kind::boolean, json.boolean() ? "true" : "false"};
    case base::Json::Kind::integer:
    case base::Json::Kind::real:
      return {Kind::number, arena.keep(json.dump())};
    case base::Json::Kind::string:
      return {Kind::string, arena.keep(json.string())};
    case base::Json::Kind::array:
    case base::Json::Kind::object:
      return {Kind::json, arena.keep(json.dump())};
  }
  return {};  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
