// Brings what one service tells to its stream.
#pragma once

#include <set>

#include "common/bus/bus.hpp"
#include "common/bus/jetstream/api.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::bus {

// What everything that works on the connection shares.
struct JetStreamParts {
    const JetStreamOptions& options;
    NatsConnection& connection;
    runtime::Clock& clock;
    runtime::Metrics& metrics;
    const std::atomic<bool>& stopping;
};

class JetStreamRelay {
  public:
    JetStreamRelay(Log& log, std::set<std::string> entities, JetStreamParts parts);

    [[nodiscard]] const std::string& service() const { return log_.service(); }
    // Until the bus stops.
    [[nodiscard]] Task<> run();
    // The connection has changed, or the end has come. Any thread.
    void wake();

  private:
    [[nodiscard]] Task<bool> go_round();
    [[nodiscard]] Task<> look();
    [[nodiscard]] Task<> watch_backlog();
    [[nodiscard]] Task<> publish(std::vector<Log::Entry> entries);
    [[nodiscard]] std::set<std::int64_t> send(const std::vector<Log::Entry>& entries);
    void take_ack(const NatsMessage& message, std::set<std::int64_t>& waiting);
    void leave_the_rest(const std::vector<Log::Entry>& entries);
    void set_aside(std::int64_t position, const std::string& event, const std::string& why);
    [[nodiscard]] Task<> note_outcome();
    [[nodiscard]] bool has_lost(const Log::Stream& known, const StreamState& found) const;

    Log& log_;
    std::set<std::string> entities_;
    JetStreamParts parts_;
    JetStreamApi api_;
    std::shared_ptr<Mailbox> acks_;
    runtime::AsyncEvent wake_;   // there may be something new
    runtime::AsyncEvent stirs_;  // only a change of the connection or the end does

    std::int64_t epoch_ = 0;  // in which the stream was looked at
    Instant looked_at_, counted_at_, complained_at_;
    Log::Stream stream_;
    bool went_back_ = false;  // the stream gave a number that it had given before
    std::string refusal_;     // why the stream did not take an event of the last batch
    Log::Outcome outcome_;    // of the batch before, not yet noted
    std::int64_t batch_ = 0;

    runtime::Counter published_, failed_;
    runtime::Gauge unpublished_, oldest_seconds_;
};

}  // namespace stagedoor::bus
