// The parts of reading "write": each file of manifest/write_*.cpp reads one kind of key
// into a WriteCall, from the write itself (what all calls share) or from one call.
#pragma once

#include <string>

#include "core/manifest/read.hpp"
#include "core/manifest/write.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

// What the request looks like: headers, params, format, query, body, nulls, null_text.
void read_request_keys(ObjectReader& in, WriteCall& call, Findings& findings);
// What its answers mean: success, failed, id, returns, errors, gone, exists, retryable, idempotency, version.
void read_answer_keys(ObjectReader& in, WriteCall& call, Findings& findings);
void read_batch(const base::Json& json, const std::string& path, Batch& batch, Findings& findings);
// "read" and "read_back".
ReadCall read_read_call(const base::Json& json, const std::string& path, const Object& object, bool back,
                        Findings& findings);
void read_write_params(ObjectReader& in, std::vector<WriteParam>& params, Findings& findings);
// message, code, field.
ErrorPlaces read_places(ObjectReader& in);

// The path of a call that names none: below the object's, with the extension behind the id.
[[nodiscard]] std::string default_path(const Object& object, std::string_view placeholder);
// The path of a call, with placeholders.
[[nodiscard]] std::string read_call_path(ObjectReader& in, const std::string& fallback);
// A finding where a template cannot be read.
bool check_slots(ObjectReader& in, std::string_view key, const base::Json& json);

// What keys say together: placeholders where they mean something, and what one key needs of another.
void check_write(const Write& write, const Object& object, const std::string& path, Findings& findings);

}  // namespace tandem::core
