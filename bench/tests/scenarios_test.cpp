#include "bench/load/scenarios.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <map>

#include "bench/tests/small_marketplace.hpp"

using namespace stagedoor::load;
using namespace std::chrono_literals;

namespace {

Plan plan_for(const SmallServer& server) {
    return {.server = server.endpoint(),
            .admin_port = server.endpoint().port(),
            .rate = 400,
            .warmup = 50ms,
            .measured = 200ms,
            .drain = 1s,
            .connections = 4};
}

std::vector<std::string> failures_of(Faults faults) {
    SmallServer server{SmallMarketplace{faults}};
    return holds(plan_for(server), {.buyers = 5, .quantity = 1000, .converge = 200ms, .quiet = 20ms})
        .failures;
}

constexpr PurchasesOptions purchase_options{
    .buyers = 5, .sellers = 2, .listings = 3, .converge = 200ms, .quiet = 20ms};

std::vector<std::string> purchase_failures_of(Faults faults) {
    SmallServer server{SmallMarketplace{faults}};
    return purchases(plan_for(server), purchase_options).failures;
}

}  // namespace

TEST(Holds, pass_on_a_correct_marketplace) {
    SmallServer server{SmallMarketplace{}};
    auto outcome = holds(plan_for(server), {.buyers = 5, .quantity = 1000, .quiet = 20ms});
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    EXPECT_EQ(outcome.measured.responses[201], 100U);
    EXPECT_TRUE(outcome.converged);
    ASSERT_TRUE(outcome.delivery);
    EXPECT_EQ(events_in(sum_of(*outcome.delivery)), 100U);
}

TEST(Holds, pause_before_the_load_and_before_the_checks) {
    std::vector<std::pair<std::string, int>> pauses;
    std::atomic<int> orders = 0;
    SmallServer server{[&orders, marketplace = SmallMarketplace{}](const Request& request) mutable {
        orders += request.method_and_target() == "POST /api/orders" ? 1 : 0;
        return marketplace(request);
    }};
    auto plan = plan_for(server);
    plan.pause = [&](std::string_view at) { pauses.emplace_back(at, orders); };
    EXPECT_EQ(holds(plan, {.buyers = 5, .quantity = 1000, .quiet = 20ms}).failures,
              std::vector<std::string>{});
    ASSERT_EQ(pauses.size(), 2U);
    EXPECT_EQ(pauses[0].first, "ready");
    EXPECT_EQ(pauses[1].first, "done");
    EXPECT_EQ(pauses[1].second - pauses[0].second, 100);
}

TEST(Holds, send_a_different_key_with_each_order) {
    std::vector<std::string> keys;
    SmallServer server{[&keys, marketplace = SmallMarketplace{}](const Request& request) mutable {
        if (auto key = header(request.head, "idempotency-key")) keys.emplace_back(*key);
        return marketplace(request);
    }};
    auto outcome =
        holds(plan_for(server), {.buyers = 5, .quantity = 1000, .idempotency_keys = true, .quiet = 20ms});
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    std::ranges::sort(keys);
    EXPECT_EQ(keys.size(), 100U);
    EXPECT_EQ(std::ranges::adjacent_find(keys), keys.end());
}

TEST(Holds, detect_a_hold_that_was_not_counted) {
    EXPECT_EQ(failures_of({.forgets_a_hold = true}),
              std::vector<std::string>{"101 orders were confirmed, but the seller sees 100 held"});
}

TEST(Holds, detect_an_order_that_was_confirmed_twice) {
    auto failures = failures_of({.confirms_one_order_twice = true});
    ASSERT_FALSE(failures.empty());
    EXPECT_EQ(failures[0], "one order was confirmed twice: order9");
}

TEST(Holds, detect_an_order_that_its_buyer_cannot_see) {
    EXPECT_EQ(failures_of({.loses_an_order = true}),
              std::vector<std::string>{"a buyer has 21 confirmed orders but sees 20, or different ones"});
}

TEST(Holds, detect_a_wrong_number_of_available_tickets) {
    EXPECT_EQ(failures_of({.shows_wrong_available = true}),
              std::vector<std::string>{"101 of 1000 are held, but 900 are available"});
}

TEST(Holds, fail_on_an_unexpected_response) {
    auto failures = failures_of({.is_sold_out_once = true});
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_TRUE(failures[0].starts_with("1 unexpected responses, the first: 409 ")) << failures[0];
}

TEST(Purchases, pass_on_a_correct_marketplace) {
    SmallServer server{SmallMarketplace{}};
    auto outcome = purchases(plan_for(server), purchase_options);
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    EXPECT_EQ(outcome.measured.responses[201], 200U);
    EXPECT_EQ(outcome.measured.latency.count(), 80U);
    EXPECT_TRUE(outcome.converged);
}

TEST(Purchases, are_from_one_hot_listing_and_all_others) {
    std::map<std::string, int> ordered;  // by body
    SmallServer server{[&ordered, marketplace = SmallMarketplace{}](const Request& request) mutable {
        if (request.method_and_target() == "POST /api/orders") ++ordered[request.body];
        return marketplace(request);
    }};
    EXPECT_EQ(purchases(plan_for(server), purchase_options).failures, std::vector<std::string>{});
    ASSERT_EQ(ordered.size(), 6U);
    // One of each was bought first; every other one of the 100 arrivals is for the hot listing.
    EXPECT_EQ(ordered.begin()->second, 1 + 50 + 9);
    EXPECT_EQ(ordered.rbegin()->second, 1 + 8);
}

