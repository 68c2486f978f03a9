// Each event → its mails, once however often and in whatever order it is heard.
#include "common/security/link.hpp"
#include "services/notifications/tests/samples.hpp"

namespace stagedoor::notifications {

struct Events : Test {
    void SetUp() override {
        notifications.receives(registered("buyer"), registered("seller"), registered("other"),
                               contracts::TicketCreated{listing("concert")},
                               contracts::TicketCreated{listing("play")},
                               contracts::TicketCreated{listing("opera")});
    }
};

TEST_F(Events, a_completed_order_brings_its_tickets) {
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert"), line("play", 1)})});
    auto tickets = mail("order-1.tickets");
    EXPECT_EQ(tickets.subject(), "Your tickets: The concert and 1 other");
    EXPECT_EQ(tickets.headers.at("To"), "<buyer@example.com>");
    for (const auto& part : {tickets.text, tickets.html}) {
        expect_all(part, {"The concert", "The play", "Sat 2 May 2026, 19:30 CEST", "Alte Oper, Frankfurt",
                          "Seats: Row 7", "2 tickets at $19.99", "1 ticket at $19.99", "$39.98", "$59.97",
                          "order-1", "https://tickets.example/orders/order-1"});
    }
}

TEST_F(Events, each_seller_hears_what_was_sold_of_theirs) {
    notifications.receives(contracts::OrderCompleted{
        order("order-1", {line("concert"), line("play", 3, "other"), line("opera", 1, "other")})});
    auto sold = mail("order-1.other.sold");
    EXPECT_EQ(sold.headers.at("To"), "<other@example.com>");
    EXPECT_EQ(sold.subject(), "Sold: 4 tickets for The play and 1 other");
    expect_all(sold.text, {"The play", "3 tickets at $19.99", "The opera", "Total: $79.96"});
    expect_none(sold.all(), {"The concert", "buyer"});
    expect_all(mail("order-1.seller.sold").html,
               {"The concert", "$39.98", "https://tickets.example/selling"});
}

TEST_F(Events, an_order_that_ran_out_is_told_to_its_buyer) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::expired));
    auto ran_out = mail("order-1.ran_out");
    EXPECT_EQ(ran_out.subject(), "Your hold ran out: The concert");
    expect_all(ran_out.text, {"longer keep them for you", "https://tickets.example/tickets/concert"});
}

TEST_F(Events, an_order_that_ran_out_over_a_day_ago_is_told_to_nobody) {
    auto old = order("order-1", {line("concert")}), fresh = order("order-2", {line("concert")});
    old.expires_at = now() - 24h - 1ms;
    fresh.expires_at = now() - 24h;
    notifications.receives(cancelled(old, CancelReason::expired), cancelled(fresh, CancelReason::expired));
    (void)mail("order-2.ran_out");
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 1);
}

TEST_F(Events, an_order_whose_listing_was_called_off_is_told_to_its_buyer) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::listing_cancelled));
    EXPECT_EQ(mail("order-1.called_off").subject(), "Your order was cancelled: The concert");
}

TEST_F(Events, an_order_that_its_buyer_cancelled_is_told_to_nobody) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::buyer));
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
}

TEST_F(Events, of_a_paid_order_only_the_items_called_off_are_told_once_each) {
    auto paid = order("order-1", {line("concert"), line("play", 1)});
    contracts::OrderVoided first{paid, TicketId{"concert"}}, second{paid, TicketId{"play"}};
    second.version = 2;
    notifications.receives(first, second);
    auto voided = mail("order-1.concert.voided");
    EXPECT_EQ(voided.subject(), "Called off: The concert – your money comes back");
    expect_all(voided.text, {"The concert", "Total: $39.98"});
    expect_none(voided.all(), {"The play"});
    expect_all(mail("order-1.play.voided").text, {"The play", "Total: $19.99"});
}

TEST_F(Events, a_listing_called_off_is_told_to_nobody_by_itself) {
    auto off = listing("concert");
    off.version = 2;
    notifications.receives(contracts::TicketCancelled{off});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
}

TEST_F(Events, a_refund_is_told_with_its_reason) {
    notifications.receives(refunded("one", CancelReason::expired),
                           refunded("two", CancelReason::listing_cancelled),
                           refunded("three", CancelReason::buyer));
    EXPECT_EQ(mail("one.refunded").subject(), "We paid back $39.98");
    expect_all(mail("one.refunded").text, {"time to pay was over", "order-1"});
    expect_all(mail("two.refunded").text, {"called off"});
    expect_all(mail("three.refunded").text, {"You had cancelled"});
}

TEST_F(Events, a_link_is_mailed_with_its_token_which_is_kept_nowhere) {
    notifications.receives(link("one", contracts::LinkPurpose::confirm_email, now() + 1h),
                           link("two", contracts::LinkPurpose::reset_password, now() + 1h));
    auto token = security::link_token("one", "confirm_email", "a secret between two");
    auto confirm = mail("one.confirm_email");
    expect_all(confirm.text, {"https://tickets.example/auth/confirm?token=" + token, "01:00 UTC"});
    expect_all(confirm.html, {"href=\"https://tickets.example/auth/confirm?token=" + token + "\""});
    auto reset = security::link_token("two", "reset_password", "a secret between two");
    expect_all(mail("two.reset_password").text, {"https://tickets.example/auth/reset?token=" + reset});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails WHERE data LIKE '%' || $1 || '%'", token), 0);
}

TEST_F(Events, heard_again_make_no_second_mail) {
    contracts::OrderCompleted completed{order("order-1", {line("concert")})};
    auto asked = link("one", contracts::LinkPurpose::reset_password, now() + 1h);
    for (int i = 0; i < 3; ++i)
        notifications.receives(completed, refunded("one", CancelReason::buyer), asked);
    expect_taken(4);
    notifications.receives(completed, refunded("one", CancelReason::buyer), asked);
    settle();
    expect_taken(4);
}

TEST_F(Events, of_one_order_wait_for_their_turn) {
    auto paid = order("order-1", {line("concert")}, 2);
    contracts::OrderVoided voided{paid, TicketId{"concert"}};
    voided.version = 3;
    notifications.receives(voided, contracts::OrderCompleted{paid});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
    notifications.receives(contracts::OrderCreated{order("order-1", {line("concert")}, 1)});
    expect_taken(3);
}

TEST_F(Events, an_edited_listing_is_mailed_as_it_is_now) {
    auto moved = listing("concert");
    moved.version = 2;
    moved.venue = "Jahrhunderthalle";
    notifications.receives(contracts::TicketUpdated{moved},
                           contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_all(mail("order-1.tickets").text, {"Jahrhunderthalle, Frankfurt"});
}

}  // namespace stagedoor::notifications
