#include "common/http/routing/router.hpp"

#include <gtest/gtest.h>

#include "common/http/routing/extract.hpp"
#include "common/http/routing/problem.hpp"
#include "common/http/routing/responses.hpp"
#include "common/security/token.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::http {
namespace {

using Pairs = std::vector<std::pair<std::string, std::string>>;

Request request_of(Method method, std::string target, const Pairs& headers = {}, std::string body = {}) {
    Request request;
    request.method = method;
    EXPECT_TRUE(request.set_target(target)) << target;
    for (const auto& [name, value] : headers) request.headers.add(name, value);
    request.body = std::move(body);
    return request;
}

struct RouterTest : ::testing::Test {
    // A route that answers with its name and the values of its path.
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

    Response ask(Request request, const Router& router) {
        return loop_.wait_for([](const Router& asked, Request what) -> Task<Response> {
            std::exception_ptr thrown;
            try {
                co_return co_await asked.handle(what);
            } catch (...) {
                thrown = std::current_exception();
            }
            co_return problem(thrown, what);
        }(router, std::move(request)));
    }
    Response ask(Method method, std::string target, const Pairs& headers = {}) {
        return ask(request_of(method, std::move(target), headers), router_);
    }
    std::string answer(Method method, std::string target) {
        auto response = ask(method, std::move(target));
        return response.status == 200 ? response.body : std::to_string(response.status);
    }

