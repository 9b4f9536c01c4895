// What is to become of one record at the other side: the outbox item as compose needs it,
// with everything decided that is ours to decide. Made by the push job from the item, its
// contract and the row; compose packs changes into requests, outcome says what became of each.
#pragma once

#include <string>
#include <vector>

#include "core/push/value.hpp"

namespace tandem::core {

struct OutChange {
  enum class Op { create, update, upsert, remove };
  Op op = Op::create;
  std::string event = {};             // of the engine; empty: what is done to the record
  bool soft = false;                  // an update that tells of a deletion
  bool restored = false;              // of a row that the other side was told is deleted
  std::string remote_id = {};         // empty: not known (create, upsert)
  std::string version = {};           // of the record as we know it, for a conditional write; empty: none
  std::string idempotency_key = {};   // the same for every attempt of this change
  std::vector<OutValue> record = {};  // what is sent of it; remove: what its key is made of
  std::string local_key = {};         // JSON text, {"id": "5"}: for messages and templates
};

}  // namespace tandem::core