TEST(Purchases, report_the_convergence_time) {
    SmallServer server{SmallMarketplace{{.counts_the_last_sale_late_by = 400ms}}};
    auto options = purchase_options;
    options.converge = 30s;
    auto outcome = purchases(plan_for(server), options);
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    ASSERT_TRUE(outcome.converged);
    EXPECT_GT(*outcome.converged, 100ms);
}

TEST(Purchases, fail_if_projections_never_converge) {
    SmallServer server{SmallMarketplace{{.counts_the_last_sale_late_by = 1h}}};
    auto outcome = purchases(plan_for(server), purchase_options);
    EXPECT_FALSE(outcome.failures.empty());
    EXPECT_FALSE(outcome.converged);
}

TEST(Purchases, detect_a_sale_that_was_not_counted) {
    auto failures = purchase_failures_of({.forgets_a_sale = true});
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_TRUE(failures[0].contains(" were paid for, but the seller sees ")) << failures[0];
    EXPECT_TRUE(failures[0].contains(" cents, 1 held, ")) << failures[0];
}

TEST(Purchases, detect_money_that_did_not_reach_the_seller) {
    auto failures = purchase_failures_of({.loses_a_payment = true});
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_TRUE(failures[0].starts_with("a seller's balance is ")) << failures[0];
}

TEST(Purchases, detect_a_paid_order_shown_as_unpaid) {
    auto failures = purchase_failures_of({.leaves_an_order_open = true});
    ASSERT_EQ(failures.size(), 1U);
    EXPECT_TRUE(failures[0].starts_with("a buyer paid for ")) << failures[0];
}

TEST(Purchases, detect_an_order_that_its_buyer_cannot_see) {
    EXPECT_EQ(purchase_failures_of({.loses_an_order = true}),
              std::vector<std::string>{"a buyer paid for 26 orders but sees 25, 25 of them complete"});
}

TEST(Purchases, detect_an_order_that_was_confirmed_twice) {
    auto failures = purchase_failures_of({.confirms_one_order_twice = true});
    EXPECT_EQ(std::ranges::count(failures, "one order was confirmed twice: order9"), 1);
}

TEST(Purchases, fail_on_a_declined_card) {
    auto failures = purchase_failures_of({.declines_a_card = true});
    ASSERT_FALSE(failures.empty());
    EXPECT_TRUE(failures[0].starts_with("1 unexpected responses, the first: 402 ")) << failures[0];
}

TEST(Admissions, pass_on_a_correct_marketplace) {
    SmallServer server{SmallMarketplace{}};
    auto outcome = admissions(plan_for(server), {.tickets = 200, .converge = 200ms});
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    EXPECT_EQ(outcome.measured.responses[200], 100U);
}

TEST(Admissions, send_another_nonce_with_each_scan) {
    std::vector<std::string> scans;
    SmallServer server{[&scans, marketplace = SmallMarketplace{}](const Request& request) mutable {
        if (request.method_and_target() == "POST /api/admissions/scanner/scans")
            scans.push_back(request.body);
        return marketplace(request);
    }};
    EXPECT_EQ(admissions(plan_for(server), {.tickets = 200, .converge = 200ms}).failures,
              std::vector<std::string>{});
    std::ranges::sort(scans);
    EXPECT_EQ(scans.size(), 100U);
    EXPECT_EQ(std::ranges::adjacent_find(scans), scans.end());
}

TEST(Admissions, detect_one_that_was_not_counted) {
    SmallServer server{SmallMarketplace{{.forgets_an_admission = true}}};
    EXPECT_EQ(admissions(plan_for(server), {.tickets = 200, .converge = 200ms}).failures,
              std::vector<std::string>{"100 were admitted, but the seller sees 99"});
}

TEST(Admissions, fail_on_a_refused_scan) {
    SmallServer server{SmallMarketplace{{.refuses_a_scan = true}}};
    auto failures = admissions(plan_for(server), {.tickets = 200, .converge = 200ms}).failures;
    ASSERT_FALSE(failures.empty());
    EXPECT_TRUE(failures[0].starts_with("1 unexpected responses, the first: 200 ")) << failures[0];
}

TEST(Landing, lists_tickets_and_gets_the_page) {
    SmallServer server{SmallMarketplace{}};
    auto outcome = landing(plan_for(server), {.listings = 5});
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    EXPECT_EQ(outcome.measured.responses[200], 100U);
}

TEST(Landing, fails_on_a_missing_page) {
    SmallServer server{SmallMarketplace{}};
    EXPECT_FALSE(landing(plan_for(server), {.path = "/nowhere"}).failures.empty());
}

TEST(Mixed, orders_one_ticket_in_ten_arrivals) {
    SmallServer server{SmallMarketplace{}};
    auto outcome = mixed(plan_for(server), {.buyers = 5, .quantity = 1000, .quiet = 20ms});
    EXPECT_EQ(outcome.failures, std::vector<std::string>{});
    EXPECT_EQ(outcome.measured.responses[201], 10U);
    EXPECT_EQ(outcome.measured.responses[200], 90U);
}
