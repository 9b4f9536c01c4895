#include "worker/pull_reading.hpp"

#include <algorithm>

#include "base/strings.hpp"
#include "core/mapping/deletes.hpp"
#include "core/logic/record_filter.hpp"
#include "pg/timezone.hpp"

namespace tandem::worker {

using base::Errc;
using base::Failure;
using base::strcat;

core::Params run_params(const core::Object& object, const core::Mapping& mapping, const store::RunSpec& spec) {
  core::Params params = mapping.params;
  if (spec.params.is_object())
    for (const auto& [name, value] : spec.params.members())
      if (!value.is_null()) params.emplace_back(name, value.is_string() ? value.string() : value.dump());
  for (auto& [name, value] : core::filter_params(mapping, object))
    if (std::ranges::find(params, name, &core::Params::value_type::first) == params.end())
      params.emplace_back(name, std::move(value));
  return params;
}

namespace {

core::OffsetAt zone_of(const core::Object& object) {
  if (!object.cursor || object.cursor->zone.empty()) return {};
  const auto zone = pg::TimeZone::find(object.cursor->zone);
  if (!zone)
    throw Failure(Errc::invalid_parameter, strcat("there is no time zone ", object.cursor->zone), {},
                  "SELECT name FROM pg_timezone_names;");
  return [zone = *zone](base::Instant when) { return zone.offset_at(when); };
}

base::Instant source_now(const store::RunSpec& spec) {
  return base::Instant{base::now().micros + spec.clock_offset_ms * 1000};
}

std::optional<core::Reading::Feed> feed_of(const core::Object& object, const core::Mapping& mapping,
                                           const store::RunSpec& spec, bool incremental) {
  // A run that reads a part shows only that, and leaves the place in the feed where it is.
  const bool part = spec.params.is_object() && !spec.params.members().empty();
  if (spec.retry || spec.verify || part || !core::uses_deletions(mapping, object)) return std::nullopt;
  const core::Object& feed = *object.deletions;
  core::OffsetAt zone = zone_of(feed);
  const core::FeedFacts facts{.known = spec.deletions_value,
                              .listed = incremental && !spec.full ? spec.cursor_value : std::nullopt,
                              .proof = spec.full || !incremental};
  core::FeedStart start =
      core::feed_start(feed, incremental ? object.cursor : std::nullopt, facts, zone, zone_of(object));
  core::Listing listing({.object = feed,
                         .incremental = feed.cursor.has_value(),
                         .watermark = start.watermark,
                         .lookback = feed.cursor ? feed.cursor->lookback : 0,
                         .zone = zone,
                         .now = source_now(spec)});
  return core::Reading::Feed{feed, std::move(start), std::move(listing), std::move(zone)};
}

}  // namespace

core::Reading reading_of(const core::Api& api, const core::Object& object, const core::Mapping& mapping,
                         const store::RunSpec& spec) {
  core::Listing::Setup setup{.object = object, .params = run_params(object, mapping, spec), .zone = zone_of(object)};
  if (object.parent && !spec.retry)
    if (const core::Object* parent = api.object(object.parent->object)) setup.parent = *parent;
  setup.incremental = mapping.sync_mode == core::SyncMode::incremental && !spec.retry;
  if (!spec.full) setup.watermark = spec.cursor_value;
  setup.proof = spec.verify || (spec.full && mapping.delete_mode != core::DeleteMode::ignore);
  if (object.cursor) setup.lookback = mapping.lookback.value_or(object.cursor->lookback);
  setup.now = source_now(spec);
  std::optional<core::Reading::Feed> feed = feed_of(object, mapping, spec, setup.incremental);
  setup.all_or_nothing = feed && feed->start.asked;
  core::Reading reading(core::Listing(std::move(setup)), std::move(feed));
  const bool own = spec.position || spec.full || spec.retry;
  const std::optional<base::Json>& stored = own ? spec.position : spec.resume;
  const bool usable = stored && (spec.position || (stored->string_at("listing") == reading.identity() &&
                                                   (!reading.has_feed() || stored->find("pass") != nullptr)));
  if (!usable) return reading;
  base::Json from = *stored;
  if (!spec.position && from.find("first") != nullptr) from.set("first", base::Json());  // how far this run has come
  // A run that was as long as a run may be has to be gone on with where it stopped, or it would never end.
  (void)reading.resume(from, !spec.position && !stored->boolean_at("ceiling").value_or(false));
  return reading;
}

}  // namespace tandem::worker
