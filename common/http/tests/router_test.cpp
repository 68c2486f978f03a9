#include "common/http/routing/router.hpp"

#include <gtest/gtest.h>

#include "common/http/routing/extract.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/routing/responses.hpp"
#include "common/security/rate_limit.hpp"
#include "common/security/sessions.hpp"
#include "common/security/token.hpp"
#include "contracts/events/auth.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::http {
namespace {

Request request_of(Method method, std::string target, const Headers& headers = {}, std::string body = {}) {
    Request request;
    request.method = method;
    EXPECT_TRUE(request.set_target(target)) << target;
    request.headers = headers;
    request.body = std::move(body);
    return request;
}

struct RouterTest : ::testing::Test {
    // A route that responds with its name and its path values.
    void add(Method method, const std::string& pattern, Router& router) {
        Route route{method, pattern,
                    [](Context& context) {
                        auto text = std::string{context.route};
                        for (const auto& value : context.path_values) text += " " + value;
                        return [](std::string body) -> Task<Response> {
                            co_return Response{200, {}, std::move(body)};
                        }(std::move(text));
                    },
                    RouteSpec{}};
        route.sessions = sessions_;
        router.add(std::move(route));
    }
    void add(Method method, const std::string& pattern) { add(method, pattern, router_); }

    Response handle(Request request, const Router& router) {
        return loop_.wait_for([](const Router& to, Request sent) -> Task<Response> {
            std::exception_ptr thrown;
            try {
                co_return co_await to.handle(sent);
            } catch (...) {
                thrown = std::current_exception();
            }
            co_return problem(thrown, sent);
        }(router, std::move(request)));
    }
    Response handle(Method method, std::string target, const Headers& headers = {}) {
        return handle(request_of(method, std::move(target), headers), router_);
    }
    std::string result(Method method, std::string target) {
        auto response = handle(method, std::move(target));
        return response.status == 200 ? response.body : std::to_string(response.status);
    }

