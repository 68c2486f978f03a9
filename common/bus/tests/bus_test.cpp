// The contract of bus::Bus, tested on every implementation (buses.hpp).
#include <gtest/gtest.h>

#include "common/bus/tests/buses.hpp"
#include "common/bus/tests/participant.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

class BusContract : public ServicesTest, public ::testing::WithParamInterface<BusKind> {
  protected:
    BusContract() { GetParam().reset(); }
    ~BusContract() override { stop(); }

    // Call after creating the participants and registering their handlers.
    void start() {
        tested_ = GetParam().make(*clock_);
        for (auto& [name, each] : participants_) tested_.bus->publish_from(each->log);
        for (auto& [name, each] : participants_) tested_.bus->deliver_to(each->inbox);
        tested_.bus->start(loop_.executor());
        tested_.wait_until_connected();
    }

    // In the order in which a program stops: the bus, then the databases, whose contents are kept.
    void stop() {
        if (tested_.bus) loop_.wait_for(tested_.bus->stop());
        tested_ = {};
        close();
    }

    TestedBus tested_;
};

TEST_P(BusContract, delivers_every_event_to_every_subscriber_once) {
    participant("shop");
    participant("store");
    participant("both").receives<ShopCounted>();
    participant("both").receives<StoreCounted>();
    participant("shop subscriber").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 20);
    publish<StoreCounted>("store", "a", 20);
    publish<ShopCounted>("shop", "b", 20);
    expect_received("both", 60);
    expect_received("shop subscriber", 40);
}

TEST_P(BusContract, delivers_all_events_of_an_entity_and_none_of_other_entities) {
    participant("shop");
    participant("subscriber").receives<ShopClosed>();
    start();
    publish<ShopMoved>("shop", "a", 3);
    publish<ShopCounted>("shop", "a", 2);  // not handled, but of the same entity: its versions count
    publish<ShopClosed>("shop", "a");
    eventually([&] { return count("subscriber") == 1; });
    EXPECT_EQ(received("subscriber"), (std::vector<Received>{{"cart.closed", "a", 3}}));
    EXPECT_EQ(count("subscriber", "SELECT count(*) FROM inbox"), 1);  // the moves were not delivered
}

TEST_P(BusContract, delivers_more_events_than_fit_into_a_batch) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    publish_batch<ShopCounted>("shop", "a", 700);
    start();
    publish_batch<ShopCounted>("shop", "b", 300);
    expect_received("subscriber", 1000);
}

TEST_P(BusContract, delivers_nothing_from_a_transaction_that_was_rolled_back) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    EXPECT_THROW(loop_.wait_for(participant("shop").db->write([](sql::Tx& tx) {
        publish_next<ShopCounted>(tx, "a");
        throw Conflict("no"_text);
    })),
                 Conflict);
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
}

TEST_P(BusContract, delivers_nothing_while_it_is_down_and_everything_afterwards) {
    if (GetParam().delivers_while_down) GTEST_SKIP() << "delivers within the process";
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    EXPECT_TRUE(tested_.bus->connected());

    tested_.pause();
    EXPECT_FALSE(tested_.bus->connected());
    publish<ShopCounted>("shop", "a", 30);
    expect_stays("subscriber", 1);

    tested_.resume();
    EXPECT_TRUE(tested_.bus->connected());
    expect_received("subscriber", 31);
}

