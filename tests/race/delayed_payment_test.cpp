// Each event of a payment is delayed while the hold or its lease expires, another buyer takes the tickets,
// the buyer cancels or the seller cancels the listing: the order ends complete and charged, or cancelled and
// not charged.
#include "tests/race/delayed_bus.hpp"

namespace stagedoor::testing {
namespace {

constexpr std::chrono::seconds time_to_pay{900}, lease{60}, grace{10};

enum class Meanwhile { nothing, hold_expires, lease_expires, rival_orders, buyer_cancels, seller_cancels };

struct Interleaving {
    std::string_view name;
    std::string_view subscriber, type;  // the event that is delayed
    Meanwhile meanwhile;
    std::string_view status, reason = "";  // of the order in the end
    std::string_view token = valid_card;
    std::chrono::seconds age{0};    // of the order when it is paid
    bool timer_is_delayed = false;  // delays expiration.complete too
};

constexpr std::chrono::seconds almost_expired = time_to_pay - std::chrono::seconds{5};

constexpr std::array interleavings{
    // Orders doesn't know about the payment yet.
    Interleaving{"started", "orders", "payment.started", Meanwhile::nothing, "complete"},
    Interleaving{"started, the hold expires", "orders", "payment.started", Meanwhile::hold_expires,
                 "cancelled", "expired", valid_card, almost_expired},
    Interleaving{"started, the hold expires unnoticed", "orders", "payment.started", Meanwhile::hold_expires,
                 "complete", "", valid_card, almost_expired, true},
    Interleaving{"started, long expired", "orders", "payment.started", Meanwhile::lease_expires, "cancelled",
                 "expired", valid_card, almost_expired, true},
    Interleaving{"started, a rival orders", "orders", "payment.started", Meanwhile::rival_orders, "cancelled",
                 "expired", valid_card, almost_expired, true},
    Interleaving{"started, the buyer cancels", "orders", "payment.started", Meanwhile::buyer_cancels,
                 "cancelled", "buyer"},
    Interleaving{"started, the listing is cancelled", "orders", "payment.started", Meanwhile::seller_cancels,
                 "cancelled", "listing_cancelled"},
    // Payments doesn't know yet that it may charge.
    Interleaving{"awaiting", "payments", "order.awaiting", Meanwhile::nothing, "complete"},
    Interleaving{"awaiting, the hold expires", "payments", "order.awaiting", Meanwhile::hold_expires,
                 "complete", "", valid_card, almost_expired},
    Interleaving{"awaiting, the lease expires", "payments", "order.awaiting", Meanwhile::lease_expires,
                 "cancelled", "expired", valid_card, almost_expired},
    Interleaving{"awaiting, a rival orders", "payments", "order.awaiting", Meanwhile::rival_orders,
                 "cancelled", "expired", valid_card, almost_expired, true},
    Interleaving{"awaiting, the buyer can't cancel", "payments", "order.awaiting", Meanwhile::buyer_cancels,
                 "complete"},
    Interleaving{"awaiting, the listing is cancelled", "payments", "order.awaiting",
                 Meanwhile::seller_cancels, "complete"},
    // The buyer was charged, but orders doesn't know yet.
    Interleaving{"created", "orders", "payment.created", Meanwhile::nothing, "complete"},
    Interleaving{"created, the hold expires", "orders", "payment.created", Meanwhile::hold_expires,
                 "complete", "", valid_card, almost_expired},
    Interleaving{"created, the lease expires", "orders", "payment.created", Meanwhile::lease_expires,
                 "cancelled", "expired", valid_card, almost_expired},
    Interleaving{"created, the lease expires unnoticed", "orders", "payment.created",
                 Meanwhile::lease_expires, "complete", "", valid_card, almost_expired, true},
    Interleaving{"created, a rival orders", "orders", "payment.created", Meanwhile::rival_orders, "cancelled",
                 "expired", valid_card, almost_expired, true},
    Interleaving{"created, the buyer can't cancel", "orders", "payment.created", Meanwhile::buyer_cancels,
                 "complete"},
    Interleaving{"created, the listing is cancelled", "orders", "payment.created", Meanwhile::seller_cancels,
                 "complete"},
    // The charge was declined, but orders doesn't know yet.
    Interleaving{"failed", "orders", "payment.failed", Meanwhile::nothing, "created", "", declined_card},
    Interleaving{"failed, the hold expires", "orders", "payment.failed", Meanwhile::hold_expires, "cancelled",
                 "expired", declined_card, almost_expired},
    Interleaving{"failed, a rival orders", "orders", "payment.failed", Meanwhile::rival_orders, "cancelled",
                 "expired", declined_card, almost_expired, true},
    Interleaving{"failed, the listing is cancelled", "orders", "payment.failed", Meanwhile::seller_cancels,
                 "cancelled", "listing_cancelled", declined_card},
    // The order is paid, but payments doesn't know yet.
    Interleaving{"completed", "payments", "order.completed", Meanwhile::nothing, "complete"},
    Interleaving{"completed, the listing is cancelled", "payments", "order.completed",
                 Meanwhile::seller_cancels, "complete"},
};

class DelayedPayment : public DelayedBus {
  protected:
    [[nodiscard]] std::int64_t net_charged(const std::string& order) const {
        return databases->number(
            "test-provider",
            "SELECT coalesce(sum(amount_minor - refunded_minor), 0) FROM charges WHERE order_id = '" + order +
                "'");
    }

