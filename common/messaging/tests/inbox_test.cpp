#include "common/messaging/inbox.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <future>
#include <numeric>

#include "common/messaging/tests/counters.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::messaging {
namespace {

using namespace std::chrono_literals;

struct Heard {
    std::string id;
    std::int64_t version = 0;
    auto operator<=>(const Heard&) const = default;
};
BOOST_DESCRIBE_STRUCT(Heard, (), (id, version))

struct Parked {
    std::int64_t version = 0, tries = 0;
    std::optional<Instant> due_at;
    bool dead = false;
};
BOOST_DESCRIBE_STRUCT(Parked, (), (version, tries, due_at, dead))

struct InboxTest : ::testing::Test {
    InboxTest() {
        db_->migrate(test_migrations());
        inbox_.on<CounterRaised>([this](sql::Tx& tx, const CounterRaised& event) {
            ++calls_;
            hear(tx, event);
            if (then_) then_(tx, event);
        });
    }
    ~InboxTest() override { db_->close(); }  // before the loops go: it answers on them to the last

    Event raised(std::string id, std::int64_t version, std::int64_t by = 1) {
        return event_of(CounterRaised{std::move(id), by, version}, clock_.now());
    }
    Event named(std::string id, std::int64_t version) {
        return event_of(CounterNamed{std::move(id), version}, clock_.now());
    }
    Event unreadable(std::string id, std::int64_t version) {
        auto event = raised(std::move(id), version);
        event.data = R"({"id":"c","version":"one"})";
        return event;
    }

    void receive(std::vector<Event> events, std::optional<Position> position = std::nullopt) {
        loop_.wait_for(inbox_.receive(std::move(events), std::move(position)));
    }
    std::optional<Instant> retry_due() { return loop_.wait_for(inbox_.retry_due()); }
    std::vector<DeadLetter> dead_letters() { return loop_.wait_for(inbox_.dead_letters(100)); }
    std::int64_t position() { return loop_.wait_for(inbox_.position("counters")); }

    template <class F>
    auto read(F fn) {
        return loop_.wait_for(db_->read(std::move(fn)));
    }
    // What was heard, in the order in which it was.
    std::vector<Heard> heard() {
        return read(
            [](sql::Tx& tx) { return tx.query<Heard>("SELECT id, version FROM heard ORDER BY position"); });
    }
    std::vector<std::int64_t> was_received(const std::string& id) {
        return read([&](sql::Tx& tx) {
            return tx.query<std::int64_t>("SELECT version FROM heard WHERE id = $1 ORDER BY position", id);
        });
    }
    std::vector<Parked> parked(const std::string& id = "c") {
        return read([&](sql::Tx& tx) {
            return tx.query<Parked>(
                "SELECT version, tries, due_at, dead FROM parked WHERE entity_id = $1 ORDER BY version", id);
        });
    }

    // What the listener does once it has written; it runs on a thread of the database, between two calls from
    // here.
    std::function<void(sql::Tx&, const CounterRaised&)> then_;
    std::atomic<int> calls_ = 0;

