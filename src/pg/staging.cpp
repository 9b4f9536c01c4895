#include "pg/staging.hpp"

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/guard.hpp"
#include "pg/identity.hpp"
#include "pg/jsonb_value.hpp"
#include "pg/memory.hpp"
#include "pg/type_oids.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::Cell;
using base::Errc;
using base::Failure;

constexpr int kInMemoryKb = 64 * 1024;      // a page beyond this goes to a temporary file
constexpr std::size_t kRowsPerReset = 100;  // how many rows' values lie in memory twice
constexpr std::size_t kRowsPerInterruptCheck = 1000;

static_assert(kBoolType == BOOLOID && kInt8Type == INT8OID && kInt4Type == INT4OID && kTextType == TEXTOID &&
              kJsonbType == JSONBOID && kNumericType == NUMERICOID && kDefaultCollation == DEFAULT_COLLATION_OID);

// How the cells of one column become Datums. Plain data.
struct ColumnPlan {
  Oid type;             // the column's, or its domain's base
  std::int32_t typmod;  // of that
  bool direct_text;     // text and varchar: no input function
  Oid domain;           // whose checks NULLs meet, too
  void* checks;         // kept by domain_check
  Oid parameter;        // of the input function
  FmgrInfo input;
};

// Below, up to the members: called under a guard only.

// Some types call a value that they cannot read a syntax error, a missing schema or an internal error (ltree, tsvector,
// regclass, hstore), which would be the statement's fault or ours: it is the value's.
void blame_value(void*) {
  const int code = geterrcode();
  if (ERRCODE_TO_CATEGORY(code) == ERRCODE_SYNTAX_ERROR_OR_ACCESS_RULE_VIOLATION ||
      code == ERRCODE_INVALID_SCHEMA_NAME || code == ERRCODE_INTERNAL_ERROR)
    errcode(ERRCODE_INVALID_TEXT_REPRESENTATION);
}

Datum through_input(ColumnPlan& plan, std::string_view text) {
  ErrorContextCallback blame{.previous = error_context_stack, .callback = blame_value, .arg = nullptr};
  error_context_stack = &blame;  // after an error the guard puts back what was there
  const Datum datum = InputFunctionCall(&plan.input, pnstrdup(text.data(), text.size()), plan.parameter, plan.typmod);
  error_context_stack = blame.previous;
  return datum;
}

[[noreturn]] void mismatch(const ColumnPlan& plan, const char* form) {
  elog(ERROR, "a value in %s form cannot be staged as %s", form, format_type_be(plan.type));
  pg_unreachable();
}

Datum integer_datum(const ColumnPlan& plan, std::int64_t value) {
  switch (plan.type) {
    case INT8OID:
      return Int64GetDatum(value);
    case INT4OID:
      if (value < PG_INT32_MIN || value > PG_INT32_MAX) break;
      return Int32GetDatum(static_cast<std::int32_t>(value));
    case INT2OID:
      if (value < PG_INT16_MIN || value > PG_INT16_MAX) break;
      return Int16GetDatum(static_cast<std::int16_t>(value));
    case OIDOID:
    case XIDOID:
    case CIDOID:
      if (value < 0 || value > PG_UINT32_MAX) break;
      return UInt32GetDatum(static_cast<std::uint32_t>(value));
    case BOOLOID:
      return BoolGetDatum(value != 0);
    default:
      mismatch(plan, "integer");
  }
  ereport(ERROR, (errcode(ERRCODE_NUMERIC_VALUE_OUT_OF_RANGE), errmsg("%s out of range", format_type_be(plan.type))));
  pg_unreachable();
}

Datum real_datum(const ColumnPlan& plan, double value) {
  if (plan.type == FLOAT8OID) return Float8GetDatum(value);
  if (plan.type == FLOAT4OID) return Float4GetDatum(static_cast<float>(value));
  mismatch(plan, "real");
}

Datum time_datum(const ColumnPlan& plan, std::int64_t value) {
  if (plan.type == DATEOID) return DateADTGetDatum(static_cast<DateADT>(value));
  if (plan.type != TIMESTAMPTZOID && plan.type != TIMESTAMPOID) mismatch(plan, "time");
  const Datum datum = Int64GetDatum(value);
  if (plan.typmod < 0) return datum;
  // timestamp(3): the statement sees that type already and will not cut the value any more.
  return plan.type == TIMESTAMPTZOID ? DirectFunctionCall2(timestamptz_scale, datum, Int32GetDatum(plan.typmod))
                                     : DirectFunctionCall2(timestamp_scale, datum, Int32GetDatum(plan.typmod));
}

