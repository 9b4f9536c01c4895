// The tandem.* settings (GUCs): defined once in _PG_init, read through this struct.
#pragma once

#include <cstdint>
#include <string>

namespace tandem::pg {

void define_settings();  // in _PG_init, preloaded or not

struct Settings {
  bool enabled;                     // tandem.enabled (sighup, on)
  std::string instance;             // tandem.instance (sighup, '')
  bool pause_on_promotion;          // tandem.on_promotion = continue | pause (sighup)
  int max_workers;                  // tandem.max_workers (postmaster, 2)
  int worker_slice_ms;              // tandem.worker_slice (sighup, 10s)
  int worker_idle_timeout_ms;       // tandem.worker_idle_timeout (sighup, 60s)
  int max_in_flight;                // tandem.max_in_flight (sighup, 100): requests at once in one worker
  int foreground_timeout_ms;        // tandem.foreground_timeout (sighup, 30s)
  std::string secrets_directory;    // tandem.secrets_directory (sighup, superuser only)
  bool allow_http;                  // tandem.allow_http (sighup, superuser only, off)
  std::string allowed_networks;     // tandem.allowed_networks (sighup, superuser only): CIDRs, comma separated
  std::int64_t max_response_bytes;  // tandem.max_response_bytes (sighup, superuser only, 64MB; unit kB)
  bool allow_superuser_mappings;    // tandem.allow_superuser_mappings (sighup, superuser only, off)
  std::string tenant;               // tandem.tenant (user)
  int log_level;                    // tandem.log_level = minimal | detailed (sighup)
};
[[nodiscard]] Settings settings();

}  // namespace tandem::pg
