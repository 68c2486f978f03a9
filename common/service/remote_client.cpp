#include "common/service/remote_client.hpp"

#include <boost/asio/ip/address.hpp>

#include "common/errors.hpp"
#include "common/http/status.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor {
namespace {

// A read is cheap to repeat on another replica. A write may take long: a payment's outcome takes up to 15 s.
constexpr std::chrono::seconds read_timeout{5}, write_timeout{20};

constexpr int max_failures = 3;
constexpr std::chrono::seconds break_time{1};

bool is_read(const http::Request& request) {
    return request.method == http::Method::get || request.method == http::Method::head;
}

bool is_safe_to_repeat(const http::Request& request) {
    return is_read(request) || request.method == http::Method::delete_ ||
           request.headers.has("Idempotency-Key");
}

// Forwards the original caller's address, the request id and the trace.
void add_origin(http::Request& request) {
    auto add = [&](const char* name, const std::string& value) {
        if (!value.empty()) request.headers.add(name, value);
    };
    boost::system::error_code no_address;
    boost::asio::ip::make_address(request.remote_address, no_address);
    if (!no_address) add("X-Forwarded-For", request.remote_address);
    add("X-Forwarded-Proto", request.https ? "https" : "http");
    add("X-Request-Id", request.request_id);
    add("traceparent", request.traceparent);
}

outbound::SendOptions options_for(const http::Request& request, const std::string& address) {
    return {.url = address,
            .timeout = is_read(request) ? read_timeout : write_timeout,
            .repeat_on_broken_connection = is_safe_to_repeat(request)};
}

}  // namespace

struct RemoteClient::Replica {
    std::string address;
    int failures = 0;  // in a row
    Instant excluded_until;
};

RemoteClient::RemoteClient(const ServiceAddresses& addresses, outbound::Transport& transport,
                           runtime::Clock& clock, runtime::Metrics& metrics)
    : transport_(transport),
      clock_(clock),
      failures_(
          metrics.counter("stagedoor_peer_failures_total", "Requests to other services without a response")),
      breaks_(metrics.counter("stagedoor_peer_broken_total",
                              "Times that the circuit breaker excluded a replica for a while")) {
    for (const auto& [service, urls] : addresses) {
        for (const auto& url : urls) services_[service].push_back(std::make_unique<Replica>(url));
    }
}

RemoteClient::~RemoteClient() = default;

std::vector<std::string> RemoteClient::services() const {
    std::vector<std::string> names;
    for (const auto& [name, replicas] : services_) names.push_back(name);
    return names;
}

// The replicas that are not excluded, starting with a different one each time. After break_time, one request
// may try an excluded replica, while the others keep avoiding it.
std::vector<RemoteClient::Replica*> RemoteClient::round_robin(Replicas& replicas) {
    auto now = clock_.now();
    std::vector<Replica*> chosen;
    std::lock_guard lock{mutex_};
    auto first = next_++;
    for (std::size_t i = 0; i < replicas.size(); ++i) {
        auto& replica = *replicas[(first + i) % replicas.size()];
        if (replica.failures >= max_failures) {
            if (replica.excluded_until > now) continue;
            replica.excluded_until = now + break_time;
        }
        chosen.push_back(&replica);
    }
    return chosen;
}

void RemoteClient::record(Replica& replica, bool responded) {
    std::lock_guard lock{mutex_};
    if (responded) {
        replica.failures = 0;
        return;
    }
    failures_.add();
    if (++replica.failures < max_failures) return;
    replica.excluded_until = clock_.now() + break_time;
    breaks_.add();
}

Task<http::Response> RemoteClient::send(std::string_view service, http::Request request) {
    auto found = services_.find(service);
    if (found == services_.end())
        throw Unavailable(
            "The address of {service} is not configured"_text.with("service", std::string{service}));
    add_origin(request);
    auto replicas = round_robin(found->second);
    for (auto* replica : replicas) {
        auto is_last = replica == replicas.back();
        std::string failure;
        bool may_have_arrived = true;
        try {
            auto response = co_await transport_.send(request, options_for(request, replica->address));
            record(*replica, true);
            // Overloaded: another replica may have room. A write may already have waited long and isn't
            // repeated.
            if (http::error_kind_of(response.status) == ErrorKind::unavailable && !is_last &&
                is_read(request))
                continue;
            co_return response;
        } catch (const outbound::NotSent& error) {
            failure = error.what();
            may_have_arrived = false;
        } catch (const outbound::NoResponse& error) {
            failure = error.what();
        }
        record(*replica, false);
        log::warning("a request to another service failed", {{"service", service},
                                                             {"address", replica->address},
                                                             {"request_id", request.request_id},
                                                             {"error", failure}});
        if (may_have_arrived && !is_safe_to_repeat(request)) break;
    }
    throw Unavailable("{service} is not responding"_text.with("service", std::string{service}));
}

}  // namespace stagedoor
