#include "core/push/row_filter.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "core/convert/json.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/sound.hpp"
#include "core/push/local_text.hpp"

namespace tandem::core {

using base::Kind;
using base::Value;

namespace {

// A name that is not in the rule itself can be any column's. Said too often it costs a little, never too rarely.
bool looks_at_whole(const logic::Node& node) {
  return node.op == logic::Op::var || node.op == logic::Op::missing || node.op == logic::Op::missing_some ||
         std::ranges::any_of(node.args, looks_at_whole);
}

base::RecordsAt rows_of_body() { return {.rule = base::RecordsAt::Rule::root, .path = {}}; }

}  // namespace

std::optional<RowFilter> RowFilter::make(const Mapping& mapping, const Target& target) {
  if (!mapping.push.conditions) return std::nullopt;
  Findings findings;
  Condition condition = Condition::compile(*mapping.push.conditions, "conditions", findings);
  require_sound(findings);
  return RowFilter(std::move(condition), target);
}

// A name is a column's, or a path that begins with one; a rule that looks at the whole row gets all of it.
RowFilter::RowFilter(Condition condition, const Target& target)
    : condition_(std::make_unique<Condition>(std::move(condition))),
      test_(std::make_unique<ConditionTest>(*condition_)),
      reader_(rows_of_body(), condition_->fields(), {}) {
  const auto add = [&](const TargetColumn& column) {
    if (std::ranges::find(columns_, column.name) != columns_.end()) return;
    base::TextArena arena;
    columns_.push_back(column.name);
    names_.emplace_back(json_text({Kind::string, column.name}, arena));
    types_.push_back(column.type);
  };
  const bool free = looks_at_whole(condition_->root());
  for (const TargetColumn& column : target.columns)
    if (free) add(column);
  for (const base::FieldPath& field : condition_->fields()) {
    if (field.whole_record()) {
      for (const TargetColumn& column : target.columns) add(column);
      continue;
    }
    const TargetColumn* column = find_column(target, field.literal);
    if (column == nullptr && !field.path.empty()) column = find_column(target, field.path.front());
    if (column == nullptr)
      throw base::Failure(base::Errc::undefined_column,
                          base::strcat("column ", field.literal, " of ", target.name, " is not there any more"));
    add(*column);
  }
}

RowFilter::Judged RowFilter::test(std::span<const LocalText> texts, std::size_t rows) {
  base::TextArena arena;
  base::Buffer body;
  for (std::size_t i = 0; i < rows; ++i) {
    body.append(i == 0 ? "[" : ",");
    append_row(texts.subspan(i * columns_.size(), columns_.size()), arena, body);
  }
  body.append(rows == 0 ? "[]" : "]");
  const base::Result<base::Page> page = reader_.read(body, arena);
  if (!page.ok()) throw base::Failure(page.error());
  Judged out;
  for (std::size_t i = 0; i < rows; ++i) {
    const ConditionTest::Verdict verdict = test_->test(page.value().record(i), page.value().raw[i]);
    out.rows.push_back(verdict == ConditionTest::Verdict::pass   ? Verdict::pass
                       : verdict == ConditionTest::Verdict::skip ? Verdict::skip
                                                                 : Verdict::fault);
    if (verdict != ConditionTest::Verdict::raised) continue;
    out.faults.push_back({.record = i,
                          .error_type = error_type::kTransform,
                          .code = code::kNotJudged,
                          .field = {},
                          .column = {},
                          .message = base::strcat("conditions cannot be evaluated: ", test_->reason()),
                          .suggestion = "Change the conditions, or correct the row.",
                          .sqlstate = {}});
  }
  return out;
}

void RowFilter::append_row(std::span<const LocalText> texts, base::TextArena& arena, base::Buffer& body) const {
  body.append("{");
  for (std::size_t i = 0; i < columns_.size(); ++i) {
    if (i > 0) body.append(",");
    body.append(names_[i]);
    body.append(":");
    Value value;
    if (!texts[i])
      body.append("null");
    else if (value_of_text(*texts[i], types_[i], true, arena, value))
      body.append(json_text({Kind::string, *texts[i]}, arena));  // what has no other form is judged as text
    else
      body.append(json_text(value, arena));
  }
  body.append("}");
}

}  // namespace tandem::core
