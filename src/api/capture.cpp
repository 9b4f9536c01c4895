// The trigger function behind tandem._capture_changes(). A symbol of a version: triggers of older SQL versions find the
// function that they were made for, whatever library is loaded.
#include "pg/capture.hpp"

#include <span>

#include "pg/entry.hpp"
#include "pg/function_call.hpp"
#include "worker/wake.hpp"

TANDEM_FUNCTION(tandem_capture_v1) {
  const tandem::pg::Captured captured = tandem::pg::capture_changes(call);
  if (captured.count > 0) {
    tandem::worker::wake_pushers_at_commit(std::span(captured.owners).first(captured.count));
    if (captured.more) tandem::worker::wake_scheduler_at_commit();
  }
  return captured.row;
}
