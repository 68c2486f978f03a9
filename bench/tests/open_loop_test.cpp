// The load generator against a minimal server with known faults.
#include "bench/load/open_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <thread>

#include "bench/tests/small_server.hpp"

using namespace stagedoor::load;
using namespace std::chrono_literals;

namespace {

class SingleRequest : public Traffic {
  public:
    std::string_view request(std::uint64_t) override { return "GET / HTTP/1.1\r\nHost: x\r\n\r\n"; }
    Next next(std::uint64_t arrival, const Response& response) override {
        arrivals.push_back(arrival);
        return {response.status == 200};
    }
    std::vector<std::uint64_t> arrivals;
};

// Three requests per arrival: its number followed by "a", "ab" and "abc".
class ThreeRequests : public Traffic {
  public:
    std::string_view request(std::uint64_t arrival) override { return send(arrival, "a"); }
    Next next(std::uint64_t arrival, const Response& response) override {
        auto& sent_letters = sent_letters_[arrival];
        if (response.status != 200 || sent_letters.size() == 3) return {response.status == 200};
        return {true, send(arrival, sent_letters.size() == 1 ? "b" : "c")};
    }
    const std::map<std::uint64_t, std::string>& sent_letters() const { return sent_letters_; }

  private:
    std::string_view send(std::uint64_t arrival, std::string_view letter) {
        sent_letters_[arrival] += letter;
        return request_ = "GET /" + std::to_string(arrival) + sent_letters_[arrival] +
                          " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    std::map<std::uint64_t, std::string> sent_letters_;
    std::string request_;
};

const std::string ok_response = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// Responds to each request by its number, counted from 0.
SmallServer::Handler by_request_number(std::function<std::string(int request)> response) {
    return [response = std::move(response), requests = 0](const Request&) mutable {
        return response(requests++);
    };
}

Plan plan_for(const SmallServer& server, double rate) {
    return {.server = server.endpoint(),
            .rate = rate,
            .warmup = 0ms,
            .measured = 250ms,
            .drain = 300ms,
            .connections = 4};
}

}  // namespace

TEST(OpenLoop, sends_every_arrival_once_at_the_target_rate) {
    SmallServer server{[](const Request&) { return ok_response; }};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.latency.count(), 200U);
    EXPECT_LE(measured.rate, 800.0);
    std::ranges::sort(traffic.arrivals);
    ASSERT_EQ(traffic.arrivals.size(), 200U);
    for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(traffic.arrivals[i], i);
}

TEST(OpenLoop, does_not_measure_the_warm_up) {
    SmallServer server{[](const Request&) { return ok_response; }};
    SingleRequest traffic;
    auto plan = plan_for(server, 800);
    plan.warmup = 250ms;
    auto measured = run(plan, traffic);
    EXPECT_EQ(measured.sent, 400U);
    EXPECT_EQ(measured.latency.count(), 200U);
}

TEST(OpenLoop, a_pause_of_the_server_counts_for_all_arrivals_due_in_it) {
    SmallServer server{by_request_number([](int request) {
        if (request == 40)
            std::this_thread::sleep_for(200ms);  // the injected fault, not a wait for something
        return ok_response;
    })};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_TRUE(measured.failures().empty());
    // 160 of 200 arrivals were due during the pause; 120 of them waited more than 50 ms.
    EXPECT_GE(measured.latency.quantile(0.5), 50ms);
    EXPECT_GE(measured.latency.max(), 200ms);
}

TEST(OpenLoop, closed_loop_sends_the_next_request_right_after_a_response) {
    SmallServer server{[](const Request&) { return ok_response; }};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 0), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_GT(measured.latency.count(), 4U);
    EXPECT_EQ(measured.sent, measured.responded);
    EXPECT_GT(measured.rate, 0.0);
}

const std::string refusal = "HTTP/1.1 503 Busy\r\nRetry-After: 1\r\nContent-Length: 0\r\n\r\n";

TEST(OpenLoop, leaves_a_refused_connection_alone_until_it_may_retry) {
    SmallServer server{by_request_number([](int request) { return request == 1 ? refusal : ok_response; })};
    SingleRequest traffic;
    auto plan = plan_for(server, 0);
    plan.overload = true;
    plan.measured = 1500ms;
    auto measured = run(plan, traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.refused, 1U);
    EXPECT_GT(measured.min_of_connection, 0U) << "it was used again";
    EXPECT_LT(measured.min_of_connection, measured.median_of_connection * 2 / 3);
}

TEST(OpenLoop, holds_back_arrivals_while_all_connections_wait) {
    SmallServer server{[](const Request&) { return refusal; }};
    SingleRequest traffic;
    auto plan = plan_for(server, 800);
    plan.overload = true;
    auto measured = run(plan, traffic);
    EXPECT_EQ(measured.refused, 4U) << "one per connection";
    EXPECT_EQ(measured.never_sent, 196U);
    EXPECT_EQ(measured.failures().size(), 1U) << "no samples";
}

