#include <gtest/gtest.h>

#include <boost/asio/bind_executor.hpp>
#include <boost/asio/use_future.hpp>
#include <future>

#include "common/errors.hpp"
#include "common/http/tests/running_server.hpp"
#include "testing/servers/tcp_peers.hpp"

namespace stagedoor::outbound {
namespace {

using namespace std::chrono_literals;
using test::Certificate;
using test::Peer;
using test::Wire;

constexpr auto ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

void answer_ok(Wire& wire) {
    wire.take_request();
    wire.say(ok);
}

class Http : public ::testing::Test {
  protected:
    HttpAnswer send(HttpRequest request) { return loop.wait_for(transport->send(std::move(request))); }
    std::future<HttpAnswer> send_later(HttpRequest request) {
        return boost::asio::co_spawn(loop.executor(), transport->send(std::move(request)),
                                     boost::asio::use_future);
    }

    runtime::EventLoopThread loop;
    std::unique_ptr<Transport> transport = make_transport();
};

Task<http::Response> echo(http::Request& request) {
    if (request.path == "/missing") throw NotFound("no such thing");
    http::Response response{.status = 201, .headers = {}, .body = {}};
    response.headers.set("X-Asked", std::string{to_text(request.method)} + " " + request.target);
    response.headers.set("X-Key", std::string{request.headers["Idempotency-Key"]});
    response.body = request.body;
    co_return response;
}

TEST_F(Http, brings_request_and_answer) {
    http::test::RunningServer server{echo};
    auto url = "http://127.0.0.1:" + std::to_string(server.port());
    auto answer = send({"POST", url + "/things?a=b", {{"Idempotency-Key", "k"}}, "what to do"});
    EXPECT_EQ(answer.status, 201);
    EXPECT_EQ(answer.body, "what to do");
    auto has = [&](const std::string& name, const std::string& value) {
        return std::ranges::find(answer.headers, std::pair{name, value}) != answer.headers.end();
    };
    EXPECT_TRUE(has("x-asked", "POST /things?a=b"));
    EXPECT_TRUE(has("x-key", "k"));

    EXPECT_EQ(send({.url = url + "/missing"}).status, 404);  // an answer like any other
    transport->close();
}

TEST_F(Http, follows_no_redirect) {
    Peer peer{[](Wire& wire) {
        wire.take_request();
        wire.say("HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n");
    }};
    EXPECT_EQ(send({.url = peer.url("http")}).status, 302);
    transport->close();
}

TEST_F(Http, speaks_nothing_else) {
    EXPECT_THROW(send({.url = "file:///etc/hostname"}), NoAnswer);
    EXPECT_THROW(send({.url = "smtp://127.0.0.1:1"}), NoAnswer);
}

TEST_F(Http, takes_no_header_of_two_lines) {
    EXPECT_THROW(send({.url = "http://127.0.0.1:1", .headers = {{"Key", "a\r\nHost: b"}}}),
                 std::invalid_argument);
}

TEST_F(Http, has_no_answer_when_nobody_listens) {
    EXPECT_THROW(send({.url = "http://127.0.0.1:1"}), NoAnswer);
}

TEST_F(Http, has_no_answer_in_time) {
    Peer peer{[](Wire& wire) { wire.take(1'000'000); }};
    auto begun = std::chrono::steady_clock::now();
    EXPECT_THROW(send({.url = peer.url("http"), .limit = 100ms}), NoAnswer);
    EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
    transport->close();
}

TEST_F(Http, has_no_answer_when_it_breaks_off_in_the_middle) {
    Peer peer{[](Wire& wire) {
        wire.take_request();
        wire.say("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this");
    }};
    EXPECT_THROW(send({.url = peer.url("http")}), NoAnswer);
    transport->close();
}

TEST_F(Http, takes_no_more_than_4_MiB) {
    auto answering = [](std::size_t bytes) {
        return [bytes](Wire& wire) {
            wire.take_request();
            wire.say("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(bytes) + "\r\n\r\n" +
                     std::string(bytes, 'x'));
        };
    };
    Peer large{answering(4'000'000)}, too_large{answering(5'000'000)};
    EXPECT_EQ(send({.url = large.url("http")}).body.size(), 4'000'000);
    EXPECT_THROW(send({.url = too_large.url("http")}), NoAnswer);
    transport->close();
}

TEST_F(Http, keeps_a_connection_and_replaces_a_broken_one) {
    Peer peer{[](Wire& wire) {
        answer_ok(wire);
        answer_ok(wire);
    }};
    for (int i = 0; i < 3; ++i) EXPECT_EQ(send({.url = peer.url("http")}).body, "ok");
    EXPECT_EQ(peer.connections(), 2);
    transport->close();
}

// Whether the coroutine goes on where it was.
Task<bool> stays_on(Transport& transport, std::string url, boost::asio::io_context& context) {
    (void)co_await transport.send({.url = std::move(url)});
    co_return context.get_executor().running_in_this_thread();
}

TEST_F(Http, carries_many_at_once_each_on_its_own_executor) {
    http::test::RunningServer server{echo};
    auto url = "http://127.0.0.1:" + std::to_string(server.port()) + "/";
    std::array<boost::asio::io_context, 3> contexts;
    std::vector<std::future<bool>> stayed;
    for (int i = 0; i < 200; ++i) {
        auto& context = contexts[static_cast<std::size_t>(i) % contexts.size()];
        stayed.push_back(
            boost::asio::co_spawn(context, stays_on(*transport, url, context), boost::asio::use_future));
    }
    std::vector<std::jthread> threads;
    for (auto& context : contexts) threads.emplace_back([&context] { context.run(); });
    for (auto& each : stayed) EXPECT_TRUE(each.get());
    transport->close();
}

TEST_F(Http, refuses_more_than_its_limit) {
    Peer peer{[](Wire& wire) { wire.take(1'000'000); }};
    transport = make_transport({.max_concurrent = 2});
    auto first = send_later({.url = peer.url("http")}), second = send_later({.url = peer.url("http")});
    EXPECT_THROW(send({.url = peer.url("http")}), Unavailable);
    transport->close();
    EXPECT_THROW(first.get(), NoAnswer);
    EXPECT_THROW(second.get(), NoAnswer);
}

TEST_F(Http, ends_what_is_under_way_when_it_closes) {
    Peer peer{[](Wire& wire) { wire.take(1'000'000); }};
    auto waiting = send_later({.url = peer.url("http")});
    testing::eventually([&] { return peer.connections() == 1; });
    transport->close();
    EXPECT_THROW(waiting.get(), NoAnswer);
    EXPECT_THROW(send({.url = peer.url("http")}), Unavailable);
    transport->close();  // a second time does nothing
}

TEST_F(Http, trusts_only_certificates_that_it_knows) {
    Certificate certificate;
    Peer peer{[](Wire& wire) {
                  wire.start_tls();
                  answer_ok(wire);
              },
              &certificate};
    EXPECT_THROW(send({.url = peer.url("https")}), NoAnswer);
    transport = make_transport({.ca_file = certificate.file()});
    EXPECT_EQ(send({.url = peer.url("https")}).body, "ok");
    auto of_another_name = peer.url("https");
    of_another_name.replace(of_another_name.find("127.0.0.1"), 9, "localhost");
    EXPECT_THROW(send({.url = of_another_name}), NoAnswer);
    transport->close();
}

}  // namespace
}  // namespace stagedoor::outbound
