// Holds on one private PostgreSQL server: pgbench with the statements of store::place, one transaction each,
// and store::place through our driver, which groups holds of the same listing. Measured on one hot listing
// and spread over ten thousand; rounds alternate, and medians are compared.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <string>

#include "common/messaging/outbox.hpp"
#include "common/runtime/random.hpp"
#include "common/sql/database.hpp"
#include "fleet/postgres_server.hpp"
#include "services/orders/store/migrations.hpp"
#include "services/orders/store/orders.hpp"

namespace {

using namespace stagedoor;
using Steady = std::chrono::steady_clock;

struct Arguments {
    std::string data;
    double seconds = 4;
    int rounds = 3;
    int writers = 4;
    std::vector<int> clients{8, 32, 64, 128};
    std::string json_file;
};

// How holds are distributed: all on one listing, or over many.
struct Distribution {
    std::string name;
    int listings;  // numbered from 1

    [[nodiscard]] std::string pick(runtime::Random& random) const {
        return std::to_string(1 + random.below(static_cast<std::uint64_t>(listings)));
    }
};

const std::array distributions{Distribution{"hot", 1}, Distribution{"spread", 10'000}};

// The statements of store::place for one ticket, as sent by our driver.
std::string pgbench_script(const Distribution& distribution) {
    return fmt::format(
        R"(\set ticket random(1, {})
\set n :n + 1
\set id :client_id * 100000000 + :n
\set now 1800000000000
BEGIN;
UPDATE tickets SET held = held + 1 WHERE id = :ticket AND status = 'open' AND held + sold + 1 <= )"
        R"(capacity AND 1 <= max_per_order AND seller_id <> 'buyer' AND (starts_at IS NULL OR starts_at > )"
        R"(:now) AND NOT coalesce((SELECT min(held_until) FROM order_items WHERE ticket_id = :ticket AND )"
        R"(held_until IS NOT NULL) <= :now, false) RETURNING seller_id, title, price_minor, currency, )"
        R"(version;
INSERT INTO orders(id, user_id, status, expires_at, total_minor, currency, version, created_at) )"
        R"(VALUES (:id, 'buyer', 'created', 1900000000000, 2000, 'USD', 1, :now);
INSERT INTO order_items(order_id, ticket_id, seller_id, title, price_minor, currency, quantity, )"
        R"(ticket_version, held_until) VALUES (:id, :ticket, 'seller', 'A listing', 2000, 'USD', 1, 1, )"
        R"(1900000000000);
INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES ('order.created', )"
        R"(:id, 1, :now, '', '{{"id":"019a0000-0000-7000-8000-000000000000",)"
        R"("userId":"019a0000-0000-7000-8000-000000000002","status":"created",)"
        R"("expiresAt":"2030-01-01T00:15:00.000Z","total":20.00,"currency":"USD",)"
        R"("items":[{{"ticketId":"019a0000-0000-7000-8000-000000000000",)"
        R"("sellerId":"019a0000-0000-7000-8000-000000000001","title":"A )"
        R"(listing","price":20.00,"quantity":1}}]}}');
COMMIT;
)",
        distribution.listings);
}

