// A secret has no way into a log: no stream operator, no implicit conversion, wiped
// when freed. `reveal()` stands only where bytes go onto the wire. redact() is the one
// place that cleans texts which may quote a request (curl messages, URLs).
#pragma once

#include <span>
#include <string>
#include <string_view>

namespace tandem::base {

class Secret {
 public:
  Secret() = default;
  explicit Secret(std::string value);  // move the string in: a copy that stays behind is the caller's
  // Written out because the ones of std::string leave bytes behind: in the short-string
  // buffer of what was moved from, and in memory outgrown by an assignment.
  Secret(const Secret&) = default;
  Secret(Secret&& other) noexcept;
  Secret& operator=(const Secret& other);
  Secret& operator=(Secret&& other) noexcept;
  ~Secret();  // OPENSSL_cleanse

  [[nodiscard]] const std::string& reveal() const noexcept { return value_; }
  [[nodiscard]] bool empty() const noexcept { return value_.empty(); }

 private:
  std::string value_;
};

// Overwrites the whole memory of a string that held a secret, and empties it.
void cleanse(std::string& text) noexcept;

// `text` with every occurrence of a secret (4 bytes or longer, also its percent-encoded and
// base64 forms), URL userinfo, the values of URL query parameters and fragments replaced by "***".
[[nodiscard]] std::string redact(std::string text, std::span<const Secret> secrets);
// https://host/path?a=***: what may be shown of a URL.
[[nodiscard]] std::string redact_url(std::string_view url);

}  // namespace tandem::base
