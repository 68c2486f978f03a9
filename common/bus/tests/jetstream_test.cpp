// What a bus must stand that keeps events itself, beside what any bus must (bus_test.cpp): copies of services, and a
// server that dies, forgets and remembers wrongly.
#include "common/bus/tests/jetstream.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <thread>

#include "common/bus/jetstream/api.hpp"
#include "common/bus/jetstream/nats_connection.hpp"
#include "common/bus/tests/participant.hpp"
#include "common/runtime/log.hpp"
#include "fleet/process.hpp"
#include "fleet/waiting.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// Counts what the bus has claimed and not yet accounted for.
class CountingLog final : public Log {
  public:
    explicit CountingLog(Log& log) : log_(log) {}
    [[nodiscard]] const std::string& service() const override { return log_.service(); }
    [[nodiscard]] Task<std::vector<Entry>> read_after(std::int64_t position, int limit) override {
        return log_.read_after(position, limit);
    }
    void on_new(std::function<void()> told) override { log_.on_new(std::move(told)); }
    [[nodiscard]] Task<Ahead> ahead_of(std::int64_t position) override { return log_.ahead_of(position); }
    [[nodiscard]] Task<std::vector<Entry>> claim(Outcome last, int limit,
                                                 std::chrono::milliseconds lease) override {
        in_hand_ -= static_cast<long>(last.published.size() + last.left.size() + last.too_large.size());
        auto entries = co_await log_.claim(std::move(last), limit, lease);
        in_hand_ += static_cast<long>(entries.size());
        most_in_hand = std::max(most_in_hand.load(), in_hand_);
        co_return entries;
    }
    [[nodiscard]] Task<Stream> known_stream() override { return log_.known_stream(); }
    [[nodiscard]] Task<Stream> begin_stream(Stream known, Stream found) override {
        return log_.begin_stream(std::move(known), std::move(found));
    }
    void send_again_since(Instant time, Instant now) override { log_.send_again_since(time, now); }
    [[nodiscard]] Task<Backlog> backlog() override { return log_.backlog(); }

    std::atomic<long> most_in_hand = 0;

  private:
    Log& log_;
    long in_hand_ = 0;
};

// What the process has in memory. 0 where the sanitizers keep what was freed, and it says nothing.
long resident_kb() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return 0;
#endif
#endif
    std::ifstream numbers{"/proc/self/statm"};
    long size = 0, resident = 0;
    numbers >> size >> resident;
    return resident * (::sysconf(_SC_PAGESIZE) / 1024);
}

// From now on; what it gives ends it. At most one at a time.
std::function<std::string()> captured_log() {
    log::start(log::Level::warning);
    ::testing::internal::CaptureStderr();
    return [] { return ::testing::internal::GetCapturedStderr(); };
}

