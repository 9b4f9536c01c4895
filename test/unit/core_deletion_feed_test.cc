// Feeds of deletions: what a manifest says of them, where a run begins to read one, what
// its entries mean, and that listing and feed are one reading that goes on where it stopped.
#include <gtest/gtest.h>

#include "core/listing/spent_json.hpp"
#include "core/listing/cursor_text.hpp"
#include "core/listing/reading.hpp"

namespace tandem::core {
namespace {

using base::Json;
using base::Kind;

std::int64_t at_time(const char* text) { return *CursorText(Cursor{}).rank(std::string_view(text)); }

std::string param(const PageRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.params)
    if (key == name) return value;
  return "-";
}

Cursor by_time(const char* param) { return {.field = "at", .param = param}; }

Object object_of(std::optional<Cursor> cursor, const char* name = "things") {
  return {.name = name,
          .path = std::string("/") + name,
          .id = {"id"},
          .paging = {.style = PageStyle::token, .param = "page", .next = {"next"}, .expired = {{410}, {}}},
          .cursor = std::move(cursor)};
}

// --- manifests

Findings findings_of(const char* object) {
  const std::string text = std::string(R"({"base_url": "https://a.example", "objects": {"things": )") + object + "}}";
  return validate_manifest(Json::parse(text).value());
}

std::vector<std::string> paths_of(const char* object) {
  std::vector<std::string> paths;
  for (const Finding& finding : findings_of(object)) paths.push_back(finding.path);
  return paths;
}

TEST(DeletionsOfManifests, HaveTheVocabularyOfObjects) {
  const Json config = Json::parse(R"({"base_url": "https://a.example", "params": {"v": 2}, "objects": {"things": {
    "path": "/things", "id": ["a", "b"], "deletions": {"path": "/gone", "params": {"type": "thing"}, "records": "ids",
    "paging": {"style": "page"}, "cursor": {"field": "at", "param": "since", "covered": "until"}}}}})")
                          .value();
  const Api api = make_api(Json::object(), config).value();
  const Object& feed = *api.objects.front().deletions;
  EXPECT_EQ(feed.name, "things.deletions");
  EXPECT_EQ(feed.path, "/gone");
  EXPECT_EQ(feed.params, (Params{{"v", "2"}, {"type", "thing"}}));
  EXPECT_EQ(feed.records.path, std::vector<std::string>{"ids"});
  EXPECT_EQ(feed.id, (std::vector<std::string>{"a", "b"}));
  EXPECT_EQ(feed.paging.style, PageStyle::page);
  EXPECT_EQ(feed.cursor->covered, std::vector<std::string>{"until"});
}

TEST(DeletionsOfManifests, MistakesAreNamedWhereTheyStand) {
  EXPECT_TRUE(paths_of(R"({"path": "/t", "deletions": {"path": "/gone"}})").empty());
  EXPECT_EQ(paths_of(R"({"path": "/t", "deletions": {}})"),
            (std::vector<std::string>{"objects.things.deletions.path"}));
  EXPECT_EQ(paths_of(R"({"path": "/t", "deletions": "/gone"})"),
            (std::vector<std::string>{"objects.things.deletions"}));
  EXPECT_EQ(paths_of(R"({"path": "/t", "deletions": {"path": "/gone", "version": "v"}})"),
            (std::vector<std::string>{"objects.things.deletions.version"}));
  EXPECT_EQ(paths_of(R"({"path": "/t", "deletions": {"path": "/gone", "id": ["a", "b"]}})"),
            (std::vector<std::string>{"objects.things.deletions.id"}));
  EXPECT_EQ(
      paths_of(R"({"path": "/t", "deletions": {"path": "/gone", "params": {"page": 1}, "paging": {"style": "page"}}})"),
      (std::vector<std::string>{"objects.things.deletions.paging.param"}));
  EXPECT_EQ(paths_of(R"({"path": "/t", "deletions": {"path": "/t/{parent}/gone"}})"),
            (std::vector<std::string>{"objects.things.deletions.path"}));
}

// --- where it begins

