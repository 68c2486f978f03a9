#include "common/http/routing/router.hpp"

#include <algorithm>

#include "common/http/routing/problem.hpp"
#include "common/http/status.hpp"
#include "common/language/language.hpp"
#include "common/security/rate_limit.hpp"
#include "common/security/sessions.hpp"

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

// Whether `path` matches `pattern`, in any case; if so, `values` are those of its `:name`s.
bool matches(const std::vector<std::string>& pattern, const std::vector<std::string>& path,
             std::vector<std::string>& values) {
    if (pattern.size() != path.size()) return false;
    values.clear();
    for (std::size_t i = 0; i < pattern.size(); ++i) {
        if (pattern[i].starts_with(':')) {
            if (path[i].empty()) return false;
            values.push_back(path[i]);
        } else if (!same_name(pattern[i], path[i])) {
            return false;
        }
    }
    return true;
}

std::string_view without_trailing_slashes(std::string_view path) {
    while (path.size() > 1 && path.ends_with('/')) path.remove_suffix(1);
    return path;
}

// The path that the pattern gives with these values, each passed through `encode`.
template <class Encode>
std::string canonical_path(const Route& route, const std::vector<std::string>& values, Encode encode) {
    std::string path;
    auto value = values.begin();
    for (const auto& segment : route.segments)
        path.append("/").append(segment.starts_with(':') ? encode(*value++) : segment);
    return path.empty() ? "/" : path;
}

bool is_safe(Method method) {
    return method == Method::get || method == Method::head || method == Method::options;
}

// A bearer token decides alone. Of several session cookies, which a browser may have for several paths or
// domains, the first valid one counts: one that is left over does not lock its user out.
std::optional<security::Claims> claims_of(const Request& request, const security::Sessions& sessions) {
    if (auto token = bearer_token(request)) return token->empty() ? std::nullopt : sessions.verify(*token);
    for (auto token : request.cookies(sessions.cookie_name())) {
        if (token.empty()) continue;
        if (auto claims = sessions.verify(token)) return claims;
    }
    return std::nullopt;
}

// Takes the language off a path: "/de/orders" is "/orders" in German, and "/de" is "/". What is left never
// begins with two slashes, which browsers read as another site. Returns whether it was written as we do.
bool take_language(Request& request) {
    std::string_view path = request.path;
    auto segment = path.substr(1, path.find('/', 1) - 1);
    auto language = language_of_tag(segment);
    if (!language || path.substr(1 + segment.size()).starts_with("//")) return true;
    request.prefix = "/" + std::string{to_tag(*language)};
    auto is_canonical = path.starts_with(request.prefix + "/");
    auto size = request.prefix.size();
    request.path.erase(0, size);
    if (request.path.empty()) request.path = "/";
    // A target that spells the letters as escapes is another form of the same path.
    if (language_of_tag(std::string_view{request.target}.substr(1, size - 1)) == language) {
        request.target.erase(0, size);
        if (!request.target.starts_with('/')) request.target.insert(0, "/");
    } else {
        is_canonical = false;
        request.target = "/";  // a page redirects
    }
    return is_canonical;
}

// With the same method and query.
Response redirect_to(std::string location, const Request& request) {
    location.insert(0, request.prefix);
    if (!request.query.empty()) location += "?" + request.query;
    Response response{.status = permanent_redirect, .headers = {}, .body = {}};
    response.headers.add("Location", std::move(location));
    return response;
}

// Our routes read bodies as they are.
void reject_content_coding(const Request& request) {
    auto codings = request.headers.joined("Content-Encoding");
    std::string_view coding;
    for (std::string_view rest = codings; next_element(rest, coding);) {
        if (same_name(coding, "identity")) continue;
        ApiError error{ErrorKind::unsupported_media_type, "The body must not be compressed"_text};
        error.accept_encoding = "identity";
        throw error;
    }
}

bool is_secure(std::string_view cookie) {
    std::string_view attribute;
    while (next_part(cookie, attribute, ';')) {
        if (same_name(attribute, "Secure")) return true;
    }
    return false;
}

}  // namespace

