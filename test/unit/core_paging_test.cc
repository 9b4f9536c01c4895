// The six page styles: what is asked for, when a listing ends, and that it always does.
#include <gtest/gtest.h>

#include "base/clock.hpp"
#include "core/listing/ceilings.hpp"
#include "core/listing/paging.hpp"

namespace tandem::core {
namespace {

using base::Json;

Object object(Paging paging, Params params = {}) {
  return {.name = "things", .path = "/things", .params = std::move(params), .paging = std::move(paging)};
}

std::optional<std::string> param(const PageRequest& request, std::string_view name) {
  std::optional<std::string> found;
  for (const auto& [key, value] : request.params) {
    if (key != name) continue;
    EXPECT_FALSE(found) << name << " is sent twice";
    found = value;
  }
  return found;
}

TEST(Paging, NoneIsOnePage) {
  Pager pager(object({}, {{"a", "1"}}), {{"b", "2"}}, {});
  const PageRequest request = pager.request(pager.start());
  EXPECT_EQ(request.path, "/things");
  EXPECT_EQ(request.params, (Params{{"a", "1"}, {"b", "2"}}));
  EXPECT_EQ(pager.next(pager.start(), {.records = 50}).next, std::nullopt);
}

TEST(Paging, ExtraParametersWinOverTheObjects) {
  const Pager pager(object({.style = PageStyle::page, .param = "page"}, {{"a", "1"}, {"page", "9"}}), {{"a", "2"}}, {});
  EXPECT_EQ(param(pager.request({}), "a"), "2");
  EXPECT_EQ(param(pager.request({}), "page"), "1");
}

TEST(Paging, PageNumbersFromTheFirstRequestOnUntilAnEmptyPage) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .size_param = "n", .size = 100}), {}, {});
  EXPECT_EQ(param(pager.request({}), "p"), "1");
  EXPECT_EQ(param(pager.request({}), "n"), "100");
  const auto second = pager.next({}, {.records = 3}).next;  // a short page is not the end
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "p"), "2");
  EXPECT_EQ(second->offset, 3);
  EXPECT_EQ(pager.next(*second, {.records = 0}).next, std::nullopt);
}

TEST(Paging, PagesMayCountFromZero) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .start = 0, .total_pages = {"pages"}}), {}, {});
  EXPECT_EQ(param(pager.request({}), "p"), "0");
  const auto second = pager.next({}, {.records = 5, .total_pages = 2}).next;
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "p"), "1");
  EXPECT_EQ(pager.next(*second, {.records = 5, .total_pages = 2}).next, std::nullopt);
}

TEST(Paging, TotalOfRecordsEndsPages) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total = {"total"}}), {}, {});
  const auto second = pager.next({}, {.records = 5, .total = 10}).next;
  ASSERT_TRUE(second);
  EXPECT_EQ(pager.next(*second, {.records = 5, .total = 10}).next, std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0, .total = 10}).next, std::nullopt);
}

TEST(Paging, AnEmptyPageBeforeTheLastIsNotTheEnd) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total_pages = {"pages"}}), {}, {});
  EXPECT_TRUE(pager.next({}, {.records = 0, .total_pages = 3}).next);
  EXPECT_EQ(pager.next({}, {.records = 0, .total_pages = 0}).next, std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0}).next, std::nullopt);  // the number is missing: the empty page decides
}

TEST(Paging, OffsetAdvancesByWhatWasReceived) {
  // The server cuts the page silently: 500 are asked for, 100 come.
  Pager pager(object({.style = PageStyle::offset,
                      .param = "offset",
                      .size_param = "limit",
                      .size = 500,
                      .start = 0,
                      .total = {"total"}}),
              {}, {});
  EXPECT_EQ(param(pager.request({}), "offset"), "0");
  EXPECT_EQ(param(pager.request({}), "limit"), "500");
  const auto second = pager.next({}, {.records = 100, .total = 101}).next;
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "offset"), "100");
  EXPECT_EQ(pager.next(*second, {.records = 1, .total = 101}).next, std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0}).next, std::nullopt);
}

