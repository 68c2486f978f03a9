#include "tests/race/gated_bus.hpp"

#include <algorithm>
#include <atomic>

#include "common/runtime/async_event.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {

struct GatedBus::Barrier {
    std::string subscriber, type;
    runtime::AsyncEvent opening;
    std::atomic<bool> is_reached = false, is_open = false;
};

// A service's inbox behind the gates.
class GatedBus::GatedSubscriber final : public bus::Subscriber {
  public:
    GatedSubscriber(GatedBus& bus, bus::Subscriber& inbox) : bus_(bus), inbox_(inbox) {}

    [[nodiscard]] const std::string& service() const override { return inbox_.service(); }
    [[nodiscard]] const std::map<std::string, std::set<std::string>>& subscriptions() const override {
        return inbox_.subscriptions();
    }
    [[nodiscard]] Task<> receive(std::vector<bus::Event> events,
                                 std::optional<bus::Position> position) override {
        while (auto barrier = bus_.closed_barrier_for(service(), events)) {
            barrier->is_reached = true;
            (void)co_await barrier->opening.wait_for(std::chrono::hours{1});
        }
        co_await inbox_.receive(std::move(events), std::move(position));
    }
    [[nodiscard]] Task<std::int64_t> position(std::string source) override {
        return inbox_.position(std::move(source));
    }

  private:
    GatedBus& bus_;
    bus::Subscriber& inbox_;
};

GatedBus::GatedBus(runtime::Clock& clock) : clock_(clock), bus_(clock, metrics_) {}
GatedBus::~GatedBus() = default;

void GatedBus::deliver_to(bus::Subscriber& subscriber) {
    bus_.deliver_to(subscribers_.emplace_back(*this, subscriber));
}

std::unique_ptr<GatedBus::Gate> GatedBus::close(const std::string& subscriber, const std::string& type) {
    auto barrier = std::shared_ptr<Barrier>(
        new Barrier{.subscriber = subscriber, .type = type, .opening = runtime::AsyncEvent{clock_}});
    std::lock_guard lock{mutex_};
    barriers_.push_back(barrier);
    return std::unique_ptr<Gate>(new Gate{std::move(barrier)});
}

std::shared_ptr<GatedBus::Barrier> GatedBus::closed_barrier_for(const std::string& subscriber,
                                                                const std::vector<bus::Event>& events) {
    std::lock_guard lock{mutex_};
    for (const auto& each : barriers_) {
        auto barrier = each.lock();
        if (!barrier || barrier->is_open || barrier->subscriber != subscriber) continue;
        if (std::ranges::any_of(events, [&](const auto& event) { return event.type == barrier->type; }))
            return barrier;
    }
    return nullptr;
}

bool GatedBus::Gate::is_reached() const {
    return becomes_true([this] { return barrier_->is_reached.load(); }, 10s, 1ms);
}

void GatedBus::Gate::open() {
    barrier_->is_open = true;
    barrier_->opening.notify();
}

}  // namespace stagedoor::testing
