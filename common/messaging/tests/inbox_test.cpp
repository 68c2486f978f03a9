#include "common/messaging/inbox.hpp"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <future>
#include <numeric>

#include "common/messaging/outbox_log.hpp"
#include "common/messaging/tests/counters.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::messaging {
namespace {

using namespace std::chrono_literals;
using bus::Event;
using bus::Position;

struct Received {
    std::string id;
    std::int64_t version = 0;
    auto operator<=>(const Received&) const = default;
};
BOOST_DESCRIBE_STRUCT(Received, (), (id, version))

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
            record(tx, event);
            if (effect_) effect_(tx, event);
        });
    }
    ~InboxTest() override { db_->close(); }  // before the loops stop, since it posts to them until closed

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
    // In the order in which they were handled.
    std::vector<Received> received() {
        return read([](sql::Tx& tx) {
            return tx.query<Received>("SELECT id, version FROM received ORDER BY position");
        });
    }
    std::vector<std::int64_t> versions_received(const std::string& id) {
        return read([&](sql::Tx& tx) {
            return tx.query<std::int64_t>("SELECT version FROM received WHERE id = $1 ORDER BY position", id);
        });
    }
    std::vector<Parked> parked(const std::string& id = "c") {
        return read([&](sql::Tx& tx) {
            return tx.query<Parked>(
                "SELECT version, tries, due_at, dead FROM parked WHERE entity_id = $1 ORDER BY version", id);
        });
    }

    // A further effect of the handler, called on a database thread.
    std::function<void(sql::Tx&, const CounterRaised&)> effect_;
    std::atomic<int> calls_ = 0;

    runtime::TemporaryFolder folder_;
    runtime::ManualClock clock_;
    runtime::Metrics metrics_;
    ReadYourWrites read_your_writes_{clock_};
    std::unique_ptr<sql::Database> db_ =
        sql::open_sqlite({.path = folder_.file("inbox.db"), .name = "inbox"}, clock_);
    Inbox inbox_{"subscribers", *db_, clock_, metrics_, read_your_writes_};
    runtime::EventLoopThread loop_, second_loop_;
};

using Versions = std::vector<std::int64_t>;

// ---- once, in order

