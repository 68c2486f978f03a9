// Brings one service the events of one entity: a durable consumer, shared by all copies of the service.
#pragma once

#include <deque>

#include "common/bus/jetstream/relay.hpp"

namespace stagedoor::bus {

class JetStreamDelivery {
  public:
    // `told`: all entities that `source` tells of.
    JetStreamDelivery(Subscriber& subscriber, std::string source, std::set<std::string> told,
                      std::string entity, JetStreamParts parts);

    [[nodiscard]] std::string name() const { return durable_; }
    // Until the bus stops. What is received is finished, and what came beside it goes to another copy, or comes again.
    [[nodiscard]] Task<> run();
    // The connection has changed, or the end has come. Any thread.
    void wake();

    // Tells the server that what came is still being worked on.
    void keep();

  private:
    [[nodiscard]] Task<> declare();
    void call_again(const ConsumerState& state);
    void request();
    [[nodiscard]] Task<bool> wait_for_messages();
    void take_in(NatsMessage message);
    void end_request(const NatsMessage& status);
    [[nodiscard]] Task<> receive_rest();
    void hand_back();
    [[nodiscard]] Task<> deliver();
    [[nodiscard]] std::vector<Event> events_in_hand();
    void answer(const NatsMessage& message, std::string_view answer);

    Subscriber& subscriber_;
    std::string source_;
    std::set<std::string> told_;
    std::string entity_, durable_;
    JetStreamParts parts_;
    JetStreamApi api_;
    std::shared_ptr<Mailbox> mail_;
    runtime::AsyncEvent stirs_;  // only a change of the connection or the end does

    std::int64_t epoch_ = 0;    // in which the consumer was declared; 0: to be declared
    std::int64_t request_ = 0;  // the number of the last one
    int outstanding_ = 0;       // events that it may still bring
    runtime::Timeout request_timeout_;
    std::deque<NatsMessage> hand_;  // came, and is not yet received
    std::vector<NatsMessage> under_way_;

    runtime::Gauge pending_;
    runtime::Counter unreadable_;
};

}  // namespace stagedoor::bus
