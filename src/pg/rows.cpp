// Typed access to the fields of a result: a NULL or another type where one is required
// is a mistake in our own SQL, and says so.
#include "base/error.hpp"
#include "base/strings.hpp"
#include "pg/sql.hpp"

namespace tandem::pg {

namespace {

template <class T>
const T& require(const Rows::Field& field, std::size_t row, std::size_t column, std::string_view wanted) {
  if (const T* value = std::get_if<T>(&field)) return *value;
  throw base::Failure(base::Errc::internal,
                      base::strcat("row ", row, ", column ", column, " of a result is ",
                                   field.index() == 0 ? "null" : "of another type", ", not ", wanted));
}

template <class T>
std::optional<T> optional(const Rows::Field& field, std::size_t row, std::size_t column, std::string_view wanted) {
  if (field.index() == 0) return std::nullopt;
  return require<T>(field, row, column, wanted);
}

}  // namespace

const std::string& Rows::text(std::size_t row, std::size_t column) const {
  return require<std::string>(at(row, column), row, column, "text");
}

std::int64_t Rows::integer(std::size_t row, std::size_t column) const {
  return require<std::int64_t>(at(row, column), row, column, "an integer");
}

bool Rows::boolean(std::size_t row, std::size_t column) const {
  return require<bool>(at(row, column), row, column, "a boolean");
}

double Rows::real(std::size_t row, std::size_t column) const {
  return require<double>(at(row, column), row, column, "a float");
}

base::Instant Rows::instant(std::size_t row, std::size_t column) const {
  return require<base::Instant>(at(row, column), row, column, "a timestamp with time zone");
}

std::optional<std::string> Rows::text_or_null(std::size_t row, std::size_t column) const {
  return optional<std::string>(at(row, column), row, column, "text");
}

std::optional<std::int64_t> Rows::integer_or_null(std::size_t row, std::size_t column) const {
  return optional<std::int64_t>(at(row, column), row, column, "an integer");
}

std::optional<base::Instant> Rows::instant_or_null(std::size_t row, std::size_t column) const {
  return optional<base::Instant>(at(row, column), row, column, "a timestamp with time zone");
}

std::vector<std::string> Rows::texts(std::size_t column) const {
  std::vector<std::string> out;
  out.reserve(size());
  for (std::size_t row = 0; row < size(); ++row) out.push_back(text(row, column));
  return out;
}

std::vector<std::int64_t> Rows::integers(std::size_t column) const {
  std::vector<std::int64_t> out;
  out.reserve(size());
  for (std::size_t row = 0; row < size(); ++row) out.push_back(integer(row, column));
  return out;
}

}  // namespace tandem::pg
