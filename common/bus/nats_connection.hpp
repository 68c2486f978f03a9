// The connection to the NATS servers, for all of a process. It is made on a thread of its own, again and again for as
// long as it takes; nothing here blocks but close().
#pragma once

#include <atomic>
#include <condition_variable>
#include <functional>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "common/bus/jetstream_options.hpp"
#include "common/bus/mailbox.hpp"
#include "common/runtime/random.hpp"

namespace stagedoor::bus {

class NatsConnection {
  public:
    NatsConnection(const JetStreamOptions& options, runtime::Clock& clock, runtime::Random& random);
    ~NatsConnection();
    NatsConnection(const NatsConnection&) = delete;
    NatsConnection& operator=(const NatsConnection&) = delete;

    // All are made before start().
    [[nodiscard]] std::shared_ptr<Mailbox> make_mailbox();

    // `changed` is called, on the connection's thread, whenever epoch() is another. It must only wake others.
    void start(std::function<void()> changed);

    // Counts the connections, from 1; 0 while there is none. After a loss it is never the same again: what is sent for
    // one epoch goes out in it or not at all.
    [[nodiscard]] std::int64_t epoch() const { return epoch_; }

    struct Outgoing {
        std::string subject;
        std::string reply = {};  // where the answer goes; may be empty
        std::string id = {};     // Nats-Msg-Id; may be empty
        std::string data = {};
    };
    // False when that epoch is over, too much waits to be sent, or it is too large. True promises nothing: only an answer
    // does.
    bool send(std::int64_t epoch, Outgoing message);
    // For the server that there is, or was last.
    [[nodiscard]] bool is_too_large(const Outgoing& message) const;

    // Sends what waits, for half a second at most, and ends the thread.
    void close();

  private:
    struct Driver;  // all that nats.h is needed for

    void run();

    JetStreamOptions options_;
    runtime::Clock& clock_;
    runtime::Random& random_;
    const std::string inbox_;
    std::vector<std::shared_ptr<Mailbox>> mailboxes_;
    std::function<void()> changed_;
    std::atomic<std::int64_t> epoch_ = 0;
    std::atomic<std::size_t> largest_ = std::numeric_limits<std::size_t>::max();
    std::unique_ptr<Driver> driver_;
    std::thread thread_;
};

}  // namespace stagedoor::bus
