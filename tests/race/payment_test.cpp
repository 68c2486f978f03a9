// Pay against cancel against expiry against the seller's change of mind: whoever wins, never money without tickets and
// never tickets without money.
#include "tests/race/arena.hpp"

namespace stagedoor::testing {
namespace {

class PaymentRace : public Race {
  protected:
    static void TearDownTestSuite() {
        auto databases = arena().marketplace->databases();
        std::cout << "payments answered 201 on the shared marketplace: " << answered_
                  << ", charges by the provider's books: "
                  << databases->number("test-provider", "SELECT count(*) FROM charges WHERE declined IS NULL")
                  << std::endl;
    }

    static const User& seller() {
        static const auto user = sign_up(arena().url);
        return user;
    }
    static std::string listed(int quantity) {
        auto reply =
            seller().at(arena().url).post("/api/tickets", Offer{.quantity = quantity}.json()).expect(201);
        arena().answers.listed(seller(), reply);
        return reply.at("id");
    }
    static std::string ordered(int buyer, const std::string& ticket, int quantity = 1) {
        auto reply = order(arena().visitor(buyer), {{ticket, quantity}}).expect(201);
        arena().answers.ordered(arena().user(buyer), reply);
        return reply.at("id");
    }
    // Pays, and notes what was promised.
    static Reply paid(int buyer, const std::string& order, std::string_view token = good_card,
                      const std::string& key = {}) {
        auto visitor = arena().visitor(buyer);
        auto request = payment(order, token);
        auto reply =
            (key.empty() ? visitor : visitor.with("Idempotency-Key", key)).post("/api/payments", request);
        if (reply.status == 201) {
            ++answered_;
            arena().answers.paid(arena().user(buyer), order, reply, key, request);
        }
        return reply;
    }
    static std::string status(int buyer, const std::string& order) {
        return arena().visitor(buyer).get("/api/orders/" + order).expect(200).at("status");
    }

