// Emails are in the recipient's language.
#include "common/security/link.hpp"
#include "services/notifications/tests/notifications_test.hpp"
#include "services/notifications/writer.hpp"

namespace stagedoor::notifications {

struct Languages : Test {
    void SetUp() override {
        auto german = registered("buyer");
        german.language = "de";
        auto unknown = registered("seller");
        unknown.language = "tlh";  // of a later version
        notifications.receives(german, unknown, contracts::TicketCreated{listing("concert")});
    }
};

TEST_F(Languages, are_the_recipients) {
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert")})});
    auto tickets = sent_email("order-1.tickets");
    EXPECT_EQ(tickets.subject(), "Deine Tickets");
    EXPECT_EQ(tickets.headers.at("Content-Language"), "de");
    for (const auto& part : {tickets.text, tickets.html})
        expect_all(part, {"The concert", "Sa., 2. Mai 2026, 19:30 MESZ", "Plätze: Row 7",
                          "2 Tickets zu je 19,99\u00A0$", "39,98\u00A0$", "Bestellung order-1",
                          "https://tickets.example/my/tickets"});
    expect_all(tickets.html, {"<html lang=\"de\" dir=\"ltr\">", "Du bist dabei!"});
    expect_all(tickets.calendar, {"SUMMARY:The concert", "DTSTART:20260502T173000Z"});
    auto sold = sent_email("order-1.seller.sold");
    EXPECT_EQ(sold.subject(), "You sold 2 tickets");
    EXPECT_EQ(sold.headers.at("Content-Language"), "en");
}

TEST_F(Languages, follow_the_users_choice) {
    notifications.receives(
        contracts::UserLanguageChosen{.id = UserId{"buyer"}, .language = "fr", .version = 2});
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert")})});
    EXPECT_EQ(sent_email("order-1.tickets").subject(), "Vos billets");
}

TEST_F(Languages, come_with_the_link_of_a_user_who_is_not_known_yet) {
    notifications.receives(contracts::LinkIssued{.id = LinkId{"link-1"},
                                                 .purpose = contracts::LinkPurpose::confirm_email,
                                                 .user_id = UserId{"new"},
                                                 .email = "new@example.com",
                                                 .expires_at = notifications.clock.now() + 1h,
                                                 .language = "es"});
    EXPECT_EQ(sent_email("link-1.confirm_email").subject(), "Confirma tu correo");
}

// Every kind of email, in every language: neither a key nor a marker, and a subject of one line.
TEST_F(Languages, have_all_texts_of_all_emails) {
    EmailViews views{embedded_assets()};
    auto keys = views.catalog.keys();
    Writer writer{views, Settings{.mail_link_secret = "0123456789abcdef"}, "https://tickets.example",
                  Language::en};
    auto ordered = order("order-1", {line("concert")});
    auto refund = refunded("refund-1", CancelReason::buyer);
    auto link_issued = link("link-1", contracts::LinkPurpose::confirm_email, notifications.clock.now());
    OfferChanged change{TicketId{"concert"}, 2, {}};
    change.before.title = "The play";
    std::vector<Email> emails;
    UserId user{"buyer"};
    for (auto kind : {EmailKind::tickets, EmailKind::sold, EmailKind::hold_expired,
                      EmailKind::order_cancelled, EmailKind::tickets_voided})
        emails.push_back(new_email(kind, "one", user, ordered));
    for (auto kind : {EmailKind::transfer_offered, EmailKind::transfer_claimed, EmailKind::transfer_received,
                      EmailKind::transfer_revoked})
        emails.push_back(new_email(kind, "one", user, transfer("transfer-1")));
    emails.push_back(new_email(EmailKind::refunded, "one", user, refund));
    emails.push_back(new_email(EmailKind::confirm_email, "one", user, link_issued));
    emails.push_back(new_email(EmailKind::reset_password, "one", user, link_issued));
    emails.push_back(new_email(EmailKind::offer_changed, "one", user, change));
    EXPECT_EQ(emails.size(), wire_names(EmailKind{}).size());
    for (const auto& email : emails) {
        std::set<std::string> subjects;
        for (auto language : all_languages) {
            store::ResolvedEmail resolved{.email = email, .payload = payload_of(email)};
            resolved.recipient = store::Recipient{"b@example.com", true, std::string{to_tag(language)}};
            auto rendered = writer.render(resolved);
            subjects.insert(rendered.subject);
            for (const auto& part : {rendered.subject, rendered.text, rendered.html}) {
                EXPECT_EQ(part.find("[["), std::string::npos) << part;
                for (const auto& key : keys) EXPECT_EQ(part.find(key), std::string::npos) << key << part;
            }
        }
        EXPECT_EQ(subjects.size(), all_languages.size()) << json::to_text(email.kind);
    }
}

}  // namespace stagedoor::notifications
