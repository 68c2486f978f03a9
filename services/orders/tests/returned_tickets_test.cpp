#include "contracts/events/admissions.hpp"
#include "services/orders/tests/samples.hpp"

namespace stagedoor::orders {

using namespace std::chrono_literals;

// A seller changes what buyers have paid for.
struct ReturnedTickets : Test {
    static contracts::Listing concert(std::int64_t version = 1) {
        auto concert = listing("concert", {.starts_at = Instant::parse("2027-06-01T18:00:00Z")}, version);
        concert.time_zone = "Europe/Vienna";
        concert.venue = "Alte Oper";
        concert.city = "Frankfurt";
        concert.seats = "Row 7";
        return concert;
    }
    static contracts::Listing moved(std::int64_t version = 2) {
        auto changed = concert(version);
        changed.venue = "Car park";
        return changed;
    }
    void lists() { orders.receives(contracts::TicketCreated{concert()}, ticket_created("play")); }
    void changes(const contracts::Listing& listing) { orders.receives(contracts::TicketUpdated{listing}); }
    [[nodiscard]] std::string buy_both() {
        auto order =
            orders.as("buyer")
                .post("/api/orders", R"({"items":[{"ticketId":"concert","quantity":2},{"ticketId":"play"}]})")
                .expect(201)
                .at("id");
        pay(order);
        return order;
    }
    [[nodiscard]] testing::Response show(const std::string& order) {
        return orders.as("buyer").get("/api/orders/" + order).expect(200);
    }
    [[nodiscard]] testing::Response return_tickets(const std::string& order,
                                                   const std::string& ticket = "concert",
                                                   const std::string& buyer = "buyer") {
        return orders.as(buyer).post("/api/orders/" + order + "/return",
                                     R"({"ticketId":")" + ticket + R"("})");
    }
    [[nodiscard]] bool can_return(const std::string& order) {
        return !show(order).at("items[0].returnUntil").empty();
    }
};

TEST_F(ReturnedTickets, show_what_was_bought_whatever_the_seller_changes) {
    lists();
    auto order = buy_both();
    auto changed = moved();
    changed.title = "Something else";
    changed.starts_at = Instant::parse("2027-07-01T18:00:00Z");
    changed.time_zone = "Europe/London";
    changed.city = "Fulham";
    changed.seats = "Standing";
    changes(changed);
    orders.receives(ticket_updated("play", 2, {}));
    for (const auto& shown : {show(order), orders.as("buyer").get("/api/orders").expect(200)}) {
        auto at = [&](const std::string& member) {
            auto value = shown.at("items[0].ticket." + member);
            return value.empty() ? shown.at("[0].items[0].ticket." + member) : value;
        };
        EXPECT_EQ(at("title"), "The concert");
        EXPECT_EQ(at("startsAt"), "2027-06-01T18:00:00.000Z");
        EXPECT_EQ(at("timeZone"), "Europe/Vienna");
        EXPECT_EQ(at("venue"), "Alte Oper");
        EXPECT_EQ(at("city"), "Frankfurt");
        EXPECT_EQ(at("seats"), "Row 7");
        EXPECT_EQ(at("version"), "1");
    }
    EXPECT_EQ(show(order).at("items[1].returnUntil"), "") << "the play has not changed";
}

TEST_F(ReturnedTickets, are_void_refunded_and_on_sale_again) {
    lists();
    auto order = buy_both();
    changes(moved());
    EXPECT_EQ(show(order).at("items[0].returnUntil"), (orders.clock.now() + 14 * 24h).to_text());
    EXPECT_EQ(available("concert"), 8);
    auto returned = return_tickets(order).expect(200);
    EXPECT_EQ(returned.at("status"), "complete");
    EXPECT_EQ(returned.at("items[0].reason"), "buyer");
    EXPECT_NE(returned.at("items[0].cancelledAt"), "");
    EXPECT_EQ(returned.at("items[0].returnUntil"), "");
    EXPECT_EQ(returned.at("items[1].cancelledAt"), "");
    EXPECT_EQ(available("concert"), 10);
    auto events = orders.published<contracts::OrderVoided>();
    ASSERT_EQ(events.size(), 1u);
    EXPECT_EQ(events[0].ticket_id.text, "concert");
    EXPECT_EQ(events[0].items[0].reason, CancelReason::buyer);
    EXPECT_EQ(events[0].version, 4);
}

TEST_F(ReturnedTickets, are_returned_once) {
    lists();
    auto order = buy_both();
    changes(moved());
    return_tickets(order).expect(200);
    orders.clock.advance(15 * 24h);
    return_tickets(order).expect(200);
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 1u);
    EXPECT_EQ(available("concert"), 10);
}

TEST_F(ReturnedTickets, of_a_listing_that_is_cancelled_meanwhile_stay_returned) {
    lists();
    auto order = buy_both();
    changes(moved());
    return_tickets(order).expect(200);
    orders.receives(contracts::TicketCancelled{moved(3)});
    eventually([&] { return orders.number("SELECT count(*) FROM called_off") == 0; });
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 1u);
    EXPECT_EQ(show(order).at("items[0].reason"), "buyer");
    EXPECT_EQ(orders.number("SELECT sold FROM tickets WHERE id = 'concert'"), 0);
}

