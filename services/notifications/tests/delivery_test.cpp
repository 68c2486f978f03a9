// When an email is sent, postponed or given up.
#include <filesystem>
#include <fstream>

#include "services/notifications/store/emails.hpp"
#include "services/notifications/tests/notifications_test.hpp"

namespace stagedoor::notifications {

struct Delivery : Test {
    void completed(const std::string& id) {
        notifications.receives(contracts::OrderCompleted{order(id, {line("concert", 2, "buyer")})});
    }
    std::chrono::milliseconds lease_left(const std::string& id) {
        auto end = notifications.number("SELECT due_at FROM mails WHERE id = $1", id);
        return Instant{end} - notifications.clock.now();
    }
    // Advances the clock hour by hour until the email is no longer queued; returns the number of hours.
    int hours_until_final(const std::string& id) {
        int hours = 0;
        for (; text_of("status", id) == "queued" && hours < 100; ++hours) {
            notifications.clock.advance(1h);
            settle();
        }
        return hours;
    }
};

TEST_F(Delivery, waits_for_an_unknown_address) {
    notifications.receives(refunded("one", CancelReason::buyer));
    settle();
    EXPECT_EQ(mailer.attempts(), 0);
    EXPECT_EQ(text_of("error", "one.refunded"), "the address is not known");
    notifications.receives(registered("buyer"));
    notifications.clock.advance(1s);
    expect_accepted(1);
}

TEST_F(Delivery, is_given_up_if_the_address_is_unknown_for_a_day) {
    notifications.receives(refunded("one", CancelReason::buyer));
    settle();
    EXPECT_GE(hours_until_final("one.refunded"), 24);
    EXPECT_EQ(text_of("status", "one.refunded"), "given_up");
    EXPECT_EQ(mailer.attempts(), 0);
}

TEST_F(Delivery, waits_a_day_for_an_unknown_listing_then_goes_without) {
    notifications.receives(registered("buyer"));
    completed("order-1");
    settle();
    EXPECT_EQ(mailer.attempts(), 0);
    EXPECT_GE(hours_until_final("order-1.tickets"), 24);
    expect_all(sent_email("order-1.tickets").text, {"The concert", "2 tickets at $19.99"});
    expect_none(sent_email("order-1.tickets").text, {"Alte Oper"});
}

TEST_F(Delivery, is_sent_once_the_listing_is_known) {
    notifications.receives(registered("buyer"));
    completed("order-1");
    settle();
    notifications.receives(contracts::TicketCreated{listing("concert")});
    notifications.clock.advance(1s);
    expect_all(sent_email("order-1.tickets").text, {"Alte Oper"});
}

TEST_F(Delivery, of_a_link_uses_the_address_in_its_event) {
    notifications.receives(link("one", contracts::LinkPurpose::confirm_email, now() + 1h));
    EXPECT_EQ(sent_email("one.confirm_email").headers.at("To"), "<buyer@example.com>");
}

TEST_F(Delivery, of_an_expired_link_is_given_up) {
    mailer.set(RecordingMailer::Mode::unreachable);
    notifications.receives(link("one", contracts::LinkPurpose::reset_password, now() + 1h));
    settle([&] { return mailer.attempts() > 0; });
    settle();
    notifications.clock.advance(1h);  // a retry may be in progress, so the server stays unreachable
    settle([&] { return text_of("status", "one.reset_password") == "given_up"; });
    EXPECT_EQ(text_of("error", "one.reset_password"), "the link has expired");
    EXPECT_TRUE(mailer.accepted().empty());
}

TEST_F(Delivery, of_a_confirmation_link_is_given_up_once_confirmed) {
    auto user = registered("buyer");
    notifications.receives(user, contracts::UserConfirmed{user.id, user.email, 2},
                           link("one", contracts::LinkPurpose::confirm_email, now() + 1h),
                           link("two", contracts::LinkPurpose::reset_password, now() + 1h));
    expect_accepted(1);
    settle([&] { return text_of("status", "one.confirm_email") == "given_up"; });
    EXPECT_EQ(mailer.accepted().front().id, "two.reset_password");
}

TEST_F(Delivery, is_retried_with_growing_delay_and_given_up_after_three_days) {
    mailer.set(RecordingMailer::Mode::rejects);
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    for (auto delay : {0s, 1s, 2s, 4s, 8s, 16s}) {
        auto attempts = mailer.attempts();
        if (delay > 0s) {
            notifications.clock.advance(delay - 200ms);
            settle();
            EXPECT_EQ(mailer.attempts(), attempts) << delay.count();
        }
        notifications.clock.advance(200ms);
        settle([&] { return mailer.attempts() == attempts + 1; });
        settle();
    }
    EXPECT_EQ(text_of("error", "one.refunded"), "451 later");
    auto hours = hours_until_final("one.refunded");
    EXPECT_GE(hours, 71);
    EXPECT_LE(hours, 74);
    EXPECT_EQ(text_of("status", "one.refunded"), "given_up");
}

TEST_F(Delivery, stores_rejections_as_short_printable_text) {
    mailer.reject_with("451 \x01 \xff later\r\n" + std::string(1000, 'x'));
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return !text_of("error", "one.refunded").empty(); });
    EXPECT_TRUE(text_of("error", "one.refunded").starts_with("451 ? ? later??x"));
    EXPECT_EQ(text_of("error", "one.refunded").size(), 500u);
}

