#include "core/mapping/status.hpp"

#include <array>

#include "base/strings.hpp"
#include "core/mapping/check.hpp"
#include "core/mapping/codes.hpp"

namespace tandem::core {

namespace {

constexpr std::array<std::string_view, 2> kStatus{"last_error", "last_sync"};

}  // namespace

void read_status_columns(ObjectReader& options, Mapping& mapping) {
  for (const base::Json::Member* member : options.members("status_columns")) {
    const auto& [name, column] = *member;
    if (name != kStatus[0] && name != kStatus[1]) {
      options.error("status_columns", base::strcat("there is no status \"", name, '"'),
                    nearest_hint(name, kStatus, "Known"));
    } else if (!column.is_string() || column.string().empty()) {
      options.error("status_columns", base::strcat(name, " must name a column of the table"));
    } else if (name == kStatus[1]) {
      mapping.columns.push_back({.column = column.string(),
                                 .type = DeclaredType::date_time,  // which tells it from option stamp's columns
                                 .use = ColumnUse::on_write,
                                 .stamp = Stamp::now});
    } else if (mapping.write_mode == WriteMode::append) {
      options.error("status_columns", "last_error has no meaning with write_mode append, which never looks for rows",
                    "Leave last_error out.", mapping_code::kOptionUnusable);
    } else {
      mapping.last_error = column.string();
      // Compared: a row with an error differs from the record that goes in.
      mapping.columns.push_back({.column = column.string(), .constant = base::Json()});
    }
  }
}

void check_last_error(const Mapping& mapping, const Target& target, Findings& findings) {
  const TargetColumn* column = mapping.last_error.empty() ? nullptr : find_column(target, mapping.last_error);
  if (column == nullptr || column->type.type_class == base::TypeClass::text) return;
  findings.push_back({.path = "options.status_columns",
                      .message = base::strcat("column ", column->name, " is ", column->type.name,
                                              ", which cannot hold the text of an error"),
                      .hint = "It wants text.",
                      .code = mapping_code::kStampUnfit,
                      .column = column->name});
}

}  // namespace tandem::core
