// stagedoor-load: puts load on a running server, measures it, and checks that nothing was sold twice.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <boost/system/system_error.hpp>
#include <cstdio>
#include <fstream>
#include <functional>

#include "bench/load/scenarios.hpp"

namespace load = stagedoor::load;

namespace {

struct Arguments {
    std::string host = "127.0.0.1";
    std::uint16_t port = 8080;
    std::uint16_t admin_port = 0;
    std::string rate = "max";
    double seconds = 10;
    double warmup_seconds = 2;
    int connections = 64;
    std::string name;
    std::string json_file;
    bool overload = false;
    bool pause = false;
    load::HoldsOptions holds;
    load::PurchasesOptions purchases;
    load::LandingOptions landing;
    load::AdmissionsOptions admissions;
};

void add_common_options(CLI::App& scenario, Arguments& arguments) {
    scenario.add_option("--host", arguments.host, "IP address of the server")->capture_default_str();
    scenario.add_option("--port", arguments.port, "port of the server")->capture_default_str();
    scenario.add_option("--admin-port", arguments.admin_port,
                        "admin port of the server, whose metrics say how long events took; 0 for none");
    scenario
        .add_option("--rate", arguments.rate,
                    "arrivals per second, or \"max\": every connection is always busy")
        ->capture_default_str()
        ->check([](const std::string& text) {
            if (text == "max") return std::string{};
            return CLI::Range(1.0, 1e6)(text);
        });
    scenario.add_option("--seconds", arguments.seconds, "measured time")
        ->check(CLI::Range(0.1, 3600.0))
        ->capture_default_str();
    scenario.add_option("--warmup", arguments.warmup_seconds, "time before that, not measured")
        ->check(CLI::Range(0.0, 600.0))
        ->capture_default_str();
    scenario.add_option("--connections", arguments.connections, "keep-alive connections")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
    scenario.add_flag("--overload", arguments.overload,
                      "expect refusals, a 503 with Retry-After, and don't use the connection until then");
    scenario.add_option("--name", arguments.name, "name of this run in the report");
    scenario.add_option("--json", arguments.json_file, "also write the figures to this file");
    scenario.add_flag(
        "--pause", arguments.pause,
        "print \"ready\" before the load and \"done\" after it, and wait for a line of input each time");
}

void add_buyers_option(CLI::App& scenario, int& buyers) {
    scenario.add_option("--buyers", buyers, "number of buyers")
        ->check(CLI::Range(1, 10'000))
        ->capture_default_str();
}

void add_holds_options(CLI::App& scenario, Arguments& arguments) {
    add_buyers_option(scenario, arguments.holds.buyers);
    scenario.add_option("--quantity", arguments.holds.quantity, "tickets of the hot listing")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    scenario.add_flag("--idempotency-keys", arguments.holds.idempotency_keys,
                      "send an Idempotency-Key with each order");
}

void add_purchases_options(CLI::App& scenario, Arguments& arguments) {
    add_buyers_option(scenario, arguments.purchases.buyers);
    scenario.add_option("--sellers", arguments.purchases.sellers, "number of sellers")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
    scenario.add_option("--listings", arguments.purchases.listings, "listings per seller")
        ->check(CLI::Range(1, 100))
        ->capture_default_str();
}

void wait_for_line(std::string_view after) {
    fmt::print("{}\n", after);
    std::fflush(stdout);
    for (int read = 0; read != '\n' && read != EOF;) read = std::getchar();
}

load::Plan plan_of(const Arguments& arguments) {
    auto ms = [](double seconds) {
        return std::chrono::milliseconds{static_cast<std::int64_t>(seconds * 1000)};
    };
    load::Plan plan;
    plan.server = {boost::asio::ip::make_address(arguments.host), arguments.port};
    plan.admin_port = arguments.admin_port;
    plan.rate = arguments.rate == "max" ? 0 : std::stod(arguments.rate);
    plan.warmup = ms(arguments.warmup_seconds);
    plan.measured = ms(arguments.seconds);
    plan.connections = arguments.connections;
    plan.overload = arguments.overload;
    if (arguments.pause) plan.pause = wait_for_line;
    return plan;
}

int report(load::Outcome outcome, const Arguments& arguments) {
    if (!arguments.name.empty()) outcome.name = arguments.name;
    fmt::print("{}", load::table(outcome));
    if (!arguments.json_file.empty()) {
        std::ofstream file{arguments.json_file};
        if (!(file << load::json(outcome) << std::flush)) {
            outcome.failures.push_back("can't write " + arguments.json_file);
        }
    }
    for (const auto& failure : outcome.failures) fmt::print(stderr, "FAILED: {}\n", failure);
    return outcome.failures.empty() ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Puts load on a Stagedoor server, measures it, and checks the invariants at the end."};
    app.require_subcommand(1);
    Arguments arguments;
    std::function<load::Outcome()> scenario;

    auto* holds = app.add_subcommand("holds", "all buyers order tickets of one hot listing");
    holds->callback([&] { scenario = [&] { return load::holds(plan_of(arguments), arguments.holds); }; });
    auto* purchases = app.add_subcommand("purchases", "all buyers order one ticket and pay for it");
    purchases->callback(
        [&] { scenario = [&] { return load::purchases(plan_of(arguments), arguments.purchases); }; });
    auto* mixed =
        app.add_subcommand("mixed", "of ten requests, seven landing pages, two listings and one hold");
    mixed->callback([&] { scenario = [&] { return load::mixed(plan_of(arguments), arguments.holds); }; });
    auto* landing = app.add_subcommand("landing", "one page, without a session");
    landing->callback(
        [&] { scenario = [&] { return load::landing(plan_of(arguments), arguments.landing); }; });
    auto* admissions = app.add_subcommand("admissions", "tickets are scanned at eight doors, each once");
    admissions->callback(
        [&] { scenario = [&] { return load::admissions(plan_of(arguments), arguments.admissions); }; });
    admissions->add_option("--tickets", arguments.admissions.tickets, "tickets that are sold first")
        ->check(CLI::Range(1, 1'000'000))
        ->capture_default_str();
    for (auto* each : {holds, purchases, mixed, landing, admissions}) add_common_options(*each, arguments);
    for (auto* each : {holds, mixed}) add_holds_options(*each, arguments);
    add_purchases_options(*purchases, arguments);
    landing->add_option("--path", arguments.landing.path, "path of the page")->capture_default_str();
    landing->add_option("--listings", arguments.landing.listings, "listings to create first")
        ->check(CLI::Range(0, 1000))
        ->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    try {
        return report(scenario(), arguments);
    } catch (const boost::system::system_error& error) {
        fmt::print(stderr, "FAILED: the server can't be reached: {}\n", error.code().message());
        return 1;
    } catch (const std::exception& error) {
        fmt::print(stderr, "FAILED: {}\n", error.what());
        return 1;
    }
}
