#include "core/mapping/types.hpp"

namespace tandem::core {

namespace {

using base::ColumnType;
using base::TypeClass;

constexpr int kBigintDigits = 19;

bool is_whole(TypeClass type) {
  return type == TypeClass::smallint || type == TypeClass::integer || type == TypeClass::bigint;
}

bool is_number(TypeClass type) {
  return is_whole(type) || type == TypeClass::numeric || type == TypeClass::real || type == TypeClass::double_precision;
}

Fit number_fit(const ColumnType& into, bool whole) {
  if (into.type_class == TypeClass::numeric) {
    const bool roomy = into.precision < 0 || (whole && into.precision - into.scale >= kBigintDigits);
    return roomy ? Fit::always : Fit::partly;
  }
  if (whole && (into.type_class == TypeClass::integer || into.type_class == TypeClass::bigint)) return Fit::always;
  return is_number(into.type_class) || into.type_class == TypeClass::boolean ? Fit::partly : Fit::never;
}

Fit date_time_fit(const ColumnType& into) {
  if (into.type_class == TypeClass::timestamptz) return Fit::always;
  return into.type_class == TypeClass::timestamp || into.type_class == TypeClass::date ? Fit::partly : Fit::never;
}

Fit date_fit(const ColumnType& into) {
  if (into.type_class == TypeClass::date) return Fit::always;
  return into.type_class == TypeClass::timestamp || into.type_class == TypeClass::timestamptz ? Fit::partly
                                                                                              : Fit::never;
}

// Into what is neither text, json nor known to its input function only.
Fit typed_fit(DeclaredType from, const ColumnType& into) {
  switch (from) {
    case DeclaredType::none:
      return Fit::partly;
    case DeclaredType::string:
      return into.type_class == TypeClass::array ? Fit::never : Fit::partly;
    case DeclaredType::number:
      return number_fit(into, false);
    case DeclaredType::integer:
      return number_fit(into, true);
    // Sources that write 0 and 1 for a boolean can fill a number column.
    case DeclaredType::boolean:
      return into.type_class == TypeClass::boolean ? Fit::always
             : is_number(into.type_class)          ? Fit::partly
                                                   : Fit::never;
    case DeclaredType::date:
      return date_fit(into);
    case DeclaredType::date_time:
      return date_time_fit(into);
    case DeclaredType::json:
    case DeclaredType::array:
      return into.type_class == TypeClass::array ? Fit::partly : Fit::never;
    case DeclaredType::uuid:
      return into.type_class == TypeClass::uuid ? Fit::always : Fit::never;
    case DeclaredType::image_uri:
    case DeclaredType::uri:
    case DeclaredType::email_address:
      return Fit::never;
  }
  return Fit::partly;  // not reached: the switch is exhaustive
}

}  // namespace

Fit fit(DeclaredType from, const ColumnType& into) {
  if (from == DeclaredType::none) return Fit::always;  // nothing is known: nothing to warn of
  switch (into.type_class) {
    case TypeClass::text:
    case TypeClass::json:
    case TypeClass::jsonb:
      return Fit::always;
    case TypeClass::input:
      return Fit::partly;
    case TypeClass::smallint:
    case TypeClass::integer:
    case TypeClass::bigint:
    case TypeClass::numeric:
    case TypeClass::real:
    case TypeClass::double_precision:
    case TypeClass::boolean:
    case TypeClass::date:
    case TypeClass::time:
    case TypeClass::timestamp:
    case TypeClass::timestamptz:
    case TypeClass::interval:
    case TypeClass::uuid:
    case TypeClass::bytea:
    case TypeClass::array:
      return typed_fit(from, into);
  }
  return Fit::partly;  // not reached: the switch is exhaustive
}

std::string_view natural_type(DeclaredType type) {
  switch (type) {
    case DeclaredType::none:
    case DeclaredType::string:
    case DeclaredType::image_uri:
    case DeclaredType::uri:
    case DeclaredType::email_address:
      return "text";
    case DeclaredType::number:
      return "numeric";
    case DeclaredType::integer:
      return "bigint";
    case DeclaredType::boolean:
      return "boolean";
    case DeclaredType::date:
      return "date";
    case DeclaredType::date_time:
      return "timestamptz";
    case DeclaredType::json:
    case DeclaredType::array:
      return "jsonb";
    case DeclaredType::uuid:
      return "uuid";
  }
  return "text";  // not reached: the switch is exhaustive
}

}  // namespace tandem::core
