#include "base/secret.hpp"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <type_traits>
#include <vector>

namespace tandem::base {
namespace {

static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<std::string, Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret> && std::is_nothrow_move_assignable_v<Secret>);

// The bytes of the object itself, where short strings live.
bool object_holds(const Secret& secret, std::string_view text) {
  std::array<char, sizeof(Secret)> bytes{};
  std::memcpy(bytes.data(), static_cast<const void*>(&secret), sizeof(Secret));
  return std::string_view(bytes.data(), bytes.size()).find(text) != std::string_view::npos;
}

TEST(Secret, MovesAndCopies) {
  Secret a(std::string("hunter2"));
  Secret b = a;
  EXPECT_EQ(b.reveal(), "hunter2");
  Secret c = std::move(b);
  EXPECT_EQ(c.reveal(), "hunter2");
  a = Secret(std::string(100, 'x'));
  EXPECT_EQ(a.reveal(), std::string(100, 'x'));
  a = c;
  EXPECT_EQ(a.reveal(), "hunter2");
  const Secret& same = a;
  a = same;
  EXPECT_EQ(a.reveal(), "hunter2");
}

TEST(Secret, LeavesNothingInWhatItWasMovedFrom) {
  Secret a(std::string("hunter2"));
  EXPECT_TRUE(object_holds(a, "hunter2"));
  const Secret b = std::move(a);
  EXPECT_FALSE(object_holds(a, "unter2"));  // NOLINT: that is the question
  Secret c(std::string("letmein"));
  Secret d;
  d = std::move(c);
  EXPECT_FALSE(object_holds(c, "etmein"));  // NOLINT
  EXPECT_EQ(d.reveal(), "letmein");
}

TEST(Secret, AShorterValueLeavesNothingOfALongerOne) {
  Secret a(std::string("longersecret"));
  a = Secret(std::string("tiny"));
  EXPECT_FALSE(object_holds(a, "secret"));
}

TEST(Cleanse, WipesWhatStoodBehindTheEnd) {
  std::string text = "hunter2hunter2";
  const char* const memory = text.data();
  text.resize(2);
  cleanse(text);
  EXPECT_TRUE(text.empty());
  EXPECT_EQ(std::string_view(memory, 1), std::string_view("\0", 1));
  text.resize(14, '\1');
  EXPECT_EQ(text.find("ter2"), std::string::npos);
}

class Redact : public ::testing::Test {
 protected:
  std::string redacted(std::string text, std::vector<std::string> secrets = {"hunter2"}) {
    std::vector<Secret> list;
    for (std::string& secret : secrets) list.emplace_back(std::move(secret));
    return redact(std::move(text), list);
  }
};

TEST_F(Redact, EveryOccurrence) { EXPECT_EQ(redacted("hunter2 and xhunter2y"), "*** and x***y"); }

TEST_F(Redact, LeavesShortSecretsAndOtherTextAlone) {
  EXPECT_EQ(redacted("abc is what? a=b #12", {"abc", ""}), "abc is what? a=b #12");
  EXPECT_EQ(redacted("", {"hunter2"}), "");
  EXPECT_EQ(redacted("two  spaces\n\ttab ", {}), "two  spaces\n\ttab ");
}

TEST_F(Redact, TheLongerOfTwoThatOverlap) {
  EXPECT_EQ(redacted("x hunter2-prod", {"hunter2", "hunter2-prod"}), "x ***");
}

TEST_F(Redact, PercentEncodedInBothCases) {
  EXPECT_EQ(redacted("tried p%C3%A4ss%2Fw%20d", {"päss/w d"}), "tried ***");
  EXPECT_EQ(redacted("tried p%c3%a4ss%2fw%20d", {"päss/w d"}), "tried ***");
  EXPECT_EQ(redacted("tried p%C3%A4ss%2Fw+d", {"päss/w d"}), "tried ***");
}

// base64("x:hunter2"), ("me:hunter2"), ("bob:hunter2"): the secret at each place in a group of three.
TEST_F(Redact, Base64AtEveryOffset) {
  EXPECT_EQ(redacted("Basic eDpodW50ZXIy"), "Basic eDp***");
  EXPECT_EQ(redacted("Basic bWU6aHVudGVyMg=="), "Basic bWU6***g==");
  EXPECT_EQ(redacted("Basic Ym9iOmh1bnRlcjI="), "Basic Ym9iOm***I=");
  EXPECT_EQ(redacted("Basic aHVudGVyMg=="), "Basic ***g==");
}

TEST_F(Redact, Base64InTheUrlAlphabet) {
  EXPECT_EQ(redacted("Pz8_Pj4-", {"?\?\?>>>"}), "***");
  EXPECT_EQ(redacted("Pz8/Pj4+", {"?\?\?>>>"}), "***");
}

TEST_F(Redact, UrlsInText) {
  EXPECT_EQ(redacted("GET https://me:pw@api.example.com/a?token=abc&x=1 failed", {}),
            "GET https://***@api.example.com/a?token=***&x=*** failed");
  EXPECT_EQ(redacted("\"GET /v1/a?api_key=abc HTTP/1.1\" 401", {}), "\"GET /v1/a?api_key=*** HTTP/1.1\" 401");
  EXPECT_EQ(redacted("<https://h/next?cursor=abc>; rel=\"next\"", {}), "<https://h/next?cursor=***>; rel=\"next\"");
  EXPECT_EQ(redacted("http://a/->http://u:p@b/", {}), "http://a/->http://***@b/");
}

TEST(RedactUrl, HidesWhatMayBeSecret) {
  EXPECT_EQ(redact_url("https://host/path?a=1"), "https://host/path?a=***");
  EXPECT_EQ(redact_url("https://host/path?a=1=2&b=&token&&c=3"), "https://host/path?a=***&b=***&***&&c=***");
  EXPECT_EQ(redact_url("https://u:p@q@host:8443/p"), "https://***@host:8443/p");
  EXPECT_EQ(redact_url("https://host/cb#access_token=abc&t=1"), "https://host/cb#access_token=***&t=***");
  EXPECT_EQ(redact_url("https://host/cb?x=1#abc"), "https://host/cb?x=***#***");
  EXPECT_EQ(redact_url("https://host?x=http://u:p@h"), "https://host?x=***");
}

TEST(RedactUrl, KeepsTheRest) {
  for (const char* url : {"https://host/users/@me", "https://host", "host/path", "", "https://[::1]:80/a:b"})
    EXPECT_EQ(redact_url(url), url);
}

}  // namespace
}  // namespace tandem::base
