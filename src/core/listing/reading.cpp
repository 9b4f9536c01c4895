#include "core/listing/reading.hpp"

#include <algorithm>
#include <utility>

#include "core/listing/cursor_text.hpp"

namespace tandem::core {

namespace {

Position own(Position at) {
  at.feed = false;
  return at;
}

Position of_feed(Position at) {
  at.feed = true;
  return at;
}

}  // namespace

Reading::Reading(Listing listing, std::optional<Feed> feed) : listing_(std::move(listing)), feed_(std::move(feed)) {}

bool Reading::resume(const base::Json& stored, bool again) {
  const base::Json* at = stored.find("at");
  if (at == nullptr) return false;
  if (feed_ && stored.find("gap") == nullptr) fill_gap();
  lost_ = feed_ && stored.boolean_at("lost").value_or(false);
  if (!at->boolean_at("feed").value_or(false)) {
    if (!listing_.resume(stored, again)) return false;
  } else {
    if (!feed_ || !feed_->start.asked) return false;
    in_feed_ = true;
    listing_.recall(stored);
    const base::Json* in_feed = stored.find("feed");
    if (in_feed != nullptr && in_feed->string_at("listing") == feed_->listing.identity())
      (void)feed_->listing.resume(*in_feed);
  }
  if (const auto date = listing_.began()) began(*date);
  return true;
}

Position Reading::start() const { return in_feed_ ? feed_begin() : listing_.start(); }

PageRequest Reading::request(const Position& at) const {
  return at.feed ? feed_->listing.request(own(at)) : listing_.request(at);
}

Listing::Step Reading::read(const Position& at, const Listing::Answer& answer) {
  Listing::Step step = at.feed ? feed_->listing.read(own(at), answer) : listing_.read(at, answer);
  if (step.failure || !feed_) return step;
  if (at.feed) {
    if (step.next) step.next = of_feed(*std::move(step.next));
    step.safe.reset();
    step.total.reset();
    step.changed.clear();
  } else if (!step.next && feed_->start.asked) {
    step.next = feed_begin();
  }
  step.stored = stored(step.next);
  return step;
}

void Reading::began(base::Instant date) {
  listing_.began(date);
  if (feed_) feed_->listing.began(base::Instant{listing_.began()->micros - margin()});
}

Listing::Loss Reading::loss(const Position& at, int status, std::string_view body) const {
  return at.feed ? feed_->listing.loss(own(at), status, body) : listing_.loss(at, status, body);
}

Position Reading::restart(const Position& at, Listing::Loss loss) {
  return at.feed ? of_feed(feed_->listing.restart(own(at), loss)) : listing_.restart(at, loss);
}

base::Json Reading::stored(const std::optional<Position>& next) const {
  base::Json json = listing_.stored(next);
  if (!feed_) return json;
  if (next && next->feed) json.set("feed", feed_->listing.stored(own(*next)));
  if (const auto value = deletions(); value && !next) json.set("deletions", base::Json(*value));
  if (gap()) json.set("gap", base::Json(true));
  if (lost_) json.set("lost", base::Json(true));
  if (!next && feed_->start.asked && !lost_) json.set("fed", base::Json(true));
  return json;
}

std::optional<std::string> Reading::deletions() const {
  if (!feed_ || !feed_->object.cursor) return std::nullopt;
  const Cursor& cursor = *feed_->object.cursor;
  if (feed_->start.asked && !lost_) return feed_->listing.cursor().value_or(cursor.token ? "" : kFeedBeginning);
  if (!cursor.timed()) return std::string();
  const auto began = listing_.began();
  return began ? std::optional(kFeedSince + CursorText(cursor, feed_->zone).print(began->micros)) : std::nullopt;
}

std::optional<base::Instant> Reading::feed_until() const {
  const auto began = listing_.began();
  if (!feed_ || !feed_->object.cursor || !feed_->object.cursor->timed() || !began) return std::nullopt;
  return base::Instant{began->micros - margin()};
}

void Reading::fill_gap() noexcept {
  if (feed_) feed_->start.gap = false;
}

Position Reading::feed_begin() const { return of_feed(feed_->listing.start()); }

// Dates of answers have whole seconds.
std::int64_t Reading::margin() const noexcept {
  return std::max(base::kSecond, feed_->object.cursor ? feed_->object.cursor->grain : 0);
}

}  // namespace tandem::core
