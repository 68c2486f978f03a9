#include "simulation/cells/cell_marketplace.hpp"

#include <fmt/format.h>

#include "common/runtime/random.hpp"

namespace stagedoor::simulation {
namespace {

constexpr int replicas = 2;

Site home_site(const CellPlan& plan) {
    return {.prefix = "home.",
            .services = {{"auth", replicas}, {"client", plan.clients}, {"notifications", replicas}},
            .capacity = plan.capacity};
}

Site cell_site(const CellPlan& plan, int number, ProviderAccount* account) {
    return {.prefix = fmt::format("cell-{}.", number),
            .services = {{"tickets", replicas},
                         {"orders", replicas},
                         {"payments", replicas},
                         {"expiration", replicas},
                         {"admissions", replicas},
                         {"notifications", replicas}},
            .cell = number,
            .capacity = plan.capacity,
            .provider_account = account};
}

// What every service needs of auth. The links for emails stay at home, so that each is sent once.
const std::vector<std::string> subjects_for_cells{"user.", "seller.", "session.", "epoch.", "key."};

}  // namespace

CellMarketplace::CellMarketplace(World& world, Disks& disks, const CellPlan& plan)
    : plan_(plan),
      accounts_(static_cast<std::size_t>(plan.cells), {.request_time = plan.provider_request_time}),
      home_(new Marketplace{world, disks, home_site(plan)}) {
    home_->settings.program.rate_limits = false;
    for (int number = 1; number <= plan.cells; ++number) {
        auto& cell =
            *cells_.emplace_back(new Marketplace{world, disks, cell_site(plan, number, account_of(number))});
        cell.settings.program.rate_limits = false;
        cell.nats.mirror(home_->nats, "stagedoor-auth", subjects_for_cells);
        cell.connect_to(*home_);
        home_->connect_to(cell);
        auto& addresses = home_->settings.program.cells.addresses[number];
        for (const auto* service : {"tickets", "orders", "payments", "admissions"})
            addresses[service] = cell.settings.program.services.at(service);
    }
}

ProviderAccount* CellMarketplace::account_of(int cell) {
    if (plan_.provider_request_time == Duration{}) return nullptr;
    return &accounts_.at(plan_.one_provider_account ? 0 : static_cast<std::size_t>(cell) - 1);
}

// Not Cells::of(), which is what the runs are to test.
int CellMarketplace::cell_of(const std::string& id) const { return runtime::uuid_cell(id).value_or(0); }

}  // namespace stagedoor::simulation
