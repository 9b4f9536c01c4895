#include "pg/log.hpp"

#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

int elevel_of(Level level) noexcept {
  switch (level) {
    case Level::debug:
      return DEBUG1;
    case Level::info:
      return INFO;
    case Level::log:
      return LOG;
    case Level::notice:
      return NOTICE;
    case Level::warning:
      return WARNING;
  }
  return LOG;
}

}  // namespace

void log(Level level, std::string_view message, std::string_view detail, std::string_view hint) {
  const int elevel = elevel_of(level);
  const auto size = [](std::string_view text) { return static_cast<int>(text.size()); };
  call([&] {
    ereport(elevel, (errmsg_internal("%.*s", size(message), message.data()),
                     detail.empty() ? 0 : errdetail_internal("%.*s", size(detail), detail.data()),
                     hint.empty() ? 0 : errhint("%.*s", size(hint), hint.data())));
  });
}

}  // namespace tandem::pg
