#include "common/http/routing/router.hpp"

#include <algorithm>

#include "common/http/routing/problem.hpp"
#include "common/http/status.hpp"

namespace stagedoor::http {
namespace {

std::vector<std::string> split(std::string_view path) {
    std::vector<std::string> segments;
    while (!path.empty()) {
        path.remove_prefix(1);  // the slash
        auto end = path.find('/');
        segments.emplace_back(path.substr(0, end));
        path = end == std::string_view::npos ? std::string_view{} : path.substr(end);
    }
    return segments;
}

// Whether `path` matches `pattern`; if so, `values` are those of its `:name`s.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::vector<std::string>& values) {
    if (pattern.size() != path.size()) return false;
    values.clear();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i].starts_with(':')) {
            if (path[i].empty()) return false;
            values.push_back(path[i]);
        } else if (pattern[i] != path[i]) {
            return false;
        }
    }
    return true;
}

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

bool is_secure(std::string_view cookie) {
    while (!cookie.empty()) {
        auto end = std::min(cookie.find(';'), cookie.size());
        if (same_name(trimmed(cookie.substr(0, end)), "Secure")) return true;
        cookie.remove_prefix(std::min(end + 1, cookie.size()));
    }
    return false;
}

std::string_view token_of(const Request& request, const security::Sessions& sessions) {
    auto bearer = request.headers["Authorization"];
    if (bearer.size() > 7 && (bearer.starts_with("Bearer ") || bearer.starts_with("bearer ")))
        return bearer.substr(7);
    return request.cookie(sessions.cookie_name());
}

}  // namespace

const std::optional<security::Claims>& Context::claims() {
    if (!claims_) {
        auto token = token_of(request, sessions);
        claims_ = token.empty() ? std::nullopt : sessions.verify(token);
    }
    return *claims_;
}

Route::Route(Method route_method, std::string route_pattern,
             std::function<Task<Response>(Context&)> route_handler, RouteSpec route_spec)
    : method(route_method),
      pattern(std::move(route_pattern)),
      handler(std::move(route_handler)),
      spec(std::move(route_spec)),
      name(std::string{to_text(method)} + " " + pattern),
      segments(split(pattern)) {
    spec.method = to_text(method);
    spec.pattern = pattern;
}

Router::RouteMetrics::RouteMetrics(runtime::Metrics& metrics, const std::string& method,
                                   const std::string& pattern) {
    runtime::Labels labels{{"method", method}, {"route", pattern}};
    seconds = metrics.histogram("stagedoor_http_request_duration_seconds", "Response time, by route", labels);
    for (std::size_t i = 0; i < by_class.size(); ++i) {
        labels["status"] = std::to_string(i + 1) + "xx";
        by_class[i] =
            metrics.counter("stagedoor_http_requests_total", "Requests handled, by route and status", labels);
    }
}

Router::Router(RouterOptions options, runtime::Clock& clock, runtime::Metrics& metrics)
    : options_(std::move(options)), clock_(clock), metrics_(metrics), without_route_(metrics, "any", "/*") {}

void Router::add(Route route) {
    RouteMetrics metrics{metrics_, std::string{to_text(route.method)}, route.pattern};
    routes_.push_back(std::make_unique<Entry>(std::move(route), metrics));
}

void Router::set_not_found(std::function<Task<Response>(Context&)> handler,
                           std::shared_ptr<const security::Sessions> sessions) {
    not_found_.emplace(Method::get, "/*", std::move(handler), RouteSpec{.hidden = true});
    not_found_->sessions = std::move(sessions);
}

std::vector<const RouteSpec*> Router::specs() const {
    std::vector<const RouteSpec*> all;
    for (const auto& entry : routes_) all.push_back(&entry->route.spec);
    return all;
}

// An exact segment takes precedence over a `:name` (/tickets/new over /tickets/:id).
Router::Match Router::find(Method method, std::string_view path) const {
    Match best;
    auto segments = split(path);
    std::vector<std::string> values;
    std::vector<Method> allowed;
    for (const auto& entry : routes_) {
        const auto& route = entry->route;
        if (!matches(route.segments, segments, values)) continue;
        if (std::ranges::find(allowed, route.method) == allowed.end()) allowed.push_back(route.method);
        if (route.method == method && (!best.entry || values.size() < best.values.size())) {
            best.entry = entry.get();
            best.values = values;
        }
    }
    if (std::ranges::find(allowed, Method::get) != allowed.end()) allowed.push_back(Method::head);
    for (auto each : allowed) best.allow.append(best.allow.empty() ? "" : ", ").append(to_text(each));
    return best;
}

// Cross-site request forgery: browsers send the origin of unsafe requests, and those from other sites are
// rejected. (Sec-Fetch-Site: Fetch Metadata, W3C; Origin: RFC 6454.)
void Router::reject_cross_site(const Request& request) const {
    auto reject = [] { throw Forbidden("Requests from other sites are not accepted"); };
    auto site = request.headers["Sec-Fetch-Site"];
    if (!site.empty()) {
        if (site != "same-origin" && site != "none") reject();
        return;
    }
    if (!request.headers.has("Origin")) return;
    auto origin = request.headers["Origin"];
    if (!options_.public_origin.empty() && origin == options_.public_origin) return;
    auto own = std::string{request.https ? "https://" : "http://"}.append(request.headers["Host"]);
    if (origin != own) reject();
}

Task<Response> Router::handle(Request& request) const {
    auto found = find(request.method == Method::head ? Method::get : request.method, request.path);
    const auto& metrics = found.entry ? found.entry->metrics : without_route_;
    auto start = clock_.monotonic();
    auto count = [&](int status) {
        metrics.seconds.observe(std::chrono::duration<double>(clock_.monotonic() - start).count());
        metrics.by_class.at(static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)).add();
    };
    try {
        auto response = co_await dispatch(request, std::move(found));
        if (request.https || options_.public_origin.starts_with("https://")) secure_cookies(response);
        count(response.status);
        co_return response;
    } catch (const ApiError& error) {
        count(status_of(error.kind()));
        throw;
    } catch (...) {
        count(internal_error);
        throw;
    }
}

void Router::secure_cookies(Response& response) {
    if (!response.headers.has("Set-Cookie")) return;
    Headers secured;
    for (const auto& [name, value] : response.headers) {
        auto is_plain = same_name(name, "Set-Cookie") && !is_secure(value);
        secured.add(name, is_plain ? value + "; Secure" : value);
    }
    response.headers = std::move(secured);
}

Task<Response> Router::dispatch(Request& request, Match found) const {
    if (!found.entry) co_return co_await respond_without_route(request, found.allow);
    const auto& route = found.entry->route;
    if (!is_safe(request.method)) reject_cross_site(request);
    Context context{request, *route.sessions, route.name, std::move(found.values), clock_.now()};
    co_return co_await route.handler(context);
}

Task<Response> Router::respond_without_route(Request& request, const std::string& allow) const {
    if (request.method == Method::options && !allow.empty()) {
        Response options{.status = no_content};
        options.headers.set("Allow", allow + ", OPTIONS");
        co_return options;
    }
    if (!allow.empty()) {
        ApiError error{ErrorKind::method_not_allowed,
                       request.method == Method::other
                           ? "This method is not allowed here"
                           : std::string{to_text(request.method)} + " is not allowed here"};
        error.allow = allow + ", OPTIONS";
        throw error;
    }
    if (!not_found_) throw NotFound();
    Context context{request, *not_found_->sessions, not_found_->name, {}, clock_.now()};
    co_return co_await not_found_->handler(context);
}

}  // namespace stagedoor::http
