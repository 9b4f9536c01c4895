// The ordinary life of transfers: what is sent, what comes back, connections, clocks.
#include "net/transfers.hpp"

#include <gtest/gtest.h>
#include <zlib.h>

#include <cstdlib>
#include <set>
#include <string>

#include "net_test_server.hpp"

namespace tandem::test {
namespace {

using base::Errc;

TestServer::Handler ok(const std::string& body = "hello") {
  return [body](const Asked&) { return Answer{http_answer(body)}; };
}

std::string gzip(const std::string& text) {
  z_stream stream{};
  EXPECT_EQ(Z_OK, deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY));
  std::string out(deflateBound(&stream, text.size()), '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(Z_STREAM_END, deflate(&stream, Z_FINISH));
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

TEST(NetTransfers, AnAnswerComesBackWhole) {
  Exchange exchange(
      [](const Asked&) { return Answer{http_answer("{\"a\":1}", "X-One: 1\r\nLink: <a>\r\nlink: <b>\r\n")}; });
  const auto response = exchange.get("/items?x=1");
  ASSERT_FALSE(response.error);
  EXPECT_EQ(200, response.status);
  EXPECT_EQ("{\"a\":1}", response.body.view());
  EXPECT_EQ(11, response.http_version);
  EXPECT_TRUE(response.sent);
  EXPECT_EQ("1", response.header("x-one"));
  EXPECT_EQ("<a>", response.header("LINK"));
  EXPECT_EQ("<a>, <b>", response.header_list("Link"));
  EXPECT_EQ(std::nullopt, response.header("x-two"));
  EXPECT_EQ(4u, response.headers.size());
  EXPECT_GT(response.total_micros, 0);
  EXPECT_GT(response.first_byte_micros, 0);
  EXPECT_GT(response.wire_bytes, 7);
  EXPECT_EQ("GET /items?x=1 HTTP/1.1", exchange.server.asked()[0].line);
}

TEST(NetTransfers, WhatIsSent) {
  Exchange exchange(ok());
  net::Request request;
  request.method = "PATCH";
  request.url = exchange.server.url("/x");
  request.headers = {{"Content-Type", "application/json"}, {"X-Empty", ""}};
  request.secret_headers.emplace_back("Authorization", base::Secret("Bearer s3cret"));
  request.body = std::string(2'000'000, 'x');
  const auto response = exchange.fetch(request);
  ASSERT_FALSE(response.error) << response.error->text;
  const auto& asked = exchange.server.asked()[0];
  EXPECT_EQ("PATCH /x HTTP/1.1", asked.line);
  EXPECT_EQ(request.body, asked.body);
  const auto has = [&](const std::string& line) {
    return asked.head.find("\r\n" + line + "\r\n") != std::string::npos;
  };
  EXPECT_TRUE(has("Content-Type: application/json")) << asked.head;
  EXPECT_TRUE(has("Authorization: Bearer s3cret"));
  EXPECT_TRUE(has("X-Empty:"));
  EXPECT_TRUE(has("User-Agent: pg_tandem"));
  EXPECT_TRUE(has("Accept-Encoding: gzip"));
  EXPECT_EQ(std::string::npos, asked.head.find("Expect"));
}

TEST(NetTransfers, MethodsWithAndWithoutBody) {
  Exchange exchange([](const Asked& asked) {
    return Answer{asked.line.starts_with("HEAD") ? "HTTP/1.1 200 OK\r\nContent-Length: 999999999\r\n\r\n"
                                                 : http_answer("")};
  });
  for (const char* method : {"GET", "HEAD", "DELETE", "POST", "PUT", "OPTIONS"}) {
    net::Request request;
    request.method = method;
    request.url = exchange.server.url();
    const auto response = exchange.fetch(request);
    ASSERT_FALSE(response.error) << method << ": " << response.error->text;
    const auto& asked = exchange.server.asked().back();
    EXPECT_EQ(std::string(method) + " / HTTP/1.1", asked.line);
    const bool has_length = asked.head.find("Content-Length: 0\r\n") != std::string::npos;
    EXPECT_EQ(method[0] == 'P', has_length) << asked.head;
    EXPECT_EQ(std::string::npos, asked.head.find("Content-Type")) << asked.head;
  }
}

TEST(NetTransfers, SecretParametersAreAppendedAndReplaceWhatALinkRepeats) {
  Exchange exchange(ok());
  net::Request request;
  request.url = exchange.server.url("/x?api_key=old&page=2");
  request.secret_query.emplace_back("api_key", base::Secret("k&1 \u00fc"));
  ASSERT_FALSE(exchange.fetch(request).error);
  EXPECT_EQ("GET /x?page=2&api_key=k%261%20%C3%BC HTTP/1.1", exchange.server.asked()[0].line);
  request.url = exchange.server.url("/x");
  ASSERT_FALSE(exchange.fetch(request).error);
  EXPECT_EQ("GET /x?api_key=k%261%20%C3%BC HTTP/1.1", exchange.server.asked()[1].line);
}

TEST(NetTransfers, ErrorStatusIsAnAnswer) {
  Exchange exchange(
      [](const Asked&) { return Answer{"HTTP/1.1 503 Busy\r\nRetry-After: 3\r\nContent-Length: 4\r\n\r\nbusy"}; });
  const auto response = exchange.get();
  EXPECT_FALSE(response.error);
  EXPECT_EQ(503, response.status);
  EXPECT_EQ("3", response.header("retry-after"));
  EXPECT_EQ("busy", response.body.view());
}

TEST(NetTransfers, InterimAnswersAndTrailersAreNotHeaders) {
  Exchange exchange([](const Asked&) {
    return Answer{
        "HTTP/1.1 103 Early Hints\r\nX-Early: 1\r\n\r\nHTTP/1.1 200 OK\r\nX-Late: 1\r\nX-Folded: a\r\n  b\r\n"
        "Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\nX-Trailer: 1\r\n\r\n"};
  });
  const auto response = exchange.get();
  ASSERT_FALSE(response.error);
  EXPECT_EQ("abc", response.body.view());
  EXPECT_EQ(std::nullopt, response.header("x-early"));
  EXPECT_EQ(std::nullopt, response.header("x-trailer"));
  EXPECT_EQ("1", response.header("x-late"));
  EXPECT_EQ("a b", response.header("x-folded"));
}

TEST(NetTransfers, CompressedAnswersAreUnpacked) {
  const std::string text(500'000, 'z');
  const std::string packed = gzip(text);
  Exchange exchange([&](const Asked&) { return Answer{http_answer(packed, "Content-Encoding: gzip\r\n")}; });
  const auto response = exchange.get();
  ASSERT_FALSE(response.error);
  EXPECT_EQ(text, response.body.view());
  EXPECT_LT(response.wire_bytes, 10'000);
}

TEST(NetTransfers, ConnectionsAreKept) {
  Exchange exchange(ok());
  for (int i = 0; i < 5; ++i) ASSERT_FALSE(exchange.get().error);
  EXPECT_EQ(5u, exchange.server.asked().size());
  EXPECT_EQ(1u, exchange.server.accepts());
}

TEST(NetTransfers, NothingOfARequestIsLeftInTheNext) {
  Exchange exchange(ok());
  net::Request first;
  first.method = "POST";
  first.url = exchange.server.url();
  first.body = "x";
  first.secret_headers.emplace_back("Authorization", base::Secret("Bearer s3cret"));
  ASSERT_FALSE(exchange.fetch(first).error);
  ASSERT_FALSE(exchange.get().error);
  const auto& second = exchange.server.asked()[1];
  EXPECT_EQ("GET / HTTP/1.1", second.line);
  EXPECT_EQ(std::string::npos, second.head.find("Authorization"));
  EXPECT_EQ(1u, exchange.server.accepts());
}

TEST(NetTransfers, AnswersComeInTheMemoryOfThoseThatNobodyReadsAnyMore) {
  const std::string large(100'000, 'l');
  Exchange exchange(
      [&](const Asked& asked) { return Answer{http_answer(asked.line.starts_with("GET /s") ? "small" : large)}; });
  net::Response first = exchange.get("/large");
  const char* const memory = first.body.view().data();
  exchange.transfers.reuse(std::move(first.body));
  net::Response second = exchange.get("/small");
  EXPECT_EQ("small", second.body.view());
  EXPECT_EQ(memory, second.body.view().data());
  const net::Response third = exchange.get("/large");
  EXPECT_EQ(large, third.body.view());
  EXPECT_NE(memory, third.body.view().data());
  exchange.transfers.reuse(std::move(second.body));
  exchange.transfers.reuse({});
  const net::Response fourth = exchange.get("/large");
  EXPECT_EQ(large, fourth.body.view());
  EXPECT_EQ(memory, fourth.body.view().data());
}

TEST(NetTransfers, PoolsNeverShareAConnection) {
  Exchange exchange(ok());
  std::set<std::size_t> used[2];
  for (int i = 0; i < 6; ++i) {
    net::Request request;
    request.url = exchange.server.url();
    request.pool = i % 2 == 0 ? "a" : "b";
    ASSERT_FALSE(exchange.fetch(request).error);
    used[i % 2].insert(exchange.server.asked().back().connection);
  }
  EXPECT_EQ(1u, used[0].size());
  EXPECT_EQ(1u, used[1].size());
  EXPECT_NE(used[0], used[1]);
  EXPECT_EQ(2u, exchange.server.accepts());
}

TEST(NetTransfers, ManyRequestsAtOnce) {
  // More than connections: the rest waits for one, and waiting is not connecting.
  constexpr std::size_t kRequests = 250;
  std::vector<std::size_t> held;
  bool hold = true;
  Exchange exchange([&](const Asked& asked) {
    if (!hold) return Answer{http_answer(asked.line)};
    held.push_back(asked.connection);
    return Answer{};
  });
  for (std::size_t i = 0; i < kRequests; ++i) {
    net::Request request;
    request.url = exchange.server.url(base::strcat("/", i));
    exchange.transfers.start(std::move(request));
  }
  EXPECT_EQ(kRequests, exchange.transfers.in_flight());
  exchange.run_until([&] { return held.size() == 100; });
  hold = false;
  for (const auto connection : held) exchange.server.release(connection, {http_answer("held")});
  exchange.run_all();
  ASSERT_EQ(kRequests, exchange.done.size());
  std::set<net::TransferId> ids;
  for (const auto& each : exchange.done) {
    EXPECT_FALSE(each.response.error);
    EXPECT_EQ(200, each.response.status);
    ids.insert(each.id);
  }
  EXPECT_EQ(kRequests, ids.size());
  EXPECT_EQ(100u, exchange.server.accepts());
}

TEST(NetTransfers, ACancelledTransferNeverCompletes) {
  Exchange exchange(
      [](const Asked& asked) { return asked.line.starts_with("GET /slow") ? Answer{} : Answer{http_answer("x")}; });
  net::Request request;
  request.url = exchange.server.url("/slow");
  const auto slow = exchange.transfers.start(request);
  exchange.run_until([&] { return !exchange.server.asked().empty(); });
  exchange.transfers.cancel(slow);
  EXPECT_EQ(0u, exchange.transfers.in_flight());
  request.url = "ftp://example.com/";
  const auto broken = exchange.transfers.start(request);
  EXPECT_EQ(1u, exchange.transfers.in_flight());
  exchange.transfers.cancel(broken);
  exchange.transfers.cancel(broken);
  EXPECT_FALSE(exchange.get().error);
  EXPECT_EQ(nullptr, exchange.find(slow));
  EXPECT_EQ(nullptr, exchange.find(broken));
}

TEST(NetTransfers, DroppingAPoolClosesItsIdleConnections) {
  Exchange exchange(ok());
  ASSERT_FALSE(exchange.get().error);
  exchange.transfers.drop_pool("");
  exchange.transfers.drop_pool("never used");
  ASSERT_FALSE(exchange.get().error);
  EXPECT_EQ(2u, exchange.server.accepts());
}

TEST(NetTransfers, DroppingAPoolLeavesItsRunningTransfers) {
  Exchange exchange([](const Asked&) { return Answer{}; });
  net::Request request;
  request.url = exchange.server.url();
  exchange.transfers.start(request);
  exchange.run_until([&] { return !exchange.server.asked().empty(); });
  exchange.transfers.drop_pool("");
  exchange.transfers.set_egress(net::Egress{});
  exchange.server.release(0, {http_answer("late")});
  exchange.run_all();
  ASSERT_EQ(1u, exchange.done.size());
  EXPECT_FALSE(exchange.done[0].response.error);
  EXPECT_EQ("late", exchange.done[0].response.body.view());
}

TEST(NetTransfers, IdleMeansNoDeadlineAndNothingReadable) {
  Exchange exchange(ok());
  EXPECT_EQ(std::nullopt, exchange.transfers.deadline());
  ASSERT_FALSE(exchange.get().error);
  exchange.run_until([&] { return !exchange.transfers.deadline(); });
  pollfd idle{exchange.transfers.descriptor(), POLLIN, 0};
  EXPECT_EQ(0, poll(&idle, 1, 0));
  EXPECT_TRUE(exchange.transfers.turn().empty());
}

TEST(NetTransfers, EndingWithTransfersInFlight) {
  Exchange exchange([](const Asked&) { return Answer{}; });
  for (int i = 0; i < 3; ++i) {
    net::Request request;
    request.url = exchange.server.url();
    request.pool = std::to_string(i);
    exchange.transfers.start(std::move(request));
  }
  exchange.run_until([&] { return exchange.server.asked().size() == 3; });
}  // nothing leaks, nothing is used after it is gone: the sanitizers look

TEST(NetTransfers, SignalsAreAsTheyWere) {
  sigset_t before, after;
  pthread_sigmask(SIG_BLOCK, nullptr, &before);
  {
    Exchange exchange(ok());
    ASSERT_FALSE(exchange.get().error);
  }
  pthread_sigmask(SIG_BLOCK, nullptr, &after);
  for (int each = 1; each < 32; ++each) EXPECT_EQ(sigismember(&before, each), sigismember(&after, each)) << each;
}

TEST(NetTransfers, ASlowServerTimesOut) {
  Exchange exchange([](const Asked&) { return Answer{}; });
  net::Request request;
  request.url = exchange.server.url();
  request.timeouts.first_byte_ms = 30;
  const auto first_byte = exchange.fetch(request);
  ASSERT_TRUE(first_byte.error);
  EXPECT_EQ(Errc::timed_out, first_byte.error->code);
  EXPECT_EQ(base::strcat("127.0.0.1:", exchange.server.port(), " did not begin to answer within 30 ms"),
            first_byte.error->text);
  EXPECT_TRUE(first_byte.sent);

  request.timeouts = {.total_ms = 40};
  const auto total = exchange.fetch(request);
  ASSERT_TRUE(total.error);
  EXPECT_EQ(Errc::timed_out, total.error->code);
  EXPECT_EQ(base::strcat("answer of 127.0.0.1:", exchange.server.port(), " was not complete within 40 ms"),
            total.error->text);
}

TEST(NetTransfers, AnAnswerThatStallsTimesOut) {
  Exchange exchange([](const Asked&) { return Answer{"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"}; });
  net::Request request;
  request.url = exchange.server.url();
  request.timeouts.total_ms = 0;
  request.timeouts.low_speed_s = 1;
  const auto response = exchange.fetch(request);
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::timed_out, response.error->code);
  EXPECT_EQ(base::strcat("127.0.0.1:", exchange.server.port(), " stopped in the middle of its answer for 1 s"),
            response.error->text);
  EXPECT_EQ(0u, response.body.size());
}

TEST(NetTransfers, AServerThatDoesNotAcceptTimesOut) {
  // A listener whose queue is full: the kernel drops what comes after.
  const int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t length = sizeof address;
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  ASSERT_EQ(0, bind(listener, generic, length));
  ASSERT_EQ(0, listen(listener, 0));
  ASSERT_EQ(0, getsockname(listener, generic, &length));
  const int filler = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(0, connect(filler, generic, length));

  Exchange exchange(ok());
  net::Request request;
  request.url = base::strcat("http://127.0.0.1:", ntohs(address.sin_port), "/");
  request.timeouts.connect_ms = 50;
  const auto response = exchange.fetch(request);
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::timed_out, response.error->code);
  EXPECT_EQ(base::strcat("could not connect to 127.0.0.1:", ntohs(address.sin_port), " within 50 ms"),
            response.error->text);
  EXPECT_FALSE(response.sent);

  // Away for longer than the limit while connecting: neither our clock nor curl's may end it.
  request.timeouts.connect_ms = 200;
  const auto id = exchange.transfers.start(request);
  const auto started = base::monotonic();
  exchange.transfers.turn();
  exchange.transfers.away(100 * base::kSecond);
  exchange.run_past(started + 250'000);
  EXPECT_EQ(nullptr, exchange.find(id));
  close(filler);
  close(listener);
}

TEST(NetTransfers, TimeAwayDoesNotCount) {
  Exchange exchange([](const Asked&) { return Answer{}; });
  net::Request request;
  request.url = exchange.server.url();
  request.timeouts.total_ms = 200;
  const auto id = exchange.transfers.start(request);
  const auto started = base::monotonic();
  exchange.transfers.turn();
  exchange.transfers.away(100 * base::kSecond);
  exchange.transfers.away(-100 * base::kSecond);
  exchange.run_past(started + 250'000);
  ASSERT_EQ(nullptr, exchange.find(id)) << exchange.find(id)->response.error->text;
  exchange.server.release(0, {http_answer("in time")});
  exchange.run_all();
  ASSERT_NE(nullptr, exchange.find(id));
  EXPECT_FALSE(exchange.find(id)->response.error);
}

TEST(NetTransfers, OnlyHarmlessRequestsAreRepeatedOnANewConnection) {
  // Every second request of a connection finds it closed: after it has been read.
  std::size_t on_this_connection = 0;
  Exchange exchange([&](const Asked&) {
    if (++on_this_connection == 2) return Answer{"", true};
    return Answer{http_answer("x")};
  });
  ASSERT_FALSE(exchange.get().error);
  const auto got = exchange.get();
  EXPECT_FALSE(got.error);
  EXPECT_EQ(3u, exchange.server.asked().size());

  on_this_connection = 1;
  net::Request post;
  post.method = "POST";
  post.url = exchange.server.url();
  post.body = "pay";
  const auto response = exchange.fetch(post);
  ASSERT_TRUE(response.error);
  EXPECT_EQ(Errc::connection_failure, response.error->code);
  EXPECT_NE(std::string::npos, response.error->text.find("broke after the request was sent")) << response.error->text;
  EXPECT_TRUE(response.sent);
  EXPECT_EQ(4u, exchange.server.asked().size());
}

TEST(NetTransfers, TheSurroundingsHaveNoSay) {
  ASSERT_EQ(0, setenv("http_proxy", "http://127.0.0.1:1", 1));
  ASSERT_EQ(0, setenv("all_proxy", "http://127.0.0.1:1", 1));
  Exchange exchange(ok());
  EXPECT_FALSE(exchange.get().error);
  unsetenv("http_proxy");
  unsetenv("all_proxy");
}

TEST(NetTransfers, VersionOfTheLibrary) { EXPECT_TRUE(net::library_version().starts_with("libcurl/")); }

}  // namespace
}  // namespace tandem::test
