// A process's connection to the NATS servers.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/bus/jetstream/mailbox.hpp"
#include "common/bus/jetstream/options.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::bus {

// Reconnects forever. Only close() blocks. epoch(), send(), send_all() and is_too_large() may be called
// on any thread.
class NatsConnection {
  public:
    virtual ~NatsConnection() = default;

    // For responses to this connection's requests, at an address of its own. Must be called before start().
    [[nodiscard]] virtual std::shared_ptr<Mailbox> make_mailbox() = 0;
    // Receives whatever is published to `subject`. Must be called before start().
    [[nodiscard]] virtual std::shared_ptr<Mailbox> subscribe(std::string subject,
                                                             std::size_t max_messages) = 0;

    // `changed` is called on the connection's thread whenever epoch() has changed. It must not block.
    virtual void start(std::function<void()> changed) = 0;

    // Counts the connections, from 1; 0 while there is none. An epoch never comes back: a message sent for
    // one epoch goes out on that connection or not at all.
    [[nodiscard]] virtual std::int64_t epoch() const = 0;

    struct Outgoing {
        std::string subject;
        std::string reply = {};  // reply subject; may be empty
        std::string id = {};     // Nats-Msg-Id; may be empty
        std::string data = {};
        std::string signature = {};  // Stagedoor-Signature; may be empty
    };
    // False if that epoch is over, the send queue is full, or the message is too large. True does not mean
    // that the message will be delivered; only a response proves that.
    virtual bool send(std::int64_t epoch, Outgoing message) = 0;
    // The same for several, in one go. Returns how many were accepted: the rest was not.
    virtual std::size_t send_all(std::int64_t epoch, std::vector<Outgoing> messages) = 0;
    // Judged by the limit of the current server or, while there is no connection, of the last one.
    [[nodiscard]] virtual bool is_too_large(const Outgoing& message) const = 0;

    // Flushes the send queue for at most half a second and closes the connection.
    virtual void close() = 0;
};

// Uses nats.c, on a thread of its own.
[[nodiscard]] std::unique_ptr<NatsConnection> make_nats_connection(const JetStreamOptions& options,
                                                                   runtime::Clock& clock,
                                                                   runtime::Random& random);

}  // namespace stagedoor::bus
