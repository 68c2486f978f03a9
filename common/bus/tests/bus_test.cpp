// What any bus must do, written once and held against each of them (buses.hpp).
#include <gtest/gtest.h>

#include <atomic>
#include <map>
#include <set>
#include <thread>

#include "common/bus/tests/buses.hpp"
#include "common/bus/tests/participant.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

class BusContract : public ServicesTest, public ::testing::WithParamInterface<BusKind> {
  protected:
    BusContract() { GetParam().forget(); }
    ~BusContract() override { stop(); }

    // Those who take part are made before; each listens to what it was told to by then.
    void start() {
        tested_ = GetParam().make(*clock_);
        for (auto& [name, each] : participants_) tested_.bus->carry(each->log);
        for (auto& [name, each] : participants_) tested_.bus->deliver_to(each->inbox);
        tested_.bus->start(loop_.executor());
        tested_.wait_until_there();
    }

    // As at the end of the program: the bus first, then the databases. What they hold stays.
    void stop() {
        if (tested_.bus) loop_.wait_for(tested_.bus->stop());
        tested_ = {};
        close();
    }

    TestedBus tested_;
};

TEST_P(BusContract, brings_every_event_to_everyone_who_is_interested_once) {
    participant("shop");
    participant("store");
    participant("both").receives<ShopCounted>();
    participant("both").receives<StoreCounted>();
    participant("shop fan").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 20);
    tell<StoreCounted>("store", "a", 20);
    tell<ShopCounted>("shop", "b", 20);
    expect_heard("both", 60);
    expect_heard("shop fan", 40);
}

TEST_P(BusContract, brings_all_events_of_an_entity_and_none_of_others) {
    participant("shop");
    participant("listener").receives<ShopClosed>();
    start();
    tell<ShopMoved>("shop", "a", 3);
    tell<ShopCounted>("shop", "a", 2);  // not listened to, but of the same entity: its versions count
    tell<ShopClosed>("shop", "a");
    eventually([&] { return count("listener") == 1; });
    EXPECT_EQ(heard("listener"), (std::vector<Heard>{{"shopping.closed", "a", 3}}));
    EXPECT_EQ(count("listener", "SELECT count(*) FROM inbox"), 1);  // the moves never came
}

TEST_P(BusContract, brings_more_than_fits_into_a_batch) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    tell_at_once<ShopCounted>("shop", "a", 700);
    start();
    tell_at_once<ShopCounted>("shop", "b", 300);
    expect_heard("listener", 1000);
}

TEST_P(BusContract, brings_nothing_of_a_change_that_was_undone) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    EXPECT_THROW(loop_.wait_for(participant("shop").db->write([](sql::Tx& tx) {
        tell_next<ShopCounted>(tx, "a");
        throw Conflict("no");
    })),
                 Conflict);
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
}

TEST_P(BusContract, brings_nothing_while_it_is_away_and_everything_afterwards) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    EXPECT_TRUE(tested_.bus->connected());

    tested_.pause();
    EXPECT_FALSE(tested_.bus->connected());
    tell<ShopCounted>("shop", "a", 30);
    expect_stays("listener", 1);

    tested_.resume();
    EXPECT_TRUE(tested_.bus->connected());
    expect_heard("listener", 31);
}

