// What is to be done at the other side about one local row that changed: decided from
// whether the row is there and passes the conditions, what the other side has of it, and
// what the object can do. Pure; the push job carries it out.
#pragma once

#include <string_view>

#include "core/mapping/mapping.hpp"
#include "core/push/change.hpp"

namespace tandem::core {

// What the mapping wants and the object can.
struct PushRules {
  WriteMode write_mode = WriteMode::upsert;  // of the other side
  DeleteMode delete_mode = DeleteMode::ignore;
  bool delete_unmatched = false;  // a row that stops passing the conditions is deleted there, else left
  bool can_create = false, can_update = false, can_upsert = false, can_delete = false;
  bool upsert_known = false;  // updates of what is known go by the external key, too: there is no id to update by
};

struct RowState {
  bool there = false;    // the local row
  bool passes = true;    // the conditions
  bool known = false;    // the other side has a record of it, as far as we know
  bool deleted = false;  // and that is deleted there, softly or for good
  bool has_external_key = false;
  bool same = false;  // what would be sent is what was acknowledged last
};

struct Decision {
  enum class Kind {
    send,     // `op`
    soft,     // update with the columns that say that it is deleted
    nothing,  // the other side has it as it should be, or is not to be told
    refused,  // the object has no way to do that
  };
  Kind kind = Kind::nothing;
  OutChange::Op op = OutChange::Op::update;
  std::string_view missing = {};  // of refused: what the object would have to be able to do
  bool operator==(const Decision&) const = default;
};

[[nodiscard]] Decision decide(const RowState& row, const PushRules& rules) noexcept;

}  // namespace tandem::core