TEST_F(Delivery, is_given_up_when_rejected_for_good) {
    mailer.set(RecordingMailer::Mode::rejects_for_good);
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return text_of("status", "one.refunded") == "given_up"; });
    EXPECT_EQ(mailer.attempts(), 1);
    EXPECT_EQ(text_of("error", "one.refunded"), "RCPT failed: 550");
    EXPECT_EQ(text_of("reply", "one.refunded"), "550-5.1.1 No such 550 5.1.1 user");
}

TEST_F(Delivery, stores_the_reply_to_the_latest_attempt) {
    mailer.set(RecordingMailer::Mode::unreachable);
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return text_of("error", "one.refunded") == "the server is unreachable"; });
    EXPECT_EQ(text_of("reply", "one.refunded"), "");
    mailer.set(RecordingMailer::Mode::accepts);
    notifications.clock.advance(1s);
    settle([&] { return text_of("status", "one.refunded") == "sent"; });
    EXPECT_EQ(text_of("reply", "one.refunded"), "250 2.0.0 Ok: queued as 4711");
}

TEST_F(Delivery, leaves_nothing_of_an_old_email_that_was_sent_but_does_not_repeat_it) {
    notifications.receives(registered("buyer"), refunded("old", CancelReason::buyer));
    settle([&] { return text_of("status", "old.refunded") == "sent"; });
    mailer.set(RecordingMailer::Mode::unreachable);
    notifications.clock.advance(89 * 24h);
    notifications.receives(refunded("young", CancelReason::buyer));
    EXPECT_NE(text_of("data", "old.refunded"), "");
    notifications.clock.advance(2 * 24h);
    settle([&] { return text_of("data", "old.refunded").empty(); });
    EXPECT_EQ(text_of("reply", "old.refunded"), "");
    EXPECT_EQ(text_of("status", "old.refunded"), "sent");
    EXPECT_NE(text_of("data", "young.refunded"), "");
    notifications.write([](sql::Tx& tx) { tx.execute("DELETE FROM inbox"); });  // as if the event were new
    notifications.receives(refunded("old", CancelReason::buyer));
    EXPECT_EQ(text_of("status", "old.refunded"), "sent");
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails"), 2);
}

// A mail server may take 5 minutes to greet.
TEST_F(Delivery, that_is_slow_delays_no_other_and_is_not_repeated) {
    mailer.hold("slow.refunded");
    notifications.receives(registered("buyer"), refunded("slow", CancelReason::buyer));
    settle([&] { return mailer.attempts() == 1; });
    for (int i = 0; i < 100; ++i)
        notifications.receives(refunded("refund-" + std::to_string(i), CancelReason::buyer));
    expect_accepted(100);
    for (int minute = 0; minute < 10; ++minute) {
        notifications.clock.advance(59s);
        settle([&] { return lease_left("slow.refunded") > 3min; });
    }
    EXPECT_EQ(mailer.attempts(), 101);
    mailer.release();
    settle([&] { return text_of("status", "slow.refunded") == "sent"; });
    expect_accepted(101);
}

