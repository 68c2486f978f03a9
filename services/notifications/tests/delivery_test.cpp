// When a mail goes out, when it waits, and when it is given up.
#include <filesystem>
#include <fstream>

#include "services/notifications/store/mails.hpp"
#include "services/notifications/tests/samples.hpp"

namespace stagedoor::notifications {

struct Delivery : Test {
    void completed(const std::string& id) {
        notifications.receives(contracts::OrderCompleted{order(id, {line("concert", 2, "buyer")})});
    }
    // The clock goes on by an hour, as often as that takes, until the mail is no longer queued; how many hours.
    int hours_until_over(const std::string& id) {
        int hours = 0;
        for (; text_of("status", id) == "queued" && hours < 100; ++hours) {
            notifications.clock.advance(1h);
            settle();
        }
        return hours;
    }
};

TEST_F(Delivery, waits_for_an_address_that_nobody_has_told_yet) {
    notifications.receives(refunded("one", CancelReason::buyer));
    settle();
    EXPECT_EQ(mailer.tries(), 0);
    EXPECT_EQ(text_of("error", "one.refunded"), "nobody has told the address");
    notifications.receives(registered("buyer"));
    notifications.clock.advance(1s);
    expect_taken(1);
}

TEST_F(Delivery, is_given_up_when_nobody_tells_the_address_for_a_day) {
    notifications.receives(refunded("one", CancelReason::buyer));
    settle();
    EXPECT_GE(hours_until_over("one.refunded"), 24);
    EXPECT_EQ(text_of("status", "one.refunded"), "given_up");
    EXPECT_EQ(mailer.tries(), 0);
}

TEST_F(Delivery, waits_for_a_listing_and_after_a_day_goes_without) {
    notifications.receives(registered("buyer"));
    completed("order-1");
    settle();
    EXPECT_EQ(mailer.tries(), 0);
    EXPECT_GE(hours_until_over("order-1.tickets"), 24);
    expect_all(mail("order-1.tickets").text, {"The concert", "2 tickets at $19.99"});
    expect_none(mail("order-1.tickets").text, {"Alte Oper"});
}

TEST_F(Delivery, goes_out_as_soon_as_the_listing_is_known) {
    notifications.receives(registered("buyer"));
    completed("order-1");
    settle();
    notifications.receives(contracts::TicketCreated{listing("concert")});
    notifications.clock.advance(1s);
    expect_all(mail("order-1.tickets").text, {"Alte Oper"});
}

TEST_F(Delivery, of_a_link_takes_the_address_that_was_told_with_it) {
    notifications.receives(link("one", contracts::LinkPurpose::confirm_email, now() + 1h));
    EXPECT_EQ(mail("one.confirm_email").headers.at("To"), "<buyer@example.com>");
}

TEST_F(Delivery, of_a_link_that_has_run_out_is_given_up) {
    mailer.set(Recorder::Manner::silent);
    notifications.receives(link("one", contracts::LinkPurpose::reset_password, now() + 1h));
    settle([&] { return mailer.tries() > 0; });
    settle();
    mailer.set(Recorder::Manner::takes);
    notifications.clock.advance(1h);
    settle([&] { return text_of("status", "one.reset_password") == "given_up"; });
    EXPECT_EQ(text_of("error", "one.reset_password"), "the link has run out");
    EXPECT_TRUE(mailer.taken().empty());
}

TEST_F(Delivery, of_a_link_to_confirm_what_is_confirmed_is_given_up) {
    auto person = registered("buyer");
    notifications.receives(person, contracts::UserConfirmed{person.id, person.email, 2},
                           link("one", contracts::LinkPurpose::confirm_email, now() + 1h),
                           link("two", contracts::LinkPurpose::reset_password, now() + 1h));
    expect_taken(1);
    settle([&] { return text_of("status", "one.confirm_email") == "given_up"; });
    EXPECT_EQ(mailer.taken().front().id, "two.reset_password");
}

TEST_F(Delivery, is_tried_again_with_growing_delay_and_given_up_after_three_days) {
    mailer.set(Recorder::Manner::refuses);
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    for (auto delay : {0s, 1s, 2s, 4s, 8s, 16s}) {
        auto tries = mailer.tries();
        if (delay > 0s) {
            notifications.clock.advance(delay - 200ms);
            settle();
            EXPECT_EQ(mailer.tries(), tries) << delay.count();
        }
        notifications.clock.advance(200ms);
        settle([&] { return mailer.tries() == tries + 1; });
        settle();
    }
    EXPECT_EQ(text_of("error", "one.refunded"), "451 later");
    auto hours = hours_until_over("one.refunded");
    EXPECT_GE(hours, 71);
    EXPECT_LE(hours, 74);
    EXPECT_EQ(text_of("status", "one.refunded"), "given_up");
}

TEST_F(Delivery, keeps_of_a_refusal_what_a_row_can_hold) {
    mailer.refuse_with("451 \x01 \xff later\r\n" + std::string(1000, 'x'));
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return !text_of("error", "one.refunded").empty(); });
    EXPECT_TRUE(text_of("error", "one.refunded").starts_with("451 ? ? later??x"));
    EXPECT_EQ(text_of("error", "one.refunded").size(), 500u);
}

