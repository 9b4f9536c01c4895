// What the records of an object look like, remembered from run to run: which fields there
// are, of what type, and whether every record had them. A sample of the first page is
// compared with it. A sample proves little, so the shape only ever widens: a type never
// narrows, and a field counts as gone only when all records had it and none has it now.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/json.hpp"
#include "core/mapping/infer.hpp"
#include "core/schema/change.hpp"

namespace tandem::core {

inline constexpr std::size_t kSampleRecords = 200;
inline constexpr std::int64_t kDiscovered = 10;  // records that discovery is taken to have seen

struct FieldShape {
  std::string type = {};  // as infer_fields names it; empty: only nulls so far
  bool always = false;    // every record seen had it
  bool gone = false;      // reported as vanished
  bool operator==(const FieldShape&) const = default;
};

struct RecordShape {
  std::int64_t records = 0;  // of the largest sample
  std::map<std::string, FieldShape, std::less<>> fields = {};
  bool operator==(const RecordShape&) const = default;

  static RecordShape of(const std::vector<base::PageReader::Found>& sample);
  static RecordShape from_json(const base::Json& json);
  [[nodiscard]] base::Json to_json() const;
};

// The mapping that a shape is looked at for.
struct ShapeContext {
  std::string mapping = {}, table = {};  // the table as SQL reads it
  base::Json definition = {};
  LocalColumns columns = {};  // of the table
  std::string (*quote)(std::string_view) = nullptr;
};

struct ShapeNews {
  RecordShape shape;  // what was known, widened by the sample
  SchemaChanges changes;
};
[[nodiscard]] ShapeNews compare_shapes(const RecordShape& known, const RecordShape& sample,
                                       const ShapeContext& context);

// Whether an open change is over: followed, or undone. A local one is judged without a sample.
[[nodiscard]] bool is_settled(const SchemaChange& change, const base::Json& definition, const LocalColumns& columns,
                              const RecordShape& sample);

// Whether values of a type that infer_fields names go into a column of a type that format_type names.
[[nodiscard]] bool column_takes(std::string_view column_type, std::string_view type);

}  // namespace tandem::core
