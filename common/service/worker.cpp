#include "common/service/worker.hpp"

#include <algorithm>

#include "common/runtime/backoff.hpp"
#include "common/runtime/log.hpp"

namespace stagedoor {
namespace {

constexpr std::size_t max_handed_over = 1000;
// Bounds how late a replica notices the work that another one left behind.
constexpr std::chrono::seconds max_claim_interval{10}, claim_retry_delay{1};

}  // namespace

void StopSignal::request() {
    std::lock_guard lock{mutex_};
    requested_ = true;
    for (auto& wake : wakes_) wake();
}

void StopSignal::on_request(std::function<void()> wake) {
    std::lock_guard lock{mutex_};
    if (requested_) wake();
    wakes_.push_back(std::move(wake));
}

PollLoop::PollLoop(runtime::Clock& clock, PollOptions options)
    : clock_(clock), options_(std::move(options)), wake_(clock), resume_(clock) {}

Task<> PollLoop::pause(std::chrono::milliseconds duration) {
    if (!stop_requested()) (void)co_await resume_.wait_for(duration);
}

Task<Instant> PollLoop::run_step(const Step& step) {
    try {
        auto next = co_await step();
        failures_ = 0;
        auto latest = clock_.now() + options_.max_interval;
        co_return next ? std::min(*next, latest) : latest;
    } catch (const std::exception& error) {
        log::error("a background worker failed and will retry",
                   {{"worker", options_.name}, {"error", error.what()}});
    }
    co_return clock_.now() + runtime::backoff(++failures_, options_.max_retry_delay);
}

Task<> PollLoop::run(StopSignal& stop, Step step) {
    stop_ = &stop;
    stop.on_request([wake = wake_, resume = resume_]() mutable {
        wake.notify();
        resume.notify();
    });
    while (!stop.requested()) {
        auto next = co_await run_step(step);
        if (!stop.requested()) (void)co_await wake_.wait_until(next);
    }
}

LeaseWorker::LeaseWorker(runtime::Clock& clock, runtime::Executor executor, std::string name,
                         int max_concurrent)
    : clock_(clock),
      executor_(std::move(executor)),
      name_(std::move(name)),
      max_concurrent_(max_concurrent),
      loop_(clock, {.name = name_, .max_interval = max_claim_interval}),
      job_ended_(clock) {}

void LeaseWorker::hand_over(Job job) {
    {
        std::lock_guard lock{mutex_};
        if (handed_over_.size() >= max_handed_over) return;
        handed_over_.push_back(std::move(job));
    }
    loop_.wake();
}

void LeaseWorker::due_at(Instant time) {
    auto known = next_claim_.load();
    while (time.milliseconds < known && !next_claim_.compare_exchange_weak(known, time.milliseconds)) {
    }
    loop_.wake();
}

void LeaseWorker::start(Job job) {
    ++running_;
    runtime::spawn(executor_, name_, [this, job = std::move(job)]() -> Task<> {
        return [](LeaseWorker* worker, Job run) -> Task<> {
            co_await run();
            // Copies: as soon as no job is left, run() may return and the worker may be destroyed.
            auto ended = worker->job_ended_, wake = worker->loop_.wake_event();
            --worker->running_;
            ended.notify();
            wake.notify();
        }(this, job);
    });
}

std::optional<LeaseWorker::Job> LeaseWorker::next_handed_over() {
    std::lock_guard lock{mutex_};
    if (handed_over_.empty()) return std::nullopt;
    auto job = std::move(handed_over_.front());
    handed_over_.pop_front();
    return job;
}

// A claim too far in the future is due as well: the clock must have been set back.
bool LeaseWorker::is_claim_due() const {
    auto wait = Instant{next_claim_} - clock_.now();
    return wait.count() <= 0 || wait > max_claim_interval;
}

// Fills half of the free slots, so that neither old nor new work waits for the other.
Task<> LeaseWorker::claim_due(const Claim& claim) {
    next_claim_ = (clock_.now() + max_claim_interval).milliseconds;
    try {
        if (auto next = co_await claim((free_slots() + 1) / 2)) due_at(*next);
    } catch (const std::exception& error) {
        log::error("could not claim due work", {{"worker", name_}, {"error", error.what()}});
        due_at(clock_.now() + claim_retry_delay);
    }
}

Task<std::optional<Instant>> LeaseWorker::step(const Claim& claim) {
    if (free_slots() > 0 && is_claim_due()) co_await claim_due(claim);
    start_handed_over();
    if (free_slots() > 0) co_return Instant{next_claim_};
    co_return std::nullopt;  // at capacity, the next job to finish wakes the loop
}

void LeaseWorker::start_handed_over() {
    while (free_slots() > 0) {
        auto job = next_handed_over();
        if (!job) return;
        start(std::move(*job));
    }
}

Task<> LeaseWorker::run(StopSignal& stop, Claim claim) {
    co_await loop_.run(stop, [this, claim = std::move(claim)] { return step(claim); });
    // No other replica works on what this one has leased.
    for (start_handed_over(); running_ > 0; start_handed_over())
        (void)co_await job_ended_.wait_for(max_claim_interval);
}

}  // namespace stagedoor