TEST_F(Delivery, is_given_up_when_it_is_refused_for_good) {
    mailer.set(Recorder::Manner::refuses_for_good);
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return text_of("status", "one.refunded") == "given_up"; });
    EXPECT_EQ(mailer.tries(), 1);
}

TEST_F(Delivery, of_one_mail_that_fails_holds_up_no_other) {
    notifications.receives(
        contracts::UserRegistered{UserId{"buyer"}, "no address\r\nBcc: eve@example.com", 1},
        registered("seller"), contracts::TicketCreated{listing("concert")},
        contracts::OrderCompleted{order("order-1", {line("concert")})});
    expect_taken(1);
    EXPECT_EQ(mailer.taken().front().letter.to, "seller@example.com");
    settle([&] { return text_of("status", "order-1.tickets") == "given_up"; });
}

// Another copy claimed it and died before it noted what became of it.
TEST_F(Delivery, begun_by_a_copy_that_died_is_done_by_another) {
    notifications.receives(registered("buyer"));
    auto until = now() + 5min;
    auto claimed = notifications.write([&](sql::Tx& tx) {
        store::add(tx,
                   new_mail(Kind::refunded, "one", UserId{"buyer"}, refunded("one", CancelReason::buyer)));
        return store::claim(tx, 64, until);
    });
    ASSERT_EQ(claimed.mails.size(), 1u);
    notifications.clock.advance(4min);
    settle([&] { return true; });
    EXPECT_EQ(mailer.tries(), 0);
    notifications.clock.advance(1min);
    expect_taken(1);
    settle([&] { return text_of("status", "one.refunded") == "sent"; });
    // What the first copy says late changes nothing.
    notifications.write([&](sql::Tx& tx) {
        store::put_off(tx, claimed.mails.front(), tx.now(), "late");
        store::give_up(tx, claimed.mails.front(), "late");
    });
    EXPECT_EQ(text_of("status", "one.refunded"), "sent");
}

TEST_F(Delivery, of_one_mail_is_given_to_one_copy_only) {
    notifications.receives(registered("buyer"));
    auto until = now() + 5min;
    auto [first, second] = notifications.write([&](sql::Tx& tx) {
        for (int i = 0; i < 100; ++i) {
            auto id = std::to_string(i);
            store::add(tx, new_mail(Kind::refunded, id, UserId{"buyer"}, refunded(id, CancelReason::buyer)));
        }
        auto one = store::claim(tx, 64, until);
        auto two = store::claim(tx, 64, until);
        return std::pair{one.mails, two.mails};
    });
    EXPECT_EQ(first.size(), 64u);
    EXPECT_EQ(second.size(), 36u);
}

TEST_F(Delivery, keeps_up_with_many) {
    notifications.receives(registered("buyer"),
                           contracts::UserConfirmed{UserId{"buyer"}, "buyer@example.com", 2},
                           contracts::TicketCreated{listing("concert")});
    for (int i = 0; i < 500; ++i) completed("order-" + std::to_string(i));
    expect_taken(1000);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'sent'") == 1000; });
}

// ---- to strangers

