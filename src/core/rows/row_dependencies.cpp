#include "core/rows/row_dependencies.hpp"

#include <algorithm>
#include <cstdint>

namespace tandem::core {

namespace {

using Edges = std::vector<RowDependency>;

std::span<const RowDependency> edges_of(const Edges& sorted, std::size_t row, std::size_t RowDependency::*end) {
  return {std::ranges::lower_bound(sorted, row, {}, end), std::ranges::upper_bound(sorted, row, {}, end)};
}

Edges sorted_by(std::span<const RowDependency> dependencies, std::size_t RowDependency::*end) {
  Edges edges(dependencies.begin(), dependencies.end());
  std::ranges::stable_sort(edges, {}, end);
  return edges;
}

void refuse_dependents(std::vector<bool>& bad, std::span<const RowDependency> dependencies, RowDependencies& out) {
  const Edges by_needed = sorted_by(dependencies, &RowDependency::needs);
  std::vector<std::size_t> open;
  for (const RowDependency& edge : by_needed)
    if (bad[edge.needs]) open.push_back(edge.needs);
  while (!open.empty()) {
    const std::size_t needed = open.back();
    open.pop_back();
    for (const RowDependency& edge : edges_of(by_needed, needed, &RowDependency::needs)) {
      if (bad[edge.row]) continue;
      bad[edge.row] = true;
      out.refused.push_back({edge.row, edge.reason});
      open.push_back(edge.row);
    }
  }
}

// Depth first, with a stack of its own: a chain may be as long as the page.
class Turns {
 public:
  Turns(const std::vector<bool>& bad, Edges by_row, RowDependencies& out)
      : by_row_(std::move(by_row)), state_(bad.size()), out_(out) {
    for (std::size_t row = 0; row < bad.size(); ++row)
      if (bad[row]) state_[row] = State::done;
  }

  void visit(std::size_t root) {
    if (state_[root] != State::fresh) return;
    enter(root);
    while (!path_.empty()) {
      Step& step = path_.back();
      if (step.next == step.edges.size()) {
        state_[step.row] = State::done;
        out_.in_turn.push_back(step.row);
        path_.pop_back();
        continue;
      }
      const RowDependency& edge = step.edges[step.next++];
      if (state_[edge.needs] == State::on_path) {
        if (edge.needs != edge.row) out_.rings.push_back({edge.needs, edge.reason});
      } else if (state_[edge.needs] == State::fresh) {
        enter(edge.needs);
      }
    }
  }

 private:
  enum class State : std::uint8_t { fresh, on_path, done };
  struct Step {
    std::size_t row;
    std::span<const RowDependency> edges;
    std::size_t next = 0;
  };
  void enter(std::size_t row) {
    state_[row] = State::on_path;
    path_.push_back({row, edges_of(by_row_, row, &RowDependency::row)});
  }

  Edges by_row_;
  std::vector<State> state_;
  std::vector<Step> path_;
  RowDependencies& out_;
};

}  // namespace

RowDependencies settle_dependencies(std::vector<bool> bad, std::span<const RowDependency> dependencies) {
  RowDependencies out;
  refuse_dependents(bad, dependencies, out);
  Edges ordered = sorted_by(dependencies, &RowDependency::row);
  std::erase_if(ordered, [](const RowDependency& edge) { return !edge.after; });
  Turns turns(bad, ordered, out);
  for (const RowDependency& edge : ordered) turns.visit(edge.row);
  return out;
}

}  // namespace tandem::core
