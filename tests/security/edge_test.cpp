// Attacks on the edge: what strangers send, and what they learn from the responses.
#include <gtest/gtest.h>

#include "testing/concurrently.hpp"
#include "testing/http/raw_connection.hpp"
#include "testing/model/customers.hpp"
#include "testing/processes/marketplace.hpp"

namespace stagedoor::testing {
namespace {

using namespace std::chrono_literals;

// A marketplace behind https, with all its limits and an operator's token.
class Edge : public ::testing::Test {
  protected:
    static constexpr auto admin_token = "the token of the operators";

    static void SetUpTestSuite() {
        marketplace =
            make_marketplace({.environment = {{"STAGEDOOR_PUBLIC_URL", "https://tickets.example"},
                                              {"STAGEDOOR_PAYMENT_PROVIDER", "test"},
                                              {"STAGEDOOR_ADMIN_TOKEN", admin_token},
                                              {"STAGEDOOR_SECURITY_CONTACT", "mailto:s@tickets.example"},
                                              {"STAGEDOOR_SECURITY_EXPIRES", "2027-06-30T00:00:00Z"}}});
        marketplace->start();
    }
    static void TearDownTestSuite() {
        EXPECT_EQ(marketplace->stop(), 0);
        EXPECT_EQ(marketplace->logged_errors(), std::vector<std::string>{});
        marketplace.reset();
    }

    static Client anybody() { return Client{marketplace->base_url()}; }
    static Client admin() { return Client{"http://127.0.0.1:" + std::to_string(marketplace->admin_port())}; }
    // Its ports for requests: the gateway's and, unless that asks for a certificate, a service's.
    static std::vector<std::uint16_t> ports() {
        std::vector all{marketplace->port()};
        if (!marketplace->is_encrypted_inside()) all.push_back(marketplace->server_port());
        return all;
    }
    static User new_user() { return sign_up(marketplace->base_url()); }
    // Whether a line of the log has all of these parts, soon.
    static bool is_logged(const std::vector<std::string>& parts) {
        return becomes_true(
            [&] {
                std::istringstream lines{marketplace->log()};
                for (std::string line; std::getline(lines, line);) {
                    if (std::ranges::all_of(parts, [&](const auto& part) { return line.contains(part); }))
                        return true;
                }
                return false;
            },
            10s, 20ms);
    }

