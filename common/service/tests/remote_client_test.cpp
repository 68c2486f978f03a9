// Requests to replicas of another service, with a fake transport.
#include "common/service/remote_client.hpp"

#include <gtest/gtest.h>

#include <map>

#include "common/errors.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

using namespace std::chrono_literals;

enum class Behaviour { responds, is_overloaded, refuses_connections, times_out };

// Two replicas of tickets, "http://one" and "http://two".
class FakeTransport final : public outbound::Transport {
  public:
    Task<http::Response> send(http::Request request, outbound::SendOptions options) override {
        auto address = options.url;
        ++requests[address];
        last = std::move(request);
        last_options = std::move(options);
        switch (behaviour[address]) {
            case Behaviour::responds:
                co_return http::Response{200, {{"x-from", address}}, "fine"};
            case Behaviour::is_overloaded:
                co_return http::Response{503, {}, "overloaded"};
            case Behaviour::refuses_connections:
                throw outbound::NotSent("connection refused");
            case Behaviour::times_out:
                throw outbound::NoResponse("timed out");
        }
        throw std::logic_error("no such behaviour");
    }
    Task<std::string> deliver(outbound::SmtpServer, outbound::Email) override { co_return std::string{}; }
    void close() override {}

    std::map<std::string, Behaviour> behaviour;
    std::map<std::string, int> requests;
    http::Request last;
    outbound::SendOptions last_options;
};

class RemoteClientTest : public ::testing::Test {
  protected:
    http::Response send(http::Method method = http::Method::get, http::Headers headers = {}) {
        http::Request request{.method = method};
        request.headers = std::move(headers);
        EXPECT_TRUE(request.set_target("/api/tickets?q=a%20b"));
        request.remote_address = "192.0.2.7";
        request.request_id = "request";
        request.traceparent = "trace";
        return loop.wait_for(client.send("tickets", std::move(request)));
    }
    static http::Headers with_key() {
        http::Headers headers;
        headers.add("Idempotency-Key", "key");
        return headers;
    }
    int request_count() { return transport.requests["http://one"] + transport.requests["http://two"]; }

    runtime::EventLoopThread loop;
    runtime::ManualClock clock;
    runtime::Metrics metrics;
    FakeTransport transport;
    RemoteClient client{{{"tickets", {"http://one", "http://two"}}}, transport, clock, metrics};
};

TEST_F(RemoteClientTest, sends_to_replicas_in_turn) {
    for (int i = 0; i < 6; ++i) EXPECT_EQ(send().status, 200);
    EXPECT_EQ(transport.requests["http://one"], 3);
    EXPECT_EQ(transport.requests["http://two"], 3);
}

TEST_F(RemoteClientTest, forwards_the_caller_and_the_trace) {
    auto response = send();
    EXPECT_EQ(response.body, "fine");
    EXPECT_TRUE(response.headers["X-From"].starts_with("http://"));
    EXPECT_EQ(transport.last.target, "/api/tickets?q=a%20b");
    const auto& headers = transport.last.headers;
    EXPECT_EQ(headers["X-Forwarded-For"], "192.0.2.7");
    EXPECT_EQ(headers["X-Forwarded-Proto"], "http");
    EXPECT_EQ(headers["X-Request-Id"], "request");
    EXPECT_EQ(headers["traceparent"], "trace");
}

TEST_F(RemoteClientTest, tries_another_replica_when_nothing_was_sent) {
    transport.behaviour["http://one"] = Behaviour::refuses_connections;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send(http::Method::post).status, 200);
}

TEST_F(RemoteClientTest, repeats_a_request_that_may_have_arrived_only_when_that_is_safe) {
    transport.behaviour["http://one"] = transport.behaviour["http://two"] = Behaviour::times_out;
    EXPECT_THROW(send(http::Method::post), Unavailable);
    EXPECT_EQ(request_count(), 1);
    EXPECT_FALSE(transport.last_options.repeat_on_broken_connection);
    EXPECT_THROW(send(http::Method::post, with_key()), Unavailable);
    EXPECT_EQ(request_count(), 3);
    EXPECT_TRUE(transport.last_options.repeat_on_broken_connection);
    EXPECT_THROW(send(), Unavailable);
    EXPECT_EQ(request_count(), 5);
}

TEST_F(RemoteClientTest, tries_another_replica_for_reads_when_one_is_overloaded) {
    transport.behaviour["http://one"] = Behaviour::is_overloaded;
    for (int i = 0; i < 4; ++i) EXPECT_EQ(send().status, 200);
    auto overloaded = 0;
    for (int i = 0; i < 4; ++i) overloaded += send(http::Method::post, with_key()).status == 503;
    EXPECT_EQ(overloaded, 2);
    transport.behaviour["http://two"] = Behaviour::is_overloaded;
    EXPECT_EQ(send().status, 503) << "the last replica's response is returned";
}

TEST_F(RemoteClientTest, excludes_a_replica_for_a_while_after_repeated_failures) {
    transport.behaviour["http://one"] = Behaviour::times_out;
    for (int i = 0; i < 20; ++i) EXPECT_EQ(send().status, 200);
    EXPECT_EQ(transport.requests["http://one"], 3);

    clock.advance(1s);
    for (int i = 0; i < 20; ++i) EXPECT_EQ(send().status, 200);
    EXPECT_EQ(transport.requests["http://one"], 4) << "one request probes it";

    clock.advance(1s);
    transport.behaviour["http://one"] = Behaviour::responds;
    transport.requests.clear();
    for (int i = 0; i < 20; ++i) EXPECT_EQ(send().status, 200);
    EXPECT_GE(transport.requests["http://one"], 9) << "it is in use again";
}

TEST_F(RemoteClientTest, fails_at_once_while_all_replicas_are_excluded) {
    transport.behaviour["http://one"] = transport.behaviour["http://two"] = Behaviour::times_out;
    for (int i = 0; i < 20; ++i) EXPECT_THROW(send(), Unavailable);
    EXPECT_EQ(request_count(), 6);
}

TEST_F(RemoteClientTest, reports_a_service_without_an_address_as_unavailable) {
    EXPECT_THROW(loop.wait_for(client.send("orders", {})), Unavailable);
}

}  // namespace
}  // namespace stagedoor
