#include "core/mapping/reference.hpp"

#include <algorithm>
#include <array>

#include "base/strings.hpp"
#include "core/mapping/children.hpp"

namespace tandem::core {

namespace {

constexpr auto kKeys = std::to_array<std::string_view>({"mapping", "key", "missing"});
constexpr auto kMissing = std::to_array<std::string_view>({"wait", "null", "error"});  // of Reference::Missing

void add_name(const base::Json& column, std::vector<std::string>& out) {
  if (!column.is_object()) return;
  const base::Json* steps = column.find("to_local");
  const base::Json* last = steps == nullptr ? nullptr : last_reference(*steps);
  const base::Json* reference = last != nullptr ? last : column.find("reference");
  if (reference == nullptr) return;
  const std::string name = reference->is_string() ? reference->string() : reference->string_at("mapping").value_or("");
  if (!name.empty() && std::ranges::find(out, name) == out.end()) out.push_back(name);
}

void add_names(const base::Json& definition, std::vector<std::string>& out);

void add_of_column(const std::string& field, const base::Json& column, std::vector<std::string>& out) {
  if (is_child_table(field, column))
    add_names(column, out);
  else
    add_name(column, out);
}

// Those of its columns, and of its child tables'.
void add_names(const base::Json& definition, std::vector<std::string>& out) {
  const base::Json* columns = definition.find("columns");
  if (columns == nullptr) return;
  if (columns->is_array())
    for (const base::Json& column : columns->items())
      add_of_column(column.string_at("field").value_or(""), column, out);
  if (columns->is_object())
    for (const auto& [field, column] : columns->members()) add_of_column(field, column, out);
}

// Tarjan's strongly connected components, which come out children of the graph first: exactly the order that ranks
// need. With a stack of its own, for a chain may be as long as there are mappings.
class Components {
 public:
  explicit Components(const Graph& graph)
      : graph_(graph), index_(graph.size()), low_(graph.size()), rank_(graph.size(), -1) {}

  std::vector<int> ranks() {
    for (std::size_t node = 0; node < graph_.size(); ++node)
      if (index_[node] == 0) visit(node);
    return std::move(rank_);
  }

 private:
  struct Frame {
    std::size_t node, next = 0;
  };

  void visit(std::size_t root) {
    std::vector<Frame> frames;
    enter(root, frames);
    while (!frames.empty()) {
      Frame& frame = frames.back();
      const std::size_t node = frame.node;
      if (frame.next < graph_[node].size()) {
        const std::size_t to = graph_[node][frame.next++];
        if (index_[to] == 0)
          enter(to, frames);
        else if (rank_[to] < 0)  // still open: part of this walk
          low_[node] = std::min(low_[node], index_[to]);
        continue;
      }
      frames.pop_back();
      if (!frames.empty()) low_[frames.back().node] = std::min(low_[frames.back().node], low_[node]);
      if (low_[node] == index_[node]) close(node);
    }
  }

  void enter(std::size_t node, std::vector<Frame>& frames) {
    index_[node] = low_[node] = ++count_;
    open_.push_back(node);
    frames.push_back({node});
  }

  void close(std::size_t root) {
    auto first = open_.end();
    while (*--first != root) {
    }
    int rank = 0;
    for (auto node = first; node != open_.end(); ++node)
      for (const std::size_t to : graph_[*node]) rank = std::max(rank, rank_[to] + 1);
    for (auto node = first; node != open_.end(); ++node) rank_[*node] = rank;
    open_.erase(first, open_.end());
  }

  const Graph& graph_;
  std::vector<std::size_t> index_, low_;  // 1, 2, …; 0: not visited
  std::vector<int> rank_;                 // -1: its component is not closed
  std::vector<std::size_t> open_;
  std::size_t count_ = 0;
};

}  // namespace

std::optional<Reference> read_reference(const base::Json& json, const std::string& path, Findings& findings) {
  if (json.is_string() && !json.string().empty()) return Reference{.mapping = json.string()};
  ObjectReader in(json, path, kKeys, findings);
  if (!json.is_object()) return std::nullopt;
  if (in.find("mapping") == nullptr) in.missing("mapping", "It is the mapping that pulls the records referred to.");
  Reference reference{.mapping = in.text("mapping").value_or(""), .key = in.text("key").value_or("")};
  if (const auto missing = in.choice("missing", kMissing))
    reference.missing = static_cast<Reference::Missing>(*missing);
  return reference.mapping.empty() ? std::nullopt : std::optional(std::move(reference));
}

const base::Json* last_reference(const base::Json& steps) {
  const base::Json* last = &steps;
  if (steps.is_array()) {
    if (steps.items().empty()) return nullptr;
    last = &steps.items().back();
  }
  return last->is_object() && last->members().size() == 1 ? last->find("reference") : nullptr;
}

base::Json without_last(const base::Json& steps) {
  base::Json rest = base::Json::array();
  if (steps.is_array())
    for (std::size_t i = 0; i + 1 < steps.items().size(); ++i) rest.push(steps.items()[i]);
  return rest;
}

std::vector<std::string> references_of(const base::Json& definition) {
  std::vector<std::string> out;
  add_names(definition, out);
  return out;
}

std::vector<int> ranks(const Graph& graph) { return Components(graph).ranks(); }

}  // namespace tandem::core