TEST_F(InboxTest, applies_an_event_once_however_often_it_is_delivered) {
    for (int i = 0; i < 3; ++i) receive({raised("c", 1)});
    receive({raised("c", 1), raised("c", 1), raised("c", 2), raised("c", 1), raised("c", 2)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, parks_early_events_and_applies_them_when_the_gap_is_filled) {
    receive({raised("c", 3)});
    receive({raised("c", 2), raised("c", 5)});
    EXPECT_TRUE(received().empty());
    ASSERT_EQ(parked().size(), 3u);
    EXPECT_EQ(parked()[0].tries, 0);
    EXPECT_FALSE(parked()[0].due_at);  // waits for the gap, not for a time
    EXPECT_EQ(retry_due(), std::nullopt);

    receive({raised("c", 1)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2, 3}));
    ASSERT_EQ(parked().size(), 1u);
    receive({raised("c", 4)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2, 3, 4, 5}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, waiting_for_a_gap_does_not_count_as_an_attempt) {
    receive({raised("c", 2)});
    for (int i = 0; i < 20; ++i) {
        receive({raised("c", 2)});
        clock_.advance(1h);
        EXPECT_EQ(retry_due(), std::nullopt);
    }
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_EQ(parked()[0].tries, 0);
    receive({raised("c", 1)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
}

TEST_F(InboxTest, counts_the_versions_of_events_without_a_handler) {
    receive({named("c", 1), raised("c", 2), raised("c", 4)});
    EXPECT_EQ(versions_received("c"), (Versions{2}));
    receive({named("c", 3)});
    EXPECT_EQ(versions_received("c"), (Versions{2, 4}));
}

TEST_F(InboxTest, distinguishes_entities_of_different_kinds_with_the_same_id) {
    inbox_.on<ReportWritten>([](sql::Tx& tx, const ReportWritten& event) {
        record(tx, {"report " + event.id, 1, event.version});
    });
    receive({raised("c", 1), event_of(ReportWritten{"c", 1}, clock_.now()), raised("c", 2)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
    EXPECT_EQ(versions_received("report c"), (Versions{1}));
}

TEST_F(InboxTest, knows_which_entities_it_subscribes_to) {
    inbox_.on<ReportWritten>([](sql::Tx&, const ReportWritten&) {});
    EXPECT_EQ(inbox_.subscriptions(), (std::map<std::string, std::set<std::string>>{
                                          {"counters", {"counter"}}, {"reports", {"report"}}}));
}

// Any order, any number of duplicates, batches of any size: the result is the same as in order and once.
TEST_F(InboxTest, applies_every_permutation_with_duplicates_in_order) {
    int round = 0;
    auto kept = rc::check("converges", [&] {
        struct Delivery {
            int order;
            Event event;
        };
        ++round;
        auto entities = *rc::gen::inRange(1, 4);
        std::map<std::string, Versions> expected;
        std::vector<Delivery> deliveries;
        for (int entity = 0; entity < entities; ++entity) {
            auto id = std::to_string(round) + "/" + std::to_string(entity);
            auto versions = *rc::gen::inRange(1, 8);
            for (std::int64_t version = 1; version <= versions; ++version) {
                auto event = *rc::gen::inRange(0, 5) == 0 ? named(id, version) : raised(id, version);
                if (event.type == CounterRaised::subject) expected[id].push_back(version);
                for (auto left = *rc::gen::inRange(1, 4); left > 0; --left)
                    deliveries.push_back({*rc::gen::arbitrary<int>(), event});
            }
        }
        std::ranges::sort(deliveries, {}, &Delivery::order);
        for (std::size_t at = 0; at < deliveries.size();) {
            std::vector<Event> batch;
            for (auto size = *rc::gen::inRange<std::size_t>(1, 9); size > 0 && at < deliveries.size(); --size)
                batch.push_back(deliveries[at++].event);
            receive(std::move(batch));
        }
        for (int entity = 0; entity < entities; ++entity) {
            auto id = std::to_string(round) + "/" + std::to_string(entity);
            RC_ASSERT(versions_received(id) == expected[id]);
            RC_ASSERT(parked(id).empty());
        }
    });
    EXPECT_TRUE(kept);
}

// The same, with handlers that fail now and then, so that events have to be retried.
TEST_F(InboxTest, applies_every_permutation_in_order_even_if_handlers_fail) {
    std::map<Received, int> failures_left;
    effect_ = [&](sql::Tx&, const CounterRaised& event) {
        auto& left = failures_left[{event.id, event.version}];
        if (left > 0) {
            --left;
            throw std::runtime_error("not now");
        }
    };
    int round = 0;
    auto kept = rc::check("converges", [&] {
        struct Delivery {
            int order;
            Event event;
        };
        auto id = std::to_string(++round);
        auto versions = *rc::gen::inRange(1, 8);
        std::vector<Delivery> deliveries;
        Versions expected;
        for (std::int64_t version = 1; version <= versions; ++version) {
            expected.push_back(version);
            failures_left[{id, version}] = *rc::gen::inRange(0, 4);
            for (auto left = *rc::gen::inRange(1, 3); left > 0; --left)
                deliveries.push_back({*rc::gen::arbitrary<int>(), raised(id, version)});
        }
        std::ranges::sort(deliveries, {}, &Delivery::order);
        for (auto& delivery : deliveries) {
            receive({delivery.event});
            clock_.advance(std::chrono::milliseconds{*rc::gen::inRange(0, 3'000)});
            if (*rc::gen::arbitrary<bool>()) (void)retry_due();
        }
        while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
        RC_ASSERT(versions_received(id) == expected);
        RC_ASSERT(parked(id).empty());
    });
    EXPECT_TRUE(kept);
}

TEST_F(InboxTest, two_replicas_apply_each_event_once) {
    Inbox replica{"subscribers", *db_, clock_, metrics_, read_your_writes_};
    replica.on<CounterRaised>([](sql::Tx& tx, const CounterRaised& event) { record(tx, event); });
    auto deliver = [this](runtime::EventLoopThread& loop, Inbox& inbox, int step) {
        for (int i = 0; i < 60; ++i) {
            auto version = step > 0 ? i + 1 : 60 - i;
            loop.wait_for(inbox.receive({raised("c", version), raised("d", version)}, std::nullopt));
        }
    };
    auto forwards = std::async(std::launch::async, [&] { deliver(loop_, inbox_, 1); });
    auto backwards = std::async(std::launch::async, [&] { deliver(second_loop_, replica, -1); });
    forwards.get();
    backwards.get();
    Versions all(60);
    std::iota(all.begin(), all.end(), 1);
    EXPECT_EQ(versions_received("c"), all);
    EXPECT_EQ(versions_received("d"), all);
    EXPECT_TRUE(parked("c").empty());
}

// ---- failing handlers

TEST_F(InboxTest, rolls_back_a_handler_that_throws) {
    effect_ = [](sql::Tx& tx, const CounterRaised&) {
        outbox::publish(tx, ReportWritten{"r", 1});
        throw std::runtime_error("no");
    };
    receive({raised("c", 1)});
    EXPECT_TRUE(received().empty());
    EXPECT_EQ(read([](sql::Tx& tx) { return outbox::newest_position(tx); }), 0);
    ASSERT_EQ(parked().size(), 1u);
    EXPECT_EQ(parked()[0].tries, 1);

    effect_ = [](sql::Tx& tx, const CounterRaised&) { outbox::publish(tx, ReportWritten{"r", 1}); };
    clock_.advance(1s);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    EXPECT_EQ(read([](sql::Tx& tx) { return outbox::newest_position(tx); }), 1);
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, retries_with_growing_delay_and_gives_up_after_ten_attempts) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("the handler has a bug"); };
    receive({raised("c", 1)});
    EXPECT_EQ(parked().at(0).tries, 1);
    for (int tried = 1; tried < 10; ++tried) {
        auto delay = std::chrono::seconds{1 << (tried - 1)};  // 1 s, 2 s, 4 s … 256 s
        EXPECT_EQ(parked().at(0).tries, tried);
        EXPECT_EQ(parked().at(0).due_at, clock_.now() + delay);
        auto calls = calls_.load();
        clock_.advance(delay - 1ms);
        EXPECT_EQ(retry_due(), clock_.now() + 1ms);
        EXPECT_EQ(calls_, calls) << "retried too early";
        EXPECT_TRUE(dead_letters().empty());
        clock_.advance(1ms);
        (void)retry_due();
        EXPECT_GT(calls_, calls);
    }
    EXPECT_EQ(retry_due(), std::nullopt);
    ASSERT_EQ(dead_letters().size(), 1u);
    auto dead_letter = dead_letters().front();
    EXPECT_EQ(dead_letter.entity, "counter");
    EXPECT_EQ(dead_letter.entity_id, "c");
    EXPECT_EQ(dead_letter.version, 1);
    EXPECT_EQ(dead_letter.type, "counter.raised");
    EXPECT_EQ(dead_letter.source, "counters");
    EXPECT_EQ(dead_letter.error, "the handler has a bug");
    EXPECT_EQ(dead_letter.tries, 10);
    EXPECT_EQ(dead_letter.data, R"({"id":"c","by":1,"version":1})");

    auto calls = calls_.load();
    clock_.advance(24h);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(calls_, calls);
    EXPECT_NE(metrics_.to_text().find(R"(stagedoor_events_dead_total{service="subscribers"} 1)"),
              std::string::npos);
}

TEST_F(InboxTest, failed_event_blocks_only_its_own_entity) {
    effect_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c" && event.version == 2) throw std::runtime_error("no");
    };
    receive({raised("c", 1), raised("d", 1), raised("c", 2), raised("c", 3), raised("d", 2)});
    receive({raised("d", 3), raised("c", 4)});
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    EXPECT_EQ(versions_received("d"), (Versions{1, 2, 3}));
    EXPECT_EQ(parked().size(), 3u);

    effect_ = nullptr;
    clock_.advance(1s);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1, 2, 3, 4}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, failing_successor_does_not_roll_back_its_predecessor) {
    effect_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.version == 2) throw std::runtime_error("no");
    };
    receive({raised("c", 2)});
    receive({raised("c", 3)});
    receive({raised("c", 1)});  // fills the gap; 2 fails, but 1 is not rolled back with it
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    effect_ = nullptr;
    (void)retry_due();
    EXPECT_EQ(versions_received("c"), (Versions{1, 2, 3}));
}

TEST_F(InboxTest, constraint_violation_in_a_handler_fails_one_event_and_not_the_batch) {
    effect_ = [](sql::Tx& tx, const CounterRaised& event) {
        if (event.id == "c")
            tx.execute(
                "INSERT INTO received(position, id, version, by) VALUES (1, 'x', 1, 1), (1, 'x', 1, 1)");
    };
    receive({raised("d", 1), raised("c", 1), raised("d", 2)});
    EXPECT_EQ(versions_received("d"), (Versions{1, 2}));
    EXPECT_EQ(parked().at(0).tries, 1);
}

TEST_F(InboxTest, unreadable_event_is_a_dead_letter_at_once) {
    receive({raised("c", 1), unreadable("c", 2), raised("c", 3), raised("d", 1)});
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    EXPECT_EQ(versions_received("d"), (Versions{1}));
    ASSERT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(dead_letters()[0].version, 2);
    EXPECT_EQ(dead_letters()[0].tries, 1);
    EXPECT_EQ(dead_letters()[0].error, "by is missing");
    // c 1 and d 1 twice, since their transaction failed at c 2 at first; never for an unreadable event
    EXPECT_EQ(calls_, 4);
    EXPECT_EQ(retry_due(), std::nullopt);
}

TEST_F(InboxTest, early_unreadable_event_is_a_dead_letter_when_its_turn_comes) {
    receive({unreadable("c", 2)});
    EXPECT_TRUE(dead_letters().empty());
    receive({raised("c", 1)});
    (void)retry_due();
    ASSERT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(versions_received("c"), (Versions{1}));
}

TEST_F(InboxTest, redelivery_does_not_reset_the_attempts_of_a_failed_event) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
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

TEST_F(InboxTest, redelivered_dead_letter_that_fails_again_stays_dead) {
    receive({unreadable("c", 1)});
    receive({unreadable("c", 1)});
    EXPECT_EQ(dead_letters().size(), 1u);
    EXPECT_EQ(retry_due(), std::nullopt);
}

TEST_F(InboxTest, applies_a_redelivered_event_that_failed_before) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    effect_ = nullptr;
    receive({raised("c", 1)});
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

// ---- operator actions

TEST_F(InboxTest, retried_dead_letter_is_applied_and_unblocks_its_successors) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    ASSERT_EQ(dead_letters().size(), 1u);

    effect_ = nullptr;
    EXPECT_TRUE(loop_.wait_for(inbox_.retry_dead_letter("counter", "c", 1)));
    EXPECT_TRUE(dead_letters().empty());
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
    EXPECT_TRUE(parked().empty());
}

TEST_F(InboxTest, retried_dead_letter_gets_ten_more_attempts) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)});
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    auto calls = calls_.load();
    EXPECT_TRUE(loop_.wait_for(inbox_.retry_dead_letter("counter", "c", 1)));
    while (auto due = retry_due()) clock_.advance(std::max(*due - clock_.now(), 0ms));
    EXPECT_EQ(calls_ - calls, 10);
    EXPECT_EQ(dead_letters().size(), 1u);
}

