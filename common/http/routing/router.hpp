// Finds the route of a request, and does what all routes have in common: cross-site protection, 404 and 405,
// HEAD and OPTIONS, metrics.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/http/authority.hpp"
#include "common/http/message.hpp"
#include "common/http/openapi/openapi.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task.hpp"
#include "common/security/security_log.hpp"
#include "common/security/token.hpp"

namespace stagedoor::security {
class Sessions;
}

namespace stagedoor::http {

// The token in the Authorization header; nullopt if that has another scheme or is absent.
[[nodiscard]] std::optional<std::string_view> bearer_token(const Request& request);

// A request being handled by one route.
struct Context {
    Request& request;
    const security::Sessions& sessions;
    std::string_view route;                // "POST /api/orders"
    std::vector<std::string> path_values;  // of the `:name`s in the pattern, in order
    Instant now;                           // when the request was routed

    Context(Request& routed, const security::Sessions& route_sessions, std::string_view name,
            std::vector<std::string> values, Instant time)
        : request(routed), sessions(route_sessions), route(name), path_values(std::move(values)), now(time) {}

    // The caller, by cookie or bearer token; verified once.
    [[nodiscard]] const std::optional<security::Claims>& claims();

  private:
    std::optional<std::optional<security::Claims>> claims_;
};

struct Route {
    Method method = Method::get;
    std::string pattern;  // "/api/orders/:id"
    std::function<Task<Response>(Context&)> handler;
    RouteSpec spec;
    std::string name;  // "GET /api/orders/:id"
    std::vector<std::string> segments;
    std::shared_ptr<const security::Sessions> sessions;
    // Only the path exactly as in the pattern. Otherwise a trailing slash or another case of the fixed
    // segments finds the route, too.
    bool exact_path = false;
    // Only under a host name that operators use (see RouterOptions): other sites can have their names
    // resolved to this machine, and so become the same origin in a browser (DNS rebinding).
    bool operators_only = false;

    Route(Method route_method, std::string route_pattern,
          std::function<Task<Response>(Context&)> route_handler, RouteSpec route_spec);
};

struct RouterOptions {
    // STAGEDOOR_PUBLIC_URL's origin, "https://tickets.example"; empty: the request's own host.
    std::string public_origin;
    // What operators may call this machine, besides IP addresses, "localhost" and the public host.
    std::vector<std::string> operator_hosts = {};
    bool operators_only = false;  // all routes, as on the admin port
    // Throws for requests that may not pass: before a route is looked for.
    std::function<void(const Request&)> guard = {};
};

class Router {
  public:
    Router(RouterOptions options, runtime::Clock& clock, runtime::Metrics& metrics);

    void add(Route route);
    // Handles paths that no route matches; by default they get a 404 in the one error shape.
    void set_not_found(std::function<Task<Response>(Context&)> handler,
                       std::shared_ptr<const security::Sessions> sessions);

    // Responds to requests that end before their route is called, for those who expect a page; it throws the
    // error for others.
    using ErrorPage = std::function<Task<Response>(Context&, const ApiError&)>;
    void set_error_page(ErrorPage page, std::shared_ptr<const security::Sessions> sessions);

    // Handles one request. Throws what the route throws, and ApiError: 404, 405, or 403 for cross-site
    // requests. Any thread, once all routes are added.
    [[nodiscard]] Task<Response> handle(Request& request) const;

    // The response to a request that can't be handled because of `why`. Throws it, unless there is a page
    // for it. Any thread, as handle().
    [[nodiscard]] Task<Response> reject(Request& request, ApiError why) const;

    // The limit on the body of a request of which only the head is there, if its route has one of its own and
    // the caller is signed in. Any thread, as handle().
    [[nodiscard]] std::optional<std::size_t> body_limit(const Request& head) const;

    [[nodiscard]] std::vector<const RouteSpec*> specs() const;

  private:
    struct RouteMetrics {
        RouteMetrics(runtime::Metrics& metrics, const std::string& method, const std::string& pattern);
        runtime::Histogram seconds;
        std::array<runtime::Counter, 5> by_class;  // 1xx … 5xx
    };
    struct Entry {
        Route route;
        RouteMetrics metrics;
    };
    struct Match {
        const Entry* entry = nullptr;
        std::vector<std::string> values;
        std::string allow;         // the methods of the path's routes; empty: there are none
        bool is_canonical = true;  // as far as the language in front of it goes
    };

    // Of a path that began with a language only pages.
    [[nodiscard]] Match find(Method method, const std::string& path, bool pages_only) const;
    [[nodiscard]] Task<Response> dispatch(Request& request, Match found) const;
    [[nodiscard]] Task<Response> respond_without_route(Request& request, const std::string& allow) const;
    // Writes denied access, and limits that were reached, to the security log.
    void log_refusal(const Request& request, const Entry* entry, const ApiError& error) const;
    void reject_cross_site(const Request& request) const;
    void reject_other_hosts(const Request& request) const;
    // Adds Secure to the cookies of a response over TLS. The one place that decides about it, for every
    // service: the client's connection counts, or the public URL if the proxy that ends TLS isn't trusted.
    static void secure_cookies(Response& response);

    RouterOptions options_;
    std::optional<Origin> public_origin_;
    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    security::SecurityLog security_log_;
    std::vector<std::unique_ptr<Entry>> routes_;
    bool has_pages_ = false;
    std::optional<Route> not_found_;
    ErrorPage error_page_;
    std::shared_ptr<const security::Sessions> error_page_sessions_;
    RouteMetrics without_route_;
};

}  // namespace stagedoor::http