TEST_F(Delivery, to_an_unconfirmed_address_of_what_strangers_cause_is_limited_to_ten_a_day) {
    notifications.receives(registered("buyer"), contracts::TicketCreated{listing("concert")});
    auto ran_out = [&](int i) {
        notifications.receives(
            cancelled(order("order-" + std::to_string(i), {line("concert")}), CancelReason::expired));
    };
    for (int i = 0; i < 12; ++i) ran_out(i);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'given_up'") == 2; });
    expect_taken(10);
    EXPECT_EQ(notifications.number("SELECT count(*) FROM mails WHERE error LIKE 'too many mails%'"), 2);

    notifications.receives(refunded("one", CancelReason::buyer));
    expect_taken(11);  // what somebody paid for is not counted
    notifications.receives(contracts::UserConfirmed{UserId{"buyer"}, "buyer@example.com", 2});
    ran_out(12);
    expect_taken(12);
}

TEST_F(Delivery, to_an_unconfirmed_address_may_go_on_the_next_day) {
    notifications.receives(registered("buyer"), contracts::TicketCreated{listing("concert")});
    auto sold = [&](int i) {
        auto paid = order("order-" + std::to_string(i), {line("concert", 1, "buyer")});
        paid.user_id = UserId{"nobody"};
        notifications.receives(contracts::OrderCompleted{paid});
    };
    for (int i = 0; i < 11; ++i) sold(i);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'given_up'") == 1; });
    notifications.clock.advance(24h);
    sold(11);
    expect_taken(11);
}

TEST_F(Delivery, that_failed_does_not_count_for_the_limit) {
    mailer.set(Recorder::Manner::refuses);
    notifications.receives(registered("buyer"), contracts::TicketCreated{listing("concert")});
    for (int i = 0; i < 12; ++i)
        notifications.receives(
            cancelled(order("order-" + std::to_string(i), {line("concert")}), CancelReason::expired));
    settle([&] { return mailer.tries() >= 10; });
    settle();
    mailer.set(Recorder::Manner::takes);
    notifications.clock.advance(1min);
    settle([&] { return notifications.number("SELECT count(*) FROM mails WHERE status = 'given_up'") == 2; });
    expect_taken(10);
}

// ---- noted late

TEST_F(Delivery, is_not_repeated_because_the_database_was_busy) {
    if (testing::is_postgres_wanted()) GTEST_SKIP() << "the trigger is SQLite's";
    notifications.write([](sql::Tx& tx) {
        tx.execute(
            "CREATE TRIGGER busy BEFORE UPDATE OF status ON mails BEGIN SELECT RAISE(ABORT, 'busy'); END");
    });
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    settle([&] { return mailer.tries() == 1; });
    for (int i = 0; i < 3; ++i) notifications.clock.advance(1s);
    notifications.write([](sql::Tx& tx) { tx.execute("DROP TRIGGER busy"); });
    settle([&] {
        notifications.clock.advance(100ms);
        return text_of("status", "one.refunded") == "sent";
    });
    notifications.clock.advance(10min);
    settle();
    EXPECT_EQ(mailer.tries(), 1);
}

// ---- to files

struct Folder : ::testing::Test {
    ServiceTest notifications{make_service, with_secret()};

    [[nodiscard]] std::filesystem::path folder() const { return notifications.data() / "mails"; }
    static std::string content(const std::filesystem::path& path) {
        std::ifstream file{path, std::ios::binary};
        return {std::istreambuf_iterator<char>{file}, {}};
    }
};

TEST_F(Folder, is_there_from_the_start) { EXPECT_TRUE(std::filesystem::is_directory(folder())); }

TEST_F(Folder, holds_each_mail_whole_under_its_id) {
    notifications.receives(registered("buyer"), refunded("a/../../b", CancelReason::buyer));
    auto path = folder() / "a%2F..%2F..%2Fb.refunded.eml";
    eventually([&] { return std::filesystem::exists(path); });
    auto received = read_message(content(path));
    EXPECT_EQ(received.subject(), "We paid back $39.98");
    EXPECT_EQ(std::distance(std::filesystem::directory_iterator{folder()}, {}), 1);
}

TEST_F(Folder, that_can_not_be_written_to_makes_a_mail_wait) {
    std::filesystem::remove(folder());
    notifications.receives(registered("buyer"), refunded("one", CancelReason::buyer));
    eventually(
        [&] { return notifications.number("SELECT count(*) FROM mails WHERE error IS NOT NULL") == 1; });
    std::filesystem::create_directory(folder());
    eventually([&] {
        notifications.clock.advance(100ms);
        return std::filesystem::exists(folder() / "one.refunded.eml");
    });
}

}  // namespace stagedoor::notifications