TEST(Paging, OffsetMayStartAtOne) {
  const Pager pager(object({.style = PageStyle::offset, .param = "startIndex", .start = 1}), {}, {});
  EXPECT_EQ(param(pager.request({}), "startIndex"), "1");
  EXPECT_EQ(param(pager.request({.page = 1, .offset = 20}), "startIndex"), "21");
}

TEST(Paging, TokenGoesOnUntilThereIsNone) {
  Pager pager(object({.style = PageStyle::token, .param = "cursor", .next = {"next"}}, {{"a", "1"}}), {}, {});
  EXPECT_EQ(param(pager.request({}), "cursor"), std::nullopt);
  const auto second = pager.next({}, {.records = 0, .next = "t1"}).next;  // an empty page is not the end
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "cursor"), "t1");
  EXPECT_EQ(param(pager.request(*second), "a"), "1");
  EXPECT_EQ(pager.next(*second, {.records = 9, .next = ""}).next, std::nullopt);
  EXPECT_EQ(pager.next(*second, {.records = 9}).next, std::nullopt);
}

TEST(Paging, NextUrlIsTheWholeRequest) {
  for (const PageStyle style : {PageStyle::next_url, PageStyle::link}) {
    Pager pager(object({.style = style, .size_param = "per_page", .size = 10}, {{"a", "1"}}), {{"b", "2"}}, {});
    EXPECT_EQ(pager.request({}).params, (Params{{"a", "1"}, {"b", "2"}, {"per_page", "10"}}));
    const auto second = pager.next({}, {.records = 10, .next = "/things?page=2"}).next;
    ASSERT_TRUE(second);
    const PageRequest request = pager.request(*second);
    EXPECT_EQ(request.url, "/things?page=2");
    EXPECT_EQ(request.path, "");
    EXPECT_TRUE(request.params.empty());
    EXPECT_EQ(pager.next(*second, {.records = 10}).next, std::nullopt);
  }
}

TEST(Paging, RepeatedTokenIsAFailureThatNamesIt) {
  Pager pager(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {}, {});
  Position at = *pager.next({}, {.records = 1, .next = "A"}).next;
  at = *pager.next(at, {.records = 1, .next = "B"}).next;
  const Following loop = pager.next(at, {.records = 1, .next = "A"});
  ASSERT_TRUE(loop.failure && !loop.next);
  EXPECT_EQ(loop.failure->code, "TD206");
  EXPECT_TRUE(loop.failure->message.starts_with("page token \"A\" was given before (page 3)")) << loop.failure->message;
  const std::string long_token(100, 'x');
  Pager other(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {},
              {.page = 3, .offset = 30, .token = long_token});
  const auto same =
      other.next(other.start(), {.records = 1, .next = long_token});  // a resumed run knows where it began
  ASSERT_TRUE(same.failure);
  EXPECT_TRUE(
      same.failure->message.starts_with("page token \"" + std::string(40, 'x') + "...\" was given before (page 4)"));
}

TEST(Paging, RepeatedUrlDoesNotShowItsQuery) {
  Pager pager(object({.style = PageStyle::link}), {}, {});
  const char* url = "https://a.example/x?key=s3cret";
  const Position at = *pager.next({}, {.records = 1, .next = url}).next;
  const Following loop = pager.next(at, {.records = 1, .next = url});
  ASSERT_TRUE(loop.failure);
  EXPECT_EQ(loop.failure->message.find("s3cret"), std::string::npos);
  EXPECT_NE(loop.failure->message.find("a.example"), std::string::npos);
}

TEST(Paging, LongTokensAreCutBetweenCharacters) {
  std::string token(39, 'x');
  for (int i = 0; i < 10; ++i) token += "\xC3\xA4";
  Pager pager(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {},
              {.page = 1, .offset = 1, .token = token});
  const Following loop = pager.next(pager.start(), {.records = 1, .next = token});
  ASSERT_TRUE(loop.failure);
  EXPECT_NE(loop.failure->message.find(std::string(39, 'x') + "...\""), std::string::npos);
}

