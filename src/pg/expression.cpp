#include "pg/expression.hpp"

#include "pg/guard.hpp"
#include "pg/identity.hpp"

#include "pg/compat.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr const char* kShapeName = "_expression";  // tandem._expression (value, record)
// Plain data, filled under a guard.
struct Looked {
  Node* expression = nullptr;
  Oid type = InvalidOid;
  const char* refused = nullptr;
};

// Below, up to the public functions: called under a guard only.

// The one expression of a plain select; nullptr: it is more than that, or something else.
Node* only_expression(List* statements) {
  if (list_length(statements) != 1) return nullptr;
  Node* statement = linitial_node(RawStmt, statements)->stmt;
  if (!IsA(statement, SelectStmt)) return nullptr;
  const auto* select = castNode(SelectStmt, statement);
  const bool plain = select->distinctClause == NIL && select->intoClause == nullptr && select->fromClause == NIL &&
                     select->whereClause == nullptr && select->groupClause == NIL && select->havingClause == nullptr &&
                     select->windowClause == NIL && select->valuesLists == NIL && select->sortClause == NIL &&
                     select->limitOffset == nullptr && select->limitCount == nullptr && select->lockingClause == NIL &&
                     select->withClause == nullptr && select->op == SETOP_NONE;
  if (!plain || list_length(select->targetList) != 1) return nullptr;
  const auto* target = linitial_node(ResTarget, select->targetList);
  return target->name == nullptr && target->indirection == NIL ? target->val : nullptr;
}

// Nothing but `value` and `record`.
bool only_ours(Node* expression) {
  ListCell* cell = nullptr;
  foreach (cell, pull_var_clause(expression, PVC_RECURSE_PLACEHOLDERS)) {
    const auto* var = static_cast<Var*>(lfirst(cell));
    if (!IsA(var, Var) || var->varno != 1 || var->varlevelsup != 0 || var->varattno < 1) return false;
  }
  return true;
}

bool is_forbidden(Oid function, void* role) { return !compat::may_execute(function, *static_cast<Oid*>(role)); }

bool calls_forbidden(Node* node, void* role) {
  if (node == nullptr) return false;
  return check_functions_in_node(node, is_forbidden, role) || compat::walk_expression(node, calls_forbidden, role);
}

Looked look(const char* source, const char* around, Oid role) {
  Looked out;
  Node* given = only_expression(raw_parser(source, RAW_PARSE_DEFAULT));
  if (given == nullptr) {
    out.refused = "it is not one expression";
    return out;
  }
  auto* frame = linitial_node(RawStmt, raw_parser(around, RAW_PARSE_DEFAULT));
  linitial_node(ResTarget, castNode(SelectStmt, frame->stmt)->targetList)->val = given;
  const Query* query = parse_analyze_fixedparams(frame, source, nullptr, 0, nullptr);
  auto* expression = reinterpret_cast<Node*>(linitial_node(TargetEntry, query->targetList)->expr);
  if (query->hasSubLinks) out.refused = "it has a sub-select";
  if (query->hasAggs) out.refused = "it has an aggregate function";
  if (query->hasWindowFuncs) out.refused = "it has a window function";
  if (query->hasTargetSRFs) out.refused = "it calls a function that returns a set";
  if (list_length(query->targetList) != 1 || list_length(query->rtable) != 1) out.refused = "it is not one expression";
  if (out.refused == nullptr && !only_ours(expression)) out.refused = "it names something other than value and record";
  if (out.refused == nullptr && calls_forbidden(expression, &role))
    out.refused = "it calls a function that the owner of the mapping may not call";
  out.expression = expression;
  out.type = exprType(expression);
  return out;
}

const char* print(Node* expression) {
  const Oid shape = get_relname_relid(kShapeName, get_namespace_oid("tandem", false));
  return deparse_expression(expression, deparse_context_for("value", shape), false, false);
}

struct Found {
  const char *name = nullptr, *signature = nullptr;
  const char* arguments[2] = {nullptr, nullptr};
  Oid type = InvalidOid;
  const char* refused = nullptr;
};

