// The part of a mapping's options that is about deletes and about when a record counts as
// changed: delete_brake, soft_delete_columns, full_every, hash_fields, verify.
#pragma once

#include "core/mapping/mapping.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// `options` is the reader of options; the mapping's delete_mode and sync_mode are read already.
void read_delete_options(ObjectReader& options, Mapping& mapping, Findings& findings);

// {"deleted_at": "now", "is_deleted": true, "status": {"deleted": …, "restored": …}}: of columns, or of remote fields.
[[nodiscard]] std::vector<SoftColumn> read_soft_columns(ObjectReader& options, const char* key, Findings& findings);

// So many at once are for a person to decide. `live`: how many there were before anything was deleted.
[[nodiscard]] bool too_many(const DeleteBrake& brake, std::int64_t rows, std::int64_t live) noexcept;

// Whether runs of the mapping ask the object's feed of deletions: it names records by the object's id.
[[nodiscard]] bool uses_deletions(const Mapping& mapping, const Object& object);

// The mapping as a run writes it: a row that comes back is restored by columns that every row gets.
void add_restored_columns(Mapping& mapping);

}  // namespace tandem::core
