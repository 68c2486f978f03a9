// The databases, read beside the services at one moment of the world: what several of them say belongs together.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "apps/simulate/marketplace.hpp"
#include "tests/driving/databases.hpp"

namespace stagedoor::simulate {

class DatabasesBeside final : public driving::Databases {
  public:
    explicit DatabasesBeside(Marketplace& marketplace) : marketplace_(marketplace) {}

    [[nodiscard]] std::vector<driving::Row> query(const std::string& name,
                                                  const std::string& statement) override;
    [[nodiscard]] std::int64_t asked() const { return asked_; }

  private:
    Marketplace& marketplace_;
    std::int64_t asked_ = 0;
    // With the life of the server that it reads.
    std::map<std::string, std::pair<std::shared_ptr<Life>, std::unique_ptr<BesideReader>>> readers_;
};

}  // namespace stagedoor::simulate
