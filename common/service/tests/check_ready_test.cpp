// What is said of a program's readiness, with a transport that answers as it is told.
#include "common/service/check_ready.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor {
namespace {

class Answering final : public outbound::Transport {
  public:
    Task<outbound::HttpAnswer> send(outbound::HttpRequest request) override {
        asked = request.url;
        if (is_away) throw outbound::NotSent("connection refused");
        if (is_silent) throw outbound::NoAnswer("timed out");
        co_return answer;
    }
    Task<> deliver(outbound::SmtpServer, outbound::Email) override { co_return; }
    void close() override {}

    outbound::HttpAnswer answer{200, {}, R"({"status":"ready"})"};
    bool is_away = false, is_silent = false;
    std::string asked;
};

class CheckReady : public ::testing::Test {
  protected:
    Readiness ask(const std::string& address = "127.0.0.1") {
        Settings settings;
        settings.address = address;
        settings.port = 4001;
        return loop.wait_for(ask_readiness(transport, settings));
    }
    void expect_not_ready(const std::string& text) {
        auto said = ask();
        EXPECT_FALSE(said.ready);
        EXPECT_EQ(said.text, text);
    }

    Answering transport;
    runtime::EventLoopThread loop;
};

TEST_F(CheckReady, is_green_for_200_only) {
    EXPECT_TRUE(ask().ready);
    EXPECT_EQ(ask().text, "ready");
    transport.answer.status = 204;
    EXPECT_FALSE(ask().ready);
}

TEST_F(CheckReady, asks_where_the_program_listens_and_on_the_loopback_if_that_is_everywhere) {
    for (auto [address, url] : {std::pair{"127.0.0.1", "http://127.0.0.1:4001/readyz"},
                                {"0.0.0.0", "http://127.0.0.1:4001/readyz"},
                                {"::", "http://[::1]:4001/readyz"},
                                {"192.0.2.7", "http://192.0.2.7:4001/readyz"},
                                {"2001:db8::7", "http://[2001:db8::7]:4001/readyz"}}) {
        (void)ask(address);
        EXPECT_EQ(transport.asked, url);
    }
}

TEST_F(CheckReady, repeats_the_reason_that_the_program_gives) {
    transport.answer = {503, {}, R"({"errors":[{"message":"The database of orders does not answer"}]})"};
    expect_not_ready("not ready: The database of orders does not answer");
}

TEST_F(CheckReady, says_one_line_whatever_is_at_that_port) {
    for (const auto* body : {"<html>\n", "", R"({"errors":[]})", R"({"errors":[{"message":"a\nb"}]})", "7"}) {
        transport.answer = {404, {}, body};
        expect_not_ready("not ready: it answers with status 404");
    }
}

TEST_F(CheckReady, tells_nobody_there_from_nothing_said) {
    transport.is_silent = true;
    expect_not_ready("not ready: no answer from 127.0.0.1:4001: timed out");
    transport.is_away = true;
    expect_not_ready("not ready: nothing listens at 127.0.0.1:4001");
}

}  // namespace
}  // namespace stagedoor
