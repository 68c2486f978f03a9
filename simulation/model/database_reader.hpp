// The databases, read beside the services at one moment of the world: what several of them say belongs together.
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

class DatabasesBeside final : public testing::Databases {
  public:
    explicit DatabasesBeside(Marketplace& marketplace) : marketplace_(marketplace) {}

    [[nodiscard]] std::vector<testing::Row> query(const std::string& name,
                                                  const std::string& statement) override;
    [[nodiscard]] std::int64_t asked() const { return asked_; }

  private:
    Marketplace& marketplace_;
    std::int64_t asked_ = 0;
    // With the life of the server that it reads.
    std::map<std::string, std::pair<std::shared_ptr<Life>, std::unique_ptr<BesideReader>>> readers_;
};

}  // namespace stagedoor::simulation
