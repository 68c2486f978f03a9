#include "common/http/routing/problem.hpp"
#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

// The operator's side of an event that can't be read: seen on the admin port, sent again or skipped, by an
// explicit act.
struct DeadLetters : Test {
    testing::Answered admin(http::Method method, const std::string& target) {
        http::Request request;
        request.method = method;
        EXPECT_TRUE(request.set_target(target));
        auto response = orders.loop.wait_for([](Host& host, http::Request asked) -> Task<http::Response> {
            std::exception_ptr thrown;
            try {
                co_return co_await host.handle_admin(asked);
            } catch (...) {
                thrown = std::current_exception();
            }
            co_return http::problem(thrown, asked);
        }(orders.host(), std::move(request)));
        return {response.status, std::move(response.headers), std::move(response.body)};
    }
    void hear_nonsense() {
        orders.receives_all(
            {{"ticket.created", "tickets", "concert", 1, orders.clock.now(), {}, R"({"title":7})"}});
    }
};

TEST_F(DeadLetters, are_shown_with_their_error_and_hold_back_their_own_entity_only) {
    hear_nonsense();
    orders.receives(ticket_updated("concert", 2, {}), ticket_created("play"));
    auto shown = admin(http::Method::get, "/admin/dead-letters").expect(200);
    EXPECT_EQ(shown.at("[0].service"), "orders");
    EXPECT_EQ(shown.at("[0].letter.type"), "ticket.created");
    EXPECT_EQ(shown.at("[0].letter.entityId"), "concert");
    EXPECT_NE(shown.at("[0].letter.error"), "");
    EXPECT_EQ(available("play"), 10);
    EXPECT_EQ(orders.number("SELECT count(*) FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(DeadLetters, are_sent_again_when_they_can_be_read) {
    hear_nonsense();
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

TEST_F(DeadLetters, are_left_out_when_skipped) {
    hear_nonsense();
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(200);
    EXPECT_EQ(admin(http::Method::get, "/admin/dead-letters").body, "[]");
    hear_nonsense();
    EXPECT_EQ(admin(http::Method::get, "/admin/dead-letters").body, "[]") << "its version counts as heard";
}

TEST_F(DeadLetters, that_are_none_are_not_found) {
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1/skip").expect(404);
    admin(http::Method::post, "/admin/dead-letters/nobody/ticket/concert/1/retry").expect(404);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/one/retry").expect(404);
    admin(http::Method::post, "/admin/dead-letters/orders/ticket/concert/1x/skip").expect(404);
}

TEST_F(DeadLetters, are_no_business_of_the_public_port) { orders.get("/admin/dead-letters").expect(404); }

TEST_F(DeadLetters, metrics_and_probes_are_on_the_admin_port_and_the_shop_is_not) {
    admin(http::Method::get, "/healthz").expect(200);
    admin(http::Method::get, "/readyz").expect(200);
    admin(http::Method::get, "/metrics").expect(200, "stagedoor_events_received_total");
    admin(http::Method::get, "/api/orders").expect(404);
}

}  // namespace stagedoor::orders