TEST(FeedStart, BeginsWithTheFirstRunUnlessTheManifestReachesBack) {
  const FeedStart first = feed_start(object_of(by_time("start")), by_time("since"), {});
  EXPECT_FALSE(first.asked);
  EXPECT_TRUE(first.gap);  // where there are records from before
  EXPECT_FALSE(feed_start(object_of(by_time("start")), by_time("since"), {.proof = true}).gap);
  Cursor from = by_time("start");
  from.from = "2020-01-01";
  const FeedStart reaching = feed_start(object_of(from), by_time("since"), {});
  EXPECT_TRUE(reaching.asked && reaching.acts && !reaching.gap);
  const FeedStart whole = feed_start(object_of({}), by_time("since"), {.listed = "2026-01-01"});
  EXPECT_TRUE(whole.asked && whole.acts && !whole.gap);
}

TEST(FeedStart, GoesOnWhereItWas) {
  const FeedStart known = feed_start(object_of(by_time("start")), by_time("since"), {.known = "2026-01-02T00:00:00Z"});
  EXPECT_EQ(known.watermark, "2026-01-02T00:00:00Z");
  EXPECT_TRUE(known.asked && known.acts && !known.since);
  const FeedStart begun = feed_start(object_of(by_time("start")), by_time("since"), {.known = ">2026-01-02T00:00:00Z"});
  EXPECT_EQ(begun.watermark, "2026-01-02T00:00:00Z");
  EXPECT_EQ(begun.since, at_time("2026-01-02T00:00:00Z"));
  const FeedStart empty = feed_start(object_of(by_time("start")), by_time("since"), {.known = kFeedBeginning});
  EXPECT_TRUE(empty.asked && empty.acts && !empty.watermark);
}

TEST(FeedStart, ReadsNothingThatTheListingDoesNotAnswerFor) {
  const FeedFacts listed{.listed = "2026-01-05T00:00:00Z"};
  Cursor epoch = by_time("start");
  epoch.format = CursorFormat::epoch;
  const FeedStart both = feed_start(object_of(epoch), by_time("since"), listed);
  EXPECT_EQ(both.watermark, "1767571200");
  EXPECT_EQ(both.since, at_time("2026-01-05T00:00:00Z"));
  Cursor numbered{.field = "n", .param = "after", .format = CursorFormat::integer};
  const FeedStart unlike = feed_start(object_of(epoch), numbered, {.listed = "17"});
  EXPECT_TRUE(!unlike.asked && unlike.gap);
  const FeedStart numbers = feed_start(object_of(numbered), by_time("since"), listed);
  EXPECT_TRUE(numbers.asked && !numbers.acts && numbers.gap);
  const FeedStart token = feed_start(object_of(Cursor{.token = true, .next = {"t"}}), by_time("since"), {});
  EXPECT_TRUE(token.asked && token.acts && token.gap);
  const FeedStart other_format = feed_start(object_of(epoch), by_time("since"), {.known = "no time"});
  EXPECT_FALSE(other_format.asked);
}

// --- what an entry means

TEST(FeedVerdict, WhatIsThereStays) {
  const base::Instant began{1000};
  EXPECT_EQ(judge({}), FeedVerdict::bury);
  EXPECT_EQ(judge({.at = 5000, .until = began}), FeedVerdict::bury);
  EXPECT_EQ(judge({.live = true}), FeedVerdict::stale);
  EXPECT_EQ(judge({.live = true, .at = 1000, .until = began}), FeedVerdict::stale);
  EXPECT_EQ(judge({.live = true, .at = 1001, .until = began}), FeedVerdict::later);
  EXPECT_EQ(judge({.known = true}), FeedVerdict::known);
  EXPECT_EQ(judge({.at = 999, .since = 1000}), FeedVerdict::known);
  EXPECT_EQ(judge({.at = 1000, .since = 1000}), FeedVerdict::bury);
}

// --- listing and feed

struct Source {
  std::optional<std::string> cursor = "2026-01-05T00:00:00Z", deletions = "2026-01-04T00:00:00Z";

  [[nodiscard]] Reading reading() const {
    const Object things = object_of(by_time("since")), feed = object_of(by_time("start"), "gone");
    FeedStart start = feed_start(feed, things.cursor, {.known = deletions, .listed = cursor});
    Listing listing({.object = things, .incremental = true, .watermark = cursor, .all_or_nothing = start.asked});
    Listing of_feed({.object = feed, .incremental = true, .watermark = start.watermark});
    return Reading(std::move(listing), Reading::Feed{feed, std::move(start), std::move(of_feed)});
  }
};

Listing::Step read(Reading& reading, const Position& at, const std::vector<const char*>& moments,
                   std::optional<std::string> next = {}) {
  base::Page page;
  page.fields = 1;
  page.facts = {std::move(next)};
  for (const char* moment : moments) {
    page.values.push_back({Kind::string, moment});
    page.raw.emplace_back("{}");
  }
  return reading.read(at, {.page = page});
}