int occurrences(const std::string& text, const std::string& part) {
    int found = 0;
    for (auto at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++found;
    return found;
}

class JetStreamTest : public ServicesTest {
  protected:
    JetStreamTest() { empty_nats_server(); }
    ~JetStreamTest() override { stop(); }

    // A process with these services.
    JetStreamBus& start(const std::vector<Participant*>& services) {
        auto& bus =
            *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
        for (auto* each : services) {
            bus.carry(each->log);
            bus.deliver_to(each->inbox);
        }
        bus.start(loop_.executor());
        return bus;
    }
    // One for each participant.
    void start_all() {
        for (auto& [name, each] : participants_) start({each.get()});
    }
    void stop_buses() {
        for (auto& bus : buses_) loop_.wait_for(bus->stop());
        buses_.clear();
    }
    void stop() {
        stop_buses();
        copies_.clear();
        close();
    }
    // Another copy of a participant, which receives what it is told to.
    Participant& copy_of(const std::string& name) {
        return *copies_.emplace_back(std::make_unique<Participant>(participant(name), *clock_));
    }
    // Asks the server something that the bus has no need to ask; nothing when there is no answer, as while a cluster
    // elects a leader.
    std::string ask(const std::string& subject, const std::string& data) {
        auto connection = make_nats_connection(options_, *clock_, random_);
        auto answers = connection->make_mailbox();
        connection->start([] {});
        eventually([&] { return connection->epoch() != 0; }, 30s);
        EXPECT_TRUE(connection->send(connection->epoch(),
                                     {.subject = subject, .reply = answers->address(), .data = data}));
        std::deque<NatsMessage> all;
        (void)fleet::comes_true([&] { return !(all = answers->take()).empty(); }, 3s);
        return all.empty() ? "" : all.front().data;
    }
    std::chrono::nanoseconds consumer_ack_wait(const std::string& stream, const std::string& consumer) {
        auto info = json::parse(ask("$JS.API.CONSUMER.INFO." + stream + "." + consumer, ""));
        return std::chrono::nanoseconds{info ? whole((*info)["config"]["ack_wait"]) : 0};
    }
    // As a copy does that is killed then.
    void take_without_an_answer(const std::string& stream, const std::string& consumer) {
        EXPECT_NE(ask("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
                      R"({"batch":100,"expires":5000000000})"),
                  "");
    }
    void write(const std::string& name, const std::string& statement) {
        loop_.wait_for(participant(name).db->write([&](sql::Tx& tx) { tx.execute(statement); }));
    }
    [[nodiscard]] std::int64_t unpublished(const std::string& name) {
        return count(name, "SELECT count(*) FROM outbox WHERE generation IS NULL");
    }
    void expect_all_published(const std::string& name) {
        eventually([&] { return unpublished(name) == 0; }, 30s);
    }
    // Says something to the server that is none of the bus's business.
    void send(const std::string& subject, const std::string& data = "") {
        auto connection = make_nats_connection(options_, *clock_, random_);
        connection->start([] {});
        eventually([&] { return connection->epoch() != 0; });
        ASSERT_TRUE(connection->send(connection->epoch(), {.subject = subject, .data = data}));
        connection->close();
    }

    JetStreamOptions options_ = jetstream_options();
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    std::vector<std::unique_ptr<Participant>> copies_;
    std::vector<std::unique_ptr<JetStreamBus>> buses_;
};

TEST(Tellers, are_known_from_the_contracts) {
    auto all = tellers();
    EXPECT_EQ(all["orders"], (std::set<std::string>{"order", "stock"}));
    EXPECT_EQ(all["tickets"], (std::set<std::string>{"ticket"}));
    EXPECT_EQ(all["auth"], (std::set<std::string>{"epoch", "key", "link", "session", "user"}));
}

// ---- copies

TEST_F(JetStreamTest, streams_and_consumers_are_declared_by_several_copies_at_once) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    for (int i = 0; i < 3; ++i) {
        auto& listener = copy_of("listener");
        listener.receives<ShopCounted>();
        start({&copy_of("shop"), &listener});
    }
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
}

TEST_F(JetStreamTest, stream_that_has_subjects_of_another_is_complained_of) {
    EXPECT_EQ(ask("$JS.API.STREAM.CREATE.foreign", R"({"name":"foreign","subjects":["shopping.>"]})")
                  .find("\"error\""),
              std::string::npos);
    participant("shop");
    auto logged = captured_log();
    start_all();
    tell<ShopCounted>("shop", "a");
    std::this_thread::sleep_for(1s);
    auto said = logged();
    EXPECT_NE(said.find("subjects overlap with an existing stream"), std::string::npos) << said;
    EXPECT_EQ(unpublished("shop"), 1);
}

TEST_F(JetStreamTest, streams_are_declared_by_all_at_once_without_a_complaint) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    for (int i = 0; i < 5; ++i) {
        empty_nats_server();
        auto logged = captured_log();
        start_all();
        eventually([&] {
            return ask("$JS.API.CONSUMER.INFO.stagedoor-shop.listener-shopping", "").find("\"error\"") ==
                   std::string::npos;
        });
        stop_buses();
        auto said = logged();  // a warning that the stream is another
        EXPECT_EQ(occurrences(said, " error "), 0) << said;
    }
}

