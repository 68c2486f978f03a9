// The embedded bus with gates in it: what is behind a closed gate is told, and not heard yet.
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

    // Holds back, from the first event of `type` on, all that `listener` would hear of the same speaker.
    class Gate {
      public:
        ~Gate() { open(); }
        Gate(const Gate&) = delete;
        Gate& operator=(const Gate&) = delete;
        // Waits until such an event is there; false when none comes.
        [[nodiscard]] bool is_reached() const;
        void open();

      private:
        friend class GatedBus;
        explicit Gate(std::shared_ptr<Barrier> barrier) : barrier_(std::move(barrier)) {}
        std::shared_ptr<Barrier> barrier_;
    };
    [[nodiscard]] std::unique_ptr<Gate> close(const std::string& listener, const std::string& type);

    // Holds everything back, as a broker does that is away; then brings it.
    void pause() { bus_.pause(); }
    void resume() { bus_.resume(); }

    void carry(bus::Log& log) override { bus_.carry(log); }
    void deliver_to(bus::Subscriber& subscriber) override;
    void start(const runtime::Executor& executor) override { bus_.start(executor); }
    [[nodiscard]] Task<> stop() override { return bus_.stop(); }
    [[nodiscard]] bool connected() const override { return bus_.connected(); }
    [[nodiscard]] bool is_caught_up() const override { return bus_.is_caught_up(); }

  private:
    class Listener;
    [[nodiscard]] std::shared_ptr<Barrier> in_the_way(const std::string& listener,
                                                      const std::vector<bus::Event>& events);

    runtime::Clock& clock_;
    runtime::Metrics metrics_;
    bus::EmbeddedBus bus_;
    std::list<Listener> listeners_;
    std::mutex mutex_;
    std::vector<std::weak_ptr<Barrier>> barriers_;
};

}  // namespace stagedoor::testing
