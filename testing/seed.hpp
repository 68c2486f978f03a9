// The seed of a test run's random choices.
#pragma once

#include <cstdint>

namespace stagedoor::testing {

// STAGEDOOR_TEST_SEED, or else a new one. Printed, so that the run can be repeated.
[[nodiscard]] std::uint64_t seed();

}  // namespace stagedoor::testing