TEST_P(BusContract, counts_what_waits_and_for_how_long) {
    auto value = [&](const std::string& series) {
        auto text = "\n" + tested_.metrics->to_text();
        auto found = text.find("\n" + series + " ");
        return found == std::string::npos ? -1.0 : std::stod(text.substr(found + series.size() + 2));
    };
    const std::string depth = R"(stagedoor_outbox_unpublished{service="shop"})",
                      age = R"(stagedoor_outbox_oldest_unpublished_seconds{service="shop"})",
                      lag = R"(stagedoor_bus_pending{entity="shopping",service="listener"})";
    auto becomes = [&](const std::string& series, auto is_right) {
        EXPECT_NO_THROW(eventually([&] { return is_right(value(series)); }, std::chrono::seconds{20}))
            << series << " is " << value(series);
    };
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 1);
    expect_heard("listener", 1);
    becomes(depth, [](double number) { return number == 0; });

    tested_.pause();
    tell<ShopCounted>("shop", "a", 30);
    tell<ShopMoved>("shop", "b", 1);  // nobody receives it, and it waits for nobody
    becomes(depth, [](double number) { return number == 31; });
    becomes(age, [](double number) { return number > 0 && number < 60; });

    tested_.resume();
    expect_heard("listener", 31);
    becomes(depth, [](double number) { return number == 0; });
    becomes(age, [](double number) { return number == 0; });
    becomes(lag, [](double number) { return number == 0; });
}

TEST_P(BusContract, comes_back_again_and_again_while_events_go_on) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    std::jthread teller{[&] { tell<ShopCounted>("shop", "a", 200); }};
    for (int i = 0; i < 20; ++i) {
        tested_.pause();
        (void)count("listener");
        tested_.resume();
        (void)count("listener");
    }
    teller.join();
    expect_heard("listener", 200);
}

TEST_P(BusContract, brings_a_consumer_that_was_away_all_from_the_start) {
    participant("shop");
    participant("early").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 10);
    expect_heard("early", 10);
    stop();

    participant("shop");
    participant("early").receives<ShopCounted>();
    participant("late").receives<ShopCounted>();
    start();
    expect_heard("late", 10);
    tell<ShopCounted>("shop", "a", 5);
    expect_heard("late", 15);
    expect_heard("early", 15);
}

TEST_P(BusContract, goes_on_where_it_was_after_a_restart) {
    for (int round = 1; round <= 4; ++round) {
        participant("shop");
        participant("listener").receives<ShopCounted>();
        start();
        tell<ShopCounted>("shop", "a", 25);  // the last ones may still be on their way at the end
        if (round == 2) expect_heard("listener", 50);
        stop();
    }
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    expect_heard("listener", 100);
}

TEST_P(BusContract, may_be_replaced_while_the_databases_stay_open) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 3);
    expect_heard("listener", 3);
    loop_.wait_for(tested_.bus->stop());
    tested_ = {};
    tell<ShopCounted>("shop", "a", 3);  // nobody is told
    EXPECT_EQ(count("listener"), 3);
}

TEST_P(BusContract, failing_listener_holds_up_nobody_else) {
    participant("shop");
    participant("failing").receives<ShopCounted>([](sql::Tx&, const ShopCounted& event) {
        if (event.id == "a") throw std::runtime_error("a bug");
    });
    participant("healthy").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 10);
    tell<ShopCounted>("shop", "b", 10);
    expect_heard("healthy", 20);
    eventually([&] { return count("failing") == 10; });  // all of b
    EXPECT_EQ(count("failing", "SELECT count(*) FROM parked WHERE entity_id = 'a'"), 10);
}

TEST_P(BusContract, consumer_whose_database_fails_holds_up_nobody_else_and_misses_nothing) {
    std::atomic<bool> broken = true;
    participant("shop");
    participant("failing").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        if (broken) throw sql::DatabaseError("disk full");
    });
    participant("healthy").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 10);
    expect_heard("healthy", 10);
    EXPECT_EQ(count("failing"), 0);
    broken = false;
    expect_heard("failing", 10);
}

TEST_P(BusContract, leaves_a_failing_consumer_in_peace_for_a_while_however_much_is_told) {
    std::atomic<int> tries = 0;
    participant("shop");
    participant("failing").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries;
        throw sql::DatabaseError("disk full");
    });
    participant("healthy").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a");
    eventually([&] { return tries > 0; });
    auto begun = std::chrono::steady_clock::now();
    tell<ShopCounted>("shop", "a", 50);
    expect_heard("healthy", 51);
    auto pauses = (std::chrono::steady_clock::now() - begun) / 100ms;
    EXPECT_LE(tries, 2 + pauses);
}

