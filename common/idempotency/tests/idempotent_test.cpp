// A request that comes twice is done once, and told the same.
#include "common/idempotency/idempotent.hpp"

#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

struct Receipt {
    std::string id;
    std::int64_t number = 0;
    std::optional<std::string> note;

    bool operator==(const Receipt&) const = default;
};
BOOST_DESCRIBE_STRUCT(Receipt, (), (id, number, note))

class Once : public DatabaseTest {
  protected:
    template <class F>
    auto start(IdempotencyKey sent, F fn) {
        return loop.start(idempotent(*database, std::move(sent), std::move(fn)));
    }
    Receipt once(IdempotencyKey sent, std::function<Receipt(Tx&)> fn) {
        return start(std::move(sent), std::move(fn)).get();
    }

    // Adds a thing and says so; each time another.
    Receipt buy(IdempotencyKey sent) {
        return once(std::move(sent), [this](Tx& tx) {
            auto id = std::to_string(++runs);
            add_thing(tx, id);
            return Receipt{id, runs, "€"};
        });
    }
    // Adds a thing, then refuses.
    template <class Error>
    void refuse(IdempotencyKey sent, Error error) {
        once(std::move(sent), [this, error](Tx& tx) -> Receipt {
            add_thing(tx, std::to_string(++runs));
            throw error;
        });
    }
    std::int64_t kept_keys() {
        return read(
            [](Tx& tx) { return tx.find<std::int64_t>("SELECT count(*) FROM idempotency_keys").value(); });
    }

    IdempotencyKey key{.user = "u1",
                       .route = "POST /api/orders",
                       .key = "k1",
                       .body_hash = "h1",
                       .traceparent = "00-a-b-01"};
    std::atomic<int> runs = 0;
};

TEST_P(Once, a_repeat_gets_the_first_result) {
    auto first = buy(key);
    EXPECT_EQ(buy(key), first);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(count(), 1);
}

TEST_P(Once, other_keys_users_and_routes_are_other_requests) {
    buy(key);
    for (auto member : {&IdempotencyKey::user, &IdempotencyKey::route, &IdempotencyKey::key}) {
        auto other = key;
        other.*member = "other";
        buy(other);
    }
    EXPECT_EQ(count(), 4);
}

TEST_P(Once, without_a_key_every_request_is_new) {
    key.key.clear();
    buy(key);
    buy(key);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(kept_keys(), 0);
}

TEST_P(Once, a_final_refusal_is_repeated_and_its_effects_are_undone) {
    using enum ErrorKind;
    for (auto kind : {invalid, declined, forbidden, idempotency_key_reused}) {
        key.key = std::to_string(static_cast<int>(kind));
        runs = 0;
        for (int i = 0; i < 2; ++i) {
            try {
                refuse(key,
                       ApiError(kind, Problems{{"too \"few\"", "items[0].quantity"}, {"as a whole", ""}}));
                ADD_FAILURE() << "nothing was thrown";
            } catch (const ApiError& error) {
                EXPECT_EQ(error.kind(), kind);
                EXPECT_EQ(error.problems(),
                          (Problems{{"too \"few\"", "items[0].quantity"}, {"as a whole", ""}}));
            }
        }
        EXPECT_EQ(runs, 1);
    }
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(kept_keys(), 4);
}

TEST_P(Once, what_may_change_is_not_kept) {
    EXPECT_THROW(refuse(key, Conflict("sold out")), Conflict);
    EXPECT_THROW(refuse(key, NotFound("not told here yet")), NotFound);
    EXPECT_THROW(refuse(key, NotSignedIn()), NotSignedIn);
    EXPECT_THROW(refuse(key, TooManyRequests("slow down", std::chrono::seconds{1})), TooManyRequests);
    EXPECT_THROW(refuse(key, Unavailable("later")), Unavailable);
    EXPECT_THROW(refuse(key, std::runtime_error("a mistake")), std::runtime_error);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(kept_keys(), 0);
    EXPECT_EQ(buy(key).number, 7);
}

TEST_P(Once, actions_of_a_kept_refusal_are_forgotten) {
    bool told = false;
    auto refused = [&](Tx& tx) -> Receipt {
        tx.after_commit([&] { told = true; });
        throw NotFound();
    };
    EXPECT_THROW(once(key, refused), ApiError);
    EXPECT_FALSE(told);
}

TEST_P(Once, the_same_key_with_another_body_is_refused) {
    auto first = buy(key);
    auto other = key;
    other.body_hash = "h2";
    for (int i = 0; i < 2; ++i) {
        try {
            buy(other);
            ADD_FAILURE() << "nothing was thrown";
        } catch (const ApiError& error) {
            EXPECT_EQ(error.kind(), ErrorKind::idempotency_key_reused);
            EXPECT_EQ(error.problems().front().field, "Idempotency-Key");
        }
    }
    EXPECT_EQ(buy(key), first);
    EXPECT_EQ(count(), 1);
}

TEST_P(Once, a_key_is_new_again_after_a_day) {
    auto first = buy(key);
    clock.advance(idempotency_window - std::chrono::milliseconds{1});
    EXPECT_EQ(buy(key), first);
    clock.advance(std::chrono::milliseconds{1});
    auto other = key;
    other.body_hash = "h2";
    auto second = buy(other);
    EXPECT_NE(second, first);
    EXPECT_EQ(buy(other), second);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(kept_keys(), 1);
}

TEST_P(Once, the_trace_context_goes_along) {
    auto seen = once(key, [](Tx& tx) { return Receipt{tx.traceparent(), 0, {}}; });
    EXPECT_EQ(seen.id, "00-a-b-01");
}

TEST_P(Once, of_many_at_once_one_is_done_and_all_are_told) {
    std::vector<std::future<Receipt>> all;
    for (int i = 0; i < 400; ++i) {
        auto one_of_four = key;
        one_of_four.key = std::to_string(i % 4);
        all.push_back(parallel.start(database->once(one_of_four, [this, i](Tx& tx) {
            add_thing(tx, std::to_string(++runs));
            return Receipt{std::to_string(i % 4), i, {}};
        })));
    }
    std::map<std::string, std::set<std::int64_t>> answers;
    for (auto& each : all) {
        auto receipt = each.get();
        answers[receipt.id].insert(receipt.number);
    }
    EXPECT_EQ(count(), 4);
    ASSERT_EQ(answers.size(), 4U);
    for (auto& [id, numbers] : answers) EXPECT_EQ(numbers.size(), 1U) << "all repeats tell of the same one";
}

TEST_P(Once, old_keys_are_forgotten_in_steps) {
    write([&](Tx& tx) {
        for (int i = 0; i < 700; ++i) {
            tx.execute(
                "INSERT INTO idempotency_keys(user_id, route, key, body_hash, status, body, created_at)"
                " VALUES ('u', 'r', $1, '', 200, '{}', $2)",
                std::to_string(i), tx.now());
        }
    });
    clock.advance(idempotency_window);
    buy(key);
    std::vector<std::int64_t> steps;
    do {
        steps.push_back(write([](Tx& tx) { return idempotency::delete_expired_keys(tx); }));
    } while (steps.back() > 0);
    EXPECT_EQ(steps, (std::vector<std::int64_t>{500, 200, 0}));
    EXPECT_EQ(kept_keys(), 1);
}

INSTANTIATE_TEST_SUITE_P(Every, Once, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
