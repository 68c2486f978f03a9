// One thread and a clock of its own: everything that happens in a simulation happens here, one thing after another, in an
// order that the seed alone decides.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/runtime/random.hpp"
#include "contracts/instant.hpp"
#include "simulation/world/trace.hpp"

namespace stagedoor::simulation {

class World;
using Action = std::move_only_function<void()>;
using Duration = std::chrono::microseconds;

// Something that runs and may be killed: one life of a program's copy, or of a server.
class Life : public std::enable_shared_from_this<Life> {
  public:
    Life(World& world, std::string name) : world_(world), name_(std::move(name)) {}

    // Soon: after what was posted before.
    void post(Action action);
    void after(Duration delay, Action action);

    // Nothing of it happens any more. What it had in memory stays where it is until the simulator ends: no destructor runs
    // that could tidy up, as none does in a process that is killed.
    void kill() { alive_ = false; }
    [[nodiscard]] bool is_alive() const { return alive_; }
    // It does nothing for a while: a machine that swaps, a long pause.
    void stand_still_until(Duration time) { stands_still_until_ = time; }
    [[nodiscard]] Duration stands_still_until() const { return stands_still_until_; }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] World& world() const { return world_; }

  private:
    World& world_;
    const std::string name_;
    bool alive_ = true;
    Duration last_{}, stands_still_until_{};
};

// What falls to the world's lot, a number at a time.
class Dice final : public runtime::Random {
  public:
    explicit Dice(std::uint64_t seed) : engine_(seed) {}
    [[nodiscard]] std::uint64_t throw_once() { return engine_(); }
    void fill(std::span<std::byte> bytes) override;

  private:
    std::mt19937_64 engine_;
};

class World {
  public:
    explicit World(std::uint64_t seed) : dice_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Since the beginning.
    [[nodiscard]] Duration now() const { return now_; }
    [[nodiscard]] Instant time() const;

    [[nodiscard]] std::shared_ptr<Life> begin_life(std::string name) {
        return std::make_shared<Life>(*this, std::move(name));
    }
    void at(Duration time, std::shared_ptr<Life> whose, Action action);

    // Does what comes next; false when nothing comes any more.
    bool step();
    [[nodiscard]] std::uint64_t steps() const { return steps_; }

    // ---- chance, all of it from the seed

    // Of a stream of randomness of somebody's own.
    [[nodiscard]] std::uint64_t new_seed() { return dice_.throw_once(); }
    // Uniform in [0, bound).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return dice_.below(bound); }
    [[nodiscard]] bool chance(double probability);
    [[nodiscard]] Duration between(Duration least, Duration most);
    template <class T>
    [[nodiscard]] const T& one_of(const std::vector<T>& all) {
        return all.at(below(all.size()));
    }

    void note(std::string_view who, std::string_view what) { trace.add(now_, who, what); }
    // By whoever is at work: only to be read, no part of the history.
    void remark(std::string_view what) {
        if (at_work_) trace.remark(now_, at_work_->name(), what);
    }
    Trace trace;

  private:
    struct Event {
        std::shared_ptr<Life> whose;
        Action action;
    };

    Dice dice_;
    Duration now_{};
    std::uint64_t steps_ = 0, scheduled_ = 0;
    std::shared_ptr<Life> at_work_;
    std::map<std::pair<Duration, std::uint64_t>, Event> coming_;
    std::vector<Event> never_;  // of the dead
};

}  // namespace stagedoor::simulation
