// The steps of a payment, each held back while the hold runs out, its lease too, another takes the tickets, the buyer
// gives up or the seller calls it off: it ends complete and charged, or cancelled and charged nothing.
#include "tests/race/late_bus.hpp"

namespace stagedoor::testing {
namespace {

constexpr std::chrono::seconds time_to_pay{900}, lease{60}, grace{10};

enum class Meanwhile { nothing, hold_ends, lease_ends, another_orders, buyer_cancels, seller_calls_off };

struct Crossing {
    std::string_view name;
    std::string_view listener, type;  // the step that is late
    Meanwhile meanwhile;
    std::string_view status, reason = "";  // of the order, in the end
    std::string_view token = good_card;
    std::chrono::seconds age{0};  // of the order, when it is paid
    bool timer_is_late = false;   // expiration.complete too is held back
};

constexpr std::chrono::seconds late = time_to_pay - std::chrono::seconds{5};

constexpr std::array crossings{
    // Orders hasn't heard that somebody wants to pay.
    Crossing{"started", "orders", "payment.started", Meanwhile::nothing, "complete"},
    Crossing{"started, the hold ends", "orders", "payment.started", Meanwhile::hold_ends, "cancelled",
             "expired", good_card, late},
    Crossing{"started, the hold ends unnoticed", "orders", "payment.started", Meanwhile::hold_ends,
             "complete", "", good_card, late, true},
    Crossing{"started, long over", "orders", "payment.started", Meanwhile::lease_ends, "cancelled", "expired",
             good_card, late, true},
    Crossing{"started, another orders", "orders", "payment.started", Meanwhile::another_orders, "cancelled",
             "expired", good_card, late, true},
    Crossing{"started, the buyer cancels", "orders", "payment.started", Meanwhile::buyer_cancels, "cancelled",
             "buyer"},
    Crossing{"started, called off", "orders", "payment.started", Meanwhile::seller_calls_off, "cancelled",
             "listing_cancelled"},
    // Payments hasn't heard that it may charge.
    Crossing{"awaiting", "payments", "order.awaiting", Meanwhile::nothing, "complete"},
    Crossing{"awaiting, the hold ends", "payments", "order.awaiting", Meanwhile::hold_ends, "complete", "",
             good_card, late},
    Crossing{"awaiting, the lease ends", "payments", "order.awaiting", Meanwhile::lease_ends, "cancelled",
             "expired", good_card, late},
    Crossing{"awaiting, another orders", "payments", "order.awaiting", Meanwhile::another_orders, "cancelled",
             "expired", good_card, late, true},
    Crossing{"awaiting, the buyer can't cancel", "payments", "order.awaiting", Meanwhile::buyer_cancels,
             "complete"},
    Crossing{"awaiting, called off", "payments", "order.awaiting", Meanwhile::seller_calls_off, "complete"},
    // The buyer is charged, and orders hasn't heard it.
    Crossing{"created", "orders", "payment.created", Meanwhile::nothing, "complete"},
    Crossing{"created, the hold ends", "orders", "payment.created", Meanwhile::hold_ends, "complete", "",
             good_card, late},
    Crossing{"created, the lease ends", "orders", "payment.created", Meanwhile::lease_ends, "cancelled",
             "expired", good_card, late},
    Crossing{"created, the lease ends unnoticed", "orders", "payment.created", Meanwhile::lease_ends,
             "complete", "", good_card, late, true},
    Crossing{"created, another orders", "orders", "payment.created", Meanwhile::another_orders, "cancelled",
             "expired", good_card, late, true},
    Crossing{"created, the buyer can't cancel", "orders", "payment.created", Meanwhile::buyer_cancels,
             "complete"},
    Crossing{"created, called off", "orders", "payment.created", Meanwhile::seller_calls_off, "complete"},
    // The charge was declined, and orders hasn't heard it.
    Crossing{"failed", "orders", "payment.failed", Meanwhile::nothing, "created", "", declined_card},
    Crossing{"failed, the hold ends", "orders", "payment.failed", Meanwhile::hold_ends, "cancelled",
             "expired", declined_card, late},
    Crossing{"failed, another orders", "orders", "payment.failed", Meanwhile::another_orders, "cancelled",
             "expired", declined_card, late, true},
    Crossing{"failed, called off", "orders", "payment.failed", Meanwhile::seller_calls_off, "cancelled",
             "listing_cancelled", declined_card},
    // It is paid, and payments hasn't heard it.
    Crossing{"completed", "payments", "order.completed", Meanwhile::nothing, "complete"},
    Crossing{"completed, called off", "payments", "order.completed", Meanwhile::seller_calls_off, "complete"},
};

class LatePayment : public LateBus {
  protected:
    [[nodiscard]] std::int64_t standing(const std::string& order) const {
        return databases->number(
            "test-provider",
            "SELECT coalesce(sum(amount_minor - refunded_minor), 0) FROM charges WHERE order_id = '" + order +
                "'");
    }

    [[nodiscard]] static std::string counted(const std::string& table, const std::string& which) {
        return "SELECT count(*) FROM " + table + " WHERE " + which;
    }

    // Where its time is over, and the timer is not late, it is released before the gate opens.
    void await_release(const Crossing& crossing, const std::string& order) {
        auto now = std::to_string(time.clock().now().milliseconds);
        auto is_over = "id = '" + order + "' AND coalesce(leased_until, expires_at) <= " + now;
        if (crossing.timer_is_late || databases->number("orders", counted("orders", is_over)) == 0) return;
        EXPECT_TRUE(comes_true(
            [&] {
                return databases->number("orders",
                                         counted("orders", is_over + " AND status = 'cancelled'")) == 1;
            },
            5s, 1ms));
    }

