// The payment saga: every fate of the order, with every result of the provider, with a crash at each step.
// Every event is received twice. It always ends complete or refunded, by the provider's own books.
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;

enum class Story {
    complete,
    cancelled_before,     // before orders has leased the hold
    cancelled_overtakes,  // after it, but received first
    cancelled_meanwhile,  // while the provider charges
    cancelled_after,      // once it is charged
    voided,               // one of two listings, once it is complete
};

// Where the service is killed, losing what was not committed.
enum class Crash { never, opened, charge_sent, charged, settled, refund_sent, refunded };

struct Case {
    Story story = Story::complete;
    CallResult result = CallResult::success;  // of the first charge
    Crash crash = Crash::never;

    // The order was cancelled before any charge reached the provider, and then none was sent.
    [[nodiscard]] bool is_never_charged() const {
        return story == Story::cancelled_overtakes &&
               (result == CallResult::request_lost || crash == Crash::charge_sent);
    }
    [[nodiscard]] bool is_refunded() const {
        return story != Story::complete && story != Story::cancelled_before &&
               result != CallResult::rejected && !is_never_charged();
    }
    [[nodiscard]] bool is_possible() const {
        if (story == Story::cancelled_before)
            return result == CallResult::success && (crash == Crash::never || crash == Crash::opened);
        if (story == Story::cancelled_meanwhile && result != CallResult::success) return false;
        if ((story == Story::cancelled_after || story == Story::voided) && result == CallResult::rejected)
            return false;
        if (crash == Crash::charged) return result == CallResult::success;
        return is_refunded() || (crash != Crash::refund_sent && crash != Crash::refunded);
    }
};

std::string name_of(const Case& each) {
    static const std::map<Story, std::string> stories{{Story::complete, "complete"},
                                                      {Story::cancelled_before, "cancelledBefore"},
                                                      {Story::cancelled_overtakes, "cancelledOvertakes"},
                                                      {Story::cancelled_meanwhile, "cancelledMeanwhile"},
                                                      {Story::cancelled_after, "cancelledAfter"},
                                                      {Story::voided, "voided"}};
    static const std::map<CallResult, std::string> results{{CallResult::success, "Success"},
                                                           {CallResult::rejected, "Rejected"},
                                                           {CallResult::response_lost, "ResponseLost"},
                                                           {CallResult::request_lost, "RequestLost"}};
    static const std::map<Crash, std::string> crashes{{Crash::never, ""},
                                                      {Crash::opened, "CrashOpened"},
                                                      {Crash::charge_sent, "CrashChargeSent"},
                                                      {Crash::charged, "CrashCharged"},
                                                      {Crash::settled, "CrashSettled"},
                                                      {Crash::refund_sent, "CrashRefundSent"},
                                                      {Crash::refunded, "CrashRefunded"}};
    return stories.at(each.story) + results.at(each.result) + crashes.at(each.crash);
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (auto story : {Story::complete, Story::cancelled_before, Story::cancelled_overtakes,
                       Story::cancelled_meanwhile, Story::cancelled_after, Story::voided}) {
        for (auto result : {CallResult::success, CallResult::rejected, CallResult::response_lost,
                            CallResult::request_lost}) {
            for (auto crash : {Crash::never, Crash::opened, Crash::charge_sent, Crash::charged,
                               Crash::settled, Crash::refund_sent, Crash::refunded}) {
                if (Case each{story, result, crash}; each.is_possible()) cases.push_back(each);
            }
        }
    }
    return cases;
}

constexpr std::int64_t concert = 3998, play = 300;

struct Saga : ScriptedTest, ::testing::WithParamInterface<Case> {
    OrderEvents order = place_order(
        "order",
        {.lines = {{"concert", "seller", 1999, 2}, {"play", "another seller", 100, 3}}, .hold = 24h});

    template <class Event>
    void receives_twice(const Event& event) {
        payments.receives(event, event);
    }
    void crash_at(Crash step) {
        if (GetParam().crash == step) payments.restart();
    }

