#include "pg/sql.hpp"

#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/guard.hpp"
#include "pg/identity.hpp"
#include "pg/memory.hpp"
#include "pg/plan_cache.hpp"
#include "pg/staging.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

using base::Errc;
using base::Failure;

// Below, up to the members: called under a guard only.

struct Argument {
  Oid type;
  Datum value;
};

Datum text_datum(const std::string& text) {
  return PointerGetDatum(cstring_to_text_with_len(text.data(), static_cast<int>(text.size())));
}

Argument argument_of(const Param& param) {
  const Param::Value& value = param.value();
  if (const auto* text = std::get_if<std::string>(&value)) return {TEXTOID, text_datum(*text)};
  if (const auto* integer = std::get_if<std::int64_t>(&value)) {
    if (param.is_oid()) return {OIDOID, ObjectIdGetDatum(static_cast<Oid>(*integer))};
    return {INT8OID, Int64GetDatum(*integer)};
  }
  if (const auto* boolean = std::get_if<bool>(&value)) return {BOOLOID, BoolGetDatum(*boolean)};
  if (const auto* real = std::get_if<double>(&value)) return {FLOAT8OID, Float8GetDatum(*real)};
  if (const auto* instant = std::get_if<base::Instant>(&value))
    return {TIMESTAMPTZOID, TimestampTzGetDatum(instant->micros)};
  if (const auto* texts = std::get_if<std::vector<std::string>>(&value)) {
    auto* elements = static_cast<Datum*>(palloc(sizeof(Datum) * (texts->size() + 1)));
    for (std::size_t i = 0; i < texts->size(); ++i) elements[i] = text_datum((*texts)[i]);
    ArrayType* array = construct_array(elements, static_cast<int>(texts->size()), TEXTOID, -1, false, TYPALIGN_INT);
    return {TEXTARRAYOID, PointerGetDatum(array)};
  }
  const auto& integers = *std::get_if<std::vector<std::int64_t>>(&value);
  auto* elements = static_cast<Datum*>(palloc(sizeof(Datum) * (integers.size() + 1)));
  for (std::size_t i = 0; i < integers.size(); ++i) elements[i] = Int64GetDatum(integers[i]);
  ArrayType* array = construct_array(elements, static_cast<int>(integers.size()), INT8OID, sizeof(int64),
                                     FLOAT8PASSBYVAL, TYPALIGN_DOUBLE);
  return {INT8ARRAYOID, PointerGetDatum(array)};
}

// `variant` of a statement that is kept; nullopt: it is made for this once.
void execute_now(std::string_view sql, std::span<const Param> params, std::optional<std::uint64_t> variant) {
  auto* types = static_cast<Oid*>(palloc(sizeof(Oid) * (params.size() + 1)));
  auto* values = static_cast<Datum*>(palloc(sizeof(Datum) * (params.size() + 1)));
  auto* nulls = static_cast<char*>(palloc(params.size() + 1));
  for (std::size_t i = 0; i < params.size(); ++i) {
    const Argument argument = argument_of(params[i]);
    types[i] = argument.type;
    values[i] = argument.value;
    nulls[i] = params[i].is_null() ? 'n' : ' ';
  }
  nulls[params.size()] = '\0';
  const int count = static_cast<int>(params.size());
  SPIPlanPtr plan = variant ? kept_plan(sql, count, types, *variant) : nullptr;
  const int code = plan != nullptr
                       ? SPI_execute_plan(plan, values, nulls, false, 0)
                       : SPI_execute_with_args(pnstrdup(sql.data(), sql.size()), count, types, values, nulls, false, 0);
  if (code < 0) elog(ERROR, "statement failed: %s", SPI_result_code_string(code));
}

// How the values of one result column are read. Plain data, in the statement's memory.
struct Column {
  Oid type;
  FmgrInfo output;
};

// `as_texts`: each as its type prints it.
Column* columns_of(TupleDesc shape, bool as_texts) {
  auto* columns = static_cast<Column*>(palloc0(sizeof(Column) * static_cast<std::size_t>(shape->natts + 1)));
  for (int i = 0; i < shape->natts; ++i) {
    columns[i].type = TupleDescAttr(shape, i)->atttypid;
    Oid output = InvalidOid;
    bool varlena = false;
    getTypeOutputInfo(columns[i].type, &output, &varlena);
    fmgr_info(output, &columns[i].output);
    if (as_texts && columns[i].type != TEXTOID && columns[i].type != VARCHAROID) columns[i].type = InvalidOid;
  }
  return columns;
}