    runtime::TemporaryFolder folder_;
    runtime::ManualClock clock_;
    runtime::Metrics metrics_;
    ReadYourWrites read_your_writes_{clock_};
    std::unique_ptr<sql::Database> db_ =
        sql::open_sqlite({.path = folder_.file("inbox.db"), .name = "inbox"}, clock_);
    Inbox inbox_{"listeners", *db_, clock_, metrics_, read_your_writes_};
    runtime::EventLoopThread loop_, second_loop_;
};

using Versions = std::vector<std::int64_t>;

// ---- once, in order

TEST_F(InboxTest, applies_an_event_once_however_often_it_is_delivered) {
    for (int i = 0; i < 3; ++i) receive({raised("c", 1)});
    receive({raised("c", 1), raised("c", 1), raised("c", 2), raised("c", 1), raised("c", 2)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, parks_what_comes_early_and_applies_it_when_the_gap_is_filled) {
    receive({raised("c", 3)});
    receive({raised("c", 2), raised("c", 5)});
    EXPECT_TRUE(heard().empty());
    ASSERT_EQ(parked().size(), 3u);
    EXPECT_EQ(parked()[0].tries, 0);
    EXPECT_FALSE(parked()[0].due_at);  // waits for the gap, not for a time
    EXPECT_EQ(retry_due(), std::nullopt);

    receive({raised("c", 1)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2, 3}));
    ASSERT_EQ(parked().size(), 1u);
    receive({raised("c", 4)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2, 3, 4, 5}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, waiting_for_a_gap_is_never_a_try) {
    receive({raised("c", 2)});
    for (int i = 0; i < 20; ++i) {
        receive({raised("c", 2)});
        clock_.advance(1h);
        EXPECT_EQ(retry_due(), std::nullopt);
    }
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_EQ(parked()[0].tries, 0);
    receive({raised("c", 1)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
}

TEST_F(InboxTest, counts_the_versions_of_events_that_nobody_listens_to) {
    receive({named("c", 1), raised("c", 2), raised("c", 4)});
    EXPECT_EQ(was_received("c"), (Versions{2}));
    receive({named("c", 3)});
    EXPECT_EQ(was_received("c"), (Versions{2, 4}));
}

TEST_F(InboxTest, keeps_entities_of_different_kinds_apart) {
    inbox_.on<ReportWritten>(
        [](sql::Tx& tx, const ReportWritten& event) { hear(tx, {"report " + event.id, 1, event.version}); });
    receive({raised("c", 1), event_of(ReportWritten{"c", 1}, clock_.now()), raised("c", 2)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
    EXPECT_EQ(was_received("report c"), (Versions{1}));
}

TEST_F(InboxTest, says_which_entities_it_hears_of_whom) {
    inbox_.on<ReportWritten>([](sql::Tx&, const ReportWritten&) {});
    EXPECT_EQ(inbox_.subscriptions(), (std::map<std::string, std::set<std::string>>{
                                          {"counters", {"counter"}}, {"reports", {"report"}}}));
}

// Any order, any number of copies, in batches of any size: the same as in order and once.
TEST_F(InboxTest, hears_every_permutation_with_duplicates_as_if_it_had_come_in_order) {
    int round = 0;
    auto kept = rc::check("converges", [&] {
        struct Copy {
            int order;
            Event event;
        };
        ++round;
        auto entities = *rc::gen::inRange(1, 4);
        std::map<std::string, Versions> wanted;
        std::vector<Copy> copies;
        for (int entity = 0; entity < entities; ++entity) {
            auto id = std::to_string(round) + "/" + std::to_string(entity);
            auto versions = *rc::gen::inRange(1, 8);
            for (std::int64_t version = 1; version <= versions; ++version) {
                auto told = *rc::gen::inRange(0, 5) == 0 ? named(id, version) : raised(id, version);
                if (told.type == CounterRaised::subject) wanted[id].push_back(version);
                for (auto left = *rc::gen::inRange(1, 4); left > 0; --left)
                    copies.push_back({*rc::gen::arbitrary<int>(), told});
            }
        }
        std::ranges::sort(copies, {}, &Copy::order);
        for (std::size_t at = 0; at < copies.size();) {
            std::vector<Event> batch;
            for (auto size = *rc::gen::inRange<std::size_t>(1, 9); size > 0 && at < copies.size(); --size)
                batch.push_back(copies[at++].event);
            receive(std::move(batch));
        }
        for (int entity = 0; entity < entities; ++entity) {
            auto id = std::to_string(round) + "/" + std::to_string(entity);
            RC_ASSERT(was_received(id) == wanted[id]);
            RC_ASSERT(parked(id).empty());
        }
    });
    EXPECT_TRUE(kept);
}

// The same while listeners fail now and then, with nothing but time to help.
TEST_F(InboxTest, hears_every_permutation_in_order_although_listeners_fail_now_and_then) {
    std::map<Heard, int> failures_left;
    then_ = [&](sql::Tx&, const CounterRaised& event) {
        auto& left = failures_left[{event.id, event.version}];
        if (left > 0) {
            --left;
            throw std::runtime_error("not now");
        }
    };
    int round = 0;
    auto kept = rc::check("converges", [&] {
        struct Copy {
            int order;
            Event event;
        };
        auto id = std::to_string(++round);
        auto versions = *rc::gen::inRange(1, 8);
        std::vector<Copy> copies;
        Versions wanted;
        for (std::int64_t version = 1; version <= versions; ++version) {
            wanted.push_back(version);
            failures_left[{id, version}] = *rc::gen::inRange(0, 4);
            for (auto left = *rc::gen::inRange(1, 3); left > 0; --left)
                copies.push_back({*rc::gen::arbitrary<int>(), raised(id, version)});
        }
        std::ranges::sort(copies, {}, &Copy::order);
        for (auto& copy : copies) {
            receive({copy.event});
            clock_.advance(std::chrono::milliseconds{*rc::gen::inRange(0, 3'000)});
            if (*rc::gen::arbitrary<bool>()) (void)retry_due();
        }
        while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
        RC_ASSERT(was_received(id) == wanted);
        RC_ASSERT(parked(id).empty());
    });
    EXPECT_TRUE(kept);
}

TEST_F(InboxTest, of_two_copies_of_a_service_applies_each_event_once) {
    Inbox copy{"listeners", *db_, clock_, metrics_, read_your_writes_};
    copy.on<CounterRaised>([](sql::Tx& tx, const CounterRaised& event) { hear(tx, event); });
    auto deliver = [this](runtime::EventLoopThread& loop, Inbox& inbox, int step) {
        for (int i = 0; i < 60; ++i) {
            auto version = step > 0 ? i + 1 : 60 - i;
            loop.wait_for(inbox.receive({raised("c", version), raised("d", version)}, std::nullopt));
        }
    };
    auto forwards = std::async(std::launch::async, [&] { deliver(loop_, inbox_, 1); });
    auto backwards = std::async(std::launch::async, [&] { deliver(second_loop_, copy, -1); });
    forwards.get();
    backwards.get();
    Versions all(60);
    std::iota(all.begin(), all.end(), 1);
    EXPECT_EQ(was_received("c"), all);
    EXPECT_EQ(was_received("d"), all);
    EXPECT_TRUE(parked("c").empty());
}

// ---- listeners that fail

TEST_F(InboxTest, undoes_what_a_listener_did_before_it_threw) {
    then_ = [](sql::Tx& tx, const CounterRaised&) {
        outbox::publish(tx, ReportWritten{"r", 1});
        throw std::runtime_error("no");
    };
    receive({raised("c", 1)});
    EXPECT_TRUE(heard().empty());
    EXPECT_EQ(read([](sql::Tx& tx) { return outbox::newest(tx); }), 0);
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_EQ(parked()[0].tries, 1);

    then_ = [](sql::Tx& tx, const CounterRaised&) { outbox::publish(tx, ReportWritten{"r", 1}); };
    clock_.advance(1s);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1}));
    EXPECT_EQ(read([](sql::Tx& tx) { return outbox::newest(tx); }), 1);
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, tries_again_with_growing_delay_and_gives_up_after_ten_tries) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("the listener has a bug"); };
    receive({raised("c", 1)});
    EXPECT_EQ(parked().at(0).tries, 1);
    for (int tried = 1; tried < 10; ++tried) {
        auto delay = std::chrono::seconds{1 << (tried - 1)};  // 1 s, 2 s, 4 s … 256 s
        EXPECT_EQ(parked().at(0).tries, tried);
        EXPECT_EQ(parked().at(0).due_at, clock_.now() + delay);
        auto calls = calls_.load();
        clock_.advance(delay - 1ms);
        EXPECT_EQ(retry_due(), clock_.now() + 1ms);
        EXPECT_EQ(calls_, calls) << "tried before its time";
        EXPECT_TRUE(dead_letters().empty());
        clock_.advance(1ms);
        (void)retry_due();
        EXPECT_GT(calls_, calls);
    }
    EXPECT_EQ(retry_due(), std::nullopt);
    ASSERT_EQ(dead_letters().size(), 1u);
    auto letter = dead_letters().front();
    EXPECT_EQ(letter.entity, "counter");
    EXPECT_EQ(letter.entity_id, "c");
    EXPECT_EQ(letter.version, 1);
    EXPECT_EQ(letter.type, "counter.raised");
    EXPECT_EQ(letter.source, "counters");
    EXPECT_EQ(letter.error, "the listener has a bug");
    EXPECT_EQ(letter.tries, 10);
    EXPECT_EQ(letter.data, R"({"id":"c","by":1,"version":1})");

    auto calls = calls_.load();
    clock_.advance(24h);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(calls_, calls);
    EXPECT_NE(metrics_.to_text().find(R"(stagedoor_events_dead_total{service="listeners"} 1)"),
              std::string::npos);
}

TEST_F(InboxTest, holds_back_the_entity_of_a_failed_event_and_no_other) {
    then_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c" && event.version == 2) throw std::runtime_error("no");
    };
    receive({raised("c", 1), raised("d", 1), raised("c", 2), raised("c", 3), raised("d", 2)});
    receive({raised("d", 3), raised("c", 4)});
    EXPECT_EQ(was_received("c"), (Versions{1}));
    EXPECT_EQ(was_received("d"), (Versions{1, 2, 3}));
    EXPECT_EQ(parked().size(), 3u);

    then_ = nullptr;
    clock_.advance(1s);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1, 2, 3, 4}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, keeps_what_came_before_a_failing_successor) {
    then_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.version == 2) throw std::runtime_error("no");
    };
    receive({raised("c", 2)});
    receive({raised("c", 3)});
    receive({raised("c", 1)});  // fills the gap; 2 fails and does not take 1 with it
    EXPECT_EQ(was_received("c"), (Versions{1}));
    then_ = nullptr;
    (void)retry_due();
    EXPECT_EQ(was_received("c"), (Versions{1, 2, 3}));
}

TEST_F(InboxTest, broken_constraint_in_a_listener_is_a_failed_try_and_not_the_end_of_the_batch) {
    then_ = [](sql::Tx& tx, const CounterRaised& event) {
        if (event.id == "c")
            tx.execute("INSERT INTO heard(position, id, version, by) VALUES (1, 'x', 1, 1), (1, 'x', 1, 1)");
    };
    receive({raised("d", 1), raised("c", 1), raised("d", 2)});
    EXPECT_EQ(was_received("d"), (Versions{1, 2}));
    EXPECT_EQ(parked().at(0).tries, 1);
}

TEST_F(InboxTest, buries_at_once_what_can_not_be_read) {
    receive({raised("c", 1), unreadable("c", 2), raised("c", 3), raised("d", 1)});
    EXPECT_EQ(was_received("c"), (Versions{1}));
    EXPECT_EQ(was_received("d"), (Versions{1}));
    ASSERT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(dead_letters()[0].version, 2);
    EXPECT_EQ(dead_letters()[0].tries, 1);
    EXPECT_EQ(dead_letters()[0].error, "by is missing");
    EXPECT_EQ(calls_,
              1 + 1 + 1);  // c 1 twice, since its batch failed at c 2 first; never with what can't be read
    EXPECT_EQ(retry_due(), std::nullopt);
}

TEST_F(InboxTest, buries_what_can_not_be_read_when_its_turn_comes) {
    receive({unreadable("c", 2)});
    EXPECT_TRUE(dead_letters().empty());
    receive({raised("c", 1)});
    (void)retry_due();
    ASSERT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(was_received("c"), (Versions{1}));
}

TEST_F(InboxTest, takes_a_repeated_delivery_of_a_failed_event_for_no_new_beginning) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)});
    for (int i = 0; i < 3; ++i) {
        clock_.advance(parked().at(0).due_at.value() - clock_.now());
        (void)retry_due();
    }
    ASSERT_EQ(parked().at(0).tries, 4);
    auto due = parked().at(0).due_at;
    receive({raised("c", 1)});
    EXPECT_EQ(parked().at(0).tries, 4);
    EXPECT_EQ(parked().at(0).due_at, due);
}

