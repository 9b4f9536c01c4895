// The wanted places in a JSON value, as a tree of keys: what is wanted of a record
// (the mapped fields) or of the whole body (the records, the paging facts). Walking a
// value along the tree reads all of them in one pass. Objects mostly repeat the keys
// of the object before in the same order, so each node guesses before it searches.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/json_cursor.hpp"

namespace tandem::base {

// Reads the records where a walk meets them.
class RecordsHook {
 public:
  virtual ~RecordsHook() = default;
  // The value at the cursor holds the records; passes it.
  virtual bool records(JsonCursor& cursor, int rank) = 0;
  // A key above the records has come a second time: what was read is replaced.
  virtual void forget() = 0;
};

class FieldTrie {
 public:
  FieldTrie() : nodes_(1) {}
  // Two calls with one path are fine: both outputs get the value.
  void want(const std::vector<std::string>& path, std::uint32_t output);
  // Records stand at this path; the hook is told which of several paths it was.
  void want_records(const std::vector<std::string>& path, int rank);
  // After the last want.
  void seal();
  // Guessed keys borrow from the body that they were seen in.
  void forget_keys();

  // Passes the value at the cursor. `out` has a Value per output, absent beforehand.
  bool walk(JsonCursor& cursor, TextArena& arena, Value* out, RecordsHook* hook) {
    return Walk{*this, cursor, arena, out, hook}.value(nodes_.front());
  }

 private:
  struct Edge {
    std::string key;
    std::uint32_t node;
  };
  struct Guess {
    std::string_view raw_key;
    std::int32_t node;  // kUnwanted: a key of no interest
  };
  struct Node {
    std::vector<Edge> edges;  // by key
    std::vector<std::uint32_t> outputs;
    std::vector<std::uint32_t> below;  // outputs of all nodes under this one
    std::vector<Guess> guesses;        // keys in the order of the object before
    int rank = -1;                     // of records that stand here
    bool above_records = false;
  };
  struct Walk {
    FieldTrie& trie;
    JsonCursor& cursor;
    TextArena& arena;
    Value* out;
    RecordsHook* hook;
    bool value(Node& node);
    bool leaf(const Node& node);
    bool inner(Node& node);
    bool object(Node& node);
    bool array(const Node& node);
  };
  static constexpr std::int32_t kUnwanted = -1;

  std::uint32_t node_at(const std::vector<std::string>& path);
  void seal(Node& node);
  std::int32_t find(Node& node, JsonCursor& cursor, std::string_view raw_key, std::size_t& position);
  static std::int32_t search(const Node& node, std::string_view key);

  std::vector<Node> nodes_;  // the first is the root
};

}  // namespace tandem::base
