// Messages from the NATS server, waiting for the one coroutine that takes them.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <limits>
#include <mutex>
#include <string>

#include "common/runtime/async_event.hpp"

namespace stagedoor::bus {

struct NatsMessage {
    std::string subject;
    std::string reply;
    std::string data;
    int status = 0;              // of a status message about a request (408, 503 …); 0: an ordinary message
    std::int64_t epoch = 0;      // of the connection on which it arrived
    std::string signature = {};  // of an event, see signature.hpp; empty: none
};

// Bounded by what its owner has requested: responses, and a limited number of events. For messages that
// nobody requested there is `max_messages`: more are dropped.
class Mailbox {
  public:
    Mailbox(std::string address, runtime::Clock& clock,
            std::size_t max_messages = std::numeric_limits<std::size_t>::max())
        : address_(std::move(address)), max_messages_(max_messages), notified_(clock) {}

    // Receives messages to this subject and to `address.>`.
    [[nodiscard]] const std::string& address() const { return address_; }
    // The reply subject of one request, so that a response's subject says which request it is for.
    [[nodiscard]] std::string address_of(std::int64_t number) const {
        return address_ + "." + std::to_string(number);
    }

    // Any thread.
    void put(NatsMessage message) {
        {
            std::lock_guard lock{mutex_};
            if (messages_.size() >= max_messages_) return;
            messages_.push_back(std::move(message));
        }
        notified_.notify();
    }
    // Ends the wait in wait_until(). Any thread.
    void wake() { notified_.notify(); }

    // Removes and returns all messages.
    [[nodiscard]] std::deque<NatsMessage> take() {
        std::lock_guard lock{mutex_};
        return std::exchange(messages_, {});
    }
    void for_each(const std::function<void(const NatsMessage&)>& visit) {
        std::lock_guard lock{mutex_};
        for (const auto& message : messages_) visit(message);
    }
    // Waits for put() or wake(). False if the timeout ended first.
    [[nodiscard]] Task<bool> wait_until(runtime::Timeout timeout) { return notified_.wait_until(timeout); }

  private:
    const std::string address_;
    const std::size_t max_messages_;
    std::mutex mutex_;
    std::deque<NatsMessage> messages_;
    runtime::AsyncEvent notified_;
};

}  // namespace stagedoor::bus
