#include "worker/push_write_back.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/rows/rows.hpp"
#include "pg/origin.hpp"
#include "store/letters.hpp"
#include "store/row_writer.hpp"
#include "store/write_plan.hpp"
#include "worker/push_faults.hpp"
#include "worker/push_plan.hpp"

namespace tandem::worker {

struct WriteBackPlan {
  core::Mapping mapping;
  store::WritePlan write;
  core::RowBuilder rows;
  base::PageReader reader;
  store::WriteState state = {};
};

namespace {

// Members of the record that is made up of an answer and the row's key: no field of a record is called so.
std::string key_field(const std::string& column) { return base::strcat("\x01", column); }

// What an answer lacks stays as it is. Values that the database would have to compute are left to the next pull.
core::Mapping written_back(const PushPlan& plan) {
  core::Mapping mapping;
  mapping.name = plan.mapping.name;
  mapping.object = plan.mapping.object;
  mapping.write_mode = core::WriteMode::update;
  for (const std::string& column : plan.row_key)
    mapping.columns.push_back({.field = key_field(column), .column = column});
  for (core::ColumnMapping column : plan.mapping.columns) {
    const bool keyed = std::ranges::find(plan.row_key, column.column) != plan.row_key.end();
    if (keyed || column.field.empty() || column.field == "*" || column.reference || column.has_sql()) continue;
    column.absent = core::Absent::keep;
    column.required = false;
    column.fallback.reset();
    mapping.columns.push_back(std::move(column));
  }
  mapping.match_on = plan.row_key;
  return mapping;
}

std::string members_of(const base::Json& object) {
  const std::string text = object.dump();
  return text.substr(1, text.size() - 2);
}

// {"\u0001id":"5", …the members of the answer…}
std::string record_of(const PushPlan& plan, const WriteBack& answer, bool only_id) {
  base::Json own = base::Json::object();
  const base::Json key = base::Json::parse(answer.key).value();
  for (const std::string& column : plan.row_key) own.set(key_field(column), *key.find(column));
  const std::vector<std::string>& id = plan.mapping.key.empty() ? plan.object.id : plan.mapping.key;
  if (!answer.new_id.empty() && plan.contract.origin_id) {
    if (id.size() == 1) {
      own.set(id.front(), base::Json(answer.new_id));
    } else {
      const base::Json parts = base::Json::parse(answer.new_id).value();
      for (std::size_t i = 0; i < id.size(); ++i) own.set(id[i], parts.items()[i]);
    }
  }
  std::string text = base::strcat("{", members_of(own));
  const std::size_t begin = answer.record.find('{');
  if (!only_id && begin != std::string::npos) {
    const std::string_view rest = std::string_view(answer.record).substr(begin + 1);
    if (rest.find_first_not_of(" \t\r\n") != rest.find('}')) text += ",";
    return base::strcat(text, rest);
  }
  return text + "}";
}

}  // namespace

std::shared_ptr<WriteBackPlan> make_write_back_plan(const PushPlan& plan) {
  core::Mapping mapping = written_back(plan);
  if (mapping.columns.size() == plan.row_key.size()) return nullptr;
  store::WritePlan write = store::make_write_plan(plan.table, mapping, plan.row_key);
  core::RowBuilder rows(mapping, plan.target, {}, 0, &store::kDatabaseLetters);
  base::PageReader reader({base::RecordsAt::Rule::root, {}}, rows.fields(), {});
  return std::make_shared<WriteBackPlan>(
      WriteBackPlan{std::move(mapping), std::move(write), std::move(rows), std::move(reader)});
}

std::size_t write_back(pg::Sql& sql, PushPlan& plan, const std::vector<WriteBack>& answers,
                       const std::vector<std::int64_t>& unchanged) {
  if (!plan.write_back) return 0;
  WriteBackPlan& back = *plan.write_back;
  std::vector<const WriteBack*> written;
  std::string body = "[";
  for (const WriteBack& answer : answers) {
    const bool only_id = !std::ranges::binary_search(unchanged, answer.item);
    if ((only_id || answer.record.empty()) && (answer.new_id.empty() || !plan.contract.origin_id)) continue;
    if (!written.empty()) body.push_back(',');
    body += record_of(plan, answer, only_id);
    written.push_back(&answer);
  }
  if (written.empty()) return 0;
  body.push_back(']');
  base::Buffer buffer;
  buffer.append(body);
  base::TextArena arena;
  const base::Page page = back.reader.read(buffer, arena).value();
  std::vector<core::Identity> all(page.records());
  for (std::size_t i = 0; i < all.size(); ++i) all[i].record = i;
  const core::RowBuilder::Converted converted = back.rows.convert(page, all, arena);
  std::vector<PushFault> faults;
  const auto fault = [&](std::size_t record, core::RowFault why) {
    why.code = core::code::kNotWrittenBack;
    why.message = base::strcat("it was accepted, but what came back does not fit the row: ", why.message);
    faults.push_back({written[record]->item, written[record]->key, written[record]->record, std::move(why)});
  };
  for (const core::RowFault& one : converted.faults) fault(one.record, one);
  {
    const pg::AppliedBy ours(plan.spec.mapping_id, plan.table.oid);
    store::RowWriter writer(sql, back.write, back.state);
    const store::WriteResult result = writer.write(converted.cells, converted.rows.size());
    for (const core::RowFault& one : result.faults) fault(converted.rows[one.record].record, one);
  }
  record_push_faults(sql, plan, faults);
  return faults.size();
}

}  // namespace tandem::worker
