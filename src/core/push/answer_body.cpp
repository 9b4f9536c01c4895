#include "core/push/answer_body.hpp"

#include "base/json.hpp"
#include "base/strings.hpp"

namespace tandem::core {

namespace {

constexpr const char* kWrapper = "_";
// Keys of JSON text cannot hold it, so it is never found: the path decides alone.
constexpr const char* kNoKey = "\x01";

}  // namespace

// The text is made the one field of the one record of a page: there it may be anything.
base::Result<BodyValues> BodyValues::read(std::string_view json, const std::vector<BodyPath>& paths) {
  BodyValues out;
  out.buffer_ = std::make_unique<base::Buffer>();
  out.arena_ = std::make_unique<base::TextArena>();
  out.buffer_->append(base::strcat("[{\"", kWrapper, "\":"));
  out.buffer_->append(json);
  out.buffer_->append("}]");
  std::vector<base::FieldPath> fields;
  for (const BodyPath& path : paths) {
    BodyPath below{kWrapper};
    below.insert(below.end(), path.begin(), path.end());
    fields.push_back(field_at(std::move(below)));
  }
  base::PageReader reader({.rule = base::RecordsAt::Rule::root, .path = {}}, std::move(fields), {});
  base::Result<base::Page> page = reader.read(*out.buffer_, *out.arena_);
  if (!page) return page.error();
  if (page->records() != 1)
    return base::Error{.code = base::Errc::protocol_violation, .text = "the answer is not one JSON value"};
  out.page_ = std::move(*page);
  return out;
}

base::FieldPath field_at(BodyPath path) { return {.literal = kNoKey, .path = std::move(path)}; }

std::string_view id_of_value(const base::Value& value) noexcept {
  const bool usable = value.kind == base::Kind::string || value.kind == base::Kind::number;
  return usable ? value.text : std::string_view();
}

bool stands(const base::Value& value) noexcept {
  switch (value.kind) {
    case base::Kind::absent:
    case base::Kind::null:
      return false;
    case base::Kind::boolean:
      return value.text == "true";
    case base::Kind::string:
      return !value.text.empty();
    case base::Kind::json:
      return value.text.find_first_not_of(" \t\r\n", 1) != value.text.size() - 1;
    case base::Kind::number:
    case base::Kind::broken:
      return true;
  }
  return true;  // not reached: the switch is exhaustive
}

std::string joined_id(const std::vector<std::string>& parts) {
  if (parts.size() == 1) return parts.front();
  std::vector<base::Json> items;
  for (const std::string& part : parts) {
    if (part.empty()) return {};
    items.emplace_back(part);
  }
  return items.empty() ? std::string() : base::Json::array(std::move(items)).dump();
}

}  // namespace tandem::core
