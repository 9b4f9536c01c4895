// What a run did, step by step (option run_log): kept in memory and written along with the
// transaction that comes anyway, so that it costs no commit of its own. What a crash takes
// with it did not happen either.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.hpp"
#include "base/json.hpp"
#include "pg/sql.hpp"
#include "store/runs.hpp"

namespace tandem::store {

class RunLog {
 public:
  explicit RunLog(bool on = false) : on_(on) {}

  enum class Level { info, warning, error };
  using Detail = std::vector<base::Json::Member>;
  // Names and numbers only: never a URL, a value of a record, a secret. Costs nothing when the option is off.
  void add(Level level, std::string_view phase, std::string message, Detail detail = {});

  struct Entry {
    base::Instant at;
    Level level;
    std::string phase, message, detail;
  };
  static Entry entry(Level level, std::string_view phase, std::string message, Detail detail);
  // Into the transaction; written() once it is committed. `last` holds only if it is.
  void write(pg::Sql& sql, const RunSpec& spec, const Entry* last = nullptr) const;
  void written() noexcept { entries_.clear(); }

 private:
  bool on_;
  std::vector<Entry> entries_;
};

}  // namespace tandem::store
