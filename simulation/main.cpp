// stagedoor-simulate: the whole marketplace in one thread, with everything that can go wrong, from a seed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "common/runtime/log.hpp"
#include "simulation/batch.hpp"
#include "simulation/model/ids.hpp"
#include "simulation/mutants/mutants.hpp"
#include "simulation/run.hpp"

namespace stagedoor::simulation {
namespace {

using Ticks = std::chrono::steady_clock;

double seconds_since(Ticks::time_point begun) {
    return std::chrono::duration<double>(Ticks::now() - begun).count();
}
double seconds(std::int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

struct Wanted {
    Options options;
    std::uint64_t count = 0;
    int at_once = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    bool shorten = true;
};

std::string how_to_repeat(const Options& options) {
    auto command = fmt::format("stagedoor-simulate --seed {} --trace", options.seed);
    if (!options.plant.empty()) command += " --plant " + options.plant;
    if (!options.faults) command += " --calm";
    if (options.length != Options{}.length)
        command += fmt::format(" --length {}", options.length.count() / 1000);
    if (!options.without_faults.empty())
        command += fmt::format(" --without-faults {}", fmt::join(options.without_faults, ","));
    if (!options.without_people.empty())
        command += fmt::format(" --without-people {}", fmt::join(options.without_people, ","));
    return command;
}

void print(const Report& report) {
    std::cout << fmt::format(
        "seed {}: hash {}, {} steps, {:.1f} s, {} calamities, {} requests, {} orders, {} paid, {} "
        "letters, {} checks\n",
        report.seed, report.hash, report.steps, seconds(report.lasted_us), report.planned_faults,
        report.requests, report.orders, report.paid, report.letters, report.checks);
    for (const auto& line : report.broken)
        std::cout << fmt::format("  broken at {:.3f} s: {}\n", seconds(report.broken_at_us), line);
}

// Every line of the trace, and every row, that names something that the broken invariant names.
void print_what_concerns(const Report& report) {
    auto ids = ids_in(report.broken);
    for (const auto& line : report.trace) {
        auto names = [&](const std::string& id) { return line.find(id) != std::string::npos; };
        if (std::ranges::any_of(ids, names) || line.find(" fate ") != std::string::npos ||
            line.find("BROKEN") != std::string::npos)
            std::cout << "  " << line << "\n";
    }
    for (const auto& row : report.rows) std::cout << "  " << row << "\n";
}

void explain(const Wanted& wanted, const Options& options, const Report& report) {
    auto chosen = options;
    if (wanted.shorten) {
        std::cout << "  made shorter:" << std::flush;
        chosen = shortest(options, report, 80, [](const Options&) { std::cout << " ." << std::flush; });
        std::cout << "\n";
    }
    chosen.kept_lines = 100'000;
    auto shown = simulate_apart(chosen);
    print(shown);
    print_what_concerns(shown);
    std::cout << "  again: " << how_to_repeat(chosen) << "\n";
}

struct Sum {
    std::map<std::string, std::int64_t> faults;
    std::map<std::string, std::map<std::string, std::int64_t>> met;
    std::int64_t orders = 0, paid = 0, requests = 0, unanswered = 0, checks = 0, promises = 0, failed = 0;
    std::int64_t steps = 0, lasted_us = 0;

    void add(const Report& report) {
        for (const auto& [kind, times] : report.faults) faults[kind] += times;
        for (const auto& [calamity, under_way, times] : report.met) met[calamity][under_way] += times;
        orders += report.orders;
        paid += report.paid;
        requests += report.requests;
        unanswered += report.unanswered;
        checks += report.checks;
        promises += report.promises;
        failed += report.broken.empty() ? 0 : 1;
        steps += report.steps;
        lasted_us += report.lasted_us;
    }
};

void print(const Sum& sum, std::size_t histories, double took) {
    std::cout << "\nwhat went wrong                        times\n";
    for (const auto& [kind, count] : sum.faults) std::cout << fmt::format("  {:<34} {:>7}\n", kind, count);
    std::cout << "\nwhat it met\n";
    for (const auto& [calamity, steps] : sum.met) {
        std::cout << "  " << calamity << ":";
        for (const auto& [step, count] : steps)
            std::cout << fmt::format(" {} {}{}", step, count, step == steps.rbegin()->first ? "" : ",");
        std::cout << "\n";
    }
    std::cout << fmt::format(
        "\n{} histories in {:.1f} s ({:.0f} a minute): {} steps, {:.0f} s of their time ({:.0f} times as "
        "fast)\n"
        "{} requests, {} without an answer; {} orders ({:.0f} a second), {} paid; {} promises, {} looks at "
        "invariants\n"
        "{} sound, {} broken\n",
        histories, took, static_cast<double>(histories) * 60 / took, sum.steps, seconds(sum.lasted_us),
        seconds(sum.lasted_us) / took, sum.requests, sum.unanswered, sum.orders,
        static_cast<double>(sum.orders) / took, sum.paid, sum.promises, sum.checks,
        histories - static_cast<std::size_t>(sum.failed), sum.failed);
}

int run_many(const Wanted& wanted) {
    std::vector<Options> all;
    for (std::uint64_t i = 0; i < wanted.count; ++i) {
        all.push_back(wanted.options);
        all.back().seed = wanted.options.seed + i;
    }
    auto begun = Ticks::now();
    auto is_watched = ::isatty(STDERR_FILENO) != 0;
    Sum sum;
    std::size_t done = 0;
    auto reports = simulate_all(all, wanted.at_once, [&](const Report& report) {
        sum.add(report);
        ++done;
        if (!report.broken.empty()) {
            print(report);
            std::cout << std::flush;
        }
        if (!is_watched) return;
        constexpr std::size_t width = 40;
        auto filled = done * width / all.size();
        std::cerr << fmt::format("\r[{}{}] {}/{}, {} broken ", std::string(filled, '='),
                                 std::string(width - filled, ' '), done, all.size(), sum.failed);
    });
    if (is_watched) std::cerr << "\n";
    auto took = seconds_since(begun);
    constexpr int most_explained = 3;
    auto explained = 0;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        if (reports[i].broken.empty() || !wanted.options.plant.empty()) continue;
        if (++explained <= most_explained) explain(wanted, all[i], reports[i]);
    }
    print(sum, reports.size(), took);
    return sum.failed == 0 ? 0 : 1;
}

int run_one(const Wanted& wanted) {
    auto begun = Ticks::now();
    if (wanted.options.print_trace) {
        auto report = simulate(wanted.options);
        print(report);
        std::cout << std::flush;
        ::_exit(report.broken.empty() ? 0 : 1);  // it was killed, not ended: see Life
    }
    auto report = simulate_apart(wanted.options);
    print(report);
    if (!report.broken.empty()) explain(wanted, wanted.options, report);
    Sum sum;
    sum.add(report);
    print(sum, 1, seconds_since(begun));
    return report.broken.empty() ? 0 : 1;
}

}  // namespace
}  // namespace stagedoor::simulation

