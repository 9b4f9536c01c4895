#include "core/push/template.hpp"

#include <algorithm>

#include "base/json_text.hpp"
#include "base/percent.hpp"
#include "base/strings.hpp"
#include "core/push/slot_value.hpp"

namespace tandem::core {

namespace {

using base::Error;

Error wrong(std::string text, std::string hint) {
  return {.code = base::Errc::invalid_parameter, .text = std::move(text), .hint = std::move(hint)};
}

base::Result<BoundSlot> bind(const Slot& slot, const OutShape& shape) {
  BoundSlot bound{.slot = slot};
  if (slot.name != Slot::Name::field) return bound;
  bound.field = shape.find(slot.field);
  if (bound.field) return bound;
  return wrong(base::strcat("the request needs field \"", slot.field, "\", which the mapping does not send"),
               base::strcat("Add ", base::Json(slot.field).dump(), " to the columns of the mapping."));
}

// The slot when the text is one and nothing else.
const Slot* only_slot(const std::vector<TextPiece>& pieces) {
  return pieces.size() == 1 && pieces.front().slot ? &*pieces.front().slot : nullptr;
}

base::Result<Slot> spread_slot(const base::Json& value) {
  const Error refused = wrong("\"...\" must be \"{record}\" or \"{rest}\"",
                              "It puts the members of the record among the others of the object.");
  if (!value.is_string()) return refused;
  const auto pieces = parse_slots(value.string());
  if (!pieces) return pieces.error();
  const Slot* const slot = only_slot(*pieces);
  if (slot == nullptr || !slot->whole_record() || slot->as != Slot::As::plain) return refused;
  return *slot;
}

void append_escaped(std::string_view text, TextTemplate::Escape escape, std::string& out) {
  switch (escape) {
    case TextTemplate::Escape::none:
      out.append(text);
      break;
    case TextTemplate::Escape::path:
      out.append(base::percent_encode(text));
      break;
  }
}

void collect(const base::Json& json, std::vector<Slot>& out) {
  if (json.is_string()) {
    std::ranges::move(slots_of(json.string()), std::back_inserter(out));
  } else if (json.is_array()) {
    for (const base::Json& item : json.items()) collect(item, out);
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.members()) collect(value, out);
  }
}

}  // namespace

base::Result<TextTemplate> TextTemplate::compile(std::string_view text, const OutShape& shape) {
  auto pieces = parse_slots(text);
  if (!pieces) return pieces.error();
  TextTemplate out;
  for (TextPiece& piece : *pieces) {
    if (!piece.slot) {
      out.pieces_.push_back({std::move(piece.text), std::nullopt});
      continue;
    }
    auto bound = bind(*piece.slot, shape);
    if (!bound) return bound.error();
    out.pieces_.push_back({{}, std::move(*bound)});
  }
  return out;
}

Printed TextTemplate::print(const PrintScope& scope, Escape escape, std::string& out) const {
  for (const Piece& piece : pieces_) {
    if (!piece.slot) {
      out.append(piece.text);
      continue;
    }
    std::string text;
    if (!append_slot_text(*piece.slot, scope, text)) return Unprintable{piece.slot->slot};
    // A server would take such a segment for another path.
    if (escape == Escape::path && (text == "." || text == "..")) return Unprintable{piece.slot->slot};
    append_escaped(text, escape, out);
  }
  return std::nullopt;
}

bool TextTemplate::constant() const noexcept {
  return std::ranges::none_of(pieces_, [](const Piece& p) { return p.slot && p.slot->slot.of_change(); });
}

bool TextTemplate::left_out(const PrintScope& scope) const noexcept {
  return std::ranges::any_of(pieces_, [&](const Piece& p) { return p.slot && slot_left_out(*p.slot, scope); });
}

base::Result<JsonTemplate> JsonTemplate::compile(const base::Json& json, const OutShape& shape) {
  JsonTemplate out;
  if (auto error = out.add(json, shape)) return std::move(*error);
  return out;
}

