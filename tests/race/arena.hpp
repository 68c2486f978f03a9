// The marketplaces that these tests race on, and people on them. Rate limits are off: limits_test.cpp has them on.
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

struct Arena {
    std::unique_ptr<Marketplace> marketplace;
    std::string url;
    std::vector<User> people;
    Answers answers;  // of all tests

    [[nodiscard]] const User& user(int i) const {
        return people[static_cast<std::size_t>(i) % people.size()];
    }
    [[nodiscard]] Visitor visitor(int i) const { return user(i).at(url); }
};

// With 200 people. Started at its first use, stopped after the last test.
[[nodiscard]] Arena& arena();
// Another, where holds run out after a second.
[[nodiscard]] Arena& hasty_arena();

// The time at `path`, in milliseconds since 1970.
[[nodiscard]] std::int64_t time_ms(const Reply& reply, std::string_view path);

// How often each status was answered. Any thread may add.
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

// Each race ends with the same questions.
class Race : public ::testing::Test {
  protected:
    void TearDown() override { expect_sound_books(*arena().marketplace, &arena().answers); }
};

}  // namespace stagedoor::testing
