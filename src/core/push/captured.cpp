#include "core/push/captured.hpp"

#include <algorithm>
#include <unordered_map>

#include "base/json.hpp"
#include "base/strings.hpp"

namespace tandem::core {

using base::Errc;
using base::strcat;

namespace {

using Matrix = std::vector<std::vector<std::optional<std::string>>>;

// The columns of one entry that a mapping looks at.
struct Places {
  std::vector<std::size_t> row, others;
  std::vector<std::pair<std::size_t, std::string>> only_where;
};

std::optional<std::size_t> place_of(const CapturedEntry& entry, int attnum) {
  const auto found = std::ranges::find(entry.key_columns, attnum);
  if (found == entry.key_columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - entry.key_columns.begin());
}

// What was not captured then is not known of these rows; without their key nothing is.
base::Result<Places> places_of(const CapturedEntry& entry, const CaptureKey& key) {
  Places places;
  for (const CaptureKey::Column& column : key.row) {
    const auto place = place_of(entry, column.attnum);
    if (!place)
      return base::Error{Errc::internal, strcat("column ", column.name, " of the key was not captured then"), {}, {}};
    places.row.push_back(*place);
  }
  for (const CaptureKey::Column& column : key.others)
    places.others.push_back(place_of(entry, column.attnum).value_or(entry.key_columns.size()));
  for (const auto& [attnum, value] : key.only_where)
    if (const auto place = place_of(entry, attnum)) places.only_where.emplace_back(*place, value);
  return places;
}

std::string object_of(const std::vector<CaptureKey::Column>& columns, const std::vector<std::size_t>& places,
                      const Matrix& values, std::size_t row) {
  base::Json json = base::Json::object();
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (places[i] >= values.size()) continue;
    const auto& value = values[places[i]][row];
    json.set(columns[i].name, value ? base::Json(*value) : base::Json());
  }
  return columns.empty() ? std::string() : json.dump();
}

int hex_digit(char c) { return c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10; }

std::optional<std::vector<int>> columns_in(const std::string& bits) {
  if (!bits.starts_with("\\x")) return std::nullopt;
  std::vector<int> columns;
  for (std::size_t i = 2; i + 1 < bits.size(); i += 2) {
    const int byte = hex_digit(bits[i]) * 16 + hex_digit(bits[i + 1]);
    for (int bit = 0; bit < 8; ++bit)
      if ((byte >> bit & 1) != 0) columns.push_back(static_cast<int>(i / 2 - 1) * 8 + bit + 1);
  }
  return columns;
}

class Unfolder {
 public:
  explicit Unfolder(const CaptureKey& key) : key_(key) {}

  base::Result<Unfolded> operator()(const std::vector<CapturedEntry>& entries) {
    for (const CapturedEntry& entry : entries) {
      if (entry.op == 't') {
        truncate(entry);
      } else if (entry.origin != key_.mapping_id) {
        if (auto problem = add(entry)) return *std::move(problem);
      }
    }
    std::ranges::sort(out_.rows, {}, &RowChange::seq);
    return std::move(out_);
  }

 private:
  void truncate(const CapturedEntry& entry) {
    out_ = {};
    place_.clear();
    out_.truncated = entry;
  }

  std::optional<base::Error> add(const CapturedEntry& entry) {
    const base::Result<Places> places = places_of(entry, key_);
    if (!places) return places.error();
    base::Result<Matrix> keys = read_text_matrix(entry.keys);
    if (!keys) return keys.error();
    Matrix old;
    if (!entry.old_keys.empty()) {
      base::Result<Matrix> read = read_text_matrix(entry.old_keys);
      if (!read) return read.error();
      old = *std::move(read);
    }
    const auto changed = entry.op == 'u' ? columns_in(entry.changed) : std::nullopt;
    const std::size_t rows = keys->empty() ? 0 : keys->front().size();
    for (std::size_t row = 0; row < rows; ++row) {
      if (!old.empty() && row < old.front().size()) leave_old_key(entry, *places, old, *keys, row);
      if (!concerns(*places, *keys, row)) continue;
      note(entry, entry.op, object_of(key_.row, places->row, *keys, row),
           object_of(key_.others, places->others, *keys, row), changed);
    }
    return std::nullopt;
  }

  // It went to another key, or to another mapping.
  void leave_old_key(const CapturedEntry& entry, const Places& places, const Matrix& old, const Matrix& now,
                     std::size_t row) {
    if (!concerns(places, old, row)) return;
    std::string before = object_of(key_.row, places.row, old, row);
    const std::string was = object_of(key_.others, places.others, old, row);
    const bool stays = concerns(places, now, row);
    const bool same_row = before == object_of(key_.row, places.row, now, row);
    if (stays && (same_row || same_record(places, old, now, row))) return;
    note(entry, 'd', std::move(before), was, std::nullopt);
  }

  // The other side knows it by what did not change.
  [[nodiscard]] bool same_record(const Places& places, const Matrix& old, const Matrix& now, std::size_t row) const {
    for (std::size_t i = 0; i < key_.known_by; ++i) {
      const std::size_t at = places.others[i];
      if (at >= old.size() || !old[at][row] || old[at][row] != now[at][row]) return false;
    }
    return key_.known_by > 0;
  }

  [[nodiscard]] static bool concerns(const Places& places, const Matrix& values, std::size_t row) {
    return std::ranges::all_of(places.only_where,
                               [&](const auto& only) { return values[only.first][row] == only.second; });
  }

  void note(const CapturedEntry& entry, char op, std::string key, std::string was,
            const std::optional<std::vector<int>>& changed) {
    const auto [found, is_new] = place_.try_emplace(key, out_.rows.size());
    if (is_new) {
      out_.rows.push_back({.key = std::move(key),
                           .was = std::move(was),
                           .op = op,
                           .version = entry.seq,
                           .seq = entry.seq,
                           .txid = entry.txid,
                           .captured_at = entry.at,
                           .changed_at = entry.at,
                           .changed = changed});
      return;
    }
    RowChange& row = out_.rows[found->second];
    if (row.op != 'i' || op != 'u') row.op = op;
    row.was = std::move(was);
    row.version = entry.seq;
    row.txid = entry.txid;
    row.changed_at = entry.at;
    if (!changed) {
      row.changed.reset();
    } else if (row.changed) {
      std::vector<int> both;
      std::ranges::set_union(*row.changed, *changed, std::back_inserter(both));
      row.changed = std::move(both);
    }
  }

  const CaptureKey& key_;
  Unfolded out_;
  std::unordered_map<std::string, std::size_t> place_;  // of a row's change in out_
};

}  // namespace

base::Result<Unfolded> unfold(const std::vector<CapturedEntry>& entries, const CaptureKey& key) {
  return Unfolder(key)(entries);
}

}  // namespace tandem::core