    runtime::ManualClock clock_;
    runtime::Metrics metrics_;
    std::shared_ptr<security::Sessions> sessions_ = std::make_shared<security::Sessions>(clock_, false);
    Router router_{{}, clock_, metrics_};
    runtime::EventLoopThread loop_;
};

// ---- finding the route

TEST_F(RouterTest, finds_the_route_by_method_and_path) {
    add(Method::get, "/api/orders");
    add(Method::post, "/api/orders");
    add(Method::get, "/api/orders/:id");
    add(Method::get, "/api/orders/:id/items/:item");
    add(Method::get, "/");
    EXPECT_EQ(result(Method::get, "/api/orders"), "GET /api/orders");
    EXPECT_EQ(result(Method::get, "/api/orders?limit=1"), "GET /api/orders");
    EXPECT_EQ(result(Method::post, "/api/orders"), "POST /api/orders");
    EXPECT_EQ(result(Method::get, "/api/orders/7"), "GET /api/orders/:id 7");
    EXPECT_EQ(result(Method::get, "/api/orders/7/items/b%20c"), "GET /api/orders/:id/items/:item 7 b c");
    EXPECT_EQ(result(Method::get, "/"), "GET /");
}

TEST_F(RouterTest, prefers_an_exact_segment_to_a_name_in_any_order) {
    add(Method::get, "/tickets/:id");
    add(Method::get, "/tickets/mine");
    add(Method::get, "/orders/mine");
    add(Method::get, "/orders/:id");
    EXPECT_EQ(result(Method::get, "/tickets/mine"), "GET /tickets/mine");
    EXPECT_EQ(result(Method::get, "/tickets/7"), "GET /tickets/:id 7");
    EXPECT_EQ(result(Method::get, "/orders/mine"), "GET /orders/mine");
    EXPECT_EQ(result(Method::get, "/orders/7"), "GET /orders/:id 7");
}

TEST_F(RouterTest, uses_the_route_with_a_name_if_the_exact_one_lacks_the_method) {
    add(Method::get, "/tickets/mine");
    add(Method::put, "/tickets/:id");
    EXPECT_EQ(result(Method::put, "/tickets/mine"), "PUT /tickets/:id mine");
}

TEST_F(RouterTest, responds_404_in_the_one_error_shape_without_a_route) {
    add(Method::get, "/api/orders/:id");
    for (auto target : {"/", "/api", "/api/orders", "/api/orders/", "/api/orders/7/x", "/api//orders/7",
                        "//api/orders/7", "/api/orders/7//x"}) {
        auto response = handle(Method::get, target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_TRUE(json::parse(response.body).value()["errors"].array()) << response.body;
    }
    EXPECT_EQ(handle(Method::post, "/nothing").status, 404);
}

TEST_F(RouterTest, finds_a_route_by_other_forms_of_its_path) {
    add(Method::get, "/api/users/currentuser");
    add(Method::post, "/api/orders");
    add(Method::get, "/api/orders/:id");
    add(Method::get, "/api/orders/mine");
    EXPECT_EQ(result(Method::get, "/api/users/currentUser"), "GET /api/users/currentuser");
    EXPECT_EQ(result(Method::get, "/API/Users/CURRENTUSER/"), "GET /api/users/currentuser");
    EXPECT_EQ(result(Method::post, "/api/orders/"), "POST /api/orders");
    EXPECT_EQ(result(Method::post, "/api/orders//"), "POST /api/orders");
    EXPECT_EQ(result(Method::get, "/Api/Orders/Ab/"), "GET /api/orders/:id Ab") << "values keep their case";
    EXPECT_EQ(result(Method::get, "/api/orders/Mine"), "GET /api/orders/mine");
    EXPECT_EQ(handle(Method::delete_, "/API/orders/").headers["Allow"], "POST, OPTIONS");
}

TEST_F(RouterTest, gives_the_route_its_canonical_path) {
    Route route{Method::get, "/api/orders/:id",
                [](Context& context) {
                    return [](std::string path) -> Task<Response> {
                        co_return Response{200, {}, std::move(path)};
                    }(context.request.path);
                },
                RouteSpec{}};
    route.sessions = sessions_;
    router_.add(std::move(route));
    EXPECT_EQ(result(Method::get, "/API/Orders/a%20B/"), "/api/orders/a B");
}

TEST_F(RouterTest, redirects_to_the_canonical_path_of_a_page) {
    for (auto pattern : {"/", "/tickets/:id/edit"}) {
        for (auto method : {Method::get, Method::post}) {
            Route page{method, pattern,
                       [](Context&) -> Task<Response> { co_return Response{200, {}, "page"}; },
                       RouteSpec{.hidden = true, .page = true}};
            page.sessions = sessions_;
            router_.add(std::move(page));
        }
    }
    EXPECT_EQ(result(Method::get, "/tickets/7/edit"), "page");
    for (auto [target, location] : std::initializer_list<std::pair<const char*, const char*>>{
             {"/Tickets/A%20b/Edit/?q=1%202", "/tickets/A%20b/edit?q=1%202"},
             {"/tickets/7/edit/", "/tickets/7/edit"},
             {"//", "/"}}) {
        for (auto method : {Method::get, Method::head, Method::post}) {
            auto response = handle(method, target);
            EXPECT_EQ(response.status, 308) << target;
            EXPECT_EQ(response.headers["Location"], location);
        }
    }
    EXPECT_EQ(handle(Method::get, "//evil.example/").status, 404);
}

TEST_F(RouterTest, finds_pages_and_nothing_else_under_a_language) {
    for (auto [pattern, is_page] : {std::pair{"/", true}, {"/orders/:id", true}, {"/api/orders", false}}) {
        Route route{Method::get, pattern,
                    [](Context& context) -> Task<Response> {
                        const auto& request = context.request;
                        return [](std::string body) -> Task<Response> {
                            co_return Response{200, {}, std::move(body)};
                        }(request.prefix + " " + request.path + " " + request.target);
                    },
                    RouteSpec{.hidden = is_page, .page = is_page}};
        route.sessions = sessions_;
        router_.add(std::move(route));
    }
    EXPECT_EQ(result(Method::get, "/orders/7?x=1"), " /orders/7 /orders/7?x=1");
    EXPECT_EQ(result(Method::get, "/de/orders/7?x=1"), "/de /orders/7 /orders/7?x=1");
    EXPECT_EQ(result(Method::get, "/fr/"), "/fr / /");
    for (auto [target, location] :
         std::initializer_list<std::pair<const char*, const char*>>{{"/de", "/de/"},
                                                                    {"/DE/orders/7", "/de/orders/7"},
                                                                    {"/es?q=1", "/es/?q=1"},
                                                                    {"/d%65/orders/7", "/de/orders/7"},
                                                                    {"/de/Orders/7/", "/de/orders/7"}}) {
        auto response = handle(Method::get, target);
        EXPECT_EQ(response.status, 308) << target;
        EXPECT_EQ(response.headers["Location"], location);
    }
    for (auto target : {"/de/api/orders", "/it/orders/7", "/de//evil.example", "/de/de/", "/deutsch/"})
        EXPECT_EQ(result(Method::get, target), "404") << target;
}

// A gateway that hides /metrics must not have to know its other forms.
TEST_F(RouterTest, finds_an_exact_route_by_its_path_only) {
    Route metrics{Method::get, "/metrics",
                  [](Context&) -> Task<Response> { co_return Response{200, {}, "numbers"}; }, RouteSpec{}};
    metrics.sessions = sessions_;
    metrics.exact_path = true;
    router_.add(std::move(metrics));
    EXPECT_EQ(result(Method::get, "/metrics?x"), "numbers");
    for (auto other : {"/metrics/", "/Metrics", "/METRICS", "//metrics"})
        EXPECT_EQ(result(Method::get, other), "404");
}

// ---- DNS rebinding: another site's name that resolves to this machine

TEST_F(RouterTest, serves_operators_only_under_names_that_they_use) {
    Router router{
        {.public_origin = "https://tickets.example", .operator_hosts = {"stagedoor"}, .operators_only = true},
        clock_,
        metrics_};
    add(Method::get, "/admin", router);
    add(Method::post, "/admin", router);
    auto status = [&](Method method, std::string host) {
        Headers headers{{"Host", host}, {"Origin", "http://" + host}};
        return handle(request_of(method, "/admin", headers), router).status;
    };
    for (auto method : {Method::get, Method::post}) {
        for (auto host : {"127.0.0.1:9090", "192.0.2.7", "[::1]:9090", "localhost", "LocalHost:9090",
                          "tickets.example:9090", "Tickets.Example", "stagedoor:9090", "STAGEDOOR"})
            EXPECT_EQ(status(method, host), 200) << host;
        for (auto host :
             {"evil.example", "evil.example:9090", "localhost.evil.example", "127.0.0.1.evil.example",
              "tickets.example.evil.example", "stagedoor.evil.example", "", "a b"})
            EXPECT_EQ(status(method, host), 403) << host;
    }
    EXPECT_EQ(handle(request_of(Method::get, "/admin"), router).status, 200) << "not a browser";
    EXPECT_EQ(handle(request_of(Method::get, "/unknown", {{"Host", "evil.example"}}), router).status, 403);
}

TEST_F(RouterTest, limits_a_route_to_operators) {
    Route mails{Method::get, "/dev/mails",
                [](Context&) -> Task<Response> { co_return Response{200, {}, "mails"}; }, RouteSpec{}};
    mails.sessions = sessions_;
    mails.operators_only = true;
    router_.add(std::move(mails));
    add(Method::get, "/other");
    EXPECT_EQ(handle(Method::get, "/dev/mails", {{"Host", "localhost:8080"}}).status, 200);
    EXPECT_EQ(handle(Method::get, "/dev/mails", {{"Host", "evil.example"}}).status, 403);
    EXPECT_EQ(handle(Method::get, "/other", {{"Host", "evil.example"}}).status, 200);
}

// ---- content codings

TEST_F(RouterTest, rejects_compressed_bodies) {
    add(Method::post, "/api/orders");
    add(Method::get, "/api/orders");
    auto status = [&](const Headers& headers) { return handle(Method::post, "/api/orders", headers).status; };
    for (auto coding : {"gzip", "GZIP", "br", "identity, gzip", "unknown"}) {
        auto response = handle(Method::post, "/api/orders", {{"Content-Encoding", coding}});
        EXPECT_EQ(response.status, 415) << coding;
        EXPECT_EQ(response.headers["Accept-Encoding"], "identity");
    }
    EXPECT_EQ(status({{"Content-Encoding", "identity"}, {"content-encoding", "gzip"}}), 415);
    EXPECT_EQ(status({{"Content-Encoding", "Identity"}}), 200);
    EXPECT_EQ(status({{"Content-Encoding", ""}}), 200);
    EXPECT_EQ(handle(Method::get, "/api/orders", {{"Content-Encoding", "gzip"}}).status, 200)
        << "has no body";
}

TEST_F(RouterTest, responds_405_with_the_allowed_methods) {
    add(Method::get, "/api/orders/:id");
    add(Method::delete_, "/api/orders/:id");
    add(Method::post, "/api/orders");
    auto response = handle(Method::put, "/api/orders/7");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers["Allow"], "GET, DELETE, HEAD, OPTIONS");
    EXPECT_TRUE(json::parse(response.body).value()["errors"].array());
    EXPECT_EQ(handle(Method::get, "/api/orders").headers["Allow"], "POST, OPTIONS");
    EXPECT_EQ(handle(Method::head, "/api/orders").status, 405);
    EXPECT_EQ(handle(Method::other, "/api/orders").status, 405);
}

TEST_F(RouterTest, lists_each_allowed_method_once) {
    add(Method::get, "/tickets/mine");
    add(Method::get, "/tickets/:id");
    add(Method::put, "/tickets/:id");
    EXPECT_EQ(handle(Method::post, "/tickets/mine").headers["Allow"], "GET, PUT, HEAD, OPTIONS");
}

TEST_F(RouterTest, handles_head_as_get) {
    add(Method::get, "/tickets/:id");
    EXPECT_EQ(result(Method::head, "/tickets/7"), "GET /tickets/:id 7");
}

TEST_F(RouterTest, responds_to_options_with_the_allowed_methods) {
    add(Method::get, "/tickets");
    add(Method::post, "/tickets");
    auto response = handle(Method::options, "/tickets");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers["Allow"], "GET, POST, HEAD, OPTIONS");
    EXPECT_EQ(handle(Method::options, "/nothing").status, 404);
}