    [[nodiscard]] static std::string count_query(const std::string& table, const std::string& which) {
        return "SELECT count(*) FROM " + table + " WHERE " + which;
    }

    // If the hold has expired and the timer isn't delayed, waits until the hold is released.
    void await_release(const Interleaving& interleaving, const std::string& order) {
        auto now = std::to_string(clock.clock().now().milliseconds);
        auto has_expired = "id = '" + order + "' AND coalesce(leased_until, expires_at) <= " + now;
        if (interleaving.timer_is_delayed ||
            databases->number("orders", count_query("orders", has_expired)) == 0)
            return;
        EXPECT_TRUE(becomes_true(
            [&] {
                return databases->number(
                           "orders", count_query("orders", has_expired + " AND status = 'cancelled'")) == 1;
            },
            5s, 1ms));
    }

    void interleave(const Interleaving& interleaving, const std::string& ticket, const std::string& order) {
        switch (interleaving.meanwhile) {
            case Meanwhile::nothing:
                return;
            case Meanwhile::hold_expires:
                clock.advance(std::chrono::seconds{8});
                return await_release(interleaving, order);
            case Meanwhile::lease_expires:
                clock.advance(lease + grace);
                return await_release(interleaving, order);
            case Meanwhile::rival_orders:
                clock.advance(lease + grace);
                testing::order(buyer(1), {{ticket}}).expect(201);
                return;
            case Meanwhile::buyer_cancels:
                buyer(0)
                    .delete_("/api/orders/" + order)
                    .expect(interleaving.status == "complete" ? 409 : 204);
                return;
            case Meanwhile::seller_cancels: {
                cancel_listing(as_seller(), ticket).expect(200);
                auto listing_closed = "status = 'cancelled' AND id = '" + ticket + "'";
                auto order_handled = "status <> 'created' AND id = '" + order + "'";
                EXPECT_TRUE(becomes_true(
                    [&] {
                        return databases->number("orders", count_query("tickets", listing_closed)) == 1 &&
                               databases->number("orders", count_query("orders", order_handled)) == 1;
                    },
                    5s, 1ms));
            }
        }
    }