TEST_F(InboxTest, leaves_a_dead_letter_dead_when_it_is_delivered_again_and_fails_again) {
    receive({unreadable("c", 1)});
    receive({unreadable("c", 1)});
    EXPECT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(retry_due(), std::nullopt);
}

TEST_F(InboxTest, applies_a_failed_event_that_is_delivered_again_and_works) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    then_ = nullptr;
    receive({raised("c", 1)});
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

// ---- explicit acts

TEST_F(InboxTest, dead_letter_that_is_sent_again_is_tried_and_frees_what_it_held_back) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    ASSERT_EQ(dead_letters().size(), 1u);

    then_ = nullptr;
    EXPECT_TRUE(loop_.wait_for(inbox_.send_again("counter", "c", 1)));
    EXPECT_TRUE(dead_letters().empty());
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, dead_letter_that_is_sent_again_has_ten_tries_again) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)});
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    auto calls = calls_.load();
    EXPECT_TRUE(loop_.wait_for(inbox_.send_again("counter", "c", 1)));
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    EXPECT_EQ(calls_ - calls, 10);
    EXPECT_EQ(dead_letters().size(), 1u);
}

TEST_F(InboxTest, dead_letter_that_is_skipped_is_left_out_and_frees_what_it_held_back) {
    receive({unreadable("c", 1), raised("c", 2), raised("c", 3), raised("c", 5)});
    EXPECT_TRUE(loop_.wait_for(inbox_.skip("counter", "c", 1)));
    EXPECT_EQ(was_received("c"), (Versions{2, 3}));
    EXPECT_TRUE(dead_letters().empty());
    receive({unreadable("c", 1)});  // delivered again: it is behind us
    EXPECT_TRUE(dead_letters().empty());
    receive({raised("c", 4)});
    EXPECT_EQ(was_received("c"), (Versions{2, 3, 4, 5}));
}

