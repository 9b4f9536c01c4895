// From changes to requests: method, path, parameters, headers and body as the object's
// "write" says, many changes in one request where it has a batch. Made once for a mapping
// (placeholders and field names are looked up then); composing only prints. What cannot be
// sent is told change by change and costs the others nothing.
#pragma once

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "core/manifest/api.hpp"
#include "core/manifest/write.hpp"
#include "core/push/change.hpp"
#include "core/push/template.hpp"

namespace tandem::core {

struct OutRequest {
  const WriteCall* call = nullptr;     // of the composer's Write; null: a read
  std::string method = {}, path = {};  // the path is below base_url, encoded
  Params params = {};                  // raw: not yet encoded
  std::vector<std::pair<std::string, std::string>> headers = {};
  std::string body = {}, content_type = {};  // empty: there is none
  std::string id = {};                       // of what it carries: the same for every attempt (webhook-id)
  std::vector<std::size_t> changes = {};     // positions in what was given, in the order in which they were sent
  std::vector<std::string> keys = {};        // of each of them, where the answer echoes it: the value of the key field
};

struct Unsendable {
  std::size_t change = 0;
  std::string code = {}, message = {}, suggestion = {};
};

struct Composed {
  std::vector<OutRequest> requests = {};
  std::vector<Unsendable> unsendable = {};
  std::vector<std::size_t> nothing = {};  // updates in which no field is left that may be sent: done
};

class Composer {
 public:
  // `fields`: what OutValue::field counts. Behind them shape() has those that only requests name.
  static base::Result<Composer> make(std::shared_ptr<const Write> write, std::vector<std::string> fields);
  ~Composer();
  Composer(Composer&&) noexcept;
  Composer& operator=(Composer&&) noexcept;

  // Every change's op must have its call (core/push/decide).
  [[nodiscard]] Composed compose(std::span<const OutChange> changes, const PushFacts& facts) const;
  // Asks for one record by its id ("read"), and for those that an attempt may have made ("read_back"); an Error says
  // what is missing for it.
  [[nodiscard]] base::Result<OutRequest> read(const OutChange& change, const PushFacts& facts) const;
  [[nodiscard]] base::Result<OutRequest> read_back(const OutChange& change, const PushFacts& facts) const;
  [[nodiscard]] const Write& write() const noexcept;
  [[nodiscard]] const OutShape& shape() const noexcept;

 private:
  struct Impl;
  explicit Composer(std::unique_ptr<Impl> impl);
  std::unique_ptr<Impl> impl_;
};

}  // namespace tandem::core
