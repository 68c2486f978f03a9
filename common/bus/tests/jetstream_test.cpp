// Tests of the JetStream bus beyond the contract in bus_test.cpp: replicas of services, and servers that die,
// lose data or are restored from an old backup.
#include "common/bus/tests/jetstream.hpp"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <latch>
#include <thread>

#include "common/bus/envelope.hpp"
#include "common/bus/jetstream/api.hpp"
#include "common/bus/jetstream/nats_connection.hpp"
#include "common/bus/tests/participant.hpp"
#include "common/runtime/log.hpp"
#include "fleet/polling.hpp"
#include "fleet/process.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// Counts the events that the bus has claimed and not yet reported a result for.
class CountingLog final : public Log {
  public:
    explicit CountingLog(Log& log) : log_(log) {}
    [[nodiscard]] const std::string& service() const override { return log_.service(); }
    [[nodiscard]] Task<std::vector<Entry>> read_after(std::int64_t position, int limit) override {
        return log_.read_after(position, limit);
    }
    void on_new(std::function<void()> callback) override { log_.on_new(std::move(callback)); }
    void on_published(std::function<void(const Event&)> callback) override {
        log_.on_published(std::move(callback));
    }
    [[nodiscard]] Task<Lag> lag_after(std::int64_t position) override { return log_.lag_after(position); }
    [[nodiscard]] Task<std::vector<Entry>> claim(PublishResult last, int limit,
                                                 std::chrono::milliseconds lease) override {
        claimed_ -= static_cast<long>(last.published.size() + last.failed.size() + last.too_large.size());
        auto entries = co_await log_.claim(std::move(last), limit, lease);
        claimed_ += static_cast<long>(entries.size());
        max_claimed = std::max(max_claimed.load(), claimed_);
        co_return entries;
    }
    [[nodiscard]] Task<Stream> known_stream() override { return log_.known_stream(); }
    [[nodiscard]] Task<Stream> begin_stream(Stream known, Stream found) override {
        return log_.begin_stream(std::move(known), std::move(found));
    }
    void republish_since(Instant time, Instant now) override { log_.republish_since(time, now); }
    [[nodiscard]] Task<Backlog> backlog() override { return log_.backlog(); }

    std::atomic<long> max_claimed = 0;

  private:
    Log& log_;
    long claimed_ = 0;
};

// The process's own memory, without the files that SQLite maps. 0 under sanitizers, which keep freed memory.
long own_memory_kb() {
#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
    return 0;
#endif
#endif
    std::ifstream numbers{"/proc/self/statm"};
    long size = 0, resident = 0, of_files = 0;
    numbers >> size >> resident >> of_files;
    return (resident - of_files) * (::sysconf(_SC_PAGESIZE) / 1024);
}

