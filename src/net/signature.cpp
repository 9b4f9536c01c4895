#include "net/signature.hpp"

#include <openssl/evp.h>
#include <openssl/hmac.h>

#include <array>

#include "base/base64.hpp"
#include "base/strings.hpp"

namespace tandem::net {

namespace {

constexpr std::string_view kPrefix = "whsec_";

base::Error no_secret() {
  return {.code = base::Errc::remote_auth,
          .text = "the connection has no credential \"signing_secret\"",
          .hint = "SELECT tandem.set_credentials('…', '{\"signing_secret\": \"whsec_…\"}');"};
}

// The key that a secret stands for; empty: it cannot be read. As the receivers' libraries do, with or without prefix.
base::Secret key_of(const base::Secret& secret) {
  std::string_view text = secret.reveal();
  if (text.starts_with(kPrefix)) text.remove_prefix(kPrefix.size());
  std::optional<std::string> key = base::unbase64(text);
  return base::Secret(key ? std::move(*key) : std::string());
}

std::string hexadecimal(std::string_view bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string out;
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    out.push_back(kDigits[byte >> 4]);
    out.push_back(kDigits[byte & 15]);
  }
  return out;
}

}  // namespace

std::string hmac(HmacAlgorithm algorithm, const base::Secret& key, std::string_view text) {
  std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
  unsigned int size = 0;
  const EVP_MD* const function = algorithm == HmacAlgorithm::sha256 ? EVP_sha256() : EVP_sha512();
  const std::string& bytes = key.reveal();
  if (HMAC(function, bytes.data(), static_cast<int>(bytes.size()), reinterpret_cast<const unsigned char*>(text.data()),
           text.size(), digest.data(), &size) == nullptr)
    throw base::Failure(base::Errc::internal, "OpenSSL could not compute an HMAC");
  return {reinterpret_cast<const char*>(digest.data()), size};
}

bool is_standard_secret(const base::Secret& secret) { return !key_of(secret).empty(); }

base::Result<std::vector<Header>> standard_webhook_headers(const Signed& what, std::span<const base::Secret> secrets) {
  const std::string signed_text = base::strcat(what.id, '.', what.unix_seconds, '.', what.body);
  std::string signatures;
  for (const base::Secret& secret : secrets) {
    if (secret.empty()) continue;
    const base::Secret key = key_of(secret);
    if (key.empty())
      return base::Error{.code = base::Errc::remote_auth,
                         .text = "credential \"signing_secret\" is no base64",
                         .hint = "Give it as the receiver shows it: whsec_ and base64."};
    signatures +=
        base::strcat(signatures.empty() ? "" : " ", "v1,", base::base64(hmac(HmacAlgorithm::sha256, key, signed_text)));
  }
  if (signatures.empty()) return no_secret();
  return std::vector<Header>{{"webhook-id", what.id},
                             {"webhook-timestamp", std::to_string(what.unix_seconds)},
                             {"webhook-signature", std::move(signatures)}};
}

base::Result<std::vector<Header>> hmac_headers(const HmacHeader& how, const Signed& what,
                                               std::span<const base::Secret> secrets) {
  if (secrets.empty() || secrets.front().empty()) return no_secret();
  const bool timed = !how.timestamp_header.empty();
  const std::string text = timed ? base::strcat(what.unix_seconds, '.', what.body) : std::string(what.body);
  const std::string bytes = hmac(how.algorithm, secrets.front(), text);
  std::vector<Header> out{{how.name, how.prefix + (how.base64 ? base::base64(bytes) : hexadecimal(bytes))}};
  if (timed) out.push_back({how.timestamp_header, std::to_string(what.unix_seconds)});
  return out;
}

}  // namespace tandem::net
