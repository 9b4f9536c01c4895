#include "net/url.hpp"

#include <gtest/gtest.h>

#include <string>

namespace tandem::net {
namespace {

std::string reason(std::string_view text) {
  const auto url = parse_url(text);
  EXPECT_FALSE(url.ok()) << text;
  return url.ok() ? "" : url.error().text;
}

std::string resolved(std::string_view base, std::string_view reference) {
  const auto url = resolve_same_origin(parse_url(base).value(), reference);
  return url.ok() ? url->text() : "error: " + url.error().text;
}

TEST(NetUrl, PartsOfAnUrl) {
  const auto url = parse_url("HTTPS://API.Example.com/v1/items?a=1&b=%20x#part").value();
  EXPECT_EQ("https", url.scheme);
  EXPECT_EQ("api.example.com", url.host);
  EXPECT_EQ("443", url.port);
  EXPECT_EQ("/v1/items", url.path);
  EXPECT_EQ("a=1&b=%20x", url.query);
  EXPECT_EQ("https://api.example.com", url.origin());
  EXPECT_EQ("https://api.example.com/v1/items?a=1&b=%20x", url.text());
}

TEST(NetUrl, DefaultsAndPorts) {
  EXPECT_EQ("https://example.com/", parse_url("https://example.com").value().text());
  EXPECT_EQ("https://example.com/?q", parse_url("https://example.com?q").value().text());
  EXPECT_EQ("80", parse_url("http://example.com").value().port);
  EXPECT_EQ("https://example.com/", parse_url("https://example.com:443/").value().text());
  EXPECT_EQ("https://example.com:80/", parse_url("https://example.com:80/").value().text());
  EXPECT_EQ("http://[fd00::1]:8080/x", parse_url("http://[FD00::1]:8080/x").value().text());
}

TEST(NetUrl, OddSpellingsOfAddressesAreMadePlain) {
  EXPECT_EQ("127.0.0.1", parse_url("http://2130706433/").value().host);
  EXPECT_EQ("127.0.0.1", parse_url("http://0x7f.1/").value().host);
  EXPECT_EQ("127.0.0.1", parse_url("http://127.1/").value().host);
  EXPECT_EQ("127.0.0.1", parse_url("http://0177.0.0.1/").value().host);
}

TEST(NetUrl, SpacesAndOtherBytesAreEncodedOnce) {
  EXPECT_EQ("https://e.com/a%20b/%c3%bc?q=%c3%a4", parse_url("https://e.com/a b/\u00fc?q=\u00e4").value().text());
  EXPECT_EQ("https://e.com/a%20b?q=%2B", parse_url("https://e.com/a%20b?q=%2B").value().text());
}

TEST(NetUrl, DotSegmentsDoNotSurvive) {
  EXPECT_EQ("https://e.com/b", parse_url("https://e.com/a/../b").value().text());
  EXPECT_EQ("https://e.com/etc", parse_url("https://e.com/../../etc").value().text());
}

TEST(NetUrl, RefusedWithAReason) {
  EXPECT_EQ("invalid URL: its scheme is neither https nor http", reason("ftp://example.com/"));
  EXPECT_EQ("invalid URL: its scheme is neither https nor http", reason("file:///etc/passwd"));
  EXPECT_EQ("invalid URL: its scheme is neither https nor http", reason("gopher://example.com/"));
  EXPECT_EQ("invalid URL: it has a user name or password before the host", reason("https://user:pw@example.com/"));
  EXPECT_EQ("invalid URL: it has a user name or password before the host", reason("https://user@example.com/"));
  EXPECT_EQ("invalid URL: it has a control character", reason("https://example.com/a\r\nX: y"));
  EXPECT_EQ("invalid URL: it has a control character", reason(std::string_view("https://example.com/\0x", 22)));
  EXPECT_EQ("invalid URL: it has a control character", reason("https://example.com/\x7f"));
  EXPECT_EQ("invalid URL: it is longer than 8192 bytes", reason("https://e.com/" + std::string(8192, 'a')));
  EXPECT_EQ("invalid URL: it is longer than 8192 bytes", reason("https://e.com/" + std::string(4000, ' ') + "x"));
  EXPECT_EQ("invalid URL: its host ends in a dot", reason("https://example.com./"));
  EXPECT_EQ("invalid URL: its host has a zone id", reason("http://[fe80::1%25eth0]/"));
  EXPECT_EQ("invalid URL: its port is not valid", reason("https://example.com:0/"));
  for (const char* each :
       {"", "example.com", "/items", "https://", "https:///", "https://example.com:99999/", "https://exa mple.com/",
        "https://example.com\\@evil.com/", "https://[::1", "https://a%2fb/", "https://a%00b/"}) {
    EXPECT_TRUE(reason(each).starts_with("invalid URL: ")) << each << ": " << reason(each);
  }
}

TEST(NetUrl, ErrorsDoNotQuoteTheUrl) {
  EXPECT_EQ(std::string::npos, reason("https://user:geheim@example.com/").find("geheim"));
}

TEST(NetUrl, ReferencesOnTheSameOrigin) {
  const std::string base = "https://api.example.com/v1/items?page=1";
  EXPECT_EQ("https://api.example.com/v1/items?page=2", resolved(base, "https://api.example.com/v1/items?page=2"));
  EXPECT_EQ("https://api.example.com/v1/items?page=2", resolved(base, "https://API.example.com:443/v1/items?page=2"));
  EXPECT_EQ("https://api.example.com/v1/items?page=2", resolved(base, "?page=2"));
  EXPECT_EQ("https://api.example.com/v2/x", resolved(base, "/v2/x"));
  EXPECT_EQ("https://api.example.com/v1/next", resolved(base, "next"));
  EXPECT_EQ("https://api.example.com/x", resolved(base, "../x"));
  EXPECT_EQ("https://api.example.com/v1/x", resolved(base, "  /v1/x  "));
  EXPECT_EQ("https://api.example.com/y", resolved(base, "//api.example.com/y"));
}

TEST(NetUrl, ReferencesElsewhereAreRefused) {
  const std::string base = "https://api.example.com/v1/items";
  for (const char* each :
       {"https://evil.com/", "//evil.com/x", "http://api.example.com/", "https://api.example.com:8443/",
        "https://api.example.com.evil.com/", "https://169.254.169.254/latest"}) {
    const auto url = resolve_same_origin(parse_url(base).value(), each);
    ASSERT_FALSE(url.ok()) << each;
    EXPECT_EQ(base::Errc::invalid_parameter, url.error().code);
    EXPECT_TRUE(url.error().text.starts_with("link leads from https://api.example.com to ")) << url.error().text;
  }
  for (const char* each : {"", "   ", "https://user:pw@api.example.com/", "ftp://api.example.com/", "/a\nb",
                           "https://api.example.com@evil.com/", "file:///etc/passwd"}) {
    EXPECT_FALSE(resolve_same_origin(parse_url(base).value(), each).ok()) << each;
  }
}

TEST(NetUrl, ParametersAreAddedAndReplaced) {
  auto url = parse_url("https://e.com/x").value();
  set_params(url, {{"page", "1"}, {"q", "a b&c"}});
  EXPECT_EQ("page=1&q=a%20b%26c", url.query);
  set_params(url, {{"page", "2"}});
  EXPECT_EQ("q=a%20b%26c&page=2", url.query);
  set_params(url, {});
  EXPECT_EQ("q=a%20b%26c&page=2", url.query);
}

TEST(NetUrl, ParametersAreFoundInAnySpelling) {
  auto url = parse_url("https://e.com/x?a%5Bb%5D=1&a+c=2&flag&d=3&flag=4").value();
  set_params(url, {{"a[b]", "x"}, {"a c", "y"}, {"flag", ""}});
  EXPECT_EQ("d=3&a%5Bb%5D=x&a%20c=y&flag=", url.query);
}

TEST(NetUrl, RepeatedParametersAreKept) {
  auto url = parse_url("https://e.com/x?id=0").value();
  set_params(url, {{"id", "1"}, {"id", "2"}});
  EXPECT_EQ("id=1&id=2", url.query);
}

TEST(NetUrl, DroppingAParameterLeavesTheRestAsItWas) {
  auto url = parse_url("https://e.com/x?a=1&&b=%7e&a=2").value();
  drop_param(url, "c");
  EXPECT_EQ("a=1&&b=%7e&a=2", url.query);
  drop_param(url, "a");
  EXPECT_EQ("&b=%7e", url.query);
}

TEST(NetLink, TheUsualForm) {
  EXPECT_EQ(
      "https://api.github.com/x?page=2",
      link_next(R"(<https://api.github.com/x?page=2>; rel="next", <https://api.github.com/x?page=9>; rel="last")"));
  EXPECT_EQ("/b", link_next(R"(</a>; rel="prev", </b>; rel="next")"));
  EXPECT_EQ("/b", link_next(R"(</b>;rel=next)"));
}

TEST(NetLink, NoNextLink) {
  EXPECT_EQ("", link_next(""));
  EXPECT_EQ("", link_next(R"(</a>; rel="prev")"));
  EXPECT_EQ("", link_next(R"(</a>)"));
  EXPECT_EQ("", link_next(R"(</a>; rel="nextpage")"));
  EXPECT_EQ("", link_next(R"(</a>; title="next")"));
  EXPECT_EQ("", link_next(R"(<>; rel="next")"));
}

TEST(NetLink, SeveralRelationsAndCase) {
  EXPECT_EQ("/a", link_next(R"(</a>; REL="Prefetch NEXT")"));
  EXPECT_EQ("/a", link_next("</a> ; rel = \"start\tnext\""));
  EXPECT_EQ("", link_next(R"(</a>; rel="last"; rel="next")"));
  EXPECT_EQ("/a", link_next(R"(</a>; rel="next"; rel="last")"));
}

TEST(NetLink, SeparatorsInsideTargetsAndQuotes) {
  EXPECT_EQ("/x?ids=1,2;3", link_next(R"(</x?ids=1,2;3>; rel="next")"));
  EXPECT_EQ("/b", link_next(R"(</a>; title="a, </evil>; rel=next"; rel="prev", </b>; rel="next")"));
  EXPECT_EQ("/b", link_next(R"(</a>; title="quote \", </evil>; rel=next"; rel=last, </b>; title=x; rel=next)"));
}

TEST(NetLink, BrokenHeadersEndOrAreSkipped) {
  EXPECT_EQ("", link_next("</a; rel=next"));
  EXPECT_EQ("/a", link_next(R"(</a>; rel="next)"));
  EXPECT_EQ("/b", link_next(R"(garbage, </b>; rel=next)"));
  EXPECT_EQ("/b", link_next(R"(</b>;; ; =x; rel=next)"));
  EXPECT_EQ("/b", link_next(R"(,,</b>; rel=next,,)"));
  EXPECT_EQ("", link_next("\"\\"));
  EXPECT_EQ("", link_next("</a>; rel=\"\\"));
}

}  // namespace
}  // namespace tandem::net