TEST_P(BusContract, reports_the_number_and_age_of_waiting_events) {
    auto value = [&](const std::string& series) {
        auto text = "\n" + tested_.metrics->to_text();
        auto found = text.find("\n" + series + " ");
        return found == std::string::npos ? -1.0 : std::stod(text.substr(found + series.size() + 2));
    };
    const std::string published = R"(stagedoor_events_published_total{service="shop"})",
                      depth = R"(stagedoor_outbox_unpublished{service="shop"})",
                      age = R"(stagedoor_outbox_oldest_unpublished_seconds{service="shop"})",
                      lag = R"(stagedoor_bus_pending{entity="cart",service="subscriber"})";
    auto becomes = [&](const std::string& series, auto matches) {
        EXPECT_NO_THROW(eventually([&] { return matches(value(series)); }, std::chrono::seconds{20}))
            << series << " is " << value(series);
    };
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    auto published_before = value(published);
    publish<ShopCounted>("shop", "a", 1);
    expect_received("subscriber", 1);
    if (published_before >= 0)  // a bus that stores events may do so later than it delivers them
        becomes(published, [&](double number) { return number > published_before; });
    becomes(depth, [](double number) { return number == 0; });

    tested_.pause();
    publish<ShopCounted>("shop", "a", 30);
    publish<ShopMoved>("shop", "b", 1);  // nobody subscribes to it, but it counts until it is published
    becomes(depth, [](double number) { return number == 31; });
    becomes(age, [](double number) { return number > 0 && number < 60; });

    tested_.resume();
    expect_received("subscriber", 31);
    becomes(depth, [](double number) { return number == 0; });
    becomes(age, [](double number) { return number == 0; });
    becomes(lag, [](double number) { return number == 0; });
}

TEST_P(BusContract, survives_repeated_outages_while_events_are_published) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    std::jthread publisher{[&] { publish<ShopCounted>("shop", "a", 200); }};
    for (int i = 0; i < 20; ++i) {
        tested_.pause();
        (void)count("subscriber");
        tested_.resume();
        (void)count("subscriber");
    }
    publisher.join();
    expect_received("subscriber", 200);
}

TEST_P(BusContract, delivers_moved_events_to_a_new_subscriber) {
    participant("shop");
    participant("early").receives<ShopCounted>();
    start();
    publish_batch<ShopCounted>("shop", "a", 350);
    publish_batch<ShopCounted>("shop", "b", 60);
    expect_received("early", 410);
    // A bus that stores events notes a little later that it has.
    eventually([&] {
        move_old_events("shop");
        return count("shop", "SELECT count(*) FROM outbox") == 10;
    });
    stop();
    participant("shop");
    participant("late").receives<ShopCounted>();
    start();
    expect_received("late", 410);
    publish<ShopCounted>("shop", "b", 5);
    expect_received("late", 415);
}

TEST_P(BusContract, delivers_the_whole_history_to_a_new_subscriber) {
    participant("shop");
    participant("early").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 10);
    expect_received("early", 10);
    stop();

    participant("shop");
    participant("early").receives<ShopCounted>();
    participant("late").receives<ShopCounted>();
    start();
    expect_received("late", 10);
    publish<ShopCounted>("shop", "a", 5);
    expect_received("late", 15);
    expect_received("early", 15);
}

TEST_P(BusContract, continues_where_it_stopped_after_a_restart) {
    for (int round = 1; round <= 4; ++round) {
        participant("shop");
        participant("subscriber").receives<ShopCounted>();
        start();
        publish<ShopCounted>("shop", "a", 25);  // the last ones may be undelivered when the bus stops
        if (round == 2) expect_received("subscriber", 50);
        stop();
    }
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    expect_received("subscriber", 100);
}

TEST_P(BusContract, can_be_destroyed_while_the_databases_stay_open) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 3);
    expect_received("subscriber", 3);
    loop_.wait_for(tested_.bus->stop());
    tested_ = {};
    publish<ShopCounted>("shop", "a", 3);  // the callback registered by the destroyed bus does nothing
    EXPECT_EQ(count("subscriber"), 3);
}

TEST_P(BusContract, failing_handler_blocks_no_other_subscriber) {
    participant("shop");
    participant("failing").receives<ShopCounted>([](sql::Tx&, const ShopCounted& event) {
        if (event.id == "a") throw std::runtime_error("a bug");
    });
    participant("healthy").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 10);
    publish<ShopCounted>("shop", "b", 10);
    expect_received("healthy", 20);
    eventually([&] { return count("failing") == 10; });  // all of b
    EXPECT_EQ(count("failing", "SELECT count(*) FROM parked WHERE entity_id = 'a'"), 10);
}

TEST_P(BusContract, subscriber_whose_database_fails_blocks_no_other_and_misses_nothing) {
    participant("shop");
    participant("failing").receives_unless<ShopCounted>(broken_);
    participant("healthy").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 10);
    expect_received("healthy", 10);
    EXPECT_EQ(count("failing"), 0);
    broken_ = false;
    expect_received("failing", 10);
}

