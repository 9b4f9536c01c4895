#include "core/paging.hpp"

#include <algorithm>
#include <charconv>

#include "base/secret.hpp"
#include "base/strings.hpp"

namespace tandem::core {

namespace {

constexpr std::size_t kShownToken = 40;
constexpr std::uint64_t kTokenSeed = 0x7461'6e64'656d;

void put(Params& params, const std::string& name, std::string value) {
  const auto same = std::ranges::find(params, name, &Params::value_type::first);
  if (same != params.end())
    same->second = std::move(value);
  else
    params.emplace_back(name, std::move(value));
}

std::optional<std::int64_t> whole_number(const std::optional<std::string>& fact) {
  if (!fact) return std::nullopt;
  const std::string_view text = base::trim(*fact);
  std::int64_t value = 0;
  const auto [end, ec] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (ec != std::errc{} || end != text.data() + text.size() || value < 0) return std::nullopt;
  return value;
}

// Cut between characters: the message is stored as text, which must stay valid UTF-8.
std::string shortened(std::string text) {
  if (text.size() <= kShownToken) return text;
  std::size_t end = kShownToken;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) --end;
  return text.substr(0, end) + "...";
}

base::Error bad_position(const char* key) {
  return {.code = base::Errc::invalid_text, .text = base::strcat("stored position has no valid \"", key, '"')};
}

}  // namespace

base::Json Position::to_json() const {
  return base::Json::object({{"page", base::Json(page)}, {"offset", base::Json(offset)}, {"token", base::Json(token)}});
}

base::Result<Position> Position::from_json(const base::Json& json) {
  const std::optional<std::int64_t> page = json.integer_at("page");
  const std::optional<std::int64_t> offset = json.integer_at("offset");
  const std::optional<std::string> token = json.string_at("token");
  if (!page || *page < 0) return bad_position("page");
  if (!offset || *offset < 0) return bad_position("offset");
  if (!token) return bad_position("token");
  return Position{.page = *page, .offset = *offset, .token = *token};
}

Pager::Pager(const Object& object, Params extra_params, Position start)
    : object_(object), extra_(std::move(extra_params)), start_(std::move(start)) {
  // Of the pages before a resumed run only the last token is known; a loop through older ones costs one round more.
  if (!start_.token.empty()) tokens_.insert(base::hash64(start_.token, kTokenSeed));
}

PageRequest Pager::request(const Position& at) const {
  const Paging& paging = object_.paging;
  if (by_url() && !at.token.empty()) return {.url = at.token};
  PageRequest request{.path = object_.path, .params = object_.params};
  for (const auto& [name, value] : extra_) put(request.params, name, value);
  if (paging.style != PageStyle::none && !paging.size_param.empty() && paging.size > 0) {
    put(request.params, paging.size_param, std::to_string(paging.size));
  }
  switch (paging.style) {
    case PageStyle::page:
      put(request.params, paging.param, std::to_string(paging.start + at.page));
      break;
    case PageStyle::offset:
      put(request.params, paging.param, std::to_string(paging.start + at.offset));
      break;
    case PageStyle::token:
      if (!at.token.empty()) put(request.params, paging.param, at.token);
      break;
    case PageStyle::none:
    case PageStyle::next_url:
    case PageStyle::link:
      break;
  }
  return request;
}

base::Result<std::optional<Position>> Pager::next(const Position& at, const PageSeen& seen) {
  if (at_end(at, seen)) return std::optional<Position>();
  Position following{.page = at.page + 1, .offset = at.offset + static_cast<std::int64_t>(seen.records)};
  if (following.page >= object_.paging.max_pages) {
    return base::Error{
        .code = base::Errc::limit_exceeded,
        .text = base::strcat("listing of ", object_.name, " does not end after ", object_.paging.max_pages, " pages"),
        .hint = base::strcat("If it is really that long, raise objects.", object_.name,
                             ".paging.max_pages or the page size.")};
  }
  if (by_token() || by_url()) {
    if (std::optional<base::Error> error = repeated(at, *seen.next)) return std::move(*error);
    following.token = *seen.next;
  }
  return std::optional<Position>(std::move(following));
}

bool Pager::at_end(const Position& at, const PageSeen& seen) const {
  const std::int64_t records = at.offset + static_cast<std::int64_t>(seen.records);
  switch (object_.paging.style) {
    case PageStyle::none:
      return true;
    case PageStyle::page:
      // A number of pages is the stronger word: an empty page before the last (rows hidden after the cut) is not the
      // end.
      if (seen.total_pages) return at.page + 1 >= *seen.total_pages;
      return seen.records == 0 || (seen.total && records >= *seen.total);
    case PageStyle::offset:
      return seen.records == 0 || (seen.total && records >= *seen.total);
    case PageStyle::token:
    case PageStyle::next_url:
    case PageStyle::link:
      return !seen.next || seen.next->empty();
  }
  return true;  // not reached: the switch is exhaustive
}

std::optional<base::Error> Pager::repeated(const Position& at, const std::string& token) {
  if (tokens_.insert(base::hash64(token, kTokenSeed)).second) return std::nullopt;
  // A URL may carry a key in its query; a token is only too long to be shown.
  const std::string shown = by_url() ? base::redact_url(token) : token;
  return base::Error{
      .code = base::Errc::protocol_violation,
      .text = base::strcat(by_url() ? "next URL \"" : "page token \"", shortened(shown), "\" was given before (page ",
                           at.page + 1, ')'),
      .detail = base::strcat("The listing of ", object_.name, " leads back to a page that was already read."),
      .hint = base::strcat("See whether objects.", object_.name,
                           ".paging fits the API, its \"next\" and \"param\" above all.")};
}

std::vector<std::vector<std::string>> Pager::facts() const {
  const Paging& paging = object_.paging;
  std::vector<std::vector<std::string>> out;
  for (const auto* path : {&paging.next, &paging.total, &paging.total_pages}) {
    if (!path->empty()) out.push_back(*path);
  }
  return out;
}

PageSeen Pager::seen(std::size_t records, const std::vector<std::optional<std::string>>& facts,
                     std::string link_next) const {
  const Paging& paging = object_.paging;
  PageSeen seen{.records = records};
  std::size_t i = 0;
  const auto take = [&](const std::vector<std::string>& path) {
    return path.empty() || i >= facts.size() ? std::nullopt : facts[i++];
  };
  seen.next = take(paging.next);
  seen.total = whole_number(take(paging.total));
  seen.total_pages = whole_number(take(paging.total_pages));
  if (paging.style == PageStyle::link && !link_next.empty()) seen.next = std::move(link_next);
  return seen;
}

bool Pager::by_token() const noexcept { return object_.paging.style == PageStyle::token; }

bool Pager::by_url() const noexcept {
  return object_.paging.style == PageStyle::next_url || object_.paging.style == PageStyle::link;
}

}  // namespace tandem::core
