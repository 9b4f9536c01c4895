#include "pg/function_call.hpp"

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::Errc;
using base::Failure;

// Text inside a Datum; borrowed, until the function's memory context goes.
struct Bytes {
  const char* data;
  std::size_t size;
  [[nodiscard]] std::string string() const { return {data, size}; }
};

// Below: called under a guard only.

Oid argument_type(FunctionCallInfo fcinfo, int i) {
  const Oid type = get_fn_expr_argtype(fcinfo->flinfo, i);
  if (OidIsValid(type)) return getBaseType(type);
  Oid* types = nullptr;  // called without an expression: ask the catalog
  int count = 0;
  get_func_signature(fcinfo->flinfo->fn_oid, &types, &count);
  return i < count ? getBaseType(types[i]) : InvalidOid;
}

Bytes bytes_of(Datum value, Oid type) {
  switch (type) {
    case TEXTOID:
    case VARCHAROID:
    case BPCHAROID:
    case JSONOID: {
      const text* detoasted = DatumGetTextPP(value);
      return {VARDATA_ANY(detoasted), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(detoasted))};
    }
    default: {
      Oid output = InvalidOid;
      bool varlena = false;
      getTypeOutputInfo(type, &output, &varlena);
      const char* printed = OidOutputFunctionCall(output, value);
      return {printed, std::strlen(printed)};
    }
  }
}

// An integer as a Datum of `type`; false when the type is no integer type.
bool integer_datum(std::int64_t value, Oid type, Datum* datum) {
  switch (type) {
    case INT8OID:
      *datum = Int64GetDatum(value);
      return true;
    case INT4OID:
      if (value < PG_INT32_MIN || value > PG_INT32_MAX) {
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("integer out of range")));
      }
      *datum = Int32GetDatum(static_cast<std::int32_t>(value));
      return true;
    case INT2OID:
      if (value < PG_INT16_MIN || value > PG_INT16_MAX) {
        ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("smallint out of range")));
      }
      *datum = Int16GetDatum(static_cast<std::int16_t>(value));
      return true;
    case OIDOID:
    case REGCLASSOID:
    case REGPROCOID:
    case REGPROCEDUREOID:
    case REGTYPEOID:
    case REGROLEOID:
    case REGNAMESPACEOID:
      *datum = ObjectIdGetDatum(static_cast<Oid>(value));
      return true;
    default:
      return false;
  }
}

Datum through_input(const char* printed, Oid type, std::int32_t typmod) {
  Oid input = InvalidOid;
  Oid parameter = InvalidOid;
  getTypeInputInfo(type, &input, &parameter);
  return OidInputFunctionCall(input, const_cast<char*>(printed), parameter, typmod);
}

Datum datum_of(const Out& out, Oid type, std::int32_t typmod) {
  Datum datum = 0;
  switch (out.kind) {
    case Out::Kind::null:
      break;
    case Out::Kind::text:
      if (type == TEXTOID)
        return PointerGetDatum(cstring_to_text_with_len(out.text.data(), static_cast<int>(out.text.size())));
      return through_input(out.text.c_str(), type, typmod);
    case Out::Kind::integer:
      if (integer_datum(out.integer, type, &datum)) return datum;
      if (type == FLOAT8OID) return Float8GetDatum(static_cast<double>(out.integer));
      return through_input(psprintf(INT64_FORMAT, out.integer), type, typmod);
    case Out::Kind::boolean:
      if (type == BOOLOID) return BoolGetDatum(out.integer != 0);
      return through_input(out.integer != 0 ? "true" : "false", type, typmod);
    case Out::Kind::real:
      if (type == FLOAT8OID) return Float8GetDatum(out.real);
      if (type == FLOAT4OID) return Float4GetDatum(static_cast<float>(out.real));
      return through_input(psprintf("%.17g", out.real), type, typmod);
    case Out::Kind::instant:
      if (type == TIMESTAMPTZOID || type == TIMESTAMPOID) return Int64GetDatum(out.integer);
      return through_input(timestamptz_to_str(out.integer), type, typmod);
  }
  return datum;
}

