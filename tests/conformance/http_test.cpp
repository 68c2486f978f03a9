// What holds for every route of every service: the error shape, methods, media types, cross-site requests,
// conditional and compressed responses, probes.
#include <zlib.h>

#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

struct Route {
    std::string method, target;
    bool has_body = false;
};
const std::vector<Route> routes{
    {"POST", "/api/users/signup", true},
    {"POST", "/api/users/signin", true},
    {"POST", "/api/users/signout"},
    {"GET", "/api/users/currentuser"},
    {"PUT", "/api/users/password", true},
    {"POST", "/api/users/password/reset", true},
    {"POST", "/api/users/password/reset/confirm", true},
    {"POST", "/api/users/confirm", true},
    {"POST", "/api/users/confirm/resend"},
    {"GET", "/api/users/sessions"},
    {"POST", "/api/users/sessions/end", true},
    {"GET", "/api/users/jwks.json"},
    {"GET", "/api/tickets"},
    {"POST", "/api/tickets", true},
    {"GET", "/api/tickets/mine"},
    {"GET", "/api/tickets/x"},
    {"PUT", "/api/tickets/x", true},
    {"DELETE", "/api/tickets/x"},
    {"POST", "/api/tickets/x/cancel"},
    {"GET", "/api/orders"},
    {"POST", "/api/orders", true},
    {"GET", "/api/orders/x"},
    {"DELETE", "/api/orders/x"},
    {"GET", "/api/payments"},
    {"POST", "/api/payments", true},
    {"GET", "/api/payments/balance"},
    {"GET", "/api/payments/provider"},
    {"GET", "/api/openapi.json"},
};
const std::vector<std::string> all_methods{"GET", "POST", "PUT", "DELETE", "PATCH", "TRACE", "PROPFIND"};

std::set<std::string> methods_of(const std::string& target) {
    std::set<std::string> methods;
    for (const auto& route : routes) {
        if (route.target == target) methods.insert(route.method);
    }
    if (target == "/api/tickets/mine") methods.insert({"PUT", "DELETE"});  // as /api/tickets/:id
    return methods;
}

std::string gunzip(const std::string& bytes) {
    z_stream stream{};
    inflateInit2(&stream, 15 + 16);
    std::string text(1 << 20, '\0');
    stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(bytes.data()));
    stream.avail_in = static_cast<uInt>(bytes.size());
    stream.next_out = reinterpret_cast<Bytef*>(text.data());
    stream.avail_out = static_cast<uInt>(text.size());
    EXPECT_EQ(inflate(&stream, Z_FINISH), Z_STREAM_END);
    text.resize(stream.total_out);
    inflateEnd(&stream);
    return text;
}

TEST(Http, unknown_routes_are_404_in_the_common_error_shape) {
    for (auto target :
         {"/api", "/api/", "/api/nonsense", "/api/users", "/api/users/nonsense", "/api/tickets/x/y",
          "/api/orders/x/y", "/api/ticketsx", "/api/tickets//x", "//api/tickets", "/api/tickets/%zz",
          "/api/orders/%", "/api/tickets/%4", "/api/tickets/%00", "/api/tickets/a%2Fb"}) {
        for (auto method : {"GET", "POST", "DELETE"}) shared().anonymous().send(method, target).expect(404);
    }
}

TEST(Http, paths_match_in_any_case_and_with_trailing_slashes) {
    for (const auto& route : routes) {
        auto upper = route.target;
        for (auto& c : upper) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
        if (auto at = upper.find("/X"); at != std::string::npos) upper.replace(at, 2, "/x");
        for (const auto& form : {route.target + "/", upper, upper + "/"}) {
            auto body = route.has_body ? "[" : "";  // stops before any effect
            auto expected = shared().anonymous().send(route.method, route.target, body);
            auto reply = shared().anonymous().send(route.method, form, body);
            EXPECT_EQ(reply.status, expected.status) << route.method << " " << form;
            EXPECT_EQ(reply.body, expected.body) << form;
        }
    }
    auto id = list_ticket(shared().seller());
    EXPECT_EQ(shared().anonymous().get("/API/Tickets/" + id + "/").expect(200).at("id"), id);
    shared().buyer().get("/api/users/currentUser").expect(200, "currentUser");
    EXPECT_EQ(shared().buyer().post("/Api/Orders/", "{}").expect(400).at("errors[0].field"), "ticketId");
}

