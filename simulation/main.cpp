// stagedoor-simulate: the whole marketplace in one thread, with faults, from a seed.
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <iostream>
#include <thread>

#include "common/runtime/log.hpp"
#include "simulation/batch.hpp"
#include "simulation/cells/cell_runs.hpp"
#include "simulation/model/ids.hpp"
#include "simulation/mutants/mutants.hpp"
#include "simulation/run.hpp"

namespace stagedoor::simulation {
namespace {

using SteadyClock = std::chrono::steady_clock;

double seconds_since(SteadyClock::time_point start) {
    return std::chrono::duration<double>(SteadyClock::now() - start).count();
}
double seconds(std::int64_t microseconds) { return static_cast<double>(microseconds) / 1e6; }

struct Arguments {
    Options options;
    std::uint64_t runs = 0;  // 0: one run, with details
    int jobs = static_cast<int>(std::max(1U, std::thread::hardware_concurrency()));
    bool minimizes = true;
};

std::string repeat_command(const Options& options) {
    auto command = fmt::format("stagedoor-simulate --seed {} --trace", options.seed);
    if (options.mutation != Mutation::none) command += fmt::format(" --mutant {}", name_of(options.mutation));
    if (!options.faults) command += " --calm";
    if (options.length != Options{}.length)
        command += fmt::format(" --length {}", options.length.count() / 1000);
    if (!options.without_faults.empty())
        command += fmt::format(" --without-faults {}", fmt::join(options.without_faults, ","));
    if (!options.without_customers.empty())
        command += fmt::format(" --without-customers {}", fmt::join(options.without_customers, ","));
    return command;
}

void print(const Report& report) {
    std::cout << fmt::format(
        "seed {}: hash {}, {} steps, {:.1f} s, {} faults, {} requests, {} orders, {} paid, {} admitted, "
        "{} emails, {} checks\n",
        report.seed, report.hash, report.steps, seconds(report.simulated_us), report.planned_faults,
        report.requests, report.orders, report.paid, report.admissions, report.emails, report.checks);
    if (report.mutation_reached > 0)
        std::cout << fmt::format("  the mutant's seam was reached {} times\n", report.mutation_reached);
    for (const auto& line : report.violations)
        std::cout << fmt::format("  violated at {:.3f} s: {}\n", seconds(report.violated_at_us), line);
}

// The trace lines and rows that mention an id of a violation, and all planned faults.
void print_related(const Report& report) {
    auto ids = ids_in(report.violations);
    for (const auto& line : report.trace) {
        auto mentions = [&](const std::string& id) { return line.find(id) != std::string::npos; };
        if (std::ranges::any_of(ids, mentions) || line.find(" nemesis ") != std::string::npos ||
            line.find("VIOLATION") != std::string::npos)
            std::cout << "  " << line << "\n";
    }
    for (const auto& row : report.rows) std::cout << "  " << row << "\n";
}

void explain(const Arguments& arguments, const Options& options, const Report& report) {
    auto smallest = options;
    if (arguments.minimizes) {
        std::cout << "  searching for a smaller run:" << std::flush;
        smallest = minimize(options, report, 80, [](const Options&) { std::cout << " ." << std::flush; });
        std::cout << "\n";
    }
    smallest.trace_lines = 100'000;
    auto traced = simulate_isolated(smallest);
    print(traced);
    print_related(traced);
    std::cout << "  again: " << repeat_command(smallest) << "\n";
}

struct Totals {
    std::map<std::string, std::int64_t> faults;
    std::map<std::string, std::map<std::string, std::int64_t>> overlaps;
    std::int64_t orders = 0, paid = 0, requests = 0, without_response = 0, checks = 0, confirmed_writes = 0;
    std::int64_t steps = 0, simulated_us = 0, failed = 0;

