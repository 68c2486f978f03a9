#include "common/http/routing/problem.hpp"
#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// Unreadable events become dead letters, which the operator can see, retry and skip on the admin port.
struct DeadLetters : Test {
    testing::Response admin(http::Method method, const std::string& target) {
        http::Request request;
        request.method = method;
        EXPECT_TRUE(request.set_target(target));
        auto response = orders.loop.wait_for([](Host& host, http::Request incoming) -> Task<http::Response> {
            std::exception_ptr thrown;
            try {
                co_return co_await host.handle_admin(incoming);
            } catch (...) {
                thrown = std::current_exception();
            }
            co_return http::problem(thrown, incoming);
        }(orders.host(), std::move(request)));
        return {std::move(response), target};
    }
    void receive_unreadable_event() {
        orders.receives_all(
            {{"ticket.created", "tickets", "concert", 1, orders.clock.now(), {}, R"({"title":7})"}});
    }
};

TEST_F(DeadLetters, are_shown_with_their_error_and_block_only_their_own_entity) {
    receive_unreadable_event();
    orders.receives(ticket_updated("concert", 2, {}), ticket_created("play"));
    auto listed = admin(http::Method::get, "/admin/dead-letters").expect(200);
    EXPECT_EQ(listed.at("[0].service"), "orders");
    EXPECT_EQ(listed.at("[0].letter.type"), "ticket.created");
    EXPECT_EQ(listed.at("[0].letter.entityId"), "concert");
    EXPECT_NE(listed.at("[0].letter.error"), "");
    EXPECT_EQ(available("play"), 10);
    EXPECT_EQ(orders.number("SELECT count(*) FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(DeadLetters, are_handled_on_retry_once_they_are_readable) {
    receive_unreadable_event();
    orders.write([](sql::Tx& tx) {
        tx.execute("UPDATE parked SET data = $1", json::to_json(listing("concert", {})));
    });
    admin(http::Method::get, "/admin/dead-letters/orders/ticket/concert/1").expect(200, "ticket.created");
    admin(http::Method::get, "/admin/dead-letters/orders/ticket/concert/2").expect(404);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/retry").expect(200);
    testing::eventually(
        [&] { return orders.number("SELECT count(*) FROM tickets WHERE id = 'concert'") == 1; });
    EXPECT_EQ(admin(http::Method::get, "/admin/dead-letters").body, "[]");
}

TEST_F(DeadLetters, are_dropped_when_skipped) {
    receive_unreadable_event();
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(200);
    EXPECT_EQ(admin(http::Method::get, "/admin/dead-letters").body, "[]");
    receive_unreadable_event();
    EXPECT_EQ(admin(http::Method::get, "/admin/dead-letters").body, "[]") << "its version counts as handled";
}

TEST_F(DeadLetters, leave_acts_on_them_in_the_audit_log) {
    receive_unreadable_event();
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/retry").expect(200);
    testing::eventually([&] { return admin(http::Method::get, "/admin/dead-letters").body != "[]"; });
    orders.clock.advance(std::chrono::seconds{1});
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(200);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(404);
    auto audit = admin(http::Method::get, "/admin/audit?limit=1").expect(200);
    EXPECT_EQ(audit.count(), 1u);
    EXPECT_EQ(audit.at("[0].service"), "orders");
    EXPECT_EQ(audit.at("[0].action"), "skip-dead-letter");
    EXPECT_EQ(audit.at("[0].subject"), "ticket concert version 1");
    EXPECT_TRUE(audit.at("[0].actor").starts_with("operator at "));
    auto link = std::string{audit.header("Link")};
    auto next = admin(http::Method::get, link.substr(1, link.find('>') - 1)).expect(200);
    EXPECT_EQ(next.count(), 1u);
    EXPECT_EQ(next.at("[0].action"), "retry-dead-letter");
    EXPECT_EQ(next.header("Link"), "");
    EXPECT_EQ(admin(http::Method::get, "/admin/audit?service=orders").expect(200).count(), 2u);
    EXPECT_EQ(admin(http::Method::get, "/admin/audit?service=tickets").expect(200).count(), 0u);
    admin(http::Method::get, "/admin/audit?after=nonsense").expect(400);
    EXPECT_NE(admin(http::Method::get, "/metrics")
                  .body.find(R"(stagedoor_security_events_total{event="dead-letter-action"} 2)"),
              std::string::npos);
}

TEST_F(DeadLetters, respond_404_if_they_do_not_exist) {
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(404);
    admin(http::Method::post, "/admin/dead-letters/nobody/ticket/concert/1/retry").expect(404);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/one/retry").expect(404);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1x/skip").expect(404);
}

TEST_F(DeadLetters, are_not_on_the_public_port) { orders.get("/admin/dead-letters").expect(404); }

TEST_F(DeadLetters, share_the_admin_port_with_metrics_and_probes_but_not_the_api) {
    admin(http::Method::get, "/healthz").expect(200);
    admin(http::Method::get, "/readyz").expect(200);
    admin(http::Method::get, "/metrics").expect(200, "stagedoor_events_received_total");
    admin(http::Method::get, "/api/orders").expect(404);
}

}  // namespace stagedoor::orders
