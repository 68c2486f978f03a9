// What a node's bus does beyond the contract of every bus: local delivery, and what it makes of the same
// events when the bus between nodes brings them.
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "common/bus/node/bus.hpp"
#include "common/bus/node/local_delivery.hpp"
#include "common/bus/tests/participant.hpp"

namespace stagedoor::bus {
namespace {

using namespace std::chrono_literals;
using namespace testing;

// A bus between nodes that does nothing by itself.
class ManualBus final : public Bus {
  public:
    void publish_from(Log&) override {}
    void deliver_to(Subscriber& to) override { subscriber = &to; }
    void start(const runtime::Executor&) override {}
    [[nodiscard]] Task<> stop() override { co_return; }
    [[nodiscard]] bool connected() const override { return is_connected; }
    void on_hint(const std::string& topic, std::function<void(std::string)> receive) override {
        receive(topic + " at the bus of " + name);
    }

    std::string name;
    Subscriber* subscriber = nullptr;
    bool is_connected = true;
};

class NodeBusTest : public ServicesTest {
  protected:
    ~NodeBusTest() override {
        if (bus_) loop_.wait_for(bus_->stop());
        bus_.reset();
        close();
    }

    void start() {
        NodeBus::Connections connections;
        for (auto& [name, each] : participants_) {
            auto manual = std::make_unique<ManualBus>();
            manual->name = name;
            between_[name] = manual.get();
            connections[name] = std::move(manual);
        }
        bus_ = std::make_unique<NodeBus>(std::move(connections), *clock_, metrics_);
        for (auto& [name, each] : participants_) bus_->publish_from(each->log);
        for (auto& [name, each] : participants_) bus_->deliver_to(each->inbox);
        bus_->start(loop_.executor());
    }

    static Event counted(const std::string& id, std::int64_t version) {
        return {.type = "cart.counted",
                .source = "shop",
                .entity_id = id,
                .version = version,
                .time = {},
                .traceparent = {},
                .data = R"({"id":")" + id + R"(","version":)" + std::to_string(version) + "}"};
    }
    // As the bus between nodes does: once it is done, the events are acked.
    std::future<void> brings(const std::string& subscriber, std::vector<Event> events) {
        return loop_.start(between_.at(subscriber)->subscriber->receive(std::move(events), std::nullopt));
    }
    [[nodiscard]] double local(const std::string& subscriber, const std::string& result) const {
        auto text = metrics_.to_text();
        auto series =
            "stagedoor_local_events_total{result=\"" + result + "\",service=\"" + subscriber + "\"} ";
        auto found = text.find(series);
        return found == std::string::npos ? -1 : std::stod(text.substr(found + series.size()));
    }

    runtime::Metrics metrics_;
    std::unique_ptr<NodeBus> bus_;
    std::map<std::string, ManualBus*> between_;
};

TEST_F(NodeBusTest, delivers_within_the_process_although_the_bus_between_nodes_brings_nothing) {
    participant("shop");
    participant("store").receives<ShopCounted>(
        [](sql::Tx& tx, const ShopCounted& event) { publish_next<StoreCounted>(tx, event.id); });
    participant("shop").receives<StoreCounted>();
    participant("other").receives<StoreCounted>();
    start();
    publish<ShopCounted>("shop", "a", 5);
    expect_received("store", 5);
    expect_received("shop", 5);
    expect_received("other", 5);
    EXPECT_EQ(local("store", "delivered"), 5);
}

TEST_F(NodeBusTest, acks_what_was_delivered_locally_without_asking_the_database) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a", 3);
    expect_received("subscriber", 3);
    eventually([&] { return local("subscriber", "delivered") == 3; });
    participant("subscriber").db->close();
    EXPECT_NO_THROW(brings("subscriber", {counted("a", 1), counted("a", 2), counted("a", 3)}).get());
    EXPECT_EQ(local("subscriber", "acknowledged"), 3);
    EXPECT_ANY_THROW(brings("subscriber", {counted("a", 4)}).get());
}

TEST_F(NodeBusTest, passes_on_what_other_nodes_published_and_drops_what_comes_twice) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    start();
    brings("subscriber", {counted("a", 1), counted("a", 2)}).get();
    brings("subscriber", {counted("a", 2), counted("a", 3)}).get();
    expect_received("subscriber", 3);
    EXPECT_EQ(local("subscriber", "acknowledged"), 1);
}

TEST_F(NodeBusTest, does_not_ack_before_the_local_delivery_has_committed) {
    std::promise<void> entered, leave;
    participant("shop");
    participant("subscriber").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        entered.set_value();
        leave.get_future().wait();
    });
    start();
    publish<ShopCounted>("shop", "a");
    entered.get_future().wait();
    auto acked = brings("subscriber", {counted("a", 1)});
    EXPECT_EQ(acked.wait_for(50ms), std::future_status::timeout);
    leave.set_value();
    acked.get();
    expect_received("subscriber", 1);
}

TEST_F(NodeBusTest, leaves_a_failed_local_delivery_to_the_bus_between_nodes) {
    participant("shop");
    participant("failing").receives_unless<ShopCounted>(broken_);
    participant("healthy").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a");
    expect_received("healthy", 1);
    eventually([&] { return local("failing", "failed") == 1; });
    EXPECT_THROW(brings("failing", {counted("a", 1)}).get(), sql::DatabaseError);
    broken_ = false;
    expect_stays("failing", 0);
    brings("failing", {counted("a", 1)}).get();
    expect_received("failing", 1);
    EXPECT_EQ(local("failing", "acknowledged"), 0);
    publish<ShopCounted>("shop", "a");
    expect_received("failing", 2);
}

