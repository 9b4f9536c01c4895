#include "base/percent.hpp"
#include "base/strings.hpp"
#include "base/whole_number.hpp"

#include <gtest/gtest.h>

#include <array>

namespace tandem::base {
namespace {

using Strings = std::vector<std::string>;

TEST(Strings, StrcatJoinsTextAndNumbers) {
  EXPECT_EQ(strcat("page ", 3, " of ", std::string("contacts"), '!', std::uint64_t{18446744073709551615u}),
            "page 3 of contacts!18446744073709551615");
  EXPECT_EQ(strcat(), "");
}

TEST(Strings, SplitKeepsEmptyParts) {
  EXPECT_EQ(split("a.b", '.'), (Strings{"a", "b"}));
  EXPECT_EQ(split(".a..", '.'), (Strings{"", "a", "", ""}));
  EXPECT_EQ(split("", '.'), (Strings{""}));
}

TEST(Strings, JoinIsTheInverseOfSplit) {
  EXPECT_EQ(join(Strings{"", "a", "", ""}, "."), ".a..");
  EXPECT_EQ(join(Strings{}, ", "), "");
}

TEST(Strings, TrimTakesAllAsciiSpace) {
  EXPECT_EQ(trim(" \t\r\n\v\fa b\n"), "a b");
  EXPECT_EQ(trim(" \n "), "");
}

TEST(Strings, LowerIsAsciiOnly) { EXPECT_EQ(lower("ÄBC-Z"), "Äbc-z"); }

TEST(Strings, SnakeCase) {
  const std::array<std::pair<const char*, const char*>, 17> cases{{
      {"createdAt", "created_at"},
      {"Created At", "created_at"},
      {"created-at", "created_at"},
      {"created_at", "created_at"},
      {"HTTPServer", "http_server"},
      {"userID", "user_id"},
      {"userIDs", "user_ids"},
      {"IDs", "ids"},
      {"3166-1", "3166_1"},
      {"line2Text", "line2_text"},
      {"Custom_Field__c", "custom_field_c"},
      {"__typename", "typename"},
      {"address.city", "address_city"},
      {"größe", "größe"},
      {"A", "a"},
      {"", "_"},
      {"--", "_"},
  }};
  for (const auto& [given, expected] : cases) EXPECT_EQ(snake_case(given), expected) << given;
}

TEST(Strings, NearestFindsATypoAndNothingFarAway) {
  const std::array<std::string_view, 3> choices{"basic", "bearer", "api-key"};
  EXPECT_EQ(nearest("baerer", choices), "bearer");
  EXPECT_EQ(nearest("Basic", choices), "basic");
  EXPECT_EQ(nearest("apikey", choices), "api-key");
  EXPECT_EQ(nearest("oauth2", choices), "");
  EXPECT_EQ(nearest("", choices), "");
  EXPECT_EQ(nearest(std::string(100'000, 'b'), choices), "");
}

TEST(Strings, NearestAllowsAThirdOfTheWordPlusOne) {
  const std::array<std::string_view, 1> choices{"abcdef"};
  EXPECT_EQ(nearest("xyzdef", choices), "abcdef");  // 3 of 6 differ: 6 / 3 + 1
  EXPECT_EQ(nearest("wxyzef", choices), "");
}

TEST(Utf8, AcceptsTheEdgesOfEachLength) {
  for (const char* text : {"", "\x7F", "\xC2\x80", "\xDF\xBF", "\xE0\xA0\x80", "\xED\x9F\xBF", "\xEE\x80\x80",
                           "\xEF\xBF\xBF", "\xF0\x90\x80\x80", "\xF4\x8F\xBF\xBF"})
    EXPECT_TRUE(valid_utf8(text)) << text;
}

TEST(Utf8, RefusesWhatIsBeyondThem) {
  for (const char* text :
       {"\x80", "\xBF", "\xC0\xAF", "\xC1\xBF", "\xC2", "\xC2\x41", "\xE0\x9F\xBF", "\xE2\x82", "\xED\xA0\x80",
        "\xED\xBF\xBF", "\xF0\x8F\xBF\xBF", "\xF4\x90\x80\x80", "\xF5\x80\x80\x80", "\xFF"})
    EXPECT_FALSE(valid_utf8(text)) << text;
}

TEST(Utf8, TellsWhereItBreaks) {
  EXPECT_EQ(invalid_utf8_at("0123456789abcdef\xC3\xA4\xFFz"), 18u);
  EXPECT_EQ(invalid_utf8_at("0123456789abcdef\xC3"), 16u);
  EXPECT_EQ(invalid_utf8_at("0123456789abcdef"), std::string_view::npos);
}

TEST(Utf8, LengthCountsCodePoints) { EXPECT_EQ(utf8_length("aä€😀"), 4u); }

TEST(Utf8, WritesEachLength) {
  const auto written = [](std::uint32_t code_point) {
    char out[4];
    return std::string(out, write_utf8(code_point, out));
  };
  EXPECT_EQ(written('a'), "a");
  EXPECT_EQ(written(0xE4), "ä");
  EXPECT_EQ(written(0x20AC), "€");
  EXPECT_EQ(written(0x1F600), "😀");
  EXPECT_EQ(written(0x10FFFF), "\xF4\x8F\xBF\xBF");
}

TEST(Excerpt, IsShortAndPrintable) {
  EXPECT_EQ(printable_excerpt("  <!DOCTYPE\r\n\t html>\x01\xFF", 40), "<!DOCTYPE html>??");
  EXPECT_EQ(printable_excerpt("abcdef", 3), "abc...");
  EXPECT_EQ(printable_excerpt("abc", 3), "abc");
  EXPECT_EQ(printable_excerpt("", 3), "");
}

// Published results of XXH64. They are stored in tables: whoever changes one of these
// numbers makes every row look changed.
TEST(Hash64, IsXxh64) {
  EXPECT_EQ(hash64("", 0), 0xEF46DB3751D8E999u);
  EXPECT_EQ(hash64("a", 0), 0xD24EC4F1A98C6E5Bu);
  EXPECT_EQ(hash64("abc", 0), 0x44BC2CF5AD770999u);
  EXPECT_EQ(hash64("Nobody inspects the spammish repetition", 0), 0xFBCEA83C8A378BF1u);
  EXPECT_EQ(hash64("xxhash", 20141025), 0xB559B98D844E0635u);
}

TEST(Hash64, DependsOnEveryByteAndOnTheSeed) {
  std::string text(100, 'x');
  const std::uint64_t all = hash64(text, 1);
  EXPECT_NE(all, hash64(text, 2));
  for (std::size_t i = 0; i < text.size(); ++i) {
    text[i] = 'y';
    EXPECT_NE(hash64(text, 1), all) << i;
    text[i] = 'x';
    EXPECT_NE(hash64(std::string_view(text).substr(0, i), 1), all) << i;
  }
}

TEST(BasePercent, ByteByByte) {
  EXPECT_EQ("azAZ09-._~", percent_encode("azAZ09-._~"));
  EXPECT_EQ("a%20b%2Bc%26d%3De%2F%3F%23%25", percent_encode("a b+c&d=e/?#%"));
  EXPECT_EQ("%C3%BC%00", percent_encode(std::string_view("\xc3\xbc\0", 3)));
  EXPECT_EQ("a+b%2f", percent_encode("a b/", {.hex = "0123456789abcdef", .form = true}));
}

TEST(BaseWholeNumber, NothingElseBesides) {
  EXPECT_EQ(42, whole_number("42"));
  EXPECT_EQ(-7, whole_number("-7"));
  EXPECT_EQ(9223372036854775807, whole_number("9223372036854775807"));
  for (const char* each : {"", " 1", "1 ", "+1", "1.0", "1e3", "9223372036854775808", "x"})
    EXPECT_EQ(std::nullopt, whole_number(each)) << each;
}

}  // namespace
}  // namespace tandem::base
