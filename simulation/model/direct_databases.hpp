// Reads the services' databases directly. Simulated time does not pass between queries, so several databases
// can be compared.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation/servers/marketplace.hpp"
#include "testing/databases/databases.hpp"

namespace stagedoor::simulation {

class DirectDatabases final : public testing::Databases {
  public:
    explicit DirectDatabases(Marketplace& marketplace) : marketplace_(marketplace) {}

    [[nodiscard]] std::vector<testing::Row> query(const std::string& name,
                                                  const std::string& statement) override;
    [[nodiscard]] std::int64_t queries() const { return queries_; }

  private:
    Marketplace& marketplace_;
    std::int64_t queries_ = 0;
    // By database; a reader is valid for one process of the server.
    std::map<std::string, std::pair<std::shared_ptr<Process>, std::unique_ptr<DirectReader>>> readers_;
};

}  // namespace stagedoor::simulation