// Appends one field. Every Postgres call of a field is over before a C++ object of it begins.
void append_field(Column& column, Datum value, std::vector<Rows::Field>& fields) {
  switch (column.type) {
    case INT2OID:
      fields.emplace_back(std::int64_t{DatumGetInt16(value)});
      return;
    case INT4OID:
      fields.emplace_back(std::int64_t{DatumGetInt32(value)});
      return;
    case INT8OID:
      fields.emplace_back(std::int64_t{DatumGetInt64(value)});
      return;
    case OIDOID:
      fields.emplace_back(std::int64_t{DatumGetObjectId(value)});
      return;
    case BOOLOID:
      fields.emplace_back(DatumGetBool(value));
      return;
    case FLOAT4OID:
      fields.emplace_back(double{DatumGetFloat4(value)});
      return;
    case FLOAT8OID:
      fields.emplace_back(double{DatumGetFloat8(value)});
      return;
    case TIMESTAMPTZOID:
      fields.emplace_back(base::Instant{DatumGetTimestampTz(value)});
      return;
    case TEXTOID:
    case VARCHAROID: {
      const text* detoasted = DatumGetTextPP(value);
      fields.emplace_back(std::in_place_type<std::string>, VARDATA_ANY(detoasted),
                          static_cast<std::size_t>(VARSIZE_ANY_EXHDR(detoasted)));
      return;
    }
    default: {
      const char* printed = OutputFunctionCall(&column.output, value);
      fields.emplace_back(std::in_place_type<std::string>, printed);
      return;
    }
  }
}

void copy_rows(SPITupleTable* table, bool as_texts, std::vector<Rows::Field>& fields) {
  TupleDesc shape = table->tupdesc;
  Column* columns = columns_of(shape, as_texts);
  fields.reserve(static_cast<std::size_t>(table->numvals) * static_cast<std::size_t>(shape->natts));
  MemoryContext per_row = AllocSetContextCreate(CurrentMemoryContext, "tandem fetched row", ALLOCSET_DEFAULT_SIZES);
  MemoryContextSwitchTo(per_row);
  for (uint64 row = 0; row < table->numvals; ++row) {
    MemoryContextReset(per_row);
    if (row % 1000 == 999) CHECK_FOR_INTERRUPTS();
    for (int i = 0; i < shape->natts; ++i) {
      bool null = false;
      const Datum value = SPI_getbinval(table->vals[row], shape, i + 1, &null);
      if (null) {
        fields.emplace_back(std::monostate{});
      } else {
        append_field(columns[i], value, fields);
      }
    }
  }
}

void take_result(std::size_t& columns, std::uint64_t& processed, std::vector<Rows::Field>& fields,
                 bool as_texts = false) {
  SPITupleTable* table = SPI_tuptable;
  processed = SPI_processed;
  if (table == nullptr) return;
  columns = static_cast<std::size_t>(table->tupdesc->natts);
  copy_rows(table, as_texts, fields);
  SPI_freetuptable(table);
}

SPIPlanPtr prepare(std::string_view sql) {
  SPIPlanPtr plan = SPI_prepare(pnstrdup(sql.data(), sql.size()), 0, nullptr);
  if (plan == nullptr) elog(ERROR, "statement failed: %s", SPI_result_code_string(SPI_result));
  return plan;
}

}  // namespace

Sql::Sql() : errors_before_(unresolved_errors()) {
  context_ = call([] {
    SPI_connect();
    return CurrentMemoryContext;  // SPI has switched to its own
  });
}

Sql::~Sql() {
  try {
    finish();
  } catch (...) {
    // Popping a connection that is on top does not fail; an abort cleans up in any case.
  }
}

void Sql::finish() {
  if (context_ == nullptr) return;
  // A page that outlives its connection would free memory that went with the transaction.
  while (!pages_.empty()) pages_.back()->end();
  context_ = nullptr;
  if (on_top()) call([] { SPI_finish(); });
}