// Captures the log until the returned function is called. Captures can't be nested.
std::function<std::string()> capture_log() {
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

    // Starts a bus for these services, as in a process of their own.
    JetStreamBus& start(const std::vector<Participant*>& services) {
        auto& bus =
            *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
        for (auto* each : services) {
            bus.publish_from(each->log);
            bus.deliver_to(each->inbox);
        }
        bus.start(loop_.executor());
        return bus;
    }
    // Starts one bus per participant.
    void start_all() {
        for (auto& [name, each] : participants_) start({each.get()});
    }
    // The server loses everything, and the last ten events are published meanwhile.
    void expect_refill_of_all(int events) {
        nats_server().kill();
        nats_server().wipe();
        publish<ShopCounted>("shop", "a", 10);
        nats_server().start();
        expect_received("subscriber", events);
        participant("late").receives<ShopCounted>();
        start({&participant("late")});
        expect_received("late", events);  // the whole history has been published again
        expect_received("subscriber", events);
    }
    void stop_buses() {
        for (auto& bus : buses_) loop_.wait_for(bus->stop());
        buses_.clear();
    }
    void stop() {
        stop_buses();
        replicas_.clear();
        close();
    }
    // Another replica of a participant, with handlers of its own.
    Participant& replica_of(const std::string& name) {
        return *replicas_.emplace_back(std::make_unique<Participant>(participant(name), *clock_));
    }
    // The server's response, or "" if there is none within 3 s, as while a cluster elects a leader.
    std::string request(const std::string& subject, const std::string& data) {
        auto connection = make_nats_connection(options_, *clock_, random_);
        auto responses = connection->make_mailbox();
        connection->start([] {});
        eventually([&] { return connection->epoch() != 0; }, 30s);
        EXPECT_TRUE(connection->send(connection->epoch(),
                                     {.subject = subject, .reply = responses->address(), .data = data}));
        std::deque<NatsMessage> all;
        (void)fleet::becomes_true([&] { return !(all = responses->take()).empty(); }, 3s);
        return all.empty() ? "" : all.front().data;
    }
    std::chrono::nanoseconds consumer_ack_wait(const std::string& stream, const std::string& consumer) {
        auto info = json::parse(request("$JS.API.CONSUMER.INFO." + stream + "." + consumer, ""));
        return std::chrono::nanoseconds{info ? to_integer((*info)["config"]["ack_wait"]) : 0};
    }
    // Requests for events that the server has not ended.
    std::int64_t open_requests(const std::string& stream, const std::string& consumer) {
        auto info = json::parse(request("$JS.API.CONSUMER.INFO." + stream + "." + consumer, ""));
        return info ? to_integer((*info)["num_waiting"]) : -1;
    }
    // Acts like a replica that is killed while it handles events.
    void take_without_ack(const std::string& stream, const std::string& consumer) {
        EXPECT_NE(request("$JS.API.CONSUMER.MSG.NEXT." + stream + "." + consumer,
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
    // Sends a message to the server without waiting for a response.
    void send(NatsConnection::Outgoing message) {
        auto connection = make_nats_connection(options_, *clock_, random_);
        connection->start([] {});
        eventually([&] { return connection->epoch() != 0; });
        ASSERT_TRUE(connection->send(connection->epoch(), std::move(message)));
        connection->close();
    }
    void send(const std::string& subject, const std::string& data = "", const std::string& signature = "") {
        send(NatsConnection::Outgoing{.subject = subject, .data = data, .signature = signature});
    }

    JetStreamOptions options_ = jetstream_options();
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    std::vector<std::unique_ptr<Participant>> replicas_;
    std::vector<std::unique_ptr<JetStreamBus>> buses_;
};

TEST(PublishedEntities, follow_from_the_contracts) {
    auto all = published_entities();
    EXPECT_EQ(all["orders"], (std::set<std::string>{"order", "returns", "stock"}));
    EXPECT_EQ(all["admissions"], (std::set<std::string>{"doors", "transfer"}));
    EXPECT_EQ(all["tickets"], (std::set<std::string>{"ticket"}));
    EXPECT_EQ(all["auth"], (std::set<std::string>{"epoch", "key", "link", "seller", "session", "user"}));
}

// ---- replicas

TEST_F(JetStreamTest, several_replicas_declare_streams_and_consumers_concurrently) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    for (int i = 0; i < 3; ++i) {
        auto& subscriber = replica_of("subscriber");
        subscriber.receives<ShopCounted>();
        start({&replica_of("shop"), &subscriber});
    }
    start_all();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 20);
}

TEST_F(JetStreamTest, hints_reach_all_replicas_of_their_service_and_nobody_else) {
    std::mutex mutex;
    std::map<std::string, std::set<std::string>> received;
    auto start_replica = [&](const std::string& replica, const std::string& service) -> JetStreamBus& {
        auto& bus =
            *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
        bus.on_hint(service, [&, replica](std::string hint) {
            std::lock_guard lock{mutex};
            received[replica].insert(std::move(hint));
        });
        bus.start(loop_.executor());
        eventually([&] { return bus.connected(); });
        return bus;
    };
    auto& sender = start_replica("shop-1", "shop");
    (void)start_replica("shop-2", "shop");
    (void)start_replica("store-1", "store");
    eventually([&] {  // a subscription takes effect some time after the connection
        sender.send_hint("shop", "paid");
        std::lock_guard lock{mutex};
        return received["shop-1"].contains("paid") && received["shop-2"].contains("paid");
    });
    stop_buses();  // another hint may be in flight
    std::lock_guard lock{mutex};
    EXPECT_TRUE(received["store-1"].empty());
}

TEST_F(JetStreamTest, logs_an_error_when_another_stream_has_the_same_subjects) {
    EXPECT_EQ(request("$JS.API.STREAM.CREATE.foreign", R"({"name":"foreign","subjects":["cart.>"]})")
                  .find("\"error\""),
              std::string::npos);
    participant("shop");
    auto end_capture = capture_log();
    start_all();
    publish<ShopCounted>("shop", "a");
    std::this_thread::sleep_for(1s);
    auto output = end_capture();
    EXPECT_NE(output.find("subjects overlap with an existing stream"), std::string::npos) << output;
    EXPECT_EQ(unpublished("shop"), 1);
}

TEST_F(JetStreamTest, concurrent_declarations_log_no_error) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    for (int i = 0; i < 5; ++i) {
        empty_nats_server();
        auto end_capture = capture_log();
        start_all();
        eventually([&] {
            return request("$JS.API.CONSUMER.INFO.stagedoor-shop.subscriber-cart", "").find("\"error\"") ==
                   std::string::npos;
        });
        stop_buses();
        auto output = end_capture();  // contains a warning about the new stream
        EXPECT_EQ(occurrences(output, " error "), 0) << output;
    }
}

