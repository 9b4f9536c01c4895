#include <algorithm>

#include "core/api_read.hpp"

#include "base/strings.hpp"
#include "core/api_values.hpp"
#include "core/schema_check.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kLargestPage = 100'000;
constexpr std::int64_t kMostPages = 10'000'000;
constexpr std::array<std::string_view, 9> kPagingKeys{"style", "param", "size_param",  "size",     "start",
                                                      "next",  "total", "total_pages", "max_pages"};

// Which keys mean something with which style: the others would be accepted and ignored.
constexpr std::array<std::string_view, 8> kOfPage{"style", "param", "size_param",  "size",
                                                  "start", "total", "total_pages", "max_pages"};
constexpr std::array<std::string_view, 7> kOfOffset{"style", "param", "size_param", "size",
                                                    "start", "total", "max_pages"};
constexpr std::array<std::string_view, 6> kOfToken{"style", "param", "size_param", "size", "next", "max_pages"};
constexpr std::array<std::string_view, 5> kOfNextUrl{"style", "size_param", "size", "next", "max_pages"};
constexpr std::array<std::string_view, 4> kOfLink{"style", "size_param", "size", "max_pages"};
constexpr std::array<std::string_view, 1> kOfNone{"style"};

Words keys_of(PageStyle style) {
  switch (style) {
    case PageStyle::none:
      return kOfNone;
    case PageStyle::page:
      return kOfPage;
    case PageStyle::offset:
      return kOfOffset;
    case PageStyle::token:
      return kOfToken;
    case PageStyle::next_url:
      return kOfNextUrl;
    case PageStyle::link:
      return kOfLink;
  }
  return kOfNone;  // not reached: the switch is exhaustive
}

void refuse_unused(ObjectReader& in, PageStyle style) {
  const Words used = keys_of(style);
  for (std::string_view key : kPagingKeys) {
    if (in.find(key) == nullptr || std::ranges::find(used, key) != used.end()) continue;
    in.error(key, base::strcat("is not used by style \"", kPageStyles[static_cast<std::size_t>(style)], '"'),
             "Remove it, or set it to null where the connector gives it.");
  }
}

void require(ObjectReader& in, PageStyle style, const char* key, const char* hint) {
  const Words used = keys_of(style);
  if (in.find(key) != nullptr || std::ranges::find(used, key) == used.end()) return;
  in.missing(key, hint);
}

std::vector<std::string> read_path(ObjectReader& in, const char* key) {
  const std::optional<std::string> text = in.text(key);
  if (!text) return {};
  base::Result<std::vector<std::string>> path = body_path(*text);
  if (!path) {
    in.error(key, path.error().text, path.error().hint);
    return {};
  }
  if (path->empty()) in.error(key, "must name a place in the body, not the whole of it");
  return std::move(*path);
}

}  // namespace

Paging read_paging(const base::Json& json, const std::string& path, Findings& findings) {
  Paging paging;
  ObjectReader in(json, path, kPagingKeys, findings);
  const std::optional<std::size_t> style = in.choice("style", kPageStyles);
  if (!style) {
    if (json.is_object() && in.find("style") == nullptr)
      in.missing("style", "Allowed: none, page, offset, token, next_url, link.");
    return paging;
  }
  paging.style = static_cast<PageStyle>(*style);
  refuse_unused(in, paging.style);
  if (paging.style == PageStyle::none) return paging;

  const bool offset = paging.style == PageStyle::offset;
  if (paging.style == PageStyle::token)
    require(in, paging.style, "param", "It is the query parameter that takes the token, like \"cursor\".");
  require(in, paging.style, "next", "It is the path of the next page's token or URL in the body, like \"meta.next\".");
  paging.param = in.text("param").value_or(paging.style == PageStyle::page ? "page" : offset ? "offset" : "");
  paging.size_param = in.text("size_param").value_or(offset ? "limit" : "");
  paging.size = in.integer("size", 1, kLargestPage).value_or(0);
  if (in.find("size") != nullptr && paging.size_param.empty() && in.find("size_param") == nullptr) {
    in.missing("size_param", "It is the query parameter that takes the size, like \"limit\" or \"per_page\".");
  }
  paging.start = in.integer("start", 0).value_or(paging.style == PageStyle::page ? 1 : 0);
  paging.next = read_path(in, "next");
  paging.total = read_path(in, "total");
  paging.total_pages = read_path(in, "total_pages");
  paging.max_pages = in.integer("max_pages", 1, kMostPages).value_or(paging.max_pages);
  return paging;
}

}  // namespace tandem::core
