// A fixture that runs tickets alone, with shorthands for listings, orders and searches.
#pragma once

#include "contracts/events/orders.hpp"
#include "contracts/events/tickets.hpp"
#include "services/tickets/service.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::tickets {

using stagedoor::testing::ServiceTest;

struct TicketsTest : ::testing::Test {
    ServiceTest tickets{make_service};

    // Creates a listing of `seller` with extra fields such as `,"quantity":5`; returns its id.
    std::string create_listing(const std::string& title, const std::string& more = "",
                               const std::string& seller = "seller") {
        tickets.clock.advance(std::chrono::milliseconds{1});
        return tickets.as(seller)
            .post("/api/tickets", R"({"title":")" + title + R"(","price":10)" + more + "}")
            .expect(201)
            .at("id");
    }
    contracts::OrderState order(const std::string& ticket, std::int64_t quantity, std::int64_t version = 1,
                                const std::string& id = "order") {
        return {
            .id = OrderId{id},
            .user_id = UserId{"buyer"},
            .items = {{.ticket_id = TicketId{ticket}, .seller_id = UserId{"seller"}, .quantity = quantity}},
            .version = version};
    }
    // The titles of the search results, in order.
    std::string search(const std::string& query) {
        auto response = tickets.get("/api/tickets?" + query).expect(200);
        std::string titles;
        const auto document = response.json();
        for (const auto& ticket : *document.array())
            titles += (titles.empty() ? "" : ", ") + *ticket["title"].string();
        return titles;
    }
};

}  // namespace stagedoor::tickets
