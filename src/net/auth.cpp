#include "net/auth.hpp"

#include <openssl/crypto.h>

#include <string>
#include <utility>

#include "base/base64.hpp"

namespace tandem::net {

namespace {

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

}  // namespace

base::Secret basic_authorization(const base::Secret& user, const base::Secret& password) {
  std::string pair;
  pair.reserve(user.reveal().size() + password.reveal().size() + 1);
  pair.append(user.reveal()).append(":").append(password.reveal());
  std::string encoded = base::base64(pair);  // allocated once: no copy of it stays behind
  std::string value = "Basic ";
  value.reserve(value.size() + encoded.size());
  value.append(encoded);
  wipe(pair);
  wipe(encoded);
  return base::Secret(std::move(value));
}

base::Secret bearer_authorization(const base::Secret& token) {
  std::string value;
  value.reserve(token.reveal().size() + 7);
  value.append("Bearer ").append(token.reveal());
  return base::Secret(std::move(value));
}

}  // namespace tandem::net
