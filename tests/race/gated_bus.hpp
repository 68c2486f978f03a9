// The embedded bus with gates: events behind a closed gate are published but not delivered yet.
#pragma once

#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "common/bus/embedded/bus.hpp"

namespace stagedoor::testing {

class GatedBus final : public bus::Bus {
    struct Barrier;

  public:
    explicit GatedBus(runtime::Clock& clock);
    ~GatedBus() override;

    // Holds back the first event of `type` for `subscriber` and all later ones from the same publisher.
    class Gate {
      public:
        ~Gate() { open(); }
        Gate(const Gate&) = delete;
        Gate& operator=(const Gate&) = delete;
        // Waits until such an event arrives; false if none does within 10 s.
        [[nodiscard]] bool is_reached() const;
        void open();

      private:
        friend class GatedBus;
        explicit Gate(std::shared_ptr<Barrier> barrier) : barrier_(std::move(barrier)) {}
        std::shared_ptr<Barrier> barrier_;
    };
    [[nodiscard]] std::unique_ptr<Gate> close(const std::string& subscriber, const std::string& type);

    // Holds back all events, as if the broker were down; resume() delivers them.
    void pause() { bus_.pause(); }
    void resume() { bus_.resume(); }

    void publish_from(bus::Log& log) override { bus_.publish_from(log); }
    void deliver_to(bus::Subscriber& subscriber) override;
    void start(const runtime::Executor& executor) override { bus_.start(executor); }
    [[nodiscard]] Task<> stop() override { return bus_.stop(); }
    [[nodiscard]] bool connected() const override { return bus_.connected(); }
    [[nodiscard]] bool is_caught_up() const override { return bus_.is_caught_up(); }

  private:
    class GatedSubscriber;
    [[nodiscard]] std::shared_ptr<Barrier> closed_barrier_for(const std::string& subscriber,
                                                              const std::vector<bus::Event>& events);

    runtime::Clock& clock_;
    runtime::Metrics metrics_;
    bus::EmbeddedBus bus_;
    std::list<GatedSubscriber> subscribers_;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Barrier>> barriers_;
};

}  // namespace stagedoor::testing
