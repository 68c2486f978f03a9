// One thread and a virtual clock: everything in a simulation happens here, one action after another, in an
// order that only the seed decides.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <queue>
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

// Something that runs and can be killed: one process of a replica or of a server. A restart makes a new one.
class Process : public std::enable_shared_from_this<Process> {
  public:
    Process(World& world, std::string name) : world_(world), name_(std::move(name)) {}

    // Runs soon, after everything posted before it.
    void post(Action action);
    void after(Duration delay, Action action);

    // None of its actions run any more. Its memory stays as it is until the simulator ends: as in a real
    // killed process, no destructor cleans up.
    void kill() { alive_ = false; }
    [[nodiscard]] bool is_alive() const { return alive_; }
    // Runs nothing until then, like a machine that swaps; then continues in the same order.
    void pause_until(Duration time) { paused_until_ = time; }
    [[nodiscard]] Duration paused_until() const { return paused_until_; }
    // How long each posted action keeps it busy, which limits its throughput.
    void set_step_time(Duration time) { step_time_ = time; }

    [[nodiscard]] const std::string& name() const { return name_; }
    [[nodiscard]] World& world() const { return world_; }

  private:
    World& world_;
    const std::string name_;
    bool alive_ = true;
    Duration last_{}, paused_until_{}, step_time_{};
};

// The world's random numbers, one stream from the seed.
class WorldRandom final : public runtime::Random {
  public:
    explicit WorldRandom(std::uint64_t seed) : engine_(seed) {}
    [[nodiscard]] std::uint64_t next() { return engine_(); }
    void fill(std::span<std::byte> bytes) override;

  private:
    std::mt19937_64 engine_;
};

class World {
  public:
    explicit World(std::uint64_t seed) : random_(seed) {}
    World(const World&) = delete;
    World& operator=(const World&) = delete;

    // Since the beginning of the run.
    [[nodiscard]] Duration now() const { return now_; }
    // The true wall-clock time.
    [[nodiscard]] Instant time() const;

    [[nodiscard]] std::shared_ptr<Process> start_process(std::string name) {
        return std::make_shared<Process>(*this, std::move(name));
    }
    // Schedules an action of `process`; it is dropped if the process is dead by then.
    void at(Duration time, std::shared_ptr<Process> process, Action action);

    // Runs the next action; false if there is none left.
    bool step();
    [[nodiscard]] std::uint64_t steps() const { return steps_; }

    // ---- randomness, all of it from the seed

    // Seeds a separate stream.
    [[nodiscard]] std::uint64_t new_seed() { return random_.next(); }
    // Uniform in [0, bound).
    [[nodiscard]] std::uint64_t below(std::uint64_t bound) { return random_.below(bound); }
    [[nodiscard]] bool chance(double probability);
    // Uniform in [min, max].
    [[nodiscard]] Duration between(Duration min, Duration max);
    template <class T>
    [[nodiscard]] const T& pick(const std::vector<T>& all) {
        return all.at(below(all.size()));
    }

    // Adds a line to the trace, and to its hash.
    void note(std::string_view source, std::string_view text) { trace.add(now_, source, text); }
    // Adds a line by the current process to the trace's text only.
    void annotate(std::string_view text) {
        if (current_) trace.annotate(now_, current_->name(), text);
    }
    Trace trace;

  private:
    struct Event {
        std::shared_ptr<Process> process;
        Action action;
    };
    // By time, then by order of scheduling.
    struct Turn {
        Duration time;
        std::uint64_t number;
        std::size_t event;  // its place in events_
        [[nodiscard]] bool operator>(const Turn& other) const {
            return time != other.time ? time > other.time : number > other.number;
        }
    };
    [[nodiscard]] Event take(std::size_t place);

    WorldRandom random_;
    Duration now_{};
    std::uint64_t steps_ = 0, scheduled_ = 0;
    std::shared_ptr<Process> current_;
    std::priority_queue<Turn, std::vector<Turn>, std::greater<>> turns_;
    std::vector<Event> events_;             // that are scheduled, and places for more
    std::vector<std::size_t> free_places_;  // in events_
    std::vector<Event> abandoned_;          // of dead processes; kept, see Process::kill
};

}  // namespace stagedoor::simulation
