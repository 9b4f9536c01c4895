#include <algorithm>

#include "core/manifest/read.hpp"

#include "base/strings.hpp"
#include "core/manifest/values.hpp"
#include "core/listing/cursor_text.hpp"
#include "core/schema/check.hpp"
#include "core/convert/time_pattern.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 19> kCursorKeys{
    "kind",      "field",    "param", "format", "zone", "template", "until_param", "grain",   "inclusive", "tie_break",
    "tie_param", "lookback", "order", "slice",  "from", "next",     "initial",     "expired", "covered"};
constexpr std::array<std::string_view, 5> kOfToken{"kind", "param", "next", "initial", "expired"};
constexpr std::array<std::string_view, 2> kOfTokenAlone{"next", "initial"};
constexpr std::array<std::string_view, 2> kKinds{"field", "token"};
constexpr std::array<std::string_view, 5> kFormats{"iso8601", "epoch", "epoch_ms", "integer",
                                                   "text"};  // CursorFormat's
constexpr std::array<std::string_view, 2> kOrders{"ascending", "descending"};
constexpr std::array<std::string_view, 2> kExpiredKeys{"status", "contains"};
constexpr std::array<std::string_view, 3> kPlaceholders{"{cursor}", "{until}", "{tie}"};

void refuse(ObjectReader& in, std::span<const std::string_view> keys, std::string_view why) {
  for (const std::string_view key : keys)
    if (in.find(key) != nullptr)
      in.error(key, std::string(why), "Remove it, or set it to null where the connector gives it.");
}

void read_format(ObjectReader& in, Cursor& cursor) {
  const base::Json* given = in.find("format");
  if (given != nullptr && given->is_string() && given->string().find('%') != std::string::npos) {
    cursor.format = CursorFormat::pattern;
    cursor.pattern = given->string();
    if (const auto wrong = check_time_pattern(cursor.pattern))
      in.error("format", *wrong, "Known are %Y %m %d %H %M %S %f (micros) %L (millis) %z %:z %s %%.");
    return;
  }
  if (const auto format = in.choice("format", kFormats)) cursor.format = static_cast<CursorFormat>(*format);
}

// A span of time; of increasing numbers a number.
std::int64_t read_span(ObjectReader& in, const char* key, const Cursor& cursor) {
  const base::Json* given = in.find(key);
  if (given == nullptr) return 0;
  const base::Result<std::int64_t> span = cursor_span(*given, cursor);
  if (span) return *span;
  in.error(key, span.error().text, span.error().hint);
  return 0;
}

void read_from(ObjectReader& in, Cursor& cursor) {
  const base::Json* given = in.find("from");
  if (given == nullptr) return;
  cursor.from = given->is_string() ? given->string() : given->dump();
  if (cursor.format == CursorFormat::text || CursorText(cursor).rank(cursor.from)) return;
  in.error("from", "is not a value of this cursor",
           cursor.timed() ? "Write a time like \"2020-01-01T00:00:00Z\"." : "Write a whole number.");
}

void read_template(ObjectReader& in, Cursor& cursor) {
  const auto text = in.text("template");
  if (!text) return;
  cursor.written_as = *text;
  if (text->find("{cursor}") == std::string::npos) in.error("template", "does not say where the cursor goes: {cursor}");
  for (std::size_t at = text->find('{'); at != std::string::npos; at = text->find('{', at + 1)) {
    const std::string_view rest = std::string_view(*text).substr(at);
    if (std::ranges::none_of(kPlaceholders, [&](std::string_view known) { return rest.starts_with(known); }))
      in.error("template", "has a placeholder that is not known", "Known: {cursor}, {until}, {tie}.");
  }
}

void check_partners(ObjectReader& in, const Cursor& cursor) {
  const bool descending = cursor.order == CursorOrder::descending;
  const bool in_template = cursor.written_as.find("{until}") != std::string::npos;
  const bool tie_in_template = cursor.written_as.find("{tie}") != std::string::npos;
  if (cursor.param.empty() && in.find("param") == nullptr && !descending)
    in.missing("param",
               "It is the query parameter that takes the last value seen, like \"updated_since\"; only a "
               "listing in descending order can do without.");
  if (cursor.param.empty()) {
    constexpr std::array<std::string_view, 5> kOfParam{"template", "until_param", "from", "grain", "inclusive"};
    refuse(in, kOfParam, "needs \"param\"");
  }
  for (const char* key : {"zone", "until_param", "slice", "covered"})
    if (in.find(key) != nullptr && !cursor.timed()) in.error(key, "needs a cursor that is a time");
  if (in_template && (!cursor.timed() || cursor.from.empty()))
    in.error("template", "{until} needs a cursor that is a time, and \"from\"", "Add \"from\": \"2000-01-01\".");
  if (!cursor.inclusive && cursor.format == CursorFormat::text)
    in.error("inclusive", "cannot be false with format text: there is no value before another");
  if (tie_in_template && cursor.tie_break.empty()) in.missing("tie_break", "The template has {tie}.");
  if (!cursor.tie_param.empty() && cursor.tie_break.empty())
    in.missing("tie_break", "It is the field that goes into \"tie_param\", like \"id\".");
  if (cursor.slice == 0) return;
  if (cursor.from.empty() && in.find("from") == nullptr) in.missing("from", "It is where the first slice begins.");
  if (!cursor.bounded()) in.missing("until_param", "It is the query parameter that takes the end of a slice.");
  if (descending) in.error("slice", "does not go with descending order");
}

