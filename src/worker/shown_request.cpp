#include "worker/shown_request.hpp"

#include <algorithm>

#include "base/json.hpp"
#include "base/strings.hpp"
#include "worker/explain_request.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

constexpr const char* kMasked = "***";

std::string quoted(std::string text) { return base::Json(std::move(text)).dump(); }

// What the manifest gives a request of its own is no secret; what the connection adds may be.
bool of_the_call(const core::OutRequest& out, const std::string& name) {
  return name == "Content-Type" || std::ranges::any_of(out.headers, [&](const auto& own) { return own.first == name; });
}

std::string headers_of(const net::Request& request, const core::OutRequest& out) {
  base::Json headers = base::Json::object();
  for (const net::Header& header : request.headers) {
    const bool masked = !of_the_call(out, header.name) && names_a_secret(base::lower(header.name));
    headers.set(header.name, base::Json(masked ? std::string(kMasked) : header.value));
  }
  for (const auto& [name, value] : request.secret_headers) headers.set(name, base::Json(std::string(kMasked)));
  return headers.dump();
}

std::string url_of(const net::Request& request) {
  std::string url = request.url;
  for (const auto& [name, value] : request.secret_query)
    url += strcat(url.find('?') == std::string::npos ? "?" : "&", name, "=", kMasked);
  return url;
}

}  // namespace

std::string shown_request(const net::Request& request, const core::OutRequest& out, std::size_t number,
                          const std::string& body) {
  std::string shown = strcat("{\"request\": ", number);
  if (out.changes.size() > 1) shown += strcat(", \"record\": 1, \"records\": ", out.changes.size());
  shown += strcat(", \"method\": ", quoted(request.method), ", \"url\": ", quoted(url_of(request)),
                  ", \"headers\": ", headers_of(request, out));
  if (!body.empty()) shown += strcat(", \"body\": ", body);
  return shown + "}";
}

std::string shown_part(std::size_t number, std::size_t record) {
  return strcat("{\"request\": ", number, ", \"record\": ", record, "}");
}

}  // namespace tandem::worker
