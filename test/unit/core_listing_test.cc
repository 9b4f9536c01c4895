// Listings in parts, bounds and cursors: what each page asks for, where parts end, how
// far reading has come, and that a stored position goes on exactly there. Against a small
// source that answers as real ones do.
#include <gtest/gtest.h>

#include "core/listing/listing.hpp"

namespace tandem::core {
namespace {

using base::Json;
using base::Kind;

constexpr std::int64_t kDay = 86'400 * base::kSecond;

std::string param(const PageRequest& request, std::string_view name) {
  for (const auto& [key, value] : request.params)
    if (key == name) return value;
  return "-";
}

std::int64_t at_time(const char* text) { return *CursorText(Cursor{}).rank(std::string_view(text)); }

// A page as the reader gives it: the listing's own fields of each record, all of them strings.

Listing::Step read(Listing& listing, const Position& at, const std::vector<std::vector<std::string>>& records,
                   std::vector<std::optional<std::string>> facts = {}) {
  base::Page page;
  page.facts = std::move(facts);
  page.fields = listing.fields(listing.of_parents(at)).size();
  for (const auto& record : records) {
    EXPECT_EQ(record.size(), page.fields);
    for (const std::string& value : record) page.values.push_back({Kind::string, value});
    page.raw.emplace_back("{}");
  }
  return listing.read(at, {.page = page});
}

Object events(Cursor cursor, Paging paging = {.style = PageStyle::page, .param = "page"}) {
  return {.name = "events", .path = "/events", .paging = std::move(paging), .cursor = std::move(cursor)};
}

Cursor updated() { return {.field = "updated", .param = "since"}; }

// A record that changed in between is at the end now, and the others have moved up.
TEST(Listing, AnotherRunDoesNotGoOnAtANumberInAListingOfChanges) {
  const auto goes_on = [](Cursor cursor, Paging paging, bool incremental, bool again) {
    const Listing::Setup setup{.object = events(std::move(cursor), std::move(paging)), .incremental = incremental};
    Listing first(setup);
    Position behind = first.start();
    behind.page = 1, behind.token = "t";
    Listing second(setup);
    return second.resume(first.stored(behind), again);
  };
  const Paging pages{.style = PageStyle::page, .param = "page"}, offsets{.style = PageStyle::offset};
  const Paging tokens{.style = PageStyle::token, .param = "token", .next = {"next"}},
      keyset{.style = PageStyle::keyset};
  Cursor ascending = updated(), descending = updated();
  ascending.order = CursorOrder::ascending;
  descending.order = CursorOrder::descending;
  for (const Paging& numbered : {pages, offsets}) {
    EXPECT_FALSE(goes_on(updated(), numbered, true, true));
    EXPECT_FALSE(goes_on(ascending, numbered, true, true));
    EXPECT_TRUE(goes_on(descending, numbered, true, true)) << "there they only move back";
    EXPECT_TRUE(goes_on(updated(), numbered, false, true)) << "a full listing comes again";
    EXPECT_TRUE(goes_on(updated(), numbered, true, false)) << "the run itself, a moment later";
  }
  EXPECT_TRUE(goes_on(updated(), tokens, true, true)) << "there is nothing else that tells how far it came";
  EXPECT_FALSE(goes_on(ascending, tokens, true, true));
  EXPECT_TRUE(goes_on(ascending, keyset, true, true));
}

TEST(Listing, BelowParentsAnotherRunBeginsWithTheParentItHadComeTo) {
  const Listing::Setup setup{.object = {.name = "orders",
                                        .path = "/customers/{parent}/orders",
                                        .paging = {.style = PageStyle::page, .param = "page"},
                                        .cursor = updated(),
                                        .parent = Parent{.object = "customers", .field = "id", .as = "parent.id"}},
                             .parent = Object{.name = "customers", .path = "/customers"},
                             .incremental = true};
  Listing second(setup);
  ASSERT_TRUE(
      second.resume(Listing(setup).stored(Position{.page = 3, .part = R"("c2")", .parents = Position::Page{}}), true));
  const auto step = read(second, second.start(), {{"c1"}, {"c2"}});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(step.next->part, R"("c2")");
  EXPECT_EQ(step.next->page, 0);
}

TEST(Listing, WithoutACursorItIsItsPager) {
  Listing listing({.object = {.name = "a", .path = "/a"}, .params = {{"x", "1"}}});
  EXPECT_EQ(param(listing.request(listing.start()), "x"), "1");
  EXPECT_TRUE(listing.fields(false).empty());
  const auto step = read(listing, listing.start(), {{}, {}});
  EXPECT_EQ(step.next, std::nullopt);
  EXPECT_EQ(step.stored.boolean_at("end"), true);
  EXPECT_EQ(listing.cursor(), std::nullopt);
}

TEST(Listing, AsksFromTheWatermarkMinusLookbackAndCommitsTheGreatest) {
  Listing listing(
      {.object = events(updated()), .incremental = true, .watermark = "2026-01-10T00:00:00Z", .lookback = kDay});
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "2026-01-09T00:00:00Z");
  const auto first = read(listing, listing.start(), {{"2026-01-12T00:00:00Z"}, {"2026-01-11T00:00:00Z"}});
  ASSERT_TRUE(first.next);
  EXPECT_EQ(param(listing.request(*first.next), "since"), "2026-01-09T00:00:00Z");
  EXPECT_EQ(first.stored.string_at("cursor"), "2026-01-12T00:00:00Z");
  EXPECT_EQ(first.safe, std::nullopt);  // the order is not known
  const auto last = read(listing, *first.next, {});
  EXPECT_EQ(last.next, std::nullopt);
  EXPECT_EQ(listing.cursor(), "2026-01-12T00:00:00Z");
}

TEST(Listing, AFullReadBeginsAtFromAndAsksUntilTheSourcesNow) {
  Cursor cursor = updated();
  cursor.from = "2020-01-01";
  cursor.until_param = "until";
  Listing listing(
      {.object = events(cursor), .incremental = true, .now = base::Instant{at_time("2026-01-01T00:00:00Z")}});
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "2020-01-01T00:00:00Z");
  EXPECT_EQ(param(listing.request(listing.start()), "until"), "2026-01-01T00:00:00Z");
  read(listing, listing.start(), {{"2026-06-01T00:00:00Z"}});  // the API ignores the upper bound
  EXPECT_EQ(listing.cursor(), "2026-01-01T00:00:00Z");
}

