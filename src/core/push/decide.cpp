#include "core/push/decide.hpp"

namespace tandem::core {

namespace {

using Kind = Decision::Kind;
using Op = OutChange::Op;

Decision send(Op op) { return {Kind::send, op}; }
Decision refused(const char* missing) { return {Kind::refused, Op::update, missing}; }

// Deleting what was never sent, or is gone already, is nothing.
Decision remove(const RowState& row, const PushRules& rules) {
  if (!row.known || row.deleted) return {};
  const bool wanted = row.there ? rules.delete_unmatched : rules.delete_mode != DeleteMode::ignore;
  if (!wanted) return {};
  if (rules.delete_mode == DeleteMode::soft) return rules.can_update ? Decision{Kind::soft} : refused("update");
  return rules.can_delete ? send(Op::remove) : refused("delete");
}

Decision make(const RowState& row, const PushRules& rules) {
  if (rules.write_mode == WriteMode::update) return {};
  if (rules.write_mode == WriteMode::upsert && rules.can_upsert && row.has_external_key) return send(Op::upsert);
  if (rules.can_create) return send(Op::create);
  return refused(rules.can_upsert ? "create, and the row has no external key" : "create");
}

Decision change(const RowState& row, const PushRules& rules) {
  if (row.same || rules.write_mode == WriteMode::insert) return {};
  if (rules.upsert_known && rules.can_upsert && row.has_external_key) return send(Op::upsert);
  if (rules.can_update) return send(Op::update);
  if (rules.can_upsert && row.has_external_key) return send(Op::upsert);
  return refused("update");
}

}  // namespace

Decision decide(const RowState& row, const PushRules& rules) noexcept {
  if (!row.there || !row.passes) return remove(row, rules);
  // What was softly deleted is still there to be updated.
  const bool known = row.known && (!row.deleted || rules.delete_mode == DeleteMode::soft);
  return known ? change(row, rules) : make(row, rules);
}

}  // namespace tandem::core
