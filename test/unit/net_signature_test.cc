// Signatures against published vectors: RFC 4231, and the one of the Standard Webhooks libraries.
#include <gtest/gtest.h>

#include "base/base64.hpp"
#include "net/signature.hpp"

namespace tandem::net {
namespace {

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out.push_back(kDigits[static_cast<unsigned char>(c) >> 4]);
    out.push_back(kDigits[static_cast<unsigned char>(c) & 15]);
  }
  return out;
}

base::Secret secret(std::string text) { return base::Secret(std::move(text)); }

TEST(Signature, HmacVectorsOfRfc4231) {
  EXPECT_EQ(hex(hmac(HmacAlgorithm::sha256, secret(std::string(20, '\x0b')), "Hi There")),
            "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
  EXPECT_EQ(hex(hmac(HmacAlgorithm::sha512, secret(std::string(20, '\x0b')), "Hi There")),
            "87aa7cdea5ef619d4ff0b4241a1d6cb02379f4e2ce4ec2787ad0b30545e17cde"
            "daa833b7d6b8a702038b274eaea3f4e4be9d914eeb61f1702e696c203a126854");
  EXPECT_EQ(hex(hmac(HmacAlgorithm::sha256, secret("Jefe"), "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
}

TEST(Signature, StandardWebhooksVector) {
  const base::Secret key = secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  const auto headers = standard_webhook_headers({"msg_p5jXN8AQM9LWM0D4loKWxJek", 1614265330, R"({"test": 2432232314})"},
                                                std::span(&key, 1));
  ASSERT_TRUE(headers);
  EXPECT_EQ(headers.value()[0].name, "webhook-id");
  EXPECT_EQ(headers.value()[0].value, "msg_p5jXN8AQM9LWM0D4loKWxJek");
  EXPECT_EQ(headers.value()[1].value, "1614265330");
  EXPECT_EQ(headers.value()[2].value, "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=");
}

TEST(Signature, TwoSecretsSignWhileOneIsReplaced) {
  const base::Secret keys[] = {secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"), secret("cGxhaW4gc2VjcmV0")};
  const auto headers = standard_webhook_headers({"m", 1, "b"}, keys);
  const std::string& both = headers.value()[2].value;
  const auto alone = [](const base::Secret& key) {
    return standard_webhook_headers({"m", 1, "b"}, std::span(&key, 1)).value()[2].value;
  };
  EXPECT_EQ(both, alone(keys[0]) + " " + alone(keys[1]));
  const base::Secret bare = secret("MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw");
  EXPECT_EQ(alone(bare), alone(keys[0]));
  const base::Secret with_empty[] = {keys[0], base::Secret()};
  EXPECT_EQ(standard_webhook_headers({"m", 1, "b"}, with_empty).value()[2].value, alone(keys[0]));
}

TEST(Signature, WithoutASecretNothingIsSent) {
  EXPECT_FALSE(standard_webhook_headers({"m", 1, "b"}, {}));
  EXPECT_FALSE(hmac_headers({}, {"m", 1, "b"}, {}));
  const base::Secret bad = secret("whsec_***");
  const auto headers = standard_webhook_headers({"m", 1, "b"}, std::span(&bad, 1));
  ASSERT_FALSE(headers);
  EXPECT_EQ(headers.error().text.find("***"), std::string::npos);
}

TEST(Signature, PlainHmacInAHeaderOfItsOwn) {
  const base::Secret key = secret("Jefe");
  const auto one = [&](const HmacHeader& how) {
    return hmac_headers(how, {"m", 7, "what do ya want for nothing?"}, std::span(&key, 1)).value();
  };
  EXPECT_EQ(one({.name = "X-Hub-Signature-256", .prefix = "sha256="})[0].value,
            "sha256=5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(one({.base64 = true})[0].value, "W9zBRr9gdU5qBCQmCJV1x1oAPwidJzmDnexYuWTsOEM=");
  const auto timed = one({.timestamp_header = "X-Time"});
  ASSERT_EQ(timed.size(), 2u);
  EXPECT_EQ(timed[1].value, "7");
  EXPECT_EQ(timed[0].value, hex(hmac(HmacAlgorithm::sha256, key, "7.what do ya want for nothing?")));
}

TEST(Base64, GoesThereAndBack) {
  for (const char* text : {"", "f", "fo", "foo", "foob", "fooba", "foobar"})
    EXPECT_EQ(base::unbase64(base::base64(text)), std::string(text));
  EXPECT_EQ(base::base64("foobar"), "Zm9vYmFy");
  EXPECT_EQ(base::base64("fo"), "Zm8=");
  EXPECT_EQ(base::unbase64("Zm8"), "fo");
  EXPECT_EQ(base::unbase64("-_8="), base::unbase64("+/8="));
  EXPECT_FALSE(base::unbase64("a"));
  EXPECT_FALSE(base::unbase64("ab*d"));
}

}  // namespace
}  // namespace tandem::net
