// Payment against cancellation, expiry and the seller's edits. Whoever wins, nobody pays without getting
// tickets or gets tickets without paying.
#include "tests/race/shared_marketplaces.hpp"

namespace stagedoor::testing {
namespace {

class PaymentRace : public Race {
  protected:
    static void TearDownTestSuite() {
        auto databases = shared().marketplace->databases();
        std::cout << "payments with status 201 on the shared marketplace: " << confirmed_
                  << ", charges at the provider: "
                  << databases->number("test-provider", "SELECT count(*) FROM charges WHERE declined IS NULL")
                  << std::endl;
    }

    static const User& seller() {
        static const auto user = sign_up(shared().url);
        return user;
    }
    static std::string new_listing(int quantity) {
        auto reply =
            seller().at(shared().url).post("/api/tickets", Offer{.quantity = quantity}.json()).expect(201);
        shared().expected.listed(seller(), reply);
        return reply.at("id");
    }
    static std::string place_order(int buyer, const std::string& ticket, int quantity = 1) {
        auto reply = order(shared().visitor(buyer), {{ticket, quantity}}).expect(201);
        shared().expected.ordered(shared().user(buyer), reply);
        return reply.at("id");
    }
    // Pays and records the response.
    static Response pay_for(int buyer, const std::string& order, std::string_view token = valid_card,
                            const std::string& key = {}) {
        auto visitor = shared().visitor(buyer);
        auto request = payment(order, token);
        auto reply =
            (key.empty() ? visitor : visitor.with("Idempotency-Key", key)).post("/api/payments", request);
        if (reply.status == 201) {
            ++confirmed_;
            shared().expected.paid(shared().user(buyer), order, reply, key, request);
        }
        return reply;
    }
    static std::string status(int buyer, const std::string& order) {
        return shared().visitor(buyer).get("/api/orders/" + order).expect(200).at("status");
    }