Cursor read_field_cursor(ObjectReader& in) {
  Cursor cursor;
  if (in.find("field") == nullptr)
    in.missing("field", "It is the field of a record that grows with every change, like \"updated_at\".");
  refuse(in, kOfTokenAlone, "is used only with kind \"token\"");
  cursor.field = in.text("field").value_or("");
  cursor.param = in.text("param").value_or("");
  read_format(in, cursor);
  cursor.zone = in.text("zone").value_or("");
  cursor.until_param = in.text("until_param").value_or("");
  cursor.inclusive = in.boolean("inclusive").value_or(true);
  cursor.tie_break = in.text("tie_break").value_or("");
  cursor.tie_param = in.text("tie_param").value_or("");
  if (const auto order = in.choice("order", kOrders))
    cursor.order = *order == 0 ? CursorOrder::ascending : CursorOrder::descending;
  cursor.grain = read_span(in, "grain", cursor);
  cursor.lookback = read_span(in, "lookback", cursor);
  if (cursor.timed()) cursor.slice = read_span(in, "slice", cursor);
  cursor.covered = read_path(in, "covered");
  read_from(in, cursor);
  read_template(in, cursor);
  check_partners(in, cursor);
  return cursor;
}

Cursor read_token_cursor(ObjectReader& in, Findings& findings) {
  Cursor cursor{.token = true};
  for (const std::string_view key : kCursorKeys)
    if (in.find(key) != nullptr && std::ranges::find(kOfToken, key) == kOfToken.end())
      in.error(key, "is not used by kind \"token\"", "Remove it, or set it to null where the connector gives it.");
  cursor.param = in.text("param").value_or("");
  if (in.find("next") == nullptr)
    in.missing("next", "It is the path in the body where the last page gives the token, like \"nextSyncToken\".");
  cursor.next = read_path(in, "next");
  cursor.initial = read_params(in, findings, "initial");
  return cursor;
}

}  // namespace

bool Cursor::bounded() const noexcept {
  return !until_param.empty() || written_as.find("{until}") != std::string::npos;
}

bool Expired::matches(int answered, std::string_view body) const noexcept {
  if ((status.empty() && contains.empty()) || (answered >= 200 && answered < 300)) return false;
  if (!status.empty() && std::ranges::find(status, answered) == status.end()) return false;
  return contains.empty() || body.find(contains) != std::string_view::npos;
}

base::Result<std::int64_t> cursor_span(const base::Json& value, const Cursor& cursor) {
  if (cursor.timed()) return span_micros(value);
  if (cursor.format == CursorFormat::integer && value.is_integer() && value.integer() > 0) return value.integer();
  return base::Error{.code = base::Errc::invalid_parameter,
                     .text = cursor.format == CursorFormat::integer
                                 ? "must be a whole number of ids above 0"
                                 : "has no meaning: the cursor is no time and no number"};
}

std::optional<Cursor> read_cursor(const base::Json& json, const std::string& path, Findings& findings) {
  ObjectReader in(json, path, kCursorKeys, findings);
  if (!json.is_object()) return std::nullopt;
  const bool token = in.choice("kind", kKinds).value_or(0) == 1;
  Cursor cursor = token ? read_token_cursor(in, findings) : read_field_cursor(in);
  cursor.expired = read_expired(in, token ? Expired{{410}, {}} : Expired{}, findings);
  return cursor;
}

Expired read_expired(ObjectReader& in, Expired fallback, Findings& findings) {
  const base::Json* json = in.find("expired");
  if (json == nullptr) return fallback;
  ObjectReader inner(*json, in.path_of("expired"), kExpiredKeys, findings);
  Expired expired;
  expired.contains = inner.text("contains").value_or("");
  if (const base::Json* status = inner.find("status")) {
    const std::vector<base::Json> list = status->is_array() ? status->items() : std::vector{*status};
    for (const base::Json& one : list) {
      if (one.is_integer() && one.integer() >= 300 && one.integer() <= 599)
        expired.status.push_back(static_cast<int>(one.integer()));
      else
        inner.error("status", "must be a status from 300 to 599, or an array of them");
    }
  }
  if (json->is_object() && expired.status.empty() && expired.contains.empty())
    inner.error("status", "or \"contains\" has to be given",
                "Write {\"status\": [400, 410], \"contains\": \"expired\"}.", finding_code::kMissing);
  return expired;
}

}  // namespace tandem::core
