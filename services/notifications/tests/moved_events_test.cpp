// The email to buyers of an event of which the seller has changed what they count on.
#include "services/notifications/store/moves.hpp"
#include "services/notifications/tests/notifications_test.hpp"

namespace stagedoor::notifications {
namespace {

struct MovedEvents : Test {
    void SetUp() override {
        notifications.receives(registered("buyer"), registered("other"), registered("seller"),
                               contracts::TicketCreated{listing("concert")},
                               contracts::TicketCreated{listing("play")});
    }
    static contracts::TicketUpdated moved(std::int64_t version,
                                          const std::string& venue = "Jahrhunderthalle") {
        auto changed = listing("concert");
        changed.version = version;
        changed.venue = venue;
        return {changed};
    }
    void buys(const std::string& buyer, const std::string& order_id, std::int64_t ticket_version = 1) {
        auto bought = order(order_id, {line("concert", 2, "seller", ticket_version)});
        bought.user_id = UserId{buyer};
        notifications.receives(contracts::OrderCompleted{bought});
    }
    [[nodiscard]] std::int64_t queued() {
        return notifications.number("SELECT count(*) FROM mails WHERE kind = 'moved'");
    }
    // Until the worker has nothing to do.
    void finish_moves() {
        settle([&] { return notifications.number("SELECT count(*) FROM moves") == 0; });
        settle();
    }
};

TEST_F(MovedEvents, are_emailed_once_to_each_buyer) {
    buys("buyer", "order-1");
    buys("buyer", "order-2");
    buys("other", "order-3");
    auto change = moved(2);
    change.starts_at = Instant::parse("2026-05-03T18:00:00Z");
    notifications.receives(change);
    auto email = sent_email("concert.v2.buyer.moved");
    EXPECT_EQ(email.subject(), "New date and venue for your tickets");
    EXPECT_EQ(email.headers.at("To"), "<buyer@example.com>");
    for (const auto& part : {email.text, email.html}) {
        expect_all(part,
                   {"Sun 3 May 2026, 20:00 CEST", "Jahrhunderthalle, Frankfurt", "Sat 2 May 2026, 19:30 CEST",
                    "Alte Oper, Frankfurt", "https://tickets.example/tickets/concert",
                    "https://tickets.example/orders", "return the tickets"});
    }
    (void)sent_email("concert.v2.other.moved");
    notifications.receives(change);
    finish_moves();
    EXPECT_EQ(queued(), 2);
}

TEST_F(MovedEvents, are_those_with_another_title_date_time_zone_venue_city_or_seats) {
    buys("buyer", "order-1");
    std::int64_t version = 1;
    auto current = listing("concert");
    auto emails_after = [&](auto change) {
        auto before = queued();
        change(current);
        current.version = ++version;
        notifications.receives(contracts::TicketUpdated{current});
        finish_moves();
        return queued() - before;
    };
    EXPECT_EQ(emails_after([](auto& each) { each.title = "Another title"; }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.price = {2999, {}}; }), 0);
    EXPECT_EQ(emails_after([](auto& each) { each.quantity = 5; }), 0);
    EXPECT_EQ(emails_after([](auto& each) { each.seats = "Row 8"; }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.venue = "Jahrhunderthalle"; }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.city = "Bochum"; }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.starts_at = Instant::parse("2026-05-03T17:30:00Z"); }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.time_zone = "Europe/London"; }), 1);
    EXPECT_EQ(emails_after([](auto& each) { each.starts_at = {}; }), 1);
    EXPECT_EQ(sent_email("concert.v2.buyer.moved").subject(), "New title for your tickets");
    expect_all(sent_email("concert.v2.buyer.moved").all(), {"Another title", "The concert"});
    EXPECT_EQ(sent_email("concert.v5.buyer.moved").subject(), "New seats for your tickets");
    expect_all(sent_email("concert.v5.buyer.moved").all(), {"Row 8"});
    EXPECT_EQ(sent_email("concert.v6.buyer.moved").subject(), "New venue for your tickets");
    EXPECT_EQ(sent_email("concert.v8.buyer.moved").subject(), "New date for your tickets");
    expect_all(sent_email("concert.v10.buyer.moved").text, {"Date to be announced"});
}

TEST_F(MovedEvents, list_everything_that_has_changed) {
    buys("buyer", "order-1");
    auto change = moved(2);
    change.title = "Another title";
    change.starts_at = {};
    change.seats = {};
    notifications.receives(change);
    auto email = sent_email("concert.v2.buyer.moved");
    EXPECT_EQ(email.subject(), "New title, date, venue and seats for your tickets");
    expect_all(email.text, {"Another title", "Date to be announced", "The concert"});
}

TEST_F(MovedEvents, may_differ_in_nothing_that_can_be_seen) {
    buys("buyer", "order-1");
    auto change = listing("concert");
    change.version = 2;
    change.venue = "Alte Oper, Frankfurt";
    change.city = {};
    notifications.receives(contracts::TicketUpdated{change});
    EXPECT_EQ(sent_email("concert.v2.buyer.moved").subject(), "New details for your tickets");
}

