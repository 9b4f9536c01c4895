#include "core/push/compiled_call.hpp"

#include <algorithm>

#include "base/strings.hpp"

namespace tandem::core {

namespace {

using base::Error;
using base::Json;

Json text(const char* value) { return Json(std::string(value)); }

// What is sent where the manifest does not say it.
std::optional<Json> body_of(const WriteCall& call) {
  if (call.body) return call.body;
  if (call.method == "GET") return std::nullopt;
  const bool graphql = call.format == WriteFormat::graphql;
  if (call.op == OutChange::Op::remove && !call.batch.record)
    return graphql ? std::optional(Json::object({{"id", text("{id}")}})) : std::nullopt;
  if (call.batched() && call.format != WriteFormat::csv) return text("{records}");
  if (!graphql) return text("{record}");
  if (call.op == OutChange::Op::update) return Json::object({{"id", text("{id}")}, {"input", text("{record}")}});
  return Json::object({{"input", text("{record}")}});
}

std::string content_type_of(const WriteCall& call) {
  for (const auto& [name, value] : call.headers)
    if (base::lower(name) == "content-type") return {};
  switch (call.format) {
    case WriteFormat::json:
    case WriteFormat::graphql:
      return "application/json";
    case WriteFormat::form:
      return "application/x-www-form-urlencoded";
    case WriteFormat::csv:
      return "text/csv; charset=utf-8";
  }
  return {};  // not reached: the switch is exhaustive
}

std::optional<Error> add(std::vector<CompiledCall::Named>& into, const std::string& name, const std::string& value,
                         const OutShape& shape, bool each = false, bool of_version = false) {
  auto compiled = TextTemplate::compile(value, shape);
  if (!compiled) return compiled.error();
  into.push_back({name, std::move(*compiled), each, of_version});
  return std::nullopt;
}

std::optional<Error> compile_head(CompiledCall& out, const OutShape& shape) {
  const WriteCall& call = *out.call;
  auto path = TextTemplate::compile(call.path, shape);
  if (!path) return path.error();
  out.path = std::move(*path);
  for (const WriteParam& param : call.params)
    if (auto error = add(out.params, param.name, param.value, shape, param.each)) return error;
  for (const auto& [name, value] : call.headers)
    if (auto error = add(out.headers, name, value, shape)) return error;
  const std::string key = "{idempotency_key}";
  if (!call.idempotency.header.empty())
    if (auto error = add(out.headers, call.idempotency.header, key, shape)) return error;
  if (!call.idempotency.param.empty())
    if (auto error = add(out.params, call.idempotency.param, key, shape)) return error;
  if (!call.version.header.empty())
    if (auto error = add(out.headers, call.version.header, call.version.value, shape, false, true)) return error;
  if (!call.version.param.empty())
    if (auto error = add(out.params, call.version.param, call.version.value, shape, false, true)) return error;
  return std::nullopt;
}

std::optional<Error> compile_body(CompiledCall& out, const OutShape& shape) {
  const WriteCall& call = *out.call;
  const std::optional<Json> body = body_of(call);
  if (!body) return std::nullopt;
  if (call.method == "GET") {
    auto query = FormTemplate::compile(*body, shape);
    if (!query) return query.error();
    out.query = std::move(*query);
    return std::nullopt;
  }
  out.content_type = content_type_of(call);
  if (call.format == WriteFormat::form || call.format == WriteFormat::csv) {
    auto flat = FormTemplate::compile(*body, shape);
    if (!flat) return flat.error();
    out.flat = std::move(*flat);
    return std::nullopt;
  }
  auto json = JsonTemplate::compile(*body, shape);
  if (!json) return json.error();
  if (call.format == WriteFormat::graphql) json->wrap_graphql(call.query);
  out.body = std::move(*json);
  auto element = JsonTemplate::compile(call.batch.record ? *call.batch.record : text("{record}"), shape);
  if (!element) return element.error();
  out.element = std::move(*element);
  return std::nullopt;
}

Printed print_named(const CompiledCall::Named& named, const PrintScope& scope, Params& out) {
  if ((named.of_version || scope.change != nullptr) && named.value.left_out(scope)) return std::nullopt;
  std::string value;
  if (Printed failed = named.value.print(scope, TextTemplate::Escape::none, value)) return failed;
  out.emplace_back(named.name, std::move(value));
  return std::nullopt;
}

}  // namespace

base::Result<CompiledCall> CompiledCall::compile(const WriteCall& call, const Write& write, const OutShape& shape) {
  CompiledCall out{.call = &call};
  if (auto error = compile_head(out, shape)) return std::move(*error);
  if (auto error = compile_body(out, shape)) return std::move(*error);
  for (std::size_t field = 0; field < shape.fields(); ++field)
    out.sends.push_back(write.sends(shape.name(field), call.op));
  if (!call.idempotency.field.empty()) out.idempotency_field = shape.find(call.idempotency.field);
  return out;
}

Printed CompiledCall::print_head(const PrintScope& scope, OutRequest& request) const {
  request.call = call;
  request.method = call->method;
  if (Printed failed = path.print(scope, TextTemplate::Escape::path, request.path)) return failed;
  for (const Named& param : params)
    if (!param.each)
      if (Printed failed = print_named(param, scope, request.params)) return failed;
  for (const Named& header : headers)
    if (Printed failed = print_named(header, scope, request.headers)) return failed;
  if (has_body()) request.content_type = content_type;
  return std::nullopt;
}

Printed CompiledCall::print_each(const PrintScope& scope, OutRequest& request) const {
  for (const Named& param : params)
    if (param.each)
      if (Printed failed = print_named(param, scope, request.params)) return failed;
  return query.print_pairs(scope, request.params);
}

Printed CompiledCall::print_body(const PrintScope& scope, std::string& out) const {
  if (body) return body->print(scope, out);
  if (call->format == WriteFormat::form) return flat.print_form(scope, out);
  return std::nullopt;
}

bool CompiledCall::has_body() const noexcept { return body.has_value() || !flat.empty(); }

}  // namespace tandem::core
