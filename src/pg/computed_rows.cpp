#include "pg/computed_rows.hpp"

#include "pg/guard.hpp"
#include "pg/identity.hpp"
#include "pg/memory.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr int kFirstValue = 3;  // behind the row's number and its fault

// How the results of one column are assigned. Plain data.
struct Assignment {
  Oid type;  // of the result: the column's, or its domain's base
  Oid domain;
  std::int32_t typmod;
  bool limited;  // `limit` fits a value to the typmod
  FmgrInfo limit;
  bool by_value;
  std::int16_t length;
  void* checks;
};

}  // namespace

struct ComputedRows::Impl {
  MemoryContext context = nullptr;
  std::size_t rows = 0, columns = 0;
  std::int32_t* numbers = nullptr;
  const char** faults = nullptr;
  Datum* values = nullptr;
  bool* nulls = nullptr;
  Assignment* assignments = nullptr;

  Impl() = default;
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (context != nullptr) MemoryContextDelete(context);
  }

  // Called under a guard only.
  void run(const char* query, std::span<const StagedColumn> columns_wanted);
  void plan(const StagedColumn& column, Assignment& out) const;
  void keep(SPITupleTable* table);
  Datum assigned(Assignment& assignment, Datum value, bool null) const;
};

void ComputedRows::Impl::run(const char* query, std::span<const StagedColumn> columns_wanted) {
  context = AllocSetContextCreate(TopTransactionContext, "tandem computed values", ALLOCSET_DEFAULT_SIZES);
  columns = columns_wanted.size();
  assignments = static_cast<Assignment*>(MemoryContextAllocZero(context, sizeof(Assignment) * (columns + 1)));
  for (std::size_t i = 0; i < columns; ++i) plan(columns_wanted[i], assignments[i]);
  const int code = SPI_execute(query, false, 0);
  if (code != SPI_OK_SELECT) elog(ERROR, "statement failed: %s", SPI_result_code_string(code));
  keep(SPI_tuptable);
  SPI_freetuptable(SPI_tuptable);
}

void ComputedRows::Impl::plan(const StagedColumn& column, Assignment& out) const {
  out.typmod = column.typmod;
  out.type = getBaseTypeAndTypmod(column.type, &out.typmod);
  out.domain = out.type == column.type ? InvalidOid : column.type;
  get_typlenbyval(out.type, &out.length, &out.by_value);
  Oid limit = InvalidOid;
  out.limited = out.typmod >= 0 && find_typmod_coercion_function(out.type, &limit) == COERCION_PATH_FUNC;
  if (out.limited) fmgr_info_cxt(limit, &out.limit, context);
}

void ComputedRows::Impl::keep(SPITupleTable* table) {
  rows = static_cast<std::size_t>(table->numvals);
  MemoryContext transient = CurrentMemoryContext;
  MemoryContextSwitchTo(context);
  numbers = static_cast<std::int32_t*>(palloc(sizeof(std::int32_t) * (rows + 1)));
  faults = static_cast<const char**>(palloc0(sizeof(const char*) * (rows + 1)));
  values = static_cast<Datum*>(palloc0(sizeof(Datum) * (rows * columns + 1)));
  nulls = static_cast<bool*>(palloc0(rows * columns + 1));
  for (std::size_t i = 0; i < columns; ++i) {
    if (TupleDescAttr(table->tupdesc, static_cast<int>(i) + kFirstValue - 1)->atttypid == assignments[i].type) continue;
    elog(ERROR, "a computed column is of another type than %s", format_type_be(assignments[i].type));
  }
  for (std::size_t row = 0; row < rows; ++row) {
    if (row % 1000 == 999) CHECK_FOR_INTERRUPTS();
    bool null = false;
    numbers[row] = DatumGetInt32(SPI_getbinval(table->vals[row], table->tupdesc, 1, &null));
    const Datum fault = SPI_getbinval(table->vals[row], table->tupdesc, 2, &null);
    if (!null) {
      faults[row] = TextDatumGetCString(fault);
      continue;
    }
    for (std::size_t i = 0; i < columns; ++i) {
      const std::size_t at = row * columns + i;
      const Datum value =
          SPI_getbinval(table->vals[row], table->tupdesc, static_cast<int>(i) + kFirstValue, &nulls[at]);
      MemoryContextSwitchTo(transient);
      const Datum ready = assigned(assignments[i], value, nulls[at]);
      MemoryContextSwitchTo(context);
      if (!nulls[at]) values[at] = datumCopy(ready, assignments[i].by_value, assignments[i].length);
    }
  }
}

Datum ComputedRows::Impl::assigned(Assignment& assignment, Datum value, bool null) const {
  if (!null && assignment.length == -1) value = PointerGetDatum(PG_DETOAST_DATUM(value));
  if (!null && assignment.limited)
    value = FunctionCall3(&assignment.limit, value, Int32GetDatum(assignment.typmod), BoolGetDatum(false));
  if (OidIsValid(assignment.domain)) domain_check(value, null, assignment.domain, &assignment.checks, context);
  return value;
}

ComputedRows::ComputedRows(Sql& sql, std::string_view query, std::span<const StagedColumn> columns, bool by_index)
    : impl_(std::make_unique<Impl>()) {
  sql.require_usable();
  const SettingsScope settings(by_index ? by_index_settings() : std::span<const Setting>());
  const MemoryScope memory("tandem statement");
  const std::string text(query);
  call([&] { impl_->run(text.c_str(), columns); });
}

ComputedRows::~ComputedRows() = default;
ComputedRows::ComputedRows(ComputedRows&&) noexcept = default;

std::size_t ComputedRows::rows() const noexcept { return impl_->rows; }

std::size_t ComputedRows::number(std::size_t row) const noexcept {
  return static_cast<std::size_t>(impl_->numbers[row]);
}

const char* ComputedRows::fault(std::size_t row) const noexcept { return impl_->faults[row]; }

base::Cell ComputedRows::cell(std::size_t row, std::size_t column) const noexcept {
  const std::size_t at = row * impl_->columns + column;
  base::Cell out;
  if (impl_->nulls[at]) return out;
  out.form = base::Cell::Form::made;
  out.integer = static_cast<std::int64_t>(impl_->values[at]);
  return out;
}

}  // namespace tandem::pg