    static std::atomic<int> confirmed_;
};
std::atomic<int> PaymentRace::confirmed_ = 0;

TEST_F(PaymentRace, many_buyers_pay_for_their_orders) {
    constexpr int threads = 16;
    const int rounds = rounds_here(50);
    std::vector<std::string> tickets;
    for (int i = 0; i < 4; ++i) tickets.push_back(new_listing(1000));
    Tally payments;
    auto start = std::chrono::steady_clock::now();
    {
        InvariantWatch watch{shared().marketplace->databases()};
        parallel_for(threads * rounds, threads, [&](int i) {
            payments.add(
                pay_for(i, place_order(i, tickets[static_cast<std::size_t>(i) % tickets.size()], 1 + i % 3))
                    .status);
        });
    }
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
    std::cout << threads * rounds << " purchases in " << took.count() << " ms: " << payments.text()
              << std::endl;
    EXPECT_EQ(payments[201], threads * rounds);
}

// Double clicks over six connections: with the same key, with other keys and without one.
TEST_F(PaymentRace, six_clicks_at_once_are_one_payment) {
    constexpr int clicks = 6;
    const int rounds = rounds_here(100);
    auto ticket = new_listing(rounds);
    Tally tally;
    for (int round = 0; round < rounds; ++round) {
        auto order = place_order(round, ticket);
        auto key = unique_email("key");
        std::mutex mutex;
        std::set<std::string> ids;
        all_at_once(
            clicks, [](int) { connect(shared().url); },
            [&](int i) {
                auto reply = pay_for(round, order, valid_card,
                                     i < 3   ? key
                                     : i < 5 ? unique_email("key")
                                             : "");
                tally.add(reply.status);
                std::lock_guard lock{mutex};
                ids.insert(reply.at("id"));
            });
        EXPECT_EQ(ids.size(), 1u);
        EXPECT_EQ(payments_of(shared().visitor(round), order).at("[0].id"), *ids.begin());
    }
    std::cout << "clicks: " << tally.text() << std::endl;
    EXPECT_EQ(tally[201], rounds * clicks);
}

// Two tabs, two cards, one of them declined. Whichever comes first, the order can be paid and is paid once.
TEST_F(PaymentRace, a_declined_card_and_a_good_one_at_once) {
    const int rounds = rounds_here(150);
    auto ticket = new_listing(rounds);
    Tally good, declined;
    parallel_for(rounds, 4, [&](int round) {
        auto order = place_order(round, ticket);
        std::jthread other{[&] { declined.add(pay_for(round, order, declined_card).status); }};
        auto reply = pay_for(round, order);
        other.join();
        good.add(reply.status);
        pay_for(round, order).expect(201);
        EXPECT_TRUE(becomes_true([&] { return status(round, order) == "complete"; }, 5s));
    });
    std::cout << "good cards: " << good.text() << "; declined cards: " << declined.text() << std::endl;
    EXPECT_EQ(good[201] + good[402], rounds);  // it may get the outcome of the other attempt
    EXPECT_EQ(declined[201] + declined[402], rounds);
}

// The cancel comes at any moment of the payment, however long payments take here.
TEST_F(PaymentRace, pay_against_cancel) {
    const int rounds = rounds_here(300);
    auto base_seed = seed();
    auto ticket = new_listing(2 * rounds);
    Tally payments, cancels;
    std::atomic<int> both = 0, neither = 0;
    std::atomic<std::uint64_t> latest_duration_us = 1'000;  // of a payment, whatever its outcome
    {
        InvariantWatch watch{shared().marketplace->databases()};
        parallel_for(rounds, 8, [&](int round) {
            std::mt19937_64 random{base_seed + static_cast<unsigned>(round)};
            auto order = place_order(round, ticket, 2);
            int cancelled = 0;
            std::jthread canceller{[&, pause = random() % (2 * latest_duration_us)] {
                connect(shared().url);
                std::this_thread::sleep_for(std::chrono::microseconds{pause});
                cancelled = shared().visitor(round).delete_("/api/orders/" + order).status;
            }};
            auto started_at = std::chrono::steady_clock::now();
            auto payment = pay_for(round, order).status;
            latest_duration_us = static_cast<std::uint64_t>((std::chrono::steady_clock::now() - started_at) /
                                                            std::chrono::microseconds{1});
            canceller.join();
            if (cancelled == 204) shared().expected.cancelled(order);
            payments.add(payment);
            cancels.add(cancelled);
            both += payment == 201 && cancelled == 204;
            neither += payment != 201 && cancelled != 204;
        });
    }
    std::cout << "payments: " << payments.text() << "; cancels: " << cancels.text() << std::endl;
    EXPECT_EQ(both, 0);
    EXPECT_EQ(neither, 0);
    EXPECT_EQ(payments[201] + payments[402] + payments[409], rounds) << payments.text();
    EXPECT_EQ(cancels[204] + cancels[409], rounds) << cancels.text();
    EXPECT_GT(payments[201], 0);
    EXPECT_GT(cancels[204], 0);
}

// Each listing is cancelled while its buyers pay: everybody is refunded, whenever they paid.
TEST_F(PaymentRace, pay_while_the_seller_cancels_the_listing) {
    constexpr int buyers = 30;
    const int rounds = rounds_here(12);
    auto base_seed = seed();
    Tally payments;
    auto databases = shared().marketplace->databases();
    for (int round = 0; round < rounds; ++round) {
        std::mt19937_64 random{base_seed + static_cast<unsigned>(round)};
        auto cancelled_listing = new_listing(buyers), other_listing = new_listing(buyers);
        std::vector<std::string> orders(buyers);
        parallel_for(buyers, 8, [&](int i) {
            auto reply = order(shared().visitor(i), {{cancelled_listing}, {other_listing}}).expect(201);
            shared().expected.ordered(shared().user(i), reply);
            orders[static_cast<std::size_t>(i)] = reply.at("id");
        });
        all_at_once(
            buyers + 1, [](int) { connect(shared().url); },
            [&, pause = random() % 80](int i) {
                if (i < buyers) return payments.add(pay_for(i, orders[static_cast<std::size_t>(i)]).status);
                std::this_thread::sleep_for(std::chrono::milliseconds{pause});
                cancel_listing(seller().at(shared().url), cancelled_listing).expect(200);
                shared().expected.listing_cancelled(cancelled_listing);
            });
        expect_invariants_hold(*databases, shared().url);
        EXPECT_EQ(databases->number("orders",
                                    "SELECT held + sold FROM tickets WHERE id = '" + cancelled_listing + "'"),
                  0);
        auto complete =
            databases->number("orders", "SELECT sold FROM tickets WHERE id = '" + other_listing + "'");
        EXPECT_EQ(complete,
                  databases->number("orders",
                                    "SELECT count(*) FROM orders JOIN order_items ON order_id = id WHERE "
                                    "status = 'complete' AND ticket_id = '" +
                                        other_listing + "'"));
    }
    std::cout << "payments while the listing was cancelled: " << payments.text() << std::endl;
    EXPECT_EQ(payments.total(), payments[201] + payments[402] + payments[409]) << payments.text();
}

// Buyers return tickets of a moved event, twice each, while its seller moves it back and then cancels it.
// Everybody is refunded once, for one reason or the other.
TEST_F(PaymentRace, return_tickets_while_the_seller_cancels_the_listing) {
    constexpr int buyers = 12;
    const int rounds = rounds_here(6);
    auto base_seed = seed();
    Tally returns;
    auto databases = shared().marketplace->databases();
    for (int round = 0; round < rounds; ++round) {
        std::mt19937_64 random{base_seed + static_cast<unsigned>(round)};
        auto ticket = new_listing(buyers);
        std::vector<std::string> orders(buyers);
        parallel_for(buyers, 8, [&](int i) {
            auto& order = orders[static_cast<std::size_t>(i)];
            order = place_order(i, ticket);
            pay_for(i, order).expect(201);
        });
        auto edit = [&](const std::string& venue) {
            auto body = R"({"title":"A concert","price":19.99)" + venue + "}";
            shared().expected.listed(
                seller(), seller().at(shared().url).put("/api/tickets/" + ticket, body).expect(200));
        };
        edit(R"(,"venue":"Car park")");
        EXPECT_TRUE(becomes_true(
            [&] {
                auto order = shared().visitor(0).get("/api/orders/" + orders[0]).expect(200);
                return order.body.find("returnUntil") != std::string::npos;
            },
            5s));
        all_at_once(
            2 * buyers + 1, [](int) { connect(shared().url); },
            [&, pause = random() % 20](int i) {
                if (i == 2 * buyers) {
                    std::this_thread::sleep_for(std::chrono::milliseconds{pause});
                    edit("");
                    cancel_listing(seller().at(shared().url), ticket).expect(200);
                    shared().expected.listing_cancelled(ticket);
                    return;
                }
                auto buyer = i % buyers;
                returns.add(shared()
                                .visitor(buyer)
                                .post("/api/orders/" + orders[static_cast<std::size_t>(buyer)] + "/return",
                                      R"({"ticketId":")" + ticket + R"("})")
                                .status);
            });
        expect_invariants_hold(*databases, shared().url);
        EXPECT_EQ(databases->number("orders", "SELECT sold FROM tickets WHERE id = '" + ticket + "'"), 0);
    }
    std::cout << "returns: " << returns.text() << std::endl;
    EXPECT_EQ(returns.total(), returns[200] + returns[409]) << returns.text();
    EXPECT_GT(returns[200], 0);
}

// Edits don't change orders: everybody pays the price they ordered at.
TEST_F(PaymentRace, pay_while_the_seller_edits) {
    constexpr int buyers = 8;
    const int rounds = rounds_here(40);
    auto ticket = new_listing(buyers * rounds);
    Tally payments;
    all_at_once(buyers + 1, [&](int i) {
        if (i == buyers) {
            for (int round = 0; round < rounds; ++round) {
                auto price = std::to_string(1 + round);
                auto reply = seller()
                                 .at(shared().url)
                                 .put("/api/tickets/" + ticket,
                                      R"({"title":"Now )" + price + R"(","price":)" + price + "}")
                                 .expect(200);
                shared().expected.listed(seller(), reply);
            }
            return;
        }
        for (int round = 0; round < rounds; ++round) {
            auto order = testing::order(shared().visitor(i), {{ticket}}).expect(201);
            shared().expected.ordered(shared().user(i), order);
            auto reply = pay_for(i, order.at("id"));
            payments.add(reply.status);
            EXPECT_EQ(payments_of(shared().visitor(i), order.at("id")).at("[0].amount"), order.at("total"));
        }
    });
    EXPECT_EQ(payments[201], buyers * rounds) << payments.text();
}

// ---- Holds of one second

// Just before a hold expires its buyer pays, or pays and cancels, and a rival orders the same ticket and
// pays.
TEST(PaymentAgainstExpiry, exactly_one_buyer_gets_the_ticket_and_pays_for_it) {
    constexpr int listings = 40;
    const int rounds = rounds_here(14);
    auto url = short_holds().url;
    auto& expected = short_holds().expected;
    auto databases = short_holds().marketplace->databases();
    auto base_seed = seed();
    const auto& seller = short_holds().user(listings);
    Tally payments, cancels, rivals, rival_payments;
    auto pay_for = [&](const User& buyer, const std::string& order) {
        auto reply = pay(buyer.at(url), order);
        if (reply.status == 201) expected.paid(buyer, order, reply);
        return reply.status;
    };
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::string> tickets(listings);
        std::vector<Response> held(listings);
        parallel_for(listings, 4,
                     [&](int i) { tickets[static_cast<std::size_t>(i)] = list_ticket(seller.at(url)); });
        parallel_for(listings, 4, [&](int i) {
            auto& reply = held[static_cast<std::size_t>(i)];
            reply = order(short_holds().visitor(i), {{tickets[static_cast<std::size_t>(i)]}}).expect(201);
            expected.ordered(short_holds().user(i), reply);
        });
        all_at_once(
            3 * listings, [&](int) { connect(url); },
            [&](int thread) {
                auto i = static_cast<std::size_t>(thread / 3);
                std::mt19937_64 random{base_seed + static_cast<unsigned>(1000 * round + thread)};
                auto end = time_ms(held[i], "expiresAt"),
                     before = static_cast<std::int64_t>(random() % (thread % 3 == 0 ? 200 : 60)) - 20;
                (void)becomes_true([&] { return now_ms() >= end - before; }, 3s, 1ms);
                const auto& holder = short_holds().user(static_cast<int>(i));
                if (thread % 3 == 0) {
                    payments.add(pay_for(holder, held[i].at("id")));
                } else if (thread % 3 == 1) {
                    if (i % 2) return;
                    auto status = holder.at(url).delete_("/api/orders/" + held[i].at("id")).status;
                    cancels.add(status);
                    if (status == 204) expected.cancelled(held[i].at("id"));
                } else {
                    const auto& rival = short_holds().user((static_cast<int>(i) + 7) % listings);
                    while (now_ms() < end + 200) {
                        auto reply = order(rival.at(url), {{tickets[i]}});
                        if (reply.status == 409) continue;
                        rivals.add(reply.expect(201).status);
                        expected.ordered(rival, reply);
                        rival_payments.add(pay_for(rival, reply.at("id")));
                        break;
                    }
                }
            });
        for (const auto& broken : broken_invariants(*databases)) ADD_FAILURE() << broken;
    }
    std::cout << rounds * listings << " holds raced for: payments " << payments.text() << "; cancels "
              << cancels.text() << "; orders of rivals " << rivals.text() << ", their payments "
              << rival_payments.text() << std::endl;
    EXPECT_EQ(payments.total(), payments[201] + payments[402] + payments[409]) << payments.text();
    EXPECT_EQ(cancels.total(), cancels[204] + cancels[409]) << cancels.text();
    EXPECT_GT(payments[201], 0);
    EXPECT_GT(rival_payments[201], 0);
    expect_invariants_hold(*short_holds().marketplace, &expected);
    EXPECT_EQ(databases->number("orders", "SELECT coalesce(sum(held), 0) FROM tickets"), 0);
}

}  // namespace
}  // namespace stagedoor::testing
