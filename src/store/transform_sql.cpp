#include "store/transform_sql.hpp"

#include "base/strings.hpp"
#include "core/transform/cast.hpp"
#include "core/transform/outward.hpp"
#include "pg/expression.hpp"
#include "pg/type_oids.hpp"
#include "store/target.hpp"

namespace tandem::store {

using base::strcat;
using core::Transform;

namespace {

constexpr std::string_view kAsText = "pg_catalog.text";

std::string cast(std::string_view expression, std::string_view type) {
  return strcat("CAST(", expression, " AS ", type, ")");
}

std::string literal(const base::Json& json) {
  if (json.is_null()) return cast("NULL", kAsText);
  return cast(pg::quote_literal(json.is_string() ? json.string() : json.dump()), kAsText);
}

// One column's steps, each a LATERAL subquery over the one before.
class Steps {
 public:
  Steps(pg::Sql& sql, pg::Oid owner, std::size_t place, bool record)
      : sql_(sql), owner_(owner), place_(place), record_(record ? "s.r" : "CAST(NULL AS pg_catalog.jsonb)") {
    value_ = strcat("s.c", place_ + 1);
  }
  void add(const Transform& step);

  [[nodiscard]] const std::string& value() const noexcept { return value_; }
  [[nodiscard]] const std::string& joins() const noexcept { return joins_; }
  [[nodiscard]] const std::vector<std::string>& faults() const noexcept { return faults_; }

 private:
  void join(const std::string& value, const std::string& fault, const std::string& more = {});
  [[nodiscard]] std::string fault(std::string_view what) const;
  void add_lookup(const Transform& step);
  void add_map(const Transform& step);
  void add_function(const Transform& step);

  pg::Sql& sql_;
  pg::Oid owner_;
  std::size_t place_;
  std::string record_, value_, joins_;
  std::vector<std::string> faults_;
  int count_ = 0;
};

void Steps::add(const Transform& step) {
  using Is = Transform::Kind;
  switch (step.kind) {
    case Is::trim:
      join(strcat("pg_catalog.btrim(value, ", pg::quote_literal(core::kAllBlanks), ")"), {});
      return;
    case Is::lowercase:
      join("pg_catalog.lower(value)", {});
      return;
    case Is::uppercase:
      join("pg_catalog.upper(value)", {});
      return;
    case Is::constant:
      join(literal(step.constant), {});
      return;
    case Is::map:
      add_map(step);
      return;
    case Is::lookup:
      add_lookup(step);
      return;
    case Is::function:
      add_function(step);
      return;
    case Is::sql:
      join(strcat("(", step.text, ")"), {});
      return;
    case Is::cast:
    case Is::date_format:
    case Is::number_format:
    case Is::split:
    case Is::join:
      break;  // never after a step of the database: definitions that say so are refused
  }
  throw base::Failure(base::Errc::internal, strcat("transform ", core::transform_name(step.kind), " has no SQL"));
}

void Steps::join(const std::string& value, const std::string& fault, const std::string& more) {
  const std::string name = strcat("x", place_ + 1, "_", ++count_);
  joins_ += strcat(" CROSS JOIN LATERAL (SELECT ", value, " AS v", fault.empty() ? "" : strcat(", ", fault, " AS f"),
                   " FROM (SELECT ", value_, " AS value, ", record_, " AS record) p", more, " OFFSET 0) ", name);
  if (!fault.empty()) faults_.push_back(strcat(name, ".f"));
  value_ = cast(strcat(name, ".v"), kAsText);
}

std::string Steps::fault(std::string_view what) const {
  return strcat("pg_catalog.concat(", pg::quote_literal(strcat(place_, ":text \"")), ", pg_catalog.\"left\"(",
                cast("p.value", kAsText), ", 60), ", pg::quote_literal(strcat("\" ", what)), ")");
}

void Steps::add_map(const Transform& step) {
  if (step.map.empty()) return join(literal(step.constant), {});
  std::string cases = "CASE p.value";
  std::vector<std::string> known;
  cases = "CASE";
  for (const auto& [from, to] : step.map) {
    cases += strcat(" WHEN p.value OPERATOR(pg_catalog.=) ", pg::quote_literal(from), " THEN ", literal(to));
    known.push_back(pg::quote_literal(from));
  }
  cases += strcat(" WHEN p.value IS NOT NULL THEN ", literal(step.constant), " END");
  join(cases, step.otherwise
                  ? std::string()
                  : strcat("CASE WHEN NOT p.value OPERATOR(pg_catalog.=) ANY (ARRAY[", base::join(known, ", "),
                           "]) THEN ", fault("is not one of the values that are mapped"), " END"));
}

void Steps::add_lookup(const Transform& step) {
  const auto table = pg::describe_table(sql_, resolve_target(sql_, step.table));
  const pg::TableColumn* key = table ? table->column(step.key) : nullptr;
  if (key == nullptr || table->column(step.value) == nullptr)
    throw base::Failure(base::Errc::undefined_column,
                        strcat("lookup table ", step.table, " has no column ", step.key, " or ", step.value));
  const std::string equals = pg::equality_operator(key->type);
  const std::string rows =
      strcat("SELECT l.", pg::quote_identifier(step.value), " AS v FROM ", table->quoted, " l WHERE l.",
             pg::quote_identifier(step.key), " ", equals, " ", cast("p.value", pg::type_name(key->type)), " LIMIT 2");
  join("(a.v)[1]",
       strcat("CASE WHEN p.value IS NOT NULL AND a.v IS NULL THEN ",
              fault(strcat("is not in ", table->quoted, " (", step.key, ")")),
              " WHEN pg_catalog.cardinality(a.v) OPERATOR(pg_catalog.>) 1 THEN ",
              fault(strcat("is in ", table->quoted, " (", step.key, ") more than once")), " END"),
       strcat(" CROSS JOIN LATERAL (SELECT pg_catalog.array_agg(m.v) AS v FROM (", rows, ") m) a"));
}

void Steps::add_function(const Transform& step) {
  const pg::Callable function = pg::find_callable(step.text, owner_);
  if (!function.refused.empty())
    throw base::Failure(base::Errc::undefined_object, strcat("function ", step.text, ": ", function.refused));
  join(strcat(function.name, "(", cast("value", function.arguments[0]),
              function.arguments.size() > 1 ? ", record)" : ")"),
       {});
}

std::string query_of(const std::vector<std::string>& joins, const std::vector<std::string>& faults,
                     const std::vector<std::string>& values) {
  return strcat("SELECT s.n, ",
                faults.empty() ? cast("NULL", kAsText) : strcat("COALESCE(", base::join(faults, ", "), ")"), ", ",
                base::join(values, ", "), " FROM ", kValuesPage, " s", base::join(joins, ""));
}

bool looks_at_row(const core::ColumnMapping& column) {
  core::ColumnMapping turned;
  turned.to_local = column.to_remote;
  return core::uses_record(turned);
}

// Column c1, c2, … of the page, with what a step of SQL takes for its value.
pg::StagedColumn staged_value(const core::ColumnMapping& mapped, std::size_t place) {
  const bool json = core::staged_type(mapped).type_class == base::TypeClass::jsonb;
  return {strcat("c", place + 1), json ? pg::kJsonbType : pg::kTextType, -1,
          json ? pg::kInvalidOid : pg::kDefaultCollation};
}

// The query over all columns of a plan, of whichever way, beside those over each alone.
class WholeQuery {
 public:
  // `value`: what the column's steps end with.
  template <class Plan>
  void add(Plan& plan, std::size_t place, const core::ColumnMapping& mapped, const Steps& steps, std::string value) {
    plan.source.push_back(staged_value(mapped, plan.columns.size()));
    plan.columns.push_back({place, mapped.field, mapped.column});
    plan.single.push_back(query_of({steps.joins()}, steps.faults(), {value}));
    joins_.push_back(steps.joins());
    faults_.insert(faults_.end(), steps.faults().begin(), steps.faults().end());
    values_.push_back(std::move(value));
  }
  template <class Plan>
  void finish(Plan& plan) const {
    if (plan.columns.empty()) return;
    if (plan.record) plan.source.push_back({"r", pg::kJsonbType, -1, pg::kInvalidOid});
    plan.source.push_back({"n", pg::kInt4Type, -1, pg::kInvalidOid});
    plan.query = query_of(joins_, faults_, values_);
  }