TEST(Http, pages_redirect_to_their_canonical_path) {
    for (auto [path, location] :
         std::initializer_list<std::pair<const char*, const char*>>{{"/Basket", "/basket"},
                                                                    {"/basket/?a=1%202", "/basket?a=1%202"},
                                                                    {"/Tickets/A%20b/", "/tickets/A%20b"}}) {
        auto reply = shared().anonymous().get(path).expect(308);
        EXPECT_EQ(reply.header("Location"), location);
        EXPECT_EQ(shared().anonymous().send("POST", "/Basket/", "").expect(308).header("Location"),
                  "/basket");
    }
    // Only the exact path of the probes and metrics: gateways hide that one.
    for (auto path : {"/Metrics", "/metrics/"}) shared().anonymous().get(path).expect(404);
}

TEST(Http, a_request_without_a_session_is_challenged) {
    EXPECT_EQ(shared().anonymous().get("/api/orders").expect(401).header("WWW-Authenticate"),
              "Bearer realm=\"stagedoor\"");
    auto body = R"({"email":"nobody@example.com","password":"wrong password"})";
    EXPECT_NE(shared().anonymous().post("/api/users/signin", body).expect(401).header("WWW-Authenticate"),
              "");
}

TEST(Http, compressed_bodies_are_rejected) {
    for (const auto& route : routes) {
        if (!route.has_body) continue;
        auto reply = shared()
                         .seller()
                         .with("Content-Encoding", "gzip")
                         .send(route.method, route.target, "{}")
                         .expect(415);
        EXPECT_EQ(reply.header("Accept-Encoding"), "identity");
    }
}

TEST(Http, a_body_that_is_not_an_object_names_every_required_field) {
    for (auto body : {"", "[]", "null", "\"x\"", "{}"}) {
        shared().seller().post("/api/tickets", body).expect(400).expect_fields({"title", "price"});
        shared().buyer().post("/api/payments", body).expect(400).expect_fields({"orderId", "token"});
    }
    EXPECT_NE(shared().seller().post("/api/tickets", "{}").body.find("\"Title is missing\""),
              std::string::npos);
}

TEST(Http, an_invalid_cursor_is_explained) {
    auto reply = shared().anonymous().get("/api/tickets?after=x").expect(400).expect_fields({"after"});
    EXPECT_EQ(reply.at("errors[0].message"),
              "This link to the next page is not valid here. Start again from the first page");
}

TEST(Http, preconditions_of_reads_are_evaluated) {
    auto target = "/api/tickets/" + list_ticket(shared().seller());
    auto tag = std::string{shared().anonymous().get(target).header("ETag")};
    auto status = [&](std::string name, std::string value) {
        return shared().anonymous().with(std::move(name), std::move(value)).get(target).status;
    };
    for (const auto& fits : {tag, std::string{"*"}, "\"x\", " + tag, std::string{"\"1\""}})
        EXPECT_EQ(status("If-Match", fits), 200) << fits;
    for (const auto& fails : {std::string{"\"x\""}, "W/" + tag, std::string{"\"2\""}})
        EXPECT_EQ(status("If-Match", fails), 412) << fails;
    EXPECT_EQ(status("If-None-Match", "*"), 304);
}

TEST(Http, other_methods_are_405_and_list_the_allowed_ones) {
    for (const auto& route : routes) {
        auto allowed = methods_of(route.target);
        for (const auto& method : all_methods) {
            if (allowed.contains(method)) continue;
            auto reply = shared()
                             .seller()
                             .send(method, route.target, method == "GET" || method == "TRACE" ? "" : "{}")
                             .expect(405);
            for (const auto& known : allowed)
                EXPECT_NE(reply.header("Allow").find(known), std::string_view::npos)
                    << route.target << " " << reply.header("Allow");
            EXPECT_EQ(reply.header("Allow").find(method), std::string_view::npos)
                << route.target << " " << reply.header("Allow");
        }
        auto options = shared().anonymous().send("OPTIONS", route.target).expect(204);
        EXPECT_NE(options.header("Allow").find(route.method), std::string_view::npos);
    }
}

TEST(Http, only_well_formed_json_is_accepted) {
    for (const auto& route : routes) {
        if (!route.has_body) continue;
        auto client = shared().seller();
        for (auto type : {"text/plain", "application/x-www-form-urlencoded",
                          "multipart/form-data; boundary=x", "application/jsonx"}) {
            client.with("Content-Type", type).send(route.method, route.target, "{}").expect(415);
        }
        for (auto type : {"application/json", "application/json; charset=utf-8", "APPLICATION/JSON",
                          "application/merge-patch+json"}) {
            EXPECT_NE(client.with("Content-Type", type).send(route.method, route.target, "{}").status, 415)
                << type;
        }
        std::string deep(5000, '[');
        for (const auto& body :
             {std::string{}, std::string{"{"}, std::string{"{\"a\":}"}, std::string{"{}{}"},
              std::string{"{'a':1}"}, std::string{"{\"a\":1,}"}, std::string{"NaN"},
              std::string{"{\"a\":\"\xff\xfe\"}"}, std::string{"{\"title\":1,\"title\":2}"},
              std::string{"{}\xef\xbb\xbf"}, std::string{"{\"a\":\"\n\"}"}, deep}) {
            client.send(route.method, route.target, body).expect(400);
        }
        client.send(route.method, route.target, R"({"title":")" + std::string(70'000, 'x') + R"("})")
            .expect(413);
    }
}