void Sql::attach(StagedPage* page, EphemeralNamedRelationData* relation) {
  detach_ended();
  pages_.reserve(pages_.size() + 1);
  call([&] {
    // SPI keeps its list of relations in the current context: its own, not one that ends before it.
    MemoryContextSwitchTo(context_);
    const int code = SPI_register_relation(relation);
    if (code != SPI_OK_REL_REGISTER) elog(ERROR, "could not stage a page: %s", SPI_result_code_string(code));
  });
  pages_.push_back(page);
}

void Sql::detach(StagedPage* page, const std::string& name) noexcept {
  std::erase(pages_, page);
  try {
    ended_relations_.push_back(name);
    if (on_top()) detach_ended();
  } catch (...) {
    // Its name stays taken, and a page of that name is refused.
  }
}

void Sql::detach_ended() {
  for (const std::string& name : ended_relations_) call([&] { (void)SPI_unregister_relation(name.c_str()); });
  ended_relations_.clear();
}

bool Sql::on_top() const noexcept { return unresolved_errors() <= errors_before_; }

Rows Sql::run(std::string_view sql, std::span<const Param> params) { return execute(sql, params); }

Rows Sql::run_by_index(std::string_view sql) { return execute_planned(sql, by_index_settings()); }

Rows Sql::run_by_index_and_hash(std::string_view sql) { return execute_planned(sql, by_index_and_hash_settings()); }

Rows Sql::run_as_texts(std::string_view sql) { return execute_planned(sql, by_index_settings(), true); }

Rows Sql::run_as_printed(std::string_view sql) {
  const SettingsScope settings(engine_path_setting());
  return execute(sql, {});
}

// Without parameters the plan made now is the one that is run.
Rows Sql::execute_planned(std::string_view sql, std::span<const Setting> planner, bool as_texts) {
  require_usable();
  Rows rows;
  const MemoryScope memory("tandem statement");
  SPIPlanPtr plan = call([sql] { return prepare(sql); });
  {
    const SettingsScope settings(planner);
    call([plan] {
      CachedPlan* made = SPI_plan_get_cached_plan(plan);
      if (made != nullptr) ReleaseCachedPlan(made, nullptr);
    });
  }
  call([&] {
    const int code = SPI_execute_plan(plan, nullptr, nullptr, false, 0);
    if (code < 0) elog(ERROR, "statement failed: %s", SPI_result_code_string(code));
  });
  const SettingsScope printing(as_texts ? printing_settings() : std::span<const Setting>());
  call([&] {
    take_result(rows.columns_, rows.processed_, rows.fields_, as_texts);
    SPI_freeplan(plan);
  });
  return rows;
}

// What it explains is planned when it runs.
Rows Sql::explain(std::string_view sql, bool by_index) {
  const SettingsScope settings(by_index ? by_index_settings() : std::span<const Setting>());
  return execute(sql, {});
}

Rows Sql::engine(std::string_view sql, std::span<const Param> params) {
  const EngineIdentity identity;
  return execute(sql, params, shape_of_pages());
}

Rows Sql::engine_by_index(std::string_view sql, std::span<const Param> params) {
  const EngineIdentity identity;
  const SettingsScope settings(by_index_settings());
  return execute(sql, params, shape_of_pages() + 1);
}

// What kept plans were made for; even, so that the planner's settings find room in it.
std::uint64_t Sql::shape_of_pages() const noexcept {
  std::uint64_t shape = 0;
  for (const StagedPage* page : pages_) shape ^= page->shape();
  return shape << 1;
}

void Sql::require_usable() {
  if (context_ == nullptr || !on_top()) {
    throw Failure(Errc::internal, "SQL is run on a connection whose transaction is over or must be aborted");
  }
  detach_ended();
}

Rows Sql::execute(std::string_view sql, std::span<const Param> params, std::optional<std::uint64_t> variant) {
  require_usable();
  Rows rows;
  const MemoryScope memory("tandem statement");
  call([&] {
    execute_now(sql, params, variant);
    take_result(rows.columns_, rows.processed_, rows.fields_);
  });
  return rows;
}

}  // namespace tandem::pg
