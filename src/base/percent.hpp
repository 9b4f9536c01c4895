// Percent-encoding (RFC 3986): values in paths and queries as they are sent, and the
// spellings of secrets that the redaction looks for.
#pragma once

#include <string>
#include <string_view>

namespace tandem::base {

// How a byte that may not stand as it is gets written.
struct PercentStyle {
  std::string_view hex = "0123456789ABCDEF";
  bool form = false;  // a space is '+', as in forms
};

// Letters, digits and -._~ stay. The result is allocated once: no stray copies when the text is a secret.
[[nodiscard]] std::string percent_encode(std::string_view text, const PercentStyle& style = {});

}  // namespace tandem::base
