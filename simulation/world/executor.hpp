// How coroutines of a program run in a simulated world: an executor of Asio's that hands everything to the world.
#pragma once

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/execution.hpp>
#include <boost/asio/execution_context.hpp>
#include <memory>

#include "common/runtime/clock.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class LifeExecutor {
  public:
    LifeExecutor(std::shared_ptr<Life> life, boost::asio::execution_context& context)
        : life_(std::move(life)), context_(&context) {}

    template <class F>
    void execute(F f) const {
        life_->post(std::move(f));
    }
    bool operator==(const LifeExecutor&) const noexcept = default;
    [[nodiscard]] boost::asio::execution_context& query(
        boost::asio::execution::context_t /*property*/) const noexcept {
        return *context_;
    }
    static constexpr boost::asio::execution::blocking_t query(
        boost::asio::execution::blocking_t /*property*/) noexcept {
        return boost::asio::execution::blocking.never;
    }

  private:
    std::shared_ptr<Life> life_;
    boost::asio::execution_context* context_;
};

// A program's clock: the world's time, and by how much the machine's is wrong.
class LifeClock final : public runtime::Clock {
  public:
    explicit LifeClock(std::shared_ptr<Life> life) : life_(std::move(life)) {}

    [[nodiscard]] Instant now() const override { return life_->world().time() + skew_; }
    [[nodiscard]] std::chrono::nanoseconds monotonic() const override { return life_->world().now(); }
    // As the system's does: an alarm keeps its length when the time is set meanwhile.
    [[nodiscard]] Alarm at(Instant when, std::function<void()> ring) override;
    [[nodiscard]] Alarm at_monotonic(std::chrono::nanoseconds when, std::function<void()> ring) override;

    // Sets the time.
    void be_wrong_by(std::chrono::milliseconds skew) { skew_ = skew; }

  private:
    std::shared_ptr<Life> life_;
    std::chrono::milliseconds skew_{};
};

}  // namespace stagedoor::simulation
