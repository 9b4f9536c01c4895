// Configs of connections as the tests of manifests write them, and the finding that one
// has at a path.
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "base/json.hpp"
#include "core/manifest/api.hpp"
#include "core/schema/check.hpp"

namespace tandem::core {

using base::Json;

inline Json json(const char* text) { return Json::parse(text).value(); }

inline Json config(const std::string& object) {
  return json((R"({"base_url": "https://api.example.com", "objects": {"customers": )" + object + "}}").c_str());
}

inline const Finding* at(const Findings& findings, std::string_view path) {
  for (const Finding& finding : findings) {
    if (finding.path == path) return &finding;
  }
  return nullptr;
}

// The finding of a config with this one object, at `path`.
inline Finding object_finding(const std::string& object, std::string_view path) {
  const Findings findings = validate_config(Json::object(), config(object));
  const Finding* found = at(findings, path);
  EXPECT_NE(found, nullptr) << path << " has no finding of " << findings.size()
                            << (findings.empty() ? "" : ": " + findings[0].path);
  return found == nullptr ? Finding{} : *found;
}

inline Finding config_finding(const char* text, std::string_view path) {
  const Findings findings = validate_config(Json::object(), json(text));
  const Finding* found = at(findings, path);
  EXPECT_NE(found, nullptr) << path << " has no finding in " << text;
  return found == nullptr ? Finding{} : *found;
}

}  // namespace tandem::core
