#include "common/service/remote_client.hpp"

#include <algorithm>
#include <boost/asio/ip/address.hpp>

#include "common/errors.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor {
namespace {

// A read is soon repeated elsewhere. A write may wait for what it causes: a payment's outcome takes up to 15 s.
constexpr std::chrono::seconds patience_with_reads{5}, patience_with_writes{20};

constexpr int failures_until_broken = 3;
constexpr std::chrono::seconds left_alone_for{1};

bool is_read(const http::Request& request) {
    return request.method == http::Method::get || request.method == http::Method::head;
}

bool is_safe_to_repeat(const http::Request& request) {
    return is_read(request) || request.method == http::Method::delete_ ||
           request.headers.has("Idempotency-Key");
}

outbound::HttpRequest to_outbound(const http::Request& request, const std::string& address) {
    outbound::HttpRequest out{.method = std::string{to_text(request.method)},
                              .url = address + request.target,
                              .headers = {request.headers.begin(), request.headers.end()},
                              .body = request.body,
                              .limit = is_read(request) ? patience_with_reads : patience_with_writes,
                              .repeat_on_broken_connection = is_safe_to_repeat(request)};
    auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) out.headers.emplace_back(name, value);
    };
    boost::system::error_code no_address;
    boost::asio::ip::make_address(request.remote_address, no_address);
    if (!no_address) add("X-Forwarded-For", request.remote_address);
    add("X-Forwarded-Proto", request.https ? "https" : "http");
    add("X-Request-Id", request.request_id);
    add("traceparent", request.traceparent);
    return out;
}

http::Response from_outbound(outbound::HttpAnswer answer) {
    http::Response response{.status = answer.status, .headers = {}, .body = std::move(answer.body)};
    for (auto& [name, value] : answer.headers) response.headers.add(std::move(name), std::move(value));
    return response;
}

}  // namespace

struct RemoteClient::Copy {
    std::string address;
    int failures = 0;  // in a row
    Instant broken_until;
};

RemoteClient::RemoteClient(const ServiceAddresses& addresses, outbound::Transport& transport,
                           runtime::Clock& clock, runtime::Metrics& metrics)
    : transport_(transport),
      clock_(clock),
      failures_(
          metrics.counter("stagedoor_peer_failures_total", "Requests to other services without an answer")),
      broken_(metrics.counter("stagedoor_peer_broken_total",
                              "Times that a copy of another service was left alone for a while")) {
    for (const auto& [service, urls] : addresses) {
        for (const auto& url : urls) services_[service].push_back(std::make_unique<Copy>(url));
    }
}

RemoteClient::~RemoteClient() = default;

std::vector<std::string> RemoteClient::services() const {
    std::vector<std::string> names;
    for (const auto& [name, copies] : services_) names.push_back(name);
    return names;
}

// All that are not left alone, beginning with another one each time. One whose rest is over is tried by one request;
// the others go on to leave it alone until that has ended.
std::vector<RemoteClient::Copy*> RemoteClient::in_turn(Copies& copies) {
    auto now = clock_.now();
    std::vector<Copy*> chosen;
    std::lock_guard lock{mutex_};
    auto first = next_++;
    for (std::size_t i = 0; i < copies.size(); ++i) {
        auto& copy = *copies[(first + i) % copies.size()];
        if (copy.failures >= failures_until_broken) {
            if (copy.broken_until > now) continue;
            copy.broken_until = now + left_alone_for;
        }
        chosen.push_back(&copy);
    }
    return chosen;
}

void RemoteClient::note(Copy& copy, bool answered) {
    std::lock_guard lock{mutex_};
    if (answered) {
        copy.failures = 0;
        return;
    }
    failures_.add();
    if (++copy.failures < failures_until_broken) return;
    copy.broken_until = clock_.now() + left_alone_for;
    broken_.add();
}

Task<http::Response> RemoteClient::ask(std::string_view service, http::Request request) {
    auto found = services_.find(service);
    if (found == services_.end()) throw Unavailable("Nobody has said where " + std::string{service} + " is");
    auto copies = in_turn(found->second);
    for (auto* copy : copies) {
        auto is_last = copy == copies.back();
        std::string failure;
        bool may_have_arrived = true;
        try {
            auto answer = co_await transport_.send(to_outbound(request, copy->address));
            note(*copy, true);
            // One that has too much to do: another may have room. A write that waited in vain is not begun anew.
            if (answer.status == 503 && !is_last && is_read(request)) continue;
            co_return from_outbound(std::move(answer));
        } catch (const outbound::NotSent& error) {
            failure = error.what();
            may_have_arrived = false;
        } catch (const outbound::NoAnswer& error) {
            failure = error.what();
        }
        note(*copy, false);
        log::warning("a service gave no answer", {{"service", service},
                                                  {"address", copy->address},
                                                  {"request_id", request.request_id},
                                                  {"error", failure}});
        if (may_have_arrived && !is_safe_to_repeat(request)) break;
    }
    throw Unavailable(std::string{service} + " does not answer");
}

}  // namespace stagedoor