TEST_F(JetStreamTest, replicas_share_the_work_and_each_event_is_applied_once) {
    std::atomic<int> by_first = 0, by_second = 0;
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_first; });
    auto& second = replica_of("subscriber");
    second.receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) { ++by_second; });
    start_all();
    start({&second, &replica_of("shop")});
    eventually([&] { return open_requests("stagedoor-shop", "subscriber-cart") == 2; });
    for (int i = 0; i < 40; ++i) publish_batch<ShopCounted>("shop", "e" + std::to_string(i % 7), 25);
    expect_received("subscriber", 1000);
    EXPECT_GT(by_first, 0);
    EXPECT_GT(by_second, 0);
}

TEST_F(JetStreamTest, events_received_by_a_stopping_replica_go_to_another_at_once) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    auto& second = replica_of("subscriber");
    second.receives<ShopCounted>();
    auto& leaving = start({&second});
    start_all();
    publish_batch<ShopCounted>("shop", "a", 500);
    loop_.wait_for(leaving.stop());
    expect_received("subscriber", 500);
}

// As after an upgrade.
TEST_F(JetStreamTest, updates_the_ack_wait_of_an_existing_consumer) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    stop_buses();
    options_.ack_wait = 1s;
    start_all();
    eventually([&] { return consumer_ack_wait("stagedoor-shop", "subscriber-cart") == 1s; });
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 2);
}

TEST_F(JetStreamTest, events_of_a_killed_replica_go_to_another_after_ack_wait) {
    options_.ack_wait = 1s;
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    std::jthread killed{[&] { take_without_ack("stagedoor-shop", "subscriber-cart"); }};
    std::this_thread::sleep_for(200ms);  // the server serves both in turn
    for (int i = 0; i < 20; ++i) publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 21);
}

TEST_F(JetStreamTest, redelivers_events_lost_in_a_broken_connection_on_the_next_one) {
    options_.ack_wait = 60s;
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 3);
    expect_received("subscriber", 3);
    stop_buses();
    start({&participant("shop")});
    publish<ShopMoved>("shop", "b", 5);  // events of another entity lie between them
    publish<ShopCounted>("shop", "a");
    publish<ShopMoved>("shop", "b", 5);
    expect_all_published("shop");
    take_without_ack("stagedoor-shop", "subscriber-cart");
    start({&participant("subscriber")});
    publish<ShopCounted>("shop", "a");
    eventually([&] { return count("subscriber") == 5; }, 3s);
    expect_received("subscriber", 5);
}

// Under load: handling takes long, and the ack_wait of the events waiting behind the batch must be extended
// as well.
TEST_F(JetStreamTest, slow_batch_is_not_delivered_to_another_replica) {
    options_.ack_wait = 600ms;
    participant("shop");
    auto slowly = [&](sql::Tx&, const ShopCounted&) {
        ++tries_;
        std::this_thread::sleep_for(4ms);
    };
    participant("subscriber").receives<ShopCounted>(slowly);
    auto& second = replica_of("subscriber");
    second.receives<ShopCounted>(slowly);
    start_all();
    start({&second});
    for (int i = 0; i < 20; ++i) publish_batch<ShopCounted>("shop", "e" + std::to_string(i), 50);
    expect_received("subscriber", 1000);
    EXPECT_EQ(tries_, 1000);
}

TEST_F(JetStreamTest, slow_handler_does_not_cause_a_redelivery) {
    options_.ack_wait = 600ms;
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        ++tries_;
        std::this_thread::sleep_for(1500ms);
    });
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    expect_stays("subscriber", 1);
    EXPECT_EQ(tries_, 1);
}

// ---- the relay