TEST(Http, a_byte_order_mark_before_json_is_ignored) {
    shared().seller().post("/api/tickets", "\xef\xbb\xbf" + Offer{}.json()).expect(201);
}

TEST(Http, cross_site_requests_are_rejected_on_every_unsafe_route) {
    auto own = shared().url;
    for (const auto& route : routes) {
        auto send_with = [&](std::string name, std::string value) {
            return shared()
                .seller()
                .with(std::move(name), std::move(value))
                .send(route.method, route.target, route.has_body ? "{}" : "");
        };
        auto unsafe = route.method != "GET";
        for (auto site : {"cross-site", "same-site", "nonsense"}) {
            auto status = send_with("Sec-Fetch-Site", site).status;
            if (unsafe)
                EXPECT_EQ(status, 403) << route.target << " " << site;
            else
                EXPECT_NE(status, 403) << route.target << " " << site;
        }
        for (const auto& origin : {std::string{"https://evil.example"}, std::string{"null"}, own + "1",
                                   std::string{"http://127.0.0.1"}}) {
            auto status = send_with("Origin", origin).status;
            if (unsafe)
                EXPECT_EQ(status, 403) << route.target << " " << origin;
            else
                EXPECT_NE(status, 403) << route.target << " " << origin;
        }
        if (route.target == "/api/users/signout") continue;  // it would sign out the seller
        EXPECT_NE(send_with("Sec-Fetch-Site", "same-origin").status, 403) << route.target;
        EXPECT_NE(send_with("Sec-Fetch-Site", "none").status, 403) << route.target;
        EXPECT_NE(send_with("Origin", own).status, 403) << route.target;
    }
    shared()
        .seller()
        .with("Sec-Fetch-Site", "cross-site")
        .with("Origin", own)
        .post("/api/orders", "{}")
        .expect(403);
    shared().seller().get("/api/users/sessions").expect(200);
}

TEST(Http, an_unchanged_response_is_304) {
    auto id = list_ticket(shared().seller());
    for (const auto& target :
         {"/api/tickets/" + id, std::string{"/api/openapi.json"}, std::string{"/api/orders"}}) {
        auto first = shared().buyer().get(target).expect(200);
        auto tag = std::string{first.header("ETag")};
        ASSERT_FALSE(tag.empty()) << target;
        auto known = shared().buyer().with("If-None-Match", tag).get(target).expect(304);
        EXPECT_TRUE(known.body.empty());
        EXPECT_EQ(known.header("ETag"), tag);
        EXPECT_EQ(shared().buyer().with("If-None-Match", "\"other\", W/" + tag).get(target).status, 304);
        shared().buyer().with("If-None-Match", "\"other\"").get(target).expect(200);
    }
    auto tag = std::string{shared().anonymous().get("/api/tickets/" + id).header("ETag")};
    shared().seller().put("/api/tickets/" + id, R"({"title":"changed","price":1})").expect(200);
    shared().anonymous().with("If-None-Match", tag).get("/api/tickets/" + id).expect(200, "changed");
}

TEST(Http, head_is_get_without_its_body) {
    auto id = list_ticket(shared().seller());
    for (const auto& target :
         {"/api/tickets/" + id, std::string{"/api/tickets"}, std::string{"/api/openapi.json"},
          std::string{"/healthz"}, std::string{"/api/tickets/nonsense"}}) {
        auto get = shared().anonymous().get(target), head = shared().anonymous().head(target);
        EXPECT_EQ(head.status, get.status) << target;
        EXPECT_TRUE(head.body.empty());
        EXPECT_EQ(head.header("Content-Type"), get.header("Content-Type"));
        EXPECT_EQ(head.header("ETag"), get.header("ETag"));
    }
}

TEST(Http, long_responses_are_compressed_when_the_client_accepts_gzip) {
    auto plain = shared().anonymous().get("/api/openapi.json").expect(200);
    EXPECT_EQ(plain.header("Content-Encoding"), "");
    EXPECT_NE(plain.header("Vary").find("Accept-Encoding"), std::string_view::npos);
    auto zipped = shared()
                      .anonymous()
                      .with("Accept-Encoding", "gzip, deflate, br")
                      .get("/api/openapi.json")
                      .expect(200);
    EXPECT_EQ(zipped.header("Content-Encoding"), "gzip");
    EXPECT_LT(zipped.body.size(), plain.body.size() / 2);
    EXPECT_EQ(gunzip(zipped.body), plain.body);
    EXPECT_EQ(shared()
                  .anonymous()
                  .with("Accept-Encoding", "gzip;q=0")
                  .get("/api/openapi.json")
                  .expect(200)
                  .header("Content-Encoding"),
              "");
}

