#include "core/push/local_text.hpp"

#include <charconv>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/decimal.hpp"
#include "core/convert/iso_time.hpp"
#include "core/convert/json.hpp"
#include "core/convert/json_elements.hpp"
#include "core/convert/problem.hpp"

namespace tandem::core {

using base::ColumnType;
using base::Kind;
using base::TypeClass;
using base::Value;

namespace {

constexpr std::string_view kJsonBlanks = " \t\r\n";

Problem no_form(std::string_view text, const ColumnType& type, std::string_view why) {
  return {code::kNoForm, error_type::kTransform,
          base::strcat(shown({Kind::string, text}), " of type ", type.name, " cannot be sent: ", why),
          "Correct the row, declare the field \"type\": \"string\" if it takes the text, or give a \"to_remote\"."};
}

bool take(std::string_view& rest, char c) {
  if (!rest.starts_with(c)) return false;
  rest.remove_prefix(1);
  return true;
}

std::string_view take_while(std::string_view& rest, std::string_view set) {
  const std::size_t size = std::min(rest.find_first_not_of(set), rest.size());
  const std::string_view taken = rest.substr(0, size);
  rest.remove_prefix(size);
  return taken;
}

// "0002" as 2, "000000" as 0.
std::string_view without_zeros(std::string_view digits) {
  const std::size_t first = digits.find_first_not_of('0');
  return first == std::string_view::npos ? "0" : digits.substr(first);
}

// "-1 years +2 mons 03:04:05.6" as P-1Y2MT3H4M5.6S; empty: it is something else (infinity).
std::string iso_interval(std::string_view rest) {
  std::string date, time;
  while (!rest.empty()) {
    take_while(rest, " ");
    const bool negative = take(rest, '-');
    if (!negative) (void)take(rest, '+');
    const std::string_view number = take_while(rest, "0123456789");
    if (number.empty()) return {};
    const char* const sign = negative ? "-" : "";
    if (take(rest, ' ')) {
      const std::string_view unit = take_while(rest, "abcdefghijklmnopqrstuvwxyz");
      const char letter = unit.starts_with("year")  ? 'Y'
                          : unit.starts_with("mon") ? 'M'
                          : unit.starts_with("day") ? 'D'
                                                    : '\0';
      if (letter == '\0') return {};
      date += base::strcat(sign, number, std::string_view(&letter, 1));
      continue;
    }
    if (!take(rest, ':')) return {};
    const std::string_view minutes = take_while(rest, "0123456789");
    if (!take(rest, ':')) return {};
    std::string_view seconds = take_while(rest, "0123456789");
    const std::string_view fraction = take(rest, '.') ? take_while(rest, "0123456789") : std::string_view();
    if (minutes.empty() || seconds.empty() || !rest.empty()) return {};
    if (without_zeros(number) != "0") time += base::strcat(sign, without_zeros(number), "H");
    if (without_zeros(minutes) != "0") time += base::strcat(sign, without_zeros(minutes), "M");
    if (without_zeros(seconds) != "0" || !fraction.empty())
      time += base::strcat(sign, without_zeros(seconds), fraction.empty() ? "" : ".", fraction, "S");
  }
  if (date.empty() && time.empty()) return "PT0S";
  return base::strcat("P", date, time.empty() ? "" : "T", time);
}

// The ISO form of a date, time or moment; empty: it has none that others read.
std::string iso_time(std::string_view text, TypeClass type) {
  DateTime parsed;
  if (type == TypeClass::time) return parse_clock(text, parsed) == TimeFault::none ? std::string(text) : std::string();
  if (parse_date_time(text, parsed) != TimeFault::none) return {};
  if (type == TypeClass::date) return std::string(text);
  std::string out(text);
  if (const std::size_t blank = out.find(' '); blank != std::string::npos) out[blank] = 'T';
  if (out.ends_with("+00")) out.replace(out.size() - 3, 3, "Z");
  return out;
}

// '{1,NULL,"a b"}' as [1,null,"a b"].
class ArrayText {
 public:
  ArrayText(std::string_view text, const ColumnType& type, base::TextArena& arena)
      : whole_(text), rest_(text), type_(type), element_(type), arena_(arena) {
    element_.type_class = type.element_class;
    if (element_.name.ends_with("[]")) element_.name.resize(element_.name.size() - 2);
    separator_ = element_.name == "box" ? ';' : ',';
  }
  std::optional<Problem> read(std::string& out) {
    if (rest_.starts_with('[')) return no_form(whole_, type_, "its subscripts do not begin at 1");
    if (auto problem = array(out)) return problem;
    return rest_.empty() ? std::nullopt : std::optional(broken());
  }