TEST_F(JetStreamTest, publishes_an_event_that_committed_late_with_a_lower_position) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    auto insert = [&](int position, int version) {
        write("shop",
              "INSERT INTO outbox(position, type, entity_id, version, time, traceparent, data) VALUES (" +
                  std::to_string(position) + ", 'cart.counted', 'a', " + std::to_string(version) +
                  R"(, 0, '', '{"id":"a","version":)" + std::to_string(version) + "}')");
    };
    insert(10, 2);
    expect_all_published("shop");
    insert(5, 1);  // without a notification: it is found by polling
    expect_received("subscriber", 2);
}

TEST_F(JetStreamTest, publishes_again_what_it_could_not_record_as_published) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 30);
    expect_received("subscriber", 30);
    expect_all_published("shop");
    stop_buses();
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 35);
}

TEST_F(JetStreamTest, publishes_events_claimed_by_a_replica_that_died) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    publish<ShopCounted>("shop", "a", 3);
    auto claimed = loop_.wait_for(participant("shop").log.claim({}, 2, 500ms));
    ASSERT_EQ(claimed.size(), 2u);
    start_all();
    expect_received("subscriber", 3);
}

TEST_F(JetStreamTest, releases_claimed_events_at_once_when_its_connection_breaks) {
    participant("shop");
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_all_published("shop");
    auto claimed = [&] {
        return count("shop", "SELECT count(*) FROM outbox WHERE generation IS NULL AND claimed_until > 0");
    };
    nats_server().process().signal(SIGSTOP);  // the server accepts them and does not respond
    publish_batch<ShopCounted>("shop", "a", 20);
    eventually([&] { return claimed() == 20; });
    nats_server().kill();
    eventually([&] { return claimed() == 0; }, 1s);
    EXPECT_EQ(unpublished("shop"), 20);
    nats_server().start();
    eventually([&] { return unpublished("shop") == 0; }, 3s);
}

// ---- a server that is down or has lost data

TEST_F(JetStreamTest, publishes_when_the_server_becomes_reachable) {
    nats_server().kill();
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 10);
    EXPECT_FALSE(buses_.front()->connected());
    expect_stays("subscriber", 0);
    EXPECT_EQ(unpublished("shop"), 10);
    nats_server().start();
    expect_received("subscriber", 10);
}

// The outbox is the queue. `limit_kb` is less than the size of the events waiting in it.
TEST_F(JetStreamTest, keeps_at_most_a_batch_in_memory_during_and_after_an_outage) {
    constexpr int batches = 20, batch = 1'000, events = batches * batch, max_batch = 256;
    constexpr long limit_kb = 40 << 10;
    const std::string long_id(1'500, 'x');
    nats_server().kill();
    auto& subscriber = participant("subscriber");
    subscriber.receives<ShopCounted>();
    CountingLog log{participant("shop").log};
    auto& bus = *buses_.emplace_back(std::make_unique<JetStreamBus>(options_, *clock_, random_, metrics_));
    bus.publish_from(log);
    bus.start(loop_.executor());
    publish_batch<ShopCounted>("shop", "warm", batch);
    auto before = own_memory_kb();
    for (int i = 1; i < batches; ++i) publish_batch<ShopCounted>("shop", long_id + std::to_string(i), batch);
    std::this_thread::sleep_for(1s);  // enough time to claim events
    EXPECT_EQ(log.max_claimed, 0);
    EXPECT_EQ(unpublished("shop"), events);
    EXPECT_LT(own_memory_kb() - before, limit_kb);
    nats_server().start();
    eventually([&] { return unpublished("shop") == 0; }, 180s);
    EXPECT_GT(log.max_claimed, 0);
    EXPECT_LE(log.max_claimed, max_batch);
    EXPECT_LT(own_memory_kb() - before, limit_kb);
    start({&subscriber});
    eventually([&] { return count("subscriber") == events; }, 180s);
    EXPECT_LT(own_memory_kb() - before, limit_kb);
    expect_once_and_in_order("subscriber");
    stop();
}

TEST_F(JetStreamTest, survives_a_server_that_is_killed_while_events_are_published) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    std::jthread publisher{[&] { publish<ShopCounted>("shop", "a", 300); }};
    for (int i = 0; i < 3; ++i) {
        std::this_thread::sleep_for(100ms);
        nats_server().kill();
        nats_server().start();
    }
    publisher.join();
    expect_received("subscriber", 300);
}

