// The bus of the one-process shape. The outboxes themselves are its log, and a consumer's position in one is
// a row that commits with the events' effects: there is nothing else to lose.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/metrics.hpp"

namespace stagedoor::bus {

class EmbeddedBus final : public Bus {
  public:
    EmbeddedBus(runtime::Clock& clock, runtime::Metrics& metrics);
    ~EmbeddedBus() override;

    void carry(Log& log) override;
    void deliver_to(Subscriber& subscriber) override;
    void start(const runtime::Executor& executor) override;
    [[nodiscard]] Task<> stop() override;
    [[nodiscard]] bool connected() const override { return !paused_; }

    // Holds everything back, as a broker does that is away; then brings it.
    void pause();
    void resume();

  private:
    struct Delivery;
    struct Backlog;

    void wake_all();
    Task<> watch();
    Task<> count(Backlog& backlog);
    Task<> run(Delivery& delivery);
    enum class Delivered { nothing, all, some };
    Task<Delivered> deliver_next(Delivery& delivery);

    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    std::atomic<bool> paused_ = false, stopping_ = false;
    std::atomic<int> running_ = 0;  // loops that have not ended
    runtime::AsyncEvent ended_, stirs_;
    std::vector<Log*> logs_;
    std::vector<Subscriber*> subscribers_;
    std::vector<std::unique_ptr<Delivery>> deliveries_;
    std::vector<std::unique_ptr<Backlog>> backlogs_;
};

}  // namespace stagedoor::bus
