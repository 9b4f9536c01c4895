#include "pg/query.hpp"

#include <set>

#include "base/strings.hpp"
#include "pg/guard.hpp"
#include "pg/identity.hpp"
#include "pg/memory.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

struct QueryColumn {
  const char* name;
  Oid type, collation;
  std::int32_t typmod;
};

// Plain data, filled under a guard.
struct Looked {
  Query* query = nullptr;
  QueryColumn* columns = nullptr;
  std::size_t width = 0;
  const char* refused = nullptr;
};

// Below, up to the public function: called under a guard only.

const char* problem_of(const Query* query) {
  if (query->commandType != CMD_SELECT || query->utilityStmt != nullptr) return "it is not a SELECT";
  if (query->hasModifyingCTE) return "it changes rows";
  if (query->rowMarks != NIL) return "it locks rows";
  return nullptr;
}

void read_columns(Looked& out) {
  List* targets = out.query->targetList;
  out.columns =
      static_cast<QueryColumn*>(palloc0(sizeof(QueryColumn) * static_cast<std::size_t>(list_length(targets) + 1)));
  ListCell* cell = nullptr;
  foreach (cell, targets) {
    const auto* target = lfirst_node(TargetEntry, cell);
    if (target->resjunk) continue;
    auto* expression = reinterpret_cast<Node*>(target->expr);
    out.columns[out.width++] = {target->resname, exprType(expression), exprCollation(expression),
                                exprTypmod(expression)};
  }
}

Looked look(const char* text) {
  Looked out;
  List* statements = raw_parser(text, RAW_PARSE_DEFAULT);
  if (list_length(statements) != 1) {
    out.refused = "it is not one statement";
    return out;
  }
  auto* statement = linitial_node(RawStmt, statements);
  if (!IsA(statement->stmt, SelectStmt)) {
    out.refused = "it is not a SELECT";
    return out;
  }
  out.query = parse_analyze_fixedparams(statement, text, nullptr, 0, nullptr);
  out.refused = problem_of(out.query);
  if (out.refused != nullptr) return out;
  if (isQueryUsingTempRelation(out.query)) out.refused = "it reads a temporary table, which only your session sees";
  read_columns(out);
  return out;
}

}  // namespace

ParsedQuery parse_query(const std::string& text) {
  const MemoryScope memory("tandem query");
  const Looked looked = call([&text] { return look(text.c_str()); });
  ParsedQuery out;
  if (looked.refused != nullptr) {
    out.refused = looked.refused;
    return out;
  }
  std::set<std::string> names;
  for (std::size_t i = 0; i < looked.width; ++i) {
    const QueryColumn& read = looked.columns[i];
    TableColumn column;
    column.name = read.name;
    column.attnum = static_cast<int>(i) + 1;
    column.type = read.type;
    column.typmod = read.typmod;
    column.collation = read.collation;
    column.conversion = column_type(read.type, read.typmod);
    if (!names.insert(column.name).second) out.refused = base::strcat("it has two columns named \"", column.name, '"');
    out.columns.push_back(std::move(column));
  }
  if (out.columns.empty()) out.refused = "it has no columns";
  const SettingsScope path(engine_path_setting());
  const char* printed = call([&looked] { return const_cast<const char*>(pg_get_querydef(looked.query, false)); });
  out.text = base::trim(printed);
  return out;
}

}  // namespace tandem::pg
