#include "base/field_trie.hpp"

#include <algorithm>
#include <charconv>

namespace tandem::base {
namespace {

// An object with more keys than any record has is data keyed by id; guessing would
// only cost memory there.
constexpr std::size_t kMaxGuesses = 1024;

}  // namespace

void FieldTrie::want(const std::vector<std::string>& path, std::uint32_t output) {
  nodes_[node_at(path)].outputs.push_back(output);
}

void FieldTrie::want_records(const std::vector<std::string>& path, int rank) {
  for (std::size_t length = 0; length < path.size(); ++length)
    nodes_[node_at({path.begin(), path.begin() + static_cast<std::ptrdiff_t>(length)})].above_records = true;
  nodes_[node_at(path)].rank = rank;
}

std::uint32_t FieldTrie::node_at(const std::vector<std::string>& path) {
  std::uint32_t at = 0;
  for (const std::string& key : path) {
    const auto& edges = nodes_[at].edges;
    const auto edge = std::find_if(edges.begin(), edges.end(), [&](const Edge& e) { return e.key == key; });
    if (edge != edges.end()) {
      at = edge->node;
      continue;
    }
    const auto fresh = static_cast<std::uint32_t>(nodes_.size());
    nodes_[at].edges.push_back({key, fresh});
    nodes_.emplace_back();
    at = fresh;
  }
  return at;
}

void FieldTrie::seal() { seal(nodes_.front()); }

void FieldTrie::seal(Node& node) {
  std::sort(node.edges.begin(), node.edges.end(), [](const Edge& a, const Edge& b) { return a.key < b.key; });
  node.below.clear();
  for (const Edge& edge : node.edges) {
    Node& child = nodes_[edge.node];
    seal(child);
    node.below.insert(node.below.end(), child.outputs.begin(), child.outputs.end());
    node.below.insert(node.below.end(), child.below.begin(), child.below.end());
  }
}

void FieldTrie::forget_keys() {
  for (Node& node : nodes_) node.guesses.clear();
}

bool FieldTrie::Walk::value(Node& node) {
  if (node.rank < 0 || hook == nullptr) return node.edges.empty() ? leaf(node) : inner(node);
  const JsonCursor::Mark begin = cursor.mark();
  if (!hook->records(cursor, node.rank)) return false;
  if (node.edges.empty() && node.outputs.empty()) return true;
  cursor.rewind(begin);  // facts inside the records, as _object has them
  return node.edges.empty() ? leaf(node) : inner(node);
}

bool FieldTrie::Walk::leaf(const Node& node) {
  if (node.outputs.empty()) return cursor.skip();
  Value& first = out[node.outputs.front()];
  if (!cursor.read(first, arena)) return false;
  for (const std::uint32_t other : node.outputs) out[other] = first;
  return true;
}

bool FieldTrie::Walk::inner(Node& node) {
  // A key that comes twice replaces all that stood under it.
  for (const std::uint32_t output : node.below) out[output] = {};
  if (node.above_records && hook != nullptr) hook->forget();
  const char first = cursor.peek();
  if (first != '{' && first != '[') return leaf(node);
  const std::size_t begin = cursor.position();
  if (!(first == '{' ? object(node) : array(node))) return false;
  for (const std::uint32_t output : node.outputs) out[output] = {Kind::json, cursor.since(begin)};
  return true;
}

bool FieldTrie::Walk::object(Node& node) {
  std::size_t position = 0;
  return cursor.object([&](std::string_view raw_key) {
    const std::int32_t child = trie.find(node, cursor, raw_key, position);
    return child == kUnwanted ? cursor.skip() : value(trie.nodes_[static_cast<std::size_t>(child)]);
  });
}

bool FieldTrie::Walk::array(const Node& node) {
  return cursor.array([&](std::size_t index) {
    char digits[24];
    const char* const end = std::to_chars(std::begin(digits), std::end(digits), index).ptr;
    const std::int32_t child = search(node, {digits, static_cast<std::size_t>(end - digits)});
    return child == kUnwanted ? cursor.skip() : value(trie.nodes_[static_cast<std::size_t>(child)]);
  });
}

// The guess allows for one key that this object lacks; a wrong guess is put right, so
// that the next object like this one is guessed well.
std::int32_t FieldTrie::find(Node& node, JsonCursor& cursor, std::string_view raw_key, std::size_t& position) {
  std::vector<Guess>& guesses = node.guesses;
  for (std::size_t ahead = position; ahead < guesses.size() && ahead < position + 2; ++ahead) {
    if (guesses[ahead].raw_key != raw_key) continue;
    position = ahead + 1;
    return guesses[ahead].node;
  }
  std::int32_t child = kUnwanted;
  if (!cursor.has_escape(raw_key)) {
    child = search(node, raw_key);
  } else if (const auto key = unescape(raw_key)) {  // a key that is no text is no field's name
    child = search(node, *key);
  }
  if (position < guesses.size()) {
    guesses[position] = {raw_key, child};
  } else if (position < kMaxGuesses) {
    guesses.push_back({raw_key, child});
  }
  ++position;
  return child;
}

std::int32_t FieldTrie::search(const Node& node, std::string_view key) {
  const auto edge = std::lower_bound(node.edges.begin(), node.edges.end(), key,
                                     [](const Edge& e, std::string_view k) { return std::string_view(e.key) < k; });
  return edge != node.edges.end() && edge->key == key ? static_cast<std::int32_t>(edge->node) : kUnwanted;
}

}  // namespace tandem::base
