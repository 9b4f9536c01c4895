#include "pg/settings.hpp"

#include "pg/guard.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

// What the settings machinery writes to: plain data, constant-initialised.
struct Values {
  bool enabled;
  char* instance;
  int on_promotion;
  int max_workers;
  int worker_slice_ms;
  int worker_idle_timeout_ms;
  int max_in_flight;
  int foreground_timeout_ms;
  char* secrets_directory;
  bool allow_http;
  char* allowed_networks;
  int max_response_kb;
  bool allow_superuser_mappings;
  char* tenant;
  int log_level;
};
Values g_values;

enum OnPromotion { kContinue, kPause };
const config_enum_entry kOnPromotion[] = {
    {"continue", kContinue, false}, {"pause", kPause, false}, {nullptr, 0, false}};
const config_enum_entry kLogLevel[] = {{"minimal", 0, false}, {"detailed", 1, false}, {nullptr, 0, false}};

constexpr int kMaxInstanceLength = 200;

// Check hooks are called by Postgres's C code, hold no C++ object, and answer false instead of raising.
bool check_instance(char** value, void**, GucSource) {
  const char* text = *value;
  if (std::strlen(text) > kMaxInstanceLength) {
    GUC_check_errdetail("It is longer than %d bytes.", kMaxInstanceLength);
    return false;
  }
  for (; *text != '\0'; ++text) {
    if (static_cast<unsigned char>(*text) >= 0x20) continue;
    GUC_check_errdetail("It contains a control character.");
    return false;
  }
  return true;
}

bool check_secrets_directory(char** value, void**, GucSource) {
  if (**value == '\0' || is_absolute_path(*value)) return true;
  GUC_check_errdetail("It is not an absolute path.");
  return false;
}

struct Span {
  int least;
  int most;
};

void define_bool(const char* name, const char* text, bool* value, bool initial, int flags) {
  DefineCustomBoolVariable(name, text, nullptr, value, initial, PGC_SIGHUP, flags, nullptr, nullptr, nullptr);
}

void define_int(const char* name, const char* text, int* value, int initial, Span span, GucContext context, int flags) {
  DefineCustomIntVariable(name, text, nullptr, value, initial, span.least, span.most, context, flags, nullptr, nullptr,
                          nullptr);
}

void define_text(const char* name, const char* text, char** value, GucContext context, int flags,
                 GucStringCheckHook check) {
  DefineCustomStringVariable(name, text, nullptr, value, "", context, flags, check, nullptr, nullptr);
}

void define_operation() {
  define_bool("tandem.enabled", "Whether anything is synced at all.", &g_values.enabled, true, 0);
  define_text("tandem.instance", "Name of this installation, part of its identity.", &g_values.instance, PGC_SIGHUP, 0,
              check_instance);
  DefineCustomEnumVariable("tandem.on_promotion", "What a standby does when it is promoted.", nullptr,
                           &g_values.on_promotion, kContinue, kOnPromotion, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
  // Sizes shared memory, so it is fixed at server start. In a server without our shared memory nothing
  // depends on it, and Postgres refuses a postmaster setting defined later.
  define_int("tandem.max_workers", "Worker processes of all databases together.", &g_values.max_workers, 2, {1, 64},
             process_shared_preload_libraries_in_progress ? PGC_POSTMASTER : PGC_SIGHUP, 0);
  define_int("tandem.worker_slice", "How long a worker keeps its slot while another owner waits for one.",
             &g_values.worker_slice_ms, 10'000, {100, 3'600'000}, PGC_SIGHUP, GUC_UNIT_MS);
  define_int("tandem.worker_idle_timeout", "After how long without work a worker exits.",
             &g_values.worker_idle_timeout_ms, 60'000, {0, 86'400'000}, PGC_SIGHUP, GUC_UNIT_MS);
  define_int("tandem.max_in_flight", "Requests that one worker has under way at once.", &g_values.max_in_flight, 100,
             {1, 1000}, PGC_SIGHUP, 0);
  define_int("tandem.foreground_timeout", "How long functions that talk to the network while you wait may take.",
             &g_values.foreground_timeout_ms, 30'000, {100, 3'600'000}, PGC_SIGHUP, GUC_UNIT_MS);
  DefineCustomEnumVariable("tandem.log_level", "How much of a run goes to the server log.", nullptr,
                           &g_values.log_level, 0, kLogLevel, PGC_SIGHUP, 0, nullptr, nullptr, nullptr);
  define_text("tandem.tenant", "The tenant this session acts for, among those granted to its role.", &g_values.tenant,
              PGC_USERSET, 0, nullptr);
}

void define_safety() {
  define_text("tandem.secrets_directory", "Directory of the files that credentials may refer to.",
              &g_values.secrets_directory, PGC_SIGHUP, GUC_SUPERUSER_ONLY, check_secrets_directory);
  define_bool("tandem.allow_http", "Whether requests may go over unencrypted http.", &g_values.allow_http, false,
              GUC_SUPERUSER_ONLY);
  define_text("tandem.allowed_networks",
              "Networks (CIDR, comma separated) that may be reached although they are private or local.",
              &g_values.allowed_networks, PGC_SIGHUP, GUC_SUPERUSER_ONLY, nullptr);
  define_int("tandem.max_response_bytes", "Largest response body that is accepted.", &g_values.max_response_kb,
             64 * 1024, {1, 1024 * 1024}, PGC_SIGHUP, GUC_UNIT_KB | GUC_SUPERUSER_ONLY);
  define_bool("tandem.allow_superuser_mappings",
              "Whether a superuser may own mappings: triggers then run as superuser.",
              &g_values.allow_superuser_mappings, false, GUC_SUPERUSER_ONLY);
}

}  // namespace

void define_settings() {
  call([] {
    define_operation();
    define_safety();
    MarkGUCPrefixReserved("tandem");
  });
}

Settings settings() {
  const auto text = [](const char* value) { return std::string(value == nullptr ? "" : value); };
  return {
      .enabled = g_values.enabled,
      .instance = text(g_values.instance),
      .pause_on_promotion = g_values.on_promotion == kPause,
      .max_workers = g_values.max_workers,
      .worker_slice_ms = g_values.worker_slice_ms,
      .worker_idle_timeout_ms = g_values.worker_idle_timeout_ms,
      .max_in_flight = g_values.max_in_flight,
      .foreground_timeout_ms = g_values.foreground_timeout_ms,
      .secrets_directory = text(g_values.secrets_directory),
      .allow_http = g_values.allow_http,
      .allowed_networks = text(g_values.allowed_networks),
      .max_response_bytes = static_cast<std::int64_t>(g_values.max_response_kb) * 1024,
      .allow_superuser_mappings = g_values.allow_superuser_mappings,
      .tenant = text(g_values.tenant),
      .log_level = g_values.log_level,
  };
}

}  // namespace tandem::pg