TEST_F(MovedEvents, are_not_emailed_to_people_without_valid_tickets) {
    auto unpaid = order("order-1", {line("concert")});
    unpaid.status = OrderStatus::created;
    auto voided = order("order-2", {line("concert"), line("play")});
    contracts::OrderVoided of_concert{voided, TicketId{"concert"}};
    of_concert.version = 2;
    notifications.receives(contracts::OrderCreated{unpaid}, contracts::OrderCompleted{voided}, of_concert);
    auto cancelled_order = unpaid;
    cancelled_order.version = 2;
    notifications.receives(cancelled(cancelled_order, CancelReason::buyer), moved(2));
    finish_moves();
    EXPECT_EQ(queued(), 0);
}

TEST_F(MovedEvents, that_were_moved_before_the_purchase_are_not_emailed) {
    notifications.receives(moved(2));
    buys("buyer", "order-1", 2);
    finish_moves();
    EXPECT_EQ(queued(), 0);
}

TEST_F(MovedEvents, that_moved_between_order_and_payment_are_emailed_with_the_tickets) {
    notifications.receives(moved(2));
    finish_moves();
    buys("buyer", "order-1", 1);
    EXPECT_EQ(sent_email("concert.v2.buyer.moved").subject(), "New venue for your tickets");
}

TEST_F(MovedEvents, that_are_over_are_not_emailed) {
    auto past = listing("concert");
    past.version = 2;
    past.starts_at = now() - 1h;
    notifications.receives(contracts::TicketUpdated{past});
    buys("buyer", "order-1", 2);
    past.version = 3;
    past.venue = "Jahrhunderthalle";
    notifications.receives(contracts::TicketUpdated{past});
    finish_moves();
    EXPECT_EQ(queued(), 0);
}

TEST_F(MovedEvents, that_move_again_replace_the_unsent_email) {
    buys("buyer", "order-1");
    settle();
    mailer.set(RecordingMailer::Mode::unreachable);
    notifications.receives(moved(2));
    finish_moves();
    notifications.receives(moved(3, "Stadthalle"));
    finish_moves();
    mailer.set(RecordingMailer::Mode::accepts);
    notifications.clock.advance(2h);
    expect_all(sent_email("concert.v3.buyer.moved").text, {"Stadthalle"});
    settle([&] { return text_of("status", "concert.v2.buyer.moved") == "given_up"; });
}

TEST_F(MovedEvents, that_move_back_are_emailed_to_whoever_may_know_of_the_move) {
    buys("buyer", "order-1");
    buys("other", "order-2");
    settle();
    notifications.write([](sql::Tx& tx) {
        store::save_changed_listing(tx, moved(2));
        EXPECT_TRUE(store::queue_moved_emails(tx, 1));  // the first of two buyers
        store::save_changed_listing(tx, moved(3, "Alte Oper"));
    });
    finish_moves();
    (void)sent_email("concert.v3.buyer.moved");
}

TEST_F(MovedEvents, that_are_cancelled_meanwhile_are_not_emailed) {
    auto bought = order("order-1", {line("concert")});
    notifications.receives(contracts::OrderCompleted{bought});
    settle();
    mailer.set(RecordingMailer::Mode::unreachable);
    notifications.receives(moved(2));
    finish_moves();
    contracts::OrderVoided voided{bought, TicketId{"concert"}};
    voided.version = 2;
    notifications.receives(voided);
    mailer.set(RecordingMailer::Mode::accepts);
    notifications.clock.advance(2h);
    settle([&] { return text_of("status", "concert.v2.buyer.moved") == "given_up"; });
    EXPECT_EQ(count("concert.v2.buyer.moved"), 0);
}

TEST_F(MovedEvents, are_emailed_to_many_buyers_in_batches) {
    constexpr int buyers = 450;
    for (int i = 0; i < buyers; ++i) buys("buyer-" + std::to_string(i), "order-" + std::to_string(i));
    notifications.receives(moved(2));
    settle([&] { return notifications.number("SELECT count(*) FROM moves") == 0; });
    EXPECT_EQ(queued(), buyers);
}

TEST_F(MovedEvents, are_emailed_to_buyers_from_before_there_was_a_table_of_purchases) {
    buys("buyer", "order-1");
    auto voided = order("order-2", {line("concert")});
    voided.user_id = UserId{"other"};
    contracts::OrderVoided of_concert{voided, TicketId{"concert"}};
    of_concert.version = 2;
    notifications.receives(contracts::OrderCompleted{voided}, of_concert);
    settle();
    notifications.write([](sql::Tx& tx) {
        tx.execute("DELETE FROM purchases");
        tx.execute("INSERT INTO purchases_backfill(last_email) VALUES ('')");
    });
    notifications.receives(moved(2));
    (void)sent_email("concert.v2.buyer.moved");
    finish_moves();
    EXPECT_EQ(queued(), 1);
    EXPECT_EQ(notifications.number("SELECT count(*) FROM purchases_backfill"), 0);
}

}  // namespace
}  // namespace stagedoor::notifications