int main(int argc, char** argv) {
    using namespace stagedoor;
    CLI::App program{"The whole marketplace in one thread, with everything that can go wrong, from a seed"};
    simulation::Wanted wanted;
    auto& options = wanted.options;
    std::int64_t length_ms = 0;
    bool calm = false, list = false;
    std::vector<int> without_faults, without_people;
    program.add_option("--seed", options.seed, "which history, or the first of many");
    program.add_option("--seeds", wanted.count, "how many histories, on all cores");
    program.add_option("--jobs", wanted.at_once, "how many at once")->check(CLI::PositiveNumber);
    program.add_flag("--trace", options.print_trace, "print what happens");
    program.add_option("--plant", options.plant, "a bug to plant: see --plants");
    program.add_flag("--plants", list, "say which bugs can be planted");
    program.add_flag("--calm", calm, "nothing goes wrong");
    program.add_option("--length", length_ms, "for how many milliseconds people come and things go wrong");
    program.add_option("--without-faults", without_faults, "calamities to leave out, by number")
        ->delimiter(',');
    program.add_option("--without-people", without_people, "people to leave out, by number")->delimiter(',');
    program.add_flag("!--as-long", wanted.shorten, "don't look for a shorter history that fails");
    CLI11_PARSE(program, argc, argv);
    if (list) {
        for (const auto& [name, meaning] : simulation::plants())
            std::cout << fmt::format("{:<28} {}\n", name, meaning);
        return 0;
    }
    if (!options.plant.empty() && !simulation::is_plant(options.plant)) {
        std::cerr << "there is no bug to plant of that name; --plants says which there are\n";
        return 2;
    }
    options.faults = !calm;
    if (length_ms > 0) options.length = std::chrono::milliseconds{length_ms};
    options.without_faults = {without_faults.begin(), without_faults.end()};
    options.without_people = {without_people.begin(), without_people.end()};
    log::start(log::Level::off);
    return wanted.count > 0 ? simulation::run_many(wanted) : simulation::run_one(wanted);
}
