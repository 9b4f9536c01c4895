// Signatures of what we send: Standard Webhooks (webhook-id, webhook-timestamp,
// webhook-signature) and a plain HMAC in a header. The keys are Secrets from the first byte
// to the last; what comes out may be seen by everybody.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "base/secret.hpp"
#include "net/http.hpp"

namespace tandem::net {

enum class HmacAlgorithm { sha256, sha512 };

// Bytes, not text.
[[nodiscard]] std::string hmac(HmacAlgorithm algorithm, const base::Secret& key, std::string_view text);

// A secret as Standard Webhooks writes it: base64, with or without whsec_ in front.
[[nodiscard]] bool is_standard_secret(const base::Secret& secret);

struct Signed {
  std::string id = {};            // of the message: the same for every attempt
  std::int64_t unix_seconds = 0;  // of this attempt
  std::string_view body = {};
};

// The three headers of Standard Webhooks. Several secrets, of which one is being replaced, give several signatures. A
// secret is whsec_ and base64; the prefix may be left out. An Error: no secret, or none that can be
// read.
[[nodiscard]] base::Result<std::vector<Header>> standard_webhook_headers(const Signed& what,
                                                                         std::span<const base::Secret> secrets);

// One header with the HMAC of the body, or of "<timestamp>.<body>" where the timestamp has a header of its own. Of
// several secrets the first signs: there is room for one signature.
struct HmacHeader {
  HmacAlgorithm algorithm = HmacAlgorithm::sha256;
  std::string name = "X-Signature";
  std::string prefix = {};            // "sha256="
  bool base64 = false;                // else hexadecimal, in lower case
  std::string timestamp_header = {};  // empty: the body alone is signed
};
// Secrets are taken as they are.
[[nodiscard]] base::Result<std::vector<Header>> hmac_headers(const HmacHeader& how, const Signed& what,
                                                             std::span<const base::Secret> secrets);

}  // namespace tandem::net
