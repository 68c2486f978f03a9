// Which emails each event causes: once, however often and in whatever order it arrives.
#include "common/security/link.hpp"
#include "services/notifications/tests/notifications_test.hpp"

namespace stagedoor::notifications {

struct Events : Test {
    void SetUp() override {
        notifications.receives(registered("buyer"), registered("seller"), registered("other"),
                               contracts::TicketCreated{listing("concert")},
                               contracts::TicketCreated{listing("play")},
                               contracts::TicketCreated{listing("opera")});
    }
};

TEST_F(Events, a_completed_order_emails_the_tickets) {
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert"), line("play", 1)})});
    auto tickets = sent_email("order-1.tickets");
    EXPECT_EQ(tickets.subject(), "Your tickets");
    EXPECT_EQ(tickets.headers.at("To"), "<buyer@example.com>");
    for (const auto& part : {tickets.text, tickets.html}) {
        expect_all(
            part, {"The concert", "The play", "Sat 2 May 2026, 19:30 CEST", "Alte Oper, Frankfurt",
                   "Seats: Row 7", "2 tickets at $19.99", "1 ticket at $19.99", "$39.98", "$59.97", "order-1",
                   "https://tickets.example/orders/order-1", "https://tickets.example/my/tickets",
                   "https://tickets.example/orders/order-1/tickets"});
    }
    expect_all(tickets.calendar,
               {"UID:order-1.concert@stagedoor", "UID:order-1.play@stagedoor", "SUMMARY:The concert",
                "DTSTART:20260502T173000Z", "LOCATION:Alte Oper\\, Frankfurt",
                "URL:https://tickets.example/my/tickets"});
}

// The code of a ticket lets its bearer in: it is not in the email, nor anything else that notifications would
// have to be trusted with.
TEST_F(Events, tickets_are_linked_and_not_attached) {
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_all(sent_email("order-1.tickets").text, {"https://tickets.example/orders/order-1/tickets"});
    auto message = mailer.accepted().front().email.message;
    expect_none(message, {"application/", "image/"});
}

TEST_F(Events, an_event_without_a_date_is_in_no_calendar_file) {
    auto open_date = listing("voucher");
    open_date.starts_at.reset();
    notifications.receives(contracts::TicketCreated{open_date},
                           contracts::OrderCompleted{order("order-1", {line("voucher")})});
    EXPECT_EQ(sent_email("order-1.tickets").calendar, "");
    EXPECT_EQ(sent_email("order-1.seller.sold").calendar, "");
}

TEST_F(Events, each_seller_gets_their_own_sales) {
    notifications.receives(contracts::OrderCompleted{
        order("order-1", {line("concert"), line("play", 3, "other"), line("opera", 1, "other")})});
    auto sold = sent_email("order-1.other.sold");
    EXPECT_EQ(sold.headers.at("To"), "<other@example.com>");
    EXPECT_EQ(sold.subject(), "You sold 4 tickets");
    expect_all(sold.text, {"The play", "3 tickets at $19.99", "The opera", "Total: $79.96"});
    expect_none(sold.all(), {"The concert", "buyer"});
    expect_all(sent_email("order-1.seller.sold").html,
               {"The concert", "$39.98", "https://tickets.example/selling"});
}

TEST_F(Events, an_expired_order_is_reported_to_its_buyer) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::expired));
    auto expired = sent_email("order-1.ran_out");
    EXPECT_EQ(expired.subject(), "Your hold expired");
    expect_all(expired.text, {"no longer hold these tickets", "https://tickets.example/tickets/concert"});
}

TEST_F(Events, an_order_that_expired_over_a_day_ago_causes_no_email) {
    auto old = order("order-1", {line("concert")}), fresh = order("order-2", {line("concert")});
    old.expires_at = now() - 24h - 1ms;
    fresh.expires_at = now() - 24h;
    notifications.receives(cancelled(old, CancelReason::expired), cancelled(fresh, CancelReason::expired));
    (void)sent_email("order-2.ran_out");
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 1);
}

TEST_F(Events, an_order_with_a_cancelled_listing_is_reported_to_its_buyer) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::listing_cancelled));
    EXPECT_EQ(sent_email("order-1.called_off").subject(), "Your order was cancelled");
}

TEST_F(Events, an_order_cancelled_by_its_buyer_causes_no_email) {
    notifications.receives(cancelled(order("order-1", {line("concert")}), CancelReason::buyer));
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
}

TEST_F(Events, returned_tickets_are_reported_as_such) {
    auto paid = order("order-1", {line("concert", 2), line("play")});
    paid.items[0].reason = CancelReason::buyer;
    contracts::OrderVoided returned{paid, TicketId{"concert"}};
    returned.version = 2;
    notifications.receives(contracts::OrderCompleted{paid}, returned);
    auto email = sent_email("order-1.concert.voided");
    EXPECT_EQ(email.subject(), "Tickets returned – you get a refund");
    expect_all(email.all(), {"You returned these tickets", "The concert"});
    expect_none(email.all(), {"cancelled", "The play"});
}