Printed JsonTemplate::print(const PrintScope& scope, std::string& out) const {
  for (const Step& step : steps_) {
    bool printed = true;
    switch (step.kind) {
      case Step::Kind::text:
        out.append(step.text);
        break;
      case Step::Kind::value:
        printed = append_slot_json(step.slot, scope, out);
        break;
      case Step::Kind::inside: {
        std::string text;
        printed = append_slot_text(step.slot, scope, text);
        base::append_json_inside(out, text);
        break;
      }
      case Step::Kind::spread:
        scope.shape.print_members(step.slot.slot.name == Slot::Name::rest ? scope.rest : scope.sent, scope.nulls, out);
        break;
      case Step::Kind::comma:
        if (out.back() != '{') out.push_back(',');
        break;
      case Step::Kind::member:
        if (slot_left_out(step.slot, scope)) break;
        if (out.back() != '{') out.push_back(',');
        out.append(step.text);
        printed = append_slot_json(step.slot, scope, out);
        break;
    }
    if (!printed) return Unprintable{step.slot.slot};
  }
  return std::nullopt;
}

void JsonTemplate::wrap_graphql(std::string_view query) {
  std::string head = "{\"query\":";
  base::append_json_string(head, query);
  head += ",\"variables\":";
  steps_.insert(steps_.begin(), {.kind = Step::Kind::text, .text = std::move(head)});
  add_text("}");
}

std::optional<Error> JsonTemplate::add(const base::Json& json, const OutShape& shape) {
  if (json.is_string()) return add_string(json.string(), shape);
  if (json.is_object()) return add_object(json, shape);
  if (!json.is_array()) return add_text(json.dump()), std::nullopt;
  add_text("[");
  bool first = true;
  for (const base::Json& item : json.items()) {
    if (!first) add_text(",");
    first = false;
    if (auto error = add(item, shape)) return error;
  }
  add_text("]");
  return std::nullopt;
}

std::optional<Error> JsonTemplate::add_string(std::string_view text, const OutShape& shape) {
  const auto pieces = parse_slots(text);
  if (!pieces) return pieces.error();
  const bool whole = only_slot(*pieces) != nullptr;
  if (!whole) add_text("\"");
  for (const TextPiece& piece : *pieces) {
    if (!piece.slot) {
      std::string escaped;
      base::append_json_inside(escaped, piece.text);
      add_text(escaped);
      continue;
    }
    auto bound = bind(*piece.slot, shape);
    if (!bound) return bound.error();
    steps_.push_back({.kind = whole ? Step::Kind::value : Step::Kind::inside, .slot = std::move(*bound)});
  }
  if (!whole) add_text("\"");
  return std::nullopt;
}

std::optional<Error> JsonTemplate::add_object(const base::Json& json, const OutShape& shape) {
  add_text("{");
  for (const auto& [key, value] : json.members()) {
    if (key == kSpread) {
      auto slot = spread_slot(value);
      if (!slot) return slot.error();
      steps_.push_back({.kind = Step::Kind::spread, .slot = {.slot = *slot}});
      continue;
    }
    std::string name;
    base::append_json_string(name, key);
    name.push_back(':');
    if (value.is_string()) {
      const auto pieces = parse_slots(value.string());
      if (!pieces) return pieces.error();
      const Slot* const only = only_slot(*pieces);
      if (only != nullptr && only->name == Slot::Name::version) {
        steps_.push_back({.kind = Step::Kind::member, .text = std::move(name), .slot = {.slot = *only}});
        continue;
      }
    }
    steps_.push_back({.kind = Step::Kind::comma});
    add_text(name);
    if (auto error = add(value, shape)) return error;
  }
  add_text("}");
  return std::nullopt;
}

void JsonTemplate::add_text(std::string_view text) {
  if (!steps_.empty() && steps_.back().kind == Step::Kind::text)
    steps_.back().text.append(text);
  else
    steps_.push_back({.kind = Step::Kind::text, .text = std::string(text)});
}

std::optional<Error> check_template(const base::Json& json) {
  if (json.is_string()) {
    const auto pieces = parse_slots(json.string());
    return pieces ? std::nullopt : std::optional(pieces.error());
  }
  if (json.is_array()) {
    for (const base::Json& item : json.items())
      if (auto error = check_template(item)) return error;
  } else if (json.is_object()) {
    for (const auto& [key, value] : json.members()) {
      if (key == kSpread) {
        if (const auto slot = spread_slot(value); !slot) return slot.error();
      } else if (auto error = check_template(value)) {
        return error;
      }
    }
  }
  return std::nullopt;
}

std::vector<Slot> slots_of(std::string_view text) {
  std::vector<Slot> out;
  const auto pieces = parse_slots(text);
  if (!pieces) return out;
  for (const TextPiece& piece : *pieces)
    if (piece.slot) out.push_back(*piece.slot);
  return out;
}

std::vector<Slot> slots_of(const base::Json& json) {
  std::vector<Slot> out;
  collect(json, out);
  return out;
}

}  // namespace tandem::core
