#include "worker/signing.hpp"

#include <vector>

#include "core/manifest/credential_names.hpp"
#include "net/signature.hpp"

namespace tandem::worker {

namespace {

// The one that is being replaced signs as well, until every receiver knows the new one.
std::vector<base::Secret> signing_secrets(const Credentials& credentials) {
  std::vector<base::Secret> out;
  for (const char* name : {core::kSigningSecret, core::kOldSigningSecret})
    for (const auto& [key, secret] : credentials)
      if (key == name && !secret.empty()) out.push_back(secret);
  return out;
}

}  // namespace

std::optional<base::Error> sign(net::Request& request, const core::Signing& signing, const std::string& id,
                                base::Instant now, const Credentials& credentials) {
  if (signing.type == core::Signing::Type::none) return std::nullopt;
  const std::vector<base::Secret> secrets = signing_secrets(credentials);
  const net::Signed what{
      .id = id, .unix_seconds = now.micros / base::kSecond + base::kUnixEpochOffsetSeconds, .body = request.body};
  const bool long_hash = signing.type == core::Signing::Type::hmac_sha512;
  const net::HmacHeader how{.algorithm = long_hash ? net::HmacAlgorithm::sha512 : net::HmacAlgorithm::sha256,
                            .name = signing.header,
                            .prefix = signing.prefix,
                            .base64 = signing.base64,
                            .timestamp_header = signing.timestamp_header};
  auto headers = signing.type == core::Signing::Type::standard ? net::standard_webhook_headers(what, secrets)
                                                               : net::hmac_headers(how, what, secrets);
  if (!headers) return headers.error();
  for (net::Header& header : *headers) request.headers.push_back(std::move(header));
  return std::nullopt;
}

}  // namespace tandem::worker