TEST_F(InboxTest, acts_on_dead_letters_only) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    for (std::int64_t version : {1, 2, 3}) {
        EXPECT_FALSE(loop_.wait_for(inbox_.send_again("counter", "c", version)));
        EXPECT_FALSE(loop_.wait_for(inbox_.skip("counter", "c", version)));
    }
    EXPECT_EQ(parked().size(), 2u);
}

TEST_F(InboxTest, counts_what_is_parked_and_what_is_dead_as_it_is_now) {
    auto expect_counted = [&](int parked, int dead) {
        loop_.wait_for(inbox_.count_kept());
        auto text = metrics_.to_text();
        for (const auto& [name, number] : {std::pair{"parked_events", parked}, {"dead_letters", dead}}) {
            auto line = "\nstagedoor_" + std::string{name} + "{service=\"listeners\"} " +
                        std::to_string(number) + "\n";
            EXPECT_NE(text.find(line), std::string::npos) << "not" << line << text;
        }
    };
    expect_counted(0, 0);
    receive({raised("early", 2), raised("early", 3), unreadable("dead", 1)});
    expect_counted(2, 1);
    receive({raised("early", 1)});
    EXPECT_TRUE(loop_.wait_for(inbox_.skip("counter", "dead", 1)));
    expect_counted(0, 0);
}

