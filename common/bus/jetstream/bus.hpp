// The bus between processes: NATS JetStream. A relay publishes each outbox to a stream, and each service has
// a durable consumer for every entity it subscribes to. The outboxes remain the source of truth: if
// JetStream loses everything, it is refilled from them.
#pragma once

#include <atomic>
#include <deque>
#include <memory>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/bus/jetstream/options.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/random.hpp"
#include "common/runtime/task_group.hpp"

namespace stagedoor::bus {

class JetStreamDelivery;
class JetStreamRelay;
class Mailbox;
class NatsConnection;

class JetStreamBus final : public Bus {
  public:
    JetStreamBus(JetStreamOptions options, runtime::Clock& clock, runtime::Random& random,
                 runtime::Metrics& metrics);
    // Over the given connection.
    JetStreamBus(JetStreamOptions options, runtime::Clock& clock, runtime::Metrics& metrics,
                 std::unique_ptr<NatsConnection> connection);
    ~JetStreamBus() override;

    void publish_from(Log& log) override { logs_.push_back(&log); }
    void deliver_to(Subscriber& subscriber) override { subscribers_.push_back(&subscriber); }
    // Neither the server nor its streams need exist yet. `executor` must be single-threaded or a strand.
    void start(const runtime::Executor& executor) override;
    [[nodiscard]] Task<> stop() override;
    [[nodiscard]] bool connected() const override;
    [[nodiscard]] bool is_caught_up() const override;
    [[nodiscard]] bool carries_hints() const override { return true; }
    void on_hint(const std::string& topic, std::function<void(std::string)> receive) override;
    void send_hint(const std::string& topic, std::string hint) override;

  private:
    void wake_all();
    void connection_changed();
    [[nodiscard]] Task<> report_progress();
    struct HintReceiver {
        std::shared_ptr<Mailbox> mailbox;
        std::function<void(std::string)> receive;
    };
    [[nodiscard]] Task<> receive_hints(HintReceiver& hints);

    JetStreamOptions options_;
    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    std::atomic<bool> stopping_ = false;
    runtime::TaskGroup tasks_;
    runtime::AsyncEvent progress_wake_;
    std::vector<Log*> logs_;
    std::vector<Subscriber*> subscribers_;
    std::unique_ptr<NatsConnection> connection_;
    std::vector<std::unique_ptr<JetStreamRelay>> relays_;
    std::vector<std::unique_ptr<JetStreamDelivery>> deliveries_;
    std::deque<HintReceiver> hint_receivers_;
    std::atomic<std::int64_t> caught_up_from_ms_ = 0;
    runtime::Gauge connected_;
    runtime::Counter connections_;
};

}  // namespace stagedoor::bus
