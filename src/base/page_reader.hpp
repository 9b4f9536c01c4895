// Reads one page of records: JSON text in, values of the wanted fields out, in one
// forward pass. simdjson, which only page_reader.cpp sees, finds the tokens and checks
// UTF-8; the grammar is checked by json_cursor (numbers and literals by RFC 8259, depth
// capped at 128, nothing behind the end), and field_trie picks the wanted fields.
// The last of duplicate keys wins, as in jsonb.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/value.hpp"

namespace tandem::base {

// Bytes with the padding that the reader needs behind them. Grows by append.
class Buffer {
 public:
  void append(std::string_view bytes);
  void clear() noexcept { size_ = 0; }
  [[nodiscard]] std::string_view view() const noexcept { return {data_.get(), size_}; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_; }

 private:
  static constexpr std::size_t kPadding = 64;
  std::unique_ptr<char[]> data_;
  std::size_t size_ = 0;
  std::size_t capacity_ = 0;  // allocated minus padding; the padding is always zeroed
};

// A remote field: the literal key if the record has it, else the path. Keys of a
// path are object keys or, in arrays, decimal positions.
struct FieldPath {
  std::string literal;            // "address.city"
  std::vector<std::string> path;  // {"address", "city"}; empty: literal only
  static FieldPath parse(
      std::string_view field);  // dot path, or JSON Pointer when it begins with '/'; "*" is the whole record
  [[nodiscard]] bool whole_record() const noexcept { return literal == "*"; }
};

// Where the records stand in the body.
struct RecordsAt {
  enum class Rule { root, object, path, first_of_known };  // _root, _object, a path, absent (items, result, results)
  Rule rule = Rule::first_of_known;
  std::vector<std::string> path;
};

// Everything one page gave. Texts borrow from the Buffer it was read from and from
// `arena`; both must outlive it.
struct Page {
  std::vector<Value> values;          // records × fields, row-major
  std::vector<std::string_view> raw;  // raw JSON of each record
  std::vector<std::optional<std::string>>
      facts;  // the body facts asked for: string unescaped, number/bool/object/array raw; null: empty optional
  std::size_t fields = 0;
  [[nodiscard]] std::size_t records() const noexcept { return raw.size(); }
  [[nodiscard]] std::span<const Value> record(std::size_t i) const { return {values.data() + i * fields, fields}; }
};

class PageReader {
 public:
  // `facts` are paths into the body outside the records (next token, next URL, total).
  PageReader(RecordsAt at, std::vector<FieldPath> fields, std::vector<std::vector<std::string>> facts);
  ~PageReader();
  PageReader(PageReader&&) noexcept;
  PageReader& operator=(PageReader&&) noexcept;

  // Errors: invalid JSON, invalid UTF-8 (protocol_violation, with byte position), records path
  // absent or not an array (protocol_violation), a record that is not an object, depth
  // and number of values (limit_exceeded).
  Result<Page> read(const Buffer& body, TextArena& arena);

  // Every field of the records (at most `sample` of them), by name, for discovery:
  // calls back with record number, key and value (nested objects as json).
  struct Found {
    std::size_t record;
    std::string key;
    Value value;
  };
  Result<std::vector<Found>> read_all(const Buffer& body, TextArena& arena, std::size_t sample);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

// "simdjson 3.0.1": the library as compiled in (it cannot be asked when loaded), for tandem.version().
[[nodiscard]] std::string page_reader_library();

}  // namespace tandem::base