 private:
  std::vector<std::string> joins_, faults_, values_;
};

}  // namespace

OutComputePlan make_out_compute_plan(pg::Sql& sql, const core::Mapping& mapping, pg::Oid owner) {
  OutComputePlan plan;
  for (const core::ColumnMapping& mapped : mapping.push_columns) plan.record = plan.record || looks_at_row(mapped);
  WholeQuery whole;
  for (std::size_t i = 0; i < mapping.push_columns.size(); ++i) {
    const core::ColumnMapping& mapped = mapping.push_columns[i];
    const std::size_t count = core::steps_of_sql(mapped.to_remote), place = plan.columns.size();
    if (count == 0) continue;
    Steps steps(sql, owner, place, plan.record);
    for (std::size_t k = 0; k < count; ++k) steps.add(mapped.to_remote[k]);
    whole.add(plan, i, mapped, steps, strcat("pg_catalog.to_jsonb(x", place + 1, "_", count, ".v)"));
  }
  whole.finish(plan);
  return plan;
}

ComputePlan make_compute_plan(pg::Sql& sql, const pg::Table& table, const core::Mapping& mapping, pg::Oid owner) {
  ComputePlan plan;
  for (const core::ColumnMapping& mapped : mapping.columns) plan.record = plan.record || core::uses_record(mapped);
  if (!mapping.last_error.empty()) plan.keep_failed = mapping.columns.size();
  WholeQuery whole;
  for (std::size_t i = 0; i < mapping.columns.size(); ++i) {
    const core::ColumnMapping& mapped = mapping.columns[i];
    const pg::TableColumn* column = table.column(mapped.column);
    if (!mapped.has_sql() || column == nullptr) continue;  // make_write_plan says what is missing
    Steps steps(sql, owner, plan.columns.size(), plan.record);
    for (std::size_t k = core::steps_before_sql(mapped.to_local); k < mapped.to_local.size(); ++k)
      steps.add(mapped.to_local[k]);
    const std::string type = pg::type_name(pg::base_type(column->type));
    std::string value = cast(strcat("x", plan.columns.size() + 1, "_",
                                    mapped.to_local.size() - core::steps_before_sql(mapped.to_local), ".v"),
                             type);
    if (mapped.fallback && !mapped.fallback->is_null())
      value = strcat("COALESCE(", value, ", ", cast(literal(*mapped.fallback), type), ")");
    plan.results.push_back({column->name, column->type, column->typmod, column->collation});
    whole.add(plan, i, mapped, steps, std::move(value));
  }
  whole.finish(plan);
  return plan;
}

}  // namespace tandem::store
