// Background workers, under a manual clock.
#include "common/service/worker.hpp"

#include <gtest/gtest.h>

#include "common/runtime/event_loop_thread.hpp"
#include "testing/service/service_test.hpp"

namespace stagedoor {
namespace {

using testing::eventually;
using namespace std::chrono_literals;

class PollLoopTest : public ::testing::Test {
  protected:
    void start(PollOptions options, PollLoop::Step step) {
        worker.emplace(clock, std::move(options));
        running = loop.start(worker->run(stop, std::move(step)));
    }
    void expect_steps(int count) {
        eventually([&] { return steps == count; });
    }
    ~PollLoopTest() override {
        stop.request();
        if (running.valid()) running.get();
    }

    runtime::ManualClock clock;
    StopSignal stop;
    std::atomic<int> steps = 0;
    std::optional<PollLoop> worker;
    std::future<void> running;
    runtime::EventLoopThread loop;
};

TEST_F(PollLoopTest, runs_at_once_when_woken_and_after_the_interval) {
    start({.name = "test", .max_interval = 10s}, [&]() -> Task<std::optional<Instant>> {
        ++steps;
        co_return std::nullopt;
    });
    expect_steps(1);
    worker->wake();
    expect_steps(2);
    // The loop may set its alarm a moment after the step, so advance the clock until it fires.
    eventually([&] {
        clock.advance(10s);
        return steps >= 3;
    });
}

TEST_F(PollLoopTest, runs_at_the_time_that_the_step_returned) {
    start({.name = "test", .max_interval = 1h}, [&]() -> Task<std::optional<Instant>> {
        ++steps;
        co_return clock.now() + 1s;
    });
    expect_steps(1);
    eventually([&] {
        clock.advance(1s);
        return steps >= 2;
    });
}

TEST_F(PollLoopTest, retries_a_step_that_throws) {
    start({.name = "test", .max_interval = 1h, .max_retry_delay = 4s}, [&]() -> Task<std::optional<Instant>> {
        ++steps;
        throw std::runtime_error("failed");
        co_return std::nullopt;
    });
    for (int step = 2; step < 6; ++step) {
        eventually([&] {
            clock.advance(1s);
            return steps >= step;
        });
    }
}

TEST_F(PollLoopTest, ends_when_stopped_during_a_pause) {
    start({.name = "test", .max_interval = 1h}, [&]() -> Task<std::optional<Instant>> {
        ++steps;
        co_await worker->pause(1h);
        co_return std::nullopt;
    });
    expect_steps(1);
    stop.request();
    running.get();
    EXPECT_EQ(steps, 1);
    EXPECT_TRUE(worker->stop_requested());
}

TEST_F(PollLoopTest, runs_no_step_if_already_stopped) {
    stop.request();
    start({.name = "test", .max_interval = 1h}, [&]() -> Task<std::optional<Instant>> {
        ++steps;
        co_return std::nullopt;
    });
    running.get();
    EXPECT_EQ(steps, 0);
}

class LeaseWorkerTest : public ::testing::Test {
  protected:
    static constexpr int max_concurrent = 2;

    // A job that runs until release().
    LeaseWorker::Job job() {
        return [this]() -> Task<> {
            max_running = std::max(max_running.load(), ++now_running);
            while (!released) (void)co_await wake.wait_for(1h);
            --now_running;
            ++done;
        };
    }
    void release() {
        released = true;
        wake.notify();
    }
    void start(LeaseWorker::Claim claim) { running = loop.start(worker.run(stop, std::move(claim))); }
    static Task<std::optional<Instant>> claim_nothing(int) { co_return std::nullopt; }

    runtime::ManualClock clock;
    runtime::EventLoopThread loop;
    StopSignal stop;
    runtime::AsyncEvent wake{clock};
    std::atomic<bool> released = false;
    std::atomic<int> now_running = 0, max_running = 0, done = 0;
    LeaseWorker worker{clock, loop.executor(), "test", max_concurrent};
    std::future<void> running;
};

TEST_F(LeaseWorkerTest, runs_at_most_max_concurrent_jobs_at_once) {
    released = true;
    start(claim_nothing);
    for (int i = 0; i < 20; ++i) worker.hand_over(job());
    eventually([&] { return done == 20; });
    EXPECT_LE(max_running, max_concurrent);
    stop.request();
    running.get();
}

TEST_F(LeaseWorkerTest, claims_at_the_start_and_when_a_row_becomes_due) {
    std::atomic<int> claims = 0;
    start([&](int) -> Task<std::optional<Instant>> {
        ++claims;
        co_return std::nullopt;
    });
    eventually([&] { return claims == 1; });
    worker.due_at(clock.now());
    eventually([&] { return claims == 2; });
    stop.request();
    running.get();
}

TEST_F(LeaseWorkerTest, claims_again_a_second_after_a_claim_that_failed) {
    std::atomic<int> claims = 0;
    start([&](int) -> Task<std::optional<Instant>> {
        ++claims;
        throw std::runtime_error("the database is down");
        co_return std::nullopt;
    });
    eventually([&] { return claims == 1; });
    eventually([&] {
        clock.advance(1s);
        return claims >= 2;
    });
    stop.request();
    running.get();
}

TEST_F(LeaseWorkerTest, finishes_the_jobs_in_progress_before_it_ends) {
    start(claim_nothing);
    worker.hand_over(job());
    eventually([&] { return now_running == 1; });
    stop.request();
    EXPECT_EQ(running.wait_for(20ms), std::future_status::timeout);
    release();
    running.get();
    EXPECT_EQ(done, 1);
}

TEST_F(LeaseWorkerTest, runs_what_was_handed_over_before_it_ends) {
    released = true;
    for (int i = 0; i < 20; ++i) worker.hand_over(job());
    stop.request();
    start(claim_nothing);
    running.get();
    EXPECT_EQ(done, 20);
}

}  // namespace
}  // namespace stagedoor
