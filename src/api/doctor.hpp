// doctor(): one row per check, in the order a person would look. Each row that is not ok
// has a fix that can be pasted.
#pragma once

#include <string>
#include <vector>

#include "api/json_args.hpp"

namespace tandem::api {

class Diagnosis {
 public:
  void ok(std::string check, std::string detail) {
    rows_.push_back({std::move(check), "ok", std::move(detail), std::nullopt});
  }
  void warning(std::string check, std::string detail, std::string fix) {
    rows_.push_back({std::move(check), "warning", std::move(detail), std::move(fix)});
  }
  void error(std::string check, std::string detail, std::string fix) {
    rows_.push_back({std::move(check), "error", std::move(detail), std::move(fix)});
  }
  [[nodiscard]] const std::vector<std::vector<pg::Out>>& rows() const noexcept { return rows_; }

 private:
  std::vector<std::vector<pg::Out>> rows_;
};

// The installation: preloading, processes, libraries, settings, roles.
void examine_installation(Caller& caller, Diagnosis& diagnosis);
// Connections and mappings of the tenant that do not work.
void examine_definitions(Caller& caller, Diagnosis& diagnosis);
// Everything about one mapping, also what is fine.
void examine_mapping(Caller& caller, const std::string& name, Diagnosis& diagnosis);

}  // namespace tandem::api