TEST(Http, every_response_has_a_request_id) {
    auto one = shared().anonymous().get("/api/tickets").header("X-Request-Id");
    EXPECT_EQ(shared().anonymous().with("X-Request-Id", "mine-42").get("/api/tickets").header("X-Request-Id"),
              "mine-42");
    EXPECT_EQ(
        shared().anonymous().with("X-Request-Id", "mine-42").get("/api/nonsense").header("X-Request-Id"),
        "mine-42");
    auto too_long = shared()
                        .anonymous()
                        .with("X-Request-Id", std::string(300, 'x'))
                        .get("/api/tickets")
                        .header("X-Request-Id")
                        .size();
    EXPECT_LT(too_long, 200u);
    EXPECT_FALSE(one.empty());
    shared()
        .anonymous()
        .with("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
        .get("/api/tickets")
        .expect(200);
    shared().anonymous().with("traceparent", "nonsense").get("/api/tickets").expect(200);
}

TEST(Http, events_carry_the_trace_context) {
    auto id = shared()
                  .seller()
                  .with("traceparent", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01")
                  .post("/api/tickets", Offer{}.json())
                  .expect(201)
                  .at("id");
    auto databases = shared().marketplace->databases();
    for (auto service : {"tickets", "orders"}) {  // ticket.created and the stock.set it causes
        EXPECT_TRUE(becomes_true(
            [&] {
                auto rows = databases->query(service,
                                             "SELECT traceparent FROM outbox WHERE entity_id = '" + id + "'");
                return !rows.empty() &&
                       rows[0][0]->find("4bf92f3577b34da6a3ce929d0e0e4736") != std::string::npos;
            },
            2s))
            << service;
    }
}

TEST(Http, security_headers_are_set) {
    for (auto target : {"/api/tickets", "/", "/api/nonsense"}) {
        auto reply = shared().anonymous().get(target);
        EXPECT_EQ(reply.header("X-Content-Type-Options"), "nosniff") << target;
        EXPECT_EQ(reply.header("Referrer-Policy"), "strict-origin-when-cross-origin") << target;
    }
}

TEST(Http, the_openapi_document_lists_every_route) {
    auto document = shared().anonymous().get("/api/openapi.json").expect(200);
    EXPECT_TRUE(document.at("openapi").starts_with("3.1"));
    auto json = document.json();
    for (const auto& route : routes) {
        if (route.target == "/api/openapi.json") continue;
        auto path = route.target;
        if (auto at = path.find("/x"); at != std::string::npos) path.replace(at, 2, "/{id}");
        auto method = route.method;
        std::ranges::transform(method, method.begin(),
                               [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
        const auto& operation = json["paths"][path][method];
        EXPECT_TRUE(operation.object()) << route.method << " " << path;
        EXPECT_TRUE(operation["responses"].object()) << route.method << " " << path;
        if (route.has_body) EXPECT_TRUE(operation["requestBody"].object()) << path;
        for (auto status : {"400", "500", "503", "default"})
            EXPECT_TRUE(operation["responses"][status].object()) << status << " " << path;
        for (auto status : {"304", "412"}) {
            if (route.method == "GET")
                EXPECT_TRUE(operation["responses"][status].object()) << status << " " << path;
        }
        if (route.method != "GET") EXPECT_TRUE(operation["responses"]["403"].object()) << path;
    }
    std::string required;
    json::write_value(required, json["components"]["schemas"]["Problem"]["required"]);
    EXPECT_EQ(required, R"(["type","title","status","errors"])");
}

TEST(Http, probes_and_metrics_respond) {
    shared().anonymous().get("/healthz").expect(200);
    shared().anonymous().get("/readyz").expect(200);
    std::vector ports{shared().marketplace->port()};
    if (!shared().marketplace->is_encrypted_inside()) ports.push_back(shared().marketplace->server_port());
    for (auto port : ports) Client{"http://127.0.0.1:" + std::to_string(port)}.get("/metrics").expect(404);
    auto metrics = Client{"http://127.0.0.1:" + std::to_string(shared().marketplace->admin_port())}
                       .get("/metrics")
                       .expect(200, "stagedoor_http_requests_total")
                       .expect(200, "stagedoor_event_delivery_seconds");
    EXPECT_TRUE(metrics.header("Content-Type").starts_with("text/plain"));
}

}  // namespace
}  // namespace stagedoor::testing
