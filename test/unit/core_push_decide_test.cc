// What is done at the other side about a row that changed.
#include <gtest/gtest.h>

#include "core/push/decide.hpp"

namespace tandem::core {
namespace {

using Kind = Decision::Kind;
using Op = OutChange::Op;

PushRules all() {
  return {
      .delete_mode = DeleteMode::hard, .can_create = true, .can_update = true, .can_upsert = true, .can_delete = true};
}
Decision sent(Op op) { return {Kind::send, op}; }

TEST(PushDecide, NewRowsAreUpsertedByTheirExternalKeyElseCreated) {
  EXPECT_EQ(decide({.there = true, .has_external_key = true}, all()), sent(Op::upsert));
  EXPECT_EQ(decide({.there = true}, all()), sent(Op::create));
  PushRules insert = all();
  insert.write_mode = WriteMode::insert;
  EXPECT_EQ(decide({.there = true, .has_external_key = true}, insert), sent(Op::create));
  PushRules update = all();
  update.write_mode = WriteMode::update;
  EXPECT_EQ(decide({.there = true, .has_external_key = true}, update).kind, Kind::nothing);
}

TEST(PushDecide, KnownRowsAreUpdatedUnlessTheyAreAsAcknowledged) {
  EXPECT_EQ(decide({.there = true, .known = true}, all()), sent(Op::update));
  EXPECT_EQ(decide({.there = true, .known = true, .same = true}, all()).kind, Kind::nothing);
  PushRules insert = all();
  insert.write_mode = WriteMode::insert;
  EXPECT_EQ(decide({.there = true, .known = true}, insert).kind, Kind::nothing);
  PushRules by_key = all();
  by_key.can_update = false;
  EXPECT_EQ(decide({.there = true, .known = true, .has_external_key = true}, by_key), sent(Op::upsert));
}

TEST(PushDecide, GoneRowsAreDeletedByPolicyWhereTheOtherSideHasThem) {
  EXPECT_EQ(decide({.known = true}, all()), sent(Op::remove));
  EXPECT_EQ(decide({}, all()).kind, Kind::nothing);
  EXPECT_EQ(decide({.known = true, .deleted = true}, all()).kind, Kind::nothing);
  PushRules soft = all();
  soft.delete_mode = DeleteMode::soft;
  EXPECT_EQ(decide({.known = true}, soft).kind, Kind::soft);
  PushRules ignore = all();
  ignore.delete_mode = DeleteMode::ignore;
  EXPECT_EQ(decide({.known = true}, ignore).kind, Kind::nothing);
}

TEST(PushDecide, RowsThatStopMatchingAreDeletedOrLeft) {
  const RowState stopped{.there = true, .passes = false, .known = true};
  EXPECT_EQ(decide(stopped, all()).kind, Kind::nothing);
  PushRules rules = all();
  rules.delete_unmatched = true;
  EXPECT_EQ(decide(stopped, rules), sent(Op::remove));
  rules.delete_mode = DeleteMode::ignore;  // that is about rows that are gone
  EXPECT_EQ(decide(stopped, rules), sent(Op::remove));
  EXPECT_EQ(decide({.there = true, .passes = false}, rules).kind, Kind::nothing);
}

TEST(PushDecide, WhatComesBackIsMadeAnewOrRestored) {
  EXPECT_EQ(decide({.there = true, .known = true, .deleted = true}, all()), sent(Op::create));
  PushRules soft = all();
  soft.delete_mode = DeleteMode::soft;
  EXPECT_EQ(decide({.there = true, .known = true, .deleted = true}, soft), sent(Op::update));
}

TEST(PushDecide, WhatTheObjectCannotDoIsSaid) {
  PushRules none;
  none.delete_mode = DeleteMode::hard;
  EXPECT_EQ(decide({.there = true}, none).kind, Kind::refused);
  EXPECT_EQ(decide({.there = true, .known = true}, none).missing, "update");
  EXPECT_EQ(decide({.known = true}, none).missing, "delete");
}

}  // namespace
}  // namespace tandem::core
