// Server log. Even elog(LOG) can longjmp (a pending cancel), so logging is a guarded
// call like any other. Never a secret, a URL with a query, or a value of a record.
#pragma once

#include <string_view>

namespace tandem::pg {

enum class Level { debug, info, log, notice, warning };
void log(Level level, std::string_view message, std::string_view detail = {}, std::string_view hint = {});

}  // namespace tandem::pg