TEST(Listing, TemplatesWriteTheWholeParameter) {
  Cursor cursor{.field = "updated", .param = "jql", .format = CursorFormat::pattern, .pattern = "%Y/%m/%d %H:%M"};
  cursor.written_as = "project = AB AND updated >= \"{cursor}\" ORDER BY updated";
  cursor.grain = 60 * base::kSecond;
  Object object = events(cursor);
  object.params = {{"jql", "project = AB ORDER BY updated"}};
  Listing full({.object = object, .incremental = true});
  EXPECT_EQ(param(full.request(full.start()), "jql"), "project = AB ORDER BY updated");
  Listing changes({.object = object,
                   .incremental = true,
                   .watermark = "2026-01-02T11:04:59.784+0800",
                   .lookback = 120 * base::kSecond});
  EXPECT_EQ(param(changes.request(changes.start()), "jql"),
            "project = AB AND updated >= \"2026/01/02 03:02\" ORDER BY updated");
}

TEST(Listing, KeysetByTheCursorSendsItsTie) {
  Cursor cursor = updated();
  cursor.written_as = "u>{cursor}^ORu={cursor}^id>{tie}";
  cursor.tie_break = "id";
  Listing listing({.object = events(cursor, {.style = PageStyle::keyset}),
                   .incremental = true,
                   .watermark = "2026-01-01T00:00:00Z"});
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "u>2026-01-01T00:00:00Z^ORu=2026-01-01T00:00:00Z^id>");
  const auto step = read(listing, listing.start(), {{"2026-01-01T00:00:00Z", "a1"}, {"2026-01-02T00:00:00Z", "a2"}});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(param(listing.request(*step.next), "since"), "u>2026-01-02T00:00:00Z^ORu=2026-01-02T00:00:00Z^id>a2");
  EXPECT_EQ(read(listing, *step.next, {}).next, std::nullopt);
}

