#include "api/zones.hpp"

#include "base/strings.hpp"
#include "core/schema/check.hpp"
#include "pg/timezone.hpp"

namespace tandem::api {

std::optional<core::Finding> zone_problem(std::string_view zone, std::string path) {
  if (zone.empty() || pg::TimeZone::find(zone)) return std::nullopt;
  return core::Finding{.path = std::move(path),
                       .message = base::strcat("time zone \"", zone, "\" is not known"),
                       .hint = "SELECT name FROM pg_timezone_names;",
                       .code = core::finding_code::kWrongValue};
}

void check_zones(const base::Json& definition, core::Findings& findings) {
  const base::Json* objects = definition.is_object() ? definition.find("objects") : nullptr;
  if (objects == nullptr || !objects->is_object()) return;
  for (const auto& [name, object] : objects->members()) {
    const base::Json* cursor = object.is_object() ? object.find("cursor") : nullptr;
    if (cursor == nullptr || !cursor->is_object()) continue;
    if (auto problem =
            zone_problem(cursor->string_at("zone").value_or(""), base::strcat("objects.", name, ".cursor.zone")))
      findings.push_back(*std::move(problem));
  }
}

}  // namespace tandem::api
