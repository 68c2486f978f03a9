// CONTRACT.md, the routes of payments: what each card of the test provider does, once and only once.
#include <iostream>

#include "tests/conformance/stage.hpp"

namespace stagedoor::testing {
namespace {

const std::string& url() { return stage().url; }

std::string ordered(const std::string& ticket, int quantity = 1) {
    return order(stage().buyer(), {{ticket, quantity}}).expect(201).at("id");
}
std::string ordered() { return ordered(list_ticket(stage().seller())); }

std::string status(const std::string& order) {
    return stage().buyer().get("/api/orders/" + order).expect(200).at("status");
}
bool becomes(const std::string& order, const std::string& wanted) {
    return comes_true([&] { return status(order) == wanted; }, 5s);
}
Reply payments_of(const std::string& order) {
    return testing::payments_of(stage().buyer(), order).expect(200);
}
Reply paid(const std::string& order, std::string_view token = good_card) {
    return pay(stage().buyer(), order, token);
}
void cancel(const std::string& order) { stage().buyer().delete_("/api/orders/" + order).expect(204); }

// Charged and not paid back, in minor units, by the provider's own books.
std::int64_t standing(const std::string& order) {
    return stage().marketplace->databases()->number(
        "test-provider",
        "SELECT coalesce(sum(amount_minor - refunded_minor), 0) FROM charges WHERE order_id = '" + order +
            "'");
}

TEST(Pay, completes_the_order) {
    auto ticket = list_ticket(stage().seller(), {.price = "12.50", .quantity = 5});
    auto order = ordered(ticket, 3);
    auto payment = paid(order).expect(201).at("id");
    EXPECT_FALSE(payment.empty());
    EXPECT_TRUE(becomes(order, "complete"));
    auto shown = stage().buyer().get("/api/orders/" + order);
    EXPECT_EQ(shown.at("paymentId"), payment);
    EXPECT_EQ(shown.at("version"), "3");
    EXPECT_EQ(standing(order), 3750);
    EXPECT_TRUE(comes_true(
        [&] {
            for (const auto& each : every_page(stage().seller(), "/api/tickets/mine")) {
                std::string text;
                json::write_value(text, each);
                if (text.find(ticket) != std::string::npos)
                    return text.find(R"("sold":3)") != std::string::npos;
            }
            return false;
        },
        5s));
    EXPECT_EQ(stage().nobody().get("/api/tickets/" + ticket).at("available"), "2");
}

TEST(Pay, twice_is_once) {
    auto order = ordered();
    auto keyed = stage().buyer().with("Idempotency-Key", fresh_word());
    auto first = pay(keyed, order).expect(201);
    EXPECT_EQ(pay(keyed, order).expect(201).body, first.body);           // a retry
    EXPECT_EQ(paid(order).expect(201).body, first.body);                 // a double click
    EXPECT_EQ(paid(order, declined_card).expect(201).body, first.body);  // a second tab
    EXPECT_EQ(pay(stage().buyer().with("Idempotency-Key", fresh_word()), order).expect(201).body, first.body);
    pay(keyed, order, slow_card).expect(422);  // another body
    EXPECT_EQ(payments_of(order).count(), 1u);
    EXPECT_EQ(standing(order), 1999);
}

TEST(Pay, declined_can_be_tried_again_with_another_card) {
    auto order = ordered();
    auto before = stage().buyer().get("/api/orders/" + order).at("expiresAt");
    paid(order, declined_card).expect(402, "declined");
    paid(order, empty_card).expect(402);
    paid(order, "tok_nobody_knows").expect(402);
    EXPECT_EQ(standing(order), 0);
    EXPECT_TRUE(becomes(order, "created"));
    EXPECT_EQ(stage().buyer().get("/api/orders/" + order).at("expiresAt"), before);
    auto payment = paid(order).expect(201).at("id");
    EXPECT_TRUE(becomes(order, "complete"));
    auto tries = payments_of(order);
    EXPECT_EQ(tries.count(), 4u) << tries.body;
    EXPECT_NE(tries.body.find(payment), std::string::npos);
    EXPECT_EQ(standing(order), 1999);
}

// A declined card is declined for ever by its key; the next try wants a key of its own.
TEST(Pay, declined_is_said_again_to_the_same_key) {
    auto order = ordered();
    auto keyed = stage().buyer().with("Idempotency-Key", fresh_word());
    auto first = pay(keyed, order, declined_card).expect(402);
    EXPECT_EQ(pay(keyed, order, declined_card).expect(402).body, first.body);
    EXPECT_EQ(payments_of(order).count(), 1u);
    EXPECT_TRUE(becomes(order, "created"));
    cancel(order);
}

// Slow and silent providers, at the same time as all others go on.
TEST(Pay, waits_for_a_slow_provider_and_finds_out_what_became_of_a_silent_one) {
    auto slow = ordered(), silent = ordered(), twice = ordered();
    Reply slowly, silently;
    std::array<Reply, 3> clicks;
    std::chrono::milliseconds slow_took{}, silent_took{};
    auto timed = [](Reply& reply, const std::string& order, std::string_view token) {
        auto begun = std::chrono::steady_clock::now();
        reply = paid(order, token);
        return std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() -
                                                                     begun);
    };
    all_at_once(6, [&](int i) {
        if (i == 0) {
            slow_took = timed(slowly, slow, slow_card);
        } else if (i == 1) {
            silent_took = timed(silently, silent, silent_card);
        } else if (i < 5) {
            clicks[static_cast<std::size_t>(i - 2)] = paid(twice, slow_card);
        } else {
            (void)comes_true(
                [&] { return status(slow) == "awaiting:payment" && status(silent) == "awaiting:payment"; },
                3s);
            EXPECT_TRUE(comes_true([&] { return payments_of(slow).at("[0].status") == "charging"; }, 3s));
            stage().buyer().delete_("/api/orders/" + slow).expect(409);
            stage().buyer().delete_("/api/orders/" + silent).expect(409);
            auto quick = ordered();
            auto begun = std::chrono::steady_clock::now();
            paid(quick).expect(201);
            EXPECT_LT(std::chrono::steady_clock::now() - begun, 2s);
        }
    });
    slowly.expect(201);
    std::cout << "the slow provider's outcome was answered after " << slow_took.count()
              << " ms, the silent one's after " << silent_took.count() << " ms with " << silently.status
              << std::endl;
    EXPECT_GE(slow_took, 5s);
    EXPECT_LE(slow_took, 8s);
    EXPECT_TRUE(silently.status == 201 || silently.status == 503) << silently.body;
    EXPECT_TRUE(comes_true([&] { return paid(silent).status == 201; }, 20s, 200ms));
    for (const auto& click : clicks) EXPECT_EQ(click.expect(201).body, clicks[0].body);
    for (const auto& order : {slow, silent, twice}) {
        EXPECT_TRUE(becomes(order, "complete"));
        EXPECT_EQ(payments_of(order).count(), 1u);
        EXPECT_EQ(standing(order), 1999);
    }
}

TEST(Pay, is_of_an_order_of_ones_own) {
    auto order = ordered();
    pay(stage().nobody(), order).expect(401);
    pay(stage().stranger(), order).expect(403);
    pay(stage().seller(), order).expect(403);
    paid("0190f3a0-0000-7000-8000-000000000000").expect(404);
    paid("nonsense").expect(404);
    testing::payments_of(stage().nobody(), order).expect(401);
    EXPECT_EQ(standing(order), 0);
    cancel(order);
}

TEST(Pay, can_follow_the_order_at_once) {
    auto ticket = list_ticket(stage().seller(), {.quantity = 50});
    for (int i = 0; i < 50; ++i) paid(ordered(ticket)).expect(201);
}

TEST(Pay, refuses_what_is_no_payment) {
    auto wrong = [](const std::string& body, std::vector<std::string> fields,
                    Where where = Where::current()) {
        stage()
            .buyer()
            .post("/api/payments", body)
            .expect(400, {}, where)
            .expect_fields(std::move(fields), where);
    };
    wrong("{}", {"orderId", "token"});
    wrong(R"({"orderId":"","token":""})", {"orderId", "token"});
    wrong(R"({"orderId":1,"token":2})", {"orderId", "token"});
    wrong(R"({"orderId":"x","token":")" + std::string(10'000, 'x') + R"("})", {"token"});
    stage().buyer().post("/api/payments", "not JSON").expect(400);
    stage().buyer().with("Sec-Fetch-Site", "cross-site").post("/api/payments", payment("x")).expect(403);
    stage().buyer().with("Origin", "https://evil.example").post("/api/payments", payment("x")).expect(403);
    stage().buyer().get("/api/payments").expect(400).expect_fields({"orderId"});
}

TEST(Pay, of_a_cancelled_order_is_refused) {
    auto order = ordered();
    cancel(order);
    paid(order).expect(409);
    EXPECT_EQ(standing(order), 0);
    EXPECT_EQ(payments_of(order).body.find("succeeded"), std::string::npos);
}

TEST(PaidOrder, can_not_be_cancelled) {
    auto order = ordered();
    paid(order).expect(201);
    EXPECT_TRUE(becomes(order, "complete"));
    stage().buyer().delete_("/api/orders/" + order).expect(409);
    EXPECT_EQ(status(order), "complete");
    EXPECT_EQ(standing(order), 1999);
}

TEST(Payments, are_shown_to_their_buyer) {
    auto order = ordered();
    EXPECT_EQ(payments_of(order).body, "[]");
    auto id = paid(order).expect(201).at("id");
    auto shown = payments_of(order);
    EXPECT_EQ(shown.count(), 1u);
    EXPECT_EQ(shown.at("[0].id"), id);
    EXPECT_EQ(shown.at("[0].orderId"), order);
    EXPECT_EQ(shown.at("[0].status"), "succeeded");
    EXPECT_EQ(shown.at("[0].amount"), "19.99");
    EXPECT_EQ(shown.at("[0].currency"), "USD");
    EXPECT_EQ(shown.count("[0].refunds"), 0u);
    EXPECT_TRUE(Instant::parse(shown.at("[0].createdAt")));
    EXPECT_EQ(shown.body.find(good_card), std::string::npos) << "the token is nobody's business";
    auto others = testing::payments_of(stage().stranger(), order);
    EXPECT_TRUE(others.status == 403 || others.body == "[]") << others.body;
}

// ---- A listing is called off

TEST(CallOff, pays_all_back_to_its_buyers) {
    auto ticket = list_ticket(stage().seller(), {.price = "10", .quantity = 10});
    auto whole = ordered(ticket, 2), unpaid = ordered(ticket, 1);
    auto id = paid(whole).expect(201).at("id");
    call_off(stage().buyer(), ticket).expect(403);
    call_off(stage().nobody(), ticket).expect(401);
    EXPECT_EQ(call_off(stage().seller(), ticket).expect(200).at("status"), "cancelled");
    call_off(stage().seller(), ticket).expect(200);
    EXPECT_TRUE(becomes(unpaid, "cancelled"));
    EXPECT_EQ(stage().buyer().get("/api/orders/" + unpaid).at("reason"), "listing_cancelled");
    EXPECT_TRUE(comes_true([&] { return payments_of(whole).at("[0].refunds[0].status") == "done"; }, 5s));
    auto shown = payments_of(whole);
    EXPECT_EQ(shown.at("[0].id"), id);
    EXPECT_EQ(shown.count("[0].refunds"), 1u);
    EXPECT_EQ(shown.at("[0].refunds[0].amount"), "20.00");
    EXPECT_EQ(shown.at("[0].refunds[0].reason"), "listing_cancelled");
    EXPECT_FALSE(shown.at("[0].refunds[0].doneAt").empty());
    EXPECT_EQ(standing(whole), 0);
    EXPECT_FALSE(stage().buyer().get("/api/orders/" + whole).at("items[0].cancelledAt").empty());
    paid(unpaid).expect(409);
    order(stage().buyer(), {{ticket}}).expect(409);
}

TEST(CallOff, pays_back_only_its_part_of_an_order) {
    auto doomed = list_ticket(stage().seller(), {.price = "7.77", .quantity = 10}),
         also_doomed = list_ticket(stage().stranger(), {.price = "1.11", .quantity = 10}),
         standing_one = list_ticket(stage().seller(), {.price = "100", .quantity = 10});
    auto order = testing::order(stage().buyer(), {{doomed, 3}, {standing_one, 1}, {also_doomed, 1}})
                     .expect(201)
                     .at("id");
    paid(order).expect(201);
    EXPECT_EQ(standing(order), 2331 + 10000 + 111);
    call_off(stage().seller(), doomed).expect(200);
    EXPECT_TRUE(comes_true([&] { return standing(order) == 10000 + 111; }, 5s));
    call_off(stage().stranger(), also_doomed).expect(200);
    EXPECT_TRUE(comes_true([&] { return standing(order) == 10000; }, 5s));
    EXPECT_EQ(status(order), "complete");
    EXPECT_EQ(payments_of(order).count("[0].refunds"), 2u);
    auto shown = stage().buyer().get("/api/orders/" + order);
    auto voided = 0;
    for (int i = 0; i < 3; ++i) voided += !shown.at("items[" + std::to_string(i) + "].cancelledAt").empty();
    EXPECT_EQ(voided, 2);
}

TEST(Balance, is_what_was_sold_less_what_was_paid_back) {
    auto seller = sign_up(url()), other = sign_up(url());
    auto balance = [&](const User& user) { return user.at(url()).get("/api/payments/balance").expect(200); };
    EXPECT_EQ(balance(seller).body, "[]");
    stage().nobody().get("/api/payments/balance").expect(401);
    auto dollars = list_ticket(seller.at(url()), {.price = "19.99", .quantity = 5}),
         doomed = list_ticket(seller.at(url()), {.price = "0.01", .quantity = 5}),
         yen =
             list_ticket(seller.at(url()), {.price = "1000", .quantity = 5, .more = R"(,"currency":"JPY")"}),
         others = list_ticket(other.at(url()), {.price = "5", .quantity = 5});
    paid(testing::order(stage().buyer(), {{dollars, 2}, {doomed, 1}, {others, 1}}).expect(201).at("id"))
        .expect(201);
    paid(ordered(yen)).expect(201);
    paid(ordered(yen), declined_card).expect(402);
    call_off(seller.at(url()), doomed).expect(200);
    expect_sound_books(*stage().marketplace);
    std::map<std::string, std::vector<std::string>> by_currency;
    auto shown = balance(seller);
    for (std::size_t i = 0; i < shown.count(); ++i) {
        auto of = [&](const std::string& name) { return shown.at("[" + std::to_string(i) + "]." + name); };
        by_currency[of("currency")] = {of("sold"), of("fees"), of("refunded"), of("balance")};
    }
    EXPECT_EQ(by_currency["USD"], (std::vector<std::string>{"39.99", "0.00", "0.01", "39.98"})) << shown.body;
    EXPECT_EQ(by_currency["JPY"], (std::vector<std::string>{"1000", "0", "0", "1000"})) << shown.body;
    EXPECT_EQ(balance(other).at("[0].balance"), "5.00");
}

TEST(Payments, say_who_charges) {
    EXPECT_EQ(stage().nobody().get("/api/payments/provider").expect(200).at("name"), "test");
}

// ---- What outlives the program

// Killed while a slow and a silent charge are under way. Who charged had leased them for half a minute.
TEST(Payments, come_to_their_end_after_a_crash) {
    auto marketplace = make_marketplace({.environment = {{"STAGEDOOR_RATE_LIMITS", "off"}}});
    marketplace->start();
    auto seller = sign_up(marketplace->base_url()).at(marketplace->base_url()),
         buyer = sign_up(marketplace->base_url()).at(marketplace->base_url());
    auto ticket = list_ticket(seller, {.quantity = 2});
    constexpr std::array cards{slow_card, silent_card};
    std::array<std::string, 2> orders;
    for (auto& each : orders) each = order(buyer, {{ticket}}).expect(201).at("id");
    auto databases = marketplace->databases();
    all_at_once(3, [&](int i) {
        if (i < 2) {
            auto at = static_cast<std::size_t>(i);
            EXPECT_THROW((void)pay(buyer, orders[at], cards[at]), NoAnswer);
            return;
        }
        auto under_way = [&] {
            return databases->number("payments", "SELECT count(*) FROM payments WHERE status = 'charging'");
        };
        EXPECT_TRUE(comes_true([&] { return under_way() == 2; }, 5s, 1ms));
        marketplace->kill();
    });
    marketplace->start();
    for (const auto& each : orders) {
        auto status = [&] { return buyer.get("/api/orders/" + each).at("status"); };
        EXPECT_TRUE(comes_true([&] { return status() == "complete"; }, 45s, 50ms)) << status();
        pay(buyer, each).expect(201);
    }
    expect_sound_books(*marketplace);
    EXPECT_EQ(marketplace->stop(), 0);
}

}  // namespace
}  // namespace stagedoor::testing
