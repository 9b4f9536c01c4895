// A Postgres ERROR as a C++ exception. It holds the whole ErrorData, so SQLSTATE,
// detail, hint, context, constraint and column survive; pg::entry raises it again
// unchanged. A caught Error means: the (sub)transaction must be aborted. Only entry,
// the owner of a Transaction and the owner of a Savepoint may handle one.
#pragma once

#include <exception>
#include <memory>
#include <string_view>

struct ErrorData;

namespace tandem::pg {

class Error : public std::exception {
 public:
  // Takes over an ErrorData made by CopyErrorData in a context of its own (its assoc_context, deleted with it).
  explicit Error(ErrorData* data);

  [[nodiscard]] const char* what() const noexcept override;  // the message
  [[nodiscard]] std::string_view sqlstate() const noexcept;  // five characters
  [[nodiscard]] std::string_view message() const noexcept;
  [[nodiscard]] std::string_view detail() const noexcept;
  [[nodiscard]] std::string_view hint() const noexcept;
  [[nodiscard]] std::string_view context() const noexcept;
  [[nodiscard]] std::string_view schema() const noexcept;
  [[nodiscard]] std::string_view table() const noexcept;
  [[nodiscard]] std::string_view column() const noexcept;
  [[nodiscard]] std::string_view constraint() const noexcept;
  // Query cancel, shutdown, terminate: must always pass on.
  [[nodiscard]] bool is_cancel() const noexcept;
  // Serialization failure, deadlock, lock not available: the whole unit may be tried again.
  [[nodiscard]] bool is_transient() const noexcept;
  [[nodiscard]] const ErrorData* data() const noexcept { return data_.get(); }
  // Gives the ErrorData away, to be raised again: no copy of this Error frees it any more.
  [[nodiscard]] ErrorData* release() const noexcept;

 private:
  std::shared_ptr<ErrorData> data_;  // shared: whoever catches by value or keeps an exception_ptr copies it
  char sqlstate_[6];
};

}  // namespace tandem::pg
