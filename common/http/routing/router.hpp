// Which route answers a request, and what is true of every route: the cross-site rule, 404 and 405, HEAD and
// OPTIONS, metrics.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "common/http/message.hpp"
#include "common/http/openapi/openapi.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task.hpp"
#include "common/security/sessions.hpp"

namespace stagedoor::http {

// A request on its way through one route.
struct Context {
    Request& request;
    const security::Sessions& sessions;
    std::string_view route;                // "POST /api/orders"
    std::vector<std::string> path_values;  // of the pattern's `:name`s, in order
    Instant now;                           // when it was routed

    Context(Request& asked, const security::Sessions& known, std::string_view name,
            std::vector<std::string> values, Instant time)
        : request(asked), sessions(known), route(name), path_values(std::move(values)), now(time) {}

    // Who asks, by cookie or bearer token; verified once.
    [[nodiscard]] const std::optional<security::Claims>& claims();

  private:
    std::optional<std::optional<security::Claims>> claims_;
};

struct Route {
    Method method = Method::get;
    std::string pattern;  // "/api/orders/:id"
    std::function<Task<Response>(Context&)> answer;
    RouteSpec spec;
    std::string name;  // "GET /api/orders/:id"
    std::vector<std::string> segments;
    std::shared_ptr<const security::Sessions> sessions;

    Route(Method route_method, std::string route_pattern,
          std::function<Task<Response>(Context&)> route_answer, RouteSpec route_spec);
};

struct RouterOptions {
    // STAGEDOOR_PUBLIC_URL's origin, "https://tickets.example"; empty: the request's own host counts.
    std::string public_origin;
};

class Router {
  public:
    Router(RouterOptions options, runtime::Clock& clock, runtime::Metrics& metrics);

    void add(Route route);
    // What answers a path that no route has; else the one error shape's 404.
    void set_not_found(std::function<Task<Response>(Context&)> answer,
                       std::shared_ptr<const security::Sessions> sessions);

    // Answers one request; throws what the route throws.
    [[nodiscard]] Task<Response> handle(Request& request) const;

    [[nodiscard]] std::vector<const RouteSpec*> specs() const;

  private:
    struct Numbers {
        Numbers(runtime::Metrics& metrics, const std::string& method, const std::string& pattern);
        runtime::Histogram seconds;
        std::array<runtime::Counter, 5> by_class;  // 1xx … 5xx
    };
    struct Timed {
        Route route;
        Numbers numbers;
    };
    struct Match {
        const Timed* route = nullptr;
        std::vector<std::string> values;
        std::string allow;  // methods that the path does have
    };

    [[nodiscard]] Match find(Method method, std::string_view path) const;
    [[nodiscard]] Task<Response> answer(Request& request, Match found) const;
    [[nodiscard]] Task<Response> answer_without_route(Request& request, const std::string& allow) const;
    void refuse_cross_site(const Request& request) const;

    RouterOptions options_;
    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    std::vector<std::unique_ptr<Timed>> routes_;
    std::optional<Route> not_found_;
    Numbers without_route_;
};

}  // namespace stagedoor::http
