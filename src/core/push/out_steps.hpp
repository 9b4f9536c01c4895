// What is done to a value on its way out: the steps of "to_remote", or those of "to_local"
// turned around, last one first. Steps read on the way in are written here: a date or a
// number is printed by its format. What would not be read back as the same value is
// refused, not sent.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "base/value.hpp"
#include "core/mapping/mapping.hpp"
#include "core/transform/chain.hpp"

namespace tandem::core {

class OutSteps {
 public:
  OutSteps() = default;
  // `own` keeps the texts of the definition; it and `letters` (null: only ASCII has letters) must outlive the steps.
  OutSteps(const ColumnMapping& column, base::TextArena& own, const TextCase* letters);

  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  // Changes `value`, whose text may then lie in `arena`; or says why it cannot be done. Null passes all but a constant.
  std::optional<Problem> apply(base::Value& value, base::TextArena& arena) const;
  // They decide by themselves what kind of value is sent (a map, a constant), not the column.
  [[nodiscard]] bool decide_kind() const noexcept { return decide_kind_; }

 private:
  enum class Way { forward, map_back, date, number, split_back, join_back };
  struct Step {
    Way way = Way::forward;
    Transform transform = {};
    TransformChain chain = {};                                  // forward
    std::vector<std::pair<base::Value, base::Value>> map = {};  // map_back: local value, remote text
    std::optional<DatePattern> pattern = {};                    // date
  };
  void add(Way way, const Transform& transform, base::TextArena& own, const TextCase* letters);

  std::vector<Step> steps_;
  bool decide_kind_ = false;
};

}  // namespace tandem::core
