#include "simulation/cells/cell_runs.hpp"

#include <fmt/format.h>

#include <optional>

#include "common/http/status.hpp"
#include "simulation/cells/cell_customers.hpp"
#include "simulation/model/state_checker.hpp"
#include "simulation/mutants/switch.hpp"
#include "simulation/world/log_capture.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto time_to_settle = 120s;
constexpr auto check_interval = 2s;
constexpr std::size_t max_violations = 20;
// About as often as one cell of sale_plan() charges.
constexpr auto provider_request_time = 32ms;

// A marketplace in several cells, its customers, and the checks of each cell's own data.
class CellRun {
  public:
    CellRun(std::uint64_t seed, const CellPlan& plan, int buyers, bool print_trace)
        : world_(*new World{seed}),
          disks_(world_),
          marketplace_(*new CellMarketplace{world_, disks_, plan}),
          customers_(*new CellCustomers{marketplace_, buyers}) {
        for (int number = 1; number <= plan.cells; ++number)
            checkers_.push_back(new StateChecker{marketplace_.cell(number)});
        world_.trace.print(print_trace);
        if (print_trace) log_capture_.emplace(world_);
    }

    void open(int listings_per_cell) {
        customers_.open(listings_per_cell);
        run_until(world_.now() + 120s, [this] { return customers_.is_open() && customers_.are_done(); });
        if (!customers_.is_open()) fail("the marketplace never opens");
    }

    // Runs until `end`, or until `is_done()` holds, which is checked every check_interval.
    template <class Condition>
    void run_until(Duration end, Condition is_done) {
        auto next_check = world_.now();
        while (passes() && world_.now() < end && world_.step()) {
            if (world_.now() < next_check) continue;
            next_check = world_.now() + check_interval;
            if (customers_.is_open()) check();
            if (is_done()) return;
        }
    }
    void run_until(Duration end) {
        run_until(end, [] { return false; });
    }

    // Every cell's services agree once all events have arrived.
    void settle() {
        std::vector<std::string> unsettled;
        run_until(world_.now() + time_to_settle, [&] {
            unsettled.clear();
            if (!customers_.are_done()) unsettled.emplace_back("a customer never finishes");
            for (auto* checker : checkers_) {
                for (auto& line : checker->unsettled()) {
                    // Links are emailed from home; cells don't get their events.
                    if (!line.starts_with("versions received: only auth has link"))
                        unsettled.push_back(std::move(line));
                }
            }
            return unsettled.empty();
        });
        for (const auto& line : unsettled) fail(line);
    }

    void fail(std::string line) {
        world_.note("VIOLATION", line);
        if (violations_.size() < max_violations) violations_.push_back(std::move(line));
    }
    [[nodiscard]] bool passes() const { return violations_.empty(); }
    [[nodiscard]] const std::vector<std::string>& violations() const { return violations_; }

    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] CellMarketplace& marketplace() { return marketplace_; }
    [[nodiscard]] CellCustomers& customers() { return customers_; }

  private:
    void check() {
        for (auto* checker : checkers_) {
            for (const auto& line : checker->violations_at_commits()) fail(line);
            for (const auto& line : checker->violations()) fail(line);
        }
    }

    // Only the disks are ever destroyed: coroutines that have not ended still refer to the rest.
    World& world_;
    Disks disks_;
    CellMarketplace& marketplace_;
    CellCustomers& customers_;
    std::vector<StateChecker*> checkers_;
    std::vector<std::string> violations_;
    std::optional<LogCapture> log_capture_;
};

// When one cell is dead.
struct Outage {
    // Its replicas start, its circuit breakers close, and its payments continue.
    static constexpr auto recovery = 10s;

    int cell = 0;
    Duration begins{}, ends{};

    [[nodiscard]] bool touches(const CellRequest& request) const {
        return request.cell == cell && request.responded >= begins && request.sent < ends + recovery;
    }
    [[nodiscard]] bool covers(const CellRequest& request) const {
        return request.cell == cell && request.sent >= begins && request.responded < ends;
    }
};

}  // namespace