    void run(const Interleaving& interleaving) {
        SCOPED_TRACE(interleaving.name);
        auto ticket = list_and_await({});
        auto order = testing::order(buyer(0), {{ticket}}).expect(201);
        auto id = order.at("id");
        EXPECT_TRUE(becomes_true(
            [&] { return databases->number("payments", count_query("orders", "id = '" + id + "'")) == 1; },
            5s, 1ms));
        if (interleaving.age > 0s) clock.advance(interleaving.age);
        auto timer = interleaving.timer_is_delayed ? bus.close("orders", "expiration.complete") : nullptr;
        auto gate = bus.close(std::string{interleaving.subscriber}, std::string{interleaving.type});
        Response payment;
        {
            std::jthread paying{[&] { payment = pay(buyer(0), id, interleaving.token); }};
            EXPECT_TRUE(gate->is_reached());
            interleave(interleaving, ticket, id);
            gate.reset();
        }
        auto order_now = [&] { return buyer(0).get("/api/orders/" + id).expect(200); };
        EXPECT_TRUE(becomes_true([&] { return order_now().at("status") == interleaving.status; }, 10s))
            << order_now().body;
        timer.reset();
        expect_invariants_hold(*databases, url);
        EXPECT_EQ(order_now().at("status"), interleaving.status);
        EXPECT_EQ(order_now().at("reason"), interleaving.reason);
        auto is_refunded = interleaving.meanwhile == Meanwhile::seller_cancels;
        EXPECT_EQ(net_charged(id), interleaving.status == "complete" && !is_refunded ? 1999 : 0);
        auto allowed = std::set{201, 402, 409, 503};
        EXPECT_TRUE(allowed.contains(payment.status)) << payment.status << " " << payment.body;
        if (interleaving.status == "complete") pay(buyer(0), id).expect(201);
        if (interleaving.status == "cancelled") EXPECT_NE(pay(buyer(0), id).status, 503);
        EXPECT_EQ(net_charged(id), interleaving.status == "complete" && !is_refunded ? 1999 : 0);
    }
};

TEST_F(DelayedPayment, completes_or_refunds_whatever_happens_between_its_steps) {
    for (const auto& interleaving : interleavings) run(interleaving);
}

TEST_F(DelayedPayment, survives_many_bus_outages) {
    constexpr int threads = 8, rounds = 30;
    auto base_seed = seed();
    ExpectedState expected;
    std::vector<std::string> ids;
    for (int i = 0; i < 6; ++i) ids.push_back(list_and_await({.quantity = 60}));
    Tally payments, cancels;
    std::jthread pauser{[&](const std::stop_token& stopping) {
        std::mt19937_64 random{base_seed};
        while (!stopping.stop_requested()) {
            bus.pause();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 40});
            bus.resume();
            std::this_thread::sleep_for(std::chrono::milliseconds{random() % 10});
            if (random() % 40 == 0)
                clock.advance(std::chrono::seconds{300});  // a hold lasts for three of these
        }
    }};
    parallel_for(threads * rounds, threads, [&](int i) {
        std::mt19937_64 random{base_seed + static_cast<unsigned>(i)};
        const auto& me = user(static_cast<std::size_t>(i));
        const auto& id = ids[random() % ids.size()];
        auto order = testing::order(me.at(url), {{id, static_cast<int>(1 + random() % 2)}});
        if (order.status == 409) return;  // sold out, or the listing was cancelled
        expected.ordered(me, order.expect(201));
        auto reply = pay(me.at(url), order.at("id"), random() % 5 ? valid_card : declined_card);
        payments.add(reply.status);
        if (reply.status == 201) expected.paid(me, order.at("id"), reply);
        if (i == threads * rounds / 2) cancel_listing(as_seller(), ids[0]).expect(200);
        if (random() % 3) return;
        auto cancel = me.at(url).delete_("/api/orders/" + order.at("id"));
        cancels.add(cancel.status);
        if (cancel.status == 204) expected.cancelled(order.at("id"));
        EXPECT_FALSE(reply.status == 201 && cancel.status == 204);
    });
    pauser.request_stop();
    pauser.join();
    std::cout << "payments: " << payments.text() << "; cancels: " << cancels.text() << std::endl;
    expect_invariants_hold(*databases, url, &expected);
}

}  // namespace
}  // namespace stagedoor::testing
