// Why a transfer gave no usable answer, in words for a person: names the host, the cause
// and what to do, never a secret. Private to src/net.
#pragma once

#include "net/transfer.hpp"

namespace tandem::net {

base::Error curl_failure(const Transfer& transfer, CURLcode code);
base::Error limit_failure(const Transfer& transfer, Limit limit);
base::Error plain_http_refused(const Transfer& transfer);

}  // namespace tandem::net
