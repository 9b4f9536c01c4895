#include "pg/error.hpp"

#include "pg/postgres.hpp"

namespace tandem::pg {

namespace {

struct DeleteErrorData {
  bool released = false;
  void operator()(ErrorData* data) const noexcept {
    // No context: the static one for out of memory.
    if (!released && data->assoc_context != nullptr) MemoryContextDelete(data->assoc_context);
  }
};

std::string_view view(const char* text) noexcept { return text == nullptr ? std::string_view{} : text; }

}  // namespace

Error::Error(ErrorData* data) : data_(data, DeleteErrorData{}) {
  int code = data->sqlerrcode;
  for (int i = 0; i < 5; ++i) {
    sqlstate_[i] = static_cast<char>((code & 0x3F) + '0');  // PGUNSIXBIT
    code >>= 6;
  }
  sqlstate_[5] = '\0';
}

const char* Error::what() const noexcept { return data_->message == nullptr ? "" : data_->message; }
std::string_view Error::sqlstate() const noexcept { return sqlstate_; }
std::string_view Error::message() const noexcept { return view(data_->message); }
std::string_view Error::detail() const noexcept { return view(data_->detail); }
std::string_view Error::hint() const noexcept { return view(data_->hint); }
std::string_view Error::context() const noexcept { return view(data_->context); }
std::string_view Error::schema() const noexcept { return view(data_->schema_name); }
std::string_view Error::table() const noexcept { return view(data_->table_name); }
std::string_view Error::column() const noexcept { return view(data_->column_name); }
std::string_view Error::constraint() const noexcept { return view(data_->constraint_name); }

bool Error::is_cancel() const noexcept {
  const int code = data_->sqlerrcode;
  return code == ERRCODE_QUERY_CANCELED || code == ERRCODE_ADMIN_SHUTDOWN || code == ERRCODE_CRASH_SHUTDOWN;
}

bool Error::is_transient() const noexcept {
  const int code = data_->sqlerrcode;
  return code == ERRCODE_T_R_SERIALIZATION_FAILURE || code == ERRCODE_T_R_DEADLOCK_DETECTED ||
         code == ERRCODE_LOCK_NOT_AVAILABLE;
}

ErrorData* Error::release() const noexcept {
  if (auto* deleter = std::get_deleter<DeleteErrorData>(data_)) deleter->released = true;
  return data_.get();
}

}  // namespace tandem::pg
