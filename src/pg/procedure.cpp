#include "pg/procedure.hpp"

#include "pg/function_call.hpp"
#include "pg/guard.hpp"
#include "pg/postgres.hpp"

namespace tandem::pg {

bool FunctionCall::may_commit() const {
  const Node* context = fcinfo_->context;
  return context != nullptr && IsA(context, CallContext) && !reinterpret_cast<const CallContext*>(context)->atomic;
}

void commit_and_go_on() {
  call([] {
    SPI_connect_ext(SPI_OPT_NONATOMIC);
    SPI_commit();
    SPI_finish();
  });
}

}  // namespace tandem::pg