TEST_F(InboxTest, skipped_dead_letter_is_dropped_and_unblocks_its_successors) {
    receive({unreadable("c", 1), raised("c", 2), raised("c", 3), raised("c", 5)});
    EXPECT_TRUE(loop_.wait_for(inbox_.skip_dead_letter("counter", "c", 1)));
    EXPECT_EQ(versions_received("c"), (Versions{2, 3}));
    EXPECT_TRUE(dead_letters().empty());
    receive({unreadable("c", 1)});  // redelivered: dropped as known
    EXPECT_TRUE(dead_letters().empty());
    receive({raised("c", 4)});
    EXPECT_EQ(versions_received("c"), (Versions{2, 3, 4, 5}));
}

TEST_F(InboxTest, retry_and_skip_apply_to_dead_letters_only) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1), raised("c", 2)});
    for (std::int64_t version : {1, 2, 3}) {
        EXPECT_FALSE(loop_.wait_for(inbox_.retry_dead_letter("counter", "c", version)));
        EXPECT_FALSE(loop_.wait_for(inbox_.skip_dead_letter("counter", "c", version)));
    }
    EXPECT_EQ(parked().size(), 2u);
}

TEST_F(InboxTest, reports_the_number_of_parked_events_and_dead_letters) {
    auto expect_counted = [&](int parked, int dead) {
        loop_.wait_for(inbox_.update_metrics());
        auto text = metrics_.to_text();
        for (const auto& [name, number] : {std::pair{"parked_events", parked}, {"dead_letters", dead}}) {
            auto line = "\nstagedoor_" + std::string{name} + "{service=\"subscribers\"} " +
                        std::to_string(number) + "\n";
            EXPECT_NE(text.find(line), std::string::npos) << "not" << line << text;
        }
    };
    expect_counted(0, 0);
    receive({raised("early", 2), raised("early", 3), unreadable("dead", 1)});
    expect_counted(2, 1);
    receive({raised("early", 1)});
    EXPECT_TRUE(loop_.wait_for(inbox_.skip_dead_letter("counter", "dead", 1)));
    expect_counted(0, 0);
}

