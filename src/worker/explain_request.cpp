#include "worker/explain_request.hpp"

#include <algorithm>
#include <array>

#include "base/secret.hpp"
#include "base/strings.hpp"
#include "core/manifest/read.hpp"
#include "net/url.hpp"
#include "worker/requests.hpp"

namespace tandem::worker {

using base::strcat;

namespace {

std::string auth_line(const net::Request& request) {
  std::vector<std::string> parts;
  for (const auto& [name, value] : request.secret_headers) parts.push_back(strcat(name, ": ***"));
  for (const auto& [name, value] : request.secret_query) parts.push_back(strcat("parameter ", name, "=***"));
  return parts.empty() ? "without credentials" : strcat("with ", base::join(parts, ", "));
}

std::string cursor_line(const PullPlan& plan) {
  const core::Cursor& cursor = *plan.object.cursor;
  const std::string by = cursor.token ? "by the delta token" : strcat("by ", cursor.field);
  if (plan.spec.full || !plan.spec.cursor_value)
    return strcat("incremental ", by, "; nothing is known yet, so all of it");
  return strcat("incremental ", by, ", from ", *plan.spec.cursor_value,
                cursor.param.empty() && !cursor.token ? "; the API has no parameter for it" : "");
}

std::string place(const base::RecordsAt& records) {
  switch (records.rule) {
    case base::RecordsAt::Rule::root:
      return "the answer itself";
    case base::RecordsAt::Rule::object:
      return "the answer, which is one record";
    case base::RecordsAt::Rule::path:
      return strcat("at ", base::join(records.path, "."));
    case base::RecordsAt::Rule::first_of_known:
      return "at items, result or results";
  }
  return {};  // not reached: the switch is exhaustive
}

void add_request(const PullPlan& plan, const core::PageRequest& page, std::vector<std::string>& out) {
  const base::Result<net::Request> request = page_request(plan.api, page, plan.credentials, plan.pool);
  if (request) {
    out.push_back(strcat("  ", request->method, " ", shown_url(request->url), ", ", auth_line(*request)));
  } else {
    out.push_back(strcat("  cannot be sent: ", request.error().text));
    if (!request.error().hint.empty()) out.push_back(strcat("    ", request.error().hint));
  }
}

void add_pages(const core::Object& object, std::vector<std::string>& out) {
  const core::Paging& paging = object.paging;
  std::string line = strcat("  paging ", core::kPageStyles[static_cast<std::size_t>(paging.style)]);
  if (!paging.param.empty()) line += strcat(", parameter ", paging.param);
  if (!paging.next.empty()) line += strcat(", next at ", base::join(paging.next, "."));
  if (paging.size > 0) line += strcat(", ", paging.size, " records each");
  out.push_back(std::move(line));
  std::string limits = strcat("  at most ", paging.max_pages, " pages");
  if (paging.max_records > 0) limits += strcat(", ", paging.max_records, " records");
  if (paging.max_bytes > 0) limits += strcat(", ", paging.max_bytes, " bytes");
  if (paging.max_micros > 0) limits += strcat(", ", paging.max_micros / base::kSecond, " s");
  out.push_back(std::move(limits));
  out.push_back(strcat("  records: ", place(object.records), ", identified by ", base::join(object.id, ", ")));
}

// What is asked behind the listing.
void add_feed(const PullPlan& plan, std::vector<std::string>& out) {
  const core::Reading::Feed* feed = plan.listing.feed();
  if (feed == nullptr) {
    if (plan.object.deletions && plan.mapping.delete_mode == core::DeleteMode::ignore)
      out.push_back("  the feed of deletions is not asked (delete_mode ignore)");
    else if (plan.object.deletions)
      out.push_back("  the feed of deletions is not asked: the mapping has another key than the object");
    return;
  }
  out.push_back("Feed of deletions, behind the listing");
  if (!feed->start.asked) {
    out.push_back("  not asked by this run: later ones ask it for what goes from now on");
    return;
  }
  add_request(plan, feed->listing.request(feed->listing.start()), out);
  out.push_back(!feed->object.cursor    ? "  read as a whole by every run"
                : feed->start.watermark ? strcat("  from ", *feed->start.watermark)
                                        : "  from its beginning");
  if (!feed->start.acts) out.push_back("  for its position only: a full run follows, and looks for what is gone");
  add_pages(feed->object, out);
}

}  // namespace

void add_requests(const PullPlan& plan, std::vector<std::string>& out) {
  out.push_back("Requests");
  add_request(plan, plan.listing.listing().request(plan.listing.listing().start()), out);
  if (plan.object.parent) out.push_back(strcat("  below each of ", plan.object.parent->object));
  if (plan.listing.resumed()) out.push_back("  goes on where the last run could not");
  out.push_back(strcat("  ", plan.listing.incremental() && plan.object.cursor ? cursor_line(plan)
                                                                              : "everything is read (sync_mode full)"));
  add_pages(plan.object, out);
  add_feed(plan, out);
}

bool names_a_secret(const std::string& name) {
  constexpr std::array<std::string_view, 9> kWords{"key",  "token",     "secret", "password",  "passwd",
                                                   "auth", "signature", "sig",    "credential"};
  return std::ranges::any_of(kWords, [&](std::string_view word) { return name.find(word) != std::string::npos; });
}

std::string shown_url(const std::string& url) {
  const std::size_t query = url.find('?');
  if (query == std::string::npos) return url;
  std::string out = url.substr(0, query + 1);
  std::size_t at = query + 1;
  while (at <= url.size()) {
    const std::size_t end = std::min(url.find('&', at), url.size());
    const std::string pair = url.substr(at, end - at);
    const std::size_t equals = pair.find('=');
    out += equals != std::string::npos && names_a_secret(base::lower(pair.substr(0, equals)))
               ? strcat(pair.substr(0, equals), "=***")
               : pair;
    if (end < url.size()) out += '&';
    at = end + 1;
  }
  return out;
}

}  // namespace tandem::worker
