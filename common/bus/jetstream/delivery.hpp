// Delivers the events of one entity to one service, through a durable consumer that all replicas of the
// service share.
#pragma once

#include <deque>

#include "common/bus/jetstream/relay.hpp"
#include "common/security/security_log.hpp"

namespace stagedoor::bus {

class JetStreamDelivery {
  public:
    JetStreamDelivery(Subscriber& subscriber, std::string source, std::string entity,
                      JetStreamContext context);

    [[nodiscard]] std::string name() const { return durable_; }
    // Runs until the bus stops. Then it finishes the batch in progress and returns all other events that have
    // arrived, for redelivery to another replica or later.
    [[nodiscard]] Task<> run();
    // To be called when the connection has changed or the bus stops. Any thread.
    void wake();

    // Extends the ack_wait of all events that have arrived, including those in progress, and updates metrics.
    void report_progress();

  private:
    [[nodiscard]] std::size_t max_batch() const {
        return static_cast<std::size_t>(context_.options.max_batch);
    }
    [[nodiscard]] Task<> prepare();
    [[nodiscard]] Task<> declare();
    [[nodiscard]] Task<FoundConsumer> find_or_create(std::int64_t epoch);
    [[nodiscard]] Task<> measure_lag();
    void lose_consumer();
    void update_stalled();
    void take_messages();
    void request_redelivery(const ConsumerState& state);
    void request();
    [[nodiscard]] Task<bool> wait_for_messages();
    void accept(NatsMessage message);
    void end_request(const NatsMessage& status);
    [[nodiscard]] Task<> drain_request();
    void return_unacknowledged();
    [[nodiscard]] Task<bool> deliver();
    [[nodiscard]] std::vector<Event> parse_in_progress();
    [[nodiscard]] std::string mismatch(const Event& event, const NatsMessage& message) const;
    void reject(const NatsMessage& message, const std::string& problem);
    void respond(const NatsMessage& message, std::string_view verdict);
    void acknowledge_all();

    Subscriber& subscriber_;
    std::string source_, entity_, durable_;
    JetStreamContext context_;
    JetStreamApi api_;
    std::shared_ptr<Mailbox> mailbox_;
    runtime::AsyncEvent interrupted_;  // notified by wake() only

    std::int64_t epoch_ = 0;  // in which the consumer was declared; 0: not declared yet
    bool lost_ = false;       // the consumer may have disappeared since
    bool waits_for_stream_ = false;
    bool stream_seen_without_consumer_ = false;
    int silent_requests_ = 0;       // in a row, to a consumer that the server knows
    std::string consumer_created_;  // the time
    std::int64_t lag_ = -1;         // events, when last measured; -1: unknown
    std::int64_t acknowledged_to_ = 0;
    std::chrono::nanoseconds lag_measured_at_, lag_moved_at_;
    std::int64_t request_ = 0;  // the number of the last one
    int outstanding_ = 0;       // events that the last request may still bring
    runtime::Timeout request_timeout_;
    std::deque<NatsMessage> received_;      // not yet passed to the subscriber
    std::vector<NatsMessage> in_progress_;  // passed to the subscriber

    runtime::Gauge pending_, stalled_;
    runtime::Counter unreadable_, rejected_;
    security::SecurityLog security_log_;
    std::int64_t rejected_since_logged_ = 0;
    std::optional<Instant> rejected_logged_at_;
};

}  // namespace stagedoor::bus
