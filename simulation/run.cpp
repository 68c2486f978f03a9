#include "simulation/run.hpp"

#include <algorithm>

#include "simulation/faults/compromised_user.hpp"
#include "simulation/faults/nemesis.hpp"
#include "simulation/model/state_checker.hpp"
#include "simulation/mutants/publish_before_commit.hpp"
#include "simulation/mutants/switch.hpp"
#include "simulation/servers/marketplace.hpp"
#include "simulation/servers/webhooks.hpp"
#include "simulation/workload/customers.hpp"
#include "simulation/world/log_capture.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto check_interval = 2s;
constexpr double share_with_attacker = 0.5;
constexpr auto faults_begin = 3s;
// After the last fault: holds and leases expire, a charge whose replica died is looked up after half a
// minute, and failed attempts are retried with growing delay.
constexpr auto time_to_settle = 400s;

// Odd seeds run without pictures, as all did before pictures existed, so that most seeds in mutants.cpp still
// catch their mutant.
Site site_for(std::uint64_t seed) {
    Site site;
    site.has_pictures = seed % 2 == 0;
    return site;
}

class Run {
  public:
    explicit Run(const Options& options)
        : options_(options),
          world_(*new World{options.seed}),
          disks_(world_),
          marketplace_(*new Marketplace{world_, disks_, site_for(options.seed)}),
          webhooks_(*new Webhooks{marketplace_}),
          compromised_(*new CompromisedUser{marketplace_}),
          customers_(
              *new Customers{marketplace_, {.absent = options.without_customers, .until = options.length}}),
          checker_(*new StateChecker{marketplace_}) {
        world_.trace.keep(options.trace_lines);
        world_.trace.print(options.print_trace);
        if (world_.trace.keeps_text()) log_capture_.emplace(world_);
    }

    Report run() {
        install_publish_before_commit(marketplace_);
        customers_.start();
        if (options_.faults) start_faults();
        run_until(options_.length, [] { return false; });
        if (passes()) {
            marketplace_.faults.set_active(false);
            end_all_faults(marketplace_);
            world_.note("world", "all faults have ended");
            run_until(options_.length + time_to_settle, [this] { return is_settled(); });
        }
        if (passes() && !is_settled())
            fail(unsettled_.empty() ? std::vector<std::string>{"a customer never finishes"} : unsettled_);
        if (passes()) fail(checker_.contradictions(customers_.expected, customers_.admissions()));
        if (passes()) check_accounts();
        return report();
    }

  private:
    void start_faults() {
        auto plan = plan_faults(marketplace_, customers_.machines(), faults_begin,
                                Options{}.length);  // a shorter run plans the same faults
        report_.planned_faults = static_cast<int>(plan.size());
        std::erase_if(plan, [&](const auto& each) {
            return options_.without_faults.contains(each.number) || each.at >= options_.length;
        });
        schedule_faults(marketplace_, plan, [this](const std::string& fault) {
            for (auto& step : checker_.steps_in_progress()) ++overlaps_[{fault, std::move(step)}];
        });
        marketplace_.faults.set_active(true);
        if (world_.chance(share_with_attacker)) compromised_.start();
        marketplace_.nats.lost_deliveries = static_cast<double>(world_.below(4)) * 0.01;
        marketplace_.nats.duplicates = static_cast<double>(world_.below(4)) * 0.02;
        marketplace_.nats.lost_messages = static_cast<double>(world_.below(3)) * 0.3;
    }

    void check_accounts() {
        bool done = false;
        std::vector<std::string> found;
        customers_.check_accounts(found, [&done] { done = true; });
        while (!done && world_.step()) {
        }
        fail(found);
    }

    [[nodiscard]] bool passes() const { return report_.passed(); }
    void fail(std::vector<std::string> violations) {
        if (violations.empty() || !passes()) return;
        for (const auto& line : violations) world_.note("VIOLATION", line);
        report_.rows = checker_.rows_about(violations);
        report_.violations = std::move(violations);
        report_.violated_at_us = world_.now().count();
    }

    template <class Condition>
    void run_until(Duration end, Condition is_done) {
        auto next_check = world_.now() + check_interval;
        while (passes() && world_.now() < end && world_.step()) {
            fail(checker_.violations_at_commits());
            fail(webhooks_.accepted_forgeries());
            fail(compromised_.accepted_tokens());
            fail(customers_.wrong_pages());
            fail(customers_.admissions().violations());
            fail(marketplace_.nats.denied());
            if (world_.now() < next_check) continue;
            // Checks become rarer the longer the marketplace takes to settle.
            auto settling = std::max(world_.now() - options_.length, Duration{});
            next_check = world_.now() + check_interval + settling / 10;
            fail(checker_.violations());
            if (is_done()) return;
        }
    }

    bool is_settled() {
        if (!customers_.are_done() || world_.now() < marketplace_.provider_state.last_arrival) return false;
        unsettled_ = checker_.unsettled();
        return unsettled_.empty();
    }

    Report report() {
        report_.seed = options_.seed;
        report_.hash = fmt::format("{:016x}", world_.trace.hash());
        report_.steps = static_cast<std::int64_t>(world_.steps());
        report_.simulated_us = world_.now().count();
        for (const auto& [kind, times] : marketplace_.faults.injected())
            report_.faults.push_back({kind, times});
        for (const auto& [pair, times] : overlaps_)
            report_.overlaps.push_back({pair.first, pair.second, times});
        report_.has_nodes = marketplace_.has_nodes;
        report_.customers = customers_.count();
        report_.requests = customers_.requests().sent;
        report_.without_response = customers_.requests().without_response;
        report_.orders = static_cast<std::int64_t>(customers_.expected.orders());
        report_.paid = static_cast<std::int64_t>(customers_.expected.payments());
        report_.confirmed_writes = static_cast<std::int64_t>(customers_.expected.size());
        report_.admissions = static_cast<std::int64_t>(customers_.admissions().admissions());
        report_.emails = marketplace_.mail.accepted();
        report_.checks = checker_.checks();
        report_.mutation_reached = times_reached();
        report_.trace = {world_.trace.lines().begin(), world_.trace.lines().end()};
        return std::move(report_);
    }

    const Options& options_;
    // Only the disks are ever destroyed: coroutines that have not ended still refer to the rest.
    World& world_;
    Disks disks_;
    Marketplace& marketplace_;
    Webhooks& webhooks_;
    CompromisedUser& compromised_;
    Customers& customers_;
    StateChecker& checker_;
    std::vector<std::string> unsettled_;
    std::map<std::pair<std::string, std::string>, std::int64_t> overlaps_;  // by fault and step
    Report report_;
    std::optional<LogCapture> log_capture_;
};

}  // namespace

Report simulate(const Options& options) {
    set_mutation(options.mutation);  // before any database is opened
    return Run{options}.run();
}

}  // namespace stagedoor::simulation