void make_listings(sql::Tx& tx) {
    for (int i = 1; i <= distributions.back().listings; ++i) {
        tx.send(
            "INSERT INTO tickets(id, seller_id, title, price_minor, currency, max_per_order, status, version,"
            " capacity, stock_version) VALUES ($1, 'seller', 'A listing', 2000, 'USD', 10, 'open', 1, $2, 1)",
            std::to_string(i), 1'000'000'000);
    }
}

// Runs a task to its end, with the io_context on the caller's thread.
template <class T>
T run(boost::asio::io_context& loop, Task<T> task) {
    auto done = boost::asio::co_spawn(loop, std::move(task), boost::asio::use_future);
    loop.restart();
    loop.run();
    return done.get();
}

struct Bench {
    boost::asio::io_context loop;
    std::unique_ptr<runtime::Clock> clock = runtime::make_system_clock(loop.get_executor());
    runtime::SystemRandom random;
    std::unique_ptr<sql::Database> database;
    Steady::time_point end;
    std::int64_t placed = 0;

    // Both sides use the same schema, server and settings.
    std::unique_ptr<sql::Database> open(const fleet::PostgresServer& server, const std::string& name,
                                        int writers) {
        auto opened = sql::open_postgres({.url = server.url(name), .writers = writers, .name = name}, *clock);
        auto migrations = outbox::migrations();
        for (auto& each : orders::store::migrations()) migrations.push_back(std::move(each));
        opened->migrate(migrations);
        run(loop, opened->write(make_listings));
        return opened;
    }
};

Task<> buy(Bench& bench, const Distribution& distribution) {
    UserId buyer{"buyer"};
    orders::store::Limits limits{std::chrono::minutes{15}};
    while (Steady::now() < bench.end) {
        std::vector<orders::NewItem> items{{{}, TicketId{distribution.pick(bench.random)}, {}}};
        OrderId id{runtime::new_uuid(bench.random, bench.clock->now())};
        co_await bench.database->write(
            [&](sql::Tx& tx) { (void)orders::store::place(tx, id, buyer, items, limits); },
            {.hot_rows = orders::store::hot_rows(buyer, items, limits)});
        ++bench.placed;
    }
}

double measure_ours(Bench& bench, const Distribution& distribution, int clients, double seconds) {
    auto start = Steady::now();
    bench.end = start + std::chrono::duration_cast<Steady::duration>(std::chrono::duration<double>(seconds));
    bench.placed = 0;
    for (int i = 0; i < clients; ++i)
        boost::asio::co_spawn(bench.loop, buy(bench, distribution), [](auto failed) {
            if (failed) std::rethrow_exception(failed);
        });
    bench.loop.restart();
    bench.loop.run();
    return static_cast<double>(bench.placed) / std::chrono::duration<double>(Steady::now() - start).count();
}

double measure_pgbench(const fleet::PostgresServer& server, const std::filesystem::path& folder,
                       const Distribution& distribution, int clients, double seconds, int round) {
    auto script = (folder / (distribution.name + ".sql")).string();
    std::ofstream{script} << pgbench_script(distribution);
    auto first = std::to_string(round * 1'000'000);  // ids continue after those of the previous round
    auto ended =
        fleet::run(fleet::postgres_program("pgbench"),
                   {"-n", "-M", "prepared", "-c", std::to_string(clients), "-j", "2", "-T",
                    fmt::format("{:.0f}", seconds), "-D", "n=" + first, "-f", script, server.url("raw")},
                   {}, std::chrono::seconds{120});
    auto at = ended.output.find("tps = ");
    if (ended.exit.code != 0 || at == std::string::npos) throw std::runtime_error{"pgbench: " + ended.errors};
    return std::stod(ended.output.substr(at + 6));
}

double median(std::vector<double> all) {
    std::ranges::sort(all);
    return all[all.size() / 2];
}

void require_consistency(const fleet::PostgresServer& server, const std::string& database) {
    auto wrong =
        server.query("SELECT (SELECT sum(held) FROM tickets) - (SELECT count(*) FROM orders)", database);
    if (wrong != "0\n") throw std::runtime_error{database + ": held tickets and orders differ"};
}

void measure(const Arguments& arguments) {
    auto folder = std::filesystem::absolute(arguments.data) / "postgres_holds";
    std::filesystem::remove_all(folder);
    fleet::PostgresServer server{folder / "server", 0, {"max_wal_size = 4GB"}};
    server.start();
    Bench bench;
    for (const auto* name : {"raw", "ours"}) server.make_database(name);
    bench.open(server, "raw", 1)->close();
    bench.database = bench.open(server, "ours", arguments.writers);

    std::string figures = "{\n";
    int round_number = 0;
    for (const auto& distribution : distributions) {
        std::vector<double> best{0, 0};
        for (auto clients : arguments.clients) {
            std::vector<double> pgbench, ours;
            for (int round = 0; round < arguments.rounds; ++round) {
                pgbench.push_back(measure_pgbench(server, folder, distribution, clients, arguments.seconds,
                                                  ++round_number));
                ours.push_back(measure_ours(bench, distribution, clients, arguments.seconds));
            }
            auto [a, b] = std::pair{median(pgbench), median(ours)};
            best = {std::max(best[0], a), std::max(best[1], b)};
            fmt::print("{:<6} {:>4} clients: pgbench {:>6.0f}/s, ours {:>6.0f}/s, {:.2f} times\n",
                       distribution.name, clients, a, b, b / a);
            std::fflush(stdout);
            figures += fmt::format("\"{0}_{1}_pgbench\": {2:.1f},\n\"{0}_{1}\": {3:.1f},\n",
                                   distribution.name, clients, a, b);
        }
        fmt::print("{:<6}   best of each: pgbench {:>6.0f}/s, ours {:>6.0f}/s, {:.2f} times\n",
                   distribution.name, best[0], best[1], best[1] / best[0]);
        figures += fmt::format("\"{}_ratio\": {:.2f},\n", distribution.name, best[1] / best[0]);
    }
    bench.database->close();
    for (const auto* name : {"raw", "ours"}) require_consistency(server, name);
    server.stop();
    std::filesystem::remove_all(folder);
    if (!arguments.json_file.empty())
        std::ofstream{arguments.json_file} << figures << "\"rounds\": " << arguments.rounds << "\n}\n";
}

}  // namespace

int main(int argc, char** argv) {
    CLI::App app{"Measures holds on PostgreSQL: pgbench compared with our driver."};
    Arguments arguments;
    app.add_option("--data", arguments.data, "folder for the server, on the disk to measure")
        ->required()
        ->check(CLI::ExistingDirectory);
    app.add_option("--seconds", arguments.seconds, "seconds per figure")->capture_default_str();
    app.add_option("--rounds", arguments.rounds, "rounds of each, alternating")->capture_default_str();
    app.add_option("--writers", arguments.writers, "write connections of our driver")->capture_default_str();
    app.add_option("--clients", arguments.clients, "numbers of concurrent clients, one figure each")
        ->capture_default_str();
    app.add_option("--json", arguments.json_file, "also write the figures to this file");
    CLI11_PARSE(app, argc, argv);
    try {
        measure(arguments);
    } catch (const std::exception& error) {
        fmt::print(stderr, "FAILED: {}\n", error.what());
        return 1;
    }
}