TEST_F(JetStreamTest, copies_of_a_service_share_the_work_and_each_event_has_its_effect_once) {
    std::atomic<int> by_first = 0, by_second = 0;
    participant("shop");
    participant("listener").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_first; });
    auto& second = copy_of("listener");
    second.receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_second; });
    start_all();
    start({&second, &copy_of("shop")});
    for (int i = 0; i < 40; ++i) tell_at_once<ShopCounted>("shop", "e" + std::to_string(i % 7), 25);
    expect_heard("listener", 1000);
    EXPECT_GT(by_first, 0);
    EXPECT_GT(by_second, 0);
}

TEST_F(JetStreamTest, what_a_copy_has_received_when_it_stops_goes_to_another_at_once) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("listener").receives<ShopCounted>();
    auto& second = copy_of("listener");
    second.receives<ShopCounted>();
    auto& leaving = start({&second});
    start_all();
    tell_at_once<ShopCounted>("shop", "a", 500);
    loop_.wait_for(leaving.stop());
    expect_heard("listener", 500);
}

// What an earlier version of ours declared.
TEST_F(JetStreamTest, consumer_that_has_another_time_for_acknowledgements_is_given_ours) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    stop_buses();
    options_.ack_wait = 1s;
    start_all();
    eventually([&] { return consumer_ack_wait("stagedoor-shop", "listener-shopping") == 1s; });
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 2);
}

TEST_F(JetStreamTest, what_a_killed_copy_had_in_hand_comes_to_another_when_its_time_is_over) {
    options_.ack_wait = 1s;
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    std::jthread killed{[&] { take_without_an_answer("stagedoor-shop", "listener-shopping"); }};
    std::this_thread::sleep_for(200ms);  // the server serves both in turn
    for (int i = 0; i < 20; ++i) tell<ShopCounted>("shop", "a");
    expect_heard("listener", 21);
}

TEST_F(JetStreamTest, what_was_on_its_way_when_a_connection_broke_comes_at_the_next_one) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 3);
    expect_heard("listener", 3);
    stop_buses();
    start({&participant("shop")});
    tell<ShopMoved>("shop", "b", 5);  // between them are others
    tell<ShopCounted>("shop", "a");
    tell<ShopMoved>("shop", "b", 5);
    expect_all_published("shop");
    take_without_an_answer("stagedoor-shop", "listener-shopping");
    start({&participant("listener")});
    tell<ShopCounted>("shop", "a");
    eventually([&] { return count("listener") == 5; }, 3s);
    expect_heard("listener", 5);
}

// Under load: each of its events takes time, and what waits behind them is kept as well.
TEST_F(JetStreamTest, batch_that_takes_long_is_not_given_to_another_copy) {
    options_.ack_wait = 600ms;
    std::atomic<int> tries = 0;
    participant("shop");
    auto slowly = [&](sql::Tx&, const ShopCounted&) {
        ++tries;
        std::this_thread::sleep_for(4ms);
    };
    participant("listener").receives<ShopCounted>(slowly);
    auto& second = copy_of("listener");
    second.receives<ShopCounted>(slowly);
    start_all();
    start({&second});
    for (int i = 0; i < 20; ++i) tell_at_once<ShopCounted>("shop", "e" + std::to_string(i), 50);
    expect_heard("listener", 1000);
    EXPECT_EQ(tries, 1000);
}

TEST_F(JetStreamTest, slow_listener_is_not_taken_for_a_dead_one) {
    options_.ack_wait = 600ms;
    std::atomic<int> tries = 0;
    participant("shop");
    participant("listener").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries;
        std::this_thread::sleep_for(1500ms);
    });
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    expect_stays("listener", 1);
    EXPECT_EQ(tries, 1);
}

// ---- the relay

TEST_F(JetStreamTest, publishes_what_committed_late_before_what_it_has_published) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    auto insert = [&](int position, int version) {
        write("shop",
              "INSERT INTO outbox(position, type, entity_id, version, time, traceparent, data) VALUES (" +
                  std::to_string(position) + ", 'shopping.counted', 'a', " + std::to_string(version) +
                  R"(, 0, '', '{"id":"a","version":)" + std::to_string(version) + "}')");
    };
    insert(10, 2);
    expect_all_published("shop");
    insert(5, 1);  // nobody is woken: it is found
    expect_heard("listener", 2);
}

