// Runs a process's coroutines in a simulated world: an Asio executor that posts everything to the process,
// and its clock.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>

#include "common/runtime/clock.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class ProcessExecutor {
  public:
    ProcessExecutor(std::shared_ptr<Process> process, boost::asio::execution_context& context)
        : process_(std::move(process)), context_(&context) {}

    template <class F>
    void execute(F f) const {
        process_->post(std::move(f));
    }
    bool operator==(const ProcessExecutor&) const noexcept = default;
    [[nodiscard]] boost::asio::execution_context& query(
        boost::asio::execution::context_t /*property*/) const noexcept {
        return *context_;
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t /*property*/) noexcept {
        return boost::asio::execution::blocking.never;
    }

  private:
    std::shared_ptr<Process> process_;
    boost::asio::execution_context* context_;
};

// A process's clock: the world's time plus the machine's skew.
class ProcessClock final : public runtime::Clock {
  public:
    explicit ProcessClock(std::shared_ptr<Process> process) : process_(std::move(process)) {}

    [[nodiscard]] Instant now() const override { return process_->world().time() + skew_; }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return process_->world().now(); }
    // As with the system's clock, changing the time does not change how long a set alarm takes.
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override;
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override;

    void set_skew(std::chrono::milliseconds skew) { skew_ = skew; }

  private:
    std::shared_ptr<Process> process_;
    std::chrono::milliseconds skew_{};
};

}  // namespace stagedoor::simulation