TEST(Listing, KeysetByAnIncreasingIdAsksBehindTheLastOne) {
  const Cursor cursor{.field = "id", .param = "after", .format = CursorFormat::integer, .inclusive = false};
  Listing listing(
      {.object = events(cursor, {.style = PageStyle::keyset}), .incremental = true, .watermark = "9007199254740993"});
  EXPECT_EQ(param(listing.request(listing.start()), "after"), "9007199254740992") << "the last one is seen again";
  const auto step = read(listing, listing.start(), {{"9007199254740993"}, {"9007199254740995"}});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(param(listing.request(*step.next), "after"), "9007199254740995");
  EXPECT_EQ(read(listing, *step.next, {}).next, std::nullopt);
}

TEST(Listing, AscendingOrderIsSafeAsFarAsItCame) {
  Cursor cursor = updated();
  cursor.order = CursorOrder::ascending;
  Listing listing({.object = events(cursor), .incremental = true});
  listing.began(base::Instant{at_time("2026-02-01T00:00:00Z")});
  EXPECT_EQ(read(listing, listing.start(), {{"2026-01-05T00:00:00Z"}}).safe, "2026-01-05T00:00:00Z");
  EXPECT_EQ(read(listing, {.page = 1}, {{"2026-03-05T00:00:00Z"}}).safe, "2026-02-01T00:00:00Z");
}

TEST(Listing, NewestFirstKeepsTheHighestApartUntilTheOldOneIsReached) {
  Cursor cursor{.field = "created", .format = CursorFormat::epoch, .order = CursorOrder::descending};
  const Listing::Setup setup{
      .object = events(cursor), .incremental = true, .watermark = "1000", .lookback = 10 * base::kSecond};
  Listing listing(setup);
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "-");
  const auto first = read(listing, listing.start(), {{"2000"}, {"1500"}});
  ASSERT_TRUE(first.next);
  EXPECT_EQ(first.stored.string_at("cursor"), "2000");
  EXPECT_EQ(first.safe, std::nullopt);
  Listing other(setup);  // goes on where the first one broke
  ASSERT_TRUE(other.resume(first.stored));
  const auto second = read(other, other.start(), {{"1001"}, {"990"}});  // still within the look-back
  ASSERT_TRUE(second.next);
  EXPECT_EQ(read(other, *second.next, {{"990"}, {"989"}}).next, std::nullopt);
  EXPECT_EQ(other.cursor(), "2000");
}

TEST(Listing, SlicesFollowEachOtherAndEachIsSafe) {
  Cursor cursor = updated();
  cursor.from = "2026-01-01";
  cursor.until_param = "until";
  cursor.slice = 10 * kDay;
  const Listing::Setup setup{
      .object = events(cursor), .incremental = true, .now = base::Instant{at_time("2026-01-25T00:00:00Z")}};
  Listing listing(setup);
  listing.began(base::Instant{at_time("2026-01-24T23:59:00Z")});
  std::vector<std::string> asked, safe;
  std::optional<Position> at = listing.start();
  for (int page = 0; at && page < 20; ++page) {
    const PageRequest request = listing.request(*at);
    asked.push_back(param(request, "since").substr(5, 5) + ".." + param(request, "until").substr(5, 5) + "#" +
                    param(request, "page"));
    std::vector<std::vector<std::string>> records;
    if (at->page == 0) records = {{param(request, "since")}};
    const auto step = read(listing, *at, records);
    safe.push_back(step.safe.value_or("-"));
    at = step.next;
  }
  EXPECT_EQ(asked, (std::vector<std::string>{"01-01..01-11#1", "01-01..01-11#2", "01-11..01-21#1", "01-11..01-21#2",
                                             "01-21..01-25#1", "01-21..01-25#2"}));
  EXPECT_EQ(safe, (std::vector<std::string>{"-", "2026-01-11T00:00:00Z", "2026-01-11T00:00:00Z", "2026-01-21T00:00:00Z",
                                            "2026-01-21T00:00:00Z", "2026-01-21T00:00:00Z"}));
  EXPECT_EQ(listing.cursor(), "2026-01-21T00:00:00Z");
}

