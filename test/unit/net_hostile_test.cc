// What must not get through: addresses and schemes that are not allowed, answers without
// end, broken answers, broken requests, TLS that proves nothing.
#include <gtest/gtest.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <zlib.h>

#include <memory>
#include <string>

#include "net/transfers.hpp"
#include "net_test_server.hpp"

namespace tandem::test {
namespace {

using base::Errc;

TestServer::Handler always(const std::string& bytes, bool close = false) {
  return [=](const Asked&) { return Answer{bytes, close}; };
}

base::Error failure(Exchange& exchange, net::Request request) {
  const auto response = exchange.fetch(std::move(request));
  EXPECT_TRUE(response.error);
  EXPECT_EQ(0u, response.body.size());
  return response.error.value_or(base::Error{});
}

base::Error failure(Exchange& exchange, const std::string& url) {
  net::Request request;
  request.url = url;
  return failure(exchange, std::move(request));
}

std::string where(const Exchange& exchange) { return base::strcat("127.0.0.1:", exchange.server.port()); }

// A label that DNS cannot carry: fails without asking a server.
std::string unknown_host() { return std::string(64, 'a') + ".invalid"; }

TEST(NetHostile, PrivateAddressesAreRefusedBeforeConnecting) {
  net::Egress egress;
  egress.allow_http = true;
  Exchange exchange(always(http_answer("secret")), egress);
  const std::string port = std::to_string(exchange.server.port());
  for (const char* host : {"127.0.0.1", "localhost", "2130706433", "0x7f.1", "127.1", "0.0.0.0", "[::1]",
                           "[::ffff:127.0.0.1]", "[::ffff:7f00:1]", "[64:ff9b::7f00:1]", "[2002:7f00:1::]"}) {
    const auto error = failure(exchange, base::strcat("http://", host, ":", port, "/"));
    EXPECT_EQ(Errc::insufficient_privilege, error.code) << host << ": " << error.text << " " << error.detail;
    EXPECT_TRUE(error.text.ends_with(" is in a private or special range")) << error.text;
    EXPECT_NE(std::string::npos, error.hint.find("tandem.allowed_networks")) << error.hint;
  }
  EXPECT_EQ(0u, exchange.server.accepts());
}

TEST(NetHostile, TheHintCanBePasted) {
  net::Egress egress;
  egress.allow_http = true;
  Exchange exchange(always(""), egress);
  EXPECT_NE(std::string::npos, failure(exchange, "http://10.1.2.3/").hint.find("= '10.1.2.3';"));
  EXPECT_NE(std::string::npos, failure(exchange, "http://[fd00::1]/").hint.find("= 'fd00::1';"));
  EXPECT_NE(std::string::npos, failure(exchange, "http://localhost/").hint.find("= '127.0.0.0/8, ::1';"));
}

TEST(NetHostile, AllowancesCountFromTheNextRequestOn) {
  Exchange exchange(always(http_answer("x")));
  ASSERT_FALSE(exchange.get().error);
  net::Egress stricter;
  stricter.allow_http = true;
  exchange.transfers.set_egress(stricter);  // the kept connection would not ask again
  EXPECT_EQ(Errc::insufficient_privilege, failure(exchange, exchange.server.url()).code);
  EXPECT_EQ(1u, exchange.server.asked().size());
}

TEST(NetHostile, PlainHttpIsRefused) {
  auto egress = loopback_egress();
  egress.allow_http = false;
  Exchange exchange(always(http_answer("x")), egress);
  const auto error = failure(exchange, exchange.server.url());
  EXPECT_EQ(Errc::insufficient_privilege, error.code);
  EXPECT_EQ("plain http to host 127.0.0.1 is not allowed", error.text);
  EXPECT_NE(std::string::npos, error.hint.find("tandem.allow_http"));
  EXPECT_EQ(0u, exchange.server.accepts());
}

TEST(NetHostile, RequestsThatCannotBeSent) {
  Exchange exchange(always(http_answer("x")));
  const auto with_header = [&](const std::string& name, const std::string& value) {
    net::Request request;
    request.url = exchange.server.url();
    request.headers = {{name, value}};
    return failure(exchange, request);
  };
  EXPECT_EQ("value of header \"X-A\" has a control character", with_header("X-A", "a\r\nX-B: b").text);
  EXPECT_EQ(Errc::invalid_parameter, with_header("X-A", std::string("a\0b", 3)).code);
  EXPECT_EQ(Errc::invalid_parameter, with_header("X-A", "a\x7f").code);
  EXPECT_EQ(Errc::invalid_parameter, with_header("X A", "a").code);
  EXPECT_EQ(Errc::invalid_parameter, with_header("X-A:", "a").code);
  EXPECT_EQ(Errc::invalid_parameter, with_header("", "a").code);
  for (const char* name : {"Host", "content-length", "Transfer-Encoding", "Connection", "Accept-Encoding", "Expect"}) {
    EXPECT_EQ(base::strcat("header \"", name, "\" cannot be set"), with_header(name, "a").text);
  }
  net::Request secret;
  secret.url = exchange.server.url();
  secret.secret_headers.emplace_back("Authorization", base::Secret("Bearer geheim\n"));
  const auto error = failure(exchange, secret);
  EXPECT_EQ("value of header \"Authorization\" has a control character", error.text);
  net::Request method;
  method.url = exchange.server.url();
  method.method = "GET / HTTP/1.1\r\nX:";
  EXPECT_EQ(Errc::invalid_parameter, failure(exchange, method).code);
  EXPECT_EQ(Errc::invalid_text, failure(exchange, "file:///etc/passwd").code);
  EXPECT_EQ(Errc::invalid_text, failure(exchange, "http://u:p@127.0.0.1/").code);
  EXPECT_EQ(0u, exchange.server.accepts());
}

TEST(NetHostile, RedirectsAreAnswers) {
  Exchange exchange([&](const Asked&) {
    return Answer{"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/elsewhere\r\nContent-Length: 0\r\n\r\n"};
  });
  const auto response = exchange.get();
  EXPECT_FALSE(response.error);
  EXPECT_EQ(302, response.status);
  EXPECT_EQ("http://127.0.0.1:1/elsewhere", response.header("location"));
  EXPECT_EQ(1u, exchange.server.asked().size());
}

class NetHostileSize : public ::testing::Test {
 protected:
  static constexpr std::size_t kLimit = 10'000;
  static net::Egress egress() {
    auto out = loopback_egress();
    out.max_response_bytes = kLimit;
    return out;
  }
  static void expect_cut(const std::string& answer) {
    Exchange exchange(always(answer), egress());
    const auto error = failure(exchange, exchange.server.url());
    EXPECT_EQ(Errc::limit_exceeded, error.code) << error.text;
    EXPECT_EQ(base::strcat("answer of ", where(exchange), " is larger than 10000 bytes"), error.text);
    EXPECT_NE(std::string::npos, error.hint.find("tandem.max_response_bytes"));
  }
};

TEST_F(NetHostileSize, JustSmallEnough) {
  Exchange exchange(always(http_answer(std::string(kLimit, 'x'))), egress());
  const auto response = exchange.get();
  EXPECT_FALSE(response.error);
  EXPECT_EQ(kLimit, response.body.size());
}

TEST_F(NetHostileSize, DeclaredTooLarge) { expect_cut("HTTP/1.1 200 OK\r\nContent-Length: 10001\r\n\r\nx"); }

TEST_F(NetHostileSize, WithoutDeclaredSize) {
  expect_cut("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2711\r\n" + std::string(10'001, 'x') + "\r\n");
  expect_cut("HTTP/1.1 200 OK\r\n\r\n" + std::string(20'000, 'x'));
}

TEST_F(NetHostileSize, SmallOnTheWireOnly) {
  std::string zeros(20 << 20, '\0');
  z_stream stream{};
  ASSERT_EQ(Z_OK, deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY));
  std::string bomb(100'000, '\0');
  stream.next_in = reinterpret_cast<Bytef*>(zeros.data());
  stream.avail_in = static_cast<uInt>(zeros.size());
  stream.next_out = reinterpret_cast<Bytef*>(bomb.data());
  stream.avail_out = static_cast<uInt>(bomb.size());
  ASSERT_EQ(Z_STREAM_END, deflate(&stream, Z_FINISH));
  bomb.resize(stream.total_out);
  deflateEnd(&stream);

  auto limits = loopback_egress();
  limits.max_response_bytes = 1 << 20;
  Exchange exchange(always(http_answer(bomb, "Content-Encoding: gzip\r\n")), limits);
  ASSERT_LT(bomb.size(), limits.max_response_bytes);
  const auto error = failure(exchange, exchange.server.url());
  EXPECT_EQ(Errc::limit_exceeded, error.code) << error.text;
  EXPECT_TRUE(error.text.ends_with(" is larger than 1048576 bytes")) << error.text;
}

TEST(NetHostile, TooManyHeaders) {
  std::string many, long_one = "X: " + std::string(150'000, 'x') + "\r\n", big;
  for (int i = 0; i < 300; ++i) many += "X: 1\r\n";
  for (int i = 0; i < 50; ++i) big += "X: " + std::string(2000, 'x') + "\r\n";
  for (const auto& head : {many, long_one, big}) {
    Exchange exchange(always("HTTP/1.1 200 OK\r\n" + head + "Content-Length: 0\r\n\r\n"));
    const auto error = failure(exchange, exchange.server.url());
    EXPECT_EQ(Errc::limit_exceeded, error.code) << error.text;
    EXPECT_EQ(base::strcat("headers of the answer of ", where(exchange), " are too large"), error.text);
  }
}

TEST(NetHostile, EndlessInterimAnswers) {
  std::string hints;
  for (int i = 0; i < 5000; ++i) hints += "HTTP/1.1 103 Early Hints\r\n\r\n";
  Exchange exchange(always(hints));
  EXPECT_EQ(Errc::limit_exceeded, failure(exchange, exchange.server.url()).code);
}

TEST(NetHostile, BrokenAnswers) {
  struct Case {
    std::string bytes;
    Errc code;
    std::string before, after;
  };
  const Case cases[] = {
      {"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", Errc::connection_failure, "answer of ",
       " ended before it was complete"},
      {"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab", Errc::connection_failure, "answer of ",
       " ended before it was complete"},
      {"", Errc::connection_failure, "", " closed the connection without an answer"},
      {"SSH-2.0-OpenSSH_9.2\r\n", Errc::protocol_violation, "answer of ", " is not HTTP"},
      {"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: 9\r\n\r\nnot gzip!", Errc::protocol_violation,
       "answer of ", " cannot be decompressed"},
  };
  for (const auto& each : cases) {
    Exchange exchange(always(each.bytes, true));
    const auto error = failure(exchange, exchange.server.url());
    EXPECT_EQ(each.code, error.code) << error.text;
    EXPECT_EQ(base::strcat(each.before, where(exchange), each.after), error.text) << error.detail;
  }
}

TEST(NetHostile, AConnectionThatIsReset) {
  Exchange exchange([](const Asked&) {
    return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", false, true};
  });
  net::Request request;
  request.url = exchange.server.url();
  const auto response = exchange.fetch(request);
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::connection_failure, response.error->code);
  EXPECT_TRUE(response.sent);
}

TEST(NetHostile, NobodyListens) {
  Exchange exchange(always(""));
  std::string url;
  {
    const TestServer gone(always(""));
    url = gone.url();
  }
  net::Request request;
  request.url = url;
  const auto response = exchange.fetch(request);
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::connection_failure, response.error->code);
  EXPECT_TRUE(response.error->text.starts_with("could not connect to 127.0.0.1:")) << response.error->text;
  EXPECT_FALSE(response.sent);
}

TEST(NetHostile, AHostThatDoesNotExist) {
  Exchange exchange(always(""));
  const auto error = failure(exchange, "http://" + unknown_host() + "/");
  EXPECT_EQ(Errc::connection_failure, error.code);
  EXPECT_EQ("could not resolve host " + unknown_host(), error.text);
}

TEST(NetHostile, SecretsAreInNoErrorText) {
  Exchange exchange(always("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc", true));
  const std::string port = std::to_string(exchange.server.port());
  for (const auto& url : {exchange.server.url(), "http://" + unknown_host() + "/", std::string("http://10.0.0.1/"),
                          std::string("https://127.0.0.1:") + port + "/", std::string("ftp://x/")}) {
    net::Request request;
    request.url = url;
    request.secret_headers.emplace_back("Authorization", base::Secret("Bearer geheimnis"));
    request.secret_query.emplace_back("api_key", base::Secret("geheimnis"));
    request.timeouts.connect_ms = 200;  // the TLS greeting is not answered
    const auto error = failure(exchange, request);
    EXPECT_EQ(std::string::npos, (error.text + error.detail + error.hint).find("geheimnis")) << error.text;
  }
}

TEST(NetHostile, TlsWithAServerThatSpeaksPlainHttp) {
  Exchange exchange(always("HTTP/1.1 400 Bad Request\r\n\r\n", true));
  net::Request request;
  request.url = base::strcat("https://", where(exchange), "/");
  const auto id = exchange.transfers.start(request);
  exchange.run_until([&] { return exchange.server.accepts() == 1; });
  // The TLS greeting is no request, so the server says nothing until it is shut down.
  exchange.server.release(0, {"HTTP/1.1 400 Bad Request\r\n\r\n", true});
  exchange.run_until([&] { return exchange.find(id) != nullptr; });
  ASSERT_NE(nullptr, exchange.find(id));
  const auto& response = exchange.find(id)->response;
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::connection_failure, response.error->code);
  EXPECT_EQ("could not set up TLS with " + where(exchange), response.error->text);
  EXPECT_FALSE(response.sent);
}

// A TLS server with a certificate that nobody vouches for, driven by hand.
class SelfSigned {
 public:
  SelfSigned() : key_(EVP_EC_gen("P-256")), certificate_(X509_new()), context_(SSL_CTX_new(TLS_server_method())) {
    X509_gmtime_adj(X509_getm_notBefore(certificate_.get()), -60);
    X509_gmtime_adj(X509_getm_notAfter(certificate_.get()), 3600);
    X509_set_pubkey(certificate_.get(), key_.get());
    X509_NAME* name = X509_get_subject_name(certificate_.get());
    X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, reinterpret_cast<const unsigned char*>("127.0.0.1"),
                               -1, -1, 0);
    X509_set_issuer_name(certificate_.get(), name);
    EXPECT_GT(X509_sign(certificate_.get(), key_.get(), EVP_sha256()), 0);
    EXPECT_EQ(1, SSL_CTX_use_certificate(context_.get(), certificate_.get()));
    EXPECT_EQ(1, SSL_CTX_use_PrivateKey(context_.get(), key_.get()));
  }
  [[nodiscard]] SSL_CTX* context() const { return context_.get(); }

 private:
  struct Free {
    void operator()(EVP_PKEY* key) const { EVP_PKEY_free(key); }
    void operator()(X509* certificate) const { X509_free(certificate); }
    void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
  };
  std::unique_ptr<EVP_PKEY, Free> key_;
  std::unique_ptr<X509, Free> certificate_;
  std::unique_ptr<SSL_CTX, Free> context_;
};

TEST(NetHostile, CertificatesAreChecked) {
  const SelfSigned identity;
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(0, bind(listener, generic, length));
  ASSERT_EQ(0, listen(listener, 5));
  ASSERT_EQ(0, getsockname(listener, generic, &length));
  const std::string place = base::strcat("127.0.0.1:", ntohs(address.sin_port));

  Exchange exchange(always(""));
  net::Request request;
  request.url = base::strcat("https://", place, "/");
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer geheimnis"));
  const auto id = exchange.transfers.start(request);
  int accepted = -1;
  SSL* ssl = SSL_new(identity.context());
  std::string received;
  exchange.run_until([&] {
    if (accepted < 0) {
      accepted = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (accepted >= 0) SSL_set_fd(ssl, accepted);
    } else if (SSL_accept(ssl) == 1) {
      char buffer[4096];
      const int got = SSL_read(ssl, buffer, sizeof buffer);
      if (got > 0) received.append(buffer, static_cast<std::size_t>(got));
    }
    return exchange.find(id) != nullptr;
  });
  SSL_free(ssl);
  close(accepted);
  close(listener);
  ASSERT_NE(nullptr, exchange.find(id));
  const auto& response = exchange.find(id)->response;
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::connection_failure, response.error->code);
  EXPECT_EQ("certificate of " + place + " is not trusted", response.error->text) << response.error->detail;
  EXPECT_FALSE(response.sent);
  EXPECT_EQ("", received);
}

}  // namespace
}  // namespace tandem::test