TEST_F(JetStreamTest, detects_a_hanging_server_and_continues_when_it_recovers) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    auto& bus = start({&participant("shop"), &participant("subscriber")});
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    nats_server().process().signal(SIGSTOP);
    publish<ShopCounted>("shop", "a", 20);
    eventually([&] { return !bus.connected(); });
    nats_server().process().signal(SIGCONT);
    expect_received("subscriber", 21);
}

TEST_F(JetStreamTest, refills_a_server_that_has_lost_everything) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish_batch<ShopCounted>("shop", "a", 600);
    expect_received("subscriber", 600);
    expect_refill_of_all(610);
}

TEST_F(JetStreamTest, refills_a_server_that_has_lost_everything_from_segments_too) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish_batch<ShopCounted>("shop", "a", 600);
    expect_received("subscriber", 600);
    expect_all_published("shop");
    move_old_events("shop");
    ASSERT_EQ(count("shop", "SELECT count(*) FROM outbox"), 100);
    expect_refill_of_all(610);
}

TEST_F(JetStreamTest, refills_a_server_that_was_restored_from_an_old_backup) {
    auto store = nats_server().store();
    auto kept = folder_.path() / "kept";
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 20);
    nats_server().stop();
    std::filesystem::copy(store, kept, std::filesystem::copy_options::recursive);
    nats_server().start();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 40);
    expect_all_published("shop");
    nats_server().kill();
    nats_server().wipe();
    std::filesystem::copy(kept, store, std::filesystem::copy_options::recursive);
    // Events published in the last minutes would be published again in any case.
    write("shop", "UPDATE outbox SET published_at = 0");
    nats_server().start();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 45);
    participant("late").receives<ShopCounted>();
    start({&participant("late")});
    expect_received("late", 45);
}

TEST_F(JetStreamTest, refills_a_stream_that_is_deleted_while_connected) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 20);
    send("$JS.API.STREAM.DELETE.stagedoor-shop");
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 40);
    participant("late").receives<ShopCounted>();
    start({&participant("late")});
    expect_received("late", 40);
}

// Only its owner may declare it.
TEST_F(JetStreamTest, subscribers_wait_for_a_stream_without_declaring_it) {
    participant("subscriber").receives<ShopCounted>();
    auto end_capture = capture_log();
    start_all();
    eventually([&] { return buses_.front()->connected(); });
    std::this_thread::sleep_for(1500ms);  // several tries
    EXPECT_NE(request("$JS.API.STREAM.INFO.stagedoor-shop", "").find("\"error\""), std::string::npos);
    EXPECT_EQ(occurrences(end_capture(), " error "), 0);
    start({&participant("shop")});
    publish<ShopCounted>("shop", "a", 3);
    expect_received("subscriber", 3);
}

TEST_F(JetStreamTest, declares_a_deleted_consumer_again) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 20);
    send("$JS.API.CONSUMER.DELETE.stagedoor-shop.subscriber-cart");
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 40);
}

// The server doesn't respond to a request for events of a consumer that does not exist.
TEST_F(JetStreamTest, redeclares_a_consumer_that_disappeared_between_two_requests) {
    std::latch entered{1}, released{1};
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        if (!entered.try_wait()) entered.count_down();
        released.wait();
    });
    auto end_capture = capture_log();
    start_all();
    publish<ShopCounted>("shop", "a");
    entered.wait();  // handling the event, it sends no further request
    eventually([&] { return open_requests("stagedoor-shop", "subscriber-cart") == 0; });
    (void)request("$JS.API.CONSUMER.DELETE.stagedoor-shop.subscriber-cart", "");
    released.count_down();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 6);
    stop_buses();
    auto output = end_capture();
    EXPECT_EQ(occurrences(output, "the bus had lost a consumer"), 1) << output;
    EXPECT_NE(output.find("consumer=subscriber-cart"), std::string::npos) << output;
}

TEST_F(JetStreamTest, redeclares_a_stream_and_its_consumers_that_disappeared_between_two_requests) {
    std::latch entered{1}, released{1};
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        if (!entered.try_wait()) entered.count_down();
        released.wait();
    });
    start_all();
    publish<ShopCounted>("shop", "a");
    entered.wait();
    eventually([&] { return open_requests("stagedoor-shop", "subscriber-cart") == 0; });
    (void)request("$JS.API.STREAM.DELETE.stagedoor-shop", "");
    released.count_down();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 6);
}

