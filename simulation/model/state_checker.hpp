// Checks a simulated marketplace against the invariants of docs/contract.md and against the expected state.
#pragma once

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "simulation/model/admission_log.hpp"
#include "simulation/model/expected_state.hpp"
#include "simulation/servers/direct_databases.hpp"
#include "simulation/servers/marketplace.hpp"

namespace stagedoor::simulation {

class StateChecker {
  public:
    explicit StateChecker(Marketplace& marketplace);

    // Violations of what must hold at every moment. Checks nothing while a database is down.
    [[nodiscard]] std::vector<std::string> violations();
    // Violations found after the commits since the last call.
    [[nodiscard]] std::vector<std::string> violations_at_commits() {
        return std::exchange(violations_at_commits_, {});
    }
    // What must become true after the last fault, and has not yet.
    [[nodiscard]] std::vector<std::string> unsettled();
    // Confirmed writes that are missing once everything has settled.
    [[nodiscard]] std::vector<std::string> contradictions(const ExpectedState& expected,
                                                          const AdmissionLog& admissions);

    // The saga steps that at least one order or event is in right now.
    [[nodiscard]] std::vector<std::string> steps_in_progress();
    // The rows of all services about the ids in these lines.
    [[nodiscard]] std::vector<std::string> rows_about(const std::vector<std::string>& lines);

    [[nodiscard]] std::int64_t checks() const { return databases_->queries(); }

  private:
    [[nodiscard]] bool are_all_up() const;
    void check_after_commits(const std::string& service, const std::string& statement);
    void check_outcome_hint(const std::string& hint);
    void check_pictures(std::vector<std::string>& found);
    void check_unused_pictures(std::vector<std::string>& found);

    Marketplace& marketplace_;
    std::unique_ptr<DirectDatabases> databases_;
    std::vector<std::string> violations_at_commits_;
};

}  // namespace stagedoor::simulation