DeadCellReport simulate_dead_cell(const CellRunOptions& options) {
    constexpr auto shopping = 40s;
    constexpr int buyers = 7, listings_per_cell = 2;
    set_mutation(options.mutation);
    CellRun run{options.seed, {.cells = options.cells}, buyers, options.print_trace};
    DeadCellReport report;
    run.open(listings_per_cell);

    auto& world = run.world();
    Outage outage{.cell = 1 + static_cast<int>(world.below(static_cast<std::uint64_t>(options.cells)))};
    outage.begins = world.now() + world.between(5s, 12s);
    outage.ends = outage.begins + world.between(5s, 12s);
    auto& dead = run.marketplace().cell(outage.cell);
    run.customers().on_response = [&](const CellRequest& request) {
        auto unavailable = request.status == http::status_of(ErrorKind::unavailable);
        if (outage.covers(request)) {
            ++report.rejected;
            if (!unavailable)
                run.fail(fmt::format("{} of the dead cell {}: {} instead of 503", request.what, request.cell,
                                     request.status));
        } else if (!request.succeeded && !(outage.touches(request) && unavailable)) {
            run.fail(fmt::format("{} of cell {} fails with {}; the dead one is {}", request.what,
                                 request.cell, request.status, outage.cell));
        } else if (request.sent >= outage.begins && request.responded < outage.ends) {
            ++report.while_dead;
        }
    };
    auto end = world.now() + shopping;
    run.customers().shop_until(end);
    run.run_until(outage.begins);
    world.note("world", fmt::format("cell {} dies", outage.cell));
    dead.kill();
    run.run_until(outage.ends);
    world.note("world", fmt::format("cell {} starts again", outage.cell));
    dead.start();
    run.run_until(end);
    if (run.passes()) run.settle();
    if (run.passes()) {
        std::vector<std::string> still_accepted;
        run.customers().leave(still_accepted);
        run.run_until(world.now() + 60s, [&] { return run.customers().are_done(); });
        for (auto& line : still_accepted) run.fail(std::move(line));
    }
    report.violations = run.violations();
    report.hash = fmt::format("{:016x}", world.trace.hash());
    report.dead_cell = outage.cell;
    report.requests = run.customers().requests();
    report.paid = static_cast<std::int64_t>(run.customers().purchases().paid_at.size());
    report.mutation_reached = times_reached();
    set_mutation(Mutation::none);
    return report;
}

CellPlan sale_plan(int cells, bool one_account) {
    constexpr int clients_per_cell = 4;
    return {.cells = cells,
            .capacity = {.step = 3ms, .database = {.commit = 12ms, .transaction = 3ms}, .max_batch = 256},
            .clients = clients_per_cell * cells,
            .provider_request_time = one_account ? provider_request_time : 0ms,
            .one_provider_account = one_account};
}

SaleReport simulate_sale(const SaleOptions& options) {
    constexpr auto warm_up = 6s, measured = 10s;
    constexpr int buyers = 40, listings_per_cell = 3;
    CellRun run{options.seed, options.plan, buyers, false};
    run.open(listings_per_cell);
    auto begin = run.world().now() + warm_up, end = begin + measured;
    run.customers().rush_until(end, options.load * arrivals_at_one_cell,
                               static_cast<int>(options.load * buyers_at_one_cell));
    run.run_until(end);
    const auto& purchases = run.customers().purchases();
    auto paid =
        std::ranges::count_if(purchases.paid_at, [&](Duration at) { return at >= begin && at < end; });
    return {.violations = run.violations(),
            .paid_per_second = static_cast<double>(paid) / std::chrono::duration<double>(measured).count(),
            .started = purchases.started,
            .turned_away = purchases.turned_away,
            .paid = paid};
}

}  // namespace stagedoor::simulation
