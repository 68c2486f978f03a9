// How other services are asked, with a transport that answers as it is told.
#include "common/service/remote_client.hpp"

#include <gtest/gtest.h>

#include <map>

#include "common/errors.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;

enum class Behaviour { answers, is_busy, refuses_connections, breaks_off };

// Two copies of tickets, "http://one" and "http://two".
class FakeTransport final : public outbound::Transport {
  public:
    Task<outbound::HttpAnswer> send(outbound::HttpRequest request) override {
        auto address = request.url.substr(0, 10);
        ++asked[address];
        last = std::move(request);
        switch (behaviour[address]) {
            case Behaviour::answers:
                co_return outbound::HttpAnswer{200, {{"x-from", address}}, "fine"};
            case Behaviour::is_busy:
                co_return outbound::HttpAnswer{503, {}, "busy"};
            case Behaviour::refuses_connections:
                throw outbound::NotSent("connection refused");
            case Behaviour::breaks_off:
                throw outbound::NoAnswer("time-out");
        }
        throw std::logic_error("no such behaviour");
    }
    Task<> deliver(outbound::SmtpServer, outbound::Email) override { co_return; }
    void close() override {}

    std::map<std::string, Behaviour> behaviour;
    std::map<std::string, int> asked;
    outbound::HttpRequest last;
};

class RemoteClientTest : public ::testing::Test {
  protected:
    http::Response ask(http::Method method = http::Method::get, http::Headers headers = {}) {
        http::Request request{.method = method};
        request.headers = std::move(headers);
        EXPECT_TRUE(request.set_target("/api/tickets?q=a%20b"));
        request.remote_address = "192.0.2.7";
        request.request_id = "request";
        request.traceparent = "trace";
        return loop.wait_for(client.ask("tickets", std::move(request)));
    }
    static http::Headers with_key() {
        http::Headers headers;
        headers.add("Idempotency-Key", "key");
        return headers;
    }
    int asked() { return transport.asked["http://one"] + transport.asked["http://two"]; }

    runtime::EventLoopThread loop;
    runtime::ManualClock clock;
    runtime::Metrics metrics;
    FakeTransport transport;
    RemoteClient client{{{"tickets", {"http://one", "http://two"}}}, transport, clock, metrics};
};

TEST_F(RemoteClientTest, copies_are_asked_in_turn) {
    for (int i = 0; i < 6; ++i) EXPECT_EQ(ask().status, 200);
    EXPECT_EQ(transport.asked["http://one"], 3);
    EXPECT_EQ(transport.asked["http://two"], 3);
}

TEST_F(RemoteClientTest, says_for_whom_it_asks) {
    auto answer = ask();
    EXPECT_EQ(answer.body, "fine");
    EXPECT_TRUE(answer.headers["X-From"].starts_with("http://"));
    EXPECT_TRUE(transport.last.url.ends_with("/api/tickets?q=a%20b"));
    std::map<std::string, std::string> headers{transport.last.headers.begin(), transport.last.headers.end()};
    EXPECT_EQ(headers["X-Forwarded-For"], "192.0.2.7");
    EXPECT_EQ(headers["X-Forwarded-Proto"], "http");
    EXPECT_EQ(headers["X-Request-Id"], "request");
    EXPECT_EQ(headers["traceparent"], "trace");
}

TEST_F(RemoteClientTest, another_copy_is_asked_when_nothing_was_sent) {
    transport.behaviour["http://one"] = Behaviour::refuses_connections;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask(http::Method::post).status, 200);
}

TEST_F(RemoteClientTest, what_may_have_arrived_is_repeated_only_when_that_is_safe) {
    transport.behaviour["http://one"] = transport.behaviour["http://two"] = Behaviour::breaks_off;
    EXPECT_THROW(ask(http::Method::post), Unavailable);
    EXPECT_EQ(asked(), 1);
    EXPECT_FALSE(transport.last.repeat_on_broken_connection);
    EXPECT_THROW(ask(http::Method::post, with_key()), Unavailable);
    EXPECT_EQ(asked(), 3);
    EXPECT_TRUE(transport.last.repeat_on_broken_connection);
    EXPECT_THROW(ask(), Unavailable);
    EXPECT_EQ(asked(), 5);
}

TEST_F(RemoteClientTest, a_copy_that_is_busy_passes_reads_on) {
    transport.behaviour["http://one"] = Behaviour::is_busy;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(ask().status, 200);
    auto busy = 0;
    for (int i = 0; i < 4; ++i) busy += ask(http::Method::post, with_key()).status == 503;
    EXPECT_EQ(busy, 2);
    transport.behaviour["http://two"] = Behaviour::is_busy;
    EXPECT_EQ(ask().status, 503) << "the last one's answer is passed on";
}

TEST_F(RemoteClientTest, a_copy_that_fails_again_and_again_is_left_alone_for_a_while) {
    transport.behaviour["http://one"] = Behaviour::breaks_off;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask().status, 200);
    EXPECT_EQ(transport.asked["http://one"], 3);

    clock.advance(1s);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask().status, 200);
    EXPECT_EQ(transport.asked["http://one"], 4) << "one request tries it";

    clock.advance(1s);
    transport.behaviour["http://one"] = Behaviour::answers;
    transport.asked.clear();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(ask().status, 200);
    EXPECT_GE(transport.asked["http://one"], 9) << "it is back";
}

TEST_F(RemoteClientTest, nobody_waits_while_all_copies_are_left_alone) {
    transport.behaviour["http://one"] = transport.behaviour["http://two"] = Behaviour::breaks_off;
    for (int i = 0; i < 20; ++i) EXPECT_THROW(ask(), Unavailable);
    EXPECT_EQ(asked(), 6);
}

TEST_F(RemoteClientTest, a_service_that_has_no_address_is_away) {
    EXPECT_THROW(loop.wait_for(client.ask("orders", {})), Unavailable);
}

}  // namespace
}  // namespace stagedoor
