#include "common/runtime/async_event.hpp"

#include <boost/asio/associated_executor.hpp>
#include <boost/asio/async_result.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace stagedoor::runtime {

struct AsyncEvent::State {
    std::mutex mutex;
    bool is_set = false;
    std::move_only_function<void(bool)> resume;  // the waiting coroutine, if any
    std::uint64_t wait_number = 0;               // so that a late alarm ends no wait but its own
    Clock::Alarm alarm;

    // Under the lock, a notification that races with an alarm either ends the wait or is kept for the next
    // one.
    void notify() {
        std::unique_lock lock{mutex};
        if (resume)
            end_wait(lock, true);
        else
            is_set = true;
    }
    void time_out(std::uint64_t number) {
        std::unique_lock lock{mutex};
        if (resume && wait_number == number) end_wait(lock, false);
    }

  private:
    void end_wait(std::unique_lock<std::mutex>& lock, bool notified) {
        auto waiter = std::exchange(resume, nullptr);
        auto old_alarm = std::exchange(alarm, nullptr);  // destroyed after unlocking
        lock.unlock();
        waiter(notified);
    }
};

AsyncEvent::AsyncEvent(Clock& clock) : clock_(clock), state_(std::make_shared<State>()) {}

void AsyncEvent::notify() { state_->notify(); }

Task<bool> AsyncEvent::wait(SetAlarm set_alarm) {
    auto state = state_;
    co_return co_await boost::asio::async_initiate<const boost::asio::use_awaitable_t<>, void(bool)>(
        [state, set_alarm = std::move(set_alarm)](auto handler) {
            auto executor = boost::asio::get_associated_executor(handler);
            std::unique_lock lock{state->mutex};
            auto resume = [executor, handler = std::move(handler)](bool notified) mutable {
                boost::asio::post(executor,
                                  [handler = std::move(handler), notified]() mutable { handler(notified); });
            };
            if (std::exchange(state->is_set, false)) {
                lock.unlock();
                return resume(true);
            }
            state->resume = std::move(resume);
            auto number = ++state->wait_number;
            lock.unlock();
            auto alarm = set_alarm([weak = std::weak_ptr{state}, number] {
                if (auto alive = weak.lock()) alive->time_out(number);
            });
            lock.lock();
            if (state->resume && state->wait_number == number) state->alarm = std::move(alarm);
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

Task<bool> AsyncEvent::wait_for(std::chrono::milliseconds timeout) {
    return wait_until(Timeout{clock_, timeout});
}

Task<> sleep_for(Clock& clock, std::chrono::milliseconds duration) {
    (void)co_await AsyncEvent{clock}.wait_for(duration);
}

}  // namespace stagedoor::runtime