    void add(const Report& report) {
        for (const auto& [kind, times] : report.faults) faults[kind] += times;
        for (const auto& [fault, step, times] : report.overlaps) overlaps[fault][step] += times;
        orders += report.orders;
        paid += report.paid;
        requests += report.requests;
        without_response += report.without_response;
        checks += report.checks;
        confirmed_writes += report.confirmed_writes;
        steps += report.steps;
        simulated_us += report.simulated_us;
        failed += report.passed() ? 0 : 1;
    }
};

void print(const Totals& totals, std::size_t runs, double took) {
    std::cout << "\nfaults                                  times\n";
    for (const auto& [kind, count] : totals.faults) std::cout << fmt::format("  {:<36} {:>5}\n", kind, count);
    std::cout << "\nsteps in progress when a fault began\n";
    for (const auto& [fault, steps] : totals.overlaps) {
        std::cout << "  " << fault << ":";
        for (const auto& [step, count] : steps)
            std::cout << fmt::format(" {} {}{}", step, count, step == steps.rbegin()->first ? "" : ",");
        std::cout << "\n";
    }
    std::cout << fmt::format(
        "\n{} runs in {:.1f} s ({:.0f} per minute): {} steps, {:.0f} s simulated ({:.0f} times real time)\n"
        "{} requests, {} without a response; {} orders ({:.0f} per second), {} paid; {} confirmed writes, {} "
        "invariant checks\n"
        "{} passed, {} failed\n",
        runs, took, static_cast<double>(runs) * 60 / took, totals.steps, seconds(totals.simulated_us),
        seconds(totals.simulated_us) / took, totals.requests, totals.without_response, totals.orders,
        static_cast<double>(totals.orders) / took, totals.paid, totals.confirmed_writes, totals.checks,
        runs - static_cast<std::size_t>(totals.failed), totals.failed);
}

void print_progress(std::size_t done, std::size_t all, std::int64_t failed) {
    constexpr std::size_t width = 40;
    auto filled = done * width / all;
    std::cerr << fmt::format("\r[{}{}] {}/{}, {} failed ", std::string(filled, '='),
                             std::string(width - filled, ' '), done, all, failed);
}

int run_many(const Arguments& arguments) {
    std::vector<Options> all;
    for (std::uint64_t i = 0; i < arguments.runs; ++i) {
        all.push_back(arguments.options);
        all.back().seed = arguments.options.seed + i;
    }
    auto start = SteadyClock::now();
    auto shows_progress = ::isatty(STDERR_FILENO) != 0;
    Totals totals;
    std::size_t done = 0;
    auto reports = simulate_all(all, arguments.jobs, [&](const Report& report) {
        totals.add(report);
        ++done;
        if (!report.passed()) {
            print(report);
            std::cout << std::flush;
        }
        if (shows_progress) print_progress(done, all.size(), totals.failed);
    });
    if (shows_progress) std::cerr << "\n";
    auto took = seconds_since(start);
    constexpr int max_explained = 3;
    auto explained = 0;
    for (std::size_t i = 0; i < reports.size(); ++i) {
        if (reports[i].passed() || arguments.options.mutation != Mutation::none) continue;
        if (++explained <= max_explained) explain(arguments, all[i], reports[i]);
    }
    if (explained > max_explained)
        std::cout << fmt::format("{} more failed; run them alone with --seed\n", explained - max_explained);
    print(totals, reports.size(), took);
    return totals.failed == 0 ? 0 : 1;
}

int run_one(const Arguments& arguments) {
    auto start = SteadyClock::now();
    if (arguments.options.print_trace) {
        auto report = simulate(arguments.options);
        print(report);
        std::cout << std::flush;
        ::_exit(report.passed() ? 0 : 1);  // without destructors, see Process::kill
    }
    auto report = simulate_isolated(arguments.options);
    print(report);
    if (!report.passed()) explain(arguments, arguments.options, report);
    Totals totals;
    totals.add(report);
    print(totals, 1, seconds_since(start));
    return report.passed() ? 0 : 1;
}

int run_dead_cells(const Arguments& arguments, int cells) {
    std::int64_t failed = 0;
    for (std::uint64_t i = 0; i < std::max<std::uint64_t>(arguments.runs, 1); ++i) {
        const auto& options = arguments.options;
        auto report = simulate_dead_cell({.seed = options.seed + i,
                                          .cells = cells,
                                          .mutation = options.mutation,
                                          .print_trace = options.print_trace});
        std::cout << fmt::format(
            "seed {}: hash {}, cell {} of {} dead; {} requests, {} paid; meanwhile {} succeeded elsewhere, "
            "{} "
            "got 503 there\n",
            options.seed + i, report.hash, report.dead_cell, cells, report.requests, report.paid,
            report.while_dead, report.rejected);
        for (const auto& line : report.violations) std::cout << "  violated: " << line << "\n";
        failed += report.violations.empty() ? 0 : 1;
    }
    return failed == 0 ? 0 : 1;
}

// One cell, several, and several that share one account at the provider.
int compare_sales(std::uint64_t seed, int cells) {
    auto failed = false;
    auto sell = [&](const std::string& what, const CellPlan& plan, double load) {
        auto report = simulate_sale({.seed = seed, .plan = plan, .load = load});
        std::cout << fmt::format("{:<40} {:>4.0f} buyers a second arrive, {:>5.1f} pay\n", what,
                                 load * arrivals_at_one_cell, report.paid_per_second)
                  << std::flush;
        for (const auto& line : report.violations) std::cout << "  violated: " << line << "\n";
        failed = failed || !report.violations.empty();
        return report.paid_per_second;
    };
    auto one = std::max(sell("one cell", sale_plan(1), 1), sell("one cell", sale_plan(1), cells));
    auto many = sell(fmt::format("{} cells", cells), sale_plan(cells), cells);
    auto shared =
        sell(fmt::format("{} cells, one account at the provider", cells), sale_plan(cells, true), cells);
    std::cout << fmt::format("{} cells sell {:.2f} times as much as one; with one account, {:.2f} times\n",
                             cells, many / one, shared / one);
    return failed ? 1 : 0;
}

}  // namespace
}  // namespace stagedoor::simulation