void fill(const std::vector<Out>& row, TupleDesc shape, Datum* values, bool* nulls) {
  if (static_cast<int>(row.size()) != shape->natts) {
    elog(ERROR, "function returns %d columns, its declaration says %d", static_cast<int>(row.size()), shape->natts);
  }
  for (int i = 0; i < shape->natts; ++i) {
    const Out& out = row[static_cast<std::size_t>(i)];
    nulls[i] = out.kind == Out::Kind::null;
    values[i] = nulls[i] ? 0 : datum_of(out, TupleDescAttr(shape, i)->atttypid, TupleDescAttr(shape, i)->atttypmod);
  }
}

}  // namespace

bool FunctionCall::is_null(int i) const { return i >= fcinfo_->nargs || fcinfo_->args[i].isnull; }

std::optional<std::string> FunctionCall::text(int i) const {
  if (is_null(i)) return std::nullopt;
  return call([&] { return bytes_of(fcinfo_->args[i].value, argument_type(fcinfo_, i)); }).string();
}

std::optional<std::int64_t> FunctionCall::integer(int i) const {
  if (is_null(i)) return std::nullopt;
  const Datum value = fcinfo_->args[i].value;
  const Oid type = call([&] { return argument_type(fcinfo_, i); });
  switch (type) {
    case INT2OID:
      return DatumGetInt16(value);
    case INT4OID:
      return DatumGetInt32(value);
    case INT8OID:
      return DatumGetInt64(value);
    case OIDOID:
    case REGCLASSOID:
    case REGPROCOID:
    case REGPROCEDUREOID:
    case REGTYPEOID:
    case REGROLEOID:
    case REGNAMESPACEOID:
      return DatumGetObjectId(value);
    default:
      throw Failure(Errc::internal, base::strcat("argument ", i + 1, " is no integer (type ", type, ")"));
  }
}

std::optional<bool> FunctionCall::boolean(int i) const {
  if (is_null(i)) return std::nullopt;
  return DatumGetBool(fcinfo_->args[i].value);
}

std::optional<std::vector<std::string>> FunctionCall::text_array(int i) const {
  if (is_null(i)) return std::nullopt;
  struct Elements {
    Datum* values;
    int count;
  };
  const auto elements = call([&] {
    ArrayType* array = DatumGetArrayTypeP(fcinfo_->args[i].value);
    Elements found{nullptr, 0};
    bool* nulls = nullptr;
    deconstruct_array(array, TEXTOID, -1, false, TYPALIGN_INT, &found.values, &nulls, &found.count);
    for (int k = 0; k < found.count; ++k) {
      if (!nulls[k]) continue;
      ereport(ERROR, (errcode(ERRCODE_NULL_VALUE_NOT_ALLOWED), errmsg("argument %d must not contain nulls", i + 1)));
    }
    return found;
  });
  std::vector<std::string> texts;
  texts.reserve(static_cast<std::size_t>(elements.count));
  for (int k = 0; k < elements.count; ++k) {
    const auto* element = reinterpret_cast<const struct varlena*>(DatumGetPointer(elements.values[k]));
    texts.emplace_back(VARDATA_ANY(element), static_cast<std::size_t>(VARSIZE_ANY_EXHDR(element)));
  }
  return texts;
}

std::optional<std::int64_t> FunctionCall::interval_micros(int i) const {
  if (is_null(i)) return std::nullopt;
  const Interval* interval = DatumGetIntervalP(fcinfo_->args[i].value);
  const std::int64_t days = static_cast<std::int64_t>(interval->month) * 30 + interval->day;
  std::int64_t micros = 0;
  if (__builtin_mul_overflow(days, static_cast<std::int64_t>(USECS_PER_DAY), &micros) ||
      __builtin_add_overflow(micros, interval->time, &micros)) {
    throw Failure(Errc::invalid_parameter, base::strcat("argument ", i + 1, ": interval out of range"));
  }
  return micros;
}