TEST(Paging, TheSamePageTwiceIsAFailureEvenWhereTheListingEnds) {
  for (const PageStyle style : {PageStyle::page, PageStyle::offset, PageStyle::token}) {
    Pager pager(object({.style = style, .param = "p"}), {}, {});
    const Position second = *pager.next({}, {.records = 5, .next = "t1", .total = 10, .ids = 77}).next;
    const Following same = pager.next(second, {.records = 5, .total = 10, .ids = 77});
    ASSERT_TRUE(same.failure);
    EXPECT_EQ(same.failure->code, "TD206");
    EXPECT_EQ(same.failure->message, "page 2 of things has the same records as the page before");
  }
}

TEST(Paging, EmptyPagesAndOtherPartsAreNotRepeated) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total_pages = {"n"}}), {}, {});
  Position at = *pager.next({}, {.records = 0, .total_pages = 9, .ids = 1}).next;
  at = *pager.next(at, {.records = 0, .total_pages = 9, .ids = 1}).next;
  at = *pager.next(at, {.records = 2, .total_pages = 9, .ids = 5}).next;
  pager.begin_part({});
  EXPECT_TRUE(pager.next({}, {.records = 2, .total_pages = 9, .ids = 5}).next);
}

TEST(Paging, WhatSaysThereIsMoreIsStrongerThanCounting) {
  Pager page(object({.style = PageStyle::page, .param = "p", .more = {"has_more"}}), {}, {});
  EXPECT_TRUE(page.next({}, {.records = 0, .ends = false}).next);  // rows hidden after the cut
  EXPECT_FALSE(page.next({}, {.records = 9, .ends = true}).next);
  Pager token(object({.style = PageStyle::token, .param = "c", .next = {"after"}, .last = {"end"}}), {}, {});
  EXPECT_FALSE(token.next({}, {.records = 9, .next = "t", .ends = true}).next);
  const Following nowhere = token.next({}, {.records = 9, .ends = false});
  ASSERT_TRUE(nowhere.failure);
  EXPECT_EQ(nowhere.failure->code, "TD207");
  Pager offset(object({.style = PageStyle::offset, .param = "o", .more = {"m"}}), {}, {});
  EXPECT_FALSE(offset.next({}, {.records = 0, .ends = false}).next);  // it would ask for the same again
}

TEST(Paging, MoreAndLastAreTruths) {
  const Pager more(object({.style = PageStyle::keyset, .param = "after", .more = {"m"}, .field = "id"}), {}, {});
  EXPECT_EQ(more.facts(), (std::vector<std::vector<std::string>>{{"m"}}));
  EXPECT_EQ(more.seen(1, {"true"}, "").ends, false);
  EXPECT_EQ(more.seen(1, {"false"}, "").ends, true);
  EXPECT_EQ(more.seen(1, {"0"}, "").ends, true);
  EXPECT_EQ(more.seen(1, {std::nullopt}, "").ends, std::nullopt);
  const Pager last(object({.style = PageStyle::token, .param = "c", .next = {"n"}, .last = {"isLast"}}), {}, {});
  EXPECT_EQ(last.seen(1, {"t", "true"}, "").ends, true);
  EXPECT_EQ(last.seen(1, {"t", "false"}, "").ends, false);
}

TEST(Paging, KeysetAsksBehindTheLastRecord) {
  Pager pager(
      object(
          {.style = PageStyle::keyset, .param = "starting_after", .size_param = "limit", .size = 100, .field = "id"}),
      {}, {});
  EXPECT_EQ(param(pager.request({}), "starting_after"), std::nullopt);
  const auto second = pager.next({}, {.records = 3, .key = "cus_3"}).next;
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "starting_after"), "cus_3");
  EXPECT_EQ(param(pager.request(*second), "limit"), "100");
  EXPECT_EQ(pager.next(*second, {.records = 0}).next, std::nullopt);
  EXPECT_EQ(pager.next(*second, {.records = 2, .ends = true, .key = "cus_5"}).next, std::nullopt);
  const Following stuck = pager.next(*second, {.records = 1, .key = "cus_3"});
  ASSERT_TRUE(stuck.failure);
  EXPECT_EQ(stuck.failure->code, "TD206");
  EXPECT_NE(stuck.failure->message.find("cus_3"), std::string::npos);
  EXPECT_EQ(pager.next(*second, {.records = 1}).failure->code, "TD207");
}