// Through numeric, because its own input function rounds, and reads a point as lc_monetary has it.
Datum money_datum(ColumnPlan& plan, std::string_view text) {
  const Datum number = DirectFunctionCall3(numeric_in, CStringGetDatum(pnstrdup(text.data(), text.size())),
                                           ObjectIdGetDatum(InvalidOid), Int32GetDatum(-1));
  const Datum datum = DirectFunctionCall1(numeric_cash, number);
  if (!DatumGetBool(DirectFunctionCall2(numeric_eq, number, DirectFunctionCall1(cash_numeric, datum))))
    ereport(ERROR, (errcode(ERRCODE_INVALID_TEXT_REPRESENTATION),
                    errmsg("\"%s\" has more digits behind the decimal point than type %s keeps",
                           pnstrdup(text.data(), text.size()), format_type_be(plan.type))));
  return datum;
}

Datum base_datum_of(ColumnPlan& plan, const Cell& cell, bool* null) {
  *null = false;
  switch (cell.form) {
    case Cell::Form::null:
      *null = true;
      return 0;
    case Cell::Form::text:
      if (plan.direct_text)
        return PointerGetDatum(cstring_to_text_with_len(cell.text.data(), static_cast<int>(cell.text.size())));
      if (plan.type == JSONBOID)
        if (const auto datum = jsonb_of_plain(cell.text)) return *datum;
      if (plan.type == CASHOID) return money_datum(plan, cell.text);
      return through_input(plan, cell.text);
    case Cell::Form::integer:
      return integer_datum(plan, cell.integer);
    case Cell::Form::real:
      return real_datum(plan, cell.real);
    case Cell::Form::time:
      return time_datum(plan, cell.integer);
    case Cell::Form::made:
      return static_cast<Datum>(cell.integer);  // coerced and checked where it was made
  }
  return 0;
}

// A domain's CHECK may run code of the owner, which catches errors by their codes: they stay what they are.
Datum datum_of(ColumnPlan& plan, const Cell& cell, MemoryContext context, bool* null) {
  const Datum datum = base_datum_of(plan, cell, null);
  if (OidIsValid(plan.domain) && cell.form != Cell::Form::made)
    domain_check(datum, *null, plan.domain, &plan.checks, context);
  return datum;
}

void plan_column(const StagedColumn& column, ColumnPlan& plan) {
  plan.typmod = column.typmod;
  plan.type = getBaseTypeAndTypmod(column.type, &plan.typmod);
  plan.direct_text = plan.type == TEXTOID || plan.type == VARCHAROID;
  plan.domain = plan.type == column.type ? InvalidOid : column.type;
  Oid input = InvalidOid;
  getTypeInputInfo(plan.type, &input, &plan.parameter);
  fmgr_info(input, &plan.input);
}

}  // namespace

struct StagedPage::Impl {
  MemoryContext outer = CurrentMemoryContext;
  MemoryContext context = nullptr;  // everything below
  MemoryContext batch = nullptr;    // values on their way into the tuplestore
  TupleDesc shape = nullptr;
  Tuplestorestate* store = nullptr;
  ColumnPlan* plans = nullptr;
  Datum* values = nullptr;
  bool* nulls = nullptr;
  EphemeralNamedRelation relation = nullptr;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (context != nullptr) MemoryContextDelete(context);
  }

  // Called under a guard only.
  void build(std::span<const StagedColumn> columns);
  void name_it(const std::string& name, MemoryContext connection);
};

