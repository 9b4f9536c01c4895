// A value on its way out, as the text it is sent as. It is never a base::Json, which does not
// keep decimals exact: a number stands here digit by digit as Postgres printed it. The way
// out (outgoing) makes these from the columns of a row, record_shape prints them as JSON,
// form fields or CSV cells.
#pragma once

#include <cstddef>
#include <string>

namespace tandem::core {

struct OutValue {
  std::size_t field = 0;  // index into the distinct fields of the mapping's push_columns
  enum class Kind {
    null,
    string,   // `text` is raw: not yet escaped
    literal,  // `text` is JSON as it is: a number, a boolean, an object, an array
  };
  Kind kind = Kind::null;
  std::string text = {};

  bool operator==(const OutValue&) const = default;
};

}  // namespace tandem::core