TEST_F(JetStreamTest, shows_for_how_long_a_lag_has_not_moved) {
    std::latch entered{1}, released{1};
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        if (!entered.try_wait()) entered.count_down();
        released.wait();
    });
    auto is_stalled = [&] {
        return !metrics_.to_text().contains(
            "stagedoor_bus_stalled_seconds{entity=\"cart\",service=\"subscriber\"} 0\n");
    };
    start_all();
    EXPECT_FALSE(is_stalled());
    publish<ShopCounted>("shop", "a", 3);
    entered.wait();
    eventually(is_stalled, 60s);
    released.count_down();
    expect_received("subscriber", 3);
    eventually([&] { return !is_stalled(); }, 60s);
}

TEST_F(JetStreamTest, inbox_drops_duplicates_after_the_servers_duplicate_window) {
    options_.duplicate_window = 100ms;
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 20);
    expect_received("subscriber", 20);
    expect_all_published("shop");
    stop_buses();
    std::this_thread::sleep_for(300ms);
    write("shop", "UPDATE outbox SET generation = NULL, published_at = NULL, claimed_until = 0");
    start_all();
    expect_all_published("shop");
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 21);
    eventually([&] {
        return metrics_.to_text().find("stagedoor_bus_pending{entity=\"cart\",service=\"subscriber\"} 0") !=
               std::string::npos;
    });
    expect_stays("subscriber", 21);
}

// ---- invalid messages, and connections that the server rejects

TEST_F(JetStreamTest, skips_a_message_that_is_not_a_valid_event) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    send("cart.counted", "hello");
    send("cart.counted", R"({"id":"x","type":"move.done","time":"2026-05-01T00:00:00.000Z","source":"shop",)"
                         R"("entityId":"a","version":2,"data":{}})");
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 2);
    eventually([&] {
        auto metrics = metrics_.to_text();
        const std::string labels = "{entity=\"cart\",service=\"subscriber\"} 1\n";
        return metrics.contains("stagedoor_bus_unreadable_total" + labels) &&
               metrics.contains("stagedoor_bus_refused_total" + labels);
    });
}

TEST_F(JetStreamTest, event_above_the_servers_limit_blocks_no_other_and_is_logged_once) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    publish<ShopCounted>("shop", "good");
    for (auto id : {"large", "larger"}) {
        write("shop",
              std::string{"INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES "
                          "('cart.counted', '"} +
                  id + R"(', 1, 0, '', '{"id":")" + id + R"(","version":1,"padding":")" +
                  std::string(2 << 20, 'x') + R"("}'))");
    }
    publish<ShopCounted>("shop", "good", 9);
    auto end_capture = capture_log();
    start_all();
    eventually([&] { return count("subscriber") == 10; }, 5s);
    publish<ShopCounted>("shop", "good", 5);
    eventually([&] { return count("subscriber") == 15; }, 5s);
    std::this_thread::sleep_for(2s);  // during which it must not be retried
    stop_buses();
    auto output = end_capture();
    EXPECT_EQ(occurrences(output, "an event is too large to publish"), 1) << output;
    EXPECT_NE(output.find("event=cart:large:1"), std::string::npos) << output;
    EXPECT_EQ(occurrences(output, " error "), 1) << output;
    EXPECT_EQ(unpublished("shop"), 2);
}

TEST_F(JetStreamTest, event_above_the_streams_limit_blocks_no_other) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "good");
    expect_received("subscriber", 1);
    auto info = request("$JS.API.STREAM.INFO.stagedoor-shop", "");
    auto begin = info.find("\"config\":") + 9;
    auto config = info.substr(begin, info.find(",\"created\"", begin) - begin);
    auto limit = config.find("\"max_msg_size\":-1");
    ASSERT_NE(limit, std::string::npos) << config;
    config.replace(limit, 17, "\"max_msg_size\":1000");
    EXPECT_EQ(request("$JS.API.STREAM.UPDATE.stagedoor-shop", config).find("\"error\""), std::string::npos);
    write("shop",
          R"(INSERT INTO outbox(type, entity_id, version, time, traceparent, data)
            VALUES ('cart.counted', 'large', 1, 0, '', '{"id":"large","version":1,"padding":")" +
              std::string(2000, 'x') + R"("}'))");
    publish<ShopCounted>("shop", "good", 9);
    eventually([&] { return count("subscriber") == 10; }, 5s);
    // Recorded after the delivery.
    EXPECT_NO_THROW(eventually([&] { return unpublished("shop") == 1; }, 5s)) << unpublished("shop");
}

