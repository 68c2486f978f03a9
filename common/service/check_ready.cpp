#include "common/service/check_ready.hpp"

#include <boost/asio/ip/address.hpp>
#include <iostream>

#include "common/errors.hpp"
#include "common/http/status.hpp"
#include "common/json/value.hpp"
#include "common/runtime/event_loop_thread.hpp"

namespace stagedoor {
namespace {

// Longer than the program waits for its database before it reports that it is not ready.
constexpr std::chrono::seconds timeout{6};

// Where this machine reaches a program that listens on `address`.
std::string host_of(const std::string& address) {
    auto ip = boost::asio::ip::make_address(address);
    if (ip.is_unspecified()) return ip.is_v6() ? "[::1]" : "127.0.0.1";
    return ip.is_v6() ? "[" + address + "]" : address;
}

// "Draining" from {"errors":[{"message":"Draining"}]}, or the status: the port may belong to another program.
std::string reason_from(const http::Response& response) {
    auto document = json::parse(response.body).value_or(json::Value{});
    const auto* errors = document["errors"].array();
    const auto* message = errors && !errors->empty() ? errors->front()["message"].string() : nullptr;
    if (message && message->find('\n') == std::string::npos) return *message;
    return "it responds with status " + std::to_string(response.status);
}

}  // namespace

Task<Readiness> query_readiness(outbound::Transport& transport, const ProgramSettings& settings) {
    auto authority = host_of(settings.address) + ":" + std::to_string(settings.port);
    try {
        auto response = co_await transport.send(
            {.target = "/readyz"}, {.url = settings.scheme() + "://" + authority, .timeout = timeout});
        if (response.status == http::ok) co_return Readiness{true, "ready"};
        co_return Readiness{false, "not ready: " + reason_from(response)};
    } catch (const outbound::NotSent& error) {
        co_return Readiness{false, settings.tls()
                                       ? "not ready: no connection to " + authority + ": " + error.what()
                                       : "not ready: nothing is listening on " + authority};
    } catch (const outbound::NoResponse& error) {
        co_return Readiness{false, "not ready: no response from " + authority + ": " + error.what()};
    }
}

int check_ready(const std::string& program, const ProgramSettings& settings) {
    if (settings.port == 0) {
        std::cerr << program << ": --port 0 means any free port; give the port in use" << std::endl;
        return 1;
    }
    // The program need not prove who it is, as with the probes of Kubernetes: nothing secret is sent.
    auto transport = outbound::make_transport({.certificate_file = settings.tls_certificate,
                                               .key_file = settings.tls_key,
                                               .verifies_servers = false});
    runtime::EventLoopThread loop;
    auto readiness = loop.wait_for(query_readiness(*transport, settings));
    transport->close();
    (readiness.ready ? std::cout : std::cerr) << program << ": " << readiness.text << std::endl;
    return readiness.ready ? 0 : 1;
}

}  // namespace stagedoor
