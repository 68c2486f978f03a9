// The marketplace that these tests share, and a few people on it. Rate limits are off: race/limits_test.cpp
// has them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "contracts/instant.hpp"
#include "testing/concurrently.hpp"
#include "testing/model/customers.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"

namespace stagedoor::testing {

struct Stage {
    std::unique_ptr<Marketplace> marketplace;
    std::string url;
    User ada, ben, eve;  // ada sells, ben buys, eve has no business with either

    [[nodiscard]] Visitor nobody() const { return Visitor{url}; }
    [[nodiscard]] Visitor seller() const { return ada.at(url); }
    [[nodiscard]] Visitor buyer() const { return ben.at(url); }
    [[nodiscard]] Visitor stranger() const { return eve.at(url); }
};

// Started at its first use; checked and stopped after the last test.
[[nodiscard]] Stage& stage();

// The secret that encrypts the stage's signing keys.
inline constexpr std::string_view stage_secret = "a secret of the conformance tests";

// Text that no other test searches for.
[[nodiscard]] std::string fresh_word();

}  // namespace stagedoor::testing
