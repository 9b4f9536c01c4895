#include "core/mapping.hpp"

namespace tandem::core {

// One row per option that parse_mapping reads: a unit test holds the two against each other.
const std::vector<OptionRow>& mapping_options() {
  static const std::vector<OptionRow> rows{
      {"keep_runs", "integer", "1000", "pull",
       "how many finished runs are kept; older ones are removed when a run ends"},
      {"on_error", "text", "skip", "pull",
       "what a record that cannot be written does: skip makes it a sync error and the others go in, fail ends the run"},
      {"page_size", "integer", "the connector's", "pull",
       "records per page, where the object's paging has a size_param"},
      {"params", "object", "{}", "pull", "extra query parameters of every request; they win over the object's"},
  };
  return rows;
}

}  // namespace tandem::core