TEST(Reading, AsksTheFeedBehindTheListingAndCommitsBothTogether) {
  Reading reading = Source().reading();
  reading.began(base::Instant{at_time("2026-01-10T00:00:00Z")});
  EXPECT_EQ(param(reading.request(reading.start()), "since"), "2026-01-05T00:00:00Z");
  const auto listed = read(reading, reading.start(), {"2026-01-06T00:00:00Z"});
  ASSERT_TRUE(listed.next && listed.next->feed);
  EXPECT_EQ(listed.stored.find("end"), nullptr);
  EXPECT_EQ(reading.request(*listed.next).path, "/gone");
  EXPECT_EQ(param(reading.request(*listed.next), "start"), "2026-01-04T00:00:00Z");
  const auto first = read(reading, *listed.next, {"2026-01-07T00:00:00Z"}, "2");
  ASSERT_TRUE(first.next && first.next->feed);
  const auto last = read(reading, *first.next, {"2026-01-11T00:00:00Z"});
  EXPECT_FALSE(last.next);
  EXPECT_EQ(reading.cursor(), "2026-01-06T00:00:00Z");
  EXPECT_EQ(reading.deletions(), "2026-01-09T23:59:59Z");  // what went while the listing was read comes again
  EXPECT_EQ(last.stored.string_at("deletions"), reading.deletions());
  EXPECT_EQ(last.stored.string_at("cursor"), reading.cursor());
  EXPECT_EQ(last.stored.boolean_at("fed"), true);
  EXPECT_EQ(last.stored.boolean_at("end"), true);
}

TEST(Reading, GoesOnInTheFeed) {
  Reading before = Source().reading();
  before.began(base::Instant{at_time("2026-01-10T00:00:00Z")});
  const auto listed = read(before, before.start(), {"2026-01-06T00:00:00Z"});
  const auto first = read(before, *listed.next, {"2026-01-07T00:00:00Z"}, "2");
  Reading after = Source().reading();
  ASSERT_TRUE(after.resume(Json::parse(first.stored.dump()).value()));
  EXPECT_TRUE(after.resumed());
  EXPECT_EQ(after.start(), *first.next);
  EXPECT_EQ(param(after.request(after.start()), "page"), "2");
  const auto last = read(after, after.start(), {});
  EXPECT_FALSE(last.next);
  EXPECT_EQ(after.cursor(), "2026-01-06T00:00:00Z");
  EXPECT_EQ(after.deletions(), "2026-01-07T00:00:00Z");
  EXPECT_EQ(after.feed_until(), base::Instant{at_time("2026-01-09T23:59:59Z")});
}

TEST(Reading, BetweenListingAndFeedItGoesOnAtTheBeginningOfTheFeed) {
  Reading before = Source().reading();
  const auto listed = read(before, before.start(), {"2026-01-06T00:00:00Z"});
  Reading after = Source().reading();
  ASSERT_TRUE(after.resume(listed.stored));
  EXPECT_EQ(after.start(), *listed.next);
  after.leave_out_feed();
  EXPECT_FALSE(after.start().feed);
}

TEST(Reading, AFeedThatIsNotThereAnyMoreIsNoPlaceToGoOn) {
  Reading before = Source().reading();
  const auto listed = read(before, before.start(), {});
  Reading after = Source().reading();
  after.leave_out_feed();
  EXPECT_FALSE(after.resume(listed.stored));
  EXPECT_FALSE(after.start().feed);
}

TEST(Reading, WhatIsNotAskedYetBeginsWithTheListing) {
  Reading reading = Source{.cursor = {}, .deletions = {}}.reading();
  EXPECT_EQ(reading.deletions(), std::nullopt);
  reading.began(base::Instant{at_time("2026-01-10T00:00:00Z")});
  const auto listed = read(reading, reading.start(), {"2026-01-06T00:00:00Z"});
  EXPECT_FALSE(listed.next);
  EXPECT_EQ(reading.deletions(), ">2026-01-10T00:00:00Z");
  EXPECT_EQ(listed.stored.string_at("deletions"), ">2026-01-10T00:00:00Z");
  EXPECT_EQ(listed.stored.boolean_at("gap"), true);
  EXPECT_EQ(listed.stored.find("fed"), nullptr);
  reading.fill_gap();
  EXPECT_FALSE(reading.gap());
}

