#include "services/payments/workers/work.hpp"

#include "common/runtime/log.hpp"

namespace stagedoor::payments {
namespace {

constexpr std::size_t most_handed_over = 1000;
// Bounds how late this copy sees what another has left.
constexpr std::chrono::seconds max_poll_interval{10};
constexpr std::chrono::seconds wait_after_failure{1};

}  // namespace

void Work::hand_over(Job job) {
    {
        std::lock_guard lock{mutex_};
        if (handed_over_.size() >= most_handed_over) return;
        handed_over_.push_back(std::move(job));
    }
    wake_.notify();
}

void Work::due_at(Instant time) {
    auto known = next_look_.load();
    while (time.milliseconds < known && !next_look_.compare_exchange_weak(known, time.milliseconds)) {
    }
    wake_.notify();
}

void Work::start(Job job) {
    ++under_way_;
    runtime::spawn(executor_, name_, [this, job = std::move(job)]() -> Task<> {
        return [](Work* work, Job run) -> Task<> {
            co_await run();
            auto wake = work->wake_;  // run() may return, and all this be gone, as soon as none is under way
            --work->under_way_;
            wake.notify();
        }(this, job);
    });
}

std::optional<Work::Job> Work::take_handed_over() {
    std::lock_guard lock{mutex_};
    if (handed_over_.empty()) return std::nullopt;
    auto job = std::move(handed_over_.front());
    handed_over_.pop_front();
    return job;
}

void Work::start_handed_over() {
    while (room() > 0) {
        auto job = take_handed_over();
        if (!job) return;
        start(std::move(*job));
    }
}

// Also when the time was set back, and the next look seems to be far away.
bool Work::is_time_to_look() const {
    auto wait = Instant{next_look_} - clock_.now();
    return wait.count() <= 0 || wait > max_poll_interval;
}

// Half of the room at most, so that neither what is old nor what is new waits for the other.
Task<> Work::look(const Claim& claim) {
    next_look_ = (clock_.now() + max_poll_interval).milliseconds;
    try {
        if (auto next = co_await claim((room() + 1) / 2)) due_at(*next);
    } catch (const std::exception& error) {
        log::error("what is due could not be taken on", {{"work", name_}, {"error", error.what()}});
        due_at(clock_.now() + wait_after_failure);
    }
}

Task<> Work::run(StopSignal& stopping, Claim claim, std::function<void()> close) {
    stopping.on_request([wake = wake_]() mutable { wake.notify(); });
    while (!stopping.requested()) {
        if (room() > 0 && is_time_to_look()) co_await look(claim);
        start_handed_over();
        // When all hands are full, the next to be free wakes it.
        auto next = room() > 0 ? Instant{next_look_} : clock_.now() + max_poll_interval;
        if (!stopping.requested()) (void)co_await wake_.wait_until(next);
    }
    close();
    while (under_way_ > 0) (void)co_await wake_.wait_for(max_poll_interval);
}

}  // namespace stagedoor::payments
