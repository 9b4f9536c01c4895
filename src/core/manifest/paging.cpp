#include <algorithm>

#include "core/manifest/read.hpp"

#include "base/strings.hpp"
#include "core/manifest/values.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

namespace {

constexpr std::int64_t kLargestPage = 100'000;
constexpr std::int64_t kMostPages = 10'000'000;
constexpr std::array<std::string_view, 17> kPagingKeys{
    "style", "param",  "size_param", "size",    "start",     "next",        "total",     "total_pages", "more",
    "last",  "window", "field",      "expired", "max_pages", "max_records", "max_bytes", "max_time"};

// Which keys mean something with which style: the others would be accepted and ignored.
constexpr std::array<std::string_view, 5> kOfAll{"style", "max_pages", "max_records", "max_bytes", "max_time"};
constexpr std::array<std::string_view, 9> kOfPage{"param",       "size_param", "size", "start", "total",
                                                  "total_pages", "more",       "last", "window"};
constexpr std::array<std::string_view, 8> kOfOffset{"param", "size_param", "size", "start",
                                                    "total", "more",       "last", "window"};
constexpr std::array<std::string_view, 8> kOfToken{"param", "size_param", "size",   "next",
                                                   "more",  "last",       "window", "expired"};
constexpr std::array<std::string_view, 6> kOfNextUrl{"size_param", "size", "next", "more", "last", "expired"};
constexpr std::array<std::string_view, 3> kOfLink{"size_param", "size", "expired"};
constexpr std::array<std::string_view, 7> kOfKeyset{"param", "field", "size_param", "size", "more", "last", "expired"};

Words keys_of(PageStyle style) {
  switch (style) {
    case PageStyle::none:
      return {};
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
    case PageStyle::keyset:
      return kOfKeyset;
  }
  return {};  // not reached: the switch is exhaustive
}

bool used_by(PageStyle style, std::string_view key) {
  const Words own = keys_of(style);
  return std::ranges::find(own, key) != own.end() ||
         (std::ranges::find(kOfAll, key) != kOfAll.end() && (style != PageStyle::none || key == "style"));
}

void refuse_unused(ObjectReader& in, PageStyle style) {
  for (std::string_view key : kPagingKeys) {
    if (in.find(key) == nullptr || used_by(style, key)) continue;
    in.error(key, base::strcat("is not used by style \"", kPageStyles[static_cast<std::size_t>(style)], '"'),
             "Remove it, or set it to null where the connector gives it.");
  }
}

void require(ObjectReader& in, PageStyle style, const char* key, const char* hint) {
  if (in.find(key) != nullptr || !used_by(style, key)) return;
  in.missing(key, hint);
}

// What one run may read at most.
void read_ceilings(ObjectReader& in, Paging& paging) {
  paging.max_pages = in.integer("max_pages", 1, kMostPages).value_or(paging.max_pages);
  paging.max_records = in.integer("max_records", 1).value_or(0);
  paging.max_bytes = in.integer("max_bytes", 1).value_or(0);
  const base::Json* time = in.find("max_time");
  if (time == nullptr) return;
  const base::Result<std::int64_t> micros = span_micros(*time);
  if (micros)
    paging.max_micros = *micros;
  else
    in.error("max_time", micros.error().text, micros.error().hint);
}

}  // namespace

std::vector<std::string> read_path(ObjectReader& in, std::string_view key) {
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

Paging read_paging(const base::Json& json, const std::string& path, Findings& findings) {
  Paging paging;
  ObjectReader in(json, path, kPagingKeys, findings);
  const std::optional<std::size_t> style = in.choice("style", kPageStyles);
  if (!style) {
    if (json.is_object() && in.find("style") == nullptr)
      in.missing("style", "Allowed: none, page, offset, token, next_url, link, keyset.");
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
  paging.more = read_path(in, "more");
  paging.last = read_path(in, "last");
  paging.window = in.integer("window", 1).value_or(0);
  paging.field = in.text("field").value_or("");
  if (paging.style == PageStyle::keyset && paging.field.empty() != paging.param.empty())
    in.missing(
        paging.field.empty() ? "field" : "param",
        "\"param\" takes what stands in \"field\" of the last record, like \"starting_after\" and \"id\"; without "
        "both the object's cursor and its tie_break are used.");
  const bool tokens = !paging.next.empty() || paging.style == PageStyle::link || !paging.field.empty();
  paging.expired = read_expired(in, tokens ? Expired{{410}, {}} : Expired{}, findings);
  read_ceilings(in, paging);
  return paging;
}

}  // namespace tandem::core
