#include "core/mapping/history.hpp"

#include <array>

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 3> kLevels{"none", "changes", "all"};  // in the order of History::Level
constexpr auto kKeys = std::to_array<std::string_view>({"level", "days"});
constexpr std::int64_t kMostDays = 36'500;

}  // namespace

History read_history(ObjectReader& options, Findings& findings) {
  History history;
  const base::Json* value = options.find("record_log");
  if (value == nullptr) return history;
  history.given = true;
  if (!value->is_object()) {
    if (const auto level = options.choice("record_log", kLevels)) history.level = static_cast<History::Level>(*level);
    return history;
  }
  ObjectReader in(*value, options.path_of("record_log"), kKeys, findings);
  if (in.find("level") == nullptr) in.missing("level");
  if (const auto level = in.choice("level", kLevels)) history.level = static_cast<History::Level>(*level);
  history.days = in.integer("days", 0, kMostDays).value_or(history.days);
  return history;
}

History history_of(const base::Json& definition) {
  const base::Json* options = definition.find("options");
  if (options == nullptr || options->find("record_log") == nullptr) return {};
  static constexpr std::array<std::string_view, 1> kOption{"record_log"};
  const base::Json only = base::Json::object({{"record_log", *options->find("record_log")}});
  Findings findings;
  ObjectReader in(only, "options", kOption, findings);
  return read_history(in, findings);
}

}  // namespace tandem::core
