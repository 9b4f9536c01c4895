#include "core/listing/paging.hpp"

#include <algorithm>
#include <utility>

#include "base/secret.hpp"
#include "base/strings.hpp"
#include "base/whole_number.hpp"
#include "core/codes.hpp"

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

std::optional<std::int64_t> count_of(const std::optional<std::string>& fact) {
  if (!fact) return std::nullopt;
  const std::optional<std::int64_t> number = base::whole_number(base::trim(*fact));
  return number && *number >= 0 ? number : std::nullopt;
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

struct Counted {
  std::int64_t page = 0, offset = 0;
  std::string token;
};

base::Json to_json_of(std::int64_t page, std::int64_t offset, const std::string& token) {
  return base::Json::object({{"page", base::Json(page)}, {"offset", base::Json(offset)}, {"token", base::Json(token)}});
}

base::Result<Counted> counted(const base::Json& json) {
  const std::optional<std::int64_t> page = json.integer_at("page");
  const std::optional<std::int64_t> offset = json.integer_at("offset");
  std::optional<std::string> token = json.string_at("token");
  if (!page || *page < 0) return bad_position("page");
  if (!offset || *offset < 0) return bad_position("offset");
  if (!token) return bad_position("token");
  return Counted{*page, *offset, *std::move(token)};
}

std::optional<bool> truth(const std::optional<std::string>& fact) {
  if (!fact) return std::nullopt;
  const std::string text = base::lower(base::trim(*fact));
  if (text.empty() || text == "false" || text == "0" || text == "no") return false;
  return true;
}

}  // namespace

base::Json Position::to_json() const {
  base::Json json = to_json_of(page, offset, token);
  const auto put_text = [&](const char* key, const std::string& text) {
    if (!text.empty()) json.set(key, base::Json(text));
  };
  put_text("anchor", anchor);
  put_text("tie", tie);
  put_text("part", part);
  if (parents) json.set("parents", to_json_of(parents->page, parents->offset, parents->token));
  if (feed) json.set("feed", base::Json(true));
  return json;
}

base::Result<Position> Position::from_json(const base::Json& json) {
  base::Result<Counted> own = counted(json);
  if (!own) return own.error();
  Position position{.page = own->page, .offset = own->offset, .token = std::move(own->token)};
  position.anchor = json.string_at("anchor").value_or("");
  position.tie = json.string_at("tie").value_or("");
  position.part = json.string_at("part").value_or("");
  position.feed = json.boolean_at("feed").value_or(false);
  if (const base::Json* parents = json.find("parents")) {
    base::Result<Counted> outer = counted(*parents);
    if (!outer) return bad_position("parents");
    position.parents = Page{outer->page, outer->offset, std::move(outer->token)};
  }
  return position;
}

Pager::Pager(const Object& object, Params extra_params, Position start)
    : object_(object), extra_(std::move(extra_params)), start_(std::move(start)) {
  begin_part(start_);
}

void Pager::begin_part(const Position& at) {
  tokens_.clear();
  ids_ = 0;
  // Of the pages before a resumed run only the last token is known; a loop through older ones costs one round more.
  if (!at.token.empty()) (void)tokens_.add(base::hash64(at.token, kTokenSeed));
}

PageRequest Pager::request(const Position& at, const Params& bounds) const {
  const Paging& paging = object_.paging;
  if (by_url() && !at.token.empty()) return {.url = at.token};
  PageRequest request{.path = object_.path, .params = object_.params};
  for (const Params* params : {&extra_, &bounds})
    for (const auto& [name, value] : *params) put(request.params, name, value);
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
    case PageStyle::keyset:
      if (!at.token.empty()) put(request.params, paging.param, at.token);
      break;
    case PageStyle::none:
    case PageStyle::next_url:
    case PageStyle::link:
      break;
  }
  return request;
}

Following Pager::next(const Position& at, const PageSeen& seen) {
  const bool same = seen.ids != 0 && seen.records > 0 && seen.ids == std::exchange(ids_, seen.ids);
  Following following = seen.reached || at_end(at, seen) ? Following{} : behind(at, seen);
  // Even of the last page: records that were to come in its place would be missing.
  if (same && !following.failure) return {.failure = repeated_page(at)};
  return following;
}

Following Pager::behind(const Position& at, const PageSeen& seen) {
  if (by_cursor()) return anchored(at, seen, at.page + 1);
  const auto records = static_cast<std::int64_t>(seen.records);
  // A listing that gives only so many records is begun anew at the cursor of the last one, before it refuses to go on.
  const std::int64_t window = object_.paging.window;
  if (window > 0 && at.offset + records + std::max(object_.paging.size, records) > window) return anchored(at, seen, 0);
  Position next = at;
  ++next.page;
  next.offset += records;
  if (!by_token() && !by_url() && !by_key()) return {.next = std::move(next)};
  const std::optional<std::string>& token = by_key() ? seen.key : seen.next;
  if (!token || token->empty())
    return {.failure = stuck(at,
                             by_key() ? base::strcat("ends with a record without ", object_.paging.field)
                                      : "says that there is more, but not where",
                             base::strcat("See whether objects.", object_.name, ".paging fits the API."))};
  if (auto failure = repeated(at, *token)) return {.failure = std::move(failure)};
  next.token = *token;
  return {.next = std::move(next)};
}