TEST_F(Events, each_voided_item_of_a_paid_order_is_reported_once) {
    auto paid = order("order-1", {line("concert"), line("play", 1)});
    contracts::OrderVoided first{paid, TicketId{"concert"}}, second{paid, TicketId{"play"}};
    second.version = 2;
    notifications.receives(first, second);
    auto voided = sent_email("order-1.concert.voided");
    EXPECT_EQ(voided.subject(), "Event cancelled – you get a refund");
    expect_all(voided.text, {"The concert", "Total: $39.98"});
    expect_none(voided.all(), {"The play"});
    expect_all(sent_email("order-1.play.voided").text, {"The play", "Total: $19.99"});
}

TEST_F(Events, a_cancelled_listing_alone_causes_no_email) {
    auto cancelled_listing = listing("concert");
    cancelled_listing.version = 2;
    notifications.receives(contracts::TicketCancelled{cancelled_listing});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
}

TEST_F(Events, a_refund_is_reported_with_its_reason) {
    notifications.receives(refunded("one", CancelReason::expired),
                           refunded("two", CancelReason::listing_cancelled),
                           refunded("three", CancelReason::buyer));
    EXPECT_EQ(sent_email("one.refunded").subject(), "Your refund of $39.98");
    expect_all(sent_email("one.refunded").text, {"after the hold had expired", "order-1"});
    expect_all(sent_email("two.refunded").text, {"The seller cancelled the event."});
    expect_all(sent_email("three.refunded").text, {"You cancelled the order, or returned tickets of it."});
}

TEST_F(Events, a_ticket_that_is_passed_on_is_reported_to_both_and_names_nobody) {
    notifications.receives(contracts::TransferOffered{transfer("one")}, claimed(transfer("one"), "other"));
    auto offered = sent_email("one.transfer_offered");
    EXPECT_EQ(offered.headers.at("To"), "<buyer@example.com>");
    EXPECT_EQ(offered.subject(), "You're passing a ticket on");
    expect_none(offered.text, {"#", "/transfer"});
    auto gone = sent_email("one.transfer_claimed"), received = sent_email("one.transfer_received");
    EXPECT_EQ(gone.headers.at("To"), "<buyer@example.com>");
    EXPECT_EQ(received.headers.at("To"), "<other@example.com>");
    for (const auto& email : {offered, gone, received}) {
        expect_all(email.text, {"The concert", "Sat 2 May 2026, 19:30 CEST", "Alte Oper, Frankfurt"});
        expect_all(email.html, {"The concert", "https://tickets.example/my/tickets"});
    }
    expect_all(received.text, {"https://tickets.example/my/tickets/pass-1"});
    expect_none(gone.all(), {"pass-1", "other"});
    expect_none(received.all(), {"buyer"});
    expect_all(received.calendar, {"UID:order-1.concert@stagedoor", "DTSTART:20260502T173000Z",
                                   "URL:https://tickets.example/my/tickets/pass-1"});
    EXPECT_EQ(offered.calendar + gone.calendar, "");
}

TEST_F(Events, a_link_that_was_taken_back_is_reported_to_its_creator) {
    auto revoked = transfer("one");
    revoked.version = 2;
    notifications.receives(contracts::TransferOffered{transfer("one")}, contracts::TransferRevoked{revoked});
    EXPECT_EQ(sent_email("one.transfer_revoked").headers.at("To"), "<buyer@example.com>");
    expect_accepted(2);
}

TEST_F(Events, a_link_is_emailed_with_its_token_which_is_never_stored) {
    notifications.receives(link("one", contracts::LinkPurpose::confirm_email, now() + 1h),
                           link("two", contracts::LinkPurpose::reset_password, now() + 1h));
    auto token = security::link_token("one", "confirm_email", "a secret between two");
    auto confirm = sent_email("one.confirm_email");
    expect_all(confirm.text, {"https://tickets.example/auth/confirm#token=" + token, "01:00 UTC"});
    expect_all(confirm.html, {"href=\"https://tickets.example/auth/confirm#token=" + token + "\""});
    auto reset = security::link_token("two", "reset_password", "a secret between two");
    expect_all(sent_email("two.reset_password").text, {"https://tickets.example/auth/reset#token=" + reset});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails WHERE data LIKE '%' || $1 || '%'", token), 0);
}

TEST_F(Events, received_again_cause_no_second_email) {
    contracts::OrderCompleted completed{order("order-1", {line("concert")})};
    auto reset = link("one", contracts::LinkPurpose::reset_password, now() + 1h);
    for (int i = 0; i < 3; ++i)
        notifications.receives(completed, refunded("one", CancelReason::buyer), reset);
    expect_accepted(4);
    notifications.receives(completed, refunded("one", CancelReason::buyer), reset);
    settle();
    expect_accepted(4);
}

TEST_F(Events, of_one_order_are_handled_in_order) {
    auto paid = order("order-1", {line("concert")}, 2);
    contracts::OrderVoided voided{paid, TicketId{"concert"}};
    voided.version = 3;
    notifications.receives(voided, contracts::OrderCompleted{paid});
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 0);
    notifications.receives(contracts::OrderCreated{order("order-1", {line("concert")}, 1)});
    expect_accepted(3);
}

TEST_F(Events, emails_show_the_current_listing) {
    auto moved = listing("concert");
    moved.version = 2;
    moved.venue = "Jahrhunderthalle";
    notifications.receives(contracts::TicketUpdated{moved},
                           contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_all(sent_email("order-1.tickets").text, {"Jahrhunderthalle, Frankfurt"});
}

}  // namespace stagedoor::notifications