TEST_F(InboxTest, lists_dead_letters_page_by_page_oldest_first) {
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

TEST_F(InboxTest, finds_one_dead_letter) {
    receive({unreadable("c", 1), raised("d", 2)});
    auto dead_letter = loop_.wait_for(inbox_.find_dead_letter("counter", "c", 1));
    ASSERT_TRUE(dead_letter);
    EXPECT_EQ(dead_letter->data, R"({"id":"c","version":"one"})");
    EXPECT_EQ(dead_letter->error, "by is missing");
    EXPECT_FALSE(loop_.wait_for(inbox_.find_dead_letter("counter", "d", 2)));  // only parked as early
}

// ---- NotBefore

TEST_F(InboxTest, event_waits_for_its_not_before_time_without_counting_an_attempt) {
    auto time = clock_.now() + 1h;
    effect_ = [&](sql::Tx& tx, const CounterRaised& event) {
        if (event.version == 1 && tx.now() < time) throw NotBefore{time};
    };
    receive({raised("c", 1), raised("c", 2), raised("d", 2)});
    EXPECT_TRUE(received().empty());
    EXPECT_EQ(parked().at(0).tries, 0);
    EXPECT_EQ(parked().at(0).due_at, time);
    EXPECT_EQ(retry_due(), time);
    for (int i = 0; i < 12; ++i) receive({raised("c", 1)});
    clock_.advance(1h - 1ms);
    EXPECT_EQ(retry_due(), time);
    EXPECT_TRUE(dead_letters().empty());
    clock_.advance(1ms);
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1, 2}));
}

