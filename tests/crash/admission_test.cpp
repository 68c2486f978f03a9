// Kills the marketplace between scans and their responses: a repeated scan gets the same response, and nobody
// is admitted twice.
#include "testing/model/admission.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <map>
#include <random>

#include "testing/concurrently.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/seed.hpp"

namespace stagedoor::testing {
namespace {

struct Sent {
    std::size_t door = 0;
    std::string code, body;
    std::string response;  // empty: none arrived
};

class Doors {
  public:
    explicit Doors(Marketplace& marketplace)
        : marketplace_(marketplace),
          url_(marketplace.base_url()),
          seller_(sign_up(url_)),
          buyer_(sign_up(url_)) {
        ticket_ = list_ticket(seller_.at(url_), {.quantity = 1000});
        for (const auto* name : {"Main", "Side"})
            doors_.push_back(open_door(url_, seller_.at(url_), ticket_, name));
    }

    // Sells tickets and scans each of them at both doors until the marketplace is killed, after `time`.
    void scan_until_killed(std::chrono::milliseconds time, std::uint64_t seed) {
        auto codes = sell();
        std::vector<std::jthread> threads;
        for (std::size_t i = 0; i < 6; ++i)
            threads.emplace_back([this, codes, i, seed] { scan_all(codes, i % 2, seed + i); });
        std::this_thread::sleep_for(time);  // a random moment, not a wait for something
        marketplace_.kill();
    }

    // Repeats every scan so far, twice.
    void repeat() {
        for (auto& each : sent_) {
            auto first = scan(doors_[each.door], each.body).expect(200);
            EXPECT_EQ(scan(doors_[each.door], each.body).expect(200).body, first.body);
            if (each.response.empty())
                ++unanswered;
            else
                EXPECT_EQ(first.body, each.response);
            each.response = first.body;
        }
        std::map<std::string, int> admitted;
        for (const auto& each : sent_)
            admitted[each.code] += each.response.find(R"("result":"admitted")") != std::string::npos ? 1 : 0;
        for (const auto& [code, times] : admitted) EXPECT_EQ(times, 1) << code;
        repeated += sent_.size();
        sent_.clear();
    }

    std::size_t repeated = 0, unanswered = 0;

  private:
    std::vector<std::string> sell() {
        auto buyer = buyer_.at(url_);
        auto id = order(buyer, {{ticket_, 10}}).expect(201).at("id");
        pay(buyer, id).expect(201);
        std::vector<std::string> passes, codes;
        EXPECT_TRUE(becomes_true(
            [&] {
                passes = passes_of(buyer, id);
                return passes.size() == 10;
            },
            std::chrono::seconds{20}));
        for (const auto& pass : passes) codes.push_back(code_of(buyer, pass));
        return codes;
    }

    void scan_all(std::vector<std::string> codes, std::size_t door, std::uint64_t seed) {
        std::mt19937_64 random{seed};
        std::ranges::shuffle(codes, random);
        for (const auto& code : codes) {
            Sent each{door, code, scan_body(unique_email("scan"), code), {}};
            auto is_lost = false;
            try {
                each.response = scan(doors_[door], each.body).expect(200).body;
            } catch (const NoResponse&) {
                is_lost = true;
            }
            std::lock_guard lock{mutex_};
            sent_.push_back(std::move(each));
            if (is_lost) return;
        }
    }

    Marketplace& marketplace_;
    std::string url_, ticket_;
    User seller_, buyer_;
    std::vector<Client> doors_;
    std::mutex mutex_;
    std::vector<Sent> sent_;
};

TEST(CrashAtTheDoors, a_repeated_scan_gets_the_same_response) {
    const int kills = std::getenv("STAGEDOOR_TEST_LONG") ? 100 : is_one_process() ? 15 : 4;
    std::mt19937_64 random{seed()};
    auto marketplace = make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}});
    marketplace->start();
    Doors doors{*marketplace};
    for (int done = 1; done <= kills && !::testing::Test::HasFailure(); ++done) {
        doors.scan_until_killed(std::chrono::milliseconds{1 + random() % 25}, random());
        marketplace->start();
        doors.repeat();
    }
    std::cout << kills << " kills, " << doors.repeated << " scans repeated, " << doors.unanswered
              << " of them without a response before" << std::endl;
    EXPECT_GT(doors.unanswered, 0u);
    expect_invariants_hold(*marketplace, nullptr);
    EXPECT_EQ(marketplace->stop(), 0);
}

}  // namespace
}  // namespace stagedoor::testing
