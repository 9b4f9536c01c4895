// Owners of what libcurl hands out, and the one way options are set: the first option that
// curl refuses is remembered, so that a protection that did not take effect refuses the
// request instead of being lost. All of src/net that touches curl goes through these.
#pragma once

#include <curl/curl.h>
#include <openssl/crypto.h>

#include <concepts>
#include <cstring>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

namespace tandem::net {

static_assert(LIBCURL_VERSION_NUM >= 0x075500, "pg_tandem needs libcurl 7.85 or newer");

struct CurlFree {
  void operator()(CURL* easy) const noexcept { curl_easy_cleanup(easy); }
  void operator()(CURLU* url) const noexcept { curl_url_cleanup(url); }
  void operator()(char* text) const noexcept { curl_free(text); }
};
using EasyHandle = std::unique_ptr<CURL, CurlFree>;
using UrlHandle = std::unique_ptr<CURLU, CurlFree>;
using CurlText = std::unique_ptr<char, CurlFree>;

// A string that may hold a secret for a moment.
struct WipedText {
  std::string text;
  WipedText() = default;
  explicit WipedText(std::string value) : text(std::move(value)) {}
  WipedText(const WipedText&) = delete;
  WipedText& operator=(const WipedText&) = delete;
  ~WipedText() { OPENSSL_cleanse(text.data(), text.size()); }
};

// The header lines of a request. Some carry credentials, so all are wiped.
class HeaderLines {
 public:
  HeaderLines() = default;
  HeaderLines(const HeaderLines&) = delete;
  HeaderLines& operator=(const HeaderLines&) = delete;
  ~HeaderLines() {
    for (curl_slist* line = first_; line != nullptr; line = line->next)
      OPENSSL_cleanse(line->data, std::strlen(line->data));
    curl_slist_free_all(first_);
  }

  [[nodiscard]] bool append(const char* line) noexcept {
    curl_slist* longer = curl_slist_append(first_, line);  // copies
    if (longer == nullptr) return false;
    first_ = longer;
    return true;
  }
  [[nodiscard]] curl_slist* get() const noexcept { return first_; }

 private:
  curl_slist* first_ = nullptr;
};

class EasyOptions {
 public:
  explicit EasyOptions(CURL* easy) noexcept : easy_(easy) {}
  // Numbers must be long or curl_off_t, as curl's variadic function reads them.
  template <class T>
  requires(std::same_as<T, long> || std::same_as<T, curl_off_t> || std::is_pointer_v<T>) void set(CURLoption option,
                                                                                                  T value) noexcept {
    if (code_ == CURLE_OK) code_ = curl_easy_setopt(easy_, option, value);
  }
  // For what only makes it faster.
  template <class T>
  void wish(CURLoption option, T value) noexcept {
    curl_easy_setopt(easy_, option, value);
  }
  [[nodiscard]] CURLcode code() const noexcept { return code_; }

 private:
  CURL* easy_;
  CURLcode code_ = CURLE_OK;
};

}  // namespace tandem::net
