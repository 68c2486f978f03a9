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
    auto place = events_.size();
    if (free_places_.empty()) {
        events_.push_back({std::move(process), std::move(action)});
    } else {
        place = free_places_.back();
        free_places_.pop_back();
        events_[place] = {std::move(process), std::move(action)};
    }
    turns_.push({std::max(time, now_), ++scheduled_, place});
}

World::Event World::take(std::size_t place) {
    free_places_.push_back(place);
    return std::move(events_[place]);
}

bool World::step() {
    while (!turns_.empty()) {
        auto next = turns_.top();
        turns_.pop();
        now_ = next.time;
        const auto& process = *events_[next.event].process;
        if (!process.is_alive()) {
            abandoned_.push_back(take(next.event));
            continue;
        }
        if (process.paused_until() > now_) {  // keeps its place in the order
            next.time = process.paused_until();
            turns_.push(next);
            continue;
        }
        ++steps_;
        trace.add(static_cast<std::uint64_t>(now_.count()));
        auto event = take(next.event);
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