TEST_F(InboxTest, not_before_time_may_be_postponed_any_number_of_times) {
    auto time = clock_.now() + 1min;
    effect_ = [&](sql::Tx& tx, const CounterRaised&) {
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
    EXPECT_EQ(versions_received("c"), (Versions{1}));
}

// ---- position, trace, database failures

TEST_F(InboxTest, position_commits_with_the_effect) {
    EXPECT_EQ(position(), 0);
    receive({raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(position(), 7);
    EXPECT_EQ(loop_.wait_for(inbox_.position("others")), 0);
    receive({}, Position{"counters", 9});
    EXPECT_EQ(position(), 9);
}

TEST_F(InboxTest, position_moves_past_a_parked_event) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(position(), 7);
    EXPECT_EQ(parked().size(), 1u);
}

TEST_F(InboxTest, database_failure_does_not_count_against_the_event) {
    effect_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c") throw sql::DatabaseError("disk full");
    };
    EXPECT_THROW(receive({raised("d", 1), raised("c", 1)}, Position{"counters", 7}), sql::DatabaseError);
    EXPECT_TRUE(received().empty());
    EXPECT_TRUE(parked().empty());
    EXPECT_EQ(position(), 0);

    effect_ = nullptr;
    receive({raised("d", 1), raised("c", 1)}, Position{"counters", 7});
    EXPECT_EQ(received(), (std::vector<Received>{{"d", 1}, {"c", 1}}));
    EXPECT_EQ(position(), 7);
}

TEST_F(InboxTest, database_failure_during_a_retry_does_not_count_as_an_attempt) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    receive({raised("c", 1)});
    clock_.advance(1s);
    effect_ = [](sql::Tx&, const CounterRaised&) { throw sql::DatabaseError("disk full"); };
    EXPECT_THROW((void)retry_due(), sql::DatabaseError);
    EXPECT_EQ(parked().at(0).tries, 1);
    effect_ = nullptr;
    EXPECT_EQ(retry_due(), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1}));
}

