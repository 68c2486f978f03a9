// Several replicas of a service on one database, SQLite or PostgreSQL: they publish the same outbox and
// receive events of the same entities concurrently.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <future>
#include <map>
#include <mutex>
#include <numeric>
#include <random>
#include <set>

#include "common/messaging/outbox_log.hpp"
#include "common/messaging/tests/counters.hpp"
#include "testing/databases/postgres_schema.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::messaging {
namespace {

using namespace std::chrono_literals;
using bus::Event;
using Versions = std::vector<std::int64_t>;

class ReplicasTest : public ::testing::TestWithParam<std::string> {
  protected:
    ReplicasTest() {
        if (GetParam() == "postgres") {
            postgres_.emplace();
            for (auto& db : dbs_) db = sql::open_postgres(postgres_->options(), clock_);
        } else {  // the replicas share the one writer
            dbs_[0] = sql::open_sqlite({.path = folder_.file("replicas.db"), .name = "replicas"}, clock_);
            dbs_[1] = dbs_[0];
        }
        dbs_[0]->migrate(test_migrations());
        for (std::size_t i = 0; i < 2; ++i) {
            inboxes_[i] =
                std::make_unique<Inbox>("subscribers", *dbs_[i], clock_, metrics_, read_your_writes_);
            inboxes_[i]->on<CounterRaised>([this](sql::Tx& tx, const CounterRaised& event) {
                record(tx, event);
                if (on_event_) on_event_(event);
                if (effect_) effect_(tx, event);
            });
            logs_[i] = std::make_unique<outbox::Log>("counters", *dbs_[i]);
        }
    }
    ~ReplicasTest() override {
        dbs_[0]->close();
        if (dbs_[1] != dbs_[0]) dbs_[1]->close();
    }

    Event raised(std::string id, std::int64_t version) {
        return event_of(CounterRaised{std::move(id), 1, version}, clock_.now());
    }
    void receive(std::size_t replica, std::vector<Event> events) {
        loops_[replica].wait_for(inboxes_[replica]->receive(std::move(events), std::nullopt));
    }
    Versions versions_received(const std::string& id) {
        return loops_[0].wait_for(dbs_[0]->read([&](sql::Tx& tx) {
            return tx.query<std::int64_t>("SELECT version FROM received WHERE id = $1 ORDER BY position", id);
        }));
    }
    std::int64_t number(std::string statement) {
        return loops_[0].wait_for(
            dbs_[0]->read([&](sql::Tx& tx) { return tx.find<std::int64_t>(statement).value(); }));
    }
    void publish(int count) {
        loops_[0].wait_for(dbs_[0]->write([&](sql::Tx& tx) {
            for (int i = 0; i < count; ++i) outbox::publish(tx, CounterNamed{"c", ++last_version_});
        }));
    }
    std::vector<bus::Log::Entry> claim(std::size_t replica, bus::Log::PublishResult last = {},
                                       int limit = 10) {
        return loops_[replica].wait_for(logs_[replica]->claim(std::move(last), limit, 15s));
    }
    static bus::Log::PublishResult published(const std::vector<bus::Log::Entry>& entries,
                                             std::int64_t generation, std::int64_t sequence) {
        bus::Log::PublishResult result{.generation = generation, .last_sequence = sequence};
        for (const auto& entry : entries) result.published.push_back(entry.position);
        return result;
    }
    static Versions versions(const std::vector<bus::Log::Entry>& entries) {
        Versions all;
        for (const auto& entry : entries) all.push_back(entry.event.version);
        return all;
    }
    bus::Log::Stream known(std::size_t replica) {
        return loops_[replica].wait_for(logs_[replica]->known_stream());
    }
    bus::Log::Stream begin(std::size_t replica, bus::Log::Stream before, const std::string& created) {
        return loops_[replica].wait_for(logs_[replica]->begin_stream(std::move(before), {created, 0, 0}));
    }

    std::function<void(const CounterRaised&)> on_event_;
    std::function<void(sql::Tx&, const CounterRaised&)> effect_;
    std::int64_t last_version_ = 0;