TEST_F(JetStreamTest, sends_again_what_it_had_published_and_could_not_note) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 30);
    expect_heard("listener", 30);
    expect_all_published("shop");
    stop_buses();
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    tell<ShopCounted>("shop", "a", 5);
    expect_heard("listener", 35);
}

TEST_F(JetStreamTest, publishes_what_another_copy_had_claimed_when_it_died) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    tell<ShopCounted>("shop", "a", 3);
    auto claimed = loop_.wait_for(participant("shop").log.claim({}, 2, 500ms));
    ASSERT_EQ(claimed.size(), 2u);
    start_all();
    expect_heard("listener", 3);
}

TEST_F(JetStreamTest, lets_go_at_once_of_what_it_has_claimed_when_its_connection_breaks) {
    participant("shop");
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_all_published("shop");
    auto claimed = [&] {
        return count("shop", "SELECT count(*) FROM outbox WHERE generation IS NULL AND claimed_until > 0");
    };
    nats_server().process().signal(SIGSTOP);  // it takes them and says nothing
    tell_at_once<ShopCounted>("shop", "a", 20);
    eventually([&] { return claimed() == 20; });
    nats_server().kill();
    eventually([&] { return claimed() == 0; }, 1s);
    EXPECT_EQ(unpublished("shop"), 20);
    nats_server().start();
    eventually([&] { return unpublished("shop") == 0; }, 3s);
}

// ---- a server that is away, or has lost something

TEST_F(JetStreamTest, begins_when_the_server_comes) {
    nats_server().kill();
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 10);
    EXPECT_FALSE(buses_.front()->connected());
    expect_stays("listener", 0);
    EXPECT_EQ(unpublished("shop"), 10);
    nats_server().start();
    expect_heard("listener", 10);
}

// The outbox is the queue. `limit` bytes are less than the events that wait in it.
TEST_F(JetStreamTest, holds_no_more_than_a_batch_in_memory_while_the_server_is_away_and_after) {
    constexpr int events = 50'000, largest_batch = 256;
    constexpr long limit_kb = 24 << 10;
    nats_server().kill();
    auto& listener = participant("listener");
    listener.receives<ShopCounted>();
    CountingLog log{participant("shop").log};
    auto& bus = *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
    bus.carry(log);
    bus.start(loop_.executor());
    tell_at_once<ShopCounted>("shop", "warm", 1000);
    auto before = resident_kb();
    for (int i = 0; i < 49; ++i) tell_at_once<ShopCounted>("shop", "e" + std::to_string(i), 1000);
    std::this_thread::sleep_for(1s);  // in which it would take what it can
    EXPECT_EQ(log.most_in_hand, 0);
    EXPECT_EQ(unpublished("shop"), events);
    EXPECT_LT(resident_kb() - before, limit_kb);
    nats_server().start();
    eventually([&] { return unpublished("shop") == 0; }, 60s);
    EXPECT_GT(log.most_in_hand, 0);
    EXPECT_LE(log.most_in_hand, largest_batch);
    EXPECT_LT(resident_kb() - before, limit_kb);
    start({&listener});
    eventually([&] { return count("listener") == events; }, 60s);
    EXPECT_LT(resident_kb() - before, limit_kb);
    expect_once_and_in_order("listener");
    stop();
}

TEST_F(JetStreamTest, stands_a_server_that_is_killed_while_events_go_on) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    std::jthread teller{[&] { tell<ShopCounted>("shop", "a", 300); }};
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(100ms);
        nats_server().kill();
        nats_server().start();
    }
    teller.join();
    expect_heard("listener", 300);
}

TEST_F(JetStreamTest, notices_a_server_that_stands_still_and_goes_on_when_it_does) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    auto& bus = start({&participant("shop"), &participant("listener")});
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    nats_server().process().signal(SIGSTOP);
    tell<ShopCounted>("shop", "a", 20);
    eventually([&] { return !bus.connected(); });
    nats_server().process().signal(SIGCONT);
    expect_heard("listener", 21);
}