// Beside the position, so that run_progress can say how much of the time is done.
TEST(Listing, WhereSlicesBeganIsStoredAndTakenOver) {
  Cursor cursor = updated();
  cursor.from = "2026-01-01";
  cursor.until_param = "until";
  cursor.slice = 10 * kDay;
  const Listing::Setup setup{
      .object = events(cursor), .incremental = true, .now = base::Instant{at_time("2026-01-25T00:00:00Z")}};
  Listing listing(setup);
  const auto step = read(listing, listing.start(), {});
  ASSERT_TRUE(step.next);
  const std::string first = std::to_string(at_time("2026-01-01T00:00:00Z"));
  EXPECT_EQ(step.stored.string_at("first"), first);
  Listing taker(setup), next_run(setup);
  ASSERT_TRUE(taker.resume(step.stored));
  EXPECT_EQ(taker.stored(step.next).string_at("first"), first);
  base::Json without = step.stored;
  without.set("first", base::Json());
  ASSERT_TRUE(next_run.resume(without));
  EXPECT_EQ(next_run.stored(step.next).string_at("first"), step.next->part) << "how far that run has come";
  cursor.slice = 0;
  Listing whole({.object = events(cursor), .incremental = true, .now = setup.now});
  EXPECT_EQ(whole.stored(whole.start()).find("first"), nullptr);
}

TEST(Listing, ASliceIsNoParent) {
  Cursor cursor = updated();
  cursor.from = "2026-01-01";
  cursor.until_param = "until";
  cursor.slice = 10 * kDay;
  const Listing sliced(
      {.object = events(cursor), .incremental = true, .now = base::Instant{at_time("2026-01-25T00:00:00Z")}});
  EXPECT_NE(sliced.start().part, "");
  EXPECT_EQ(sliced.parent_of(sliced.start()), "");
  const Listing below({.object = {.parent = Parent{.object = "p"}}, .parent = Object{}});
  EXPECT_EQ(below.parent_of({.part = "7", .parents = Position::Page{}}), "7");
}

TEST(Listing, ASliceThatEndsBehindTheSourcesClockIsSafeOnlyAsFarAsThat) {
  Cursor cursor = updated();
  cursor.from = "2026-01-01";
  cursor.until_param = "until";
  cursor.slice = 10 * kDay;
  Listing listing(
      {.object = events(cursor), .incremental = true, .now = base::Instant{at_time("2026-01-25T00:00:00Z")}});
  listing.began(base::Instant{at_time("2026-01-05T00:00:00Z")});  // our clock is far ahead
  const auto step = read(listing, listing.start(), {});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(step.safe, "2026-01-05T00:00:00Z");
}

TEST(Listing, AWatermarkIsSlicedFromThere) {
  Cursor cursor = updated();
  cursor.from = "2020-01-01";
  cursor.until_param = "until";
  cursor.slice = 10 * kDay;
  cursor.inclusive = false;
  Listing listing({.object = events(cursor),
                   .incremental = true,
                   .watermark = "2026-01-24T00:00:00Z",
                   .lookback = kDay,
                   .now = base::Instant{at_time("2026-01-25T00:00:00Z")}});
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "2026-01-22T23:59:59Z");
  EXPECT_EQ(param(listing.request(listing.start()), "until"), "2026-01-25T00:00:00Z");
  EXPECT_EQ(read(listing, listing.start(), {}).next, std::nullopt);
}

