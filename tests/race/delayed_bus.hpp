// A marketplace whose services run in the test's own process behind a real HTTP server, so that a test can
// delay the bus and advance the clock.
#pragma once

#include <array>
#include <thread>

#include "common/http/server/server.hpp"
#include "common/runtime/event_loop_thread.hpp"
#include "common/service/host.hpp"
#include "tests/race/gated_bus.hpp"
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {

// Follows the system clock, plus whatever it was advanced by.
class AdjustableClock {
  public:
    AdjustableClock();
    [[nodiscard]] runtime::Clock& clock() { return clock_; }
    // Returns once every timer due by then has fired.
    void advance(std::chrono::milliseconds step);

  private:
    void tick();

    std::int64_t offset_ms_ = 0;
    std::mutex mutex_;  // serializes advancing the clock
    runtime::ManualClock clock_{Instant{now_ms()}};
    std::jthread thread_;
};

class DelayedBus : public ::testing::Test {
  protected:
    DelayedBus();
    ~DelayedBus() override;

    [[nodiscard]] const User& user(std::size_t i) const { return users[i % users.size()]; }
    [[nodiscard]] Client buyer(std::size_t i) const { return user(i).at(url); }
    [[nodiscard]] Client as_seller() const { return seller.at(url); }
    [[nodiscard]] Response show(const std::string& ticket) const;
    // Lists a ticket and waits until orders has received it.
    [[nodiscard]] std::string list_and_await(const Offer& offer);

    runtime::TemporaryFolder folder_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    runtime::EventLoopThread background_;
    std::array<runtime::EventLoopThread, 2> http_threads_;
    std::unique_ptr<runtime::Clock> server_clock_ = runtime::make_system_clock(background_.executor());
    AdjustableClock clock;
    GatedBus bus{clock.clock()};
    std::unique_ptr<outbound::Transport> outbound_ = outbound::make_transport();
    std::unique_ptr<Host> host_;
    std::unique_ptr<http::Server> server_;
    std::string url;
    std::unique_ptr<Databases> databases;
    User seller;
    std::vector<User> users;
};

}  // namespace stagedoor::testing