TEST_F(JetStreamTest, fills_a_server_again_that_has_lost_everything) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell_at_once<ShopCounted>("shop", "a", 600);
    expect_heard("listener", 600);
    nats_server().kill();
    nats_server().wipe();
    tell<ShopCounted>("shop", "a", 10);
    nats_server().start();
    expect_heard("listener", 610);
    participant("late").receives<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 610);  // all of it is there again
    expect_heard("listener", 610);
}

TEST_F(JetStreamTest, fills_a_server_again_that_was_put_back_to_an_older_state) {
    auto store = nats_server().store();
    auto kept = folder_.path() / "kept";
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    nats_server().stop();
    std::filesystem::copy(store, kept, std::filesystem::copy_options::recursive);
    nats_server().start();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
    expect_all_published("shop");
    nats_server().kill();
    nats_server().wipe();
    std::filesystem::copy(kept, store, std::filesystem::copy_options::recursive);
    // What was published in the last minutes would be sent again in any case.
    write("shop", "UPDATE outbox SET published_at = 0");
    nats_server().start();
    tell<ShopCounted>("shop", "a", 5);
    expect_heard("listener", 45);
    participant("late").receives<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 45);
}

TEST_F(JetStreamTest, fills_a_stream_again_that_is_deleted_while_it_is_connected) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    send("$JS.API.STREAM.DELETE.stagedoor-shop");
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
    participant("late").receives<ShopCounted>();
    start({&participant("late")});
    expect_heard("late", 40);
}

TEST_F(JetStreamTest, declares_a_consumer_again_that_is_deleted) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    send("$JS.API.CONSUMER.DELETE.stagedoor-shop.listener-shopping");
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 40);
}

TEST_F(JetStreamTest, drops_in_the_inbox_what_comes_twice_after_the_servers_own_window) {
    options_.duplicate_window = 100ms;
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 20);
    expect_heard("listener", 20);
    expect_all_published("shop");
    stop_buses();
    std::this_thread::sleep_for(300ms);
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 21);
    eventually([&] {
        return metrics_.to_text().find("stagedoor_bus_pending{entity=\"shopping\",service=\"listener\"} 0") !=
               std::string::npos;
    });
    expect_stays("listener", 21);
}

// ---- what is not ours, and who is not let in

TEST_F(JetStreamTest, leaves_out_what_is_no_event_and_goes_on) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 1);
    send("shopping.counted", "hello");
    send("shopping.counted",
         R"({"id":"x","type":"move.done","time":"2026-05-01T00:00:00.000Z","source":"shop",)"
         R"("entityId":"a","version":2,"data":{}})");
    tell<ShopCounted>("shop", "a");
    expect_heard("listener", 2);
    eventually([&] {
        return metrics_.to_text().find(
                   "stagedoor_bus_unreadable_total{entity=\"shopping\",service=\"listener\"} 2") !=
               std::string::npos;
    });
}

TEST_F(JetStreamTest, event_larger_than_the_server_allows_holds_up_no_other_and_is_complained_of_once) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    tell<ShopCounted>("shop", "good");
    for (auto id : {"large", "larger"}) {
        write("shop",
              std::string{"INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES "
                          "('shopping.counted', '"} +
                  id + R"(', 1, 0, '', '{"id":")" + id + R"(","version":1,"padding":")" +
                  std::string(2 << 20, 'x') + R"("}'))");
    }
    tell<ShopCounted>("shop", "good", 9);
    auto logged = captured_log();
    start_all();
    eventually([&] { return count("listener") == 10; }, 5s);
    tell<ShopCounted>("shop", "good", 5);
    eventually([&] { return count("listener") == 15; }, 5s);
    std::this_thread::sleep_for(2s);  // in which it is not tried again
    stop_buses();
    auto said = logged();
    EXPECT_EQ(occurrences(said, "an event can't be published"), 1) << said;
    EXPECT_NE(said.find("event=shopping:large:1"), std::string::npos) << said;
    EXPECT_EQ(occurrences(said, " error "), 1) << said;
    EXPECT_EQ(unpublished("shop"), 2);
}

