#include "store/outgoing_rows.hpp"

#include "store/letters.hpp"

namespace tandem::store {

OutgoingRows::OutgoingRows(pg::Sql& sql, const pg::Table& table, std::int64_t tenant_id, const core::Mapping& mapping,
                           const core::Target& target, const std::vector<core::RemoteField>& discovered,
                           const std::vector<std::string>& key, std::vector<std::string> more, pg::Oid owner)
    : filter_(core::RowFilter::make(mapping, target)),
      computed_(make_out_compute_plan(sql, mapping, owner)),
      references_(make_way_references(sql, tenant_id, mapping, owner)),
      more_(more.size()) {
  std::vector<base::ColumnType> results(mapping.push_columns.size(), base::ColumnType{.name = {}});
  for (const ComputePlan::Column& column : computed_.columns)
    results[column.place] = {.type_class = base::TypeClass::jsonb, .name = "jsonb"};
  for (const WayReference& reference : references_)
    if (results[reference.place].name.empty()) results[reference.place] = reference.id_type;
  outgoing_ = std::make_unique<core::Outgoing>(mapping, target, discovered, std::move(results), &kDatabaseLetters);
  std::vector<std::string> columns;
  for (const core::ColumnMapping& mapped : mapping.push_columns) columns.push_back(mapped.column);
  if (filter_) columns.insert(columns.end(), filter_->columns().begin(), filter_->columns().end());
  columns.insert(columns.end(), more.begin(), more.end());
  given_ = make_given_row_plan(table, columns, computed_.record);
  plan_ = make_local_row_plan(table, key, std::move(columns), computed_.record);
}

void OutgoingRows::judge(const std::vector<std::optional<Texts>>& rows, std::vector<OutgoingRow>& out) {
  if (!filter_) return;
  std::vector<core::LocalText> texts;
  std::vector<std::size_t> places;
  const std::size_t first = outgoing_->columns(), width = filter_->columns().size();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    places.push_back(i);
    for (std::size_t c = first; c < first + width; ++c)
      texts.push_back((*rows[i])[c] ? core::LocalText(*(*rows[i])[c]) : core::LocalText());
  }
  core::RowFilter::Judged judged = filter_->test(texts, places.size());
  for (std::size_t i = 0; i < places.size(); ++i)
    out[places[i]].passes = judged.rows[i] != core::RowFilter::Verdict::skip;
  for (core::RowFault& fault : judged.faults) {
    const std::size_t row = places[fault.record];
    fault.record = row;
    out[row].faults.push_back(std::move(fault));
  }
}

std::vector<OutgoingRow> OutgoingRows::read(pg::Sql& sql, const std::vector<std::string>& keys) {
  std::vector<std::optional<Texts>> rows = read_local_rows(sql, plan_, keys);
  if (plan_.found.empty()) return make(sql, std::move(rows));
  std::vector<std::int64_t> hashes(rows.size());  // behind all else
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    hashes[i] = std::stoll(rows[i]->back().value());
    rows[i]->pop_back();
  }
  std::vector<OutgoingRow> out = make(sql, std::move(rows));
  for (std::size_t i = 0; i < out.size(); ++i) out[i].hash = hashes[i];
  return out;
}

std::vector<OutgoingRow> OutgoingRows::read_given(pg::Sql& sql, const std::vector<std::string>& records) {
  GivenRows given = read_given_rows(sql, given_, records);
  std::vector<OutgoingRow> out = make(sql, std::move(given.rows));
  for (core::RowFault& fault : given.faults) {
    out[fault.record].there = true;
    out[fault.record].more.resize(more_);
    out[fault.record].faults.push_back(std::move(fault));
  }
  return out;
}

std::vector<OutgoingRow> OutgoingRows::make(pg::Sql& sql, std::vector<std::optional<Texts>> rows) {
  std::vector<OutgoingRow> out(rows.size());
  judge(rows, out);
  const std::size_t width = outgoing_->columns();
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    out[i].there = true;
    const auto end = rows[i]->end() - (plan_.record ? 1 : 0);
    out[i].more.assign(end - static_cast<std::ptrdiff_t>(more_), end);
    if (!out[i].passes || !out[i].faults.empty()) rows[i].reset();  // the rest is for what is sent
  }
  const auto add = [&](std::vector<core::RowFault> faults) {
    for (core::RowFault& fault : faults) {
      rows[fault.record].reset();
      out[fault.record].faults.push_back(std::move(fault));
    }
  };
  add(turn_references(sql, references_, rows));
  add(compute_out_values(sql, computed_, rows));
  std::vector<core::LocalText> texts(width);
  for (std::size_t i = 0; i < rows.size(); ++i) {
    if (!rows[i]) continue;
    for (std::size_t c = 0; c < width; ++c)
      texts[c] = (*rows[i])[c] ? core::LocalText(*(*rows[i])[c]) : core::LocalText();
    core::Outgoing::Sent sent = outgoing_->make(i, texts);
    out[i].values = std::move(sent.values);
    out[i].faults = std::move(sent.faults);
  }
  return out;
}

}  // namespace tandem::store