TEST_F(NodeBusTest, drops_what_exceeds_a_subscribers_queue) {
    std::promise<void> entered, leave;
    std::atomic<bool> blocks = true;
    participant("shop");
    participant("slow").receives<ShopCounted>([&](sql::Tx&, const ShopCounted&) {
        if (!blocks.exchange(false)) return;
        entered.set_value();
        leave.get_future().wait();
    });
    participant("quick").receives<ShopCounted>();
    start();
    publish<ShopCounted>("shop", "a");
    entered.get_future().wait();
    for (int i = 0; i < 9; ++i) {
        publish_batch<ShopCounted>("shop", "a", 500);
        eventually([&] { return local("quick", "delivered") == 1 + 500 * (i + 1); });
    }
    leave.set_value();
    expect_received("quick", 4501);
    eventually([&] { return local("slow", "delivered") + local("slow", "dropped") == 4501; });
    EXPECT_EQ(local("slow", "dropped"), 404);
    std::vector<Event> all;
    for (int version = 1; version <= 4501; ++version) all.push_back(counted("a", version));
    brings("slow", std::move(all)).get();
    expect_received("slow", 4501);
}

TEST_F(NodeBusTest, batches_events_for_a_subscriber_with_a_batch_interval) {
    participant("shop");
    participant("subscriber").receives<ShopCounted>();
    participant("subscriber").inbox.batch_for(1h);
    start();
    publish<ShopCounted>("shop", "a");
    eventually([&] { return count("subscriber") == 1; });  // the first at once
    publish<ShopCounted>("shop", "a", 3);
    auto acked = brings("subscriber", {counted("a", 2)});  // waits for the batch, too
    expect_stays("subscriber", 1);
    loop_.wait_for(bus_->stop());  // does not wait for the hour
    acked.get();
    EXPECT_EQ(count("subscriber"), 2);
}

TEST_F(NodeBusTest, is_connected_if_every_service_is) {
    participant("shop");
    participant("store");
    start();
    EXPECT_TRUE(bus_->connected() && bus_->is_caught_up());
    between_.at("store")->is_connected = false;
    EXPECT_FALSE(bus_->connected() || bus_->is_caught_up());
}

TEST_F(NodeBusTest, sends_hints_over_the_connection_of_the_service_that_the_topic_names) {
    participant("shop");
    participant("store");
    start();
    std::string received;
    bus_->on_hint("store.things", [&](std::string hint) { received = std::move(hint); });
    EXPECT_EQ(received, "store.things at the bus of store");
}

// ---- the delivery alone

class RecordingSubscriber final : public Subscriber {
  public:
    explicit RecordingSubscriber(runtime::Clock& clock) : clock_(clock) {}
    [[nodiscard]] const std::string& service() const override { return name_; }
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& subscriptions() const override {
        return none_;
    }
    [[nodiscard]] Task<> receive(std::vector<Event> events, std::optional<Position>) override {
        EXPECT_FALSE(std::exchange(busy_, true)) << "two batches at a time";
        batches.push_back(std::move(events));
        co_await runtime::sleep_for(clock_, 5ms);
        busy_ = false;
        received += static_cast<int>(batches.back().size());
    }
    [[nodiscard]] Task<std::int64_t> position(std::string) override { co_return 0; }

    std::vector<std::vector<Event>> batches;
    std::atomic<int> received = 0;

  private:
    runtime::Clock& clock_;
    std::string name_ = "subscriber";
    std::map<std::string, std::set<std::string>> none_;
    bool busy_ = false;
};

TEST(LocalDelivery, passes_on_one_sorted_batch_at_a_time) {
    runtime::EventLoopThread loop;
    auto clock = runtime::make_system_clock(loop.executor());
    runtime::Metrics metrics;
    RecordingSubscriber subscriber{*clock};
    LocalDelivery delivery{subscriber, *clock, metrics};
    auto put = [&](const std::string& type, const std::string& id, std::int64_t version) {
        delivery.queue()->put({type, "shop", id, version, {}, {}, "{}"});
    };
    put("cart.counted", "b", 2);
    put("cart.counted", "b", 1);
    put("cart.counted", "a", 3);
    put("box.counted", "b", 1);
    for (std::int64_t version = 1; version <= 296; ++version) put("cart.counted", "c", version);
    auto ended = loop.start(delivery.run());
    eventually([&] { return subscriber.received == 300; });
    loop.wait_for([](LocalDelivery& each) -> Task<> {
        each.stop();
        co_return;
    }(delivery));
    ended.get();
    ASSERT_EQ(subscriber.batches.size(), 2U);
    EXPECT_EQ(subscriber.batches[0].size(), 256U);
    std::vector<std::string> first;
    for (std::size_t i = 0; i < 5; ++i) first.push_back(subscriber.batches[0][i].id());
    EXPECT_EQ(first, (std::vector<std::string>{"cart:a:3", "box:b:1", "cart:b:1", "cart:b:2", "cart:c:1"}));
}

TEST(RecentIds, forgets_the_oldest) {
    RecentIds ids{2};
    for (auto id : {"a", "b", "a", "c"}) ids.add(id);
    EXPECT_FALSE(ids.contains("a"));
    EXPECT_TRUE(ids.contains("b") && ids.contains("c"));
}

}  // namespace
}  // namespace stagedoor::bus
