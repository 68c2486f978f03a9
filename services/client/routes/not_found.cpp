// Unknown paths, and requests whose body is refused by their head
//
//   404  a page for browsers; the standard error JSON for programs and for everything under /api
//
// In a marketplace of several cells, the gateway sends the API of tickets, orders and payments here as well:
// it can't find the cell of an order that is named in a body.
//   any  what the request's cell responds
//   503  the cell is not responding
//
// A body that is refused gets a page and the standard error JSON in the same way.
//   413  it is too large
//   503  too many large ones at once
#include <algorithm>
#include <array>

#include "common/http/negotiation.hpp"
#include "common/http/status.hpp"
#include "common/runtime/log.hpp"
#include "services/client/page.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

Task<http::Response> lost(Visit& visit) {
    co_return error_page(visit, http::status_of(ErrorKind::not_found), "");
}

// Browsers accept HTML; programs send no Accept header, or ask for JSON.
bool is_browser(const http::Request& request) {
    constexpr int by_name = 3;  // not just */*, which programs send, too
    auto html = http::acceptance(request.headers, "text/html");
    return html.weight > 0 && html.specificity == by_name && !http::prefers_json(request.headers);
}

bool gets_page(const http::Request& request) {
    auto is_api = http::same_name(request.path.substr(0, request.path.find('/', 1)), "/api");
    return !is_api && is_browser(request);
}

// "tickets" of "/api/tickets/mine".
std::string_view service_in(std::string_view path) {
    constexpr std::string_view api = "/api/";
    if (!path.starts_with(api)) return {};
    path.remove_prefix(api.size());
    return path.substr(0, path.find('/'));
}

// Without those that concern one connection (RFC 9110, 7.6.1), those of the body as it was encoded for it,
// and those that RemoteClient adds about the caller.
http::Headers forwarded(const http::Headers& headers) {
    constexpr std::array dropped{"Connection",
                                 "Keep-Alive",
                                 "Proxy-Connection",
                                 "TE",
                                 "Trailer",
                                 "Upgrade",
                                 "Transfer-Encoding",
                                 "Content-Length",
                                 "Content-Encoding",
                                 "Accept-Encoding",
                                 "Expect",
                                 "Date",
                                 "Server",
                                 "Forwarded",
                                 "X-Forwarded-For",
                                 "X-Forwarded-Proto",
                                 "X-Forwarded-Host",
                                 "X-Request-Id",
                                 "traceparent"};
    http::Headers all;
    for (const auto& [name, value] : headers) {
        auto is_same = [&](const char* each) { return http::same_name(name, each); };
        if (std::ranges::none_of(dropped, is_same)) all.add(name, value);
    }
    return all;
}

Task<http::Response> send_to_cell(App& app, std::string_view service, const http::Request& from) {
    auto request = from;
    request.headers = forwarded(from.headers);
    try {
        auto response = co_await app.http.send(service, std::move(request));
        response.headers = forwarded(response.headers);
        co_return response;
    } catch (const Unavailable& error) {
        log::warning("cell unavailable",
                     {{"request_id", from.request_id}, {"service", service}, {"error", error.what()}});
    }
    throw ServiceUnavailable(service);
}

}  // namespace

Task<http::Response> not_found(App& app, http::Context& context) {
    std::string_view path = context.request.path;
    if (auto service = service_in(path); app.cells.have(service))
        co_return co_await send_to_cell(app, service, context.request);
    if (!gets_page(context.request)) throw NotFound();
    co_return co_await run_page(app, context, lost);
}

Task<http::Response> refused(App& app, http::Context& context, const ApiError& error) {
    if (!gets_page(context.request)) throw error;
    co_return run_error_page(app, context, error);
}

}  // namespace stagedoor::client::routes