TEST_F(JetStreamTest, does_not_connect_with_a_wrong_password) {
    auto end_capture = capture_log();
    participant("shop");
    options_.servers = "nats://stagedoor:wrong@127.0.0.1:" + std::to_string(nats_server().port());
    auto& bus = start({&participant("shop")});
    std::this_thread::sleep_for(2s);  // several attempts
    EXPECT_FALSE(bus.connected());
    auto output = end_capture();
    EXPECT_NE(output.find("can't reach the bus"), std::string::npos) << output;
    EXPECT_NE(output.find("Authorization"), std::string::npos) << output;
    EXPECT_EQ(occurrences(output, "can't reach the bus"), 1) << output;
    EXPECT_EQ(output.find("wrong"), std::string::npos) << "the password is in the log";
}

TEST_F(JetStreamTest, accepts_separate_credentials_and_connects_to_the_reachable_server) {
    auto url = nats_server().url();
    auto at = url.find('@');
    options_.user = "stagedoor";
    options_.password = url.substr(url.rfind(':', at) + 1, at - url.rfind(':', at) - 1);
    options_.servers =
        "nats://127.0.0.1:" + std::to_string(fleet::free_port()) + ",nats://" + url.substr(at + 1);
    auto& bus = start({&participant("shop")});
    eventually([&] { return bus.connected(); });
}

// ---- signatures

class SignedEvents : public JetStreamTest {
  protected:
    SignedEvents() {
        sign("shop", key_of_shop);
        sign("store", key_of_store);
    }
    void sign(const std::string& service, const EventKey& key) {
        options_.keys.signing.insert_or_assign(service, key);
        options_.keys.trusted[service] = {key.public_key()};
    }
    static EventKey key(char digit) { return EventKey::parse(std::string(64, digit)).value(); }
    [[nodiscard]] bool has_metric(const std::string& name, int value) const {
        return metrics_.to_text().contains(name + R"({entity="cart",service="subscriber"} )" +
                                           std::to_string(value) + "\n");
    }
    static std::string second_of_cart_a(const std::string& source = "shop") {
        return to_envelope({.type = "cart.counted",
                            .source = source,
                            .entity_id = "a",
                            .version = 2,
                            .time = Instant{1},
                            .traceparent = {},
                            .data = R"({"id":"a","version":2})"});
    }

    const EventKey key_of_shop = key('a'), key_of_store = key('b');
};

TEST_F(SignedEvents, are_rejected_without_a_signature_of_their_source) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    auto end_capture = capture_log();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    auto forged = second_of_cart_a();
    const std::vector<std::string> signatures{"",
                                              std::string(86, 'A'),
                                              "nonsense",
                                              key_of_store.sign(forged),
                                              key_of_shop.sign(forged + " "),
                                              key('c').sign(forged)};
    for (const auto& signature : signatures) send("cart.counted", forged, signature);
    eventually(
        [&] { return has_metric("stagedoor_bus_refused_total", static_cast<int>(signatures.size())); });
    EXPECT_EQ(count("subscriber"), 1);
    publish<ShopCounted>("shop", "a");  // the true second event
    expect_received("subscriber", 2);
    stop_buses();
    auto output = end_capture();
    EXPECT_EQ(occurrences(output, " security event-refused consumer=subscriber-cart from=shop"), 1) << output;
    EXPECT_NE(output.find("reason=\"it is not signed\" events=1"), std::string::npos) << output;
}

// Although their signatures are valid.
TEST_F(SignedEvents, are_accepted_only_as_what_they_are) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    auto end_capture = capture_log();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    auto of_store = second_of_cart_a("store");
    send("cart.counted", of_store, key_of_shop.sign(of_store));
    auto genuine = second_of_cart_a();
    send("cart.other", genuine, key_of_shop.sign(genuine));
    eventually([&] { return has_metric("stagedoor_bus_refused_total", 2); });
    EXPECT_EQ(count("subscriber"), 1);
    stop_buses();
    auto output = end_capture();
    EXPECT_NE(output.find(" security event-refused consumer=subscriber-cart"), std::string::npos) << output;
    EXPECT_NE(output.find("reason=\"it is not from shop\""), std::string::npos) << output;
}

