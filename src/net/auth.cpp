#include "net/auth.hpp"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <string>
#include <utility>

namespace tandem::net {

namespace {

// Appends the secret text and wipes nothing but its own intermediate copies; the result is wiped by its owner.
std::string base64(const std::string& text) {
  std::string out(4 * ((text.size() + 2) / 3) + 1, '\0');
  const int length =
      EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()), reinterpret_cast<const unsigned char*>(text.data()),
                      static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(length));
  return out;
}

void wipe(std::string& text) { OPENSSL_cleanse(text.data(), text.size()); }

}  // namespace

base::Secret basic_authorization(const base::Secret& user, const base::Secret& password) {
  std::string pair;
  pair.reserve(user.reveal().size() + password.reveal().size() + 1);
  pair.append(user.reveal()).append(":").append(password.reveal());
  std::string encoded = base64(pair);
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
