// A small HTTP server inside the test process, on 127.0.0.1 and a port of its own. It has
// no thread: Exchange polls it together with the Transfers under test, so a test decides
// what happens when, and waits for conditions instead of sleeping.
#pragma once

#include <arpa/inet.h>
#include <fcntl.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/strings.hpp"
#include "net/transfers.hpp"

namespace tandem::test {

struct Asked {
  std::string line, head, body;  // request line; all header lines; body
  std::size_t connection;        // which accepted connection, from 0
};

struct Answer {
  std::string bytes;
  bool close = false;  // after sending
  bool reset = false;  // close with RST
};

inline std::string http_answer(const std::string& body, const std::string& head = "") {
  return base::strcat("HTTP/1.1 200 OK\r\nContent-Length: ", body.size(), "\r\n", head, "\r\n", body);
}

class TestServer {
 public:
  // An answer with no bytes, close or reset leaves the request waiting for release().
  using Handler = std::function<Answer(const Asked&)>;

  explicit TestServer(Handler handler) : handler_(std::move(handler)) {
    signal(SIGPIPE, SIG_IGN);
    listener_ = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof address;
    auto* generic = reinterpret_cast<sockaddr*>(&address);
    EXPECT_EQ(0, bind(listener_, generic, length));
    EXPECT_EQ(0, listen(listener_, 512));
    EXPECT_EQ(0, getsockname(listener_, generic, &length));
    port_ = ntohs(address.sin_port);
  }
  ~TestServer() {
    for (auto& each : connections_) close_now(each, false);
    close(listener_);
  }
  TestServer(const TestServer&) = delete;
  TestServer& operator=(const TestServer&) = delete;

  [[nodiscard]] std::string url(const std::string& path = "/", const std::string& host = "127.0.0.1") const {
    return base::strcat("http://", host, ":", port_, path);
  }
  [[nodiscard]] int port() const { return port_; }
  [[nodiscard]] std::size_t accepts() const { return connections_.size(); }
  [[nodiscard]] const std::vector<Asked>& asked() const { return asked_; }

  // Sends on a connection whose request was left waiting.
  void release(std::size_t connection, Answer answer) { apply(connections_[connection], std::move(answer)); }

  void add_to(std::vector<pollfd>& fds) const {
    fds.push_back({listener_, POLLIN, 0});
    for (const auto& each : connections_) {
      if (each.socket < 0) continue;
      const int events = POLLIN | (each.out.empty() ? 0 : POLLOUT);
      fds.push_back({each.socket, static_cast<short>(events), 0});
    }
  }

  // Everything that can be done without waiting.
  void step() {
    for (;;) {
      const int socket = accept4(listener_, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
      if (socket < 0) break;
      connections_.push_back({socket, connections_.size(), {}, {}, false});
    }
    for (std::size_t i = 0; i < connections_.size(); ++i) {
      read(connections_[i]);
      write(connections_[i]);
    }
  }

 private:
  struct Connection {
    int socket;
    std::size_t number;
    std::string in, out;
    bool close_after;
  };

  void read(Connection& each) {
    char buffer[65536];
    for (;;) {
      if (each.socket < 0) return;
      const auto got = ::read(each.socket, buffer, sizeof buffer);
      if (got > 0) {
        each.in.append(buffer, static_cast<std::size_t>(got));
        handle(each);
        continue;
      }
      if (got == 0 || (errno != EAGAIN && errno != EINTR)) close_now(each, false);
      if (got == 0 || errno != EINTR) return;
    }
  }

  void handle(Connection& each) {
    const auto end = each.in.find("\r\n\r\n");
    if (end == std::string::npos) return;
    std::string head = each.in.substr(0, end + 2);
    const auto length_at = base::lower(head).find("\r\ncontent-length:");
    const std::size_t length = length_at == std::string::npos ? 0 : std::stoul(head.substr(length_at + 17));
    if (each.in.size() < end + 4 + length) return;
    asked_.push_back({head.substr(0, head.find("\r\n")), head, each.in.substr(end + 4, length), each.number});
    each.in.erase(0, end + 4 + length);
    apply(each, handler_(asked_.back()));
  }

  void apply(Connection& each, Answer answer) {
    each.out += answer.bytes;
    each.close_after = each.close_after || answer.close;
    if (answer.reset) {
      write(each);
      close_now(each, true);
    }
  }

  void write(Connection& each) {
    while (each.socket >= 0 && !each.out.empty()) {
      const auto sent = ::write(each.socket, each.out.data(), each.out.size());
      if (sent < 0) {
        if (errno != EAGAIN) close_now(each, false);
        return;
      }
      each.out.erase(0, static_cast<std::size_t>(sent));
    }
    if (each.close_after && each.out.empty()) close_now(each, false);
  }

  static void close_now(Connection& each, bool reset) {
    if (each.socket < 0) return;
    if (reset) {
      const linger at_once{1, 0};
      setsockopt(each.socket, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    }
    close(each.socket);
    each.socket = -1;
  }

  Handler handler_;
  int listener_ = -1;
  int port_ = 0;
  std::vector<Connection> connections_;
  std::vector<Asked> asked_;
};

inline net::Egress loopback_egress() {
  net::Egress egress;
  egress.allow_http = true;
  egress.allowed_networks = net::NetworkList::parse("127.0.0.0/8, ::1").value();
  return egress;
}

// A server and the Transfers under test, moved forward together.
class Exchange {
 public:
  explicit Exchange(TestServer::Handler handler, net::Egress egress = loopback_egress())
      : server(std::move(handler)), transfers(std::move(egress)) {}

  // Until the moment has passed, however little happens.
  void run_past(base::Micros moment) {
    run_until([&] { return base::monotonic() > moment; }, moment);
  }

  // Until the condition holds; a failure of the test after 20 s.
  void run_until(const std::function<bool()>& condition, base::Micros look_again_at = INT64_MAX) {
    const auto give_up = base::monotonic() + 20 * base::kSecond;
    while (!condition()) {
      const auto now = base::monotonic();
      if (now >= give_up) {
        FAIL() << "the condition was not reached";
      }
      const auto due = std::min({transfers.deadline().value_or(give_up), give_up, look_again_at});
      const auto wait = due <= now ? 0 : (due - now) / 1000 + 1;
      std::vector<pollfd> fds{{transfers.descriptor(), POLLIN, 0}};
      server.add_to(fds);
      poll(fds.data(), fds.size(), static_cast<int>(wait));
      server.step();
      for (auto& each : transfers.turn()) done.push_back(std::move(each));
    }
  }

  void run_all() {
    run_until([&] { return transfers.in_flight() == 0; });
  }

  net::Response fetch(net::Request request) {
    const auto id = transfers.start(std::move(request));
    run_until([&] { return find(id) != nullptr; });
    auto* found = find(id);
    return found == nullptr ? net::Response{} : std::move(found->response);
  }
  net::Response get(const std::string& path = "/") {
    net::Request request;
    request.url = server.url(path);
    return fetch(std::move(request));
  }

  net::Transfers::Completed* find(net::TransferId id) {
    const auto found = std::find_if(done.begin(), done.end(), [&](const auto& each) { return each.id == id; });
    return found == done.end() ? nullptr : &*found;
  }

  TestServer server;
  net::Transfers transfers;
  std::vector<net::Transfers::Completed> done;
};

}  // namespace tandem::test
