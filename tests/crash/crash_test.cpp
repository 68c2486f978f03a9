// Kills the marketplace under load at random moments, again and again. After each restart on the same data,
// everything promised by a 2xx response must still hold and a retried request must get the same response. At
// the end every payment must have been resolved without help and all invariants must hold.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <iostream>
#include <random>
#include <set>

#include "testing/concurrently.hpp"
#include "testing/model/customers.hpp"
#include "testing/model/invariant_checks.hpp"
#include "testing/processes/marketplace.hpp"
#include "testing/processes/process.hpp"
#include "testing/seed.hpp"

namespace stagedoor::testing {
namespace {

constexpr int buyers = 6, sellers = 2;

// Loads a marketplace and records what its responses promise.
class Load {
  public:
    Load(Marketplace& marketplace, std::uint64_t seed)
        : marketplace_(marketplace), url_(marketplace.base_url()), random_(seed) {
        users_ = sign_up_many(url_, buyers + sellers);
        for (const auto& user : users_) expected.signed_up(user);
        for (int i = 0; i < 12; ++i)
            list_one(users_[static_cast<std::size_t>(buyers + i % sellers)], "First");
        for (auto& state : states_) state.random.seed(random_());
    }

    // All users keep sending requests until the marketplace is killed, after `after`.
    void until_killed(std::chrono::milliseconds after) {
        std::vector<std::jthread> threads;
        for (int i = 0; i < buyers; ++i)
            threads.emplace_back([this, i] { until_no_response([&] { buy(i); }); });
        for (int i = 0; i < sellers; ++i)
            threads.emplace_back([this, i] { until_no_response([&] { sell(buyers + i); }); });
        threads.emplace_back([this] { until_no_response([&] { join(); }); });
        std::this_thread::sleep_for(after);  // a random moment, not a wait for something
        marketplace_.kill();
    }

    // Retries the requests that got no response; whether or not they were executed, they take effect once.
    // Skips payments that are still in progress, since the retry would wait for them.
    void retry_unanswered(Databases& databases) {
        std::set<std::string> unresolved;
        for (const auto& row : databases.query(
                 "payments", "SELECT order_id FROM payments WHERE status IN ('started', 'charging')"))
            unresolved.insert(row[0].value());
        for (int i = 0; i < buyers; ++i) {
            auto& state = states_[static_cast<std::size_t>(i)];
            for (auto& each : std::exchange(state.unanswered, {})) {
                if (unresolved.contains(each.order)) {
                    state.unanswered.push_back(std::move(each));
                    continue;
                }
                auto status = send(i, each);
                if (status == 503) {  // has Retry-After
                    state.unanswered.push_back(std::move(each));
                    continue;
                }
                EXPECT_TRUE(status == 201 || status == 409 || (status == 402 && !each.order.empty()))
                    << status << " " << each.request;
                ++retried;
            }
        }
    }

    [[nodiscard]] bool all_resolved() const {
        return std::ranges::all_of(states_, [](const State& state) { return state.unanswered.empty(); });
    }

    ExpectedState expected;
    std::atomic<int> writes = 0, rejections = 0, payments = 0, retried = 0;

  private:
    // Creates an order, or pays for `order`.
    struct Request {
        std::string key, request;
        std::string order = {};
    };
    struct State {
        std::mt19937_64 random;
        std::vector<std::string> held;
        std::vector<Request> unanswered;
    };

    template <class F>
    void until_no_response(F act) {
        try {
            for (;;) act();
        } catch (const NoResponse&) {
        }
    }

    [[nodiscard]] std::vector<std::string> tickets() {
        std::lock_guard lock{mutex_};
        return tickets_;
    }

