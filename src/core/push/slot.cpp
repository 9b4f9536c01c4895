#include "core/push/slot.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 22> kNames{
    "id",      "key", "version", "idempotency_key", "index",   "local_key",  "field", "record",     "rest",   "event",
    "records", "ids", "keys",    "count",           "mapping", "mapping_id", "run",   "connection", "tenant", "object",
    "host",    "now"};                                                          // of Slot::Name
constexpr std::array<std::string_view, 4> kAs{"", "number", "text", "base64"};  // of Slot::As

base::Error wrong(std::string text, std::string hint) {
  return {.code = base::Errc::invalid_parameter, .text = std::move(text), .hint = std::move(hint)};
}

bool fits(const Slot& slot) {
  switch (slot.as) {
    case Slot::As::plain:
      return true;
    case Slot::As::number:
      return slot.name == Slot::Name::id || slot.name == Slot::Name::key || slot.name == Slot::Name::version;
    case Slot::As::text:
    case Slot::As::base64:
      return slot.whole_record();
  }
  return false;  // not reached: the switch is exhaustive
}

base::Result<Slot> parse_slot(std::string_view inside) {
  const std::size_t colon = inside.find(':');
  const std::string_view word = inside.substr(0, colon);
  const auto name = std::ranges::find(kNames, word);
  if (name == kNames.end())
    return wrong(base::strcat("unknown placeholder {", inside, '}'),
                 base::strcat(nearest_hint(word, kNames, "Placeholders"), " A brace itself is written {{ or }}."));
  Slot slot{.name = static_cast<Slot::Name>(name - kNames.begin())};
  const std::string_view more = colon == std::string_view::npos ? std::string_view() : inside.substr(colon + 1);
  if (slot.name == Slot::Name::field) {
    slot.field = std::string(more);
    if (more.empty()) return wrong("the placeholder {field} names no field", "Write it like {field:Name}.");
    return slot;
  }
  const auto as = std::ranges::find(kAs, more);
  slot.as = as == kAs.end() ? Slot::As::plain : static_cast<Slot::As>(as - kAs.begin());
  if (as == kAs.end() || (colon != std::string_view::npos && more.empty()) || !fits(slot))
    return wrong(base::strcat("placeholder {", inside, "} cannot be written so"),
                 "{id}, {key} and {version} may be followed by :number, {record} and {rest} by :text or :base64.");
  return slot;
}

}  // namespace

base::Result<std::vector<TextPiece>> parse_slots(std::string_view text) {
  std::vector<TextPiece> pieces;
  std::string plain;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char c = text[at];
    if (c != '{' && c != '}') {
      plain.push_back(c);
      continue;
    }
    if (at + 1 < text.size() && text[at + 1] == c) {
      plain.push_back(text[at++]);
      continue;
    }
    const std::size_t end = c == '{' ? text.find('}', at) : std::string_view::npos;
    if (end == std::string_view::npos)
      return wrong(base::strcat("a brace stands alone in \"", text, '"'), "A brace itself is written {{ or }}.");
    base::Result<Slot> slot = parse_slot(text.substr(at + 1, end - at - 1));
    if (!slot) return slot.error();
    if (!plain.empty()) pieces.push_back({.text = std::exchange(plain, {})});
    pieces.push_back({.slot = std::move(*slot)});
    at = end;
  }
  if (!plain.empty()) pieces.push_back({.text = std::move(plain)});
  return pieces;
}

std::string slot_text(const Slot& slot) {
  std::string out = base::strcat('{', kNames[static_cast<std::size_t>(slot.name)]);
  if (slot.name == Slot::Name::field) out += base::strcat(':', slot.field);
  if (slot.as != Slot::As::plain) out += base::strcat(':', kAs[static_cast<std::size_t>(slot.as)]);
  return out + '}';
}

}  // namespace tandem::core