Cursor delta(std::string name) {
  return {.token = true, .param = std::move(name), .next = {"nextSyncToken"}, .expired = {{410}, {}}};
}
Paging tokens() {
  return {.style = PageStyle::token, .param = "pageToken", .next = {"nextPageToken"}, .expired = {{410}, {}}};
}

TEST(Listing, ADeltaTokenIsSentWithEveryPageAndReplacedByTheLast) {
  Listing listing({.object = events(delta("syncToken"), tokens()), .incremental = true, .watermark = "S1"});
  EXPECT_EQ(listing.facts(false), (std::vector<std::vector<std::string>>{{"nextPageToken"}, {"nextSyncToken"}}));
  EXPECT_EQ(param(listing.request(listing.start()), "syncToken"), "S1");
  const auto first = read(listing, listing.start(), {{}, {}}, {"p2", std::nullopt});
  ASSERT_TRUE(first.next);
  EXPECT_EQ(param(listing.request(*first.next), "syncToken"), "S1");
  EXPECT_EQ(param(listing.request(*first.next), "pageToken"), "p2");
  EXPECT_EQ(read(listing, *first.next, {}, {std::nullopt, "S2"}).next, std::nullopt);
  EXPECT_EQ(listing.cursor(), "S2");
}

TEST(Listing, ADeltaTokenMayGoWherePageTokensGo) {  // Zendesk
  Cursor cursor = delta("cursor");
  cursor.next = {"after_cursor"};
  cursor.initial = {{"start_time", "0"}};
  Paging paging{.style = PageStyle::token, .param = "cursor", .next = {"after_cursor"}, .last = {"end_of_stream"}};
  Listing first({.object = events(cursor, paging), .incremental = true});
  EXPECT_EQ(param(first.request(first.start()), "start_time"), "0");
  const auto step = read(first, first.start(), {{}}, {"c1", "false", "c1"});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(param(first.request(*step.next), "cursor"), "c1");
  EXPECT_EQ(read(first, *step.next, {{}}, {"c2", "true", "c2"}).next, std::nullopt);
  EXPECT_EQ(first.cursor(), "c2");
  Listing second({.object = events(cursor, paging), .incremental = true, .watermark = "c2"});
  EXPECT_EQ(param(second.request(second.start()), "cursor"), "c2");
  EXPECT_EQ(param(second.request(second.start()), "start_time"), "-");
  EXPECT_EQ(read(second, second.start(), {}, {"c2", "true", "c2"}).next, std::nullopt);
}

TEST(Listing, ADeltaTokenMayBeAUrl) {
  Cursor cursor = delta("");
  Listing listing({.object = events(cursor, {.style = PageStyle::next_url, .next = {"next"}}),
                   .incremental = true,
                   .watermark = "https://api.example/delta?t=1"});
  EXPECT_EQ(listing.request(listing.start()).url, "https://api.example/delta?t=1");
}

TEST(Listing, AnExpiredDeltaTokenReadsEverything) {
  Listing listing({.object = events(delta("syncToken"), tokens()), .incremental = true, .watermark = "S1"});
  EXPECT_EQ(listing.loss(listing.start(), 400, ""), Listing::Loss::none);
  ASSERT_EQ(listing.loss(listing.start(), 410, ""), Listing::Loss::cursor);
  const Position start = listing.restart(listing.start(), Listing::Loss::cursor);
  EXPECT_EQ(param(listing.request(start), "syncToken"), "-");
  EXPECT_EQ(listing.loss(start, 410, ""), Listing::Loss::none);
  // A run that is taken anew in the middle of it knows.
  const auto step = read(listing, start, {{}}, {"p2", std::nullopt});
  Listing other({.object = events(delta("syncToken"), tokens()), .incremental = true, .watermark = "S1"});
  EXPECT_EQ(other.identity(), listing.identity());
  ASSERT_TRUE(other.resume(step.stored));
  EXPECT_EQ(param(other.request(other.start()), "syncToken"), "-");
  EXPECT_EQ(other.cursor(), std::nullopt);
}

