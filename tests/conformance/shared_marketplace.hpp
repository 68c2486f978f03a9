// The marketplace that these tests share, with three users. Rate limits are off; race/limits_test.cpp covers
// them.
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

struct SharedMarketplace {
    std::unique_ptr<Marketplace> marketplace;
    std::string url;
    User ada, ben, eve;  // ada sells, ben buys, eve is a stranger to both

    [[nodiscard]] Client anonymous() const { return Client{url}; }
    [[nodiscard]] Client seller() const { return ada.at(url); }
    [[nodiscard]] Client buyer() const { return ben.at(url); }
    [[nodiscard]] Client stranger() const { return eve.at(url); }
};

// Started at first use. After the last test its invariants are checked and it is stopped.
[[nodiscard]] SharedMarketplace& shared();

// JWT_KEY_SECRET of the shared marketplace: encrypts its signing keys.
inline constexpr std::string_view shared_key_secret = "a secret of the conformance tests";

// A word that no other test uses.
[[nodiscard]] std::string fresh_word();

}  // namespace stagedoor::testing
