#include "pg/scopes.hpp"

#include "pg/identity.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

constexpr Setting kReadOnly[] = {{"transaction_read_only", "on", [] { return XactReadOnly; }}};

}  // namespace

ReadOnly::ReadOnly() : settings_(std::make_unique<SettingsScope>(kReadOnly)) {}
ReadOnly::~ReadOnly() = default;

Printing::Printing() : settings_(std::make_unique<SettingsScope>(printing_settings())) {}
Printing::~Printing() = default;

}  // namespace tandem::pg
