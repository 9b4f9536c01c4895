// A WriteCall with its templates compiled for one mapping: part of compose.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "core/manifest/write.hpp"
#include "core/push/compose.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

struct CompiledCall {
  struct Named {
    std::string name;
    TextTemplate value;
    bool each = false;
    bool of_version = false;  // left out while no version is known
  };
  const WriteCall* call = nullptr;
  TextTemplate path = {};
  std::vector<Named> params = {}, headers = {};
  std::optional<JsonTemplate> body = {};  // json, graphql
  JsonTemplate element = {};              // of a batch
  FormTemplate flat = {};                 // form, csv
  FormTemplate query = {};                // GET: its body goes into the parameters
  std::vector<bool> sends = {};           // by field
  std::optional<std::size_t> idempotency_field = {};
  std::string content_type = {};  // empty: a header says it, or there is no body

  static base::Result<CompiledCall> compile(const WriteCall& call, const Write& write, const OutShape& shape);
  // Everything but the changes and what they make of the body.
  Printed print_head(const PrintScope& scope, OutRequest& request) const;
  Printed print_each(const PrintScope& scope, OutRequest& request) const;
  Printed print_body(const PrintScope& scope, std::string& out) const;
  [[nodiscard]] bool has_body() const noexcept;
};

}  // namespace tandem::core