    static std::atomic<int> answered_;
};
std::atomic<int> PaymentRace::answered_ = 0;

TEST_F(PaymentRace, crowds_pay_what_they_hold) {
    constexpr int threads = 16, rounds = 50;
    std::vector<std::string> tickets;
    for (int i = 0; i < 4; ++i) tickets.push_back(listed(1000));
    Tally payments;
    auto begun = std::chrono::steady_clock::now();
    {
        BooksWatch watch{arena().marketplace->databases()};
        share_out(threads * rounds, threads, [&](int i) {
            payments.add(
                paid(i, ordered(i, tickets[static_cast<std::size_t>(i) % tickets.size()], 1 + i % 3)).status);
        });
    }
    auto took =
        std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - begun);
    std::cout << threads * rounds << " purchases in " << took.count() << " ms: " << payments.text()
              << std::endl;
    EXPECT_EQ(payments[201], threads * rounds);
}

// Double clicks: with one key and with others, over six connections.
TEST_F(PaymentRace, six_clicks_at_once_are_one_payment) {
    constexpr int rounds = 100, clicks = 6;
    auto ticket = listed(rounds);
    Tally tally;
    for (int round = 0; round < rounds; ++round) {
        auto order = ordered(round, ticket);
        auto key = fresh_email("key");
        std::mutex mutex;
        std::set<std::string> ids;
        all_at_once(
            clicks, [](int) { connect(arena().url); },
            [&](int i) {
                auto reply = paid(round, order, good_card, i < 3 ? key : i < 5 ? fresh_email("key") : "");
                tally.add(reply.status);
                std::lock_guard lock{mutex};
                ids.insert(reply.at("id"));
            });
        EXPECT_EQ(ids.size(), 1u);
        EXPECT_EQ(payments_of(arena().visitor(round), order).at("[0].id"), *ids.begin());
    }
    std::cout << "clicks: " << tally.text() << std::endl;
    EXPECT_EQ(tally[201], rounds * clicks);
}

// Two tabs, two cards, one of them empty. Whichever comes first, the order can be paid and is paid once.
TEST_F(PaymentRace, a_declined_card_and_a_good_one_at_once) {
    constexpr int rounds = 150;
    auto ticket = listed(rounds);
    Tally good, declined;
    share_out(rounds, 4, [&](int round) {
        auto order = ordered(round, ticket);
        std::jthread other{[&] { declined.add(paid(round, order, declined_card).status); }};
        auto reply = paid(round, order);
        other.join();
        good.add(reply.status);
        paid(round, order).expect(201);
        EXPECT_TRUE(comes_true([&] { return status(round, order) == "complete"; }, 5s));
    });
    std::cout << "good cards: " << good.text() << "; declined cards: " << declined.text() << std::endl;
    EXPECT_EQ(good[201] + good[402], rounds);  // it may have been told the outcome of the other's attempt
    EXPECT_EQ(declined[201] + declined[402], rounds);
}

TEST_F(PaymentRace, pay_against_cancel) {
    constexpr int rounds = 500;
    auto chance_seed = seed();
    auto ticket = listed(2 * rounds);
    Tally payments, cancels;
    std::atomic<int> both = 0, neither = 0;
    {
        BooksWatch watch{arena().marketplace->databases()};
        share_out(rounds, 8, [&](int round) {
            std::mt19937_64 random{chance_seed + static_cast<unsigned>(round)};
            auto order = ordered(round, ticket, 2);
            int cancelled = 0;
            std::jthread canceller{[&, pause = random() % 16] {
                connect(arena().url);
                std::this_thread::sleep_for(std::chrono::milliseconds{pause});
                cancelled = arena().visitor(round).delete_("/api/orders/" + order).status;
            }};
            auto payment = paid(round, order).status;
            canceller.join();
            if (cancelled == 204) arena().answers.cancelled(order);
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

// Each listing is called off while its buyers pay: everybody's money comes back, whenever they paid.
TEST_F(PaymentRace, pay_while_the_seller_calls_it_off) {
    constexpr int rounds = 12, buyers = 30;
    auto chance_seed = seed();
    Tally payments;
    auto databases = arena().marketplace->databases();
    for (int round = 0; round < rounds; ++round) {
        std::mt19937_64 random{chance_seed + static_cast<unsigned>(round)};
        auto doomed = listed(buyers), standing = listed(buyers);
        std::vector<std::string> orders(buyers);
        share_out(buyers, 8, [&](int i) {
            auto reply = order(arena().visitor(i), {{doomed}, {standing}}).expect(201);
            arena().answers.ordered(arena().user(i), reply);
            orders[static_cast<std::size_t>(i)] = reply.at("id");
        });
        all_at_once(
            buyers + 1, [](int) { connect(arena().url); },
            [&, pause = random() % 80](int i) {
                if (i < buyers) return payments.add(paid(i, orders[static_cast<std::size_t>(i)]).status);
                std::this_thread::sleep_for(std::chrono::milliseconds{pause});
                call_off(seller().at(arena().url), doomed).expect(200);
                arena().answers.called_off(doomed);
            });
        expect_sound_books(*databases, arena().url);
        EXPECT_EQ(databases->number("orders", "SELECT held + sold FROM tickets WHERE id = '" + doomed + "'"),
                  0);
        auto complete = databases->number("orders", "SELECT sold FROM tickets WHERE id = '" + standing + "'");
        EXPECT_EQ(complete,
                  databases->number("orders",
                                    "SELECT count(*) FROM orders JOIN order_items ON order_id = id WHERE "
                                    "status = 'complete' AND ticket_id = '" +
                                        standing + "'"));
    }
    std::cout << "payments of what was called off meanwhile: " << payments.text() << std::endl;
    EXPECT_EQ(payments.total(), payments[201] + payments[402] + payments[409]) << payments.text();
}

// An edit changes no order: everybody pays the price that they ordered at.
TEST_F(PaymentRace, pay_while_the_seller_edits) {
    constexpr int buyers = 8, rounds = 40;
    auto ticket = listed(buyers * rounds);
    Tally payments;
    all_at_once(buyers + 1, [&](int i) {
        if (i == buyers) {
            for (int round = 0; round < rounds; ++round) {
                auto price = std::to_string(1 + round);
                auto reply = seller()
                                 .at(arena().url)
                                 .put("/api/tickets/" + ticket,
                                      R"({"title":"Now )" + price + R"(","price":)" + price + "}")
                                 .expect(200);
                arena().answers.listed(seller(), reply);
            }
            return;
        }
        for (int round = 0; round < rounds; ++round) {
            auto order = testing::order(arena().visitor(i), {{ticket}}).expect(201);
            arena().answers.ordered(arena().user(i), order);
            auto reply = paid(i, order.at("id"));
            payments.add(reply.status);
            EXPECT_EQ(payments_of(arena().visitor(i), order.at("id")).at("[0].amount"), order.at("total"));
        }
    });
    EXPECT_EQ(payments[201], buyers * rounds) << payments.text();
}

// ---- holds of one second

// The last moments of a hold: its buyer pays, or pays and cancels; another orders the same ticket and pays as well.
TEST(PaymentAgainstExpiry, one_of_them_has_the_ticket_and_has_paid_for_it) {
    constexpr int listings = 40, rounds = 14;
    auto url = hasty_arena().url;
    auto& answers = hasty_arena().answers;
    auto databases = hasty_arena().marketplace->databases();
    auto chance_seed = seed();
    const auto& seller = hasty_arena().user(listings);
    Tally payments, cancels, rivals, rivals_payments;
    auto pay_for = [&](const User& buyer, const std::string& order) {
        auto reply = pay(buyer.at(url), order);
        if (reply.status == 201) answers.paid(buyer, order, reply);
        return reply.status;
    };
    for (int round = 0; round < rounds; ++round) {
        std::vector<std::string> tickets(listings);
        std::vector<Reply> held(listings);
        share_out(listings, 4,
                  [&](int i) { tickets[static_cast<std::size_t>(i)] = list_ticket(seller.at(url)); });
        share_out(listings, 4, [&](int i) {
            auto& reply = held[static_cast<std::size_t>(i)];
            reply = order(hasty_arena().visitor(i), {{tickets[static_cast<std::size_t>(i)]}}).expect(201);
            answers.ordered(hasty_arena().user(i), reply);
        });
        all_at_once(
            3 * listings, [&](int) { connect(url); },
            [&](int thread) {
                auto i = static_cast<std::size_t>(thread / 3);
                std::mt19937_64 random{chance_seed + static_cast<unsigned>(1000 * round + thread)};
                auto end = time_ms(held[i], "expiresAt"),
                     before = static_cast<std::int64_t>(random() % (thread % 3 == 0 ? 200 : 60)) - 20;
                (void)comes_true([&] { return now_ms() >= end - before; }, 3s, 1ms);
                const auto& holder = hasty_arena().user(static_cast<int>(i));
                if (thread % 3 == 0) {
                    payments.add(pay_for(holder, held[i].at("id")));
                } else if (thread % 3 == 1) {
                    if (i % 2) return;
                    auto status = holder.at(url).delete_("/api/orders/" + held[i].at("id")).status;
                    cancels.add(status);
                    if (status == 204) answers.cancelled(held[i].at("id"));
                } else {
                    const auto& rival = hasty_arena().user((static_cast<int>(i) + 7) % listings);
                    while (now_ms() < end + 200) {
                        auto reply = order(rival.at(url), {{tickets[i]}});
                        if (reply.status == 409) continue;
                        rivals.add(reply.expect(201).status);
                        answers.ordered(rival, reply);
                        rivals_payments.add(pay_for(rival, reply.at("id")));
                        break;
                    }
                }
            });
        for (const auto& broken : broken_now(*databases)) ADD_FAILURE() << broken;
    }
    std::cout << rounds * listings << " holds raced for: payments " << payments.text() << "; cancels "
              << cancels.text() << "; rivals' orders " << rivals.text() << ", their payments "
              << rivals_payments.text() << std::endl;
    EXPECT_EQ(payments.total(), payments[201] + payments[402] + payments[409]) << payments.text();
    EXPECT_EQ(cancels.total(), cancels[204] + cancels[409]) << cancels.text();
    EXPECT_GT(payments[201], 0);
    EXPECT_GT(rivals_payments[201], 0);
    expect_sound_books(*hasty_arena().marketplace, &answers);
    EXPECT_EQ(databases->number("orders", "SELECT coalesce(sum(held), 0) FROM tickets"), 0);
}

}  // namespace
}  // namespace stagedoor::testing
