// What the other side answers goes back into the row that it is about: the id that it gave,
// and the values that it computed or wrote down otherwise, converted as a pull would. Done
// with the pull's own row writer, by the row's key, where something differs; marked as the
// mapping's work, so that it is not captured as a local change.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "pg/sql.hpp"

namespace tandem::worker {

struct PushPlan;
struct WriteBackPlan;

// Null: no column takes anything back.
[[nodiscard]] std::shared_ptr<WriteBackPlan> make_write_back_plan(const PushPlan& plan);

struct WriteBack {
  std::int64_t item = 0;
  std::string key;     // of the row: {"id": "5"}
  std::string new_id;  // empty: it is known there
  std::string record;  // JSON; empty: the answer shows none
};
// `unchanged`, sorted: items whose row has not changed since it was sent. The others only take the id: what else they
// hold is newer. What a row does not take is a sync error; how many.
std::size_t write_back(pg::Sql& sql, PushPlan& plan, const std::vector<WriteBack>& answers,
                       const std::vector<std::int64_t>& unchanged);

}  // namespace tandem::worker
