// The bus of the one-process shape. It has no state of its own to lose: the outboxes are its log, and a
// subscriber's position in each is a row that commits with the events' effects.
#pragma once

#include <atomic>
#include <memory>
#include <vector>

#include "common/bus/bus.hpp"
#include "common/runtime/async_event.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task_group.hpp"

namespace stagedoor::bus {

class EmbeddedBus final : public Bus {
  public:
    EmbeddedBus(runtime::Clock& clock, runtime::Metrics& metrics);
    ~EmbeddedBus() override;

    void publish_from(Log& log) override;
    void deliver_to(Subscriber& subscriber) override;
    void start(const runtime::Executor& executor) override;
    [[nodiscard]] Task<> stop() override;
    [[nodiscard]] bool connected() const override { return !paused_; }

    // Delivers nothing until resume(), like a broker that is down. Any thread.
    void pause();
    void resume();

  private:
    struct Delivery;
    struct Backlog;

    void wake_all();
    Task<> update_metrics();
    Task<> measure(Backlog& backlog);
    Task<> run(Delivery& delivery);
    enum class Delivered { nothing, all, more };  // more: there may be more to deliver at once
    Task<Delivered> deliver_next(Delivery& delivery);

    runtime::Clock& clock_;
    runtime::Metrics& metrics_;
    std::atomic<bool> paused_ = false, stopping_ = false;
    runtime::TaskGroup tasks_;
    runtime::AsyncEvent stopped_;
    std::vector<Log*> logs_;
    std::vector<Subscriber*> subscribers_;
    std::vector<std::unique_ptr<Delivery>> deliveries_;
    std::vector<std::unique_ptr<Backlog>> backlogs_;
};

}  // namespace stagedoor::bus
