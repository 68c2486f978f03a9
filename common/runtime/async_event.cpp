#include "common/runtime/async_event.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace stagedoor::runtime {

struct AsyncEvent::State {
    std::mutex mutex;
    bool told = false;
    std::move_only_function<void(bool)> resume;  // of the coroutine that waits, if one does
    std::uint64_t wait = 0;  // counts the waits, so that a late alarm ends no wait but its own
    Clock::Alarm alarm;

    // Each under one lock: what is told while an alarm rings either ends the wait or is kept for the next.
    void tell() {
        std::unique_lock lock{mutex};
        if (resume)
            end_wait(lock, true);
        else
            told = true;
    }
    void ring(std::uint64_t of_wait) {
        std::unique_lock lock{mutex};
        if (resume && wait == of_wait) end_wait(lock, false);
    }

  private:
    void end_wait(std::unique_lock<std::mutex>& lock, bool by_notify) {
        auto waiting = std::exchange(resume, nullptr);
        auto old_alarm = std::exchange(alarm, nullptr);
        lock.unlock();
        waiting(by_notify);
    }
};

AsyncEvent::AsyncEvent(Clock& clock) : clock_(clock), state_(std::make_shared<State>()) {}

void AsyncEvent::notify() { state_->tell(); }

Task<bool> AsyncEvent::wait(SetAlarm set_alarm) {
    auto state = state_;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        [state, set_alarm = std::move(set_alarm)](auto handler) {
            auto executor = boost::asio::get_associated_executor(handler);
            std::unique_lock lock{state->mutex};
            auto resume = [executor, handler = std::move(handler)](bool told) mutable {
                boost::asio::post(executor,
                                  [handler = std::move(handler), told]() mutable { handler(told); });
            };
            if (std::exchange(state->told, false)) {
                lock.unlock();
                return resume(true);
            }
            state->resume = std::move(resume);
            auto wait = ++state->wait;
            lock.unlock();
            auto alarm = set_alarm([weak = std::weak_ptr{state}, wait] {
                if (auto alive = weak.lock()) alive->ring(wait);
            });
            lock.lock();
            if (state->resume && state->wait == wait) state->alarm = std::move(alarm);
        },
        boost::asio::use_awaitable);
}

Task<bool> AsyncEvent::wait_until(Instant deadline) {
    return wait([&clock = clock_, deadline](auto ring) { return clock.at(deadline, std::move(ring)); });
}

Task<bool> AsyncEvent::wait_until(Timeout timeout) {
    return wait([&clock = clock_, end = timeout.end()](auto ring) {
        return clock.at_monotonic(end, std::move(ring));
    });
}

Task<bool> AsyncEvent::wait_for(std::chrono::milliseconds limit) {
    return wait_until(Timeout{clock_, limit});
}

Task<> sleep_for(Clock& clock, std::chrono::milliseconds duration) {
    (void)co_await AsyncEvent{clock}.wait_for(duration);
}

}  // namespace stagedoor::runtime
