// What the fields of an object are, told from a sample of its records, and the table
// that would hold them. Used where an API cannot describe itself.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/page_reader.hpp"
#include "core/convert/convert.hpp"

namespace tandem::core {

struct InferredField {
  std::string field;   // literal key
  std::string column;  // snake_case, unique among the fields, not empty, at most 63 bytes
  DeclaredType data_type = DeclaredType::string;
  std::string remote_type;      // JSON kinds seen: "string", "number", "string|null"
  std::string pg_type;          // text, bigint, numeric, boolean, date, timestamp, timestamptz, uuid, jsonb
  bool required = false;        // in every sampled record and never null
  bool is_key = false;          // one of `key`, all of which are among the fields
  std::int64_t max_length = 0;  // characters seen
};

// In the order in which the fields first appear. Every sampled value can be converted to the type given for it.
std::vector<InferredField> infer_fields(const std::vector<base::PageReader::Found>& found, std::size_t records,
                                        const std::vector<std::string>& key);
// What stands between the parentheses of CREATE TABLE: column definitions and primary key, names quoted by `quote`.
// Nothing but the key is NOT NULL: a sample cannot know what the next record lacks.
std::string table_columns_sql(const std::vector<InferredField>& fields, std::string (*quote)(std::string_view));

}  // namespace tandem::core