TEST(Listing, AnExpiredPageTokenBeginsAgainWhereItIsSafe) {
  Cursor cursor = updated();
  cursor.order = CursorOrder::ascending;
  Listing listing({.object = events(cursor, tokens()), .incremental = true, .watermark = "2026-01-01T00:00:00Z"});
  const auto step = read(listing, listing.start(), {{"2026-01-05T00:00:00Z"}}, {"p2"});
  ASSERT_TRUE(step.next);
  EXPECT_EQ(listing.loss(listing.start(), 410, ""), Listing::Loss::none);  // no token was sent
  ASSERT_EQ(listing.loss(*step.next, 410, ""), Listing::Loss::page);
  const Position start = listing.restart(*step.next, Listing::Loss::page);
  EXPECT_EQ(param(listing.request(start), "since"), "2026-01-05T00:00:00Z");
  EXPECT_EQ(param(listing.request(start), "pageToken"), "-");
  EXPECT_TRUE(
      read(listing, start, {{"2026-01-05T00:00:00Z"}}, {"p2"}).next);  // the same token is none that was seen before
}

Object orders() {
  return {.name = "orders",
          .path = "/customers/{parent}/orders",
          .paging = {.style = PageStyle::page, .param = "page", .total_pages = {"pages"}},
          .parent = Parent{.object = "customers", .field = "id", .as = "parent.id", .missing_empty = true}};
}
Object customers() {
  return {
      .name = "customers", .path = "/customers", .paging = {.style = PageStyle::token, .param = "c", .next = {"next"}}};
}

// Reads to the end; "customers c" for a page of parents. `stop_after` pages: gives the position to store.
std::vector<std::string> walk(Listing& listing, int stop_after, Json& stored) {
  std::vector<std::string> asked;
  std::optional<Position> at = listing.start();
  for (int page = 0; at && page < stop_after; ++page) {
    const PageRequest request = listing.request(*at);
    Listing::Step step;
    if (listing.of_parents(*at)) {
      const std::string c = param(request, "c");
      asked.push_back("customers " + c);
      if (c == "-") step = read(listing, *at, {{"a/b"}, {"2"}}, {"t1"});
      if (c == "t1") step = read(listing, *at, {}, {"t2"});
      if (c == "t2") step = read(listing, *at, {{"z"}}, {std::nullopt});
    } else {
      asked.push_back(request.path + " " + param(request, "page"));
      step = read(listing, *at, {{}}, {request.path.find("/2/") != std::string::npos ? "2" : "1"});
    }
    EXPECT_FALSE(step.failure);
    stored = step.stored;
    at = step.next;
  }
  return asked;
}

const std::vector<std::string> kWhole{
    "customers -",  "/customers/a%2Fb/orders 1", "/customers/2/orders 1", "/customers/2/orders 2", "customers t1",
    "customers t2", "/customers/z/orders 1"};

TEST(Listing, ReadsTheChildrenOfEachParentPageByPage) {
  Listing listing({.object = orders(), .parent = customers()});
  Json stored;
  EXPECT_EQ(walk(listing, 99, stored), kWhole);
  EXPECT_EQ(stored.boolean_at("end"), true);
}

TEST(Listing, GoesOnBelowParentsWhereverItStopped) {
  for (int stop = 1; stop < static_cast<int>(kWhole.size()); ++stop) {
    Listing first({.object = orders(), .parent = customers()});
    Json stored;
    std::vector<std::string> asked = walk(first, stop, stored);
    Listing second({.object = orders(), .parent = customers()});
    ASSERT_TRUE(second.resume(stored));
    std::vector<std::string> rest = walk(second, 99, stored);
    if (rest.front().starts_with("customers") && !kWhole[static_cast<std::size_t>(stop)].starts_with("customers"))
      rest.erase(rest.begin());  // the parents are looked at again
    asked.insert(asked.end(), rest.begin(), rest.end());
    EXPECT_EQ(asked, kWhole) << "stopped after " << stop;
  }
}

