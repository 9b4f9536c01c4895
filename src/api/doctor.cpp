#include "api/doctor.hpp"

#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <charconv>

#include "base/strings.hpp"
#include "net/transfers.hpp"
#include "pg/catalog.hpp"
#include "pg/entry.hpp"
#include "pg/settings.hpp"
#include "store/doctor.hpp"
#include "worker/background.hpp"
#include "worker/clone_guard.hpp"

namespace tandem::api {

namespace {

using base::strcat;

constexpr std::array<int, 2> kOldestCurl{7, 85};  // CURLOPT_PROTOCOLS_STR

void check_preloaded(const store::ServerFacts& facts, Diagnosis& d) {
  if (worker::preloaded()) return d.ok("preloaded", "the server loaded pg_tandem at its start");
  const std::string before =
      facts.preload_libraries && !facts.preload_libraries->empty() ? strcat(*facts.preload_libraries, ",") : "";
  d.error("preloaded", "the server did not load pg_tandem at its start: nothing runs by itself",
          strcat("ALTER SYSTEM SET shared_preload_libraries = ", before, "pg_tandem;  -- ",
                 facts.preload_libraries ? "" : "and what else stands there, ", "then restart the server"));
}

void check_enabled(Diagnosis& d) {
  if (pg::settings().enabled) return d.ok("enabled", "tandem.enabled is on");
  d.error("enabled", "tandem.enabled is off: nothing runs",
          "ALTER SYSTEM SET tandem.enabled = on; SELECT pg_reload_conf();");
}

void check_processes(const store::ServerFacts& facts, Diagnosis& d) {
  if (!worker::preloaded()) return;
  const auto processes = worker::process_list();
  const auto alive = [&](worker::Kind kind, bool here) {
    return std::any_of(processes.begin(), processes.end(), [&](const worker::ProcessInfo& p) {
      return p.kind == kind && p.pid != 0 && (!here || p.database == pg::database_oid());
    });
  };
  const std::string more = strcat("ALTER SYSTEM SET max_worker_processes = ", facts.max_worker_processes + 8,
                                  ";  -- then restart the server");
  if (alive(worker::Kind::launcher, false))
    d.ok("launcher", "up");
  else
    d.error(
        "launcher",
        "the launcher is not up: on a standby it starts with the promotion, else all max_worker_processes may be taken",
        more);
  if (alive(worker::Kind::scheduler, true))
    d.ok("scheduler", "up in this database");
  else
    d.warning("scheduler", "no scheduler serves this database at the moment",
              strcat("SELECT * FROM tandem.workers;  -- all places taken? ", more));

  const worker::SlotsLeft left = worker::slots_left();
  const std::string detail =
      strcat(left.used, " of ", left.budget, " processes, ", left.workers, " of ", left.max_workers, " workers, ",
             left.schedulers, " of ", left.max_schedulers,
             " databases (max_worker_processes = ", facts.max_worker_processes, ", half of them at most)");
  if (left.used >= left.budget)
    d.warning("slots", strcat("no place is left: ", detail), more);
  else
    d.ok("slots", detail);
}

void check_curl(Diagnosis& d) {
  const std::string version = net::library_version();  // "libcurl/7.88.1 OpenSSL/3.0.19 ..."
  std::array<int, 2> found{0, 0};
  const char* at = version.data() + std::min(version.size(), version.find('/') + 1);
  const char* const end = version.data() + version.size();
  const auto major = std::from_chars(at, end, found[0]);
  if (major.ptr != end) std::from_chars(major.ptr + 1, end, found[1]);
  const char* resolver = version.find("c-ares/") == std::string::npos ? "threaded" : "c-ares";
  const std::string detail = strcat(version, ", resolver: ", resolver);
  if (found >= kOldestCurl)
    d.ok("libcurl", detail);
  else
    d.error("libcurl", strcat(detail, "; at least ", kOldestCurl[0], '.', kOldestCurl[1], " is needed"),
            "sudo apt-get install libcurl4");
}

void check_clone(Caller& caller, Diagnosis& d) {
  const worker::CloneVerdict verdict = worker::clone_verdict(caller.sql);
  if (!verdict.paused) return d.ok("clone guard", "this database is where it was set up");
  const bool by_person = verdict.reason.starts_with("paused by ");
  d.error("clone guard", strcat("nothing runs: ", verdict.reason),
          by_person ? "SELECT tandem.resume_all();" : "SELECT tandem.adopt();");
}

void check_secrets(Diagnosis& d) {
  const std::string directory = pg::settings().secrets_directory;
  if (directory.empty())
    return d.ok("secrets directory", "not set: credentials stand in the database, in a table without grants");
  // The path is the administrators' business.
  const std::string shown = pg::is_superuser(pg::current_user()) ? directory : std::string("tandem.secrets_directory");
  struct stat info {};
  if (::stat(directory.c_str(), &info) != 0 || !S_ISDIR(info.st_mode)) {
    return d.error("secrets directory", strcat(shown, " is not a directory that the server can see"),
                   strcat("sudo install -d -m 700 -o postgres ", shown));
  }
  if (info.st_uid != ::geteuid()) {
    return d.warning("secrets directory", strcat(shown, " does not belong to the server's user"),
                     strcat("sudo chown postgres ", shown));
  }
  if ((info.st_mode & (S_IRWXG | S_IRWXO)) != 0) {
    return d.warning("secrets directory", strcat(shown, " is open to others than the server's user"),
                     strcat("sudo chmod 700 ", shown));
  }
  d.ok("secrets directory", strcat(shown, ", mode 0700"));
}

void check_engine_role(const store::ServerFacts& facts, Diagnosis& d) {
  if (facts.engine_role_excess.empty()) return d.ok("engine role", "tandem_owner has no more rights than it needs");
  d.error("engine role", strcat("tandem_owner must not have ", base::join(facts.engine_role_excess, ", ")),
          "ALTER ROLE tandem_owner NOLOGIN NOSUPERUSER NOCREATEDB NOCREATEROLE NOREPLICATION NOBYPASSRLS;");
}

void check_egress(Diagnosis& d) {
  const pg::Settings settings = pg::settings();
  d.ok("egress", strcat(settings.allow_http ? "https and plain http" : "https only", "; private networks: ",
                        settings.allowed_networks.empty() ? std::string("none") : settings.allowed_networks));
}

}  // namespace

void examine_installation(Caller& caller, Diagnosis& diagnosis) {
  const store::ServerFacts facts = store::server_facts(caller.sql);
  check_preloaded(facts, diagnosis);
  check_enabled(diagnosis);
  check_processes(facts, diagnosis);
  check_clone(caller, diagnosis);
  check_curl(diagnosis);
  check_secrets(diagnosis);
  check_engine_role(facts, diagnosis);
  check_egress(diagnosis);
}

namespace {

std::vector<std::vector<pg::Out>> doctor(const pg::FunctionCall& call) {
  Caller caller(call, 1);
  Diagnosis diagnosis;
  const auto mapping = call.text(0);
  examine_installation(caller, diagnosis);
  if (mapping)
    examine_mapping(caller, *mapping, diagnosis);
  else
    examine_definitions(caller, diagnosis);
  return diagnosis.rows();
}

}  // namespace

}  // namespace tandem::api

TANDEM_FUNCTION(tandem_doctor) { return call.ret_rows(tandem::api::doctor(call)); }
