// Finds the records for which a batch was refused as a whole, with few calls: one poisoned
// record among 200 takes 16 with the first, and 199 arrive. When the first half is accepted,
// the second is known to be the bad one and is not sent as a whole; a record is blamed only
// after it was refused alone.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>
#include <vector>

namespace tandem::core {

class Bisect {
 public:
  enum class Answer {
    accepted,  // answered record by record, whatever it says of each
    refused,   // as a whole
    other,     // neither: it is to be sent later, or nobody knows
  };
  // What was refused as a whole; anything the caller numbers them by.
  explicit Bisect(std::vector<std::size_t> refused);

  // What to send next, one group at a time; nullopt: it is done. Each has to be answered before the next is asked for.
  [[nodiscard]] std::optional<std::vector<std::size_t>> next();
  void answered(Answer answer);
  // Refused alone.
  [[nodiscard]] const std::vector<std::size_t>& culprits() const noexcept { return culprits_; }

 private:
  struct Part {
    std::vector<std::size_t> items;
    bool bad = false;    // one of them at least is
    bool first = false;  // of two halves; the other is the part below it
  };
  std::vector<Part> parts_;  // the last is next
  std::vector<std::size_t> culprits_;
};

}  // namespace tandem::core