    runtime::TemporaryFolder folder_;
    std::optional<sql::PostgresSchema> postgres_;
    runtime::ManualClock clock_;
    runtime::Metrics metrics_;
    ReadYourWrites read_your_writes_{clock_};
    std::shared_ptr<sql::Database> dbs_[2];
    std::unique_ptr<Inbox> inboxes_[2];
    std::unique_ptr<outbox::Log> logs_[2];
    runtime::EventLoopThread loops_[2];
};

// ---- the inbox

// One replica applies version 1 while the other receives version 2. Whatever the timing, nothing stays
// parked.
TEST_P(ReplicasTest, gap_filled_while_another_replica_parks_the_next_version_is_closed) {
    for (int round = 0; round < 100; ++round) {
        auto id = std::to_string(round);
        auto second = std::async(std::launch::async, [&] { receive(1, {raised(id, 2)}); });
        receive(0, {raised(id, 1)});
        second.get();
        ASSERT_EQ(versions_received(id), (Versions{1, 2})) << round;
    }
    EXPECT_EQ(number("SELECT count(*) FROM parked"), 0);
}

TEST_P(ReplicasTest, each_event_is_applied_once_and_in_order_whichever_replica_receives_it) {
    constexpr int entities = 5, each = 30;
    std::vector<Event> all;
    for (int i = 0; i < entities; ++i) {
        for (std::int64_t version = 1; version <= each; ++version) {
            all.push_back(raised(std::to_string(i), version));
            all.push_back(all.back());
        }
    }
    auto deliver = [&](std::size_t replica, unsigned seed) {
        auto mine = all;
        std::ranges::shuffle(mine, std::mt19937{seed});
        for (std::size_t at = 0; at < mine.size(); at += 10) {
            std::vector<Event> batch{
                mine.begin() + static_cast<std::ptrdiff_t>(at),
                mine.begin() + static_cast<std::ptrdiff_t>(std::min(at + 10, mine.size()))};
            std::ranges::sort(batch, {}, [](const Event& e) { return std::tie(e.entity_id, e.version); });
            receive(replica, std::move(batch));
        }
    };
    auto other = std::async(std::launch::async, [&] { deliver(1, 1); });
    deliver(0, 2);
    other.get();
    Versions expected(each);
    std::iota(expected.begin(), expected.end(), 1);
    for (int i = 0; i < entities; ++i) EXPECT_EQ(versions_received(std::to_string(i)), expected);
    EXPECT_EQ(number("SELECT count(*) FROM parked"), 0);
}

TEST_P(ReplicasTest, due_event_is_retried_by_one_replica) {
    std::atomic<int> tries = 0;
    std::atomic<bool> broken = true;
    on_event_ = [&](const CounterRaised&) {
        ++tries;
        if (broken) throw std::runtime_error("not yet");
    };
    for (int i = 0; i < 20; ++i) receive(0, {raised(std::to_string(i), 1)});
    clock_.advance(1s);
    tries = 0;
    broken = false;
    auto other = std::async(std::launch::async, [&] { return loops_[1].wait_for(inboxes_[1]->retry_due()); });
    (void)loops_[0].wait_for(inboxes_[0]->retry_due());
    (void)other.get();
    EXPECT_EQ(tries, 20);
    EXPECT_EQ(number("SELECT count(*) FROM received"), 20);
    EXPECT_EQ(number("SELECT count(*) FROM parked"), 0);
}

TEST_P(ReplicasTest, failed_event_that_another_replica_has_applied_is_no_longer_parked) {
    on_event_ = [](const CounterRaised&) { throw std::runtime_error("no"); };
    receive(0, {raised("c", 1)});
    on_event_ = nullptr;
    receive(1, {raised("c", 1)});
    clock_.advance(1s);
    EXPECT_EQ(loops_[0].wait_for(inboxes_[0]->retry_due()), std::nullopt);
    EXPECT_EQ(versions_received("c"), (Versions{1}));
    EXPECT_EQ(number("SELECT count(*) FROM parked"), 0);
}

// Two batches that deadlock: one is rolled back and continues with one event per transaction.
TEST_P(ReplicasTest, deadlocked_batches_are_both_received) {
    constexpr int each = 20;
    loops_[0].wait_for(dbs_[0]->write([](sql::Tx& tx) {
        for (int row = 0; row < each; ++row)
            tx.execute("INSERT INTO received(id, version, by) VALUES ($1, 0, 0)",
                       "row" + std::to_string(row));
    }));
    std::atomic<int> at_first_row = 0, runs = 0;
    std::mutex mutex;
    std::map<std::string, std::int64_t> transactions;  // by event, the last that received it
    auto row_of = [](const std::string& id) {          // "a07": row 7; "b07": row 12
        auto number = std::stoi(id.substr(1));
        return "row" + std::to_string(id[0] == 'a' ? number : each - 1 - number);
    };
    effect_ = [&](sql::Tx& tx, const CounterRaised& event) {
        ++runs;
        tx.execute("UPDATE received SET by = by + 1 WHERE id = $1", row_of(event.id));
        if (GetParam() == "postgres") {
            auto number = tx.find<std::int64_t>("SELECT txid_current()").value();
            std::lock_guard lock{mutex};
            transactions[event.id] = number;
        }
        if (event.id.ends_with(
                "00")) {  // wait until both hold their first row: never, with SQLite's one writer
            ++at_first_row;
            for (int i = 0; i < 200 && at_first_row < 2; ++i) std::this_thread::sleep_for(1ms);
        }
    };
    auto batch = [&](char kind) {
        std::vector<Event> events;
        for (int i = 0; i < each; ++i) events.push_back(raised(fmt::format("{}{:02}", kind, i), 1));
        return events;
    };
    auto other = std::async(std::launch::async, [&] { receive(1, batch('b')); });
    receive(0, batch('a'));
    other.get();
    EXPECT_EQ(number("SELECT count(*) FROM received WHERE version = 1"), 2 * each);
    EXPECT_EQ(number("SELECT count(*) FROM received WHERE version = 0 AND by = 2"), each);
    EXPECT_EQ(number("SELECT count(*) FROM parked"), 0);
    if (GetParam() != "postgres") return;
    EXPECT_GT(runs, 2 * each) << "there was no deadlock";
    std::set<std::int64_t> numbers;
    for (const auto& [event, number] : transactions) numbers.insert(number);
    EXPECT_EQ(numbers.size(), 1 + each);  // one batch in one transaction, each event of the other in its own
}

// ---- the outbox

TEST_P(ReplicasTest, claimed_events_are_not_claimed_by_another_replica_until_the_lease_ends) {
    publish(5);
    EXPECT_EQ(versions(claim(0, {}, 3)), (Versions{1, 2, 3}));
    EXPECT_EQ(versions(claim(1)), (Versions{4, 5}));
    EXPECT_TRUE(claim(1).empty());
    clock_.advance(15s);
    EXPECT_EQ(versions(claim(1)), (Versions{1, 2, 3, 4, 5}));
}

TEST_P(ReplicasTest, published_events_are_not_claimed_again_and_failed_ones_at_once) {
    publish(4);
    auto entries = claim(0);
    auto result = published({entries[0], entries[2]}, 0, 2);
    result.failed = {entries[1].position, entries[3].position};
    EXPECT_EQ(versions(claim(0, result)), (Versions{2, 4}));
    EXPECT_EQ(known(1).last_sequence, 2);
}

TEST_P(ReplicasTest, too_large_event_is_retried_after_a_minute) {
    publish(3);
    auto entries = claim(0);
    bus::Log::PublishResult result{.too_large = {entries[1].position}};
    result.failed = {entries[0].position, entries[2].position};
    auto again = claim(0, result);
    EXPECT_EQ(versions(again), (Versions{1, 3}));
    (void)claim(0, published(again, 0, 2), 0);
    clock_.advance(59s);
    EXPECT_TRUE(claim(1).empty());
    clock_.advance(1s);
    EXPECT_EQ(versions(claim(1)), (Versions{2}));
}

// The events that subscribers may lack come first.
TEST_P(ReplicasTest, new_stream_gets_recent_events_first) {
    publish(5);
    (void)claim(0, published(claim(0), 0, 5), 0);
    clock_.advance(1h);
    publish(2);
    (void)claim(0, published(claim(0), 0, 7), 0);
    clock_.advance(1min);
    (void)begin(0, known(0), "today");
    logs_[0]->republish_since(clock_.now() - 5min, clock_.now());
    publish(1);
    EXPECT_EQ(versions(claim(0, {}, 3)), (Versions{6, 7, 8}));
    EXPECT_EQ(versions(claim(0)), (Versions{1, 2, 3, 4, 5}));
}

TEST_P(ReplicasTest, concurrent_claims_are_disjoint_and_complete) {
    publish(600);
    auto drain = [&](std::size_t replica) {
        Versions all;
        bus::Log::PublishResult last;
        for (auto entries = claim(replica); !entries.empty(); entries = claim(replica, last, 32)) {
            for (const auto& entry : entries) all.push_back(entry.event.version);
            last = published(entries, 0, all.back());
        }
        return all;
    };
    auto other = std::async(std::launch::async, [&] { return drain(1); });
    auto all = drain(0);
    std::ranges::copy(other.get(), std::back_inserter(all));
    std::ranges::sort(all);
    Versions expected(600);
    std::iota(expected.begin(), expected.end(), 1);
    EXPECT_EQ(all, expected);
    EXPECT_EQ(number("SELECT count(*) FROM outbox WHERE generation IS NULL"), 0);
}

TEST_P(ReplicasTest, new_stream_is_started_by_one_replica_and_gets_all_events) {
    publish(30);
    (void)claim(0, published(claim(0, {}, 30), 0, 30));
    auto before = known(0);
    EXPECT_EQ(before, known(1));
    EXPECT_EQ(begin(0, before, "today").generation, 1);
    EXPECT_EQ(begin(1, before, "today").generation, 1);
    EXPECT_EQ(claim(0, {}, 20).size(), 20u);
    EXPECT_EQ(claim(1, {}, 20).size(), 10u);
    EXPECT_TRUE(claim(0).empty());
}

// A result for an older stream does not mark events as published to the new one.
TEST_P(ReplicasTest, events_published_to_an_earlier_stream_are_published_again_even_if_recorded_late) {
    publish(3);
    auto entries = claim(1);
    (void)begin(0, known(0), "today");
    EXPECT_TRUE(claim(1, published(entries, 0, 3), 0).empty());
    EXPECT_EQ(known(0).last_sequence, 0);  // of the new stream
    EXPECT_EQ(versions(claim(0)), (Versions{1, 2, 3}));
}

TEST_P(ReplicasTest, recent_events_are_published_again_once) {
    publish(2);
    (void)claim(0, published(claim(0), 0, 2), 0);
    clock_.advance(1h);
    publish(3);
    (void)claim(0, published(claim(0), 0, 5), 0);
    clock_.advance(1min);
    EXPECT_TRUE(claim(0).empty());
    logs_[0]->republish_since(clock_.now() - 5min, clock_.now());
    auto again = claim(0);
    EXPECT_EQ(versions(again), (Versions{3, 4, 5}));
    EXPECT_TRUE(claim(0, published(again, 0, 8)).empty());
}

TEST_P(ReplicasTest, backlog_counts_unpublished_events) {
    EXPECT_EQ(loops_[0].wait_for(logs_[0]->backlog()).events, 0);
    auto first = clock_.now();
    publish(3);
    clock_.advance(1min);
    publish(3);
    (void)claim(0);
    auto backlog = loops_[0].wait_for(logs_[0]->backlog());
    EXPECT_EQ(backlog.events, 6);
    EXPECT_EQ(backlog.oldest, first);
}

INSTANTIATE_TEST_SUITE_P(Databases, ReplicasTest, ::testing::Values("sqlite", "postgres"),
                         [](const auto& info) { return info.param; });

}  // namespace
}  // namespace stagedoor::messaging