 private:
  [[nodiscard]] Problem broken() const { return no_form(whole_, type_, "it is not the text of an array"); }
  std::optional<Problem> array(std::string& out) {
    if (!take(rest_, '{')) return broken();
    out += '[';
    if (take(rest_, '}')) {
      out += ']';
      return std::nullopt;
    }
    do {
      if (out.back() != '[') out += ',';
      if (auto problem = rest_.starts_with('{') ? array(out) : element(out)) return problem;
    } while (take(rest_, separator_));
    out += ']';
    return take(rest_, '}') ? std::nullopt : std::optional(broken());
  }
  std::optional<Problem> element(std::string& out) {
    std::string text;
    const bool quoted = take(rest_, '"');
    while (!rest_.empty() && (quoted ? rest_[0] != '"' : rest_[0] != separator_ && rest_[0] != '}')) {
      if (rest_[0] == '\\') rest_.remove_prefix(1);
      if (rest_.empty()) return broken();
      text += rest_[0];
      rest_.remove_prefix(1);
    }
    if (quoted && !take(rest_, '"')) return broken();
    if (!quoted && text == "NULL") {
      out += "null";
      return std::nullopt;
    }
    Value value;
    if (auto problem = value_of_text(arena_.keep(text), element_, false, arena_, value)) return problem;
    out += json_text(value, arena_);
    return std::nullopt;
  }

  std::string_view whole_, rest_;
  const ColumnType& type_;
  ColumnType element_;
  base::TextArena& arena_;
  char separator_ = ',';
};

std::optional<Problem> as_time(std::string_view text, const ColumnType& type, bool as_text, base::TextArena& arena,
                               Value& value) {
  const std::string iso = type.type_class == TypeClass::interval ? iso_interval(text) : iso_time(text, type.type_class);
  if (iso.empty() && !as_text)
    return no_form(
        text, type,
        type.type_class == TypeClass::interval ? "ISO 8601 has no form for it" : "it is not in the years 0001 to 9999");
  value = {Kind::string, iso.empty() ? text : arena.keep(iso)};
  return std::nullopt;
}

std::optional<Problem> as_number(std::string_view text, const ColumnType& type, bool as_text, Value& value) {
  if (Decimal::parse(text)) {
    value = {Kind::number, text};
  } else if (as_text) {
    value = {Kind::string, text};
  } else {
    return no_form(text, type, "JSON has no such number");
  }
  return std::nullopt;
}

// Types that only their input function knows; some of them are numbers. Money is read as one (store/local_rows.cpp).
bool is_number(const ColumnType& type) {
  return type.name == "oid" || type.name == "xid" || type.name == "cid" || type.name == "money";
}

// The blanks behind a char(n) mean nothing.
bool is_padded(const ColumnType& type) {
  return type.name == "character" || type.name.starts_with("character(") || type.name == "bpchar";
}

}  // namespace

std::optional<Problem> value_of_text(std::string_view text, const ColumnType& type, bool as_text,
                                     base::TextArena& arena, Value& value) {
  switch (type.type_class) {
    case TypeClass::text:
      if (is_padded(type)) text = text.substr(0, text.find_last_not_of(' ') + 1);
      value = {Kind::string, text};
      return std::nullopt;
    case TypeClass::uuid:
    case TypeClass::bytea:
      value = {Kind::string, text};
      return std::nullopt;
    case TypeClass::input:
      if (is_number(type)) return as_number(text, type, as_text, value);
      value = {Kind::string, text};
      return std::nullopt;
    case TypeClass::smallint:
    case TypeClass::integer:
    case TypeClass::bigint:
    case TypeClass::numeric:
    case TypeClass::real:
    case TypeClass::double_precision:
      return as_number(text, type, as_text, value);
    case TypeClass::boolean:
      value = {Kind::boolean, text.starts_with('t') ? "true" : "false"};
      return std::nullopt;
    case TypeClass::date:
    case TypeClass::time:
    case TypeClass::timestamp:
    case TypeClass::timestamptz:
    case TypeClass::interval:
      return as_time(text, type, as_text, arena, value);
    case TypeClass::json:
    case TypeClass::jsonb: {
      std::string_view raw = text.substr(0, text.find_last_not_of(kJsonBlanks) + 1);
      take_while(raw, kJsonBlanks);
      value = raw.empty() ? Value{Kind::broken, text} : value_of_element(raw, arena);
      return std::nullopt;
    }
    case TypeClass::array: {
      std::string out;
      if (auto problem = ArrayText(text, type, arena).read(out)) return problem;
      value = {Kind::json, arena.keep(out)};
      return std::nullopt;
    }
  }
  return std::nullopt;  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
