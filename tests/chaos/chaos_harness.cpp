#include "tests/chaos/chaos_harness.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>

namespace stagedoor::testing {
namespace {

// The charges of a killed payments replica stay leased for 30 s.
constexpr auto max_convergence = 75s;
constexpr auto max_recovery = 60s;
constexpr auto max_repeat = 60s;

long long ms_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)
        .count();
}

}  // namespace

bool is_long() { return std::getenv("STAGEDOOR_TEST_LONG") != nullptr; }

ChaosHarness::ChaosHarness(Options options) : layout_(options.layout) {
    fleet::FleetOptions fleet_options{.folder = folder_.file("fleet"),
                                      .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
                                      .nats_cluster = options.nats_cluster,
                                      .layout = options.layout,
                                      .environment = std::move(options.environment)};
    for (auto [name, value] :
         {std::pair{"STAGEDOOR_RATE_LIMITS", "off"}, std::pair{"STAGEDOOR_HOLD_SECONDS", "5"},
          std::pair{"STAGEDOOR_LOG_LEVEL", "warning"}})
        fleet_options.environment.try_emplace(name, value);
    if (options.proxies) {
        fleet_options.port_for = [this](const std::string& from, const std::string& to, std::uint16_t port) {
            auto& proxy = proxies_[from + " " + to + " " + std::to_string(port)];
            if (!proxy) proxy = std::make_unique<FaultProxy>(port);
            return proxy->port();
        };
    }
    fleet_ = std::make_unique<Fleet>(std::move(fleet_options));
    fleet_->start_servers();
    fleet_->launch_services();
    fleet_->await_ready(60s);
    databases_ = open_postgres_databases(fleet_->postgres());
    traffic_ = std::make_unique<Workload>(fleet_->url(), 5, 2, seed());
}

ChaosHarness::~ChaosHarness() {
    traffic_.reset();
    try {
        EXPECT_EQ(fleet_->stop_services(20s), 0);
        fleet_->stop_servers();
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

std::vector<FaultProxy*> ChaosHarness::proxies(const std::string& from, const std::string& to) {
    std::vector<FaultProxy*> found;
    for (auto& [name, proxy] : proxies_) {
        auto space = name.find(' ');
        if (name.substr(0, space).starts_with(from) && name.substr(space + 1).starts_with(to))
            found.push_back(proxy.get());
    }
    return found;
}

void ChaosHarness::kill(const std::vector<fleet::Replica*>& replicas) {
    for (auto* replica : replicas) {
        replica->process().signal(SIGKILL);
        (void)replica->process().wait(10s);
    }
}

void ChaosHarness::start_dead_replicas() {
    for (auto& replica : fleet_->replicas()) {
        if (!replica->runs()) replica->launch();
    }
}

void ChaosHarness::inject(const Fault& fault) {
    if (::testing::Test::HasFailure()) return;
    traffic_->resume();
    traffic_->reset_counts();
    auto start = std::chrono::steady_clock::now();
    fault.begin();
    std::this_thread::sleep_for(fault.lasts);  // the length of the fault, not a wait for something
    expect_unaffected(fault);
    Attempts during{};
    for (auto doing : all_actions) {
        auto tries = traffic_->counts(doing);
        during.done += tries.done;
        during.unavailable += tries.unavailable;
        during.unanswered += tries.unanswered;
    }
    fault.end();
    auto lasted = ms_since(start);
    traffic_->reset_counts();
    auto recovered = traffic_->time_to_recover(max_recovery);
    EXPECT_TRUE(recovered) << "some requests still fail after " << fault.name;
    fleet_->await_ready(max_recovery);
    traffic_->pause(max_repeat);
    auto paused = std::chrono::steady_clock::now();
    expect_consistent(fault.name);
    std::cout << fmt::format(
                     "{:<48} lasted {:>6} ms: {:>5} responses, {:>3} × 5xx, {:>3} without response; "
                     "recovered after "
                     "{:>5} ms, projections converged {:>5} ms after the last request",
                     fault.name, lasted, during.done, during.unavailable, during.unanswered,
                     recovered ? recovered->count() : -1, ms_since(paused))
              << std::endl;
}

void ChaosHarness::expect_unaffected(const Fault& fault) {
    for (auto doing : fault.unaffected) {
        auto tries = traffic_->counts(doing);
        EXPECT_EQ(tries.failed(), 0) << fault.name << " affected " << to_text(doing) << ": "
                                     << tries.unavailable << " × 5xx, " << tries.unanswered
                                     << " without a response";
        EXPECT_GT(tries.done, 0) << fault.name << ": no requests of kind " << to_text(doing);
    }
}

void ChaosHarness::expect_consistent(const std::string& after) {
    auto note = [&](const std::vector<std::string>& found) {
        for (std::size_t i = 0; i < found.size() && i < 10; ++i)
            ADD_FAILURE() << "after " << after << ": " << found[i];
    };
    note(broken_invariants(*databases_));
    note(traffic_->expected.missing_in(*databases_));
    std::vector<std::string> unequal;
    becomes_true(
        [&] {
            unequal = not_yet_converged(*databases_, now_ms());
            return unequal.empty();
        },
        max_convergence, 50ms);
    note(unequal);
    note(broken_invariants(*databases_));
    note(traffic_->expected.missing_at(fleet_->url(), false));
}

}  // namespace stagedoor::testing
