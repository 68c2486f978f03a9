// What check-ready reports, with a fake transport.
#include "common/service/check_ready.hpp"

#include <gtest/gtest.h>

#include "common/errors.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor {
namespace {

class FakeTransport final : public outbound::Transport {
  public:
    Task<http::Response> send(http::Request request, outbound::SendOptions options) override {
        requested_url = options.url + request.target;
        if (refuses_connections) throw outbound::NotSent("connection refused");
        if (times_out) throw outbound::NoResponse("timed out");
        co_return response;
    }
    Task<std::string> deliver(outbound::SmtpServer, outbound::Email) override { co_return std::string{}; }
    void close() override {}

    http::Response response{200, {}, R"({"status":"ready"})"};
    bool refuses_connections = false, times_out = false;
    std::string requested_url;
};

class CheckReady : public ::testing::Test {
  protected:
    Readiness query(const std::string& address = "127.0.0.1") {
        settings.address = address;
        settings.port = 4001;
        return loop.wait_for(query_readiness(transport, settings));
    }
    void expect_not_ready(const std::string& text) {
        auto readiness = query();
        EXPECT_FALSE(readiness.ready);
        EXPECT_EQ(readiness.text, text);
    }

    FakeTransport transport;
    runtime::EventLoopThread loop;
    ProgramSettings settings;
};

TEST_F(CheckReady, reports_ready_for_status_200_only) {
    EXPECT_TRUE(query().ready);
    EXPECT_EQ(query().text, "ready");
    transport.response.status = 204;
    EXPECT_FALSE(query().ready);
}

TEST_F(CheckReady, queries_the_address_of_the_program_or_loopback_if_it_listens_on_all) {
    for (auto [address, url] : {std::pair{"127.0.0.1", "http://127.0.0.1:4001/readyz"},
                                {"0.0.0.0", "http://127.0.0.1:4001/readyz"},
                                {"::", "http://[::1]:4001/readyz"},
                                {"192.0.2.7", "http://192.0.2.7:4001/readyz"},
                                {"2001:db8::7", "http://[2001:db8::7]:4001/readyz"}}) {
        (void)query(address);
        EXPECT_EQ(transport.requested_url, url);
    }
}

TEST_F(CheckReady, uses_tls_if_the_program_does) {
    settings.tls_certificate = "/etc/stagedoor/tls/tls.crt";
    EXPECT_TRUE(query().ready);
    EXPECT_EQ(transport.requested_url, "https://127.0.0.1:4001/readyz");
    transport.refuses_connections = true;
    expect_not_ready("not ready: no connection to 127.0.0.1:4001: connection refused");
}

TEST_F(CheckReady, repeats_the_reason_given_by_the_program) {
    transport.response = {503, {}, R"({"errors":[{"message":"The database of orders is not responding"}]})"};
    expect_not_ready("not ready: The database of orders is not responding");
}

TEST_F(CheckReady, prints_one_line_whatever_listens_on_the_port) {
    for (const auto* body : {"<html>\n", "", R"({"errors":[]})", R"({"errors":[{"message":"a\nb"}]})", "7"}) {
        transport.response = {404, {}, body};
        expect_not_ready("not ready: it responds with status 404");
    }
}

TEST_F(CheckReady, distinguishes_a_timeout_from_a_refused_connection) {
    transport.times_out = true;
    expect_not_ready("not ready: no response from 127.0.0.1:4001: timed out");
    transport.refuses_connections = true;
    expect_not_ready("not ready: nothing is listening on 127.0.0.1:4001");
}

}  // namespace
}  // namespace stagedoor
