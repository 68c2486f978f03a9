#include <gtest/gtest.h>

#include "common/messaging/outbox_log.hpp"
#include "common/messaging/tests/counters.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor::outbox {
namespace {

using messaging::CounterNamed;
using messaging::CounterRaised;

struct OutboxTest : ::testing::Test {
    OutboxTest() {
        db_->listen(std::string{channel}, [this] { ++notified_; });
        db_->migrate(messaging::test_migrations());
    }
    ~OutboxTest() override { db_->close(); }

    template <class F>
    auto write(F fn, std::string traceparent = {}) {
        return loop_.wait_for(db_->write(std::move(fn), {.traceparent = std::move(traceparent)}));
    }
    std::vector<bus::Log::Entry> entries(std::int64_t after = 0, int limit = 100) {
        return loop_.wait_for(
            db_->read([=](sql::Tx& tx) { return read_after(tx, "counters", after, limit); }));
    }
    std::int64_t number(std::string statement) {
        return loop_.wait_for(
            db_->read([&](sql::Tx& tx) { return tx.find<std::int64_t>(statement).value(); }));
    }
    std::int64_t newest_row() {
        return loop_.wait_for(db_->read([](sql::Tx& tx) { return newest_position(tx); }));
    }

    runtime::TemporaryFolder folder_;
    runtime::ManualClock clock_;
    std::atomic<int> notified_ = 0;
    std::unique_ptr<sql::Database> db_ =
        sql::open_sqlite({.path = folder_.file("outbox.db"), .name = "outbox"}, clock_);
    runtime::EventLoopThread loop_;
};

TEST_F(OutboxTest, stores_all_fields_of_an_event) {
    auto before = notified_.load();
    write([](sql::Tx& tx) { publish(tx, CounterRaised{"c-1", 5, 1}); }, "00-trace");
    ASSERT_EQ(entries().size(), 1u);
    auto entry = entries().front();
    EXPECT_EQ(entry.position, 1);
    EXPECT_EQ(entry.event.type, "counter.raised");
    EXPECT_EQ(entry.event.source, "counters");
    EXPECT_EQ(entry.event.entity_id, "c-1");
    EXPECT_EQ(entry.event.version, 1);
    EXPECT_EQ(entry.event.time, clock_.now());
    EXPECT_EQ(entry.event.traceparent, "00-trace");
    EXPECT_EQ(entry.event.data, R"({"id":"c-1","by":5,"version":1})");
    EXPECT_EQ(notified_, before + 1);
}

TEST_F(OutboxTest, has_the_event_of_a_committed_change) {
    write([](sql::Tx& tx) {
        messaging::record(tx, {"c-1", 5, 1});
        publish(tx, CounterRaised{"c-1", 5, 1});
    });
    EXPECT_EQ(number("SELECT count(*) FROM received"), 1);
    EXPECT_EQ(entries().size(), 1u);
}

TEST_F(OutboxTest, has_no_event_of_a_change_that_was_rolled_back) {
    auto before = notified_.load();
    auto failing = [&](bool event_first) {
        write([=](sql::Tx& tx) {
            if (event_first) publish(tx, CounterRaised{"c-1", 5, 1});
            messaging::record(tx, {"c-1", 5, 1});
            if (!event_first) publish(tx, CounterRaised{"c-1", 5, 1});
            throw Conflict("sold out"_text);
        });
    };
    EXPECT_THROW(failing(true), Conflict);
    EXPECT_THROW(failing(false), Conflict);
    EXPECT_EQ(number("SELECT count(*) FROM received"), 0);
    EXPECT_TRUE(entries().empty());
    EXPECT_EQ(notified_, before);
}

TEST_F(OutboxTest, has_no_event_of_a_nested_transaction_that_was_rolled_back) {
    write([](sql::Tx& tx) {
        publish(tx, CounterRaised{"c-1", 5, 1});
        try {
            tx.nested([&] {
                publish(tx, CounterRaised{"c-1", 7, 2});
                throw std::runtime_error("no");
            });
        } catch (const std::runtime_error&) {
        }
    });
    ASSERT_EQ(entries().size(), 1u);
    EXPECT_EQ(entries().front().event.version, 1);
}

TEST_F(OutboxTest, is_read_in_order_after_a_position) {
    for (std::int64_t version = 1; version <= 5; ++version) {
        write([=](sql::Tx& tx) {
            publish(tx, CounterRaised{"a", version, version});
            publish(tx, CounterNamed{"b", version});
        });
    }
    auto all = entries();
    ASSERT_EQ(all.size(), 10u);
    for (std::size_t i = 0; i < all.size(); ++i) {
        EXPECT_EQ(all[i].position, static_cast<std::int64_t>(i + 1));
        EXPECT_EQ(all[i].event.entity_id, i % 2 == 0 ? "a" : "b");
        EXPECT_EQ(all[i].event.version, static_cast<std::int64_t>(i / 2 + 1));
    }
    auto page = entries(4, 3);
    ASSERT_EQ(page.size(), 3u);
    EXPECT_EQ(page.front().position, 5);
    EXPECT_EQ(page.back().position, 7);
    EXPECT_TRUE(entries(10).empty());
}

TEST_F(OutboxTest, newest_is_the_position_of_the_last_event) {
    EXPECT_EQ(newest_row(), 0);
    write([](sql::Tx& tx) {
        publish(tx, CounterNamed{"a", 1});
        publish(tx, CounterNamed{"a", 2});
    });
    EXPECT_EQ(newest_row(), 2);
}

TEST_F(OutboxTest, is_read_through_the_log_interface) {
    Log log{"counters", *db_};
    write([](sql::Tx& tx) {
        publish(tx, CounterRaised{"a", 1, 1});
        publish(tx, CounterRaised{"a", 1, 2});
    });
    auto read = loop_.wait_for(log.read_after(1, 10));
    ASSERT_EQ(read.size(), 1u);
    EXPECT_EQ(read[0].position, 2);
    EXPECT_EQ(read[0].event.source, log.service());
    EXPECT_EQ(read[0].event.version, 2);
}

// If positions were reused, a subscriber would skip events that it has not received.
TEST_F(OutboxTest, never_reuses_a_position) {
    write([](sql::Tx& tx) { publish(tx, CounterNamed{"a", 1}); });
    EXPECT_THROW(write([](sql::Tx& tx) {
                     publish(tx, CounterNamed{"a", 2});
                     throw Conflict("no"_text);
                 }),
                 Conflict);
    write([](sql::Tx& tx) { publish(tx, CounterNamed{"a", 2}); });
    auto all = entries();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_LT(all[0].position, all[1].position);
    EXPECT_EQ(all[1].event.version, 2);
}

}  // namespace
}  // namespace stagedoor::outbox
