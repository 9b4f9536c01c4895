// What statements of a mapping's owner run under for as long as an object lives: nothing may
// be changed; values print the same whatever the session has set. One inside the other is
// fine, in the order of C++ scopes.
#pragma once

#include <memory>

namespace tandem::pg {

class SettingsScope;

// Statements that write, in functions too, are refused (25006).
class ReadOnly {
 public:
  ReadOnly();
  ~ReadOnly();
  ReadOnly(const ReadOnly&) = delete;
  ReadOnly& operator=(const ReadOnly&) = delete;

 private:
  std::unique_ptr<SettingsScope> settings_;
};

// Dates ISO, times in UTC, floats with all their digits, bytea in hex: also where a statement turns values into text.
class Printing {
 public:
  Printing();
  ~Printing();
  Printing(const Printing&) = delete;
  Printing& operator=(const Printing&) = delete;

 private:
  std::unique_ptr<SettingsScope> settings_;
};

}  // namespace tandem::pg