// Behind the last record, by its cursor and, where ties are ordered, by what orders them.
Following Pager::anchored(const Position& at, const PageSeen& seen, std::int64_t page) {
  if (!seen.anchor)
    return {.failure = stuck(at, base::strcat("ends with a record without ", object_.cursor->field),
                             "The pages are cut at the cursor of the last record, so each needs one.")};
  if (*seen.anchor == at.anchor && seen.tie == at.tie)
    return {.failure = stuck(at, base::strcat("does not get beyond ", object_.cursor->field, " = ", *seen.anchor),
                             by_cursor() ? "The API does not order by the cursor and its tie-break, or ignores them."
                                         : "More records have this one value than the API gives at all: it needs a "
                                           "\"tie_break\", or a cursor that is finer.")};
  Position following = at;
  following.page = page;
  following.offset = page == 0 ? 0 : at.offset + static_cast<std::int64_t>(seen.records);
  following.token.clear();
  following.anchor = *seen.anchor;
  following.tie = seen.tie;
  if (page == 0) begin_part(following);
  return {.next = std::move(following)};
}

bool Pager::at_end(const Position& at, const PageSeen& seen) const {
  const std::int64_t records = at.offset + static_cast<std::int64_t>(seen.records);
  switch (object_.paging.style) {
    case PageStyle::none:
      return true;
    case PageStyle::page:
      // A number of pages is the stronger word: an empty page before the last (rows hidden after the cut) is not the
      // end.
      if (seen.ends) return *seen.ends;
      if (seen.total_pages) return at.page + 1 >= *seen.total_pages;
      return seen.records == 0 || (seen.total && records >= *seen.total);
    case PageStyle::offset:
      if (seen.ends)
        return *seen.ends || seen.records == 0;  // an offset that does not move would be asked for for ever
      return seen.records == 0 || (seen.total && records >= *seen.total);
    case PageStyle::keyset:
      return seen.records == 0 || seen.ends.value_or(false);
    case PageStyle::token:
    case PageStyle::next_url:
    case PageStyle::link:
      if (seen.ends) return *seen.ends;
      return !seen.next || seen.next->empty();
  }
  return true;  // not reached: the switch is exhaustive
}

std::optional<RunFailure> Pager::repeated(const Position& at, const std::string& token) {
  if (tokens_.add(base::hash64(token, kTokenSeed))) return std::nullopt;
  // A URL may carry a key in its query; a token is only too long to be shown.
  const std::string shown = by_url() ? base::redact_url(token) : token;
  const char* what = by_url() ? "next URL \"" : by_token() ? "page token \"" : "last record \"";
  return RunFailure{
      .error_type = error_type::kApi,
      .code = code::kPageRepeated,
      .message = base::strcat(what, shortened(shown), "\" was given before (page ", at.page + 1, "): the listing of ",
                              object_.name, " leads back to a page that was already read"),
      .suggestion = base::strcat("See whether objects.", object_.name,
                                 ".paging fits the API, its \"next\" and \"param\" above all."),
      .retryable = false};
}

RunFailure Pager::repeated_page(const Position& at) const {
  return {
      .error_type = error_type::kApi,
      .code = code::kPageRepeated,
      .message = base::strcat("page ", at.page + 1, " of ", object_.name, " has the same records as the page before"),
      .suggestion = base::strcat("See whether objects.", object_.name,
                                 ".paging fits the API: it seems to ignore the parameter that asks for the next page."),
      .retryable = true};
}

RunFailure Pager::stuck(const Position& at, const std::string& what, std::string suggestion) const {
  return {.error_type = error_type::kApi,
          .code = code::kNoProgress,
          .message = base::strcat("page ", at.page + 1, " of ", object_.name, ' ', what),
          .suggestion = std::move(suggestion),
          .retryable = false};
}

std::vector<std::vector<std::string>> Pager::facts() const {
  const Paging& paging = object_.paging;
  std::vector<std::vector<std::string>> out;
  for (const auto* path : {&paging.next, &paging.total, &paging.total_pages, &paging.more, &paging.last}) {
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
  seen.total = count_of(take(paging.total));
  seen.total_pages = count_of(take(paging.total_pages));
  const std::optional<bool> more = truth(take(paging.more)), last = truth(take(paging.last));
  if (more || last) seen.ends = (more && !*more) || (last && *last);
  if (paging.style == PageStyle::link && !link_next.empty()) seen.next = std::move(link_next);
  return seen;
}

bool Pager::by_token() const noexcept { return object_.paging.style == PageStyle::token; }

bool Pager::by_cursor() const noexcept {
  return object_.paging.style == PageStyle::keyset && object_.paging.field.empty();
}

bool Pager::by_key() const noexcept {
  return object_.paging.style == PageStyle::keyset && !object_.paging.field.empty();
}

bool Pager::by_url() const noexcept {
  return object_.paging.style == PageStyle::next_url || object_.paging.style == PageStyle::link;
}

}  // namespace tandem::core
