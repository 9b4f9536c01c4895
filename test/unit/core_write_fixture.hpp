// Objects with a "write", and changes on their way to them, as the tests of writing use them.
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "core/manifest/write.hpp"
#include "core/push/compose.hpp"
#include "core/push/outcome.hpp"
#include "core_api_fixture.hpp"

namespace tandem::core {

using Kind = Outcome::Kind;
using Op = OutChange::Op;

// The write of an object at /customers.
inline std::shared_ptr<const Write> write_of(const std::string& write, const std::string& more = "") {
  const auto api = make_api(Json::object(), config(R"({"path": "/customers")" + more + R"(, "write": )" + write + "}"));
  EXPECT_TRUE(api) << (api ? "" : api.error().text + " / " + api.error().hint);
  return api ? api.value().objects.front().write : nullptr;
}

inline Finding write_finding(const std::string& write, const std::string& path) {
  return object_finding(R"({"path": "/customers", "write": )" + write + "}", "objects.customers.write" + path);
}

inline OutValue text(std::size_t field, std::string value) {
  return {.field = field, .kind = OutValue::Kind::string, .text = std::move(value)};
}
inline OutValue literal(std::size_t field, std::string value) {
  return {.field = field, .kind = OutValue::Kind::literal, .text = std::move(value)};
}
inline OutValue null(std::size_t field) { return {.field = field}; }

inline OutChange change(Op op, std::string id, std::vector<OutValue> record) {
  return {.op = op,
          .remote_id = std::move(id),
          .idempotency_key = "key-" + std::to_string(record.empty() ? 0 : record.front().text.size()),
          .record = std::move(record),
          .local_key = R"({"id": "5"})"};
}

inline Composer composer_of(std::shared_ptr<const Write> write,
                            std::vector<std::string> fields = {"name", "city", "ext"}) {
  auto made = Composer::make(std::move(write), std::move(fields));
  EXPECT_TRUE(made) << (made ? "" : made.error().text);
  return std::move(made.value());
}

// An answer that lives as long as it is asked for.
struct Reply {
  int status = 200;
  std::string text = {};
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::optional<base::Error> error = {};
  bool sent = true;
};

inline std::vector<Outcome> outcomes(const Write& write, const OutRequest& request,
                                     const std::vector<OutChange>& changes, const Reply& reply) {
  base::Buffer body;
  body.append(reply.text);
  OutAnswer answer{
      .error = reply.error ? &*reply.error : nullptr, .sent = reply.sent, .status = reply.status, .body = &body};
  answer.header = [&](std::string_view name) -> std::optional<std::string_view> {
    for (const auto& [header, value] : reply.headers)
      if (header == name) return value;
    return std::nullopt;
  };
  return outcomes_of(write, request, changes, answer);
}

}  // namespace tandem::core