    static std::unique_ptr<Marketplace> marketplace;
};

std::unique_ptr<Marketplace> Edge::marketplace;

TEST_F(Edge, every_response_has_the_security_headers) {
    auto user = new_user();
    auto signed_in = user.at(marketplace->base_url());
    for (const auto& response :
         {anybody().get("/"), anybody().get("/static/stagedoor.css"), anybody().get("/nowhere"),
          anybody().get("/orders"), anybody().get("/api/tickets"), anybody().get("/api/orders"),
          anybody().get("/api/nowhere"), anybody().send("PATCH", "/api/tickets"), signed_in.get("/orders"),
          signed_in.get("/account"), signed_in.get("/api/orders"), anybody().get("/readyz"),
          anybody().get("/x%00"), anybody().post("/api/users/signin", "{")}) {
        // nginx refuses this path itself, and here it has no TLS of its own.
        if (is_one_process() || !response.request.contains("%00")) {
            EXPECT_EQ(response.header("Strict-Transport-Security"), "max-age=31536000; includeSubDomains")
                << response.request;
        }
        EXPECT_EQ(response.header("X-Content-Type-Options"), "nosniff") << response.request;
        EXPECT_NE(response.header("Referrer-Policy"), "") << response.request;
        for (auto part : {"object-src 'none'", "base-uri 'none'", "frame-ancestors 'none'"})
            EXPECT_TRUE(response.header("Content-Security-Policy").contains(part)) << response.request;
    }
}

TEST_F(Edge, nobody_keeps_what_one_user_sees) {
    auto user = new_user();
    auto signed_in = user.at(marketplace->base_url());
    for (auto path : {"/account", "/orders", "/selling", "/api/orders", "/api/users/currentuser",
                      "/api/users/sessions", "/api/tickets/mine", "/api/payments/balance"})
        EXPECT_TRUE(signed_in.get(path).expect(200).header("Cache-Control").contains("no-store")) << path;
    EXPECT_EQ(signed_in.post("/api/users/signout").expect(200).header("Clear-Site-Data"), "\"cache\"");
}

TEST_F(Edge, no_other_host_can_set_our_cookies) {
    auto seller = new_user();
    auto ticket = list_ticket(seller.at(marketplace->base_url()), {.quantity = 5});
    auto added = anybody()
                     .with("Content-Type", "application/x-www-form-urlencoded")
                     .post("/basket", "do=add&ticket=" + ticket + "&quantity=1");
    auto cookie = std::string{added.expect(303).header("Set-Cookie")};
    EXPECT_TRUE(cookie.starts_with("__Host-basket=" + ticket)) << cookie;
    EXPECT_TRUE(cookie.contains("Secure")) << cookie;
    EXPECT_FALSE(anybody().with("Cookie", "basket=" + ticket + ":2").get("/basket").body.contains(ticket));
}

TEST_F(Edge, strangers_reach_no_metrics_and_no_admin_routes) {
    for (auto path : {"/metrics", "/admin/audit", "/admin/dead-letters", "/admin/payments/reconciliation"}) {
        for (auto port : ports()) Client{"http://127.0.0.1:" + std::to_string(port)}.get(path).expect(404);
        admin().get(path).expect(401);
        admin().with("Authorization", "Bearer the token of the operator").get(path).expect(401);
    }
    admin().get("/readyz").expect(200);
    auto operators = admin().with("Authorization", std::string{"Bearer "} + admin_token);
    operators.get("/metrics").expect(200, "stagedoor_security_events_total");
    operators.get("/admin/audit").expect(200);
    EXPECT_TRUE(is_logged({" security access-denied", "path=/admin/audit", "status=401"}));
}

TEST_F(Edge, whoever_guesses_or_trespasses_is_in_the_security_log) {
    auto user = new_user();
    EXPECT_TRUE(is_logged({" security sign-up", "client=127.0.0.1", "user=" + user.id}));
    auto guess = [&](const std::string& forged) {
        return anybody()
            .with("X-Forwarded-For", forged)
            .with("User-Agent", "x\tuser=admin")
            .post("/api/users/signin", R"({"email":")" + user.email + R"(","password":"wrong horse"})");
    };
    guess("10.1.2.3").expect(401);
    EXPECT_TRUE(is_logged({" security sign-in-failed", "client=127.0.0.1", "user=" + user.id}));
    EXPECT_FALSE(marketplace->log().contains("10.1.2.3")) << "nobody invents the address that is logged";
    EXPECT_FALSE(marketplace->log().contains(user.email));

    auto seller = new_user(), buyer = new_user();
    auto ticket = list_ticket(seller.at(marketplace->base_url()), {.quantity = 5});
    auto held = std::string{order(buyer.at(marketplace->base_url()), {{ticket}}).expect(201).at("id")};
    user.at(marketplace->base_url()).get("/api/orders/" + held).expect(403);
    EXPECT_TRUE(is_logged({" security access-denied", "user=" + user.id, "status=403", held}));
    anybody().get("/api/orders").expect(401);
    EXPECT_TRUE(is_logged({" security access-denied", "path=/api/orders", "status=401"}));

    for (int i = 0; i < 12; ++i) (void)guess("10.1.2.3");
    EXPECT_TRUE(is_logged({" security lockout", "client=127.0.0.1"}));
}

TEST_F(Edge, a_limit_that_was_reached_says_which_and_for_how_long) {
    for (int i = 0; i < 3; ++i)
        anybody().post("/api/users/password/reset", R"({"email":"nobody@example.com"})").expect(200);
    auto user = new_user().at(marketplace->base_url());
    for (int i = 0; i < 3; ++i) user.post("/api/users/confirm/resend").expect(200);
    auto refused = user.post("/api/users/confirm/resend").expect(429);
    EXPECT_EQ(refused.header("RateLimit-Policy"), R"("confirmation by user";q=3;w=3600)");
    auto limit = std::string{refused.header("RateLimit")};
    EXPECT_EQ(limit, R"("confirmation by user";r=0;t=)" + std::string{refused.header("Retry-After")});
}

TEST_F(Edge, invented_ids_do_not_take_the_places_of_others) {
    auto attacker = new_user(), buyer = new_user(), seller = new_user();
    std::atomic<int> refused = 0;
    all_at_once(40, [&](int number) {
        auto now = std::chrono::duration_cast<std::chrono::milliseconds>(
                       std::chrono::system_clock::now().time_since_epoch())
                       .count();
        auto id = fmt::format("{:08x}-{:04x}-7000-8000-{:012x}", now >> 16, now & 0xFFFF, number);
        auto status = order(attacker.at(marketplace->base_url()), {{id}}).status;
        refused += status == 503;
        EXPECT_TRUE(status == 404 || status == 503) << status;
    });
    EXPECT_GE(refused, 40 - 2 * 8) << "two replicas of orders have eight places each";
    auto ticket = list_ticket(seller.at(marketplace->base_url()), {.quantity = 5});
    order(buyer.at(marketplace->base_url()), {{ticket}}).expect(201);
}

TEST_F(Edge, one_client_cannot_take_all_connections) {
    if (!is_one_process()) GTEST_SKIP() << "the gateway's connections are not limited, and it limits its own";
    std::vector<std::unique_ptr<RawConnection>> idle;
    for (int i = 0; i < 300; ++i) idle.push_back(std::make_unique<RawConnection>(marketplace->server_port()));
    auto refused = idle.back()->read();
    refused.expect(503);
    EXPECT_NE(refused.header("Retry-After"), "");
    idle.clear();
    EXPECT_TRUE(becomes_true([&] { return anybody().get("/readyz").status == 200; }, 5s, 20ms));
}

TEST_F(Edge, folded_headers_hide_no_second_request) {
    for (auto port : ports()) {
        RawConnection connection{port};
        (void)connection.send(
            "POST /api/users/signin HTTP/1.1\r\nHost: tickets.example\r\nTransfer-Encoding:\r\n chunked\r\n"
            "\r\n0\r\n\r\nGET /api/tickets HTTP/1.1\r\nHost: tickets.example\r\n\r\n");
        EXPECT_EQ(connection.read().status, 400);
        EXPECT_TRUE(connection.is_closed_within(5s));
    }
}

// Whoever is on the network of the services, but is none of them.
TEST_F(Edge, strangers_without_a_certificate_reach_no_service) {
    if (!marketplace->is_encrypted_inside()) GTEST_SKIP() << "nothing is encrypted in this shape";
    RawConnection clear{marketplace->server_port()};
    (void)clear.send("GET /readyz HTTP/1.1\r\nHost: tickets.example\r\n\r\n");
    EXPECT_THROW((void)clear.read(), NoResponse);
    Client encrypted{"https://127.0.0.1:" + std::to_string(marketplace->server_port())};
    EXPECT_THROW((void)encrypted.get("/readyz"), NoResponse);
    auto metrics = admin().with("Authorization", std::string{"Bearer "} + admin_token).get("/metrics");
    metrics.expect(200, R"(stagedoor_http_refused_total{reason="handshake"} 2)");
    metrics.expect(200, "stagedoor_tls_certificate_expiry_timestamp_seconds");
    EXPECT_TRUE(is_logged({"a TLS handshake failed", "client=127.0.0.1"}));
}

TEST_F(Edge, says_where_to_report_vulnerabilities) {
    auto text = anybody().get("/.well-known/security.txt").expect(200);
    EXPECT_TRUE(text.header("Content-Type").starts_with("text/plain"));
    for (auto line : {"Contact: mailto:s@tickets.example\n", "Expires: 2027-06-30T00:00:00.000Z\n",
                      "Canonical: https://tickets.example/.well-known/security.txt\n"})
        EXPECT_TRUE(text.body.contains(line)) << line;
}

}  // namespace
}  // namespace stagedoor::testing