    // Sends the request and records the response; until it arrives the request is in `unanswered`.
    int send(int i, const Request& request, std::string* id = nullptr) {
        auto& state = states_[static_cast<std::size_t>(i)];
        const auto& me = users_[static_cast<std::size_t>(i)];
        auto is_payment = !request.order.empty();
        state.unanswered.push_back(request);
        auto reply = me.at(url_)
                         .with("Idempotency-Key", request.key)
                         .post(is_payment ? "/api/payments" : "/api/orders", request.request);
        state.unanswered.pop_back();
        if (reply.status == 201) {
            ++(is_payment ? payments : writes);
            if (is_payment)
                expected.paid(me, request.order, reply, request.key, request.request);
            else
                expected.ordered(me, reply, request.key, request.request);
            if (id) *id = reply.at("id");
        } else {
            ++rejections;
        }
        return reply.status;
    }

    void buy(int i) {
        auto& state = states_[static_cast<std::size_t>(i)];
        auto known = tickets();
        std::ranges::shuffle(known, state.random);
        std::vector<OrderItem> items;
        for (std::size_t k = 0; k < 1 + state.random() % 3; ++k)
            items.push_back({known[k], static_cast<int>(1 + state.random() % 3)});
        std::string order;
        auto status = send(i, {.key = unique_email("key"), .request = basket(items)}, &order);
        // 503 if orders hasn't received the listing yet since its restart.
        EXPECT_TRUE(status == 201 || status == 409 || status == 503) << status;
        if (status != 201) return;
        switch (state.random() % 4) {
            case 0:
                return state.held.push_back(order);  // expires, or is cancelled later
            case 1:
                return cancel(i, order);
            default:
                pay_for(i, order);
        }
        if (state.held.empty()) return;
        cancel(i, state.held.back());
        state.held.pop_back();
    }

    void cancel(int i, const std::string& order) {
        users_[static_cast<std::size_t>(i)].at(url_).delete_("/api/orders/" + order).expect(204);
        ++writes;
        expected.cancelled(order);
    }

    void pay_for(int i, const std::string& order) {
        auto chance = states_[static_cast<std::size_t>(i)].random() % 100;
        auto token = chance < 1    ? slow_card
                     : chance < 2  ? lost_response_card
                     : chance < 12 ? declined_card
                                   : valid_card;
        auto status = send(i, {.key = unique_email("key"), .request = payment(order, token), .order = order});
        // 409 if the listing was just cancelled or the hold has expired; 503 as in buy().
        auto allowed = token == declined_card ? 402 : 201;
        EXPECT_TRUE(status == allowed || status == 402 || status == 409 || status == 503)
            << status << " for " << token;
        if (status == 402 && token == declined_card && chance % 2)
            (void)send(i, {.key = unique_email("key"), .request = payment(order), .order = order});
    }

    void list_one(const User& seller, const std::string& title) {
        auto reply =
            seller.at(url_).post("/api/tickets", Offer{.title = title, .quantity = 30}.json()).expect(201);
        ++writes;
        expected.listed(seller, reply);
        std::lock_guard lock{mutex_};
        tickets_.push_back(reply.at("id"));
        if (tickets_.size() > 40) tickets_.erase(tickets_.begin());  // old listings are left alone
    }

    // Edits a listing that others may be ordering; sometimes withdraws or cancels it and lists another one.
    void sell(int i) {
        auto& state = states_[static_cast<std::size_t>(i)];
        const auto& me = users_[static_cast<std::size_t>(i)];
        auto known = tickets();
        const auto& id = known[state.random() % known.size()];
        auto quantity = std::to_string(20 + state.random() % 20);
        auto title = unique_email("edit");
        auto reply = me.at(url_).put("/api/tickets/" + id, R"({"title":")" + title + R"(","price":)" +
                                                               quantity + R"(,"quantity":)" + quantity + "}");
        EXPECT_TRUE(reply.status == 200 || reply.status == 403 || reply.status == 409) << reply.body;
        if (reply.status == 200) {
            ++writes;
            expected.listed(me, reply);
        }
        if (state.random() % 20 != 0) return;
        list_one(me, "Another");
        if (reply.status != 200) return;
        if (state.random() % 2) {
            me.at(url_).delete_("/api/tickets/" + id).expect(204);
            expected.withdrawn(id);
        } else {
            cancel_listing(me.at(url_), id).expect(200);
            expected.listing_cancelled(id);
        }
        ++writes;
    }

