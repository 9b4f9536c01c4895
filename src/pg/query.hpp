// A SELECT that a mapping's author wrote as a source of rows. Looked at in the author's own
// session, and given back with every name qualified, so that it means the same wherever it
// runs later. No object is made. Needs an open transaction, and may raise what the parser
// raises: call it inside a Savepoint.
#pragma once

#include <string>
#include <vector>

#include "pg/catalog.hpp"

namespace tandem::pg {

struct ParsedQuery {
  std::string text;
  std::vector<TableColumn> columns;  // numbered from 1; none is known to be NOT NULL
  std::string refused;               // why it is none; empty: it is one
};
[[nodiscard]] ParsedQuery parse_query(const std::string& text);

}  // namespace tandem::pg