TEST_F(JetStreamTest, event_larger_than_the_stream_allows_holds_up_no_other) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "good");
    expect_heard("listener", 1);
    auto info = ask("$JS.API.STREAM.INFO.stagedoor-shop", "");
    auto begin = info.find("\"config\":") + 9;
    auto config = info.substr(begin, info.find(",\"created\"", begin) - begin);
    auto limit = config.find("\"max_msg_size\":-1");
    ASSERT_NE(limit, std::string::npos) << config;
    config.replace(limit, 17, "\"max_msg_size\":1000");
    EXPECT_EQ(ask("$JS.API.STREAM.UPDATE.stagedoor-shop", config).find("\"error\""), std::string::npos);
    write(
        "shop",
        R"(INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES ('shopping.counted', 'large', 1,
             0, '', '{"id":"large","version":1,"padding":")" +
            std::string(2000, 'x') + R"("}'))");
    tell<ShopCounted>("shop", "good", 9);
    eventually([&] { return count("listener") == 10; }, 5s);
    EXPECT_NO_THROW(eventually([&] { return unpublished("shop") == 1; }, 5s))  // noted after it is heard
        << unpublished("shop");
}

TEST_F(JetStreamTest, is_not_connected_with_a_wrong_password) {
    auto logged = captured_log();
    participant("shop");
    options_.servers = "nats://stagedoor:wrong@127.0.0.1:" + std::to_string(nats_server().port());
    auto& bus = start({&participant("shop")});
    std::this_thread::sleep_for(2s);  // some tries
    EXPECT_FALSE(bus.connected());
    auto said = logged();
    EXPECT_NE(said.find("the bus can't be reached"), std::string::npos) << said;
    EXPECT_NE(said.find("Authorization"), std::string::npos) << said;
    EXPECT_EQ(occurrences(said, "the bus can't be reached"), 1) << said;
    EXPECT_EQ(said.find("wrong"), std::string::npos) << "the password is in the log";
}

TEST_F(JetStreamTest, takes_user_and_password_apart_from_the_address_and_goes_to_the_server_that_is_there) {
    auto url = nats_server().url();
    auto at = url.find('@');
    options_.user = "stagedoor";
    options_.password = url.substr(url.rfind(':', at) + 1, at - url.rfind(':', at) - 1);
    options_.servers =
        "nats://127.0.0.1:" + std::to_string(fleet::free_port()) + ",nats://" + url.substr(at + 1);
    auto& bus = start({&participant("shop")});
    eventually([&] { return bus.connected(); });
}

// ---- a cluster

class JetStreamCluster : public JetStreamTest {
  protected:
    JetStreamCluster() {
        std::vector<fleet::ClusterMember> members;
        for (auto name : {"a", "b", "c"}) members.push_back({name, fleet::free_port()});
        options_.servers.clear();
        for (std::size_t i = 0; i < members.size(); ++i) {
            servers_.push_back(std::make_unique<fleet::NatsServer>(
                folder_.path() / members[i].name,
                fleet::NatsServer::Options{.cluster = members, .member = i}));
            options_.servers += (i > 0 ? "," : "") + servers_.back()->url();
            servers_.back()->start();
        }
        options_.replicas = 3;
    }
    ~JetStreamCluster() override { stop(); }

    // Every member has all that the stream's and its consumers' leaders have.
    bool is_current(const std::string& stream, const std::vector<std::string>& consumers) {
        std::vector<std::string> subjects{"STREAM.INFO." + stream};
        for (const auto& consumer : consumers) subjects.push_back("CONSUMER.INFO." + stream + "." + consumer);
        return std::ranges::all_of(subjects, [&](const std::string& subject) {
            auto info = json::parse(ask("$JS.API." + subject, ""));
            if (!info) return false;
            const auto* replicas = (*info)["cluster"]["replicas"].array();
            return replicas && replicas->size() == 2 && std::ranges::all_of(*replicas, [](const auto& each) {
                       const auto* current = each["current"].boolean();
                       const auto* offline = each["offline"].boolean();
                       return current && *current && !(offline && *offline) && whole(each["lag"]) == 0;
                   });
        });
    }

    std::vector<std::unique_ptr<fleet::NatsServer>> servers_;
};

