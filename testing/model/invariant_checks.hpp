// Checks the invariants of docs/contract.md in a running marketplace, in the services' databases and through
// the API.
#pragma once

#include <string>
#include <thread>
#include <vector>

#include "testing/databases/databases.hpp"
#include "testing/model/expected_state.hpp"
#include "testing/model/invariants.hpp"
#include "testing/processes/marketplace.hpp"

namespace stagedoor::testing {

// Tickets whose API response differs from their row in the tickets service.
[[nodiscard]] std::vector<std::string> api_mismatches(Databases& databases, const std::string& base_url);

// Waits until all projections have converged, then fails the test for each broken invariant and each
// difference from the expected state.
void expect_invariants_hold(Databases& databases, const std::string& base_url,
                            ExpectedState* expected = nullptr, Where where = Where::current());
// The same, and fails the test for errors in the log.
void expect_invariants_hold(Marketplace& marketplace, ExpectedState* expected = nullptr,
                            Where where = Where::current());

// Checks broken_invariants() continually while a test runs, and fails it for what it finds.
class InvariantWatch {
  public:
    explicit InvariantWatch(std::unique_ptr<Databases> databases);
    ~InvariantWatch();

  private:
    std::unique_ptr<Databases> databases_;
    std::jthread thread_;
};

}  // namespace stagedoor::testing
