#include "core/listing/listing_scope.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

// In whatever order they were given.
void add_params(std::string& text, std::string_view name, Params params) {
  std::ranges::sort(params);
  for (const auto& [key, value] : params)
    text += base::strcat("\n", name, " ", key.size(), ":", key, " ", value.size(), ":", value);
}

void add_object(std::string& text, const Object& object) {
  text += base::strcat("\npath ", object.path, "\nrecords ", static_cast<int>(object.records.rule), " ",
                       base::join(object.records.path, "\x1f"));
  add_params(text, "param", object.params);
  if (object.cursor) {
    text += base::strcat("\nfrom ", object.cursor->from);
    add_params(text, "initial", object.cursor->initial);
  }
}

}  // namespace

std::string listing_scope(const Api& api, const Object& object, const Params& params) {
  std::string text = base::strcat("url ", api.base_url);
  add_params(text, "header", api.headers);
  add_object(text, object);
  add_params(text, "own", params);
  if (object.parent) {
    text += base::strcat("\nparent ", object.parent->field);
    if (const Object* parent = api.object(object.parent->object)) add_object(text, *parent);
  }
  return std::to_string(base::hash64(text, 0));
}

}  // namespace tandem::core