// Counts the calls of a batch handler, and records its events.
struct BatchInbox {
    BatchInbox(InboxTest& test)
        : inbox{"subscribers", *test.db_, test.clock_, test.metrics_, test.read_your_writes_} {
        inbox.on_batch<CounterRaised>([this](sql::Tx& tx, Batch<CounterRaised> events) {
            sizes.push_back(events.size());
            for (const auto& [event, traceparent] : events) {
                if (event.id == failing) throw std::runtime_error("no");
                record(tx, event);
                tx.set_traceparent(traceparent);
                outbox::publish(tx, ReportWritten{event.id + std::to_string(event.version), 1});
            }
        });
    }

    Inbox inbox;
    std::string failing;
    std::vector<std::size_t> sizes;  // of the batches, in the order of the calls
};

TEST_F(InboxTest, batch_handler_gets_one_event_of_each_entity_at_a_time) {
    BatchInbox batch{*this};
    loop_.wait_for(batch.inbox.receive({raised("a", 1), raised("a", 2), raised("b", 1), named("c", 1),
                                        raised("c", 2), raised("a", 3), raised("b", 1)},
                                       std::nullopt));
    EXPECT_EQ(batch.sizes, (std::vector<std::size_t>{2, 2, 1}));  // a1 b1, a2 c2, a3
    EXPECT_EQ(versions_received("a"), (Versions{1, 2, 3}));
    EXPECT_EQ(versions_received("b"), (Versions{1}));
    EXPECT_EQ(versions_received("c"), (Versions{2}));
}

TEST_F(InboxTest, batch_in_which_one_event_fails_is_undone_and_repeated_for_each) {
    BatchInbox batch{*this};
    batch.failing = "b";
    loop_.wait_for(
        batch.inbox.receive({raised("a", 1), raised("b", 1), raised("c", 1)}, Position{"counters", 3}));
    EXPECT_EQ(batch.sizes, (std::vector<std::size_t>{3, 1, 1, 1}));
    EXPECT_EQ(versions_received("a"), (Versions{1}));
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    ASSERT_EQ(parked("b").size(), 1u);
    EXPECT_EQ(parked("b")[0].tries, 1);
    EXPECT_EQ(position(), 3);
    EXPECT_EQ(read([](sql::Tx& tx) { return outbox::read_after(tx, "reports", 0, 10); }).size(), 2u);
}

