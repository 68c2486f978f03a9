#include "simulation/workload/requests.hpp"

#include <algorithm>

#include "common/http/status.hpp"
#include "common/json/path.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto response_timeout = 20s;
constexpr int max_attempts = 6;
constexpr std::string_view form_type = "application/x-www-form-urlencoded";
const std::string host = "tickets.example";

std::string service_of(std::string_view path) {
    if (path.starts_with("/api/users")) return "auth";
    for (const auto* service : {"tickets", "orders", "payments", "admissions"}) {
        if (path.starts_with(std::string{"/api/"} + service)) return service;
    }
    return "client";
}

http::Request with_session(http::Request request, const Customer& customer) {
    request.remote_address = customer.address;
    request.headers.add("Host", host);
    if (is_form(request)) {
        request.headers.add("Origin", "http://" + host);
        request.headers.add("Sec-Fetch-Site", "same-origin");
    }
    if (customer.token.empty()) return request;
    if (request.path.starts_with("/api/"))
        request.headers.add("Authorization", "Bearer " + customer.token);
    else
        request.headers.add("Cookie", "session=" + customer.token);
    return request;
}

std::string_view beginning_of(std::string_view body) {
    return body.starts_with("<") ? "a page" : body.substr(0, 120);
}

}  // namespace

http::Request api_request(http::Method method, const std::string& path, std::string body,
                          const std::string& idempotency_key) {
    http::Request request;
    request.method = method;
    (void)request.set_target(path);
    if (!body.empty()) request.headers.add("Content-Type", "application/json");
    if (!idempotency_key.empty()) request.headers.add("Idempotency-Key", idempotency_key);
    request.body = std::move(body);
    return request;
}

http::Request form_request(const std::string& path,
                           const std::vector<std::pair<std::string_view, std::string>>& fields) {
    http::Request request;
    request.method = http::Method::post;
    (void)request.set_target(path);
    request.headers.add("Content-Type", std::string{form_type});
    for (const auto& [name, value] : fields) {
        if (!request.body.empty()) request.body += '&';
        request.body += fmt::format("{}={}", name, http::percent_encode(value));
    }
    return request;
}

bool is_form(const http::Request& request) { return request.headers["Content-Type"] == form_type; }

bool Response::ok() const {
    auto location = headers["Location"];
    return http::is_success(status) ||
           (location.find("?done=") != std::string_view::npos && !location.ends_with("?done=expired"));
}

bool Response::is_rejected_form() const {
    return headers["Location"].find("draft=") != std::string_view::npos;
}

std::string Response::at(std::string_view member) const {
    auto document = json::parse(body);
    if (!document) return {};
    const auto& value = (*document)[member];
    if (const auto* text = value.string()) return *text;
    return value.number() ? std::string{value.number()->text} : "";
}

std::string Response::id() const {
    auto location = headers["Location"];
    if (location.empty()) return at("id");
    auto id = location.substr(location.find('/', 1) + 1);  // of /orders/ID/pay?done=held
    return std::string{id.substr(0, id.find_first_of("/?"))};
}

std::string Response::token() const {
    auto cookie = headers["Set-Cookie"];
    auto begin = cookie.find('=') + 1;
    return std::string{cookie.substr(begin, cookie.find(';') - begin)};
}

CustomerClient::CustomerClient(Marketplace& the_marketplace)
    : CustomerClient(the_marketplace, the_marketplace.world.start_process("customers")) {}

CustomerClient::CustomerClient(Marketplace& the_marketplace, std::shared_ptr<Process> process)
    : marketplace(the_marketplace),
      world(the_marketplace.world),
      clock(process),
      executor(ProcessExecutor{process, the_marketplace.context}),
      process_(std::move(process)) {}

Task<> CustomerClient::pause(std::chrono::milliseconds min, std::chrono::milliseconds max) {
    co_await runtime::sleep_for(clock, std::chrono::ceil<std::chrono::milliseconds>(world.between(min, max)));
}

bool CustomerClient::is_online(const Customer& customer) const {
    const auto& network = marketplace.network;
    return network.reaches(customer.address, Network::internet) &&
           network.reaches(Network::internet, Network::gateway);
}

Task<Response> CustomerClient::send(Customer& customer, http::Request request) {
    ++sent;
    auto& faults = marketplace.faults;
    Response response;
    if (!is_online(customer) || faults.inject("request lost", 0.01)) {
        co_await pause(1s, 3s);
    } else {
        response = co_await send_through_gateway(customer, with_session(request, customer));
        if (!is_online(customer) || faults.inject("response lost", 0.01)) response = {};
    }
    if (response.status == 0) ++without_response;
    if (http::error_kind_of(response.status) == ErrorKind::not_signed_in) customer.token.clear();
    world.note(customer.email,
               fmt::format("{} {} {} -> {} {} {}", to_text(request.method), request.target, request.body,
                           response.status, response.headers["Location"], beginning_of(response.body)));
    co_return response;
}

// Tries the next replica only if the request has certainly not been sent.
Task<Response> CustomerClient::send_through_gateway(const Customer& customer, http::Request request) {
    auto service = service_of(request.path);
    auto replicas = marketplace.replicas_of(marketplace.has(service) ? service : "client");
    if (world.chance(0.5)) std::ranges::reverse(replicas);
    for (auto* replica : replicas) {
        try {
            co_return Response{co_await marketplace.send(process_, clock, Network::gateway,
                                                         replica->machine(), request, response_timeout)};
        } catch (const outbound::NotSent&) {
        } catch (const outbound::NoResponse&) {
            break;
        }
    }
    co_return Response{};
}

Task<Response> CustomerClient::send_with_retry(Customer& customer, http::Request request) {
    Response response;
    for (int i = 0; i < max_attempts; ++i) {
        response = co_await send(customer, request);
        if (!response.is_unknown()) break;
        co_await pause(200ms, 2s);
    }
    co_return response;
}

Task<int> CustomerClient::status_at(std::string machine, std::string path, std::string token) {
    Customer anybody;
    anybody.token = std::move(token);
    auto request = with_session(api_request(http::Method::get, path), anybody);
    try {
        auto response =
            co_await marketplace.send(process_, clock, Network::gateway, machine, request, response_timeout);
        co_return response.status;
    } catch (const outbound::NoResponse&) {
        co_return 0;
    }
}

}  // namespace stagedoor::simulation
