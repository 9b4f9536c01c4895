// What kind of type a column's type is, for the conversion rules.
#include "pg/catalog.hpp"
#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::TypeClass;

TypeClass builtin_class(Oid type) {
  switch (type) {
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case NAMEOID:
      return TypeClass::text;
    case INT2OID:
      return TypeClass::smallint;
    case INT4OID:
      return TypeClass::integer;
    case INT8OID:
      return TypeClass::bigint;
    case NUMERICOID:
      return TypeClass::numeric;
    case FLOAT4OID:
      return TypeClass::real;
    case FLOAT8OID:
      return TypeClass::double_precision;
    case BOOLOID:
      return TypeClass::boolean;
    case DATEOID:
      return TypeClass::date;
    case TIMEOID:
      return TypeClass::time;
    case TIMESTAMPOID:
      return TypeClass::timestamp;
    case TIMESTAMPTZOID:
      return TypeClass::timestamptz;
    case INTERVALOID:
      return TypeClass::interval;
    case UUIDOID:
      return TypeClass::uuid;
    case JSONOID:
      return TypeClass::json;
    case JSONBOID:
      return TypeClass::jsonb;
    case BYTEAOID:
      return TypeClass::bytea;
    default:
      return TypeClass::input;
  }
}

// Plain data, filled under a guard.
struct Described {
  TypeClass type_class;
  TypeClass element_class;
  std::int32_t length;
  std::int32_t precision;
  std::int32_t scale;
  const char* name;
};

// Below: called under a guard only.

bool is_citext(Oid type) {
  HeapTuple tuple = SearchSysCache1(TYPEOID, ObjectIdGetDatum(type));
  if (!HeapTupleIsValid(tuple)) return false;
  const auto* form = reinterpret_cast<Form_pg_type>(GETSTRUCT(tuple));
  const bool found = form->typtype == TYPTYPE_BASE && std::strcmp(NameStr(form->typname), "citext") == 0;
  ReleaseSysCache(tuple);
  return found;
}

TypeClass class_of(Oid type) {
  const TypeClass type_class = builtin_class(type);
  if (type_class == TypeClass::input && is_citext(type)) return TypeClass::text;
  return type_class;
}

// core/convert knows them by their names, also under a domain's.
bool has_rules_by_name(Oid type) {
  return type == CASHOID || type == TIMETZOID || type == OIDOID || type == XIDOID || type == CIDOID ||
         type == NAMEOID || type == CHAROID;
}

// What the type modifier limits; of an array it is that of the elements.
void apply_typmod(Described& described, Oid type, std::int32_t typmod) {
  if (type == NAMEOID) described.length = NAMEDATALEN - 1;
  if (typmod < 0) return;
  switch (type) {
    case VARCHAROID:
    case BPCHAROID:
      described.length = typmod - VARHDRSZ;
      return;
    case NUMERICOID:
      described.precision = ((typmod - VARHDRSZ) >> 16) & 0xFFFF;
      described.scale = (((typmod - VARHDRSZ) & 0x7FF) ^ 1024) - 1024;  // 11 bits, signed
      return;
    case TIMEOID:
    case TIMETZOID:
    case TIMESTAMPOID:
    case TIMESTAMPTZOID:
      described.precision = typmod;
      return;  // digits of the seconds
    case INTERVALOID:
      if ((typmod & 0xFFFF) != 0xFFFF) described.precision = typmod & 0xFFFF;
      return;
    default:
      return;
  }
}

// The same in every session, whatever its search_path: with its schema, unless that is pg_catalog.
const char* name_of(Oid type, std::int32_t typmod) {
  constexpr std::string_view kOwn = "pg_catalog.";
  const char* name = format_type_extended(
      type, typmod, FORMAT_TYPE_TYPEMOD_GIVEN | FORMAT_TYPE_ALLOW_INVALID | FORMAT_TYPE_FORCE_QUALIFY);
  return std::string_view(name).starts_with(kOwn) ? name + kOwn.size() : name;
}

Described describe(Oid type, std::int32_t typmod) {
  Described described{TypeClass::text, TypeClass::text, -1, -1, -1, nullptr};
  described.name = name_of(type, typmod);
  Oid limited = getBaseTypeAndTypmod(type, &typmod);
  described.type_class = class_of(limited);
  const Oid element = get_element_type(limited);
  if (OidIsValid(element)) {
    limited = getBaseTypeAndTypmod(element, &typmod);
    described.type_class = TypeClass::array;
    described.element_class = class_of(limited);
  }
  if (has_rules_by_name(limited))
    described.name = name_of(OidIsValid(element) ? get_array_type(limited) : limited, typmod);
  apply_typmod(described, limited, typmod);
  return described;
}

}  // namespace

base::ColumnType column_type(Oid type, std::int32_t typmod) {
  const Described described = call([=] { return describe(type, typmod); });
  return {.type_class = described.type_class,
          .element_class = described.element_class,
          .length = described.length,
          .precision = described.precision,
          .scale = described.scale,
          .name = described.name};
}

}  // namespace tandem::pg