TEST_F(RouterTest, passes_unknown_paths_to_the_not_found_handler) {
    add(Method::get, "/tickets");
    router_.set_not_found(
        [](Context& context) {
            return [](std::string path) -> Task<Response> {
                co_return Response{404, {}, "no page " + path};
            }(context.request.path);
        },
        sessions_);
    EXPECT_EQ(handle(Method::get, "/nothing").body, "no page /nothing");
    EXPECT_EQ(handle(Method::post, "/tickets").status, 405);
}

TEST_F(RouterTest, counts_responses_by_route_and_class) {
    add(Method::get, "/tickets/:id");
    Route failing{Method::get, "/failing",
                  [](Context&) -> Task<Response> {
                      throw std::runtime_error("secret");
                      co_return Response{};
                  },
                  RouteSpec{}};
    failing.sessions = sessions_;
    router_.add(std::move(failing));
    (void)handle(Method::get, "/tickets/1");
    (void)handle(Method::get, "/tickets/2");
    auto response = handle(Method::get, "/failing");
    EXPECT_EQ(response.status, 500);
    EXPECT_EQ(response.body.find("secret"), std::string::npos);
    auto text = metrics_.to_text();
    EXPECT_NE(text.find(R"(stagedoor_http_requests_total{method="GET",route="/tickets/:id",status="2xx"} 2)"),
              std::string::npos)
        << text;
    EXPECT_NE(text.find(R"(stagedoor_http_requests_total{method="GET",route="/failing",status="5xx"} 1)"),
              std::string::npos)
        << text;
}

