#include "core/listing/deletion_feed.hpp"

#include "core/listing/cursor_text.hpp"

namespace tandem::core {

namespace {

// One that the feed's cursor cannot take (its format was another then) is none.
bool usable(const Cursor& cursor, const std::string& value, const OffsetAt& zone) {
  if (value.empty()) return false;
  return cursor.token || cursor.format == CursorFormat::text || CursorText(cursor, zone).rank(std::string_view(value));
}

}  // namespace

FeedStart feed_start(const Object& feed, const std::optional<Cursor>& listing, const FeedFacts& facts,
                     const OffsetAt& feed_zone, const OffsetAt& listing_zone) {
  if (!feed.cursor) return {};
  const Cursor& cursor = *feed.cursor;
  if (facts.known == kFeedBeginning) return {};
  if (facts.known && facts.known->starts_with(kFeedSince)) {
    const std::string moment = facts.known->substr(1);
    if (const auto rank = CursorText(cursor, feed_zone).rank(std::string_view(moment)))
      return {.watermark = moment, .since = rank};
  } else if (facts.known && usable(cursor, *facts.known, feed_zone)) {
    return {.watermark = facts.known};
  }
  // What came back since that moment is in the listing.
  if (facts.listed && listing && listing->timed() && cursor.timed())
    if (const auto rank = CursorText(*listing, listing_zone).rank(std::string_view(*facts.listed)))
      return {.watermark = CursorText(cursor, feed_zone).print(*rank), .since = rank};
  const bool shows_everything = !facts.listed;
  const bool reaches_back = !cursor.token && (!cursor.from.empty() || !cursor.timed());
  if (shows_everything && reaches_back) return {};
  const bool gap = !facts.proof;
  if (cursor.timed()) return {.asked = false, .gap = gap};
  return {.acts = shows_everything, .gap = gap};
}

FeedVerdict judge(const FeedEntry& entry) noexcept {
  if (entry.known || (entry.at && entry.since && *entry.at < *entry.since)) return FeedVerdict::known;
  if (!entry.live) return FeedVerdict::bury;
  return entry.at && entry.until && *entry.at > entry.until->micros ? FeedVerdict::later : FeedVerdict::stale;
}

}  // namespace tandem::core
