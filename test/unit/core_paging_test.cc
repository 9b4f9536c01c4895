// The six page styles: what is asked for, when a listing ends, and that it always does.
#include <gtest/gtest.h>

#include "core/paging.hpp"

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
  EXPECT_EQ(pager.next(pager.start(), {.records = 50}).value(), std::nullopt);
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
  const auto second = pager.next({}, {.records = 3}).value();  // a short page is not the end
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "p"), "2");
  EXPECT_EQ(second->offset, 3);
  EXPECT_EQ(pager.next(*second, {.records = 0}).value(), std::nullopt);
}

TEST(Paging, PagesMayCountFromZero) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .start = 0, .total_pages = {"pages"}}), {}, {});
  EXPECT_EQ(param(pager.request({}), "p"), "0");
  const auto second = pager.next({}, {.records = 5, .total_pages = 2}).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "p"), "1");
  EXPECT_EQ(pager.next(*second, {.records = 5, .total_pages = 2}).value(), std::nullopt);
}

TEST(Paging, TotalOfRecordsEndsPages) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total = {"total"}}), {}, {});
  const auto second = pager.next({}, {.records = 5, .total = 10}).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(pager.next(*second, {.records = 5, .total = 10}).value(), std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0, .total = 10}).value(), std::nullopt);
}

TEST(Paging, AnEmptyPageBeforeTheLastIsNotTheEnd) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .total_pages = {"pages"}}), {}, {});
  EXPECT_TRUE(pager.next({}, {.records = 0, .total_pages = 3}).value());
  EXPECT_EQ(pager.next({}, {.records = 0, .total_pages = 0}).value(), std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0}).value(), std::nullopt);  // the number is missing: the empty page decides
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
  const auto second = pager.next({}, {.records = 100, .total = 101}).value();
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "offset"), "100");
  EXPECT_EQ(pager.next(*second, {.records = 1, .total = 101}).value(), std::nullopt);
  EXPECT_EQ(pager.next({}, {.records = 0}).value(), std::nullopt);
}

TEST(Paging, OffsetMayStartAtOne) {
  const Pager pager(object({.style = PageStyle::offset, .param = "startIndex", .start = 1}), {}, {});
  EXPECT_EQ(param(pager.request({}), "startIndex"), "1");
  EXPECT_EQ(param(pager.request({.page = 1, .offset = 20}), "startIndex"), "21");
}

TEST(Paging, TokenGoesOnUntilThereIsNone) {
  Pager pager(object({.style = PageStyle::token, .param = "cursor", .next = {"next"}}, {{"a", "1"}}), {}, {});
  EXPECT_EQ(param(pager.request({}), "cursor"), std::nullopt);
  const auto second = pager.next({}, {.records = 0, .next = "t1"}).value();  // an empty page is not the end
  ASSERT_TRUE(second);
  EXPECT_EQ(param(pager.request(*second), "cursor"), "t1");
  EXPECT_EQ(param(pager.request(*second), "a"), "1");
  EXPECT_EQ(pager.next(*second, {.records = 9, .next = ""}).value(), std::nullopt);
  EXPECT_EQ(pager.next(*second, {.records = 9}).value(), std::nullopt);
}

TEST(Paging, NextUrlIsTheWholeRequest) {
  for (const PageStyle style : {PageStyle::next_url, PageStyle::link}) {
    Pager pager(object({.style = style, .size_param = "per_page", .size = 10}, {{"a", "1"}}), {{"b", "2"}}, {});
    EXPECT_EQ(pager.request({}).params, (Params{{"a", "1"}, {"b", "2"}, {"per_page", "10"}}));
    const auto second = pager.next({}, {.records = 10, .next = "/things?page=2"}).value();
    ASSERT_TRUE(second);
    const PageRequest request = pager.request(*second);
    EXPECT_EQ(request.url, "/things?page=2");
    EXPECT_EQ(request.path, "");
    EXPECT_TRUE(request.params.empty());
    EXPECT_EQ(pager.next(*second, {.records = 10}).value(), std::nullopt);
  }
}

TEST(Paging, RepeatedTokenIsAnErrorThatNamesIt) {
  Pager pager(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {}, {});
  Position at = **pager.next({}, {.records = 1, .next = "A"});
  at = **pager.next(at, {.records = 1, .next = "B"});
  const auto loop = pager.next(at, {.records = 1, .next = "A"});
  ASSERT_FALSE(loop.ok());
  EXPECT_EQ(loop.error().code, base::Errc::protocol_violation);
  EXPECT_EQ(loop.error().text, "page token \"A\" was given before (page 3)");
  const std::string long_token(100, 'x');
  Pager other(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {},
              {.page = 3, .offset = 30, .token = long_token});
  const auto same =
      other.next(other.start(), {.records = 1, .next = long_token});  // a resumed run knows where it began
  ASSERT_FALSE(same.ok());
  EXPECT_EQ(same.error().text, "page token \"" + std::string(40, 'x') + "...\" was given before (page 4)");
}

TEST(Paging, RepeatedUrlDoesNotShowItsQuery) {
  Pager pager(object({.style = PageStyle::link}), {}, {});
  const char* url = "https://a.example/x?key=s3cret";
  const Position at = **pager.next({}, {.records = 1, .next = url});
  const auto loop = pager.next(at, {.records = 1, .next = url});
  ASSERT_FALSE(loop.ok());
  EXPECT_EQ(loop.error().text.find("s3cret"), std::string::npos);
  EXPECT_NE(loop.error().text.find("a.example"), std::string::npos);
}

TEST(Paging, LongTokensAreCutBetweenCharacters) {
  std::string token(39, 'x');
  for (int i = 0; i < 10; ++i) token += "\xC3\xA4";
  Pager pager(object({.style = PageStyle::token, .param = "c", .next = {"next"}}), {},
              {.page = 1, .offset = 1, .token = token});
  const auto loop = pager.next(pager.start(), {.records = 1, .next = token});
  ASSERT_FALSE(loop.ok());
  EXPECT_NE(loop.error().text.find(std::string(39, 'x') + "...\""), std::string::npos);
}

TEST(Paging, MaxPagesIsNamed) {
  Pager pager(object({.style = PageStyle::page, .param = "p", .max_pages = 2}), {}, {});
  const Position second = **pager.next({}, {.records = 1});
  const auto third = pager.next(second, {.records = 1});
  ASSERT_FALSE(third.ok());
  EXPECT_EQ(third.error().code, base::Errc::limit_exceeded);
  EXPECT_NE(third.error().hint.find("objects.things.paging.max_pages"), std::string::npos);
  EXPECT_EQ(pager.next(second, {.records = 0}).value(), std::nullopt);  // the end on the last allowed page is no error
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
  for (const char* bad : {"{}", "[]", "null", R"({"page": -1, "offset": 0, "token": ""})",
                          R"({"page": 0, "offset": "0", "token": ""})", R"({"page": 0, "offset": 0})"}) {
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
    for (int page = 0; page < 3; ++page) at = **first.next(at, {.records = 10, .next = "n" + std::to_string(page)});
    const Position stored = Position::from_json(at.to_json()).value();
    const Pager second(object(paging), {}, stored);
    EXPECT_EQ(second.request(second.start()).params, first.request(at).params);
    EXPECT_EQ(second.request(second.start()).url, first.request(at).url);
  }
}

}  // namespace
}  // namespace tandem::core