TEST_P(BusContract, backs_off_from_a_failing_subscriber_however_many_events_are_published) {
    participant("shop");
    participant("failing").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries_;
        throw sql::DatabaseError("disk full");
    });
    participant("healthy").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a");
    eventually([&] { return tries_ > 0; });
    auto started_at = std::chrono::steady_clock::now();
    publish<ShopCounted>("shop", "a", 50);
    expect_received("healthy", 51);
    auto pauses = (std::chrono::steady_clock::now() - started_at) / 100ms;
    EXPECT_LE(tries_, 2 + pauses);
}

TEST_P(BusContract, delivers_events_that_handlers_publish) {
    participant("shop");
    participant("store").receives<ShopCounted>(
        [](sql::Tx& tx, const ShopCounted& event) { publish_next<StoreCounted>(tx, event.id); });
    participant("shop").receives<StoreCounted>([](sql::Tx& tx, const StoreCounted& event) {
        if (event.version <= 20) publish_next<ShopMoved>(tx, event.id);
    });
    participant("subscriber").receives<ShopMoved>();
    start();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("store", 20);
    expect_received("shop", 20);
    expect_received("subscriber", 20);
}

TEST_P(BusContract, converges_under_concurrent_publishers) {
    constexpr int publishers = 6, rounds = 60;
    participant("shop");
    participant("store");
    participant("both").receives<ShopCounted>();
    participant("both").receives<StoreCounted>();
    participant("shop subscriber").receives<ShopCounted>();
    start();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < publishers; ++i) {
            threads.emplace_back([&, own = "own " + std::to_string(i)] {
                auto write = [&](Participant& publisher, auto fn) {
                    loop_.wait_for(publisher.db->write(std::move(fn)));
                };
                for (int round = 0; round < rounds; ++round) {
                    write(*participants_.at("shop"),
                          [&](sql::Tx& tx) { publish_next<ShopCounted>(tx, own); });
                    write(*participants_.at("shop"),
                          [&](sql::Tx& tx) { publish_next<ShopCounted>(tx, "shared"); });
                    write(*participants_.at("store"),
                          [&](sql::Tx& tx) { publish_next<StoreCounted>(tx, "shared"); });
                }
            });
        }
    }
    expect_received("both", 3 * publishers * rounds);
    expect_received("shop subscriber", 2 * publishers * rounds);
}

TEST_P(BusContract, stops_while_idle) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    stop();
}

TEST_P(BusContract, stops_without_subscribers) {
    participant("shop");
    start();
    stop();
    start();  // without any participant
    stop();
}

TEST_P(BusContract, stops_while_it_is_down) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    tested_.pause();
    publish<ShopCounted>("shop", "a", 3);
    stop();
}

TEST_P(BusContract, batches_events_for_a_subscriber_with_a_batch_interval) {
    auto begin = [this] {
        participant("shop");
        participant("subscriber").receives<ShopCounted>();
        participant("subscriber").inbox.batch_for(std::chrono::hours{1});
        start();
    };
    begin();
    publish<ShopCounted>("shop", "a");
    eventually([&] { return count("subscriber") == 1; });  // the first at once
    publish<ShopCounted>("shop", "a", 3);
    expect_stays("subscriber", 1);
    stop();  // does not wait for the hour
    begin();
    expect_received("subscriber", 4);
}

TEST_P(BusContract, stops_while_a_subscriber_fails) {
    participant("shop");
    participant("failing").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries_;
        throw sql::DatabaseError("disk full");
    });
    start();
    publish<ShopCounted>("shop", "a", 3);
    eventually([&] { return tries_ > 0; });
    stop();
}

TEST_P(BusContract, delivers_nothing_after_it_has_stopped) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 100);
    loop_.wait_for(tested_.bus->stop());
    auto delivered = count("subscriber");
    publish<ShopCounted>("shop", "a", 5);
    expect_stays("subscriber", delivered);
}

INSTANTIATE_TEST_SUITE_P(Buses, BusContract, ::testing::ValuesIn(testing::buses()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace stagedoor::bus
