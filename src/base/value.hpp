// What a page of records is made of on its way from JSON text to a table:
// a Value is what the page reader found (still text), a Cell is a Value that was
// checked against the column it goes to and is ready to become a Datum. Both only
// borrow their text: from the page's buffer, or from the page's TextArena.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace tandem::base {

enum class Kind : std::uint8_t {
  absent,  // the field is not there
  null,
  boolean,  // text is "true" or "false"
  number,   // text is the RFC 8259 token, as it came
  string,   // text is unescaped UTF-8, without NUL
  json,     // text is the raw JSON of an object or an array
  broken,   // a string that cannot be text: lone surrogate or \u0000; text is the raw JSON
};

struct Value {
  Kind kind = Kind::absent;
  std::string_view text = {};
};

// What the conversion rules distinguish about a column's type.
enum class TypeClass : std::uint8_t {
  text,  // text, varchar(n), char(n), citext, name: `length` is n or -1
  smallint,
  integer,
  bigint,
  numeric,  // precision and scale, or -1
  real,
  double_precision,
  boolean,
  date,
  time,
  timestamp,
  timestamptz,
  interval,
  uuid,
  json,
  jsonb,
  bytea,
  array,  // of the element class
  input,  // everything else: text to the type's input function (enum, domain, inet, ...)
};

struct ColumnType {
  TypeClass type_class = TypeClass::text;
  TypeClass element_class = TypeClass::text;  // of an array
  std::int32_t length = -1;                   // text: characters
  std::int32_t precision = -1, scale = -1;    // numeric; of time types precision is the digits of the seconds
  std::string name;                           // as format_type prints it, for messages
};

struct Cell {
  enum class Form : std::uint8_t {
    null,
    text,     // text as it is: for text types, numeric, json, jsonb, and any input function
    integer,  // integer: for smallint, integer, bigint, boolean (0 or 1)
    real,     // real: for real and double precision
    made,     // integer: the column's value as src/pg has computed it (pg/computed_rows.hpp)
    time,     // integer: microseconds since 2000-01-01 UTC (timestamp, timestamptz), days since 2000-01-01 (date)
  };
  Form form = Form::null;
  union {
    std::int64_t integer = 0;
    double real;
  };
  std::string_view text = {};
};

// Owns text that had to be built (unescaped, rewritten); never moves what it gave out.
class TextArena {
 public:
  std::string_view keep(std::string_view text);
  // Room for text whose length is only known once it is written; the next call of
  // reserve() or keep() gives the same room away unless commit() took what was used.
  [[nodiscard]] char* reserve(std::size_t size);
  std::string_view commit(std::size_t size);
  void clear();  // everything given out is gone

 private:
  static constexpr std::size_t kBlock = 64 * 1024;
  std::vector<std::unique_ptr<char[]>> blocks_;
  std::size_t last_size_ = 0;  // of the last block, which is the only one with room
  std::size_t used_ = 0;       // of the last block
};

}  // namespace tandem::base