TEST(OpenLoop, an_unexpected_response_is_a_failure) {
    SmallServer server{by_request_number([](int request) {
        return request == 7 ? "HTTP/1.1 409 Conflict\r\nContent-Length: 8\r\n\r\nsold out" : ok_response;
    })};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_EQ(measured.responses[409], 1U);
    ASSERT_EQ(measured.failures().size(), 1U);
    EXPECT_EQ(measured.failures()[0], "1 unexpected responses, the first: 409 sold out");
}

TEST(OpenLoop, a_broken_connection_loses_its_request_and_is_reopened) {
    SmallServer server{
        by_request_number([](int request) { return request == 7 ? std::string{} : ok_response; })};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_EQ(measured.lost, 1U);
    EXPECT_EQ(measured.reconnects, 1U);
    EXPECT_EQ(measured.responded, 199U);
    EXPECT_EQ(measured.failures().size(), 1U);
}

TEST(OpenLoop, a_server_that_sends_connection_close_loses_nothing) {
    SmallServer server{by_request_number([](int request) {
        return request % 10 == 0 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                                 : ok_response;
    })};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.reconnects, 20U);
    EXPECT_EQ(measured.responded, 200U);
}

TEST(OpenLoop, a_server_too_slow_for_the_rate_is_a_failure) {
    SmallServer server{[](const Request&) {
        std::this_thread::sleep_for(20ms);  // 50 per second
        return ok_response;
    }};
    SingleRequest traffic;
    auto measured = run(plan_for(server, 800), traffic);
    EXPECT_GT(measured.never_sent, 0U);
    EXPECT_FALSE(measured.failures().empty());
}

TEST(OpenLoop, an_arrival_of_several_requests_sends_them_in_turn) {
    std::vector<std::string> received;
    SmallServer server{[&received](const Request& request) {
        received.push_back(request.method_and_target());
        return ok_response;
    }};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 200), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.latency.count(), 50U);
    EXPECT_LE(measured.rate, 200.0);
    EXPECT_EQ(measured.sent, 150U);
    EXPECT_EQ(measured.responded, 150U);
    ASSERT_EQ(traffic.sent_letters().size(), 50U);
    for (const auto& [arrival, sent_letters] : traffic.sent_letters())
        EXPECT_EQ(sent_letters, "abc") << arrival;
    std::ranges::sort(received);
    EXPECT_EQ(received.size(), 150U);
    EXPECT_EQ(std::ranges::adjacent_find(received), received.end());
}

TEST(OpenLoop, an_arrival_of_several_requests_is_measured_until_the_last_response) {
    SmallServer server{by_request_number([](int request) {
        if (request < 3) std::this_thread::sleep_for(50ms);  // each request of the first arrival
        return ok_response;
    })};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 4), traffic);
    EXPECT_EQ(measured.latency.count(), 1U);
    EXPECT_GE(measured.latency.max(), 150ms);
}

TEST(OpenLoop, closed_loop_ends_with_whole_arrivals) {
    SmallServer server{[](const Request&) { return ok_response; }};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 0), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.responded, 3 * measured.latency.count());
}

TEST(OpenLoop, an_unexpected_response_ends_its_arrival) {
    SmallServer server{[](const Request& request) {
        return request.method_and_target() == "GET /7ab"
                   ? "HTTP/1.1 402 Declined\r\nContent-Length: 2\r\n\r\nno"
                   : ok_response;
    }};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 200), traffic);
    EXPECT_EQ(measured.failures(), std::vector<std::string>{"1 unexpected responses, the first: 402 no"});
    EXPECT_EQ(measured.latency.count(), 49U);
    EXPECT_EQ(traffic.sent_letters().at(7), "ab");
}

TEST(OpenLoop, a_broken_connection_ends_its_arrival) {
    SmallServer server{[](const Request& request) {
        return request.method_and_target() == "GET /7ab" ? std::string{} : ok_response;
    }};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 200), traffic);
    EXPECT_EQ(measured.lost, 1U);
    EXPECT_EQ(measured.latency.count(), 49U);
    EXPECT_EQ(traffic.sent_letters().at(7), "ab");
}

TEST(OpenLoop, an_arrival_continues_after_connection_close) {
    SmallServer server{by_request_number([](int request) {
        return request % 2 == 0 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                                : ok_response;
    })};
    ThreeRequests traffic;
    auto measured = run(plan_for(server, 200), traffic);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.reconnects, 75U);
    EXPECT_EQ(measured.latency.count(), 50U);
}

TEST(OpenLoop, an_unreachable_server_is_an_error) {
    boost::asio::ip::tcp::endpoint unreachable;
    {
        SmallServer server{[](const Request&) { return ok_response; }};
        unreachable = server.endpoint();
    }
    SingleRequest traffic;
    EXPECT_THROW(run({.server = unreachable}, traffic), std::exception);
}