    void do_meanwhile(const Crossing& crossing, const std::string& ticket, const std::string& order) {
        switch (crossing.meanwhile) {
            case Meanwhile::nothing:
                return;
            case Meanwhile::hold_ends:
                time.leap(std::chrono::seconds{8});
                return await_release(crossing, order);
            case Meanwhile::lease_ends:
                time.leap(lease + grace);
                return await_release(crossing, order);
            case Meanwhile::another_orders:
                time.leap(lease + grace);
                testing::order(buyer(1), {{ticket}}).expect(201);
                return;
            case Meanwhile::buyer_cancels:
                buyer(0).delete_("/api/orders/" + order).expect(crossing.status == "complete" ? 409 : 204);
                return;
            case Meanwhile::seller_calls_off: {
                call_off(selling(), ticket).expect(200);
                auto closed = "status = 'cancelled' AND id = '" + ticket + "'";
                auto seen_to = "status <> 'created' AND id = '" + order + "'";
                EXPECT_TRUE(comes_true(
                    [&] {
                        return databases->number("orders", counted("tickets", closed)) == 1 &&
                               databases->number("orders", counted("orders", seen_to)) == 1;
                    },
                    5s, 1ms));
            }
        }
    }

    void cross(const Crossing& crossing) {
        SCOPED_TRACE(crossing.name);
        auto ticket = listed({});
        auto order = testing::order(buyer(0), {{ticket}}).expect(201);
        auto id = order.at("id");
        EXPECT_TRUE(comes_true(
            [&] { return databases->number("payments", counted("orders", "id = '" + id + "'")) == 1; }, 5s,
            1ms));
        if (crossing.age > 0s) time.leap(crossing.age);
        auto timer = crossing.timer_is_late ? bus.close("orders", "expiration.complete") : nullptr;
        auto gate = bus.close(std::string{crossing.listener}, std::string{crossing.type});
        Reply payment;
        {
            std::jthread paying{[&] { payment = pay(buyer(0), id, crossing.token); }};
            EXPECT_TRUE(gate->is_reached());
            do_meanwhile(crossing, ticket, id);
            gate.reset();
        }
        auto shown = [&] { return buyer(0).get("/api/orders/" + id).expect(200); };
        EXPECT_TRUE(comes_true([&] { return shown().at("status") == crossing.status; }, 10s)) << shown().body;
        timer.reset();
        expect_sound_books(*databases, url);
        EXPECT_EQ(shown().at("status"), crossing.status);
        EXPECT_EQ(shown().at("reason"), crossing.reason);
        auto is_void = crossing.meanwhile == Meanwhile::seller_calls_off;
        EXPECT_EQ(standing(id), crossing.status == "complete" && !is_void ? 1999 : 0);
        auto allowed = std::set{201, 402, 409, 503};
        EXPECT_TRUE(allowed.contains(payment.status)) << payment.status << " " << payment.body;
        if (crossing.status == "complete") pay(buyer(0), id).expect(201);
        if (crossing.status == "cancelled") EXPECT_NE(pay(buyer(0), id).status, 503);
        EXPECT_EQ(standing(id), crossing.status == "complete" && !is_void ? 1999 : 0);
    }
};

TEST_F(LatePayment, ends_complete_or_pays_back_whatever_comes_between_its_steps) {
    for (const auto& crossing : crossings) cross(crossing);
}

TEST_F(LatePayment, comes_through_a_bus_that_stops_again_and_again) {
    constexpr int threads = 8, rounds = 30;
    auto chance_seed = seed();
    Answers answers;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(listed({.quantity = 60}));
    Tally payments, cancels;
    std::jthread stutter{[&](const std::stop_token& stopping) {
        std::mt19937_64 random{chance_seed};
        while (!stopping.stop_requested()) {
            bus.pause();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 40});
            bus.resume();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 10});
            if (random() % 40 == 0) time.leap(std::chrono::seconds{300});  // three are a hold's time
        }
    }};
    share_out(threads * rounds, threads, [&](int i) {
        std::mt19937_64 random{chance_seed + static_cast<unsigned>(i)};
        const auto& me = user(static_cast<std::size_t>(i));
        const auto& id = ids[random() % ids.size()];
        auto order = testing::order(me.at(url), {{id, static_cast<int>(1 + random() % 2)}});
        if (order.status == 409) return;  // sold out, or called off
        answers.ordered(me, order.expect(201));
        auto reply = pay(me.at(url), order.at("id"), random() % 5 ? good_card : declined_card);
        payments.add(reply.status);
        if (reply.status == 201) answers.paid(me, order.at("id"), reply);
        if (i == threads * rounds / 2) call_off(selling(), ids[0]).expect(200);
        if (random() % 3) return;
        auto cancel = me.at(url).delete_("/api/orders/" + order.at("id"));
        cancels.add(cancel.status);
        if (cancel.status == 204) answers.cancelled(order.at("id"));
        EXPECT_FALSE(reply.status == 201 && cancel.status == 204);
    });
    stutter.request_stop();
    stutter.join();
    std::cout << "payments: " << payments.text() << "; cancels: " << cancels.text() << std::endl;
    expect_sound_books(*databases, url, &answers);
}

}  // namespace
}  // namespace stagedoor::testing