    void write_script() {
        auto [story, result, crash] = GetParam();
        std::vector<CallResult> charges{result}, refunds{CallResult::rejected, CallResult::response_lost};
        if (crash == Crash::charge_sent) charges.insert(charges.begin(), CallResult::blocked_before);
        if (crash == Crash::charged || story == Story::cancelled_meanwhile)
            charges = {CallResult::blocked_after};
        if (crash == Crash::refund_sent) refunds = {CallResult::blocked_before, CallResult::request_lost};
        if (crash == Crash::refunded) refunds = {CallResult::blocked_after};
        bank().script(charges, refunds);
    }

    // The client gives up: nobody waits for the outcome.
    std::string open_attempt() {
        auto pending = start_payment("order", "token", "key");
        auto id = attempt_of("order");
        response_after(15s, pending, 2ms).expect(503);
        return id;
    }

    void charge(const std::string& id) {
        auto [story, result, crash] = GetParam();
        auto awaiting = order.awaiting(id);
        if (story == Story::cancelled_overtakes) receives_twice(order.cancelled());
        receives_twice(awaiting);
        if (crash == Crash::charge_sent || crash == Crash::charged || story == Story::cancelled_meanwhile)
            eventually([] { return bank().blocked() == 1; });
        if (story == Story::cancelled_meanwhile) receives_twice(order.cancelled());
        crash_at(Crash::charge_sent);
        crash_at(Crash::charged);
        bank().release();
        advance_until(
            [&] { return status(id) == PaymentStatus::succeeded || status(id) == PaymentStatus::failed; });
        crash_at(Crash::settled);
    }

    // The events that orders publishes in response.
    void let_orders_react(const std::string& id) {
        auto story = GetParam().story;
        if (story == Story::cancelled_after) receives_twice(order.cancelled());
        if (story != Story::complete && story != Story::voided) return;
        if (status(id) == PaymentStatus::failed) {
            receives_twice(order.reopened());
            pay(order).expect(201);
        }
        auto completed = order.completed();
        if (story == Story::voided) receives_twice(order.voided("concert", payments.clock.now()));  // early
        receives_twice(completed);
    }

    void finish_refunds() {
        if (GetParam().crash == Crash::refund_sent || GetParam().crash == Crash::refunded)
            eventually([] { return bank().blocked() == 1; });
        crash_at(Crash::refund_sent);
        crash_at(Crash::refunded);
        advance_until([&] {
            return payments.number("SELECT count(*) FROM payments WHERE status IN ('started', 'charging')") ==
                       0 &&
                   payments.number("SELECT count(*) FROM refunds WHERE status = 'pending'") == 0;
        });
    }

    [[nodiscard]] std::int64_t expected_charge() const {
        switch (GetParam().story) {
            case Story::complete:
                return concert + play;
            case Story::voided:
                return play;
            default:
                return 0;
        }
    }
};

TEST_P(Saga, ends_complete_or_refunded) {
    write_script();
    auto id = open_attempt();
    crash_at(Crash::opened);
    if (GetParam().story == Story::cancelled_before) {
        receives_twice(order.cancelled());
        EXPECT_EQ(bank().calls(), 0);
    } else {
        charge(id);
        let_orders_react(id);
        finish_refunds();
    }

    EXPECT_LE(bank().valid_charges("order"), 1);
    EXPECT_EQ(bank().net_charged("order"), expected_charge());
    EXPECT_EQ(-balance("buyer/buyer"), expected_charge());
    EXPECT_EQ(balance("refunds"), 0);
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), GetParam().is_refunded() ? 1u : 0u);
    auto again = start_payment("order", "token", "key");
    auto response = response_of(again);
    if (GetParam().story == Story::cancelled_before)
        response.expect(409);
    else if (GetParam().result == CallResult::rejected || GetParam().is_never_charged())
        response.expect(402);
    else
        EXPECT_EQ(response.expect(201).at("id"), id);
}

INSTANTIATE_TEST_SUITE_P(Cases, Saga, ::testing::ValuesIn(all_cases()),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace stagedoor::payments
