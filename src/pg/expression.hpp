// SQL that a mapping's author wrote: one expression, or the name of a function. Looked at
// once, in the author's own session, and given back with every name qualified, so that it
// means the same wherever it runs later. No object is made. Every function needs an open
// transaction and may raise what the parser raises: call them inside a Savepoint.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "pg/types.hpp"

namespace tandem::pg {

struct Expression {
  std::string text;  // over the columns `value` and `record`
  Oid type = kInvalidOid;
  std::string refused;  // why it is none; empty: it is one
};
// `select` has to be a select of one expression and nothing else. The expression takes the place of the only one in
// `frame`, whose FROM is one sub-select of `value` and `record`. `role` has to be allowed to call its functions.
[[nodiscard]] Expression parse_expression(const std::string& select, const std::string& frame, Oid role);

struct Callable {
  std::string name;                    // qualified, without arguments
  std::string signature;               // with them, as it is stored
  std::vector<std::string> arguments;  // their types, qualified
  Oid type = kInvalidOid;              // of the result
  std::string refused;                 // why it cannot be used; empty: it can
};
// public.clean(text): a plain function of one value, or of a value and the record (jsonb).
[[nodiscard]] Callable find_callable(std::string_view signature, Oid role);

[[nodiscard]] std::string type_name(Oid type);  // qualified where it is not one of PostgreSQL's own
[[nodiscard]] Oid base_type(Oid type);          // of a domain; else itself
// An assignment cast leads from one to the other, as INSERT would use it.
[[nodiscard]] bool assignable(Oid from, Oid to);
// OPERATOR(pg_catalog.=) of a type; empty: it has none.
[[nodiscard]] std::string equality_operator(Oid type);

}  // namespace tandem::pg
