// The routes of payments, as specified in docs/contract.md, with every card of the test provider.
#include <iostream>

#include "tests/conformance/shared_marketplace.hpp"

namespace stagedoor::testing {
namespace {

const std::string& url() { return shared().url; }

std::string place_order(const std::string& ticket, int quantity = 1) {
    return order(shared().buyer(), {{ticket, quantity}}).expect(201).at("id");
}
std::string place_order() { return place_order(list_ticket(shared().seller())); }

std::string status(const std::string& order) {
    return shared().buyer().get("/api/orders/" + order).expect(200).at("status");
}
bool reaches(const std::string& order, const std::string& wanted) {
    return becomes_true([&] { return status(order) == wanted; }, 5s);
}
Response payments_of(const std::string& order) {
    return testing::payments_of(shared().buyer(), order).expect(200);
}
Response pay_for(const std::string& order, std::string_view token = valid_card) {
    return pay(shared().buyer(), order, token);
}
void cancel(const std::string& order) { shared().buyer().delete_("/api/orders/" + order).expect(204); }

// Charged less refunded, in minor units, according to the provider.
std::int64_t net_charged(const std::string& order) {
    return shared().marketplace->databases()->number(
        "test-provider",
        "SELECT coalesce(sum(amount_minor - refunded_minor), 0) FROM charges WHERE order_id = '" + order +
            "'");
}

TEST(Pay, completes_the_order) {
    auto ticket = list_ticket(shared().seller(), {.price = "12.50", .quantity = 5});
    auto order = place_order(ticket, 3);
    auto payment = pay_for(order).expect(201).at("id");
    EXPECT_FALSE(payment.empty());
    EXPECT_TRUE(reaches(order, "complete"));
    auto current = shared().buyer().get("/api/orders/" + order);
    EXPECT_EQ(current.at("paymentId"), payment);
    EXPECT_EQ(current.at("version"), "3");
    EXPECT_EQ(net_charged(order), 3750);
    EXPECT_TRUE(becomes_true(
        [&] {
            for (const auto& each : all_pages(shared().seller(), "/api/tickets/mine")) {
                std::string text;
                json::write_value(text, each);
                if (text.find(ticket) != std::string::npos)
                    return text.find(R"("sold":3)") != std::string::npos;
            }
            return false;
        },
        5s));
    EXPECT_EQ(shared().anonymous().get("/api/tickets/" + ticket).at("available"), "2");
}

// Read-your-writes across services.
TEST(Pay, shows_in_the_order_at_once) {
    auto ticket = list_ticket(shared().seller(), {.quantity = 40});
    for (int i = 0; i < 20; ++i) {
        auto order = place_order(ticket);
        pay_for(order, declined_card).expect(402);
        EXPECT_EQ(status(order), "created");
        pay_for(order).expect(201);
        EXPECT_EQ(status(order), "complete");
    }
}

TEST(Pay, charges_once_however_often_it_is_called) {
    auto order = place_order();
    auto with_key = shared().buyer().with("Idempotency-Key", fresh_word());
    auto first = pay(with_key, order).expect(201);
    EXPECT_EQ(pay(with_key, order).expect(201).body, first.body);           // a retry
    EXPECT_EQ(pay_for(order).expect(201).body, first.body);                 // a double click
    EXPECT_EQ(pay_for(order, declined_card).expect(201).body, first.body);  // a second tab
    EXPECT_EQ(pay(shared().buyer().with("Idempotency-Key", fresh_word()), order).expect(201).body,
              first.body);
    pay(with_key, order, slow_card).expect(422);  // another body
    EXPECT_EQ(payments_of(order).count(), 1u);
    EXPECT_EQ(net_charged(order), 1999);
}

TEST(Pay, a_declined_card_can_be_followed_by_another) {
    auto order = place_order();
    auto before = shared().buyer().get("/api/orders/" + order).at("expiresAt");
    pay_for(order, declined_card).expect(402, "declined");
    pay_for(order, insufficient_funds_card).expect(402);
    pay_for(order, "tok_nobody_knows").expect(402);
    EXPECT_EQ(net_charged(order), 0);
    EXPECT_TRUE(reaches(order, "created"));
    EXPECT_EQ(shared().buyer().get("/api/orders/" + order).at("expiresAt"), before);
    auto payment = pay_for(order).expect(201).at("id");
    EXPECT_TRUE(reaches(order, "complete"));
    auto tries = payments_of(order);
    EXPECT_EQ(tries.count(), 4u) << tries.body;
    EXPECT_NE(tries.body.find(payment), std::string::npos);
    EXPECT_EQ(net_charged(order), 1999);
}

// Idempotency keys store the decline; the next attempt needs another key.
TEST(Pay, replays_a_decline_for_the_same_key) {
    auto order = place_order();
    auto with_key = shared().buyer().with("Idempotency-Key", fresh_word());
    auto first = pay(with_key, order, declined_card).expect(402);
    EXPECT_EQ(pay(with_key, order, declined_card).expect(402).body, first.body);
    EXPECT_EQ(payments_of(order).count(), 1u);
    EXPECT_TRUE(reaches(order, "created"));
    cancel(order);
}

// Slow and silent providers don't delay other payments.
TEST(Pay, waits_for_a_slow_provider_and_resolves_the_charge_of_a_silent_one) {
    auto slow = place_order(), silent = place_order(), twice = place_order();
    Response slow_reply, silent_reply;
    std::array<Response, 3> clicks;
    std::chrono::milliseconds slow_took{}, silent_took{};
    auto timed = [](Response& reply, const std::string& order, std::string_view token) {
        auto start = std::chrono::steady_clock::now();
        reply = pay_for(order, token);
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     start);
    };
    all_at_once(6, [&](int i) {
        if (i == 0) {
            slow_took = timed(slow_reply, slow, slow_card);
        } else if (i == 1) {
            silent_took = timed(silent_reply, silent, lost_response_card);
        } else if (i < 5) {
            clicks[static_cast<std::size_t>(i - 2)] = pay_for(twice, slow_card);
        } else {
            (void)becomes_true(
                [&] { return status(slow) == "awaiting:payment" && status(silent) == "awaiting:payment"; },
                3s);
            EXPECT_TRUE(becomes_true([&] { return payments_of(slow).at("[0].status") == "charging"; }, 3s));
            shared().buyer().delete_("/api/orders/" + slow).expect(409);
            shared().buyer().delete_("/api/orders/" + silent).expect(409);
            auto quick = place_order();
            auto start = std::chrono::steady_clock::now();
            pay_for(quick).expect(201);
            EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
        }
    });
    slow_reply.expect(201);
    std::cout << "the slow provider's outcome arrived after " << slow_took.count()
              << " ms, the silent one's after " << silent_took.count() << " ms with " << silent_reply.status
              << std::endl;
    EXPECT_GE(slow_took, 5s);
    EXPECT_LE(slow_took, 8s);
    EXPECT_TRUE(silent_reply.status == 201 || silent_reply.status == 503) << silent_reply.body;
    EXPECT_TRUE(becomes_true([&] { return pay_for(silent).status == 201; }, 20s, 200ms));
    for (const auto& click : clicks) EXPECT_EQ(click.expect(201).body, clicks[0].body);
    for (const auto& order : {slow, silent, twice}) {
        EXPECT_TRUE(reaches(order, "complete"));
        EXPECT_EQ(payments_of(order).count(), 1u);
        EXPECT_EQ(net_charged(order), 1999);
    }
}

TEST(Pay, is_for_the_buyer_only) {
    auto order = place_order();
    pay(shared().anonymous(), order).expect(401);
    pay(shared().stranger(), order).expect(403);
    pay(shared().seller(), order).expect(403);
    pay_for("0190f3a0-0000-7000-8000-000000000000").expect(404);
    pay_for("nonsense").expect(404);
    testing::payments_of(shared().anonymous(), order).expect(401);
    EXPECT_EQ(net_charged(order), 0);
    cancel(order);
}

TEST(Pay, works_right_after_the_order) {
    auto ticket = list_ticket(shared().seller(), {.quantity = 50});
    for (int i = 0; i < 50; ++i) pay_for(place_order(ticket)).expect(201);
}

TEST(Pay, rejects_invalid_payments) {
    auto wrong = [](const std::string& body, std::vector<std::string> fields,
                    Where where = Where::current()) {
        shared()
            .buyer()
            .post("/api/payments", body)
            .expect(400, {}, where)
            .expect_fields(std::move(fields), where);
    };
    wrong("{}", {"orderId", "token"});
    wrong(R"({"orderId":"","token":""})", {"orderId", "token"});
    wrong(R"({"orderId":1,"token":2})", {"orderId", "token"});
    wrong(R"({"orderId":"x","token":")" + std::string(10'000, 'x') + R"("})", {"token"});
    shared().buyer().post("/api/payments", "not JSON").expect(400);
    shared().buyer().with("Sec-Fetch-Site", "cross-site").post("/api/payments", payment("x")).expect(403);
    shared().buyer().with("Origin", "https://evil.example").post("/api/payments", payment("x")).expect(403);
    shared().buyer().get("/api/payments").expect(400).expect_fields({"orderId"});
}

TEST(Pay, rejects_cancelled_orders) {
    auto order = place_order();
    cancel(order);
    pay_for(order).expect(409);
    EXPECT_EQ(net_charged(order), 0);
    EXPECT_EQ(payments_of(order).body.find("succeeded"), std::string::npos);
}

TEST(PaidOrder, cannot_be_cancelled) {
    auto order = place_order();
    pay_for(order).expect(201);
    EXPECT_TRUE(reaches(order, "complete"));
    shared().buyer().delete_("/api/orders/" + order).expect(409);
    EXPECT_EQ(status(order), "complete");
    EXPECT_EQ(net_charged(order), 1999);
}

TEST(Payments, are_shown_to_their_buyer) {
    auto order = place_order();
    EXPECT_EQ(payments_of(order).body, "[]");
    auto id = pay_for(order).expect(201).at("id");
    auto current = payments_of(order);
    EXPECT_EQ(current.count(), 1u);
    EXPECT_EQ(current.at("[0].id"), id);
    EXPECT_EQ(current.at("[0].orderId"), order);
    EXPECT_EQ(current.at("[0].status"), "succeeded");
    EXPECT_EQ(current.at("[0].amount"), "19.99");
    EXPECT_EQ(current.at("[0].currency"), "USD");
    EXPECT_EQ(current.count("[0].refunds"), 0u);
    EXPECT_TRUE(Instant::parse(current.at("[0].createdAt")));
    EXPECT_EQ(current.body.find(valid_card), std::string::npos) << "the token must not be exposed";
    auto others = testing::payments_of(shared().stranger(), order);
    EXPECT_TRUE(others.status == 403 || others.body == "[]") << others.body;
}

// ---- The seller cancels a listing

TEST(CancelListing, refunds_all_buyers) {
    auto ticket = list_ticket(shared().seller(), {.price = "10", .quantity = 10});
    auto whole = place_order(ticket, 2), unpaid = place_order(ticket, 1);
    auto id = pay_for(whole).expect(201).at("id");
    cancel_listing(shared().buyer(), ticket).expect(403);
    cancel_listing(shared().anonymous(), ticket).expect(401);
    EXPECT_EQ(cancel_listing(shared().seller(), ticket).expect(200).at("status"), "cancelled");
    cancel_listing(shared().seller(), ticket).expect(200);
    EXPECT_TRUE(reaches(unpaid, "cancelled"));
    EXPECT_EQ(shared().buyer().get("/api/orders/" + unpaid).at("reason"), "listing_cancelled");
    EXPECT_TRUE(becomes_true([&] { return payments_of(whole).at("[0].refunds[0].status") == "done"; }, 5s));
    auto current = payments_of(whole);
    EXPECT_EQ(current.at("[0].id"), id);
    EXPECT_EQ(current.count("[0].refunds"), 1u);
    EXPECT_EQ(current.at("[0].refunds[0].amount"), "20.00");
    EXPECT_EQ(current.at("[0].refunds[0].reason"), "listing_cancelled");
    EXPECT_FALSE(current.at("[0].refunds[0].doneAt").empty());
    EXPECT_EQ(net_charged(whole), 0);
    EXPECT_FALSE(shared().buyer().get("/api/orders/" + whole).at("items[0].cancelledAt").empty());
    pay_for(unpaid).expect(409);
    order(shared().buyer(), {{ticket}}).expect(409);
}

TEST(CancelListing, refunds_only_its_part_of_an_order) {
    auto cancelled_listing = list_ticket(shared().seller(), {.price = "7.77", .quantity = 10}),
         second_cancelled = list_ticket(shared().stranger(), {.price = "1.11", .quantity = 10}),
         other_listing = list_ticket(shared().seller(), {.price = "100", .quantity = 10});
    auto order =
        testing::order(shared().buyer(), {{cancelled_listing, 3}, {other_listing, 1}, {second_cancelled, 1}})
            .expect(201)
            .at("id");
    pay_for(order).expect(201);
    EXPECT_EQ(net_charged(order), 2331 + 10000 + 111);
    cancel_listing(shared().seller(), cancelled_listing).expect(200);
    EXPECT_TRUE(becomes_true([&] { return net_charged(order) == 10000 + 111; }, 5s));
    cancel_listing(shared().stranger(), second_cancelled).expect(200);
    EXPECT_TRUE(becomes_true([&] { return net_charged(order) == 10000; }, 5s));
    EXPECT_EQ(status(order), "complete");
    EXPECT_EQ(payments_of(order).count("[0].refunds"), 2u);
    auto current = shared().buyer().get("/api/orders/" + order);
    auto cancelled_items = 0;
    for (int i = 0; i < 3; ++i)
        cancelled_items += !current.at("items[" + std::to_string(i) + "].cancelledAt").empty();
    EXPECT_EQ(cancelled_items, 2);
}

TEST(Balance, is_sales_less_refunds) {
    auto seller = sign_up(url()), other = sign_up(url());
    auto balance = [&](const User& user) { return user.at(url()).get("/api/payments/balance").expect(200); };
    EXPECT_EQ(balance(seller).body, "[]");
    shared().anonymous().get("/api/payments/balance").expect(401);
    auto dollars = list_ticket(seller.at(url()), {.price = "19.99", .quantity = 5}),
         cancelled_listing = list_ticket(seller.at(url()), {.price = "0.50", .quantity = 5}),
         yen =
             list_ticket(seller.at(url()), {.price = "1000", .quantity = 5, .more = R"(,"currency":"JPY")"}),
         others = list_ticket(other.at(url()), {.price = "5", .quantity = 5});
    pay_for(testing::order(shared().buyer(), {{dollars, 2}, {cancelled_listing, 1}, {others, 1}})
                .expect(201)
                .at("id"))
        .expect(201);
    pay_for(place_order(yen)).expect(201);
    pay_for(place_order(yen), declined_card).expect(402);
    cancel_listing(seller.at(url()), cancelled_listing).expect(200);
    expect_invariants_hold(*shared().marketplace);
    std::map<std::string, std::vector<std::string>> by_currency;
    auto current = balance(seller);
    for (std::size_t i = 0; i < current.count(); ++i) {
        auto of = [&](const std::string& name) { return current.at("[" + std::to_string(i) + "]." + name); };
        by_currency[of("currency")] = {of("sold"), of("fees"), of("refunded"), of("balance")};
    }
    EXPECT_EQ(by_currency["USD"], (std::vector<std::string>{"40.48", "0.00", "0.50", "39.98"}))
        << current.body;
    EXPECT_EQ(by_currency["JPY"], (std::vector<std::string>{"1000", "0", "0", "1000"})) << current.body;
    EXPECT_EQ(balance(other).at("[0].balance"), "5.00");
}

TEST(Payments, name_the_provider) {
    EXPECT_EQ(shared().anonymous().get("/api/payments/provider").expect(200).at("name"), "test");
}

// ---- Crashes

// The process is killed during a slow and a silent charge, both leased for 30 s.
TEST(Payments, are_resolved_after_a_crash) {
    auto marketplace = make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}});
    marketplace->start();
    auto seller = sign_up(marketplace->base_url()).at(marketplace->base_url()),
         buyer = sign_up(marketplace->base_url()).at(marketplace->base_url());
    auto ticket = list_ticket(seller, {.quantity = 2});
    constexpr std::array cards{slow_card, lost_response_card};
    std::array<std::string, 2> orders;
    for (auto& each : orders) each = order(buyer, {{ticket}}).expect(201).at("id");
    auto databases = marketplace->databases();
    all_at_once(3, [&](int i) {
        if (i < 2) {
            auto at = static_cast<std::size_t>(i);
            EXPECT_THROW((void)pay(buyer, orders[at], cards[at]), NoResponse);
            return;
        }
        auto charging = [&] {
            return databases->number("payments", "SELECT count(*) FROM payments WHERE status = 'charging'");
        };
        EXPECT_TRUE(becomes_true([&] { return charging() == 2; }, 5s, 1ms));
        marketplace->kill();
    });
    marketplace->start();
    for (const auto& each : orders) {
        auto status = [&] { return buyer.get("/api/orders/" + each).at("status"); };
        EXPECT_TRUE(becomes_true([&] { return status() == "complete"; }, 45s, 50ms)) << status();
        pay(buyer, each).expect(201);
    }
    expect_invariants_hold(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

// ---- POST /api/orders/:id/return

std::string moved_to(const std::string& venue, int version) {
    return R"({"title":"A concert","price":19.99,"quantity":5,"venue":")" + venue + R"(","version":)" +
           std::to_string(version) + "}";
}
Response return_tickets(const std::string& order, const std::string& ticket) {
    return shared().buyer().post("/api/orders/" + order + "/return", R"({"ticketId":")" + ticket + R"("})");
}

TEST(ReturnTickets, refunds_once_what_the_seller_has_changed) {
    auto ticket = list_ticket(shared().seller(), {.quantity = 5, .more = R"(,"venue":"Alte Oper")"});
    auto other = list_ticket(shared().seller(), {.price = "5.00"});
    auto order = testing::order(shared().buyer(), {{ticket, 2}, {other}}).expect(201).at("id");
    return_tickets(order, ticket).expect(409, "Only tickets that are paid");
    pay_for(order).expect(201);
    ASSERT_TRUE(reaches(order, "complete"));
    return_tickets(order, ticket).expect(409, "as it was when you ordered");
    shared().seller().put("/api/tickets/" + ticket, moved_to("Car park", 1)).expect(200);
    EXPECT_TRUE(becomes_true(
        [&] {
            auto current = shared().buyer().get("/api/orders/" + order).expect(200);
            return current.body.find("returnUntil") != std::string::npos;
        },
        5s));
    auto current = shared().buyer().get("/api/orders/" + order);
    EXPECT_NE(current.body.find("Alte Oper"), std::string::npos) << current.body;
    EXPECT_EQ(current.body.find("Car park"), std::string::npos) << current.body;
    all_at_once(8, [](int) {}, [&](int) { return_tickets(order, ticket).expect(200); });
    EXPECT_TRUE(becomes_true([&] { return net_charged(order) == 500; }, 5s)) << net_charged(order);
    return_tickets(order, other).expect(409, "as it was when you ordered");
    EXPECT_TRUE(becomes_true(
        [&] { return shared().anonymous().get("/api/tickets/" + ticket).at("available") == "5"; }, 5s));
    auto refunds = payments_of(order);
    EXPECT_EQ(refunds.at("[0].refunds[0].reason"), "buyer") << refunds.body;
    EXPECT_EQ(refunds.at("[0].refunds[1].id"), "") << refunds.body;
}

}  // namespace
}  // namespace stagedoor::testing
