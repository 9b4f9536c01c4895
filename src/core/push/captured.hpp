// From entries of the outbox to the changes of single rows: what the capture trigger wrote
// many rows at a time is unfolded, and of one row only the newest change stands. Pure: the
// store hands in entries as text, and puts what comes out into outbox items.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/clock.hpp"
#include "base/error.hpp"

namespace tandem::core {

// One entry, as tandem._outbox has it; its arrays as Postgres prints them.
struct CapturedEntry {
  std::int64_t seq = 0;
  char op = 'u';  // i u d t
  std::string txid = {};
  base::Instant at = {};
  std::vector<int> key_columns = {};  // attnums
  std::string keys = {}, old_keys = {};
  std::string changed = {};  // bytea in hex, \x01ff: bit attnum - 1
  std::int64_t origin = 0;   // mapping; 0: a local change
};

// What identifies the rows of one mapping among the columns of an entry.
struct CaptureKey {
  struct Column {
    int attnum = 0;
    std::string name = {};
  };
  std::int64_t mapping_id = 0;
  std::vector<Column> row = {};     // of the row key
  std::vector<Column> others = {};  // what else is kept of a row that is gone
  std::size_t known_by =
      0;  // how many of the others, from the front, the other side's record is known by; 0: by the row key
  std::vector<std::pair<int, std::string>> only_where = {};  // attnum and value: rows of others (stamps) are left out
};

struct RowChange {
  std::string key = {};  // {"id": "5"}, as JSON text
  std::string was = {};  // likewise of the other columns; empty: there are none
  char op = 'u';
  std::int64_t version = 0, seq = 0;  // of the newest change; of the first one
  std::string txid = {};
  base::Instant captured_at = {}, changed_at = {};
  std::optional<std::vector<int>> changed = {};  // attnums, each once, in order; nullopt: all
};

struct Unfolded {
  std::vector<RowChange> rows = {};             // in the order of their seq
  std::optional<CapturedEntry> truncated = {};  // the last one: all rows there were are gone
};

// Entries of one table, in the order of their seq. An entry that lacks a column of the row key (it was captured before
// the key was another one) says nothing of single rows: Error(internal), names the column. Echoes of the mapping's own
// pull are left out. A row whose key changed is gone under the old one, unless the other side knows it by what did
// not change.
base::Result<Unfolded> unfold(const std::vector<CapturedEntry>& entries, const CaptureKey& key);

// '{{1,2},{a,NULL}}': one vector per row. Error(internal) when it is no array of text of two dimensions.
base::Result<std::vector<std::vector<std::optional<std::string>>>> read_text_matrix(std::string_view literal);

}  // namespace tandem::core