TEST_F(InboxTest, batch_of_any_size_is_claimed_completely) {
    BatchInbox batch{*this};
    for (std::size_t size : std::vector<std::size_t>{1, 2, 3, 63, 64, 65, 130, 256}) {
        std::vector<Event> events;
        for (std::size_t i = 0; i < size; ++i)
            events.push_back(raised(std::to_string(size) + "." + std::to_string(i), 1));
        loop_.wait_for(batch.inbox.receive(std::move(events), std::nullopt));
        EXPECT_EQ(batch.sizes.back(), size);
    }
}

TEST_F(InboxTest, handler_runs_in_the_trace_of_its_event) {
    effect_ = [](sql::Tx& tx, const CounterRaised& event) {
        outbox::publish(tx, ReportWritten{event.id, 1});
    };
    auto traced = event_of(CounterRaised{"a", 1, 1}, clock_.now(), "00-of-a");
    auto early = event_of(CounterRaised{"b", 1, 2}, clock_.now(), "00-of-b2");
    receive({early, traced, raised("c", 1)});
    receive({event_of(CounterNamed{"b", 1}, clock_.now(), "00-of-b1")});
    auto event = read([](sql::Tx& tx) { return outbox::read_after(tx, "reports", 0, 10); });
    ASSERT_EQ(event.size(), 3u);
    EXPECT_EQ(event[0].event.traceparent, "00-of-a");
    EXPECT_EQ(event[1].event.traceparent, "");
    EXPECT_EQ(event[2].event.traceparent, "00-of-b2");
}

TEST_F(InboxTest, wakes_requests_that_wait_for_an_applied_event) {
    auto found = std::async(std::launch::async, [&] {
        return loop_.wait_for(read_your_writes_.wait_until_known("c", {}, [this]() -> Task<bool> {
            auto rows = co_await db_->read([](sql::Tx& tx) {
                return tx.query<std::int64_t>("SELECT version FROM received WHERE id = 'c'");
            });
            co_return !rows.empty();
        }));
    });
    receive({raised("c", 1)});
    EXPECT_TRUE(found.get());
}

TEST_F(InboxTest, keeps_its_state_across_a_restart) {
    effect_ = [](sql::Tx&, const CounterRaised& event) {
        if (event.id == "c") throw std::runtime_error("no");
    };
    receive({raised("c", 1), raised("d", 1), raised("d", 3)}, Position{"counters", 3});
    db_->close();
    db_ = sql::open_sqlite({.path = folder_.file("inbox.db"), .name = "inbox"}, clock_);
    db_->migrate(test_migrations());
    Inbox again{"subscribers", *db_, clock_, metrics_, read_your_writes_};
    again.on<CounterRaised>([](sql::Tx& tx, const CounterRaised& event) { record(tx, event); });
    EXPECT_EQ(loop_.wait_for(again.position("counters")), 3);
    loop_.wait_for(again.receive({raised("d", 1), raised("d", 2)}, std::nullopt));
    EXPECT_EQ(versions_received("d"), (Versions{1, 2, 3}));
    clock_.advance(1s);
    EXPECT_EQ(loop_.wait_for(again.retry_due()), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1}));
}

TEST_F(InboxTest, retries_many_failed_events_in_batches) {
    effect_ = [](sql::Tx&, const CounterRaised&) { throw std::runtime_error("no"); };
    std::vector<Event> all;
    for (int i = 0; i < 250; ++i) all.push_back(raised("c" + std::to_string(i), 1));
    receive(std::move(all));
    effect_ = nullptr;
    clock_.advance(1s);
    int batches = 0;
    while (auto due = retry_due()) {
        ASSERT_LE(*due, clock_.now());
        ASSERT_LT(++batches, 10);
    }
    EXPECT_EQ(received().size(), 250u);
}

}  // namespace
}  // namespace stagedoor::messaging