TEST_F(InboxTest, shows_as_many_dead_letters_as_are_asked_for_the_oldest_first) {
    for (auto id : {"a", "b", "c"}) {
        receive({unreadable(id, 1)});
        clock_.advance(1s);
    }
    auto two = loop_.wait_for(inbox_.dead_letters(2));
    ASSERT_EQ(two.size(), 2u);
    EXPECT_EQ(two[0].entity_id, "a");
    EXPECT_EQ(two[1].entity_id, "b");
    auto rest = loop_.wait_for(
        inbox_.dead_letters(2, {two[1].time, two[1].entity, two[1].entity_id, two[1].version}));
    ASSERT_EQ(rest.size(), 1u);
    EXPECT_EQ(rest[0].entity_id, "c");
}

TEST_F(InboxTest, shows_one_dead_letter_in_full) {
    receive({unreadable("c", 1), raised("d", 2)});
    auto letter = loop_.wait_for(inbox_.find_dead_letter("counter", "c", 1));
    ASSERT_TRUE(letter);
    EXPECT_EQ(letter->data, R"({"id":"c","version":"one"})");
    EXPECT_EQ(letter->error, "by is missing");
    EXPECT_FALSE(loop_.wait_for(inbox_.find_dead_letter("counter", "d", 2)));  // only early
}

