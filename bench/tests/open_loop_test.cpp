// The generator against a server of a few lines, whose faults are known.
#include "bench/load/open_loop.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <thread>

#include "bench/tests/small_server.hpp"

using namespace stagedoor::load;
using namespace std::chrono_literals;

namespace {

class Question : public Traffic {
  public:
    std::string_view request(std::uint64_t) override { return "GET / HTTP/1.1\r\nHost: x\r\n\r\n"; }
    bool accept(std::uint64_t arrival, const Answer& answer) override {
        arrivals.push_back(arrival);
        return answer.status == 200;
    }
    std::vector<std::uint64_t> arrivals;
};

const std::string kOk = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

// The answer to the n-th request, counted from 0.
SmallServer::Answering counted(std::function<std::string(int request)> answer) {
    return [answer = std::move(answer), requests = 0](const Request&) mutable { return answer(requests++); };
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

TEST(OpenLoop, sends_every_arrival_once_at_the_rate_asked) {
    SmallServer server{[](const Request&) { return kOk; }};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.latency.count(), 200U);
    EXPECT_LE(measured.rate, 800.0);
    std::ranges::sort(question.arrivals);
    ASSERT_EQ(question.arrivals.size(), 200U);
    for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(question.arrivals[i], i);
}

TEST(OpenLoop, does_not_measure_the_warm_up) {
    SmallServer server{[](const Request&) { return kOk; }};
    Question question;
    auto plan = plan_for(server, 800);
    plan.warmup = 250ms;
    auto measured = run(plan, question);
    EXPECT_EQ(measured.sent, 400U);
    EXPECT_EQ(measured.latency.count(), 200U);
}

TEST(OpenLoop, a_pause_of_the_server_is_charged_to_all_that_fell_due_in_it) {
    SmallServer server{counted([](int request) {
        if (request == 40)
            std::this_thread::sleep_for(200ms);  // the fault injected, not a wait for something
        return kOk;
    })};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_TRUE(measured.failures().empty());
    // 160 of 200 arrivals fell into it, the last of them with next to no delay: 120 waited more than 50 ms.
    EXPECT_GE(measured.latency.quantile(0.5), 50ms);
    EXPECT_GE(measured.latency.max(), 200ms);
}

TEST(OpenLoop, closed_loop_asks_again_as_soon_as_it_was_answered) {
    SmallServer server{[](const Request&) { return kOk; }};
    Question question;
    auto measured = run(plan_for(server, 0), question);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_GT(measured.latency.count(), 4U);
    EXPECT_EQ(measured.sent, measured.answered);
    EXPECT_GT(measured.rate, 0.0);
}

TEST(OpenLoop, an_answer_not_as_expected_is_a_failure) {
    SmallServer server{counted([](int request) {
        return request == 7 ? "HTTP/1.1 409 Conflict\r\nContent-Length: 8\r\n\r\nsold out" : kOk;
    })};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_EQ(measured.answers[409], 1U);
    ASSERT_EQ(measured.failures().size(), 1U);
    EXPECT_EQ(measured.failures()[0], "1 answers not as expected, the first: 409 sold out");
}

TEST(OpenLoop, a_connection_that_breaks_is_a_lost_request_and_is_opened_again) {
    SmallServer server{counted([](int request) { return request == 7 ? std::string{} : kOk; })};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_EQ(measured.lost, 1U);
    EXPECT_EQ(measured.reconnects, 1U);
    EXPECT_EQ(measured.answered, 199U);
    EXPECT_EQ(measured.failures().size(), 1U);
}

TEST(OpenLoop, a_server_that_closes_politely_loses_nothing) {
    SmallServer server{counted([](int request) {
        return request % 10 == 0 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok"
                                 : kOk;
    })};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.reconnects, 20U);
    EXPECT_EQ(measured.answered, 200U);
}

TEST(OpenLoop, a_server_too_slow_for_the_rate_is_a_failure) {
    SmallServer server{[](const Request&) {
        std::this_thread::sleep_for(20ms);  // 50 a second
        return kOk;
    }};
    Question question;
    auto measured = run(plan_for(server, 800), question);
    EXPECT_GT(measured.never_sent, 0U);
    EXPECT_FALSE(measured.failures().empty());
}

TEST(OpenLoop, no_server_is_an_error) {
    boost::asio::ip::tcp::endpoint nobody;
    {
        SmallServer server{[](const Request&) { return kOk; }};
        nobody = server.endpoint();
    }
    Question question;
    EXPECT_THROW(run({.server = nobody}, question), std::exception);
}
