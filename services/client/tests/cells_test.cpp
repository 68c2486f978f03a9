// Pages and the API in front of a marketplace of several cells.
#include <gtest/gtest.h>

#include "services/client/tests/fake_services.hpp"

namespace stagedoor::client {
namespace {

const std::string in_first = "01941f29-7c00-7001-8000-000000000001",
                  in_second = "01941f29-7c00-7002-8000-000000000002",
                  also_in_second = "01941f29-7c00-7002-8000-000000000003";

ProgramSettings with_two_cells() {
    ProgramSettings settings;
    for (auto cell : {1, 2}) {
        for (const auto* service : {"tickets", "orders", "payments"})
            settings.cells.addresses[cell][service] = {"http://cell-" + std::to_string(cell)};
    }
    return settings;
}

std::string listing(const std::string& id) {
    return R"({"id":")" + id + R"(","userId":"seller","title":"A night","price":19.90,"currency":"EUR",)" +
           R"("version":1,"quantity":10,"available":4,"maxPerOrder":3,"status":"open"})";
}

class CellPages : public ::testing::Test {
  protected:
    CellPages() {
        for (const auto& id : {in_first, in_second, also_in_second})
            services.respond("GET /api/tickets/" + id, 200, listing(id));
    }
    testing::Response basket_of(const std::vector<std::string>& ids) {
        std::string cookie = "basket=";
        for (const auto& id : ids) cookie += (cookie.ends_with('=') ? "" : ".") + id + ":1";
        return test.nobody().with("Accept", "text/html").with("Cookie", cookie).get("/basket");
    }
    static int forms_in(const testing::Response& page) {
        auto count = 0;
        for (auto at = page.body.find("Hold these tickets"); at != std::string::npos;
             at = page.body.find("Hold these tickets", at + 1))
            ++count;
        return count;
    }

    RegisteredFakeServices services;
    testing::ServiceTest test{make_with_fake_services, {}, with_two_cells()};
};

TEST_F(CellPages, hold_the_tickets_of_each_cell_in_an_order_of_their_own) {
    EXPECT_EQ(forms_in(basket_of({in_second, also_in_second})), 1);
    auto both = basket_of({in_first, in_second, also_in_second});
    EXPECT_EQ(forms_in(both), 2);
    EXPECT_TRUE(has(both, "once per group of tickets"));
}

TEST_F(CellPages, show_a_basket_while_a_cell_is_down) {
    services.respond("GET /api/tickets/" + in_second, 503, R"({"errors":[{"message":"down"}]})");
    auto page = basket_of({in_first, in_second});
    EXPECT_EQ(page.status, 200);
    EXPECT_EQ(forms_in(page), 1);
    EXPECT_TRUE(has(page, "We can’t reach this listing right now"));
}

TEST_F(CellPages, say_that_orders_or_listings_are_missing) {
    services.respond("GET /api/orders", 200, "[]", {{"Missing-Cells", "2"}});
    services.respond("GET /api/tickets/mine", 200, "[]", {{"Missing-Cells", "1"}});
    auto open = [&](const std::string& page) {
        return test.as("somebody").with("Accept", "text/html").get(page);
    };
    EXPECT_TRUE(has(open("/orders"), "We can’t show all of your orders right now"));
    EXPECT_TRUE(has(open("/selling"), "We can’t show all of your listings right now"));
}

TEST_F(CellPages, pass_requests_of_the_api_on) {
    services.respond("POST /api/orders", 201, R"({"id":"order"})", {{"Location", "/api/orders/order"}});
    auto response =
        test.as("buyer").with("Idempotency-Key", "key").post("/api/orders", R"({"ticketId":"a"})");
    response.expect(201);
    EXPECT_EQ(response.headers["Location"], "/api/orders/order");
    const auto& sent = services.last(http::Method::post, "/api/orders");
    EXPECT_EQ(sent.body, R"({"ticketId":"a"})");
    EXPECT_EQ(sent.headers["Idempotency-Key"], "key");
    EXPECT_TRUE(sent.headers.has("Authorization") || sent.headers.has("Cookie"));
    EXPECT_FALSE(sent.headers.has("X-Forwarded-For"));
}

TEST_F(CellPages, respond_with_503_for_the_api_of_a_cell_that_is_down) {
    services.down = {"tickets"};
    test.get("/api/tickets/" + in_second).expect(503);
}

TEST_F(Pages, pass_nothing_on_without_cells) { open("/api/tickets/concert").expect(404); }

}  // namespace
}  // namespace stagedoor::client
