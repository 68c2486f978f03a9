#include "simulation/run.hpp"

#include <algorithm>

#include "simulation/faults/nemesis.hpp"
#include "simulation/model/state_checker.hpp"
#include "simulation/mutants/mutants.hpp"
#include "simulation/servers/marketplace.hpp"
#include "simulation/servers/webhooks.hpp"
#include "simulation/workload/customers.hpp"
#include "simulation/world/log_lines.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto poll_interval = 2s;
constexpr auto quiet_beginning = 3s;
// Once nothing goes wrong any more: a hold and its lease run out, a charge whose copy died is asked for after half a minute,
// and what was tried in vain is tried again with growing delay.
constexpr auto time_to_settle = 400s;

class Run {
  public:
    explicit Run(const Options& options)
        : options_(options),
          world_(*new World{options.seed}),
          disks_(world_),
          marketplace_(*new Marketplace{world_, disks_}),
          notices_(*new Notices{marketplace_}),
          people_(*new People{marketplace_, {.absent = options.without_people, .until = options.length}}),
          checker_(*new Checker{marketplace_}) {
        world_.trace.keep(options.kept_lines);
        world_.trace.print(options.print_trace);
        if (world_.trace.is_text_wanted()) log_lines_.emplace(world_);
    }

    Report run() {
        if (!options_.plant.empty()) plant(marketplace_, options_.plant);
        people_.start();
        if (options_.faults) let_things_go_wrong();
        go_on_until(options_.length, [] { return false; });
        if (is_sound()) {
            marketplace_.faults.set_active(false);
            end_all(marketplace_);
            world_.note("world", "nothing goes wrong any more");
            go_on_until(options_.length + time_to_settle, [this] { return is_settled(); });
        }
        if (is_sound() && !is_settled())
            fail(unsettled_.empty() ? std::vector<std::string>{"somebody waits for ever"} : unsettled_);
        if (is_sound()) fail(checker_.not_kept(people_.promises));
        if (is_sound()) try_sessions_and_passwords();
        return report();
    }

  private:
    void let_things_go_wrong() {
        auto plan = plan_faults(marketplace_, people_.machines(), quiet_beginning, Options{}.length);
        report_.planned_faults = static_cast<int>(plan.size());
        std::erase_if(plan, [&](const auto& each) {
            return options_.without_faults.contains(each.number) || each.at >= options_.length;
        });
        bring_about(marketplace_, plan, [this](const std::string& calamity) {
            for (auto& step : checker_.under_way()) ++met_[{calamity, std::move(step)}];
        });
        marketplace_.faults.set_active(true);
        // Each history has more of them, or fewer.
        marketplace_.nats.lost_deliveries = static_cast<double>(world_.below(4)) * 0.01;
        marketplace_.nats.duplicates = static_cast<double>(world_.below(4)) * 0.02;
    }

    void try_sessions_and_passwords() {
        bool done = false;
        std::vector<std::string> found;
        people_.try_sessions_and_passwords(found, [&done] { done = true; });
        while (!done && world_.step()) {
        }
        fail(found);
    }

    [[nodiscard]] bool is_sound() const { return report_.broken.empty(); }
    void fail(std::vector<std::string> broken) {
        if (broken.empty() || !is_sound()) return;
        for (const auto& line : broken) world_.note("BROKEN", line);
        report_.rows = checker_.rows_about(broken);
        report_.broken = std::move(broken);
        report_.broken_at_us = world_.now().count();
    }

    template <class Condition>
    void go_on_until(Duration end, Condition is_enough) {
        auto next_look = world_.now() + poll_interval;
        while (is_sound() && world_.now() < end && world_.step()) {
            fail(checker_.found_at_commits());
            fail(notices_.believed());
            if (world_.now() < next_look) continue;
            // What has not settled for long will not do so in a moment.
            auto settling = std::max(world_.now() - options_.length, Duration{});
            next_look = world_.now() + poll_interval + settling / 10;
            fail(checker_.broken_now());
            if (is_enough()) return;
        }
    }

    bool is_settled() {
        if (!people_.are_gone() || world_.now() < marketplace_.provider_talk.all_have_arrived) return false;
        unsettled_ = checker_.unsettled();
        return unsettled_.empty();
    }

    Report report() {
        report_.seed = options_.seed;
        report_.hash = fmt::format("{:016x}", world_.trace.hash());
        report_.steps = static_cast<std::int64_t>(world_.steps());
        report_.lasted_us = world_.now().count();
        for (const auto& [kind, times] : marketplace_.faults.injected())
            report_.faults.push_back({kind, times});
        for (const auto& [pair, times] : met_) report_.met.push_back({pair.first, pair.second, times});
        report_.people = people_.count();
        report_.requests = people_.asking().requests;
        report_.unanswered = people_.asking().unanswered;
        report_.orders = static_cast<std::int64_t>(people_.promises.orders());
        report_.paid = static_cast<std::int64_t>(people_.promises.payments());
        report_.promises = static_cast<std::int64_t>(people_.promises.size());
        report_.letters = marketplace_.mail.letters();
        report_.checks = checker_.checks();
        report_.trace = {world_.trace.lines().begin(), world_.trace.lines().end()};
        return std::move(report_);
    }

    const Options& options_;
    // Never destroyed, but for the disks: coroutines that have not ended refer to one another, and are left where they are.
    World& world_;
    Disks disks_;
    Marketplace& marketplace_;
    Notices& notices_;
    People& people_;
    Checker& checker_;
    std::vector<std::string> unsettled_;
    std::map<std::pair<std::string, std::string>, std::int64_t> met_;  // by calamity and what was under way
    Report report_;
    std::optional<LogLines> log_lines_;
};

}  // namespace

Report simulate(const Options& options) { return Run{options}.run(); }

}  // namespace stagedoor::simulation