Object with_cursor(Paging paging) {
  Object made = object(std::move(paging));
  made.cursor = Cursor{.field = "updated", .param = "since", .tie_break = "id", .tie_param = "after_id"};
  return made;
}

TEST(Paging, KeysetByTheCursorAnchorsEveryPage) {
  Pager pager(with_cursor({.style = PageStyle::keyset}), {}, {});
  const auto second = pager.next({}, {.records = 2, .anchor = "12:00", .tie = "7"}).next;
  ASSERT_TRUE(second);
  EXPECT_EQ(second->anchor, "12:00");
  EXPECT_EQ(second->tie, "7");
  const auto third = pager.next(*second, {.records = 2, .anchor = "12:00", .tie = "9"}).next;  // a tie gets on
  ASSERT_TRUE(third);
  const Following stuck = pager.next(*third, {.records = 2, .anchor = "12:00", .tie = "9"});
  ASSERT_TRUE(stuck.failure);
  EXPECT_EQ(stuck.failure->code, "TD207");
  EXPECT_NE(stuck.failure->message.find("updated = 12:00"), std::string::npos);
  EXPECT_EQ(pager.next(*third, {.records = 0}).next, std::nullopt);
  EXPECT_EQ(pager.next(*third, {.records = 1}).failure->code, "TD207");  // no cursor to go on from
}

TEST(Paging, AWindowIsBegunAnewAtTheCursor) {
  Pager pager(with_cursor({.style = PageStyle::offset, .param = "offset", .start = 0, .window = 250}), {}, {});
  Position at = *pager.next({}, {.records = 100, .anchor = "01"}).next;
  EXPECT_EQ(at.offset, 100);
  at = *pager.next(at, {.records = 100, .anchor = "02"}).next;  // a third page would reach beyond 250
  EXPECT_EQ(at, (Position{.anchor = "02"}));
  EXPECT_EQ(param(pager.request(at), "offset"), "0");
  at = *pager.next(at, {.records = 100, .anchor = "02"}).next;
  const Following stuck = pager.next(at, {.records = 100, .anchor = "02"});
  ASSERT_TRUE(stuck.failure);
  EXPECT_EQ(stuck.failure->code, "TD207");
}

TEST(Paging, NewestFirstEndsWhereAnEarlierRunBegan) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total_pages = {"n"}}), {}, {});
  EXPECT_FALSE(pager.next({}, {.records = 9, .total_pages = 100, .reached = true}).next);
}

TEST(Paging, FactsAreAskedForAndTakenInTheSameOrder) {
  const Pager page(object({.style = PageStyle::page, .total = {"m", "t"}, .total_pages = {"m", "p"}}), {}, {});
  EXPECT_EQ(page.facts(), (std::vector<std::vector<std::string>>{{"m", "t"}, {"m", "p"}}));
  const PageSeen seen = page.seen(3, {"12", "4"}, "");
  EXPECT_EQ(seen.records, 3u);
  EXPECT_EQ(seen.total, 12);
  EXPECT_EQ(seen.total_pages, 4);
  EXPECT_EQ(seen.next, std::nullopt);
  const Pager token(object({.style = PageStyle::token, .param = "c", .next = {"n"}}), {}, {});
  EXPECT_EQ(token.seen(1, {"t"}, "ignored").next, "t");
  EXPECT_EQ(token.seen(1, {std::nullopt}, "ignored").next, std::nullopt);
  EXPECT_EQ(token.seen(1, {}, "").next, std::nullopt);
  const Pager link(object({.style = PageStyle::link}), {}, {});
  EXPECT_TRUE(link.facts().empty());
  EXPECT_EQ(link.seen(1, {}, "/2").next, "/2");
  EXPECT_EQ(link.seen(1, {}, "").next, std::nullopt);
}

