#include "store/run_log.hpp"

#include <utility>

namespace tandem::store {

namespace {

constexpr std::size_t kMostEntries = 10'000;  // between two commits

const char* name_of(RunLog::Level level) {
  switch (level) {
    case RunLog::Level::info:
      return "info";
    case RunLog::Level::warning:
      return "warning";
    case RunLog::Level::error:
      return "error";
  }
  return "error";  // not reached: the switch is exhaustive
}

}  // namespace

void RunLog::add(Level level, std::string_view phase, std::string message, Detail detail) {
  if (!on_ || entries_.size() >= kMostEntries) return;
  entries_.push_back(entry(level, phase, std::move(message), std::move(detail)));
}

RunLog::Entry RunLog::entry(Level level, std::string_view phase, std::string message, Detail detail) {
  return {base::now(), level, std::string(phase), std::move(message), base::Json::object(std::move(detail)).dump()};
}

void RunLog::write(pg::Sql& sql, const RunSpec& spec, const Entry* last) const {
  if (!on_ || (entries_.empty() && last == nullptr)) return;
  std::vector<std::int64_t> at;
  std::vector<std::string> level, phase, message, detail;
  const auto put = [&](const Entry& entry) {
    at.push_back(entry.at.micros);
    level.emplace_back(name_of(entry.level));
    phase.push_back(entry.phase);
    message.push_back(entry.message);
    detail.push_back(entry.detail);
  };
  for (const Entry& entry : entries_) put(entry);
  if (last != nullptr) put(*last);
  // Fenced like the page: who lost the run says nothing of it.
  sql.engine(R"(
    INSERT INTO tandem._run_log (run, at, level, phase, message, detail)
    SELECT r.run, timestamptz '2000-01-01 00:00:00+00' + l.at * interval '1 microsecond', l.level, l.phase, l.message, l.detail::jsonb
      FROM tandem._run r, unnest($3, $4, $5, $6, $7) WITH ORDINALITY AS l (at, level, phase, message, detail, n)
     WHERE r.run = $1 AND r.epoch = $2
     ORDER BY l.n)",
             {spec.run, spec.epoch, at, level, phase, message, detail});
}

}  // namespace tandem::store