TEST_P(BusContract, brings_what_listeners_tell_in_their_turn) {
    participant("shop");
    participant("store").receives<ShopCounted>(
        [](sql::Tx& tx, const ShopCounted& event) { tell_next<StoreCounted>(tx, event.id); });
    participant("shop").receives<StoreCounted>([](sql::Tx& tx, const StoreCounted& event) {
        if (event.version <= 20) tell_next<ShopMoved>(tx, event.id);
    });
    participant("listener").receives<ShopMoved>();
    start();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("store", 20);
    expect_heard("shop", 20);
    expect_heard("listener", 20);
}

TEST_P(BusContract, converges_under_the_load_of_many_who_tell) {
    constexpr int tellers = 6, rounds = 60;
    participant("shop");
    participant("store");
    participant("both").receives<ShopCounted>();
    participant("both").receives<StoreCounted>();
    participant("shop fan").receives<ShopCounted>();
    start();
    {
        std::vector<std::jthread> threads;
        for (int i = 0; i < tellers; ++i) {
            threads.emplace_back([&, own = "own " + std::to_string(i)] {
                auto write = [&](Participant& teller, auto fn) {
                    loop_.wait_for(teller.db->write(std::move(fn)));
                };
                for (int round = 0; round < rounds; ++round) {
                    write(*participants_.at("shop"), [&](sql::Tx& tx) { tell_next<ShopCounted>(tx, own); });
                    write(*participants_.at("shop"),
                          [&](sql::Tx& tx) { tell_next<ShopCounted>(tx, "shared"); });
                    write(*participants_.at("store"),
                          [&](sql::Tx& tx) { tell_next<StoreCounted>(tx, "shared"); });
                }
            });
        }
    }
    expect_heard("both", 3 * tellers * rounds);
    expect_heard("shop fan", 2 * tellers * rounds);
}

TEST_P(BusContract, stops_when_nothing_goes_on) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    stop();
}

TEST_P(BusContract, stops_without_anyone_to_deliver_to) {
    participant("shop");
    start();
    stop();
    start();  // nobody at all
    stop();
}

TEST_P(BusContract, stops_while_it_is_away) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    tested_.pause();
    tell<ShopCounted>("shop", "a", 3);
    stop();
}

TEST_P(BusContract, lets_events_gather_for_a_consumer_that_nobody_waits_for) {
    auto listen = [this] {
        participant("shop");
        participant("listener").receives<ShopCounted>();
        participant("listener").inbox.batch_for(std::chrono::hours{1});
        start();
    };
    listen();
    tell<ShopCounted>("shop", "a");
    eventually([&] { return count("listener") == 1; });  // the first at once
    tell<ShopCounted>("shop", "a", 3);
    expect_stays("listener", 1);
    stop();  // and does not wait for the hour
    listen();
    expect_heard("listener", 4);
}

TEST_P(BusContract, stops_while_a_consumer_fails) {
    participant("shop");
    std::atomic<int> tries = 0;
    participant("failing").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries;
        throw sql::DatabaseError("disk full");
    });
    start();
    tell<ShopCounted>("shop", "a", 3);
    eventually([&] { return tries > 0; });
    stop();
}

TEST_P(BusContract, delivers_nothing_once_it_has_stopped) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start();
    tell<ShopCounted>("shop", "a", 100);
    loop_.wait_for(tested_.bus->stop());
    auto by_then = count("listener");
    tell<ShopCounted>("shop", "a", 5);
    expect_stays("listener", by_then);
}

INSTANTIATE_TEST_SUITE_P(Buses, BusContract, ::testing::ValuesIn(testing::buses()),
                         [](const auto& info) { return info.param.name; });

}  // namespace
}  // namespace stagedoor::bus