TEST(Listing, AParentThatIsGoneFromItsPageBeginsThatPageAgain) {
  Listing listing({.object = orders(), .parent = customers()});
  const Position at{.page = 1, .offset = 1, .part = "\"gone\"", .parents = Position::Page{}};
  ASSERT_TRUE(listing.resume(listing.stored(at)));
  EXPECT_TRUE(listing.of_parents(listing.start()));
  const auto step = read(listing, listing.start(), {{"x"}}, {std::nullopt});
  EXPECT_EQ(listing.request(*step.next).path, "/customers/x/orders");
}

TEST(Listing, AParentWithoutItsValueIsAFailure) {
  for (const char* value : {"", ".", ".."}) {
    Listing listing({.object = orders(), .parent = customers()});
    const auto step = read(listing, listing.start(), {{value}}, {std::nullopt});
    ASSERT_TRUE(step.failure);
    EXPECT_EQ(step.failure->code, "TD211");
  }
}

TEST(Listing, AMissingParentIsEmptyOnlyWhereThatIsSaid) {
  Listing listing({.object = orders(), .parent = customers()});
  const Position child{.part = "\"a\"", .parents = Position::Page{}};
  EXPECT_TRUE(listing.parent_gone(child, 404));
  EXPECT_FALSE(listing.parent_gone(child, 410));
  EXPECT_FALSE(listing.parent_gone(listing.start(), 404));
  Object strict = orders();
  strict.parent->missing_empty = false;
  EXPECT_FALSE(Listing({.object = strict, .parent = customers()}).parent_gone(child, 404));
}

TEST(Listing, ChangedParentsAreAskedForByTheirCursor) {
  Object child = orders(), parent = customers();
  child.parent->incremental = true;
  parent.cursor = child.cursor = updated();
  Listing listing({.object = child, .parent = parent, .incremental = true, .watermark = "2026-01-01T00:00:00Z"});
  EXPECT_EQ(param(listing.request(listing.start()), "since"), "2026-01-01T00:00:00Z");
  EXPECT_TRUE(listing.fields(false).empty());
  const auto step = read(listing, listing.start(), {{"7", "2026-01-05T00:00:00Z"}}, {std::nullopt});
  EXPECT_EQ(listing.request(*step.next).path, "/customers/7/orders");
  EXPECT_EQ(param(listing.request(*step.next), "since"), "-");
  EXPECT_EQ(read(listing, *step.next, {{}}, {"1"}).next, std::nullopt);
  EXPECT_EQ(listing.cursor(), "2026-01-05T00:00:00Z");
}

TEST(Listing, APositionBelongsToItsOwnListing) {
  const Listing one({.object = events(updated()), .incremental = true, .watermark = "2026-01-01T00:00:00Z"});
  const Listing same(
      {.object = events(updated()), .incremental = true, .watermark = "2026-01-01T00:00:00Z", .now = base::Instant{5}});
  const Listing later({.object = events(updated()), .incremental = true, .watermark = "2026-01-02T00:00:00Z"});
  const Listing other(
      {.object = events(updated()), .params = {{"a", "1"}}, .incremental = true, .watermark = "2026-01-01T00:00:00Z"});
  EXPECT_EQ(one.identity(), same.identity());
  EXPECT_NE(one.identity(), later.identity());
  EXPECT_NE(one.identity(), other.identity());
  Listing broken({.object = events(updated())});
  EXPECT_FALSE(broken.resume(Json::object()));
  EXPECT_FALSE(broken.resume(Json::parse(R"({"at": {"page": -1}})").value()));
}

}  // namespace
}  // namespace tandem::core
