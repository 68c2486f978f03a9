#include "common/service/check_ready.hpp"

#include <boost/asio/ip/address.hpp>
#include <iostream>

#include "common/errors.hpp"
#include "common/json/value.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor {
namespace {

// More than the program waits for its database before it says that it is not ready.
constexpr std::chrono::seconds patience{6};

// Where a program that listens on `address` is found from here.
std::string host_of(const std::string& address) {
    auto ip = boost::asio::ip::make_address(address);
    if (ip.is_unspecified()) return ip.is_v6() ? "[::1]" : "127.0.0.1";
    return ip.is_v6() ? "[" + address + "]" : address;
}

// "Draining" of {"errors":[{"message":"Draining"}]}; what is at that port may be another program altogether.
std::string reason_in(const outbound::HttpAnswer& answer) {
    auto document = json::parse(answer.body).value_or(json::Value{});
    const auto* errors = document["errors"].array();
    const auto* message = errors && !errors->empty() ? errors->front()["message"].string() : nullptr;
    if (message && message->find('\n') == std::string::npos) return *message;
    return "it answers with status " + std::to_string(answer.status);
}

}  // namespace

Task<Readiness> ask_readiness(outbound::Transport& transport, const Settings& settings) {
    auto authority = host_of(settings.address) + ":" + std::to_string(settings.port);
    outbound::HttpRequest request{.url = "http://" + authority + "/readyz", .limit = patience};
    try {
        auto answer = co_await transport.send(std::move(request));
        if (answer.status == 200) co_return Readiness{true, "ready"};
        co_return Readiness{false, "not ready: " + reason_in(answer)};
    } catch (const outbound::NotSent&) {
        co_return Readiness{false, "not ready: nothing listens at " + authority};
    } catch (const outbound::NoAnswer& error) {
        co_return Readiness{false, "not ready: no answer from " + authority + ": " + error.what()};
    }
}

int check_ready(const std::string& program, const Settings& settings) {
    if (settings.port == 0) {
        std::cerr << program << ": --port 0 is any free port; say which one it got" << std::endl;
        return 1;
    }
    auto transport = outbound::make_transport();
    runtime::EventLoopThread loop;
    auto readiness = loop.wait_for(ask_readiness(*transport, settings));
    transport->close();
    (readiness.ready ? std::cout : std::cerr) << program << ": " << readiness.text << std::endl;
    return readiness.ready ? 0 : 1;
}

}  // namespace stagedoor