    runtime::ManualClock clock_;
    runtime::Metrics metrics_;
    std::shared_ptr<security::Sessions> sessions_ = std::make_shared<security::Sessions>(clock_, false);
    Router router_{{}, clock_, metrics_};
    runtime::EventLoopThread loop_;
};

// ---- which route

TEST_F(RouterTest, finds_the_route_of_method_and_path) {
    add(Method::get, "/api/orders");
    add(Method::post, "/api/orders");
    add(Method::get, "/api/orders/:id");
    add(Method::get, "/api/orders/:id/items/:item");
    add(Method::get, "/");
    EXPECT_EQ(answer(Method::get, "/api/orders"), "GET /api/orders");
    EXPECT_EQ(answer(Method::get, "/api/orders?limit=1"), "GET /api/orders");
    EXPECT_EQ(answer(Method::post, "/api/orders"), "POST /api/orders");
    EXPECT_EQ(answer(Method::get, "/api/orders/7"), "GET /api/orders/:id 7");
    EXPECT_EQ(answer(Method::get, "/api/orders/7/items/b%20c"), "GET /api/orders/:id/items/:item 7 b c");
    EXPECT_EQ(answer(Method::get, "/"), "GET /");
}

TEST_F(RouterTest, prefers_an_exact_segment_to_a_name_in_whatever_order_they_were_added) {
    add(Method::get, "/tickets/:id");
    add(Method::get, "/tickets/mine");
    add(Method::get, "/orders/mine");
    add(Method::get, "/orders/:id");
    EXPECT_EQ(answer(Method::get, "/tickets/mine"), "GET /tickets/mine");
    EXPECT_EQ(answer(Method::get, "/tickets/7"), "GET /tickets/:id 7");
    EXPECT_EQ(answer(Method::get, "/orders/mine"), "GET /orders/mine");
    EXPECT_EQ(answer(Method::get, "/orders/7"), "GET /orders/:id 7");
}

TEST_F(RouterTest, takes_the_route_with_a_name_when_the_exact_one_has_not_the_method) {
    add(Method::get, "/tickets/mine");
    add(Method::put, "/tickets/:id");
    EXPECT_EQ(answer(Method::put, "/tickets/mine"), "PUT /tickets/:id mine");
}

TEST_F(RouterTest, answers_404_in_the_one_error_shape_where_there_is_no_route) {
    add(Method::get, "/api/orders/:id");
    for (auto target : {"/", "/api", "/api/orders", "/api/orders/", "/api/orders/7/", "/api/orders/7/x",
                        "/API/orders/7", "//api/orders/7"}) {
        auto response = ask(Method::get, target);
        EXPECT_EQ(response.status, 404) << target;
        EXPECT_TRUE(json::parse(response.body).value()["errors"].array()) << response.body;
    }
    EXPECT_EQ(ask(Method::post, "/nothing").status, 404);
}

TEST_F(RouterTest, answers_405_with_the_methods_that_there_are) {
    add(Method::get, "/api/orders/:id");
    add(Method::delete_, "/api/orders/:id");
    add(Method::post, "/api/orders");
    auto response = ask(Method::put, "/api/orders/7");
    EXPECT_EQ(response.status, 405);
    EXPECT_EQ(response.headers["Allow"], "GET, DELETE, HEAD, OPTIONS");
    EXPECT_TRUE(json::parse(response.body).value()["errors"].array());
    EXPECT_EQ(ask(Method::get, "/api/orders").headers["Allow"], "POST, OPTIONS");
    EXPECT_EQ(ask(Method::head, "/api/orders").status, 405);
    EXPECT_EQ(ask(Method::other, "/api/orders").status, 405);
}

TEST_F(RouterTest, names_each_allowed_method_once) {
    add(Method::get, "/tickets/mine");
    add(Method::get, "/tickets/:id");
    add(Method::put, "/tickets/:id");
    EXPECT_EQ(ask(Method::post, "/tickets/mine").headers["Allow"], "GET, PUT, HEAD, OPTIONS");
}

TEST_F(RouterTest, answers_head_as_get) {
    add(Method::get, "/tickets/:id");
    EXPECT_EQ(answer(Method::head, "/tickets/7"), "GET /tickets/:id 7");
}

TEST_F(RouterTest, answers_options_with_the_methods_that_there_are) {
    add(Method::get, "/tickets");
    add(Method::post, "/tickets");
    auto response = ask(Method::options, "/tickets");
    EXPECT_EQ(response.status, 204);
    EXPECT_EQ(response.headers["Allow"], "GET, POST, HEAD, OPTIONS");
    EXPECT_EQ(ask(Method::options, "/nothing").status, 404);
}

TEST_F(RouterTest, gives_what_no_route_has_to_the_one_for_that) {
    add(Method::get, "/tickets");
    router_.set_not_found(
        [](Context& context) {
            return [](std::string path) -> Task<Response> {
                co_return Response{404, {}, "no page " + path};
            }(context.request.path);
        },
        sessions_);
    EXPECT_EQ(ask(Method::get, "/nothing").body, "no page /nothing");
    EXPECT_EQ(ask(Method::post, "/tickets").status, 405);
}

TEST_F(RouterTest, counts_each_answer_by_route_and_class) {
    add(Method::get, "/tickets/:id");
    Route failing{Method::get, "/failing",
                  [](Context&) -> Task<Response> {
                      throw std::runtime_error("secret");
                      co_return Response{};
                  },
                  RouteSpec{}};
    failing.sessions = sessions_;
    router_.add(std::move(failing));
    (void)ask(Method::get, "/tickets/1");
    (void)ask(Method::get, "/tickets/2");
    auto response = ask(Method::get, "/failing");
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

TEST_F(RouterTest, counts_what_no_route_answers_under_one_name_whatever_was_asked_for) {
    add(Method::get, "/tickets");
    for (const auto* path : {"/.env", "/admin.php", "/tickets/x/y"}) (void)ask(Method::get, path);
    (void)ask(Method::post, "/tickets");
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

TEST_F(RouterTest, refuses_unsafe_requests_from_other_sites_and_no_others) {
    const auto own = "https://tickets.example", inside = "http://orders:8080";
    const CrossSite table[]{
        // A browser that says where it comes from: that decides, whatever the origin.
        {"same-origin", absent, "", false, "localhost:8080", true},
        {"none", absent, "", false, "localhost:8080", true},
        {"same-site", absent, "", false, "localhost:8080", false},
        {"cross-site", absent, "", false, "localhost:8080", false},
        {"nonsense", absent, "", false, "localhost:8080", false},
        {"Same-Origin", absent, "", false, "localhost:8080", false},
        {"cross-site", "http://localhost:8080", "", false, "localhost:8080", false},
        {"cross-site", own, own, true, "tickets.example", false},
        {"same-origin", "https://evil.example", own, true, "tickets.example", true},
        // Neither header: no browser.
        {absent, absent, "", false, "localhost:8080", true},
        {absent, absent, own, true, "tickets.example", true},
        // Only the origin: the public URL's, or the request's own host.
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
            EXPECT_EQ(ask(request, router).status != 403, safe || each.allowed)
                << to_text(method) << " site " << each.site << " origin " << each.origin << " public "
                << each.public_origin << " host " << each.host;
        }
    }
}

// ---- what routes take

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

    // Takes P out of a request; `path_values` as the router would have found them.
    template <class P>
    P take(Request request, std::vector<std::string> path_values = {}) {
        Context context{request, sessions_, "POST /api/orders", std::move(path_values), Instant{}};
        return Extract<P>::take(context);
    }
    template <class P>
    ApiError refused(Request request) {
        try {
            (void)take<P>(std::move(request));
        } catch (const ApiError& error) {
            return error;
        }
        ADD_FAILURE() << "was taken";
        return ApiError{ErrorKind::conflict, "was taken"};
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
Request body(std::string text, const Pairs& headers = {}) {
    return request_of(Method::post, "/api/orders", headers, std::move(text));
}

TEST_F(ExtractTest, reads_a_query_like_a_body) {
    auto search = take<Query<Search>>(
        query("q=%20loud+music%20&limit=20&minPrice=19.99&currency=EUR&from=2026-05-01T19:30:00Z"));
    EXPECT_EQ(search->q->value, "loud music");
    EXPECT_EQ(*search->limit, 20);
    EXPECT_EQ(search->stars, 3);
    EXPECT_EQ(*search->min_price, (Money{1999, Currency::parse("EUR").value()}));
    EXPECT_EQ(*search->currency, "EUR");
    EXPECT_EQ(*search->from, Instant::parse("2026-05-01T19:30:00Z"));
}

TEST_F(ExtractTest, takes_an_empty_or_unknown_parameter_for_absent) {
    auto search = take<Query<Search>>(query("q=&limit=&stars=&minPrice&currency=&other=1&from="));
    EXPECT_FALSE(search->q);
    EXPECT_FALSE(search->limit);
    EXPECT_EQ(search->stars, 3);
    EXPECT_FALSE(search->min_price);
    EXPECT_FALSE(take<Query<Search>>(query(""))->q);
    EXPECT_EQ(*take<Query<Search>>(query("limit=&limit=7"))->limit, 7);
}

TEST_F(ExtractTest, refuses_a_parameter_that_is_given_twice) {
    auto error = refused<Query<Search>>(query("limit=1&q=a&limit=1"));
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.problems().front().field, "limit");
}

TEST_F(ExtractTest, tells_all_that_is_wrong_with_a_query) {
    auto error = refused<Query<Search>>(
        query("limit=0&stars=many&minPrice=1.999&from=soon&q=" + std::string(21, 'x')));
    std::set<std::string> fields;
    for (const auto& problem : error.problems()) fields.insert(problem.field);
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(fields, (std::set<std::string>{"limit", "stars", "minPrice", "from", "q"}));
}

TEST_F(ExtractTest, takes_no_number_in_a_query_that_json_would_not_have) {
    for (auto wrong : {"%2B5", "+5", "5%20", "0x5", "5.0", "5e0", "NaN", "five", "5,0"}) {
        EXPECT_EQ(refused<Query<Search>>(query("limit=" + std::string{wrong})).problems().front().field,
                  "limit")
            << wrong;
    }
    for (auto wrong : {"%2B5", "-5", ".5", "5.", "1e+-2", "$5", "5%01"}) {
        EXPECT_EQ(refused<Query<Search>>(query("minPrice=" + std::string{wrong})).status(), 400) << wrong;
    }
}

TEST_F(ExtractTest, refuses_a_query_that_is_not_well_formed) {
    Request broken;
    broken.path = "/search";
    broken.query = "q=%zz";
    EXPECT_EQ(refused<Query<Search>>(broken).status(), 400);
    broken.query = "q=%ff";  // not UTF-8
    auto read = take<Query<Search>>(broken);
    EXPECT_NO_THROW(
        (void)json::parse(json::to_json(read->q->value)).value());  // whatever is said of it is still JSON
}

TEST_F(ExtractTest, takes_a_body_that_is_json) {
    const auto text = R"({"text":" hello ","stars":5,"other":1})";
    for (auto type : {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
                      "application/json ;x=y", "application/vnd.stagedoor+json"}) {
        EXPECT_EQ(take<Body<Note>>(body(text, {{"Content-Type", type}}))->text.value, "hello") << type;
    }
    EXPECT_EQ(take<Body<Note>>(body(text))->stars, 5);
}

TEST_F(ExtractTest, refuses_a_body_that_is_said_to_be_something_else) {
    for (auto type : {"text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "text/json",
                      "application/jsonp", "json", "/"}) {
        EXPECT_EQ(refused<Body<Note>>(body(R"({"text":"a","stars":5})", {{"Content-Type", type}})).status(),
                  415)
            << type;
    }
}

TEST_F(ExtractTest, tells_all_that_is_wrong_with_a_body) {
    auto error = refused<Body<Note>>(body(R"({"text":""})"));
    EXPECT_EQ(error.kind(), ErrorKind::invalid);
    EXPECT_EQ(error.problems(), (Problems{{"must not be empty", "text"}, {"is missing", "stars"}}));
    EXPECT_EQ(refused<Body<Note>>(body("{")).status(), 400);
    EXPECT_EQ(refused<Body<Note>>(body("")).status(), 400);
}

TEST_F(ExtractTest, takes_the_version_of_if_match) {
    auto version = [&](std::string text) {
        return take<IfMatch>(request_of(Method::put, "/x", {{"If-Match", text}})).version;
    };
    EXPECT_EQ(version(R"("3")"), 3);
    EXPECT_EQ(version(R"(W/"3")"), 3);
    EXPECT_EQ(version("3"), 3);
    EXPECT_EQ(version(R"("9223372036854775807")"), INT64_MAX);
    EXPECT_EQ(version("*"), std::nullopt);
    EXPECT_EQ(take<IfMatch>(request_of(Method::put, "/x")).version, std::nullopt);
    for (auto wrong : {R"("")", R"("3)", R"(3")", R"("3", "4")", "three", R"("3x")", "3.0",
                       R"("9223372036854775808")", R"(w/"3")", "\"", R"(""3"")"}) {
        EXPECT_EQ(refused<IfMatch>(request_of(Method::put, "/x", {{"If-Match", wrong}})).status(), 400)
            << wrong;
    }
}

TEST_F(ExtractTest, knows_who_asks_by_bearer_token_or_cookie) {
    auto good = token("buyer");
    auto as = [&](const Pairs& headers) {
        return take<MaybeSignedIn>(request_of(Method::get, "/x", headers)).claims;
    };
    EXPECT_EQ(as({{"Authorization", "Bearer " + good}})->user, UserId{"buyer"});
    EXPECT_EQ(as({{"Cookie", "a=b; session=" + good}})->user, UserId{"buyer"});
    EXPECT_EQ(take<SignedIn>(request_of(Method::get, "/x", {{"Authorization", "Bearer " + good}})).id,
              UserId{"buyer"});
    for (const auto& headers : std::vector<Pairs>{{},
                                                  {{"Authorization", "Bearer "}},
                                                  {{"Authorization", "Basic " + good}},
                                                  {{"Authorization", "Bearer x" + good}},
                                                  {{"Cookie", "session="}},
                                                  {{"Cookie", "other=" + good}}}) {
        EXPECT_FALSE(as(headers));
        EXPECT_EQ(refused<SignedIn>(request_of(Method::get, "/x", headers)).status(), 401);
    }
    clock_.advance(std::chrono::hours{1});
    EXPECT_FALSE(as({{"Authorization", "Bearer " + good}}));
}

TEST_F(ExtractTest, takes_the_idempotency_key_of_who_is_signed_in) {
    const auto text = R"({"text":"a","stars":5})";
    auto user = "Bearer " + token("buyer");
    auto key = take<Body<Note>>(body(text, {{"Authorization", user}, {"Idempotency-Key", "k-1"}})).key;
    EXPECT_EQ(key.user, "buyer");
    EXPECT_EQ(key.route, "POST /api/orders");
    EXPECT_EQ(key.key, "k-1");
    EXPECT_FALSE(key.body_hash.empty());
    EXPECT_EQ(take<Body<Note>>(body(text, {{"Authorization", user}})).key.key, "");
    EXPECT_EQ(take<Body<Note>>(body(text, {{"Idempotency-Key", "k-1"}})).key.key, "");  // nobody's
}

TEST_F(ExtractTest, tells_apart_what_an_idempotency_key_was_used_for) {
    auto hash = [&](std::string target, std::string text) {
        auto request = request_of(Method::post, std::move(target),
                                  {{"Authorization", "Bearer " + token("buyer")}, {"Idempotency-Key", "k"}},
                                  std::move(text));
        return take<Body<Note>>(request).key.body_hash;
    };
    auto first = hash("/api/orders", R"({"text":"a","stars":5})");
    EXPECT_EQ(first, hash("/api/orders", R"({"text":"a","stars":5})"));
    EXPECT_NE(first, hash("/api/orders", R"({"text":"b","stars":5})"));
    // The same body for another entity of the same route must not be answered with the first one's answer.
    EXPECT_NE(hash("/api/orders/1/notes", R"({"text":"a","stars":5})"),
              hash("/api/orders/2/notes", R"({"text":"a","stars":5})"));
}

TEST_F(ExtractTest, refuses_an_idempotency_key_that_is_none) {
    auto user = "Bearer " + token("buyer");
    auto with = [&](std::string key) {
        return body(R"({"text":"a","stars":5})",
                    {{"Authorization", user}, {"Idempotency-Key", std::move(key)}});
    };
    EXPECT_EQ(take<Body<Note>>(with(std::string(255, '~'))).key.key.size(), 255u);
    for (const auto& wrong :
         {std::string{}, std::string(256, 'k'), std::string{"two words"}, std::string{"tab\there"},
          std::string{"ümlaut"}, std::string{"nul\0", 4}, std::string{"\x7F"}}) {
        EXPECT_EQ(refused<Body<Note>>(with(wrong)).status(), 400) << wrong;
    }
}

TEST_F(ExtractTest, takes_the_name_in_the_path) {
    EXPECT_EQ(take<Path<OrderId>>(request_of(Method::get, "/api/orders/7"), {"7"}).value, OrderId{"7"});
}

// ---- what routes give

struct Row {
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Row, (), (id))

TEST(Answer, is_json_that_no_cache_shares) {
    auto response = ToResponse<Ok<Row>>::convert(Ok{Row{"a"}}, {});
    EXPECT_EQ(response.status, 200);
    EXPECT_EQ(response.body, R"({"id":"a"})");
    EXPECT_EQ(response.headers["Content-Type"], "application/json");
    EXPECT_EQ(response.headers["Cache-Control"], "private, no-cache");
    EXPECT_EQ(ToResponse<Created<Row>>::convert(Created{Row{"a"}}, {}).status, 201);
    EXPECT_EQ(ToResponse<NoContent>::convert({}, {}).status, 204);
}

TEST(Answer, of_a_page_is_the_plain_array_and_a_link_to_the_next) {
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