void StagedPage::Impl::build(std::span<const StagedColumn> columns) {
  context = AllocSetContextCreate(outer, "tandem staged page", ALLOCSET_DEFAULT_SIZES);
  batch = AllocSetContextCreate(context, "tandem staged values", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(context);  // the guard switches back
  const std::size_t count = columns.size();
  shape = CreateTemplateTupleDesc(static_cast<int>(count));
  plans = static_cast<ColumnPlan*>(palloc0(sizeof(ColumnPlan) * count));
  values = static_cast<Datum*>(palloc(sizeof(Datum) * count));
  nulls = static_cast<bool*>(palloc(sizeof(bool) * count));
  for (std::size_t i = 0; i < count; ++i) {
    const auto number = static_cast<AttrNumber>(i + 1);
    TupleDescInitEntry(shape, number, columns[i].name.c_str(), columns[i].type, columns[i].typmod, 0);
    TupleDescInitEntryCollation(shape, number, columns[i].collation);
    plan_column(columns[i], plans[i]);
  }
  store = tuplestore_begin_heap(false, false, kInMemoryKb);
}

void StagedPage::Impl::name_it(const std::string& name, MemoryContext connection) {
  MemoryContextSwitchTo(connection);  // SPI may look at it after the page has gone
  relation = static_cast<EphemeralNamedRelation>(palloc0(sizeof(EphemeralNamedRelationData)));
  relation->md.name = pstrdup(name.c_str());
  relation->md.reliddesc = InvalidOid;
  relation->md.tupdesc = shape;
  relation->md.enrtype = ENR_NAMED_TUPLESTORE;
  relation->md.enrtuples = 0;
  relation->reldata = store;
}

StagedPage::StagedPage(Sql& sql, std::string_view name, std::span<const StagedColumn> columns)
    : impl_(std::make_unique<Impl>()), sql_(sql), name_(name), columns_(columns.size()) {
  if (sql.context_ == nullptr || !sql.on_top()) throw Failure(Errc::internal, "page staged without a connection");
  call([&] {
    impl_->build(columns);
    impl_->name_it(name_, sql_.context_);
  });
  shape_ = base::hash64(name_, columns_);
  for (const StagedColumn& column : columns) {
    const std::uint64_t facts[] = {column.type, static_cast<std::uint64_t>(column.typmod), column.collation};
    shape_ = base::hash64(column.name, shape_);
    shape_ = base::hash64({reinterpret_cast<const char*>(facts), sizeof(facts)}, shape_);
  }
  sql_.attach(this, impl_->relation);
}

StagedPage::~StagedPage() { end(); }

void StagedPage::end() noexcept {
  if (impl_ == nullptr) return;
  sql_.detach(this, name_);
  try {
    call([this] { tuplestore_end(impl_->store); });
  } catch (...) {
    // A temporary file that cannot be closed is the resource owner's to close.
  }
  impl_.reset();
}

void StagedPage::append(std::span<const Cell> cells) {
  if (impl_ == nullptr || columns_ == 0 || cells.size() % columns_ != 0) {
    throw Failure(Errc::internal, "cells to be staged are not whole rows");
  }
  place_ = columns_;
  try {
    append_rows(cells);
  } catch (const Error& error) {
    if (place_ == columns_) throw;
    throw ValueError(error, place_);
  }
}

void StagedPage::append_rows(std::span<const Cell> cells) {
  const std::size_t rows = cells.size() / columns_;
  call([&] {
    Impl& impl = *impl_;
    MemoryContextSwitchTo(impl.batch);
    const Cell* cell = cells.data();
    for (std::size_t row = 0; row < rows; ++row) {
      if (row % kRowsPerReset == 0) MemoryContextReset(impl.batch);
      if (row % kRowsPerInterruptCheck == 0) CHECK_FOR_INTERRUPTS();
      for (place_ = 0; place_ < columns_; ++place_, ++cell)
        impl.values[place_] = datum_of(impl.plans[place_], *cell, impl.context, &impl.nulls[place_]);
      tuplestore_putvalues(impl.store, impl.shape, impl.values, impl.nulls);
      ++rows_;
    }
    MemoryContextReset(impl.batch);
  });
}

void StagedPage::append_query(std::string_view query) { append_rows_of(query, {}); }

void StagedPage::append_engine_query(std::string_view query, std::initializer_list<std::int64_t> params) {
  const EngineIdentity identity;
  append_rows_of(query, std::span(params.begin(), params.size()));
}

void StagedPage::append_rows_of(std::string_view query, std::span<const std::int64_t> params) {
  if (impl_ == nullptr) throw Failure(Errc::internal, "rows are staged on a page that has ended");
  sql_.require_usable();
  const MemoryScope memory("tandem staged query");
  call([&] {
    const int count = static_cast<int>(params.size());
    auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * (params.size() + 1)));
    ParamListInfo values = makeParamList(count);
    for (int i = 0; i < count; ++i) {
      types[i] = INT8OID;
      values->params[i] = {Int64GetDatum(params[static_cast<std::size_t>(i)]), false, PARAM_FLAG_CONST, INT8OID};
    }
    SPIPlanPtr plan = SPI_prepare(pnstrdup(query.data(), query.size()), count, types);
    if (plan == nullptr) elog(ERROR, "statement failed: %s", SPI_result_code_string(SPI_result));
    DestReceiver* into = CreateTuplestoreDestReceiver();
    SetTuplestoreDestReceiverParams(into, impl_->store, impl_->context, true, impl_->shape,
                                    "the query does not give the columns that it gave before");
    SPIExecuteOptions options = {};
    options.params = values;
    options.dest = into;
    const int code = SPI_execute_plan_extended(plan, &options);
    if (code < 0) elog(ERROR, "statement failed: %s", SPI_result_code_string(code));
    rows_ += static_cast<std::size_t>(SPI_processed);
    SPI_freeplan(plan);
    into->rDestroy(into);
  });
}

void StagedPage::ready(std::size_t rows) {
  if (impl_ != nullptr) impl_->relation->md.enrtuples = static_cast<double>(rows);
}

}  // namespace tandem::pg