Found find(const char* signature, Oid role) {
  Found out;
  LOCAL_FCINFO(fcinfo, 1);
  InitFunctionCallInfoData(*fcinfo, nullptr, 1, InvalidOid, nullptr, nullptr);
  fcinfo->args[0].value = CStringGetTextDatum(signature);
  fcinfo->args[0].isnull = false;
  const Datum found = to_regprocedure(fcinfo);
  const Oid function = fcinfo->isnull ? InvalidOid : DatumGetObjectId(found);
  HeapTuple tuple = OidIsValid(function) ? SearchSysCache1(PROCOID, ObjectIdGetDatum(function)) : nullptr;
  if (!HeapTupleIsValid(tuple)) {
    out.refused = "it does not exist";
    return out;
  }
  const auto* form = reinterpret_cast<Form_pg_proc>(GETSTRUCT(tuple));
  out.type = form->prorettype;
  out.name = quote_qualified_identifier(get_namespace_name(form->pronamespace), NameStr(form->proname));
  const int count = form->pronargs;
  if (form->prokind != PROKIND_FUNCTION || form->proretset) out.refused = "it is not a plain function of one result";
  if (count < 1 || count > 2 || (count == 2 && form->proargtypes.values[1] != JSONBOID))
    out.refused = "it has to take one value, or a value and the record as jsonb";
  for (int i = 0; i < count && i < 2; ++i) out.arguments[i] = format_type_be_qualified(form->proargtypes.values[i]);
  if (out.refused == nullptr &&
      (get_typtype(form->proargtypes.values[0]) == TYPTYPE_PSEUDO || get_typtype(out.type) == TYPTYPE_PSEUDO))
    out.refused = "its argument and its result have to be of definite types";
  ReleaseSysCache(tuple);
  if (out.refused == nullptr && !compat::may_execute(function, role))
    out.refused = "the owner of the mapping may not call it";
  out.signature = format_procedure_qualified(function);
  return out;
}

}  // namespace

Expression parse_expression(const std::string& select, const std::string& frame, Oid role) {
  const Looked looked = call([&] { return look(select.c_str(), frame.c_str(), role); });
  Expression out;
  out.type = looked.type;
  if (looked.refused != nullptr) {
    out.refused = looked.refused;
    return out;
  }
  const SettingsScope path(engine_path_setting());
  out.text = call([&] { return print(looked.expression); });
  return out;
}

Callable find_callable(std::string_view signature, Oid role) {
  const std::string given(signature);
  const Found found = call([&] { return find(given.c_str(), role); });
  Callable out;
  out.type = found.type;
  if (found.refused != nullptr) {
    out.refused = found.refused;
    return out;
  }
  out.name = found.name;
  out.signature = found.signature;
  for (const char* argument : found.arguments)
    if (argument != nullptr) out.arguments.emplace_back(argument);
  return out;
}

std::string type_name(Oid type) {
  return call([=] { return const_cast<const char*>(format_type_be_qualified(type)); });
}

Oid base_type(Oid type) {
  return call([=] { return getBaseType(type); });
}

bool assignable(Oid from, Oid to) {
  return call([=] { return can_coerce_type(1, &from, &to, COERCION_ASSIGNMENT); });
}

std::string equality_operator(Oid type) {
  const char* printed = call([=]() -> const char* {
    const TypeCacheEntry* entry = lookup_type_cache(type, TYPECACHE_EQ_OPR);
    if (!OidIsValid(entry->eq_opr)) return "";
    HeapTuple tuple = SearchSysCache1(OPEROID, ObjectIdGetDatum(entry->eq_opr));
    if (!HeapTupleIsValid(tuple)) return "";
    const auto* form = reinterpret_cast<Form_pg_operator>(GETSTRUCT(tuple));
    const char* out =
        psprintf("OPERATOR(%s.%s)", quote_identifier(get_namespace_name(form->oprnamespace)), NameStr(form->oprname));
    ReleaseSysCache(tuple);
    return out;
  });
  return printed;
}

}  // namespace tandem::pg