TEST(Reading, AnEmptyFeedThatReachesBackIsReadFromItsBeginningAgain) {
  const Object things = object_of(by_time("since"));
  Object feed = object_of(by_time("start"), "gone");
  feed.cursor->from = "2020-01-01";
  Reading reading(
      Listing({.object = things, .incremental = true}),
      Reading::Feed{feed, feed_start(feed, things.cursor, {}), Listing({.object = feed, .incremental = true})});
  const auto listed = read(reading, reading.start(), {});
  (void)read(reading, *listed.next, {});
  EXPECT_EQ(reading.deletions(), kFeedBeginning);
}

TEST(Reading, AFeedThatHasLostItsPlaceLeavesAGap) {
  Source source;
  Reading reading = source.reading();
  reading.began(base::Instant{at_time("2026-01-10T00:00:00Z")});
  const auto listed = read(reading, reading.start(), {});
  EXPECT_EQ(reading.loss(*listed.next, 410, ""), Listing::Loss::none);  // its cursor does not say what that means
  reading.lose_feed();
  const auto last = reading.read(*listed.next, {.page = base::Page{}, .nothing = true});
  EXPECT_FALSE(last.next);
  EXPECT_TRUE(reading.gap());
  EXPECT_EQ(reading.deletions(), ">2026-01-10T00:00:00Z");
  EXPECT_EQ(last.stored.find("fed"), nullptr);
}

TEST(Reading, HowFarTheListingCameCountsOnlyWithTheFeed) {
  Cursor ascending = by_time("since");
  ascending.order = CursorOrder::ascending;
  Listing::Setup setup{.object = object_of(ascending), .incremental = true, .watermark = "2026-01-05"};
  Listing alone(setup);
  setup.all_or_nothing = true;
  Listing with_feed(setup);
  base::Page page;
  page.fields = 1;
  page.facts = {std::string("2")};
  page.values.push_back({Kind::string, "2026-01-06"});
  page.raw.emplace_back("{}");
  EXPECT_EQ(alone.read(alone.start(), {.page = page}).safe, "2026-01-06");
  const auto step = with_feed.read(with_feed.start(), {.page = page});
  EXPECT_EQ(step.safe, std::nullopt);
  EXPECT_EQ(step.stored.find("safe"), nullptr);
}

TEST(DeletionFeed, WhatWasSpentOnItGoesOnWithThePosition) {
  const Spent spent{.pages = 2, .records = 200, .bytes = 4711, .micros = 1'500'000};
  std::optional<base::Json> position = base::Json::object();
  EXPECT_EQ(spent_in_feed(position).pages, 0);
  keep_spent_in_feed(*position, spent);
  const Spent again = spent_in_feed(position);
  EXPECT_EQ(again.pages, 2);
  EXPECT_EQ(again.records, 200);
  EXPECT_EQ(again.bytes, 4711);
  EXPECT_EQ(again.micros, 1'500'000);
  EXPECT_EQ(spent_in_feed(std::nullopt).records, 0);
  position->set("spent_in_feed", base::Json("odd"));
  EXPECT_EQ(spent_in_feed(position).records, 0);
}

TEST(Listing, TakesTheMomentUpToWhichAnAnswerIsComplete) {
  Cursor cursor = by_time("start");
  cursor.covered = {"until"};
  Listing listing({.object = object_of(cursor), .incremental = true, .watermark = "2026-01-05T00:00:00Z"});
  EXPECT_EQ(listing.facts(false), (std::vector<std::vector<std::string>>{{"next"}, {"until"}}));
  base::Page page;
  page.fields = 1;
  page.facts = {std::string("2"), std::string("2026-01-08T00:00:00Z")};
  (void)listing.read(listing.start(), {.page = page});
  EXPECT_EQ(listing.cursor(), "2026-01-05T00:00:00Z");  // not before all of it is read
  page.facts = {std::nullopt, std::string("2026-01-08T00:00:00Z")};
  (void)listing.read({.page = 1, .token = "2"}, {.page = page});
  EXPECT_EQ(listing.cursor(), "2026-01-08T00:00:00Z");
  listing.began(base::Instant{at_time("2026-01-07T00:00:00Z")});
  EXPECT_EQ(listing.cursor(), "2026-01-07T00:00:00Z");
}

}  // namespace
}  // namespace tandem::core
