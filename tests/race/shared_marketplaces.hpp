// The marketplaces that these tests share, with signed-up users. Rate limits are off; limits_test.cpp covers
// them.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <iostream>
#include <map>
#include <random>
#include <set>

#include "contracts/instant.hpp"
#include "testing/concurrently.hpp"
#include "testing/model/customers.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"
#include "testing/seed.hpp"

namespace stagedoor::testing {

struct SharedMarketplace {
    std::unique_ptr<Marketplace> marketplace;
    std::string url;
    std::vector<User> users;
    ExpectedState expected;  // the responses of all tests

    [[nodiscard]] const User& user(int i) const { return users[static_cast<std::size_t>(i) % users.size()]; }
    [[nodiscard]] Client visitor(int i) const { return user(i).at(url); }
};

// Has 200 users. Started at first use, stopped after the last test.
[[nodiscard]] SharedMarketplace& shared();
// Another one, with 41 users, where holds expire after 1 s.
[[nodiscard]] SharedMarketplace& short_holds();

// How often a race is run: in the short form, a third as often in the shapes that are ten times as slow.
[[nodiscard]] int rounds_here(int rounds);

// The time at `path`, in milliseconds since 1970.
[[nodiscard]] std::int64_t time_ms(const Response& reply, std::string_view path);

// Counts responses by status. Thread-safe.
class Tally {
  public:
    void add(int status) {
        std::lock_guard lock{mutex_};
        ++counts_[status];
    }
    [[nodiscard]] int operator[](int status) const {
        std::lock_guard lock{mutex_};
        auto found = counts_.find(status);
        return found == counts_.end() ? 0 : found->second;
    }
    [[nodiscard]] std::string text() const {
        std::lock_guard lock{mutex_};
        std::string all;
        for (const auto& [status, count] : counts_)
            all += (all.empty() ? "" : ", ") + std::to_string(count) + " × " + std::to_string(status);
        return all;
    }
    [[nodiscard]] int total() const {
        std::lock_guard lock{mutex_};
        int sum = 0;
        for (const auto& [status, count] : counts_) sum += count;
        return sum;
    }

  private:
    mutable std::mutex mutex_;
    std::map<int, int> counts_;
};

// Checks the invariants and the expected state after each test.
class Race : public ::testing::Test {
  protected:
    void TearDown() override { expect_invariants_hold(*shared().marketplace, &shared().expected); }
};

// Races that end in one transaction of one service: events, and so nodes, have no part in them.
class DatabaseRace : public Race {
  protected:
    void SetUp() override {
        if (is_short_run_on_nodes()) GTEST_SKIP() << "the same with a process per service";
    }
    void TearDown() override {
        if (!IsSkipped()) Race::TearDown();
    }
};

}  // namespace stagedoor::testing