    void join() {
        expected.signed_up(sign_up(url_));
        ++writes;
    }

    Marketplace& marketplace_;
    std::string url_;
    std::mt19937_64 random_;
    std::vector<User> users_;
    std::array<State, buyers + sellers> states_;
    std::mutex mutex_;
    std::vector<std::string> tickets_;
};

void expect_no_violations(const std::vector<std::string>& found, int kills) {
    for (std::size_t i = 0; i < found.size() && i < 20; ++i)
        ADD_FAILURE() << "after kill " << kills << ": " << found[i];
}

TEST(Crash, every_response_survives_kill_9) {
    // With PostgreSQL and NATS, a restart takes some 2 s.
    const int short_run_kills = is_one_process() ? 50 : is_short_run_on_nodes() ? 10 : 20;
    const int kills = std::getenv("STAGEDOOR_TEST_LONG") ? 500 : short_run_kills;
    std::cout << kills << " kills" << std::endl;
    std::mt19937_64 random{seed()};  // chooses the moments

    auto marketplace = make_marketplace(
        {.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}, {"STAGEDOOR_HOLD_SECONDS", "2"}}});
    marketplace->start();
    Load load{*marketplace, random()};
    auto slowest_start = std::chrono::milliseconds{0};
    std::size_t checked_in_databases = 0;
    auto killed_while_starting = 0;
    for (int done = 1; done <= kills && !::testing::Test::HasFailure(); ++done) {
        load.until_killed(std::chrono::milliseconds{50 + random() % 551});
        if (random() % 8 == 0) {  // and once more, while it starts
            marketplace->launch();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 80});
            marketplace->kill();
            ++killed_while_starting;
        }
        slowest_start = std::max(slowest_start, marketplace->start());
        auto databases = marketplace->databases();
        expect_no_violations(broken_invariants(*databases), done);
        expect_no_violations(load.expected.missing_in(*databases), done);
        checked_in_databases += load.expected.size();
        load.retry_unanswered(*databases);
        expect_no_violations(load.expected.missing_at(marketplace->base_url(), false), done);
        expect_no_violations(marketplace->logged_errors(), done);
        if (done % 10 == 0 || done == kills) {
            std::cout << done << " kills: " << load.writes << " writes and " << load.payments
                      << " payments confirmed, " << load.expected.checks()
                      << " looked up or retried through the API, " << checked_in_databases
                      << " in the databases; slowest start " << slowest_start.count() << " ms" << std::endl;
        }
    }
    std::cout << "total: " << kills << " kills under load and " << killed_while_starting
              << " while starting, " << load.writes << " writes and " << load.payments
              << " payments confirmed, " << load.rejections << " rejected, " << load.retried
              << " retried without a response; slowest start " << slowest_start.count() << " ms" << std::endl;

    expect_invariants_hold(*marketplace, &load.expected);
    auto databases = marketplace->databases();
    EXPECT_TRUE(becomes_true(
        [&] {
            load.retry_unanswered(*databases);
            return load.all_resolved();
        },
        20s, 500ms));
    expect_invariants_hold(*marketplace, &load.expected);
    EXPECT_TRUE(
        becomes_true([&] { return databases->number("orders", "SELECT sum(held) FROM tickets") == 0; },
                     5s));  // every hold ends
    EXPECT_EQ(databases->number(
                  "orders", "SELECT count(*) FROM orders WHERE status IN ('created', 'awaiting:payment')"),
              0);
    std::cout << databases->number("test-provider", "SELECT count(*) FROM charges WHERE declined IS NULL")
              << " charges at the provider, "
              << databases->number("test-provider", "SELECT count(*) FROM refunds") << " refunds; "
              << databases->number("payments", "SELECT count(*) FROM payments WHERE tries > 1")
              << " charges whose outcome was queried later" << std::endl;
    // The machine is still busy with the load; the conformance tests allow less.
    EXPECT_LT(slowest_start, 5s);
    EXPECT_EQ(marketplace->stop(), 0);
}

}  // namespace
}  // namespace stagedoor::testing
