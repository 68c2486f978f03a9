// Holds that run out: buyable again at that very second, listed again within one, whatever happens to the
// program.
#include <iostream>

#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

class ShortHolds : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        marketplace_ = make_marketplace(
            {.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}, {"STAGEDOOR_HOLD_SECONDS", "2"}}});
        marketplace_->start();
        people_ = sign_up_many(marketplace_->base_url(), 3);
    }
    static void TearDownTestSuite() {
        expect_sound_books(*marketplace_);
        EXPECT_EQ(marketplace_->stop(), 0);
        marketplace_.reset();
    }

    static Visitor seller() { return people_[0].at(marketplace_->base_url()); }
    static Visitor buyer() { return people_[1].at(marketplace_->base_url()); }
    static Visitor rival() { return people_[2].at(marketplace_->base_url()); }
    static Visitor nobody() { return Visitor{marketplace_->base_url()}; }
    static std::int64_t end_of(const Reply& order) {
        return Instant::parse(order.at("expiresAt")).value().milliseconds;
    }

    static std::unique_ptr<Marketplace> marketplace_;
    static std::vector<User> people_;
};
std::unique_ptr<Marketplace> ShortHolds::marketplace_;
std::vector<User> ShortHolds::people_;

TEST_F(ShortHolds, can_be_bought_at_the_very_moment_that_they_run_out) {
    auto id = list_ticket(seller());
    auto held = order(buyer(), {{id}}).expect(201);
    auto end = end_of(held);
    Reply next;
    EXPECT_TRUE(comes_true([&] { return (next = order(rival(), {{id}})).status == 201; }, 5s, 1ms));
    auto made = Instant::parse(next.at("createdAt")).value().milliseconds;
    EXPECT_GE(made, end);
    std::cout << "bought " << made - end << " ms after the hold ran out" << std::endl;
    EXPECT_LE(made, end + 1000);
    auto old = buyer().get("/api/orders/" + held.at("id")).expect(200);
    EXPECT_EQ(old.at("status"), "cancelled");
    EXPECT_EQ(old.at("reason"), "expired");
    buyer().delete_("/api/orders/" + held.at("id")).expect(204);
}

TEST_F(ShortHolds, read_as_cancelled_and_are_listed_again_within_a_second) {
    auto word = fresh_word();
    auto id = list_ticket(seller(), {.title = word});
    auto held = order(buyer(), {{id}}).expect(201);
    auto end = end_of(held);
    auto listed = [&] { return nobody().get("/api/tickets?q=" + word).count(); };
    EXPECT_TRUE(comes_true([&] { return listed() == 0; }, 1s));
    std::int64_t cancelled_at = 0, listed_at = 0;
    EXPECT_TRUE(comes_true(
        [&] {
            if (cancelled_at == 0 && buyer().get("/api/orders/" + held.at("id")).at("status") == "cancelled")
                cancelled_at = now_ms();
            if (listed_at == 0 && listed() == 1) listed_at = now_ms();
            return cancelled_at != 0 && listed_at != 0;
        },
        5s, 1ms));
    std::cout << "reads as cancelled after " << cancelled_at - end << " ms, listed again after "
              << listed_at - end << " ms" << std::endl;
    EXPECT_GE(cancelled_at, end);
    EXPECT_LE(cancelled_at, end + 200);
    EXPECT_GE(listed_at, end);
    EXPECT_LE(listed_at, end + 1000);
    EXPECT_EQ(nobody().get("/api/tickets/" + id).at("available"), "1");
}

TEST_F(ShortHolds, can_not_be_paid_when_they_have_run_out) {
    auto id = list_ticket(seller());
    auto held = order(buyer(), {{id}}).expect(201);
    EXPECT_TRUE(comes_true([&] { return now_ms() >= end_of(held); }, 5s, 1ms));
    pay(buyer(), held.at("id")).expect(409);
    EXPECT_EQ(payments_of(buyer(), held.at("id")).body.find("succeeded"), std::string::npos);
}

// The charge takes longer than the hold lasts.
TEST_F(ShortHolds, outlast_themselves_while_a_charge_is_under_way) {
    auto id = list_ticket(seller());
    auto held = order(buyer(), {{id}}).expect(201);
    Reply payment;
    {
        std::jthread paying{[&] { payment = pay(buyer(), held.at("id"), slow_card); }};
        EXPECT_TRUE(comes_true([&] { return now_ms() > end_of(held) + 500; }, 5s));
        auto shown = buyer().get("/api/orders/" + held.at("id")).expect(200);
        EXPECT_EQ(shown.at("status"), "awaiting:payment");
        EXPECT_GT(end_of(shown), now_ms() + 50'000);
        order(rival(), {{id}}).expect(409);
    }
    payment.expect(201);
    EXPECT_TRUE(comes_true(
        [&] { return buyer().get("/api/orders/" + held.at("id")).at("status") == "complete"; }, 5s));
}

// It leaves the time that there was: none.
TEST_F(ShortHolds, end_with_a_charge_that_is_declined_too_late) {
    auto id = list_ticket(seller());
    auto held = order(buyer(), {{id}}).expect(201);
    EXPECT_TRUE(comes_true([&] { return now_ms() >= end_of(held) - 300; }, 5s, 1ms));
    pay(buyer(), held.at("id"), declined_card).expect(402);
    order(rival(), {{id}}).expect(409);
    EXPECT_TRUE(comes_true([&] { return order(rival(), {{id}}).status == 201; }, 2s));
}

TEST_F(ShortHolds, run_out_by_the_hundred) {
    auto id = list_ticket(seller(), {.quantity = 300});
    std::atomic<std::int64_t> last = 0;
    share_out(300, 8, [&](int) {
        auto end = end_of(order(buyer(), {{id}}).expect(201));
        for (auto known = last.load(); known < end && !last.compare_exchange_weak(known, end);) {
        }
    });
    EXPECT_TRUE(
        comes_true([&] { return nobody().get("/api/tickets/" + id).number("available") == 300; }, 10s));
    std::cout << "300 holds were back " << now_ms() - last << " ms after the last of them ran out"
              << std::endl;
    EXPECT_LE(now_ms(), last + 1500);
}

TEST_F(ShortHolds, run_out_on_time_after_a_crash) {
    auto running_out = list_ticket(seller()), still_held = list_ticket(seller());
    auto early = order(buyer(), {{running_out}}).expect(201);
    EXPECT_TRUE(comes_true([&] { return now_ms() > end_of(early) - 600; }, 3s));
    auto late = order(buyer(), {{still_held}}).expect(201);
    marketplace_->kill();
    EXPECT_TRUE(comes_true([&] { return now_ms() > end_of(early); }, 3s));
    auto ready = marketplace_->start();
    auto ready_at = now_ms();
    std::cout << "ready again after " << ready.count() << " ms" << std::endl;
    EXPECT_EQ(buyer().get("/api/orders/" + early.at("id")).expect(200).at("status"), "cancelled");
    order(rival(), {{running_out}}).expect(201);
    if (now_ms() < end_of(late) - 200) order(rival(), {{still_held}}).expect(409);
    EXPECT_TRUE(
        comes_true([&] { return nobody().get("/api/tickets/" + still_held).number("available") == 1; }, 5s));
    EXPECT_LE(now_ms(), std::max(end_of(late), ready_at) + 1000);
}

}  // namespace
}  // namespace stagedoor::testing
