#include "worker/clone_guard.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <charconv>

#include "base/strings.hpp"
#include "pg/catalog.hpp"
#include "pg/log.hpp"
#include "pg/processes.hpp"
#include "pg/settings.hpp"
#include "store/instance.hpp"
#include "worker/wake.hpp"

namespace tandem::worker {
namespace {

constexpr const char* kMarkerFile = "pg_tandem.restored";

// Written once in the postmaster, inherited by every process.
struct Start {
  std::int64_t restored_at;  // when this data directory last began as a restored one; 0: never
  bool was_standby;          // this server began as a standby
};
constinit Start start{};

bool exists(const char* name) { return access(pg::data_file(name).c_str(), F_OK) == 0; }

std::int64_t read_marker() {
  const int file = open(pg::data_file(kMarkerFile).c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (file < 0) return 0;
  char text[32];
  const ssize_t size = read(file, text, sizeof text);
  close(file);
  std::int64_t micros = 0;
  if (size > 0) std::from_chars(text, text + size, micros);
  return micros;
}

bool write_marker(std::int64_t micros) {
  const int file =
      open(pg::data_file(kMarkerFile).c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return false;
  const std::string text = base::strcat(micros, "\n");
  const bool written = write(file, text.data(), text.size()) == static_cast<ssize_t>(text.size()) && fsync(file) == 0;
  return close(file) == 0 && written;
}

store::Identity identity_here() {
  return {std::to_string(pg::system_identifier()), pg::database_oid(), pg::settings().instance};
}

std::optional<std::string> find_reason(const store::Instance& instance, const store::Identity& here) {
  if (instance.identity.system_identifier != here.system_identifier) {
    return "this database was set up in another cluster";
  }
  if (instance.identity.database != here.database) return "this database is a copy of another one in this cluster";
  if (instance.identity.name != here.name) {
    return base::strcat("this database was set up with tandem.instance = '", instance.identity.name,
                        "', and now it is '", here.name, "'");
  }
  if (start.restored_at > instance.adopted_at.micros) return "this cluster was restored from a backup";
  if (start.was_standby && pg::settings().pause_on_promotion && pg::server_start() > instance.adopted_at) {
    return "this standby was promoted, and tandem.on_promotion is 'pause'";
  }
  return std::nullopt;
}

struct Finding {
  std::optional<std::string> stored;  // a reason that was stored before
  std::optional<std::string> found;   // one that holds now
};

Finding examine(pg::Sql& sql) {
  const std::vector<store::Instance> instances = store::read_instances(sql);
  const store::Identity here = identity_here();
  Finding finding;
  if (instances.empty()) finding.found = "the identity of this database is missing";
  for (const store::Instance& instance : instances) {
    if (!finding.found) finding.found = find_reason(instance, here);
    if (!finding.stored) finding.stored = instance.paused_reason;
  }
  return finding;
}

}  // namespace

void note_how_server_starts() {
  start.restored_at = read_marker();
  start.was_standby = exists("standby.signal");
  if (start.was_standby || !(exists("backup_label") || exists("recovery.signal"))) return;
  start.restored_at = base::now().micros;
  if (!write_marker(start.restored_at)) {
    pg::log(pg::Level::warning, base::strcat("could not write the file \"", kMarkerFile, "\" in the data directory"),
            "Until the server stops, pg_tandem knows that this cluster was restored from a backup; then it forgets.");
  }
}

std::optional<std::string> check_home(pg::Sql& sql) {
  const Finding finding = examine(sql);
  if (!finding.found) return finding.stored;
  // The identity stays wrong until adopt(); how the server was started may be forgotten at its next start.
  if (finding.stored != finding.found) store::pause(sql, *finding.found);
  return finding.found;
}

CloneVerdict clone_verdict(pg::Sql& sql) {
  const Finding finding = examine(sql);
  if (finding.found) return {true, *finding.found};
  return {finding.stored.has_value(), finding.stored.value_or("")};
}

void adopt(pg::Sql& sql) {
  store::adopt(sql, identity_here());
  wake_scheduler_at_commit();
}

}  // namespace tandem::worker