TEST(Paging, TotalsThatAreNoWholeNumbersDoNotEndAListing) {
  const Pager pager(object({.style = PageStyle::page, .total = {"t"}}), {}, {});
  for (const char* text : {"", "many", "1.5", "-1", "99999999999999999999", "[1]", "12x"})
    EXPECT_EQ(pager.seen(1, {text}, "").total, std::nullopt) << text;
  EXPECT_EQ(pager.seen(1, {" 7 "}, "").total, 7);
}

TEST(Position, SurvivesStorage) {
  const Position position{.page = 7, .offset = 700, .token = "a\"b\xC3\xA4"};
  EXPECT_EQ(Position::from_json(Json::parse(position.to_json().dump()).value()).value(), position);
  EXPECT_EQ(Position::from_json(Position{}.to_json()).value(), Position{});
  const Position below{.page = 1,
                       .offset = 2,
                       .token = "t",
                       .anchor = "a",
                       .tie = "b",
                       .part = "\"x\"",
                       .parents = Position::Page{3, 30, "p"}};
  EXPECT_EQ(Position::from_json(Json::parse(below.to_json().dump()).value()).value(), below);
  for (const char* bad :
       {"{}", "[]", "null", R"({"page": -1, "offset": 0, "token": ""})", R"({"page": 0, "offset": "0", "token": ""})",
        R"({"page": 0, "offset": 0})", R"({"page": 0, "offset": 0, "token": "", "parents": {}})"}) {
    EXPECT_FALSE(Position::from_json(Json::parse(bad).value()).ok()) << bad;
  }
}

TEST(Paging, ResumesWhereItStopped) {
  const std::vector<Paging> styles = {{.style = PageStyle::page, .param = "p"},
                                      {.style = PageStyle::offset, .param = "o", .start = 0},
                                      {.style = PageStyle::token, .param = "c", .next = {"n"}},
                                      {.style = PageStyle::next_url, .next = {"n"}}};
  for (const Paging& paging : styles) {
    Pager first(object(paging), {}, {});
    Position at{};
    for (int page = 0; page < 3; ++page) at = *first.next(at, {.records = 10, .next = "n" + std::to_string(page)}).next;
    const Position stored = Position::from_json(at.to_json()).value();
    const Pager second(object(paging), {}, stored);
    EXPECT_EQ(second.request(second.start()).params, first.request(at).params);
    EXPECT_EQ(second.request(second.start()).url, first.request(at).url);
  }
}

TEST(Ceilings, NameWhatWasReached) {
  Object object{.name = "events"};
  object.paging.max_pages = 5;
  object.paging.max_micros = 60 * base::kSecond;
  EXPECT_FALSE(
      over_ceiling(object, {.pages = 4, .records = 1'000'000, .bytes = 1'000'000'000, .micros = 59 * base::kSecond}));
  const auto pages = over_ceiling(object, {.pages = 5});
  ASSERT_TRUE(pages);
  EXPECT_EQ(pages->code, "TD208");
  EXPECT_TRUE(pages->retryable);
  EXPECT_NE(pages->suggestion.find("objects.events.paging.max_pages"), std::string::npos);
  EXPECT_NE(over_ceiling(object, {.micros = 61 * base::kSecond})->message.find("max_time"), std::string::npos);
  object.paging.max_micros = base::kSecond / 2;
  EXPECT_FALSE(over_ceiling(object, {.micros = base::kSecond / 4}));
  EXPECT_EQ(over_ceiling(object, {.micros = base::kSecond})->message,
            "listing of events does not end after 1000 ms (max_time)");
  object.paging.max_records = 10;
  object.paging.max_bytes = 10;
  EXPECT_NE(over_ceiling(object, {.records = 10})->message.find("max_records"), std::string::npos);
  EXPECT_NE(over_ceiling(object, {.bytes = 11})->message.find("max_bytes"), std::string::npos);
}

}  // namespace
}  // namespace tandem::core
