// The steps of a column up to the first one that needs SQL, made ready once per run and
// put on every value: Value in, Value out. Null passes through all of them but a constant.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/value.hpp"
#include "core/convert/convert.hpp"
#include "core/convert/date_pattern.hpp"
#include "core/transform/transform.hpp"

namespace tandem::core {

// Which letter belongs to which is the database's to say: its locale decides.
class TextCase {
 public:
  [[nodiscard]] virtual std::string_view lower(std::string_view text, base::TextArena& arena) const = 0;
  [[nodiscard]] virtual std::string_view upper(std::string_view text, base::TextArena& arena) const = 0;

 protected:
  constexpr TextCase() = default;
  ~TextCase() = default;
};

class TransformChain {
 public:
  TransformChain() = default;
  // Takes the steps before the first that needs SQL. `own` keeps the texts of the definition; it and `letters`
  // (null: only ASCII has letters) must outlive the chain.
  TransformChain(std::span<const Transform> steps, base::TextArena& own, const TextCase* letters);

  [[nodiscard]] bool empty() const noexcept { return steps_.empty(); }
  // Changes `value`, whose text may then lie in `arena`; or says why it cannot be done.
  std::optional<Problem> apply(base::Value& value, base::TextArena& arena) const;

 private:
  struct Step {
    Transform transform;
    base::Value constant = {};
    std::unordered_map<std::string_view, base::Value> map = {};
    std::optional<DatePattern> pattern = {};
  };
  std::string_view in_case(Transform::Kind kind, std::string_view text, base::TextArena& arena) const;
  std::optional<Problem> put(const Step& step, base::Value& value, base::TextArena& arena) const;

  std::vector<Step> steps_;
  const TextCase* letters_ = nullptr;
};

}  // namespace tandem::core
