#include "base/records_place.hpp"

#include <charconv>
#include <vector>

#include "base/strings.hpp"

namespace tandem::base {
namespace {

constexpr std::size_t kMaxListed = 12;
constexpr std::size_t kMaxKeyShown = 63;

struct KeySeen {
  std::string key;
  bool array;
  JsonCursor::Mark value;
};

// The keys of the object (positions of the array) at the cursor, without following any.
std::vector<KeySeen> keys_at(JsonCursor& cursor) {
  std::vector<KeySeen> keys;
  const auto add = [&](std::string key) {
    keys.push_back({std::move(key), cursor.peek() == '[', cursor.mark()});
    return cursor.skip();
  };
  if (cursor.peek() == '{') {
    cursor.object([&](std::string_view raw) { return add(unescape(raw).value_or(std::string(raw))); });
  } else if (cursor.peek() == '[') {
    cursor.array([&](std::size_t index) { return add(std::to_string(index)); });
  }
  return keys;
}

const KeySeen* find(const std::vector<KeySeen>& keys, std::string_view key) {
  for (auto seen = keys.rbegin(); seen != keys.rend(); ++seen)  // the last of duplicates
    if (seen->key == key) return &*seen;
  return nullptr;
}

std::string list(const std::vector<KeySeen>& keys) {
  if (keys.empty()) return "There are no keys.";
  std::string out = "The keys there are ";
  for (std::size_t i = 0; i < keys.size() && i < kMaxListed; ++i)
    out += strcat(i == 0 ? "\"" : ", \"", printable_excerpt(keys[i].key, kMaxKeyShown), "\"");
  return out + (keys.size() > kMaxListed ? " and others." : ".");
}

// The line that makes the records be found, if one array offers itself.
std::string hint(std::string_view prefix, const std::vector<KeySeen>& keys) {
  for (const KeySeen& seen : keys)
    if (seen.array)
      return strcat("Set \"records\" to the path of the array, e.g. \"records\": \"", prefix,
                    printable_excerpt(seen.key, kMaxKeyShown), "\".");
  return "Set \"records\" to the path of the array of records, or to \"_object\" if the response is one record.";
}

std::string path_text(std::span<const std::string> path) { return join(path, "."); }

Error wrong_root(const RecordsAt& at, char first) {
  const std::string where =
      at.rule == RecordsAt::Rule::path ? describe(at, 0) : "at \"items\", \"result\" or \"results\"";
  return {Errc::protocol_violation,
          strcat("no records in the response: it is ", describe_value(first), ", not an object with records ", where),
          {},
          first == '[' ? "Set \"records\": \"_root\" if the whole response is the array of records." : ""};
}

Error path_missing(JsonCursor& cursor, const RecordsAt& at) {
  std::string prefix;
  for (std::size_t depth = 0; depth < at.path.size(); ++depth) {
    const char first = cursor.peek();
    const std::vector<KeySeen> keys = keys_at(cursor);
    const std::string text = strcat("no records at \"", path_text(at.path), "\" in the response: ");
    if (first != '{' && first != '[')
      return {Errc::protocol_violation,
              strcat(text, "\"", path_text(std::span(at.path).first(depth)), "\" is ", describe_value(first))};
    const KeySeen* const next = find(keys, at.path[depth]);
    if (next == nullptr)
      return {Errc::protocol_violation, strcat(text, "key \"", at.path[depth], "\" is missing"), list(keys),
              hint(prefix, keys)};
    cursor.rewind(next->value);
    prefix += at.path[depth] + ".";
  }
  return {Errc::internal, strcat("records at \"", path_text(at.path), "\" were not found although they are there")};
}

}  // namespace

std::string describe(const RecordsAt& at, int rank) {
  switch (at.rule) {
    case RecordsAt::Rule::root:
    case RecordsAt::Rule::object:
      return "at the top";
    case RecordsAt::Rule::path:
      return strcat("at \"", path_text(at.path), "\"");
    case RecordsAt::Rule::first_of_known:
      return strcat("at \"", kKnownRecordKeys[rank], "\"");
  }
  return {};
}

std::string_view describe_value(char first) {
  switch (first) {
    case '{':
      return "an object";
    case '[':
      return "an array";
    case '"':
      return "a string";
    case 't':
    case 'f':
      return "a boolean";
    case 'n':
      return "null";
    default:
      return "a number";
  }
}

Error records_missing(JsonCursor cursor, const RecordsAt& at) {
  const char first = cursor.peek();
  if (first != '{' && (first != '[' || at.rule != RecordsAt::Rule::path)) return wrong_root(at, first);
  if (at.rule == RecordsAt::Rule::path) return path_missing(cursor, at);
  const std::vector<KeySeen> keys = keys_at(cursor);
  return {Errc::protocol_violation,
          "no records in the response: none of the keys \"items\", \"result\", \"results\" is there", list(keys),
          hint("", keys)};
}

Error records_not_array(const RecordsAt& at, int rank, char first) {
  if (at.rule == RecordsAt::Rule::object)
    return {Errc::protocol_violation,
            strcat("the response is ", describe_value(first), ", not one record as an object"),
            {},
            first == '[' ? "Set \"records\": \"_root\" if the whole response is the array of records." : ""};
  const std::string_view subject = at.rule == RecordsAt::Rule::root ? "response is " : "value ";
  const std::string where = at.rule == RecordsAt::Rule::root ? "" : strcat(describe(at, rank), " is ");
  return {Errc::protocol_violation, strcat("the ", subject, where, describe_value(first), ", not an array of records")};
}

Error record_not_object(const RecordsAt& at, int rank, std::size_t position, char first) {
  return {Errc::protocol_violation, strcat("record ", position + 1, " of the page (", describe(at, rank), ") is ",
                                           describe_value(first), ", not an object")};
}

}  // namespace tandem::base
