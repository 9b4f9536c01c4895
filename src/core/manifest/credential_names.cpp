#include "core/manifest/credential_names.hpp"

#include <algorithm>

#include "core/manifest/write.hpp"

namespace tandem::core {

namespace {

Signing::Type signing_of(const Object& object) {
  return object.write ? object.write->signing.type : Signing::Type::none;
}

bool signs(const Api& api) {
  return std::ranges::any_of(api.objects, [](const Object& o) { return signing_of(o) != Signing::Type::none; });
}

}  // namespace

std::vector<std::string> required_credentials(const Api& api) {
  std::vector<std::string> names = api.auth.required_credentials();
  if (signs(api)) names.emplace_back(kSigningSecret);
  return names;
}

std::vector<std::string> known_credentials(const Api& api) {
  std::vector<std::string> names = required_credentials(api);
  if (signs(api)) names.emplace_back(kOldSigningSecret);
  return names;
}

bool signs_as_standard(const Api& api) {
  return std::ranges::any_of(api.objects, [](const Object& o) { return signing_of(o) == Signing::Type::standard; });
}

}  // namespace tandem::core
