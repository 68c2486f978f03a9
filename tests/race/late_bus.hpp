// A marketplace whose services run in the test's own process, behind a real listener, so that the bus between them can
// be held back and their clock can leap.
#pragma once

#include <array>
#include <thread>

#include "common/http/server/server.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/service/host.hpp"
#include "tests/race/arena.hpp"
#include "tests/race/gated_bus.hpp"

namespace stagedoor::testing {

// Goes as the machine's clock does, and now and then leaps ahead.
class LeapingClock {
  public:
    LeapingClock();
    [[nodiscard]] runtime::Clock& clock() { return clock_; }
    // Returns when that time has come and every alarm on the way has rung.
    void leap(std::chrono::milliseconds step);

  private:
    void tick();

    std::int64_t leapt_ms_ = 0;
    std::mutex mutex_;  // one advances at a time
    runtime::ManualClock clock_{Instant{now_ms()}};
    std::jthread thread_;
};

class LateBus : public ::testing::Test {
  protected:
    LateBus();
    ~LateBus() override;

    [[nodiscard]] const User& user(std::size_t i) const { return people[i % people.size()]; }
    [[nodiscard]] Visitor buyer(std::size_t i) const { return user(i).at(url); }
    [[nodiscard]] Visitor selling() const { return seller.at(url); }
    [[nodiscard]] Reply shown(const std::string& ticket) const;
    // Lists it, and waits until orders knows.
    [[nodiscard]] std::string listed(const Offer& offer);

    runtime::TemporaryFolder folder_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    runtime::EventLoopThread background_;
    std::array<runtime::EventLoopThread, 2> lanes_;
    std::unique_ptr<runtime::Clock> servers_clock_ = runtime::make_system_clock(background_.executor());
    LeapingClock time;
    GatedBus bus{time.clock()};
    std::unique_ptr<outbound::Transport> outbound_ = outbound::make_transport();
    std::unique_ptr<Host> host_;
    std::unique_ptr<http::Server> server_;
    std::string url;
    std::unique_ptr<Databases> databases;
    User seller;
    std::vector<User> people;
};

}  // namespace stagedoor::testing