TEST_F(ReturnedTickets, need_a_change_of_title_date_place_or_seats) {
    lists();
    auto order = buy_both();
    return_tickets(order).expect(409, "the event is as it was when you ordered");
    auto current = concert();
    auto returnable_after = [&](auto change) {
        change(current);
        ++current.version;
        changes(current);
        auto yes = can_return(order);
        current = concert(current.version + 1);  // as bought
        changes(current);
        EXPECT_FALSE(can_return(order)) << "changed back";
        return yes;
    };
    EXPECT_FALSE(returnable_after([](auto& each) { each.price = {2999, {}}; }));
    EXPECT_FALSE(returnable_after([](auto& each) { each.quantity = 50; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.title = "Something else"; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.starts_at = {}; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.time_zone = "Europe/London"; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.venue = "Car park"; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.city = {}; }));
    EXPECT_TRUE(returnable_after([](auto& each) { each.seats = "Standing"; }));
    return_tickets(order).expect(409, "the event is as it was when you ordered");
}

TEST_F(ReturnedTickets, need_a_change_after_the_order) {
    lists();
    changes(moved());
    auto order = buy_both();
    EXPECT_FALSE(can_return(order));
    changes(concert(3));
    EXPECT_TRUE(can_return(order)) << "moved away from where it was when they were bought";
}

TEST_F(ReturnedTickets, can_be_returned_for_two_weeks_after_the_latest_change) {
    lists();
    auto order = buy_both();
    changes(moved());
    orders.clock.advance(13 * 24h);
    auto again = moved(3);
    again.city = "Fulham";
    changes(again);
    orders.clock.advance(14 * 24h - 1ms);
    EXPECT_TRUE(can_return(order));
    orders.clock.advance(1ms);
    EXPECT_FALSE(can_return(order));
    return_tickets(order).expect(409, "The time to return these tickets is over");
    EXPECT_TRUE(orders.published<contracts::OrderVoided>().empty());
}

// A seller corrects the record; the buyers were there.
TEST_F(ReturnedTickets, are_impossible_once_the_event_has_started) {
    lists();
    auto order = buy_both();
    orders.clock.advance(Instant::parse("2027-06-01T18:00:00Z").value() - orders.clock.now());
    changes(moved());
    EXPECT_FALSE(can_return(order));
    return_tickets(order).expect(409);
}

TEST_F(ReturnedTickets, are_possible_for_an_event_moved_into_the_past) {
    lists();
    auto order = buy_both();
    auto past = concert(2);
    past.starts_at = orders.clock.now() - 24h;
    changes(past);
    auto afterwards = moved(3);
    changes(afterwards);
    return_tickets(order).expect(200);
}

TEST_F(ReturnedTickets, of_a_withdrawn_listing_can_be_returned) {
    lists();
    auto order = buy_both();
    auto withdrawn = moved();
    withdrawn.quantity = 0;
    orders.receives(contracts::TicketWithdrawn{withdrawn});
    return_tickets(order).expect(200);
}

TEST_F(ReturnedTickets, must_be_paid_and_the_callers_own) {
    lists();
    auto held = place_order("buyer", "concert");
    changes(moved());
    EXPECT_FALSE(can_return(held));
    return_tickets(held).expect(409, "Only tickets that are paid");
    pay(held);
    EXPECT_TRUE(can_return(held)) << "ordered before the change, paid after it";
    return_tickets(held, "concert", "other").expect(403);
    return_tickets(held, "play").expect(404, "no such tickets");
    return_tickets("019a0000-0000-7000-8000-000000000001").expect(404, "No such order");
    orders.post("/api/orders/" + held + "/return", R"({"ticketId":"concert"})").expect(401);
    orders.as("buyer").post("/api/orders/" + held + "/return", "{}").expect(400, "ticketId");
    EXPECT_TRUE(orders.published<contracts::OrderVoided>().empty());
}

// Listed before offers were stored: title and date are known, the rest is not.
TEST_F(ReturnedTickets, of_an_earlier_version_of_this_program_need_a_change_of_what_is_known) {
    lists();
    auto order = buy_both();
    auto forget = [&] { orders.write([](sql::Tx& tx) { tx.execute("DELETE FROM offers"); }); };
    forget();
    EXPECT_EQ(show(order).at("items[0].ticket.venue"), "");
    changes(moved());
    EXPECT_FALSE(can_return(order));
    forget();
    auto retitled = moved(3);
    retitled.title = "Something else";
    changes(retitled);
    return_tickets(order).expect(200);
}

TEST_F(ReturnedTickets, are_rejected_once_the_doors_are_open) {
    lists();
    auto order = buy_both(), returned_before = buy_both();
    changes(moved());
    return_tickets(returned_before).expect(200);
    orders.receives(contracts::DoorsOpened{.ticket_id = TicketId{"concert"}});
    auto closed = orders.published<contracts::ReturnsClosed>();
    ASSERT_EQ(closed.size(), 1u);
    EXPECT_EQ(closed[0].ticket_id.text, "concert");
    EXPECT_EQ(closed[0].version, 1);
    return_tickets(order).expect(409, "doors are open");
    return_tickets(returned_before).expect(200);  // it was before
    EXPECT_EQ(orders.published<contracts::OrderVoided>().size(), 1u);
    orders.receives(contracts::TicketCancelled{moved(3)});
    eventually([&] { return orders.published<contracts::OrderVoided>().size() == 2; });
}

TEST_F(ReturnedTickets, stay_possible_until_the_listing_whose_doors_are_open_is_known) {
    orders.receives(contracts::DoorsOpened{.ticket_id = TicketId{"concert"}});
    EXPECT_TRUE(orders.published<contracts::ReturnsClosed>().empty());
    lists();
    orders.clock.advance(1s);
    eventually([&] { return orders.published<contracts::ReturnsClosed>().size() == 1; });
}

}  // namespace stagedoor::orders