TEST_F(JetStreamCluster, goes_on_when_one_of_three_dies) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 50);
    expect_heard("listener", 50);
    servers_.front()->kill();
    tell<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("listener") == 100; }, 60s);
    servers_.front()->start();
    tell<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("listener") == 150; }, 60s);
    expect_heard("listener", 150);
}

TEST_F(JetStreamCluster, goes_on_when_each_of_three_dies_in_turn) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 50);
    expect_heard("listener", 50);
    for (auto& server : servers_) {
        server->kill();
        tell<ShopCounted>("shop", "a", 50);
        eventually([&] { return unpublished("shop") == 0; }, 60s);
        server->start();
        eventually([&] { return is_current("stagedoor-shop", {"listener-shopping"}); }, 60s);
    }
    eventually([&] { return count("listener") == 200; }, 60s);
    expect_heard("listener", 200);
    EXPECT_LE(count("shop", "SELECT generation FROM outbox_stream"), 1) << "taken for another stream";
}

// ---- TLS, with a CA of our own

class JetStreamTls : public JetStreamTest {
  protected:
    JetStreamTls() {
        openssl({"req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", file("ca.key"), "-out",
                 file("ca.pem"), "-days", "2", "-subj", "/CN=Stagedoor tests"});
        sign("server", "subjectAltName=DNS:localhost,IP:127.0.0.1");
        sign("client", "subjectAltName=DNS:stagedoor");
        std::ofstream{file("nats.conf")} << "listen: 127.0.0.1:" << port_ << "\njetstream { store_dir: \""
                                         << file("store") << "\" }\ntls { cert_file: \"" << file("server.pem")
                                         << "\", key_file: \"" << file("server.key") << "\", ca_file: \""
                                         << file("ca.pem") << "\", verify: true }\n";
        server_ = std::make_unique<fleet::Process>("/usr/sbin/nats-server",
                                                   std::vector<std::string>{"-c", file("nats.conf")},
                                                   fleet::Variables{}, folder_.path());
        options_.servers = "tls://localhost:" + std::to_string(port_);
        options_.ca_file = file("ca.pem");
        options_.certificate_file = file("client.pem");
        options_.key_file = file("client.key");
    }
    ~JetStreamTls() override { stop(); }

    [[nodiscard]] std::string file(const std::string& name) const { return folder_.file(name); }
    static void openssl(const std::vector<std::string>& words) {
        auto ended = fleet::run("/usr/bin/openssl", words);
        ASSERT_EQ(ended.exit.code, 0) << ended.errors;
    }
    void sign(const std::string& name, const std::string& extension) const {
        std::ofstream{file(name + ".ext")} << extension << "\n";
        openssl({"req", "-newkey", "rsa:2048", "-nodes", "-keyout", file(name + ".key"), "-out",
                 file(name + ".csr"), "-subj", "/CN=" + name});
        openssl({"x509", "-req", "-in", file(name + ".csr"), "-CA", file("ca.pem"), "-CAkey", file("ca.key"),
                 "-CAcreateserial", "-out", file(name + ".pem"), "-days", "2", "-extfile",
                 file(name + ".ext")});
    }

    std::uint16_t port_ = fleet::free_port();
    std::unique_ptr<fleet::Process> server_;
};

TEST_F(JetStreamTls, carries_events_when_both_sides_show_who_they_are) {
    participant("shop");
    participant("listener").receives<ShopCounted>();
    start_all();
    tell<ShopCounted>("shop", "a", 10);
    expect_heard("listener", 10);
}

TEST_F(JetStreamTls, does_not_connect_without_a_certificate_or_to_one_that_nobody_vouches_for) {
    auto right = options_;
    participant("shop");
    options_.certificate_file = options_.key_file = "";
    auto& nobody = start({&participant("shop")});
    options_ = right;
    options_.ca_file = file("client.pem");
    auto& distrustful = start({&copy_of("shop")});
    std::this_thread::sleep_for(1s);
    EXPECT_FALSE(nobody.connected());
    EXPECT_FALSE(distrustful.connected());
}

}  // namespace
}  // namespace stagedoor::bus