TEST_F(Delivery, failure_does_not_hold_up_other_emails) {
    notifications.receives(
        contracts::UserRegistered{UserId{"buyer"}, "no address\r\nBcc: eve@example.com", 1},
        registered("seller"), contracts::TicketCreated{listing("concert")},
        contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_accepted(1);
    EXPECT_EQ(mailer.accepted().front().email.to, "seller@example.com");
    settle([&] { return text_of("status", "order-1.tickets") == "given_up"; });
}

// Another replica claimed the email and died before it recorded the outcome.
TEST_F(Delivery, is_taken_over_when_a_replica_dies) {
    notifications.receives(registered("buyer"));
    auto until = now() + 5min;
    auto claimed = notifications.write([&](sql::Tx& tx) {
        store::add(
            tx, new_email(EmailKind::refunded, "one", UserId{"buyer"}, refunded("one", CancelReason::buyer)));
        return store::claim(tx, 64, until);
    });
    ASSERT_EQ(claimed.emails.size(), 1u);
    notifications.clock.advance(4min);
    settle([&] { return true; });
    EXPECT_EQ(mailer.attempts(), 0);
    notifications.clock.advance(1min);
    expect_accepted(1);
    settle([&] { return text_of("status", "one.refunded") == "sent"; });
    // A late outcome of the first replica changes nothing.
    notifications.write([&](sql::Tx& tx) {
        store::postpone(tx, claimed.emails.front(), tx.now(), "late", {});
        store::give_up(tx, claimed.emails.front(), "late", {});
    });
    EXPECT_EQ(text_of("status", "one.refunded"), "sent");
}

TEST_F(Delivery, is_leased_to_one_replica_only) {
    notifications.receives(registered("buyer"));
    auto until = now() + 5min;
    auto [first, second] = notifications.write([&](sql::Tx& tx) {
        for (int i = 0; i < 100; ++i) {
            auto id = std::to_string(i);
            store::add(
                tx, new_email(EmailKind::refunded, id, UserId{"buyer"}, refunded(id, CancelReason::buyer)));
        }
        auto one = store::claim(tx, 64, until);
        auto two = store::claim(tx, 64, until);
        return std::pair{one.emails, two.emails};
    });
    EXPECT_EQ(first.size(), 64u);
    EXPECT_EQ(second.size(), 36u);
}

TEST_F(Delivery, handles_many_emails) {
    notifications.receives(registered("buyer"),
                           contracts::UserConfirmed{UserId{"buyer"}, "buyer@example.com", 2},
                           contracts::TicketCreated{listing("concert")});
    for (int i = 0; i < 500; ++i) completed("order-" + std::to_string(i));
    expect_accepted(1000);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'sent'") == 1000; });
}

// ---- unconfirmed addresses

TEST_F(Delivery, to_an_unconfirmed_address_is_of_links_only) {
    mailer.reach_people();
    notifications.receives(registered("buyer"), registered("seller"),
                           contracts::TicketCreated{listing("concert")},
                           link("confirm", contracts::LinkPurpose::confirm_email, now() + 1h),
                           link("reset", contracts::LinkPurpose::reset_password, now() + 1h));
    notifications.receives(contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_accepted(2);
    settle([&] {
        return notifications.number("SELECT count(*) FROM mails WHERE error = $1", store::not_confirmed) == 2;
    });
    notifications.receives(contracts::UserConfirmed{UserId{"buyer"}, "buyer@example.com", 2});
    (void)sent_email("order-1.tickets");
    expect_accepted(3);
    notifications.clock.advance(4 * 24h);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'given_up'") == 1; });
    EXPECT_EQ(mailer.accepted().size(), 3u);
}

// ---- outcomes recorded late

TEST_F(Delivery, is_not_repeated_while_the_database_is_busy) {
    if (testing::is_postgres_wanted()) GTEST_SKIP() << "uses a trigger of SQLite";
    notifications.write([](sql::Tx& tx) {
        tx.execute(
            "CREATE TRIGGER busy BEFORE UPDATE OF status ON mails BEGIN SELECT RAISE(ABORT, 'busy'); END");
    });
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return mailer.attempts() == 1; });
    for (int i = 0; i < 3; ++i) notifications.clock.advance(1s);
    notifications.write([](sql::Tx& tx) { tx.execute("DROP TRIGGER busy"); });
    settle([&] {
        notifications.clock.advance(100ms);
        return text_of("status", "one.refunded") == "sent";
    });
    notifications.clock.advance(10min);
    settle();
    EXPECT_EQ(mailer.attempts(), 1);
}

