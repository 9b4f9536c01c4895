// The literal of a text array of two dimensions, as array_out prints it.
#include "base/strings.hpp"
#include "core/push/captured.hpp"

namespace tandem::core {

namespace {

using Row = std::vector<std::optional<std::string>>;

class Reader {
 public:
  explicit Reader(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  bool matrix(std::vector<Row>& out) {
    if (!take('{')) return false;
    if (take('}')) return at_ == end_;
    do {
      Row row;
      if (!array(row)) return false;
      out.push_back(std::move(row));
    } while (take(','));
    return take('}') && at_ == end_;
  }

 private:
  bool take(char c) {
    if (at_ == end_ || *at_ != c) return false;
    ++at_;
    return true;
  }

  bool array(Row& out) {
    if (!take('{')) return false;
    do {
      std::optional<std::string> value;
      if (!element(value)) return false;
      out.push_back(std::move(value));
    } while (take(','));
    return take('}');
  }

  bool element(std::optional<std::string>& out) {
    if (take('"')) return quoted(out.emplace());
    const char* begin = at_;
    while (at_ != end_ && *at_ != ',' && *at_ != '}' && *at_ != '{') ++at_;
    const std::string_view text(begin, static_cast<std::size_t>(at_ - begin));
    if (text.empty()) return false;
    if (text != "NULL") out = std::string(text);
    return true;
  }

  bool quoted(std::string& out) {
    while (at_ != end_ && *at_ != '"') {
      if (*at_ == '\\' && ++at_ == end_) return false;
      out.push_back(*at_++);
    }
    return take('"');
  }

  const char *at_, *end_;
};

}  // namespace

base::Result<std::vector<Row>> read_text_matrix(std::string_view literal) {
  std::vector<Row> rows;
  if (!Reader(literal).matrix(rows))
    return base::Error{
        base::Errc::internal, base::strcat("not a text array of two dimensions: ", literal.substr(0, 80)), {}, {}};
  return rows;
}

}  // namespace tandem::core