TEST_F(RouterTest, counts_requests_without_a_route_under_one_name) {
    add(Method::get, "/tickets");
    for (const auto* path : {"/.env", "/admin.php", "/tickets/x/y"}) (void)handle(Method::get, path);
    (void)handle(Method::post, "/tickets");
    auto text = metrics_.to_text();
    auto line = R"(stagedoor_http_requests_total{method="any",route="/*",status="4xx"} 4)";
    EXPECT_NE(text.find(line), std::string::npos) << text;
    EXPECT_EQ(text.find("admin.php"), std::string::npos);
}

// ---- requests from other sites

constexpr auto absent = "(absent)";

struct CrossSite {
    const char *site, *origin, *public_origin;
    bool https;
    const char* host;
    bool allowed;
};

TEST_F(RouterTest, rejects_only_unsafe_requests_from_other_sites) {
    const auto own = "https://tickets.example", inside = "http://orders:8080";
    const CrossSite table[]{
        // Sec-Fetch-Site decides, whatever the Origin.
        {"same-origin", absent, "", false, "localhost:8080", true},
        {"none", absent, "", false, "localhost:8080", true},
        {"same-site", absent, "", false, "localhost:8080", false},
        {"cross-site", absent, "", false, "localhost:8080", false},
        {"nonsense", absent, "", false, "localhost:8080", false},
        {"Same-Origin", absent, "", false, "localhost:8080", false},
        {"cross-site", "http://localhost:8080", "", false, "localhost:8080", false},
        {"cross-site", own, own, true, "tickets.example", false},
        {"same-origin", "https://evil.example", own, true, "tickets.example", true},
        // Neither header: not a browser.
        {absent, absent, "", false, "localhost:8080", true},
        {absent, absent, own, true, "tickets.example", true},
        // Only Origin: must be the public URL's or the request's own host.
        {absent, "http://localhost:8080", "", false, "localhost:8080", true},
        {absent, "https://localhost:8080", "", false, "localhost:8080", false},
        {absent, "https://localhost:8080", "", true, "localhost:8080", true},
        {absent, "http://localhost", "", false, "localhost:8080", false},
        {absent, "http://localhost:8081", "", false, "localhost:8080", false},
        {absent, "http://evil.example", "", false, "localhost:8080", false},
        {absent, own, own, true, "tickets.example", true},
        {absent, own, own, false, "orders:8080", true},  // behind a gateway
        {absent, inside, own, false, "orders:8080", true},
        {absent, "http://tickets.example", own, false, "orders:8080", false},
        {absent, "https://tickets.example.evil.example", own, true, "tickets.example", false},
        {absent, "https://evil.example", own, true, "tickets.example", false},
        // By parts: case, and the port of the scheme.
        {absent, "http://localhost", "", false, "localhost:80", true},
        {absent, "https://tickets.example:443", own, false, "orders:8080", true},
        {absent, "HTTPS://Tickets.Example", "https://TICKETS.example:443", false, "orders:8080", true},
        {absent, "http://[0::1]:8080", "", false, "[::1]:8080", true},
        {absent, "https://tickets.example/", own, true, "tickets.example", false},
        {absent, "https://tickets.example:80", own, true, "tickets.example", false},
        {absent, "null", own, true, "tickets.example", false},
        {absent, "null", "", false, "localhost:8080", false},
        {absent, "", "", false, "localhost:8080", false},
    };
    for (auto method :
         {Method::get, Method::head, Method::options, Method::post, Method::put, Method::delete_}) {
        for (const auto& each : table) {
            Router router{{.public_origin = each.public_origin}, clock_, metrics_};
            for (auto known : {Method::get, Method::post, Method::put, Method::delete_})
                add(known, "/x", router);
            auto request = request_of(method, "/x", {{"Host", each.host}});
            request.https = each.https;
            if (std::string_view{each.site} != absent) request.headers.add("Sec-Fetch-Site", each.site);
            if (std::string_view{each.origin} != absent) request.headers.add("Origin", each.origin);
            auto safe = method == Method::get || method == Method::head || method == Method::options;
            EXPECT_EQ(handle(request, router).status != 403, safe || each.allowed)
                << to_text(method) << " site " << each.site << " origin " << each.origin << " public "
                << each.public_origin << " host " << each.host;
        }
    }
}

// ---- cookies

TEST_F(RouterTest, adds_secure_to_every_cookie_over_tls) {
    struct Case {
        const char *public_origin, *cookie, *expected;
        bool https;
    };
    const Case table[]{
        {"", "a=1; HttpOnly", "a=1; HttpOnly", false},
        {"", "a=1; HttpOnly", "a=1; HttpOnly; Secure",
         true},  // a trusted proxy says so, without a public URL
        {"https://tickets.example", "a=1", "a=1; Secure", false},  // an untrusted proxy ends TLS
        {"http://tickets.example", "a=1", "a=1", false},
        {"", "a=1; secure; Path=/", "a=1; secure; Path=/", true},
        {"", "secure=1", "secure=1; Secure", true},
        {"", "a=Secure", "a=Secure; Secure", true},
    };
    for (const auto& each : table) {
        Router router{{.public_origin = each.public_origin}, clock_, metrics_};
        Route route{Method::post, "/x",
                    [&each](Context&) {
                        return [](std::string cookie) -> Task<Response> {
                            co_return Response{200, {{"Set-Cookie", cookie}, {"Set-Cookie", cookie}}, {}};
                        }(each.cookie);
                    },
                    RouteSpec{}};
        route.sessions = sessions_;
        router.add(std::move(route));
        auto request = request_of(Method::post, "/x", {});
        request.https = each.https;
        auto response = handle(request, router);
        EXPECT_EQ(response.headers.size(), 2U);
        for (const auto& [name, value] : response.headers)
            EXPECT_EQ(value, each.expected) << each.public_origin;
    }
}

// ---- parameters

struct ExtractTest : ::testing::Test {
    ExtractTest() {
        db_->migrate(security::Sessions::migrations());
        std::string_view bytes{reinterpret_cast<const char*>(key_.public_key.data()), key_.public_key.size()};
        contracts::KeyAdded known{
            .id = key_.id, .public_key = security::base64url(bytes), .active_at = clock_.now()};
        loop_.wait_for(db_->write([&](sql::Tx& tx) { sessions_.key_added(tx, known); }));
    }
    ~ExtractTest() override { db_->close(); }

    std::string token(const std::string& user) {
        security::Claims claims;
        claims.user = UserId{user};
        claims.session = SessionId{"s"};
        claims.issued_at = clock_.now();
        claims.expires_at = clock_.now() + std::chrono::hours{1};
        return security::sign_token(claims, key_);
    }

    // Extracts P from a request; `path_values` are those that the router would have found.
    template <class P>
    P extract(Request request, std::vector<std::string> path_values = {}) {
        Context context{request, sessions_, "POST /api/orders", std::move(path_values), Instant{}};
        return Extract<P>::extract(context);
    }
    template <class P>
    ApiError error_of(Request request) {
        try {
            (void)extract<P>(std::move(request));
        } catch (const ApiError& error) {
            return error;
        }
        ADD_FAILURE() << "was accepted";
        return ApiError{ErrorKind::conflict, "was accepted"_text};
    }

    stagedoor::runtime::TemporaryFolder folder_;
    runtime::ManualClock clock_;
    runtime::SeededRandom random_{5};
    std::unique_ptr<sql::Database> db_ =
        sql::open_sqlite({.path = folder_.file("sessions.db"), .name = "sessions"}, clock_);
    security::SigningKey key_ = security::new_signing_key(random_);
    security::Sessions sessions_{clock_, false};
    runtime::EventLoopThread loop_;
};

struct Search {
    std::optional<json::Text<0, 20>> q;
    std::optional<json::Whole<1, 100>> limit;
    json::Whole<1, 9, 3> stars;
    std::optional<Money> min_price;
    std::optional<std::string> currency;
    std::optional<Instant> from;
};
BOOST_DESCRIBE_STRUCT(Search, (), (q, limit, stars, min_price, currency, from))

struct Note {
    json::Text<1, 20> text;
    json::Whole<1, 9> stars;
};
BOOST_DESCRIBE_STRUCT(Note, (), (text, stars))

Request query(const std::string& text) { return request_of(Method::get, "/search?" + text); }
Request body(std::string text, const Headers& headers = {}) {
    return request_of(Method::post, "/api/orders", headers, std::move(text));
}

TEST_F(ExtractTest, reads_a_query_like_a_body) {
    auto search = extract<Query<Search>>(
        query("q=%20loud+music%20&limit=20&minPrice=19.99&currency=EUR&from=2026-05-01T19:30:00Z"));
    EXPECT_EQ(search->q->value, "loud music");
    EXPECT_EQ(*search->limit, 20);
    EXPECT_EQ(search->stars, 3);
    EXPECT_EQ(*search->min_price, (Money{1999, Currency::parse("EUR").value()}));
    EXPECT_EQ(*search->currency, "EUR");
    EXPECT_EQ(*search->from, Instant::parse("2026-05-01T19:30:00Z"));
}

TEST_F(ExtractTest, treats_an_empty_parameter_as_absent_and_ignores_unknown_ones) {
    auto search = extract<Query<Search>>(query("q=&limit=&stars=&minPrice&currency=&other=1&from="));
    EXPECT_FALSE(search->q);
    EXPECT_FALSE(search->limit);
    EXPECT_EQ(search->stars, 3);
    EXPECT_FALSE(search->min_price);
    EXPECT_FALSE(extract<Query<Search>>(query(""))->q);
    EXPECT_EQ(*extract<Query<Search>>(query("limit=&limit=7"))->limit, 7);
}

TEST_F(ExtractTest, rejects_a_repeated_parameter) {
    auto error = error_of<Query<Search>>(query("limit=1&q=a&limit=1"));
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.problems().front().field, "limit");
}

TEST_F(ExtractTest, reports_all_errors_of_a_query) {
    auto error = error_of<Query<Search>>(
        query("limit=0&stars=many&minPrice=1.999&from=soon&q=" + std::string(21, 'x')));
    std::set<std::string> fields;
    for (const auto& problem : error.problems()) fields.insert(problem.field);
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(fields, (std::set<std::string>{"limit", "stars", "minPrice", "from", "q"}));
}

TEST_F(ExtractTest, accepts_only_json_numbers_and_decimal_amounts_in_a_query) {
    for (auto wrong : {"%2B5", "+5", "5%20", "0x5", "5.0", "5e0", "NaN", "five", "5,0"}) {
        EXPECT_EQ(error_of<Query<Search>>(query("limit=" + std::string{wrong})).problems().front().field,
                  "limit")
            << wrong;
    }
    for (auto wrong : {"%2B5", "-5", ".", "1e3", "1e+-2", "$5", "5%01", "%205"}) {
        EXPECT_EQ(error_of<Query<Search>>(query("minPrice=" + std::string{wrong})).kind(), ErrorKind::invalid)
            << wrong;
    }
    EXPECT_EQ((extract<Query<Search>>(query("minPrice=.5"))->min_price), (Money{50, Currency{}}));
    EXPECT_EQ((extract<Query<Search>>(query("minPrice=5."))->min_price), (Money{500, Currency{}}));
}

TEST_F(ExtractTest, rejects_a_malformed_query) {
    Request broken;
    broken.path = "/search";
    broken.query = "q=%zz";
    EXPECT_EQ(error_of<Query<Search>>(broken).kind(), ErrorKind::invalid);
    broken.query = "q=%ff";  // not UTF-8
    auto read = extract<Query<Search>>(broken);
    EXPECT_NO_THROW((void)json::parse(json::to_json(read->q->value))
                        .value());  // an error message about it is still valid JSON
}

TEST_F(ExtractTest, accepts_a_json_body) {
    const auto text = R"({"text":" hello ","stars":5,"other":1})";
    for (auto type : {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
                      "application/json ;x=y", "application/vnd.stagedoor+json"}) {
        EXPECT_EQ(extract<Body<Note>>(body(text, {{"Content-Type", type}}))->text.value, "hello") << type;
    }
    EXPECT_EQ(extract<Body<Note>>(body(text))->stars, 5);
}

TEST_F(ExtractTest, rejects_other_content_types) {
    for (auto type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json",
                      "application/jsonp", "json", "/"}) {
        EXPECT_EQ(error_of<Body<Note>>(body(R"({"text":"a","stars":5})", {{"Content-Type", type}})).kind(),
                  ErrorKind::unsupported_media_type)
            << type;
    }
}

TEST_F(ExtractTest, reports_all_errors_of_a_body) {
    auto error = error_of<Body<Note>>(body(R"({"text":""})"));
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.problems(), (Problems{{"must not be empty"_text, "text"}, {"is missing"_text, "stars"}}));
    EXPECT_EQ(error_of<Body<Note>>(body("{")).kind(), ErrorKind::invalid);
    for (auto nothing : {"", " \r\n", "[]", "null", "1", "{}"}) {
        EXPECT_EQ(error_of<Body<Note>>(body(nothing)).problems(),
                  (Problems{{"is missing"_text, "text"}, {"is missing"_text, "stars"}}))
            << nothing;
    }
}

TEST_F(ExtractTest, extracts_the_preconditions) {
    auto allows = [&](const Headers& headers, std::int64_t version) {
        return extract<IfMatch>(request_of(Method::put, "/x", headers)).allows(version);
    };
    for (auto matching : {R"("3")", "3", R"("3-8f")", R"("1", "3")", "*"}) {
        EXPECT_TRUE(allows({{"If-Match", matching}}, 3)) << matching;
        EXPECT_FALSE(allows({{"If-None-Match", matching}}, 3)) << matching;
    }
    for (auto other : {R"("4")", R"("newest")", R"("9223372036854775808")", R"("3x")"}) {
        EXPECT_FALSE(allows({{"If-Match", other}}, 3)) << other;
        EXPECT_TRUE(allows({{"If-None-Match", other}}, 3)) << other;
    }
    EXPECT_FALSE(allows({{"If-Match", R"(W/"3")"}}, 3)) << "compares strongly";
    EXPECT_FALSE(allows({{"If-None-Match", R"(W/"3")"}}, 3)) << "compares weakly";
    EXPECT_TRUE(allows({{"If-Match", "\"1\""}, {"If-Match", "\"3\""}}, 3));
    EXPECT_FALSE(extract<IfMatch>(request_of(Method::put, "/x")).is_given());
    for (auto wrong : {R"("3)", R"(3")", "three", "3.0", R"(w/"3")", "\"", R"(""3"")", "3, 4"}) {
        auto error = error_of<IfMatch>(request_of(Method::put, "/x", {{"If-Match", wrong}}));
        EXPECT_EQ(error.kind(), ErrorKind::invalid) << wrong;
        EXPECT_EQ(error.problems().front().field, "If-Match");
    }
}

TEST_F(ExtractTest, identifies_the_caller_by_bearer_token_or_cookie) {
    auto good = token("buyer");
    auto as = [&](const Headers& headers) {
        return extract<MaybeSignedIn>(request_of(Method::get, "/x", headers)).claims;
    };
    EXPECT_EQ(as({{"Authorization", "Bearer " + good}})->user, UserId{"buyer"});
    EXPECT_EQ(as({{"Cookie", "a=b; session=" + good}})->user, UserId{"buyer"});
    EXPECT_EQ(extract<SignedIn>(request_of(Method::get, "/x", {{"Authorization", "Bearer " + good}})).id,
              UserId{"buyer"});
    for (const auto& headers : std::vector<Headers>{{},
                                                    {{"Authorization", "Bearer "}},
                                                    {{"Authorization", "Basic " + good}},
                                                    {{"Authorization", "Bearer x" + good}},
                                                    {{"Cookie", "session="}},
                                                    {{"Cookie", "other=" + good}}}) {
        EXPECT_FALSE(as(headers));
        EXPECT_EQ(error_of<SignedIn>(request_of(Method::get, "/x", headers)).kind(),
                  ErrorKind::not_signed_in);
    }
    clock_.advance(std::chrono::hours{1});
    EXPECT_FALSE(as({{"Authorization", "Bearer " + good}}));
}

TEST_F(ExtractTest, reads_the_bearer_scheme_in_any_case) {
    for (auto scheme : {"Bearer ", "bearer ", "BEARER ", "Bearer  "}) {
        auto request = request_of(Method::get, "/x", {{"Authorization", scheme + token("buyer")}});
        EXPECT_EQ(extract<SignedIn>(request).id, UserId{"buyer"}) << scheme;
    }
}

// A browser sends one cookie per path or domain for which it has one.
TEST_F(ExtractTest, takes_the_first_valid_one_of_several_session_cookies) {
    auto as = [&](const Headers& headers) {
        return extract<MaybeSignedIn>(request_of(Method::get, "/x", headers)).claims;
    };
    auto good = "session=" + token("buyer"), other = "session=" + token("other");
    EXPECT_EQ(as({{"Cookie", "session=expired; " + good}})->user, UserId{"buyer"});
    EXPECT_EQ(as({{"Cookie", good + "; session=expired"}})->user, UserId{"buyer"});
    EXPECT_EQ(as({{"Cookie", "session="}, {"Cookie", good}})->user, UserId{"buyer"});
    EXPECT_EQ(as({{"Cookie", good + "; " + other}})->user, UserId{"buyer"});
    EXPECT_FALSE(as({{"Cookie", "session=a; session=b"}}));
    EXPECT_FALSE(as({{"Authorization", "Bearer x"}, {"Cookie", good}})) << "a bearer token decides alone";
}

TEST_F(ExtractTest, extracts_the_idempotency_key_of_a_signed_in_user) {
    const auto text = R"({"text":"a","stars":5})";
    auto user = "Bearer " + token("buyer");
    auto key = extract<Body<Note>>(body(text, {{"Authorization", user}, {"Idempotency-Key", "k-1"}})).key;
    EXPECT_EQ(key.user, "buyer");
    EXPECT_EQ(key.route, "POST /api/orders");
    EXPECT_EQ(key.key, "k-1");
    EXPECT_FALSE(key.body_hash.empty());
    EXPECT_EQ(extract<Body<Note>>(body(text, {{"Authorization", user}})).key.key, "");
    EXPECT_EQ(extract<Body<Note>>(body(text, {{"Idempotency-Key", "k-1"}})).key.key, "");  // not signed in
}

TEST_F(ExtractTest, hashes_path_and_body_for_an_idempotency_key) {
    auto hash = [&](std::string target, std::string text) {
        auto request = request_of(Method::post, std::move(target),
                                  {{"Authorization", "Bearer " + token("buyer")}, {"Idempotency-Key", "k"}},
                                  std::move(text));
        return extract<Body<Note>>(request).key.body_hash;
    };
    auto first = hash("/api/orders", R"({"text":"a","stars":5})");
    EXPECT_EQ(first, hash("/api/orders", R"({"text":"a","stars":5})"));
    EXPECT_NE(first, hash("/api/orders", R"({"text":"b","stars":5})"));
    // The same body for another entity must not get the response for the first.
    EXPECT_NE(hash("/api/orders/1/notes", R"({"text":"a","stars":5})"),
              hash("/api/orders/2/notes", R"({"text":"a","stars":5})"));
}

TEST_F(ExtractTest, hashes_the_content_of_a_body_in_whatever_form) {
    auto key = [&](std::string text) {
        return extract<Body<Note>>(body(std::move(text), {{"Authorization", "Bearer " + token("buyer")},
                                                          {"Idempotency-Key", "k"}}))
            .key;
    };
    auto one = key(R"({"text":"a","stars":5})"), other = key("\xEF\xBB\xBF{ \"stars\": 5, \"text\":\"a\" }");
    EXPECT_NE(one.body_hash, other.body_hash);
    EXPECT_EQ(one.content_hash, other.content_hash);
    EXPECT_NE(one.content_hash, key(R"({"text":"b","stars":5})").content_hash);
}

TEST_F(ExtractTest, rejects_a_malformed_idempotency_key) {
    auto user = "Bearer " + token("buyer");
    auto with = [&](std::string key) {
        return body(R"({"text":"a","stars":5})",
                    {{"Authorization", user}, {"Idempotency-Key", std::move(key)}});
    };
    EXPECT_EQ(extract<Body<Note>>(with(std::string(255, '~'))).key.key.size(), 255u);
    for (const auto& wrong :
         {std::string{}, std::string(256, 'k'), std::string{"two words"}, std::string{"tab\there"},
          std::string{"ümlaut"}, std::string{"nul\0", 4}, std::string{"\x7F"}}) {
        auto error = error_of<Body<Note>>(with(wrong));
        EXPECT_EQ(error.kind(), ErrorKind::invalid) << wrong;
        EXPECT_EQ(error.problems().front().field, "Idempotency-Key");
    }
}

TEST_F(ExtractTest, extracts_the_name_in_the_path) {
    EXPECT_EQ(extract<Path<OrderId>>(request_of(Method::get, "/api/orders/7"), {"7"}).value, OrderId{"7"});
    EXPECT_THROW((void)extract<Path<OrderId>>(request_of(Method::get, "/x"), {"\xFF"}), NotFound);
}

TEST_F(RouterTest, what_needs_a_session_is_kept_by_nobody) {
    for (auto needs_session : {true, false}) {
        Route route{Method::get, needs_session ? "/api/orders" : "/api/tickets",
                    [](Context&) -> Task<Response> { co_return json_response(200, "[]", {}); },
                    RouteSpec{.needs_session = needs_session}};
        route.sessions = sessions_;
        router_.add(std::move(route));
    }
    EXPECT_EQ(handle(Method::get, "/api/orders").headers["Cache-Control"], "private, no-store");
    EXPECT_EQ(handle(Method::get, "/api/tickets").headers["Cache-Control"], "private, no-cache");
}

TEST_F(RouterTest, a_limit_that_was_reached_is_named_in_the_response) {
    Route route{Method::post, "/api/guess",
                [](Context&) -> Task<Response> {
                    security::RateLimit limit{
                        .name = "guesses", .max_attempts = 10, .window = std::chrono::minutes{15}};
                    throw security::RateLimitReached{limit, "Slower"_text, std::chrono::milliseconds{89'001}};
                    co_return Response{};
                },
                RouteSpec{}};
    route.sessions = sessions_;
    router_.add(std::move(route));
    auto rejected = handle(Method::post, "/api/guess");
    EXPECT_EQ(rejected.status, 429);
    EXPECT_EQ(rejected.headers["Retry-After"], "90");
    EXPECT_EQ(rejected.headers["RateLimit-Policy"], R"("guesses";q=10;w=900)");
    EXPECT_EQ(rejected.headers["RateLimit"], R"("guesses";r=0;t=90)");
    EXPECT_NE(metrics_.to_text().find(R"(stagedoor_security_events_total{event="rate-limited"} 1)"),
              std::string::npos);
}

TEST_F(RouterTest, denied_access_is_in_the_security_log) {
    auto denied = [&] {
        auto text = metrics_.to_text();
        constexpr std::string_view line = R"(stagedoor_security_events_total{event="access-denied"} )";
        return text.substr(text.find(line) + line.size(), 1);
    };
    auto add_throwing = [&](const std::string& pattern, ErrorKind kind, bool needs_session) {
        Route route{Method::get, pattern,
                    [kind](Context&) -> Task<Response> {
                        return [](ErrorKind thrown) -> Task<Response> {
                            throw ApiError{thrown, "No"_text};
                            co_return Response{};
                        }(kind);
                    },
                    RouteSpec{.needs_session = needs_session}};
        route.sessions = sessions_;
        router_.add(std::move(route));
    };
    add_throwing("/forbidden", ErrorKind::forbidden, true);
    add_throwing("/session", ErrorKind::not_signed_in, true);
    add_throwing("/password", ErrorKind::not_signed_in, false);
    add_throwing("/missing", ErrorKind::not_found, true);
    EXPECT_EQ(denied(), "0");
    (void)handle(Method::get, "/forbidden");
    EXPECT_EQ(denied(), "1");
    (void)handle(Method::get, "/session");
    EXPECT_EQ(denied(), "2");
    (void)handle(Method::get, "/password");
    (void)handle(Method::get, "/missing");
    EXPECT_EQ(denied(), "2") << "401 for a wrong password is a failed sign-in; 404 is nobody's";
    (void)handle(request_of(Method::post, "/forbidden", {{"Origin", "https://evil.example"}}), router_);
    (void)handle(Method::get, "/nowhere");
    EXPECT_EQ(denied(), "2") << "no such route";
}

// ---- responses

struct Row {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id))

TEST(ToResponse, makes_json_that_shared_caches_do_not_store) {
    auto response = ToResponse<Ok<Row>>::convert(Ok{Row{"a"}}, {});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"id":"a"})");
    EXPECT_EQ(response.headers["Content-Type"], "application/json");
    EXPECT_EQ(response.headers["Cache-Control"], "private, no-cache");
    EXPECT_EQ(ToResponse<Created<Row>>::convert(Created{Row{"a"}}, {}).status, 201);
    EXPECT_EQ(ToResponse<NoContent>::convert({}, {}).status, 204);
}

TEST(ToResponse, makes_a_plain_array_and_a_link_to_the_next_page) {
    auto request = request_of(Method::get, "/api/tickets?q=loud+music%26&limit=2&after=old&after=older");
    auto response = ToResponse<Page<Row>>::convert({{{"a"}, {"b"}}, "new+one"}, request);
    EXPECT_EQ(response.body, R"([{"id":"a"},{"id":"b"}])");
    EXPECT_EQ(response.headers["Link"],
              R"(</api/tickets?q=loud%20music%26&limit=2&after=new%2Bone>; rel="next")");
    auto last = ToResponse<Page<Row>>::convert({{}, std::nullopt}, request);
    EXPECT_EQ(last.body, "[]");
    EXPECT_FALSE(last.headers.has("Link"));
}

}  // namespace
}  // namespace stagedoor::http