TEST_F(SignedEvents, outlast_the_replacement_of_a_key) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    options_.keys.trusted["shop"] = {key('c').public_key(), key_of_shop.public_key()};
    start_all();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 5);
    stop_buses();
    options_.keys.signing.insert_or_assign("shop", key('c'));
    start_all();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 10);
    send("$JS.API.STREAM.DELETE.stagedoor-shop");  // so that all events are signed with the new key
    publish<ShopCounted>("shop", "a", 5);
    expect_received("subscriber", 15);
    expect_all_published("shop");
    stop_buses();
    options_.keys.trusted["shop"] = {key('c').public_key()};
    participant("late").receives<ShopCounted>();
    start_all();
    expect_received("late", 15);
}

TEST_F(SignedEvents, replace_those_that_an_earlier_version_has_published) {
    auto keys = std::exchange(options_.keys, {});
    participant("shop");
    start_all();
    publish<ShopCounted>("shop", "a", 5);
    expect_all_published("shop");
    stop_buses();
    options_.keys = keys;
    participant("subscriber").receives<ShopCounted>();
    start_all();
    eventually([&] { return has_metric("stagedoor_bus_refused_total", 5); });
    send("$JS.API.STREAM.DELETE.stagedoor-shop");
    expect_received("subscriber", 5);
}

// Somebody who may publish as shop, but doesn't have its key, takes the id of its next event.
TEST_F(SignedEvents, are_not_dropped_as_duplicates_of_forged_ones) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 1);
    send(NatsConnection::Outgoing{.subject = "cart.counted", .id = "cart:a:2", .data = second_of_cart_a()});
    eventually([&] { return has_metric("stagedoor_bus_refused_total", 1); });
    publish<ShopCounted>("shop", "a");
    expect_received("subscriber", 2);
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

    // Every member is up to date with the leaders of the stream and its consumers.
    bool is_current(const std::string& stream, const std::vector<std::string>& consumers) {
        std::vector<std::string> subjects{"STREAM.INFO." + stream};
        for (const auto& consumer : consumers) subjects.push_back("CONSUMER.INFO." + stream + "." + consumer);
        return std::ranges::all_of(subjects, [&](const std::string& subject) {
            auto info = json::parse(request("$JS.API." + subject, ""));
            if (!info) return false;
            const auto* replicas = (*info)["cluster"]["replicas"].array();
            return replicas && replicas->size() == 2 && std::ranges::all_of(*replicas, [](const auto& each) {
                       const auto* current = each["current"].boolean();
                       const auto* offline = each["offline"].boolean();
                       return current && *current && !(offline && *offline) && to_integer(each["lag"]) == 0;
                   });
        });
    }

    std::vector<std::unique_ptr<fleet::NatsServer>> servers_;
};

TEST_F(JetStreamCluster, continues_when_one_of_three_servers_dies) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 50);
    expect_received("subscriber", 50);
    servers_.front()->kill();
    publish<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("subscriber") == 100; }, 60s);
    servers_.front()->start();
    publish<ShopCounted>("shop", "a", 50);
    eventually([&] { return count("subscriber") == 150; }, 60s);
    expect_received("subscriber", 150);
}

TEST_F(JetStreamCluster, continues_when_each_of_three_servers_dies_in_turn) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 50);
    expect_received("subscriber", 50);
    for (auto& server : servers_) {
        server->kill();
        publish<ShopCounted>("shop", "a", 50);
        eventually([&] { return unpublished("shop") == 0; }, 60s);
        server->start();
        eventually([&] { return is_current("stagedoor-shop", {"subscriber-cart"}); }, 60s);
    }
    eventually([&] { return count("subscriber") == 200; }, 60s);
    expect_received("subscriber", 200);
    EXPECT_LE(count("shop", "SELECT generation FROM outbox_stream"), 1) << "mistaken for a new stream";
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
    static void openssl(const std::vector<std::string>& arguments) {
        auto ended = fleet::run("/usr/bin/openssl", arguments);
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

TEST_F(JetStreamTls, delivers_events_with_mutual_tls) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start_all();
    publish<ShopCounted>("shop", "a", 10);
    expect_received("subscriber", 10);
}

TEST_F(JetStreamTls, rejects_a_missing_client_certificate_and_an_untrusted_server) {
    auto valid_options = options_;
    participant("shop");
    options_.certificate_file = options_.key_file = "";
    auto& without_certificate = start({&participant("shop")});
    options_ = valid_options;
    options_.ca_file = file("client.pem");
    auto& untrusting = start({&replica_of("shop")});
    std::this_thread::sleep_for(1s);
    EXPECT_FALSE(without_certificate.connected());
    EXPECT_FALSE(untrusting.connected());
}

}  // namespace
}  // namespace stagedoor::bus
