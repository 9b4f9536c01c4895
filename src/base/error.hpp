// Errors as values. Every layer below the Postgres wall reports failure with a
// Result<T>; above it (pg, store, worker, api) the same Error travels inside a
// Failure exception and becomes an ereport at the entry, with the SQLSTATE that
// its Errc stands for. Texts follow the Postgres style guide: `text` starts in
// lower case without a full stop, `detail` and `hint` are sentences.
#pragma once

#include <exception>
#include <string>
#include <utility>
#include <variant>

namespace tandem::base {

// Why something failed; pg/entry.cpp maps each to one SQLSTATE.
enum class Errc {
  invalid_parameter,       // 22023  an argument or a key in it is wrong
  invalid_text,            // 22P02  text that is not what it should be (JSON, cron, URL)
  undefined_object,        // 42704  no connection, mapping, connector of that name
  undefined_column,        // 42703
  duplicate_object,        // 42710
  wrong_object_type,       // 42809
  dependent_objects,       // 2BP01  something still uses it
  insufficient_privilege,  // 42501
  not_supported,           // 0A000
  prerequisite,            // 55000  object_not_in_prerequisite_state
  object_in_use,           // 55006
  connection_failure,      // 08006  network: DNS, connect, TLS, reset
  protocol_violation,      // 08P01  the other side does not speak its protocol
  remote_error,            // 58000  the other side answered with an error
  remote_auth,             // 28000  the other side refused our credentials
  timed_out,               // 57014
  limit_exceeded,          // 54000  size, depth, count
  internal,                // XX000
};

struct Error {
  Errc code = Errc::internal;
  std::string text;
  std::string detail = {};
  std::string hint = {};
};

// The exception form, for layers that throw.
class Failure : public std::exception {
 public:
  explicit Failure(Error error) : error_(std::move(error)) {}
  Failure(Errc code, std::string text, std::string detail = {}, std::string hint = {})
      : error_{code, std::move(text), std::move(detail), std::move(hint)} {}
  [[nodiscard]] const char* what() const noexcept override { return error_.text.c_str(); }
  [[nodiscard]] const Error& error() const noexcept { return error_; }

 private:
  Error error_;
};

// A value or the Error why there is none. `value()` throws Failure when there is none.
template <class T>
class [[nodiscard]] Result {
 public:
  Result(T value) : state_(std::move(value)) {}      // NOLINT: implicit by intent
  Result(Error error) : state_(std::move(error)) {}  // NOLINT: implicit by intent

  [[nodiscard]] bool ok() const noexcept { return state_.index() == 0; }
  explicit operator bool() const noexcept { return ok(); }
  [[nodiscard]] const Error& error() const { return std::get<1>(state_); }

  T& value() & { return require(), std::get<0>(state_); }
  const T& value() const& { return require(), std::get<0>(state_); }
  T&& value() && { return require(), std::get<0>(std::move(state_)); }
  T& operator*() & { return std::get<0>(state_); }
  const T& operator*() const& { return std::get<0>(state_); }
  T* operator->() { return &std::get<0>(state_); }
  const T* operator->() const { return &std::get<0>(state_); }

 private:
  void require() const {
    if (!ok()) throw Failure(std::get<1>(state_));
  }
  std::variant<T, Error> state_;
};

}  // namespace tandem::base
