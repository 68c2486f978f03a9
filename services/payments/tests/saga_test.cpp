// A payment as a saga: what the order comes to, crossed with what the provider says and with a crash at each step.
// Every event is heard twice. However it goes, it ends complete or paid back, by the provider's own books.
#include "services/payments/tests/samples.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;

enum class Story {
    complete,
    cancelled_before,     // before orders has leased the hold
    cancelled_overtakes,  // after it, but both are heard at once, the later one first
    cancelled_meanwhile,  // while the provider charges
    cancelled_after,      // when it is charged
    voided,               // one of two listings, when it is complete
};

// Where it is killed, with what it was just doing undone.
enum class Crash { never, opened, asked, charged, settled, refund_asked, refunded };

struct Case {
    Story story = Story::complete;
    Answer answer = Answer::yes;  // of the provider, to the first charge that it receives
    Crash crash = Crash::never;

    // The provider did not hear of it before the order was cancelled, and receives no more of it.
    [[nodiscard]] bool is_never_charged() const {
        return story == Story::cancelled_overtakes && (answer == Answer::deaf || crash == Crash::asked);
    }
    [[nodiscard]] bool pays_back() const {
        return story != Story::complete && story != Story::cancelled_before && answer != Answer::no &&
               !is_never_charged();
    }
    [[nodiscard]] bool is_possible() const {
        if (story == Story::cancelled_before)
            return answer == Answer::yes && (crash == Crash::never || crash == Crash::opened);
        if (story == Story::cancelled_meanwhile && answer != Answer::yes) return false;
        if ((story == Story::cancelled_after || story == Story::voided) && answer == Answer::no) return false;
        if (crash == Crash::charged) return answer == Answer::yes;
        return pays_back() || (crash != Crash::refund_asked && crash != Crash::refunded);
    }
};

std::string name_of(const Case& each) {
    static const std::map<Story, std::string> stories{{Story::complete, "complete"},
                                                      {Story::cancelled_before, "cancelledBefore"},
                                                      {Story::cancelled_overtakes, "cancelledOvertakes"},
                                                      {Story::cancelled_meanwhile, "cancelledMeanwhile"},
                                                      {Story::cancelled_after, "cancelledAfter"},
                                                      {Story::voided, "voided"}};
    static const std::map<Answer, std::string> answers{
        {Answer::yes, "Yes"}, {Answer::no, "No"}, {Answer::lost, "Lost"}, {Answer::deaf, "Deaf"}};
    static const std::map<Crash, std::string> crashes{{Crash::never, ""},
                                                      {Crash::opened, "CrashOpened"},
                                                      {Crash::asked, "CrashAsked"},
                                                      {Crash::charged, "CrashCharged"},
                                                      {Crash::settled, "CrashSettled"},
                                                      {Crash::refund_asked, "CrashRefundAsked"},
                                                      {Crash::refunded, "CrashRefunded"}};
    return stories.at(each.story) + answers.at(each.answer) + crashes.at(each.crash);
}

std::vector<Case> all_cases() {
    std::vector<Case> cases;
    for (auto story : {Story::complete, Story::cancelled_before, Story::cancelled_overtakes,
                       Story::cancelled_meanwhile, Story::cancelled_after, Story::voided}) {
        for (auto answer : {Answer::yes, Answer::no, Answer::lost, Answer::deaf}) {
            for (auto crash : {Crash::never, Crash::opened, Crash::asked, Crash::charged, Crash::settled,
                               Crash::refund_asked, Crash::refunded}) {
                if (Case each{story, answer, crash}; each.is_possible()) cases.push_back(each);
            }
        }
    }
    return cases;
}

constexpr std::int64_t concert = 3998, play = 300;

struct Saga : ScriptedTest, ::testing::WithParamInterface<Case> {
    ToldOrder order =
        ordered("order",
                {.lines = {{"concert", "seller", 1999, 2}, {"play", "another seller", 100, 3}}, .hold = 24h});

    template <class Event>
    void hears_twice(const Event& event) {
        payments.receives(event, event);
    }
    void crashes_at(Crash step) {
        if (GetParam().crash == step) payments.restart();
    }

