// A marketplace in several cells (docs/decisions/0045-cells.md): accounts and pages in one place, and in each
// cell the services that sell.
#pragma once

#include <vector>

#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

struct CellPlan {
    int cells = 3;
    Capacity capacity;  // of each machine, everywhere
    int clients = 2;    // replicas of client, which all requests pass
    // Between two requests to the provider; 0: it allows any number.
    Duration provider_request_time{};
    bool one_provider_account = false;  // for all cells, instead of one each
};

class CellMarketplace {
  public:
    CellMarketplace(World& world, Disks& disks, const CellPlan& plan);

    [[nodiscard]] Marketplace& home() { return *home_; }
    // Numbers start at 1.
    [[nodiscard]] Marketplace& cell(int number) { return *cells_.at(static_cast<std::size_t>(number) - 1); }
    [[nodiscard]] int count() const { return static_cast<int>(cells_.size()); }
    // Where a listing or an order is, by its id.
    [[nodiscard]] int cell_of(const std::string& id) const;

  private:
    [[nodiscard]] ProviderAccount* account_of(int cell);

    CellPlan plan_;
    std::vector<ProviderAccount> accounts_;
    // Never destroyed, see Process::kill.
    Marketplace* home_;
    std::vector<Marketplace*> cells_;
};

}  // namespace stagedoor::simulation
