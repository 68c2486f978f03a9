// A marketplace whose services run in the test's own process, behind a real listener, so that the bus between them can
// be held back and their clock can leap.
#pragma once

#include <array>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <thread>

#include "common/http/server.hpp"
#include "common/service/host.hpp"
#include "tests/race/arena.hpp"
#include "tests/race/gated_bus.hpp"

namespace stagedoor::driving {

// An event loop on a thread of its own.
class Loop {
  public:
    ~Loop() { stop(); }
    [[nodiscard]] runtime::Executor executor() { return context_.get_executor(); }
    template <class T>
    T wait_for(Task<T> task) {
        return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future).get();
    }
    void stop();

  private:
    boost::asio::io_context context_{1};
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> work_ =
        boost::asio::make_work_guard(context_);
    std::thread thread_{[this] { context_.run(); }};
};

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

    Folder folder_;
    runtime::SystemRandom random_;
    runtime::Metrics metrics_;
    Loop background_;
    std::array<Loop, 2> lanes_;
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

}  // namespace stagedoor::driving
