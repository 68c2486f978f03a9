// The connection to the NATS servers, for all of a process.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "common/bus/jetstream/mailbox.hpp"
#include "common/bus/jetstream/options.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::bus {

// It is made again and again for as long as it takes; nothing here blocks but close().
class NatsConnection {
  public:
    virtual ~NatsConnection() = default;

    // All are made before start().
    [[nodiscard]] virtual std::shared_ptr<Mailbox> make_mailbox() = 0;

    // `changed` is called, on the connection's thread, whenever epoch() is another. It must only wake others.
    virtual void start(std::function<void()> changed) = 0;

    // Counts the connections, from 1; 0 while there is none. After a loss it is never the same again: what is sent for
    // one epoch goes out in it or not at all.
    [[nodiscard]] virtual std::int64_t epoch() const = 0;

    struct Outgoing {
        std::string subject;
        std::string reply = {};  // where the answer goes; may be empty
        std::string id = {};     // Nats-Msg-Id; may be empty
        std::string data = {};
    };
    // False when that epoch is over, too much waits to be sent, or it is too large. True promises nothing: only an answer
    // does.
    virtual bool send(std::int64_t epoch, Outgoing message) = 0;
    // For the server that there is, or was last.
    [[nodiscard]] virtual bool is_too_large(const Outgoing& message) const = 0;

    // Sends what waits, for half a second at most, and ends the connection.
    virtual void close() = 0;
};

// By nats.c, on a thread of its own.
[[nodiscard]] std::unique_ptr<NatsConnection> make_nats_connection(const JetStreamOptions& options,
                                                                   runtime::Clock& clock,
                                                                   runtime::Random& random);

}  // namespace stagedoor::bus