// ---- files

struct Folder : ::testing::Test {
    ServiceTest notifications{make_service, with_secret(), public_site};

    [[nodiscard]] std::filesystem::path folder() const { return notifications.data() / "mails"; }
    // The mbox file of that day.
    [[nodiscard]] std::string content(const std::string& day) const {
        std::ifstream file{folder() / (day + ".mbox"), std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
    // Whether it has that many emails, and all of the last one.
    [[nodiscard]] bool has_emails(const std::string& day, int count) const {
        auto text = content(day);
        auto found = 0;
        for (auto at = text.find("\nTo: <"); at != std::string::npos; at = text.find("\nTo: <", at + 1))
            ++found;
        return found == count && text.ends_with("--\n");
    }
};

TEST_F(Folder, exists_from_the_start) { EXPECT_TRUE(std::filesystem::is_directory(folder())); }

TEST_F(Folder, has_a_file_of_the_days_emails_that_mail_programs_can_open) {
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    eventually([&] { return has_emails("2026-01-01", 1); });
    std::ofstream{folder() / "2026-01-01.mbox", std::ios::app} << "cut off by a crash";
    notifications.receives(refunded("two", CancelReason::buyer));
    eventually([&] { return has_emails("2026-01-01", 2); });
    notifications.clock.advance(24h);
    notifications.receives(refunded("three", CancelReason::buyer));
    eventually([&] { return has_emails("2026-01-02", 1); });

    auto text = content("2026-01-01");
    EXPECT_TRUE(text.starts_with("From stagedoor Thu Jan  1 00:00:00 2026\nFrom: ")) << text;
    EXPECT_TRUE(text.contains("\ncut off by a crash\nFrom stagedoor Thu Jan  1 ")) << text;
    EXPECT_TRUE(text.contains("\nSubject: Your refund of $39.98\n")) << text;
    EXPECT_FALSE(text.contains('\r'));
}

TEST_F(Folder, has_attachments) {
    notifications.receives(registered("buyer"), registered("seller"),
                           contracts::TicketCreated{listing("concert")},
                           contracts::OrderCompleted{order("order-1", {line("concert")})});
    eventually([&] { return has_emails("2026-01-01", 2); });
    std::string message;
    auto entries = content("2026-01-01");
    auto begin = entries.find("From: ", entries.rfind("From stagedoor ", entries.find("To: <buyer@")));
    auto end = std::min(entries.find("\nFrom stagedoor ", begin), entries.size());
    for (auto c : entries.substr(begin, end - begin)) message += c == '\n' ? "\r\n" : std::string{c};
    auto email = parse_email(message);
    EXPECT_EQ(email.subject(), "Your tickets");
    expect_all(email.calendar, {"BEGIN:VCALENDAR\r\n", "UID:order-1.concert@stagedoor\r\n"});
}

TEST_F(Folder, that_is_not_writable_postpones_emails) {
    std::filesystem::remove(folder());
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    eventually(
        [&] { return notifications.number("SELECT count(*) FROM mails WHERE error IS NOT NULL") == 1; });
    std::filesystem::create_directory(folder());
    eventually([&] {
        notifications.clock.advance(100ms);
        return has_emails("2026-01-01", 1);
    });
}

}  // namespace stagedoor::notifications
