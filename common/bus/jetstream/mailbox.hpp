// What comes from a NATS server for one coroutine, until it takes it.
#pragma once

#include <cstdint>
#include <deque>
#include <functional>
#include <mutex>
#include <string>

#include "common/runtime/async_event.hpp"

namespace stagedoor::bus {

struct NatsMessage {
    std::string subject;
    std::string reply;
    std::string data;
    int status = 0;          // of the server's own words about a request: 408, 503 …; 0: this is no such
    std::int64_t epoch = 0;  // of the connection on which it came
};

// It holds no more than its owner has asked for: answers to questions, and as many events as were requested.
class Mailbox {
  public:
    Mailbox(std::string address, runtime::Clock& clock) : address_(std::move(address)), told_(clock) {}

    // What is sent here, or to `address.anything`, comes in.
    [[nodiscard]] const std::string& address() const { return address_; }
    // One question's or request's own: an answer's subject says which it answers.
    [[nodiscard]] std::string address_of(std::int64_t number) const {
        return address_ + "." + std::to_string(number);
    }

    // Any thread.
    void put(NatsMessage message) {
        {
            std::lock_guard lock{mutex_};
            messages_.push_back(std::move(message));
        }
        told_.notify();
    }
    // Ends the wait of who waits. Any thread.
    void wake() { told_.notify(); }

    [[nodiscard]] std::deque<NatsMessage> take() {
        std::lock_guard lock{mutex_};
        return std::exchange(messages_, {});
    }
    void each(const std::function<void(const NatsMessage&)>& look) {
        std::lock_guard lock{mutex_};
        for (const auto& message : messages_) look(message);
    }
    [[nodiscard]] Task<bool> wait_until(runtime::Timeout timeout) { return told_.wait_until(timeout); }

  private:
    std::string address_;
    std::mutex mutex_;
    std::deque<NatsMessage> messages_;
    runtime::AsyncEvent told_;
};

}  // namespace stagedoor::bus