std::optional<std::string_view> bearer_token(const Request& request) {
    constexpr std::string_view scheme = "Bearer ";
    auto credentials = request.headers["Authorization"];
    if (!same_name(credentials.substr(0, scheme.size()), scheme)) return std::nullopt;
    return trimmed(credentials.substr(scheme.size()));
}

const std::optional<security::Claims>& Context::claims() {
    if (!claims_) {
        claims_ = claims_of(request, sessions);
        if (*claims_) request.user_id = (*claims_)->user.text;
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
    : options_(std::move(options)),
      public_origin_(Origin::parse(options_.public_origin)),
      clock_(clock),
      metrics_(metrics),
      security_log_(metrics),
      without_route_(metrics, "any", "/*") {}

void Router::add(Route route) {
    RouteMetrics metrics{metrics_, std::string{to_text(route.method)}, route.pattern};
    has_pages_ |= route.spec.page;
    routes_.push_back(std::make_unique<Entry>(std::move(route), metrics));
}

void Router::set_not_found(std::function<Task<Response>(Context&)> handler,
                           std::shared_ptr<const security::Sessions> sessions) {
    not_found_.emplace(Method::get, "/*", std::move(handler), RouteSpec{.hidden = true});
    not_found_->sessions = std::move(sessions);
}

void Router::set_error_page(ErrorPage page, std::shared_ptr<const security::Sessions> sessions) {
    error_page_ = std::move(page);
    error_page_sessions_ = std::move(sessions);
}

Task<Response> Router::reject(Request& request, ApiError why) const {
    if (!error_page_) throw why;
    if (has_pages_) (void)take_language(request);
    Context context{request, *error_page_sessions_, {}, {}, clock_.now()};
    auto response = co_await error_page_(context, why);
    if (request.https || options_.public_origin.starts_with("https://")) secure_cookies(response);
    co_return response;
}

std::vector<const RouteSpec*> Router::specs() const {
    std::vector<const RouteSpec*> all;
    for (const auto& entry : routes_) all.push_back(&entry->route.spec);
    return all;
}

std::optional<std::size_t> Router::body_limit(const Request& head) const {
    Request request{.method = head.method, .target = head.target, .path = head.path, .headers = head.headers};
    if (has_pages_) (void)take_language(request);
    const auto* entry = find(request.method, request.path, !request.prefix.empty()).entry;
    if (!entry || entry->route.spec.body_limit == 0 || !entry->route.sessions) return std::nullopt;
    if (!claims_of(request, *entry->route.sessions)) return std::nullopt;
    return entry->route.spec.body_limit;
}

// An exact segment takes precedence over a `:name` (/tickets/new over /tickets/:id).
Router::Match Router::find(Method method, const std::string& path, bool pages_only) const {
    Match best;
    auto segments = split(without_trailing_slashes(path));
    std::vector<std::string> values;
    std::vector<Method> allowed;
    for (const auto& entry : routes_) {
        const auto& route = entry->route;
        if (pages_only && !route.spec.page) continue;
        if (!matches(route.segments, segments, values)) continue;
        if (route.exact_path && path != route.pattern) continue;
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
    auto reject = [] { throw Forbidden("Requests from other sites are not accepted"_text); };
    auto site = request.headers["Sec-Fetch-Site"];
    if (!site.empty()) {
        if (site != "same-origin" && site != "none") reject();
        return;
    }
    if (!request.headers.has("Origin")) return;
    auto origin = Origin::parse(request.headers["Origin"]);
    if (!origin) reject();
    if (origin != public_origin_ && origin != Origin::of(request.https, request.headers["Host"])) reject();
}

void Router::reject_other_hosts(const Request& request) const {
    if (!request.headers.has("Host")) return;  // not a browser
    auto asked = Authority::parse(request.headers["Host"]);
    auto is_asked = [&](std::string_view host) { return same_name(host, asked->host); };
    if (asked && (asked->is_address || is_asked("localhost"))) return;
    if (asked && public_origin_ && asked->host == public_origin_->authority.host) return;
    if (asked && std::ranges::any_of(options_.operator_hosts, is_asked)) return;
    throw Forbidden(
        "This host name is not allowed here. Use localhost, an IP address, or a name in "
        "STAGEDOOR_ADMIN_HOSTS"_text);
}

Task<Response> Router::handle(Request& request) const {
    auto is_canonical = !has_pages_ || take_language(request);
    auto found = find(request.method == Method::head ? Method::get : request.method, request.path,
                      !request.prefix.empty());
    found.is_canonical = is_canonical;
    const auto* entry = found.entry;
    const auto& metrics = entry ? entry->metrics : without_route_;
    auto start = clock_.monotonic();
    auto count = [&](int status) {
        metrics.seconds.observe(std::chrono::duration<double>(clock_.monotonic() - start).count());
        metrics.by_class.at(static_cast<std::size_t>(std::clamp(status / 100, 1, 5) - 1)).add();
    };
    try {
        if (options_.operators_only) reject_other_hosts(request);
        if (options_.guard) options_.guard(request);
        auto response = co_await dispatch(request, std::move(found));
        if (request.https || options_.public_origin.starts_with("https://")) secure_cookies(response);
        count(response.status);
        co_return response;
    } catch (const ApiError& error) {
        count(status_of(error.kind()));
        log_refusal(request, entry, error);
        throw;
    } catch (...) {
        count(internal_error);
        throw;
    }
}

void Router::log_refusal(const Request& request, const Entry* entry, const ApiError& error) const {
    using enum security::SecurityEvent;
    // Elsewhere 401 is about what was sent, such as a password.
    auto needs_session = options_.operators_only || (entry && entry->route.spec.needs_session);
    auto is_denied =
        error.kind() == ErrorKind::forbidden || (error.kind() == ErrorKind::not_signed_in && needs_session);
    const auto* reached = dynamic_cast<const security::RateLimitReached*>(&error);
    if (!is_denied && !reached) return;
    security_log_.write(reached ? reached->limit.logged_as : access_denied,
                        {{"client", request.remote_address},
                         {"user", request.user_id},
                         {"method", to_text(request.method)},
                         {"path", request.path},
                         {"status", status_of(error.kind())},
                         {"limit", reached ? reached->limit.name : std::string_view{}},
                         {"reason", reached ? "" : error.what()},
                         {"request_id", request.request_id}});
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
    if (route.operators_only) reject_other_hosts(request);
    if (!is_safe(request.method)) {
        reject_cross_site(request);
        reject_content_coding(request);
    }
    auto as_it_is = [](const std::string& value) { return value; };
    auto path = canonical_path(route, found.values, as_it_is);
    if (path != request.path || !found.is_canonical) {
        if (route.spec.page)
            co_return redirect_to(canonical_path(route, found.values, percent_encode), request);
        request.path = std::move(path);  // also for what depends on it, such as idempotency keys
    }
    Context context{request, *route.sessions, route.name, std::move(found.values), clock_.now()};
    auto response = co_await route.handler(context);
    // What one user may see is kept by nobody.
    if (route.spec.needs_session) response.headers.set("Cache-Control", "private, no-store");
    co_return response;
}

Task<Response> Router::respond_without_route(Request& request, const std::string& allow) const {
    if (request.method == Method::options && !allow.empty()) {
        Response options{.status = no_content};
        options.headers.set("Allow", allow + ", OPTIONS");
        co_return options;
    }
    if (!allow.empty()) {
        ApiError error{ErrorKind::method_not_allowed,
                       request.method == Method::other ? "This method is not allowed here"_text
                                                       : "{method} is not allowed here"_text.with(
                                                             "method", std::string{to_text(request.method)})};
        error.allow = allow + ", OPTIONS";
        throw error;
    }
    if (!not_found_) throw NotFound();
    Context context{request, *not_found_->sessions, not_found_->name, {}, clock_.now()};
    co_return co_await not_found_->handler(context);
}

}  // namespace stagedoor::http
