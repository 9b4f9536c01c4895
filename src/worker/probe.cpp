#include "worker/probe.hpp"

#include <algorithm>

#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "core/rows/failures.hpp"
#include "core/listing/listing.hpp"
#include "net/transfers.hpp"
#include "pg/settings.hpp"
#include "pg/wait.hpp"

namespace tandem::worker {

namespace {

constexpr std::size_t kParents = 5;    // asked for records below them
constexpr std::size_t kSample = 1000;  // records looked at for their fields

}  // namespace

base::Errc errc_of(const core::RunFailure& failure) {
  if (failure.error_type == "AUTH_ERROR") return base::Errc::remote_auth;
  return failure.error_type == "NETWORK_ERROR" ? base::Errc::connection_failure : base::Errc::remote_error;
}

net::Response fetch_in_foreground(net::Request request, base::Micros limit) {
  net::Transfers transfers(egress());
  const int descriptors[] = {transfers.descriptor()};
  pg::WaitSet wait(descriptors, pg::WaitSet::Use::foreground);
  const int limit_ms = static_cast<int>(
      std::min<base::Micros>(pg::settings().foreground_timeout_ms, std::max<base::Micros>(limit / 1000, 1)));
  request.timeouts.total_ms = std::min(request.timeouts.total_ms, limit_ms);
  request.timeouts.first_byte_ms = std::min(request.timeouts.first_byte_ms, limit_ms);
  request.timeouts.connect_ms = std::min(request.timeouts.connect_ms, limit_ms);
  transfers.start(std::move(request));
  while (true) {
    std::vector<net::Transfers::Completed> completed = transfers.turn();
    if (!completed.empty()) return std::move(completed.front().response);
    const std::optional<base::Micros> deadline = transfers.deadline();
    wait.wait(deadline ? std::max<base::Micros>(0, *deadline - base::monotonic()) : base::kSecond);
  }
}

namespace {

Answer ask(const core::Api& api, const core::PageRequest& page, const std::string& name,
           const Credentials& credentials) {
  Answer answer;
  base::Result<net::Request> request = page_request(api, page, credentials, "foreground");
  if (!request) {
    answer.failure = core::failure_of_error(request.error());
    return answer;
  }
  answer.response = fetch_in_foreground(*std::move(request));
  if (answer.response.error) {
    answer.failure = core::failure_of_error(*answer.response.error);
  } else if (answer.response.status < 200 || answer.response.status > 299) {
    answer.failure = core::failure_of_status(answer.response.status, name, said_in(answer.response, credentials));
  }
  return answer;
}

core::Listing listing_to_look_at(const core::Api& api, const core::Object& object) {
  const core::Object* parent = object.parent ? api.object(object.parent->object) : nullptr;
  return core::Listing({.object = object,
                        .parent = parent != nullptr ? std::optional(*parent) : std::nullopt,
                        .incremental = object.cursor && object.cursor->token,  // what a first listing of it needs
                        .now = base::now()});
}

// The first page of what stands below the first parents that there are; of the last of them that was asked when none
// has any records.
Answer ask_below_parents(const core::Api& api, const core::Object& object, const Credentials& credentials) {
  core::Listing listing = listing_to_look_at(api, object);
  core::Position at = listing.start();
  const core::Object& parent = *api.object(object.parent->object);
  Answer answer = ask(api, listing.request(at), parent.name, credentials);
  if (answer.failure) return answer;
  base::PageReader reader(parent.records, listing.fields(true), {});
  base::TextArena arena;
  const base::Result<base::Page> page = reader.read(answer.response.body, arena);
  if (!page) throw base::Failure(page.error());
  if (page->records() == 0)
    throw base::Failure(base::Errc::prerequisite,
                        base::strcat("object ", parent.name, " has no records at the moment, so ",
                                     "nothing can be asked for below them"));
  core::Listing::Step step = listing.read(at, {.page = *page});
  if (step.failure)
    throw base::Failure(base::Errc::protocol_violation, step.failure->message, {}, step.failure->suggestion);
  for (std::size_t i = 0; i < std::min(kParents, page->records()) && step.next; ++i) {
    at = *step.next;
    answer = ask(api, listing.request(at), object.name, credentials);
    answer.parent = listing.parent_of(at);
    if (answer.failure && !listing.parent_gone(at, answer.response.status)) return answer;
    base::PageReader records(object.records, {}, {});
    const base::Result<base::Page> below = records.read(answer.response.body, arena);
    if (!answer.failure && (!below || below->records() > 0)) return answer;
    step = listing.read(at, {.page = base::Page{}, .nothing = true});
  }
  return answer;
}

}  // namespace

Answer ask_first_page(const core::Api& api, const core::Object* object, const Credentials& credentials) {
  if (object == nullptr) return ask(api, {"", "", api.params}, "base_url", credentials);
  if (object->parent) return ask_below_parents(api, *object, credentials);
  const core::Listing listing = listing_to_look_at(api, *object);
  return ask(api, listing.request(listing.start()), object->name, credentials);
}

namespace {

// The field that each record has beside its own: what stands in the path that leads to it.
void add_parent(const core::Object& object, const std::string& parent, std::vector<base::PageReader::Found>& found,
                base::TextArena& arena) {
  if (!object.parent || parent.empty()) return;
  std::size_t records = 0;
  for (const base::PageReader::Found& field : found) records = std::max(records, field.record + 1);
  for (std::size_t i = 0; i < records; ++i)
    found.push_back({i, object.parent->as, core::Listing::value_of_parent(parent, arena)});
}

}  // namespace

std::vector<core::InferredField> discover_fields(const core::Api& api, const core::Object& object,
                                                 const Credentials& credentials) {
  const Answer answer = ask_first_page(api, &object, credentials);
  if (answer.failure)
    throw base::Failure(errc_of(*answer.failure),
                        base::strcat("cannot look at ", object.name, ": ", answer.failure->message), {},
                        answer.failure->suggestion);
  base::PageReader reader(object.records, {}, {});
  base::TextArena arena;
  base::Result<std::vector<base::PageReader::Found>> found = reader.read_all(answer.response.body, arena, kSample);
  if (!found) throw base::Failure(found.error());
  add_parent(object, answer.parent, *found, arena);
  std::size_t records = 0;
  for (const base::PageReader::Found& field : *found) records = std::max(records, field.record + 1);
  if (records == 0)
    throw base::Failure(
        base::Errc::prerequisite,
        base::strcat("object ", object.name, " has no records at the moment, so its fields cannot be told"), {},
        "Name the columns yourself in tandem.create_mapping(..., columns => ...).");
  return core::infer_fields(*found, records, object.id);
}

}  // namespace tandem::worker
