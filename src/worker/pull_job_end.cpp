// How a job ends: by itself or together with others, and what is written then.
#include "worker/pull_job.hpp"

#include "base/strings.hpp"
#include "core/codes.hpp"
#include "pg/session.hpp"
#include "pg/transaction.hpp"
#include "worker/background.hpp"
#include "worker/page_verify.hpp"
#include "worker/pull_deletes.hpp"
#include "worker/run_end.hpp"
#include "worker/when_free.hpp"

namespace tandem::worker {

using base::strcat;

void PullJob::close() {
  const bool written = when_free([&] {
    pg::Transaction tx(strcat("finish the run of ", plan_.spec.mapping));
    pg::reset_session(owner_, kLockTimeoutMs, kStatementTimeoutMs);
    if (begin_unit() != Unit::usable) return;  // the extension goes, and the run with it
    plan_.log.write(tx, plan_.spec);
    if (release_) {
      store::release_run(tx, plan_.spec);
    } else {
      if (!finish_run(tx, plan_.spec, closing())) return;
    }
    tx.commit();
  });
  if (!written) {  // somebody holds the mapping's row: once more in a moment
    not_before_ = base::monotonic() + base::kSecond / 2;
    close_alone_ = true;
    return;
  }
  closed();
}

std::optional<store::RunToClose> PullJob::plain_closing() const {
  if (close_alone_ || !close_ || plan_.mapping.run_log || plan_.deletes || plan_.two_way) return std::nullopt;
  store::RunToClose run{&plan_.spec, closing()};
  return store::is_plain(run) ? std::optional(std::move(run)) : std::nullopt;
}

void PullJob::closed() {
  done_ = true;
  say(plan_.spec, release_ ? "is handed over" : core::run_status_name(close_->status));
  feed(core::event::Closed{});
}

store::Closing PullJob::closing() const {
  store::Closing closing;
  closing.status = close_->status;
  closing.failure = close_->failure;
  if (close_->resume && !forget_position_ && !plan_.spec.full) closing.resume = resume_;
  if (close_->complete && listed_before(plan_.spec))
    closing.cursor = plan_.spec.position->string_at("cursor");
  else if (close_->complete)
    closing.cursor = plan_.listing.cursor();
  else if (!plan_.spec.full)
    closing.cursor = safe_;  // as far as it came
  close_feed(closing);
  close_gap(closing);
  if (closing.resume && closing.failure && closing.failure->code == core::code::kCeiling)
    closing.resume->set("ceiling", base::Json(true));
  closing.clock_offset_ms = clock_offset_ms_;
  if (close_->complete && plan_.listing.incremental() && plan_.object.cursor->token && !closing.cursor)
    closing.note = core::RunFailure{
        .code = core::code::kNoDeltaToken,
        .message = strcat("the listing of ", plan_.object.name, " ended without a token at ",
                          base::join(plan_.object.cursor->next, "."), ": the next run reads everything")};
  if (kept_out_ > 0)
    closing.note =
        core::RunFailure{.code = core::code::kKeptOut,
                         .message = strcat(kept_out_, kept_out_ == 1 ? " row was" : " rows were", " kept out of ",
                                           plan_.write.table.quoted, " by a trigger or a policy")};
  if (plan_.spec.verify && close_->complete) closing.note = verify_note(plan_);
  if (plan_.deletes)
    if (auto note = note_of(*plan_.deletes, plan_.spec)) closing.note = std::move(note);
  closing.timing = plan_.timing.json(base::monotonic());
  return closing;
}

// Its place moves on together with the cursor: what came back after a deletion has to be in the listing of the run that
// is told of the deletion. What the brake has kept is to be told again.
void PullJob::close_feed(store::Closing& closing) const {
  if (!plan_.deletes || !plan_.deletes->feed) return;
  if (closing.resume) store_proof(*plan_.deletes, *closing.resume);
  const bool before = close_->complete && listed_before(plan_.spec);
  const bool asked = plan_.listing.feed()->start.asked;
  const bool held_back = plan_.deletes->counts.held_back > 0;
  // Where it is not asked yet, a run that fails, too, says from when on it will be.
  if (close_->complete ? !held_back : !asked)
    closing.deletions = before ? plan_.spec.position->string_at("deletions") : plan_.listing.deletions();
  if (!close_->complete) return;
  const bool fed =
      before ? plan_.spec.position->boolean_at("fed").value_or(false) : asked && !plan_.listing.feed_lost();
  if (fed) closing.complete_pass = plan_.deletes->pass;
  if (close_->status != core::RunStatus::completed && close_->status != core::RunStatus::partial) return;
  const bool gap = before ? plan_.spec.position->boolean_at("gap").value_or(false) : plan_.listing.gap();
  closing.deletions_gap = gap;
  if (gap) closing.note = gap_note(plan_.spec, false);
}

// Changes tell of deletions, too, and those of the time that is forgotten are lost: a full run finds out.
void PullJob::close_gap(store::Closing& closing) const {
  if (!plan_.deletes || !close_->complete) return;
  const bool before = listed_before(plan_.spec);
  const bool forgotten =
      before ? plan_.spec.position->boolean_at("forgotten").value_or(false) : plan_.listing.listing().forgotten();
  const bool hopeless = plan_.deletes->ambiguous;  // no full run could tell either
  if (forgotten && !hopeless) {
    closing.deletions_gap = true;
    closing.note = gap_note(plan_.spec, true);
  } else if (plan_.spec.full && !plan_.deletes->feed && (plan_.deletes->sweeps || hopeless)) {
    closing.deletions_gap = false;
  }
}

}  // namespace tandem::worker
