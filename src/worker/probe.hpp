// Asking an API something while a person waits: the loop runs in the caller's own
// session, interruptible, bounded by tandem.foreground_timeout. For test_connection,
// list_fields and create_table_for.
#pragma once

#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/clock.hpp"
#include "core/manifest/api.hpp"
#include "core/mapping/infer.hpp"
#include "core/run/run.hpp"
#include "net/http.hpp"
#include "worker/requests.hpp"

namespace tandem::worker {

// Sends one request and waits for its end, at most tandem.foreground_timeout, or `limit` where that is less.
[[nodiscard]] net::Response fetch_in_foreground(net::Request request,
                                                base::Micros limit = std::numeric_limits<base::Micros>::max());

// The SQLSTATE that a failed request is raised with.
[[nodiscard]] base::Errc errc_of(const core::RunFailure& failure);

struct Answer {
  net::Response response;
  std::optional<core::RunFailure> failure;  // no usable answer: why
  std::string parent;                       // whose records these are, as JSON; empty: nobody's
};
// The first page of an object; `object` null: base_url itself.
[[nodiscard]] Answer ask_first_page(const core::Api& api, const core::Object* object, const Credentials& credentials);

// What the fields of an object are, from the records of its first page. Throws Failure when there is no usable answer.
[[nodiscard]] std::vector<core::InferredField> discover_fields(const core::Api& api, const core::Object& object,
                                                               const Credentials& credentials);

}  // namespace tandem::worker
