// CONTRACT.md's invariants, held against a simulated marketplace.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "simulation/model/database_reader.hpp"
#include "simulation/servers/marketplace.hpp"
#include "simulation/workload/customers.hpp"

namespace stagedoor::simulation {

class Checker {
  public:
    explicit Checker(Marketplace& marketplace);

    // What must hold at every moment, and does not. Nothing is looked at while a database is down.
    [[nodiscard]] std::vector<std::string> broken_now();
    // What must come about once nothing goes wrong any more, and has not yet.
    [[nodiscard]] std::vector<std::string> unsettled();
    // What was promised and is not so, once all is settled.
    [[nodiscard]] std::vector<std::string> not_kept(const Promises& promises);
    // Found after one of the commits since; asked once.
    [[nodiscard]] std::vector<std::string> found_at_commits() { return std::exchange(found_at_commits_, {}); }

    // What is under way at this moment, by its names: the steps of the sagas that somebody is at.
    [[nodiscard]] std::vector<std::string> under_way();
    // The rows of all services that are about the ids in these lines.
    [[nodiscard]] std::vector<std::string> rows_about(const std::vector<std::string>& lines);

    // How many times an invariant was looked at.
    [[nodiscard]] std::int64_t checks() const { return databases_->asked(); }

  private:
    [[nodiscard]] bool are_all_up() const;
    [[nodiscard]] std::vector<std::string> unequal();
    void look_after_commits(const std::string& service, std::vector<std::string> statements);

    Marketplace& marketplace_;
    std::unique_ptr<DatabasesBeside> databases_;
    std::vector<std::string> found_at_commits_;
};

}  // namespace stagedoor::simulation
