// version(): the only object file that is made again for a new commit.
#include "base/json.hpp"
#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "net/transfers.hpp"
#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "pg/sql.hpp"
#include "store/doctor.hpp"

namespace tandem::api {

namespace {

std::string version() {
  pg::CallerSpi sql;
  return base::strcat("pg_tandem ", TANDEM_VERSION, " (commit ", TANDEM_COMMIT, "), PostgreSQL ",
                      store::server_version(sql), ", ", net::library_version(), ", ", base::json_library(), ", ",
                      base::page_reader_library());
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_version) { return call.ret_text(tandem::api::version()); }