// ---- what has its time

TEST_F(InboxTest, event_that_may_not_be_before_a_time_waits_for_it_and_that_is_not_a_try) {
    auto time = clock_.now() + 1h;
    then_ = [&](sql::Tx& tx, const CounterRaised& event) {
        if (event.version == 1 && tx.now() < time) throw NotBefore{time};
    };
    receive({raised("c", 1), raised("c", 2), raised("d", 2)});
    EXPECT_TRUE(heard().empty());
    EXPECT_EQ(parked().at(0).tries, 0);
    EXPECT_EQ(parked().at(0).due_at, time);
    EXPECT_EQ(retry_due(), time);
    for (int i = 0; i < 12; ++i) receive({raised("c", 1)});
    clock_.advance(1h - 1ms);
    EXPECT_EQ(retry_due(), time);
    EXPECT_TRUE(dead_letters().empty());
    clock_.advance(1ms);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1, 2}));
}

TEST_F(InboxTest, time_to_wait_for_may_move_on_any_number_of_times) {
    auto time = clock_.now() + 1min;
    then_ = [&](sql::Tx& tx, const CounterRaised&) {
        if (tx.now() < time) throw NotBefore{time};
    };
    receive({raised("c", 1)});
    for (int i = 0; i < 15; ++i) {
        clock_.advance(time - clock_.now() - 1ms);
        auto old = std::exchange(time, time + 1min);
        clock_.advance(1ms);
        EXPECT_EQ(clock_.now(), old);
        EXPECT_EQ(retry_due(), time);
        EXPECT_EQ(parked().at(0).tries, 0);
    }
    clock_.advance(1min);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1}));
}

// ---- the position, the trace, the database

TEST_F(InboxTest, position_moves_with_the_effect) {
    EXPECT_EQ(position(), 0);
    receive({raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(position(), 7);
    EXPECT_EQ(loop_.wait_for(inbox_.position("others")), 0);
    receive({}, Position{"counters", 9});
    EXPECT_EQ(position(), 9);
}

TEST_F(InboxTest, position_moves_past_an_event_that_was_parked) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(position(), 7);
    EXPECT_EQ(parked().size(), 1u);
}

TEST_F(InboxTest, failure_of_the_database_is_not_the_events_fault) {
    then_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c") throw sql::DatabaseError("disk full");
    };
    EXPECT_THROW(receive({raised("d", 1), raised("c", 1)}, Position{"counters", 7}), sql::DatabaseError);
    EXPECT_TRUE(heard().empty());
    EXPECT_TRUE(parked().empty());
    EXPECT_EQ(position(), 0);

    then_ = nullptr;
    receive({raised("d", 1), raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(heard(), (std::vector<Heard>{{"d", 1}, {"c", 1}}));
    EXPECT_EQ(position(), 7);
}

TEST_F(InboxTest, failure_of_the_database_at_a_retry_is_not_a_try) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)});
    clock_.advance(1s);
    then_ = [](sql::Tx&, const CounterRaised&) { throw sql::DatabaseError("disk full"); };
    EXPECT_THROW((void)retry_due(), sql::DatabaseError);
    EXPECT_EQ(parked().at(0).tries, 1);
    then_ = nullptr;
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1}));
}

