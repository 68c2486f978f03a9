// Publishes the outbox of one service to its stream.
#pragma once

#include <set>

#include "common/bus/bus.hpp"
#include "common/bus/jetstream/api.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::bus {

// What relays and deliveries share.
struct JetStreamContext {
    const JetStreamOptions& options;
    NatsConnection& connection;
    runtime::Clock& clock;
    runtime::Metrics& metrics;
    const std::atomic<bool>& stopping;
};

class JetStreamRelay {
  public:
    JetStreamRelay(Log& log, std::set<std::string> entities, JetStreamContext context);

    [[nodiscard]] const std::string& service() const { return log_.service(); }
    // Runs until the bus stops.
    [[nodiscard]] Task<> run();
    // To be called when the connection has changed or the bus stops. Any thread.
    void wake();

  private:
    [[nodiscard]] Task<std::size_t> publish_batch();
    [[nodiscard]] Task<> check_stream();
    [[nodiscard]] Task<> measure_backlog();
    [[nodiscard]] Task<> publish(std::vector<Log::Entry> entries);
    [[nodiscard]] std::set<std::int64_t> send(const std::vector<Log::Entry>& entries);
    void take_ack(const NatsMessage& message, std::set<std::int64_t>& unacknowledged);
    void release_rest(const std::vector<Log::Entry>& entries);
    void reject_too_large(std::int64_t position, const std::string& event, const std::string& why);
    [[nodiscard]] Task<> record_result();
    [[nodiscard]] bool has_lost(const Log::Stream& known, const StreamState& found) const;

    Log& log_;
    std::set<std::string> entities_;
    JetStreamContext context_;
    JetStreamApi api_;
    std::shared_ptr<Mailbox> acks_;
    runtime::AsyncEvent wake_;         // there may be new events
    runtime::AsyncEvent interrupted_;  // notified by wake() only

    std::int64_t epoch_ = 0;  // in which the stream was checked
    Instant checked_at_, measured_at_, too_large_logged_at_;
    Log::Stream stream_;
    bool sequence_reused_ = false;  // the stream has assigned the same sequence twice
    std::string rejection_;         // why the stream rejected an event of the last batch
    Log::PublishResult result_;     // of the last batch, if not yet recorded
    std::int64_t batch_ = 0;

    runtime::Counter published_, failed_;
    runtime::Gauge unpublished_, oldest_seconds_;
};

}  // namespace stagedoor::bus
