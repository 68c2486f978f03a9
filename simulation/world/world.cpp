#include "simulation/world/world.hpp"

#include <algorithm>
#include <cstring>

namespace stagedoor::simulation {
namespace {

constexpr Instant beginning{1'767'225'600'000};  // 2026-01-01
constexpr Duration min_step{1}, max_step{40};    // between two steps of a process

}  // namespace

void Process::post(Action action) {
    last_ = std::max(last_, world_.now()) + world_.between(min_step, max_step) + step_time_;
    world_.at(last_, shared_from_this(), std::move(action));
}

void Process::after(Duration delay, Action action) {
    world_.at(world_.now() + delay, shared_from_this(), std::move(action));
}

Instant World::time() const { return beginning + std::chrono::floor<std::chrono::milliseconds>(now_); }

void World::at(Duration time, std::shared_ptr<Process> process, Action action) {
    events_.emplace(std::pair{std::max(time, now_), ++scheduled_},
                    Event{std::move(process), std::move(action)});
}

bool World::step() {
    while (!events_.empty()) {
        auto next = events_.extract(events_.begin());
        auto& event = next.mapped();
        now_ = next.key().first;
        if (!event.process->is_alive()) {
            abandoned_.push_back(std::move(event));
            continue;
        }
        if (event.process->paused_until() > now_) {  // keeps its place in the order
            next.key().first = event.process->paused_until();
            events_.insert(std::move(next));
            continue;
        }
        ++steps_;
        trace.add(static_cast<std::uint64_t>(now_.count()));
        current_ = event.process;
        event.action();
        return true;
    }
    return false;
}

void WorldRandom::fill(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
        auto number = next();
        auto part = std::min(bytes.size(), sizeof number);
        std::memcpy(bytes.data(), &number, part);
        bytes = bytes.subspan(part);
    }
}

bool World::chance(double probability) {
    constexpr std::uint64_t parts = 1'000'000;
    return below(parts) < static_cast<std::uint64_t>(probability * parts);
}

Duration World::between(Duration min, Duration max) {
    return min + Duration{below(static_cast<std::uint64_t>((max - min).count()) + 1)};
}

}  // namespace stagedoor::simulation
