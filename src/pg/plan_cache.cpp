#include "pg/plan_cache.hpp"

#include "base/strings.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr long kMostPlans = 300;
constexpr int kMostParameters = 32;

// All of it is hashed and compared byte by byte.
struct Key {
  std::uint64_t variant;
  std::uint64_t text_size;
  std::uint64_t parameters;
  std::uint64_t text_hash;
  Oid types[kMostParameters];
};

struct Entry {
  Key key;
  SPIPlanPtr plan;
  const char* text;
};

// A plain pointer: the process's, as are the plans.
HTAB* g_plans = nullptr;

HTAB* plans() {
  if (g_plans != nullptr) return g_plans;
  HASHCTL control = {};
  control.keysize = sizeof(Key);
  control.entrysize = sizeof(Entry);
  control.hcxt = TopMemoryContext;
  g_plans = hash_create("tandem plans", 128, &control, HASH_ELEM | HASH_BLOBS | HASH_CONTEXT);
  return g_plans;
}

bool same_text(const Entry& entry, std::string_view sql) {
  return std::memcmp(entry.text, sql.data(), sql.size()) == 0;
}

}  // namespace

_SPI_plan* kept_plan(std::string_view sql, int parameters, Oid* types, std::uint64_t variant) {
  if (parameters > kMostParameters) return nullptr;
  Key key;
  std::memset(&key, 0, sizeof(key));
  key.variant = variant;
  key.text_size = sql.size();
  key.parameters = static_cast<std::uint64_t>(parameters);
  key.text_hash = base::hash64(sql, 0);
  std::copy_n(types, parameters, key.types);
  if (const auto* found = static_cast<Entry*>(hash_search(plans(), &key, HASH_FIND, nullptr)))
    return same_text(*found, sql) ? found->plan : nullptr;
  if (hash_get_num_entries(plans()) >= kMostPlans) return nullptr;
  // Planned once, for any parameters: our statements find rows by key, so that planning them for each value again
  // would cost more than it could win.
  SPIPlanPtr plan = SPI_prepare_cursor(pnstrdup(sql.data(), sql.size()), parameters, types, CURSOR_OPT_GENERIC_PLAN);
  if (plan == nullptr) elog(ERROR, "statement failed: %s", SPI_result_code_string(SPI_result));
  const char* text = MemoryContextStrdup(TopMemoryContext, pnstrdup(sql.data(), sql.size()));
  if (SPI_keepplan(plan) != 0) return nullptr;
  auto* entry = static_cast<Entry*>(hash_search(plans(), &key, HASH_ENTER, nullptr));
  entry->plan = plan;
  entry->text = text;
  return plan;
}

}  // namespace tandem::pg
