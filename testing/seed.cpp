#include "testing/seed.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

namespace stagedoor::testing {

std::uint64_t seed() {
    static const auto chosen = [] {
        const auto* given = std::getenv("STAGEDOOR_TEST_SEED");
        auto value = given ? std::strtoull(given, nullptr, 10) : std::random_device{}();
        std::cout << "seed " << value << " (STAGEDOOR_TEST_SEED)" << std::endl;
        return static_cast<std::uint64_t>(value);
    }();
    return chosen;
}

}  // namespace stagedoor::testing
