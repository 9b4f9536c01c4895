// The page reader against jansson on generated texts, the same ones each time: what
// the fuzz target does, in a second and without a fuzzer.
#include <gtest/gtest.h>

#include <array>
#include <random>

#include "../fuzz/page_reader_check.hpp"

namespace tandem::base {
namespace {

using namespace std::string_view_literals;

// JSON of every kind, with the odd corners more frequent than in life.
class Generator {
 public:
  explicit Generator(std::uint32_t seed) : random_(seed) {}

  std::string document() {
    std::string out = below(20) == 0 ? "\xEF\xBB\xBF" : "";
    space(out);
    if (below(10) == 0) {
      value(out, 0);
    } else {
      object(out, 0);
    }
    space(out);
    return out;
  }

  // A few bytes changed, taken away, doubled or moved.
  std::string mutated(std::string text) {
    static constexpr std::string_view kBytes =
        "{}[]:,\"\\ \t\n\r0123456789.eE+-tfnulrase/bu\x00\x01\x0c\x1a\x7f\x80\xbf\xc3\xed\xff"sv;
    for (std::size_t n = 1 + below(3); n > 0 && !text.empty(); --n) {
      const std::size_t at = below(text.size());
      switch (below(5)) {
        case 0:
          text[at] = kBytes[below(kBytes.size())];
          break;
        case 1:
          text.erase(at, 1 + below(4));
          break;
        case 2:
          text.insert(at, 1, kBytes[below(kBytes.size())]);
          break;
        case 3:
          text.insert(at, text.substr(below(text.size()), below(12)));
          break;
        case 4:
          text.resize(at);
          break;
      }
    }
    return text;
  }

 private:
  std::size_t below(std::size_t bound) { return std::uniform_int_distribution<std::size_t>(0, bound - 1)(random_); }

  void space(std::string& out) {
    if (below(6) != 0) return;
    for (std::size_t n = below(below(20) == 0 ? 80 : 4); n > 0; --n) out.push_back(" \t\r\n"[below(4)]);
  }

  void value(std::string& out, int depth) {
    const std::size_t kind = below(depth > 4 ? 6 : 9);
    if (kind < 2) {
      string(out);
    } else if (kind < 4) {
      number(out);
    } else if (kind < 6) {
      out += std::array{"true", "false", "null"}[below(3)];
    } else if (kind == 6) {
      array(out, depth);
    } else {
      object(out, depth);
    }
  }

  void object(std::string& out, int depth) {
    static constexpr std::array kKeys{"a",         "b",   "c", "a.b",  "a/b",   "",         "\\u0061",
                                      "b\\u002e1", "xyz", "0", "\\\"", "c\\\\", "\xC3\xA4", "/a~1b"};
    out.push_back('{');
    for (std::size_t n = below(6), i = 0; i < n; ++i) {
      if (i > 0) out.push_back(',');
      space(out);
      out += std::string("\"") + kKeys[below(kKeys.size())] + "\"";
      space(out);
      out.push_back(':');
      space(out);
      value(out, depth + 1);
      space(out);
    }
    out.push_back('}');
  }

  void array(std::string& out, int depth) {
    out.push_back('[');
    space(out);
    for (std::size_t n = below(4), i = 0; i < n; ++i) {
      if (i > 0) out.push_back(',');
      space(out);
      value(out, depth + 1);
      space(out);
    }
    out.push_back(']');
  }

  void string(std::string& out) {
    static constexpr std::array kPieces{"a",
                                        "bc ",
                                        "\\n",
                                        "\\\\",
                                        "\\\"",
                                        "\\/",
                                        "\\u0041",
                                        "\\u00e4",
                                        "\\ud83d\\ude00",
                                        "\\uD83D",
                                        "\\udc00",
                                        "\\u0000",
                                        "\xC3\xA4",
                                        "\xE2\x82\xAC",
                                        "\xF0\x9F\x98\x80",
                                        "{",
                                        "]",
                                        ",",
                                        ":",
                                        "\x7f",
                                        "longer text that fills a block or two "};
    out.push_back('"');
    for (std::size_t n = below(6); n > 0; --n) {
      const std::size_t piece = below(kPieces.size());
      const bool rare = piece >= 9 && piece <= 11;
      if (!rare || below(8) == 0) out += kPieces[piece];
    }
    out.push_back('"');
  }

  void number(std::string& out) {
    static constexpr std::array kNumbers{"0",
                                         "-0",
                                         "1",
                                         "-12",
                                         "9007199254740993",
                                         "9223372036854775807",
                                         "9223372036854775808",
                                         "0.1",
                                         "-1.50",
                                         "1e5",
                                         "1E-7",
                                         "2.5e+10",
                                         "1e400",
                                         "1e-400",
                                         "123456789012345678901234567890",
                                         "0.30000000000000004"};
    out += kNumbers[below(kNumbers.size())];
  }

  std::mt19937 random_;
};

TEST(PageReaderDifferential, GeneratedTexts) {
  Generator generate(20260101);
  for (int i = 0; i < 20'000; ++i) {
    const std::string text = generate.document();
    if (const auto wrong = check::disagreement(text)) FAIL() << *wrong << "\nin " << text;
  }
}

TEST(PageReaderDifferential, MutatedTexts) {
  Generator generate(20260102);
  int accepted = 0;
  for (int i = 0; i < 40'000; ++i) {
    const std::string text = generate.mutated(generate.document());
    if (const auto wrong = check::disagreement(text)) FAIL() << *wrong << "\nin " << text;
    json_error_t error;
    accepted += check::oracle(text, error) != nullptr;
  }
  EXPECT_GT(accepted, 2'000) << "mutations that break everything show nothing";
  EXPECT_LT(accepted, 38'000);
}

TEST(PageReaderDifferential, DeepTexts) {
  for (std::size_t depth = 100; depth < 140; ++depth) {
    std::string text = "{\"a\":" + std::string(depth, '[') + std::string(depth, ']') + "}";
    EXPECT_EQ(check::disagreement(text), std::nullopt) << depth;
    text.insert(5 + depth, "1");
    EXPECT_EQ(check::disagreement(text), std::nullopt) << depth;
  }
}

// The check itself must be able to see a difference.
TEST(PageReaderDifferential, TheCheckSeesWrongValues) {
  json_error_t error;
  const auto is = [&](Kind kind, std::string_view text, const char* json) {
    return check::same({kind, text}, check::oracle(json, error).get());
  };
  EXPECT_TRUE(is(Kind::string, "ä", "\"\\u00e4\""));
  EXPECT_FALSE(is(Kind::string, "a", "\"b\""));
  EXPECT_FALSE(is(Kind::string, "1", "1"));
  EXPECT_FALSE(is(Kind::number, "1", "2"));
  EXPECT_FALSE(is(Kind::number, "1.0", "1.5"));
  EXPECT_FALSE(is(Kind::boolean, "true", "false"));
  EXPECT_FALSE(is(Kind::null, "null", "0"));
  EXPECT_FALSE(is(Kind::json, "[1]", "[2]"));
  EXPECT_FALSE(is(Kind::absent, "", "null"));
}

}  // namespace
}  // namespace tandem::base