    void write_script() {
        auto [story, answer, crash] = GetParam();
        std::vector<Answer> charges{answer}, refunds{Answer::no, Answer::lost};
        if (crash == Crash::asked) charges.insert(charges.begin(), Answer::held_before);
        if (crash == Crash::charged || story == Story::cancelled_meanwhile) charges = {Answer::held_after};
        if (crash == Crash::refund_asked) refunds = {Answer::held_before, Answer::deaf};
        if (crash == Crash::refunded) refunds = {Answer::held_after};
        bank().will(charges, refunds);
    }

    // Whoever asked is gone: nobody waits for the outcome.
    std::string opens_an_attempt() {
        auto answer = will_pay("order", "token", "key");
        auto id = attempt_of("order");
        answered_after(15s, answer, 2ms).expect(503);
        return id;
    }

    void is_charged(const std::string& id) {
        auto [story, answer, crash] = GetParam();
        auto awaiting = order.awaiting(id);
        if (story == Story::cancelled_overtakes) hears_twice(order.cancelled());
        hears_twice(awaiting);
        if (crash == Crash::asked || crash == Crash::charged || story == Story::cancelled_meanwhile)
            eventually([] { return bank().held() == 1; });
        if (story == Story::cancelled_meanwhile) hears_twice(order.cancelled());
        crashes_at(Crash::asked);
        crashes_at(Crash::charged);
        bank().release();
        in_the_end([&] { return status(id) == "succeeded" || status(id) == "failed"; });
        crashes_at(Crash::settled);
    }

    // What orders makes of it.
    void is_heard_by_orders(const std::string& id) {
        auto story = GetParam().story;
        if (story == Story::cancelled_after) hears_twice(order.cancelled());
        if (story != Story::complete && story != Story::voided) return;
        if (status(id) == "failed") {
            hears_twice(order.reopened());
            pays(order).expect(201);
        }
        auto completed = order.completed();
        if (story == Story::voided) hears_twice(order.voided("concert", payments.clock.now()));  // early
        hears_twice(completed);
    }

    void pays_back() {
        if (GetParam().crash == Crash::refund_asked || GetParam().crash == Crash::refunded)
            eventually([] { return bank().held() == 1; });
        crashes_at(Crash::refund_asked);
        crashes_at(Crash::refunded);
        in_the_end([&] {
            return payments.number("SELECT count(*) FROM payments WHERE status IN ('started', 'charging')") ==
                       0 &&
                   payments.number("SELECT count(*) FROM refunds WHERE status = 'pending'") == 0;
        });
    }

    [[nodiscard]] std::int64_t what_it_costs() const {
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

TEST_P(Saga, ends_complete_or_paid_back) {
    write_script();
    auto id = opens_an_attempt();
    crashes_at(Crash::opened);
    if (GetParam().story == Story::cancelled_before) {
        hears_twice(order.cancelled());
        EXPECT_EQ(bank().calls(), 0);
    } else {
        is_charged(id);
        is_heard_by_orders(id);
        pays_back();
    }

    EXPECT_LE(bank().standing_charges("order"), 1);
    EXPECT_EQ(bank().kept("order"), what_it_costs());
    EXPECT_EQ(-on("buyer/buyer"), what_it_costs());
    EXPECT_EQ(on("refunds"), 0);
    EXPECT_EQ(payments.published<contracts::PaymentRefunded>().size(), GetParam().pays_back() ? 1u : 0u);
    auto again = will_pay("order", "token", "key");
    auto answer = answered(again);
    if (GetParam().story == Story::cancelled_before)
        answer.expect(409);
    else if (GetParam().answer == Answer::no || GetParam().is_never_charged())
        answer.expect(402);
    else
        EXPECT_EQ(answer.expect(201).at("id"), id);
}

INSTANTIATE_TEST_SUITE_P(Cases, Saga, ::testing::ValuesIn(all_cases()),
                         [](const auto& info) { return name_of(info.param); });

}  // namespace
}  // namespace stagedoor::payments
