#include "core/mapping/chain.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

constexpr auto kFollowUpKeys = std::to_array<std::string_view>({"mapping", "function"});

void read_follow_up(const base::Json& item, const std::string& path, std::vector<FollowUp>& out, Findings& findings) {
  if (item.is_string() && !item.string().empty()) {
    out.push_back({.mapping = item.string(), .function = {}});
    return;
  }
  ObjectReader in(item, path, kFollowUpKeys, findings);
  if (!item.is_object()) return;
  FollowUp follow_up{.mapping = in.text("mapping").value_or(""), .function = in.text("function").value_or("")};
  if (follow_up.mapping.empty() == follow_up.function.empty()) {
    findings.push_back({.path = path,
                        .message = "a follow-up is either a mapping or a function",
                        .hint = "Write {\"mapping\": \"orders\"} or {\"function\": \"app.refresh(bigint)\"}.",
                        .code = finding_code::kWrongValue});
    return;
  }
  out.push_back(std::move(follow_up));
}

void refuse_itself(ObjectReader& options, const char* key, const Mapping& mapping) {
  options.error(key, base::strcat("mapping ", mapping.name, " cannot wait for itself or follow itself"),
                "A run that is to be repeated needs a schedule.");
}

}  // namespace

void read_chain(ObjectReader& options, Mapping& mapping, Findings& findings) {
  if (const base::Json* list = options.find("follow_ups")) {
    if (!list->is_array()) {
      options.error("follow_ups", "must be an array of names of mappings or of {\"function\": ...}", {},
                    finding_code::kWrongKind);
    } else {
      std::size_t position = 0;
      for (const base::Json& item : list->items())
        read_follow_up(item, path_join(options.path_of("follow_ups"), std::to_string(position++)), mapping.follow_ups,
                       findings);
    }
  }
  mapping.after = options.texts("after");
  const auto itself = [&](const FollowUp& follow_up) { return follow_up.mapping == mapping.name; };
  if (std::ranges::any_of(mapping.follow_ups, itself)) refuse_itself(options, "follow_ups", mapping);
  if (std::ranges::find(mapping.after, mapping.name) != mapping.after.end()) refuse_itself(options, "after", mapping);
}

std::vector<FollowUp> follow_ups_of(const base::Json& definition) {
  std::vector<FollowUp> out;
  const base::Json* options = definition.find("options");
  const base::Json* list = options == nullptr ? nullptr : options->find("follow_ups");
  Findings findings;
  if (list != nullptr && list->is_array())
    for (const base::Json& item : list->items()) read_follow_up(item, "follow_ups", out, findings);
  return out;
}

}  // namespace tandem::core
