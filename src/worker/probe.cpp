#include "worker/probe.hpp"

#include <algorithm>

#include "base/page_reader.hpp"
#include "base/strings.hpp"
#include "core/failures.hpp"
#include "core/paging.hpp"
#include "net/transfers.hpp"
#include "pg/settings.hpp"
#include "pg/wait.hpp"

namespace tandem::worker {

namespace {

constexpr std::size_t kSample = 1000;  // records looked at for their fields

base::Errc errc_of(const core::RunFailure& failure) {
  if (failure.error_type == "AUTH_ERROR") return base::Errc::remote_auth;
  return failure.error_type == "NETWORK_ERROR" ? base::Errc::connection_failure : base::Errc::remote_error;
}

}  // namespace

net::Response fetch_in_foreground(net::Request request) {
  net::Transfers transfers(egress());
  const int descriptors[] = {transfers.descriptor()};
  pg::WaitSet wait(descriptors, pg::WaitSet::Use::foreground);
  const int limit_ms = pg::settings().foreground_timeout_ms;
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

Answer ask_first_page(const core::Api& api, const core::Object* object, const Credentials& credentials) {
  Answer answer;
  const core::PageRequest page =
      object == nullptr ? core::PageRequest{"", "", api.params} : core::Pager(*object, {}, {}).request({});
  base::Result<net::Request> request = page_request(api, page, credentials, "foreground");
  if (!request) {
    answer.failure = core::failure_of_error(request.error());
    return answer;
  }
  answer.response = fetch_in_foreground(*std::move(request));
  const std::string name = object == nullptr ? "base_url" : object->name;
  if (answer.response.error) {
    answer.failure = core::failure_of_error(*answer.response.error);
  } else if (answer.response.status < 200 || answer.response.status > 299) {
    answer.failure = core::failure_of_status(answer.response.status, name, said_in(answer.response, credentials));
  }
  return answer;
}

std::vector<core::InferredField> discover_fields(const core::Api& api, const core::Object& object,
                                                 const Credentials& credentials) {
  const Answer answer = ask_first_page(api, &object, credentials);
  if (answer.failure)
    throw base::Failure(errc_of(*answer.failure),
                        base::strcat("cannot look at ", object.name, ": ", answer.failure->message), {},
                        answer.failure->suggestion);
  base::PageReader reader(object.records, {}, {});
  base::TextArena arena;
  const base::Result<std::vector<base::PageReader::Found>> found =
      reader.read_all(answer.response.body, arena, kSample);
  if (!found) throw base::Failure(found.error());
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