TEST_F(InboxTest, listener_works_under_the_trace_of_its_event) {
    then_ = [](sql::Tx& tx, const CounterRaised& event) { outbox::publish(tx, ReportWritten{event.id, 1}); };
    auto traced = event_of(CounterRaised{"a", 1, 1}, clock_.now(), "00-of-a");
    auto early = event_of(CounterRaised{"b", 1, 2}, clock_.now(), "00-of-b2");
    receive({early, traced, raised("c", 1)});
    receive({event_of(CounterNamed{"b", 1}, clock_.now(), "00-of-b1")});
    auto told = read([](sql::Tx& tx) { return outbox::read_after(tx, "reports", 0, 10); });
    ASSERT_EQ(told.size(), 3u);
    EXPECT_EQ(told[0].event.traceparent, "00-of-a");
    EXPECT_EQ(told[1].event.traceparent, "");
    EXPECT_EQ(told[2].event.traceparent, "00-of-b2");
}

TEST_F(InboxTest, wakes_those_who_wait_for_what_has_arrived) {
    auto found = std::async(std::launch::async, [&] {
        return loop_.wait_for(read_your_writes_.wait_until_known("c", [this]() -> Task<bool> {
            auto rows = co_await db_->read([](sql::Tx& tx) {
                return tx.query<std::int64_t>("SELECT version FROM heard WHERE id = 'c'");
            });
            co_return !rows.empty();
        }));
    });
    receive({raised("c", 1)});
    EXPECT_TRUE(found.get());
}

TEST_F(InboxTest, keeps_everything_over_a_restart) {
    then_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c") throw std::runtime_error("no");
    };
    receive({raised("c", 1), raised("d", 1), raised("d", 3)}, Position{"counters", 3});
    db_->close();
    db_ = sql::open_sqlite({.path = folder_.file("inbox.db"), .name = "inbox"}, clock_);
    db_->migrate(test_migrations());
    Inbox again{"listeners", *db_, clock_, metrics_, read_your_writes_};
    again.on<CounterRaised>([](sql::Tx& tx, const CounterRaised& event) { hear(tx, event); });
    EXPECT_EQ(loop_.wait_for(again.position("counters")), 3);
    loop_.wait_for(again.receive({raised("d", 1), raised("d", 2)}, std::nullopt));
    EXPECT_EQ(was_received("d"), (Versions{1, 2, 3}));
    clock_.advance(1s);
    EXPECT_EQ(loop_.wait_for(again.retry_due()), std::nullopt);
    EXPECT_EQ(was_received("c"), (Versions{1}));
}

TEST_F(InboxTest, tries_very_many_failed_events_in_portions) {
    then_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    std::vector<Event> all;
    for (int i = 0; i < 250; ++i) all.push_back(raised("c" + std::to_string(i), 1));
    receive(std::move(all));
    then_ = nullptr;
    clock_.advance(1s);
    int portions = 0;
    while (auto due = retry_due()) {
        ASSERT_LE(*due, clock_.now());
        ASSERT_LT(++portions, 10);
    }
    EXPECT_EQ(heard().size(), 250u);
}

}  // namespace
}  // namespace stagedoor::messaging