int main(int argc, char** argv) {
    using namespace stagedoor;
    CLI::App program{"Runs the whole marketplace in one thread, with faults, from a seed"};
    simulation::Arguments arguments;
    auto& options = arguments.options;
    std::int64_t length_ms = 0;
    bool calm = false, lists_mutants = false;
    std::vector<int> without_faults, without_customers;
    std::string mutant;
    program.add_option("--seed", options.seed, "the seed, or the first of many");
    program.add_option("--seeds", arguments.runs, "number of runs, on all cores");
    program.add_option("--jobs", arguments.jobs, "runs at a time")->check(CLI::PositiveNumber);
    program.add_flag("--trace", options.print_trace, "print everything that happens");
    program.add_option("--mutant", mutant, "run with this bug, see --mutants");
    program.add_flag("--mutants", lists_mutants, "list the mutants: bugs that must be caught");
    program.add_flag("--calm", calm, "no faults");
    program.add_option("--length", length_ms, "milliseconds during which customers act and faults begin");
    program.add_option("--without-faults", without_faults, "planned faults to leave out, by number")
        ->delimiter(',');
    program.add_option("--without-customers", without_customers, "customers to leave out, by number")
        ->delimiter(',');
    program.add_flag("!--no-minimize", arguments.minimizes, "don't search for a smaller run that fails");
    int cells = 0;
    bool sale = false;
    program
        .add_option("--cells", cells,
                    "run a marketplace of this many cells instead, one of which dies and comes back")
        ->check(CLI::Range(2, 9));
    program.add_flag("--sale", sale, "with --cells: compare what they sell with one cell");
    CLI11_PARSE(program, argc, argv);
    if (lists_mutants) {
        for (auto some : {simulation::mutants(), simulation::cell_mutants()}) {
            for (const auto& each : some) std::cout << fmt::format("{:<28} {}\n", each.name, each.meaning);
        }
        return 0;
    }
    if (!mutant.empty()) {
        auto mutation = simulation::find_mutant(mutant);
        if (!mutation) {
            std::cerr << "There is no mutant of that name; --mutants lists them\n";
            return 2;
        }
        options.mutation = *mutation;
    }
    options.faults = !calm;
    if (length_ms > 0) options.length = std::chrono::milliseconds{length_ms};
    options.without_faults = {without_faults.begin(), without_faults.end()};
    options.without_customers = {without_customers.begin(), without_customers.end()};
    log::start(log::Level::off);
    if (cells > 0 && sale) return simulation::compare_sales(options.seed, cells);
    if (cells > 0) return simulation::run_dead_cells(arguments, cells);
    return arguments.runs > 0 ? simulation::run_many(arguments) : simulation::run_one(arguments);
}
