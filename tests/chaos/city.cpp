#include "tests/chaos/city.hpp"

#include <fmt/format.h>
#include <signal.h>

#include <cstdlib>
#include <iostream>

namespace stagedoor::testing {
namespace {

// A payments copy that was killed leaves its charges leased for half a minute.
constexpr auto longest_convergence = 75s;
constexpr auto longest_recovery = 60s;
constexpr auto longest_repeat = 60s;

long long ms_since(std::chrono::steady_clock::time_point begin) {
    return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begin)
        .count();
}

}  // namespace

bool is_long() { return std::getenv("STAGEDOOR_TEST_LONG") != nullptr; }

City::City(Options options) {
    fleet::FleetOptions wishes{.folder = folder_.file("city"),
                               .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
                               .nats_cluster = options.nats_cluster,
                               .environment = std::move(options.environment)};
    for (auto [name, value] :
         {std::pair{"STAGEDOOR_RATE_LIMITS", "off"}, std::pair{"STAGEDOOR_HOLD_SECONDS", "5"},
          std::pair{"STAGEDOOR_LOG_LEVEL", "warning"}})
        wishes.environment.try_emplace(name, value);
    if (options.proxies) {
        wishes.between = [this](const std::string& from, const std::string& to, std::uint16_t port) {
            auto& proxy = proxies_[from + " " + to + " " + std::to_string(port)];
            if (!proxy) proxy = std::make_unique<FaultProxy>(port);
            return proxy->port();
        };
    }
    fleet_ = std::make_unique<Fleet>(std::move(wishes));
    fleet_->start_servers();
    fleet_->launch_services();
    fleet_->await_ready(60s);
    databases_ = open_postgres_databases(fleet_->postgres());
    traffic_ = std::make_unique<Traffic>(fleet_->url(), 5, 2, seed());
}

City::~City() {
    traffic_.reset();
    try {
        EXPECT_EQ(fleet_->stop_services(20s), 0);
        fleet_->stop_servers();
    } catch (const std::exception& error) {
        ADD_FAILURE() << error.what();
    }
}

std::vector<FaultProxy*> City::proxies(const std::string& from, const std::string& to) {
    std::vector<FaultProxy*> found;
    for (auto& [name, proxy] : proxies_) {
        auto space = name.find(' ');
        if (name.substr(0, space).starts_with(from) && name.substr(space + 1).starts_with(to))
            found.push_back(proxy.get());
    }
    return found;
}

void City::kill(const std::vector<fleet::Copy*>& copies) {
    for (auto* copy : copies) {
        copy->process().signal(SIGKILL);
        (void)copy->process().wait(10s);
    }
}

void City::start_dead_copies() {
    for (auto& copy : fleet_->copies()) {
        if (!copy->runs()) copy->launch();
    }
}

void City::suffer(const Fault& fault) {
    if (::testing::Test::HasFailure()) return;
    traffic_->resume();
    traffic_->mark();
    auto begun = std::chrono::steady_clock::now();
    fault.begin();
    std::this_thread::sleep_for(fault.lasts);  // how long it lasts; nothing is waited for
    expect_undisturbed(fault);
    Tries during{};
    for (auto doing : all_doings) {
        auto tries = traffic_->since_mark(doing);
        during.done += tries.done;
        during.unavailable += tries.unavailable;
        during.unanswered += tries.unanswered;
    }
    fault.end();
    auto lasted = ms_since(begun);
    traffic_->mark();
    auto recovered = traffic_->recovered(longest_recovery);
    EXPECT_TRUE(recovered) << "after " << fault.name << " not everything works again";
    fleet_->await_ready(longest_recovery);
    traffic_->pause(longest_repeat);
    auto paused = std::chrono::steady_clock::now();
    expect_sound(fault.name);
    std::cout
        << fmt::format(
               "{:<44} lasted {:>6} ms: {:>5} answered, {:>3} × 5xx, {:>3} without answer; works again after "
               "{:>5} ms, copies agree {:>5} ms after the last request",
               fault.name, lasted, during.done, during.unavailable, during.unanswered,
               recovered ? recovered->count() : -1, ms_since(paused))
        << std::endl;
}

void City::expect_undisturbed(const Fault& fault) {
    for (auto doing : fault.undisturbed) {
        auto tries = traffic_->since_mark(doing);
        EXPECT_EQ(tries.failed(), 0) << fault.name << " disturbed " << to_text(doing) << ": "
                                     << tries.unavailable << " × 5xx, " << tries.unanswered
                                     << " without an answer";
        EXPECT_GT(tries.done, 0) << fault.name << ": nobody came to " << to_text(doing);
    }
}

void City::expect_sound(const std::string& after) {
    auto note = [&](const std::vector<std::string>& found) {
        for (std::size_t i = 0; i < found.size() && i < 10; ++i)
            ADD_FAILURE() << "after " << after << ": " << found[i];
    };
    note(broken_now(*databases_));
    note(traffic_->answers.missing_in(*databases_));
    std::vector<std::string> unequal;
    comes_true(
        [&] {
            unequal = not_yet_equal(*databases_, now_ms());
            return unequal.empty();
        },
        longest_convergence, 50ms);
    note(unequal);
    note(broken_now(*databases_));
    note(traffic_->answers.missing_at(fleet_->url(), false));
}

}  // namespace stagedoor::testing
