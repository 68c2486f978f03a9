// The generator against a server of a few lines, whose faults are known.
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

class Question : public Traffic {
  public:
    std::string_view request(std::uint64_t) override { return "GET / HTTP/1.1\r\nHost: x\r\n\r\n"; }
    Next next(std::uint64_t arrival, const Answer& answer) override {
        read_your_writes.push_back(arrival);
        return {answer.status == 200};
    }
    std::vector<std::uint64_t> read_your_writes;
};

// Three requests for each arrival: its number, one letter more each time.
class Conversation : public Traffic {
  public:
    std::string_view request(std::uint64_t arrival) override { return ask(arrival, "a"); }
    Next next(std::uint64_t arrival, const Answer& answer) override {
        auto& said = said_[arrival];
        if (answer.status != 200 || said.size() == 3) return {answer.status == 200};
        return {true, ask(arrival, said.size() == 1 ? "b" : "c")};
    }
    const std::map<std::uint64_t, std::string>& said() const { return said_; }

  private:
    std::string_view ask(std::uint64_t arrival, std::string_view letter) {
        said_[arrival] += letter;
        return request_ = "GET /" + std::to_string(arrival) + said_[arrival] + " HTTP/1.1\r\nHost: x\r\n\r\n";
    }

    std::map<std::uint64_t, std::string> said_;
    std::string request_;
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
    std::ranges::sort(question.read_your_writes);
    ASSERT_EQ(question.read_your_writes.size(), 200U);
    for (std::uint64_t i = 0; i < 200; ++i) EXPECT_EQ(question.read_your_writes[i], i);
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
    // 160 of 200 read_your_writes fell into it, the last of them with next to no delay: 120 waited more than 50 ms.
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

TEST(OpenLoop, an_arrival_of_several_requests_asks_them_in_turn) {
    std::vector<std::string> asked;
    SmallServer server{[&asked](const Request& request) {
        asked.push_back(request.what());
        return kOk;
    }};
    Conversation conversation;
    auto measured = run(plan_for(server, 200), conversation);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.latency.count(), 50U);
    EXPECT_LE(measured.rate, 200.0);
    EXPECT_EQ(measured.sent, 150U);
    EXPECT_EQ(measured.answered, 150U);
    ASSERT_EQ(conversation.said().size(), 50U);
    for (const auto& [arrival, said] : conversation.said()) EXPECT_EQ(said, "abc") << arrival;
    std::ranges::sort(asked);
    EXPECT_EQ(asked.size(), 150U);
    EXPECT_EQ(std::ranges::adjacent_find(asked), asked.end());
}

TEST(OpenLoop, an_arrival_of_several_requests_is_measured_from_due_to_the_last_answer) {
    SmallServer server{counted([](int request) {
        if (request < 3) std::this_thread::sleep_for(50ms);  // each of the first arrival's
        return kOk;
    })};
    Conversation conversation;
    auto measured = run(plan_for(server, 4), conversation);
    EXPECT_EQ(measured.latency.count(), 1U);
    EXPECT_GE(measured.latency.max(), 150ms);
}

TEST(OpenLoop, closed_loop_ends_with_whole_arrivals) {
    SmallServer server{[](const Request&) { return kOk; }};
    Conversation conversation;
    auto measured = run(plan_for(server, 0), conversation);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.answered, 3 * measured.latency.count());
}

TEST(OpenLoop, an_answer_not_as_expected_ends_its_arrival) {
    SmallServer server{[](const Request& request) {
        return request.what() == "GET /7ab" ? "HTTP/1.1 402 Declined\r\nContent-Length: 2\r\n\r\nno" : kOk;
    }};
    Conversation conversation;
    auto measured = run(plan_for(server, 200), conversation);
    EXPECT_EQ(measured.failures(), std::vector<std::string>{"1 answers not as expected, the first: 402 no"});
    EXPECT_EQ(measured.latency.count(), 49U);
    EXPECT_EQ(conversation.said().at(7), "ab");
}

TEST(OpenLoop, a_connection_that_breaks_ends_its_arrival) {
    SmallServer server{
        [](const Request& request) { return request.what() == "GET /7ab" ? std::string{} : kOk; }};
    Conversation conversation;
    auto measured = run(plan_for(server, 200), conversation);
    EXPECT_EQ(measured.lost, 1U);
    EXPECT_EQ(measured.latency.count(), 49U);
    EXPECT_EQ(conversation.said().at(7), "ab");
}

TEST(OpenLoop, an_arrival_goes_on_when_the_server_closes_politely) {
    SmallServer server{counted([](int request) {
        return request % 2 == 0 ? "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok" : kOk;
    })};
    Conversation conversation;
    auto measured = run(plan_for(server, 200), conversation);
    EXPECT_TRUE(measured.failures().empty());
    EXPECT_EQ(measured.reconnects, 75U);
    EXPECT_EQ(measured.latency.count(), 50U);
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