std::optional<base::Instant> FunctionCall::instant(int i) const {
  if (is_null(i)) return std::nullopt;
  return base::Instant{DatumGetTimestampTz(fcinfo_->args[i].value)};
}

std::string FunctionCall::required_text(int i, std::string_view name) const {
  auto value = text(i);
  if (!value) throw Failure(Errc::invalid_parameter, base::strcat("argument ", name, " must not be null"));
  return *std::move(value);
}

Datum FunctionCall::ret_void() { return 0; }

Datum FunctionCall::ret_null() {
  fcinfo_->isnull = true;
  return 0;
}

Datum FunctionCall::ret_text(std::string_view value) {
  const Out out(value);
  return call([&] { return datum_of(out, getBaseType(get_func_rettype(fcinfo_->flinfo->fn_oid)), -1); });
}

Datum FunctionCall::ret_integer(std::int64_t value) {
  const Out out(value);
  return call([&] { return datum_of(out, getBaseType(get_func_rettype(fcinfo_->flinfo->fn_oid)), -1); });
}

Datum FunctionCall::ret_boolean(bool value) { return BoolGetDatum(value); }

Datum FunctionCall::ret_row(const std::vector<Out>& row) {
  return call([&] {
    TupleDesc shape = nullptr;
    if (get_call_result_type(fcinfo_, nullptr, &shape) != TYPEFUNC_COMPOSITE) {
      elog(ERROR, "function that returns a row is called where none is expected");
    }
    shape = BlessTupleDesc(shape);
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * static_cast<std::size_t>(shape->natts)));
    auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * static_cast<std::size_t>(shape->natts)));
    fill(row, shape, values, nulls);
    return HeapTupleGetDatum(heap_form_tuple(shape, values, nulls));
  });
}

Datum FunctionCall::ret_rows(const std::vector<std::vector<Out>>& rows) {
  return call([&]() -> Datum {
    // SETOF of a scalar has no row type of its own: then the caller's expectation is the shape.
    const bool composite = get_call_result_type(fcinfo_, nullptr, nullptr) == TYPEFUNC_COMPOSITE;
    InitMaterializedSRF(fcinfo_, composite ? 0 : MAT_SRF_USE_EXPECTED_DESC);
    auto* result = reinterpret_cast<ReturnSetInfo*>(fcinfo_->resultinfo);
    const auto columns = static_cast<std::size_t>(result->setDesc->natts);
    auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * columns));
    auto* nulls = static_cast<bool*>(palloc(sizeof(bool) * columns));
    // What one row needs goes before the next comes.
    MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "tandem result row", ALLOCSET_DEFAULT_SIZES);
    MemoryContext outer = MemoryContextSwitchTo(per_row);
    for (const auto& row : rows) {
      MemoryContextReset(per_row);
      fill(row, result->setDesc, values, nulls);
      tuplestore_putvalues(result->setResult, result->setDesc, values, nulls);
    }
    MemoryContextSwitchTo(outer);
    MemoryContextDelete(per_row);
    return 0;
  });
}

// What has been fetched goes to the result, which spills to disk, before more is.
Datum FunctionCall::ret_query(const std::string& sql) {
  constexpr long kAtOnce = 1000;
  return call([&]() -> Datum {
    InitMaterializedSRF(fcinfo_, 0);
    Tuplestorestate* rows = reinterpret_cast<ReturnSetInfo*>(fcinfo_->resultinfo)->setResult;
    SPI_connect();
    Portal portal = SPI_cursor_open_with_args(nullptr, sql.c_str(), 0, nullptr, nullptr, nullptr, true, 0);
    bool more = true;
    while (more) {
      SPI_cursor_fetch(portal, true, kAtOnce);
      more = SPI_processed > 0;
      for (uint64 i = 0; i < SPI_processed; ++i) tuplestore_puttuple(rows, SPI_tuptable->vals[i]);
      SPI_freetuptable(SPI_tuptable);
    }
    SPI_cursor_close(portal);
    SPI_finish();
    return 0;
  });
}

}  // namespace tandem::pg
