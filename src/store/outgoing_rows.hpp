// Local rows as they go out: read by their keys, judged by the conditions, references and the
// database's steps turned around, values made. All that a push knows of its rows, in a
// few statements for a whole claim; made once per run, as the mapping's owner.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "core/push/outgoing.hpp"
#include "core/push/row_filter.hpp"
#include "store/given_rows.hpp"
#include "store/local_rows.hpp"
#include "store/out_values.hpp"
#include "store/way_references.hpp"

namespace tandem::store {

struct OutgoingRow {
  bool there = false;                       // else everything below is empty
  bool passes = true;                       // the conditions; one that does not has no values
  std::vector<core::OutValue> values = {};  // of all push columns
  std::vector<core::RowFault> faults = {};  // with one the row cannot be sent; a code of waiting: not yet
  Texts more = {};                          // of the columns that were asked for beside them
  std::int64_t hash = 0;                    // of all that was read, where the rows are those of a query
};

class OutgoingRows {
 public:
  // `more`: columns whose texts are wanted too (what a contract is found by, the image for a merge).
  // Throws Failure when something that the mapping names is gone.
  OutgoingRows(pg::Sql& sql, const pg::Table& table, std::int64_t tenant_id, const core::Mapping& mapping,
               const core::Target& target, const std::vector<core::RemoteField>& discovered,
               const std::vector<std::string>& key, std::vector<std::string> more, pg::Oid owner);

  [[nodiscard]] const core::Outgoing& outgoing() const noexcept { return *outgoing_; }
  [[nodiscard]] const LocalRowPlan& plan() const noexcept { return plan_; }
  // Beside `keys`, which are JSON objects ({"id": "5"}).
  [[nodiscard]] std::vector<OutgoingRow> read(pg::Sql& sql, const std::vector<std::string>& keys);
  // Beside records by column, which are no rows of the table.
  [[nodiscard]] std::vector<OutgoingRow> read_given(pg::Sql& sql, const std::vector<std::string>& records);

 private:
  std::vector<OutgoingRow> make(pg::Sql& sql, std::vector<std::optional<Texts>> rows);
  void judge(const std::vector<std::optional<Texts>>& rows, std::vector<OutgoingRow>& out);

  std::unique_ptr<core::Outgoing> outgoing_;
  std::optional<core::RowFilter> filter_;
  OutComputePlan computed_;
  std::vector<WayReference> references_;
  LocalRowPlan plan_;
  GivenRowPlan given_;
  std::size_t more_ = 0;
};

}  // namespace tandem::store
