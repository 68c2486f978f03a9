// A repeated request takes effect once and gets the same response.
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

class Idempotent : public DatabaseTest {
  protected:
    Receipt run(IdempotencyKey with_key, std::function<Receipt(Tx&)> fn) {
        return loop.wait_for(idempotent(*database, std::move(with_key), std::move(fn)));
    }

    // Adds a new thing at each run and returns a receipt.
    Receipt buy(IdempotencyKey with_key) {
        return run(std::move(with_key), [this](Tx& tx) {
            auto id = std::to_string(++runs);
            add_thing(tx, id);
            return Receipt{id, runs, "€"};
        });
    }
    // Adds a thing, then throws.
    template <class Error>
    void fail(IdempotencyKey with_key, Error error) {
        run(std::move(with_key), [this, error](Tx& tx) -> Receipt {
            add_thing(tx, std::to_string(++runs));
            throw error;
        });
    }
    std::int64_t stored_keys() {
        return read(
            [](Tx& tx) { return tx.find<std::int64_t>("SELECT count(*) FROM idempotency_keys").value(); });
    }

    IdempotencyKey key{.user = "u1",
                       .route = "POST /api/orders",
                       .key = "k1",
                       .body_hash = "h1",
                       .content_hash = "c1",
                       .traceparent = "00-a-b-01"};
    std::atomic<int> runs = 0;
};

TEST_P(Idempotent, a_repeat_gets_the_first_result) {
    auto first = buy(key);
    EXPECT_EQ(buy(key), first);
    EXPECT_EQ(runs, 1);
    EXPECT_EQ(count(), 1);
}

TEST_P(Idempotent, other_keys_users_and_routes_are_other_requests) {
    buy(key);
    for (auto member : {&IdempotencyKey::user, &IdempotencyKey::route, &IdempotencyKey::key}) {
        auto other = key;
        other.*member = "other";
        buy(other);
    }
    EXPECT_EQ(count(), 4);
}

TEST_P(Idempotent, without_a_key_every_request_is_new) {
    key.key.clear();
    buy(key);
    buy(key);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(stored_keys(), 0);
}

TEST_P(Idempotent, a_final_error_is_repeated_and_its_effects_are_undone) {
    using enum ErrorKind;
    for (auto kind : {invalid, declined, forbidden, idempotency_key_reused}) {
        key.key = std::to_string(static_cast<int>(kind));
        runs = 0;
        for (int i = 0; i < 2; ++i) {
            try {
                fail(key,
                     ApiError(kind, Problems{{"only {left} left"_text.with("left", 3).with("title", "\"x\""),
                                              "items[0].quantity"},
                                             {"as a whole"_text, ""}}));
                ADD_FAILURE() << "nothing was thrown";
            } catch (const ApiError& error) {
                EXPECT_EQ(error.kind(), kind);
                EXPECT_EQ(error.problems(),
                          (Problems{{"only {left} left"_text.with("left", 3).with("title", "\"x\""),
                                     "items[0].quantity"},
                                    {"as a whole"_text, ""}}));
            }
        }
        EXPECT_EQ(runs, 1);
    }
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(stored_keys(), 4);
}

TEST_P(Idempotent, an_error_that_may_go_away_is_not_stored) {
    EXPECT_THROW(fail(key, Conflict("sold out"_text)), Conflict);
    EXPECT_THROW(fail(key, NotFound("not known here yet"_text)), NotFound);
    EXPECT_THROW(fail(key, NotSignedIn()), NotSignedIn);
    EXPECT_THROW(fail(key, TooManyRequests("slow down"_text, std::chrono::seconds{1})), TooManyRequests);
    EXPECT_THROW(fail(key, Unavailable("later"_text)), Unavailable);
    EXPECT_THROW(fail(key, std::runtime_error("a bug")), std::runtime_error);
    EXPECT_EQ(count(), 0);
    EXPECT_EQ(stored_keys(), 0);
    EXPECT_EQ(buy(key).number, 7);
}

TEST_P(Idempotent, after_commit_actions_of_a_failed_request_do_not_run) {
    bool action_ran = false;
    auto fails = [&](Tx& tx) -> Receipt {
        tx.after_commit([&] { action_ran = true; });
        throw Forbidden("not yours"_text);
    };
    EXPECT_THROW(run(key, fails), ApiError);
    EXPECT_FALSE(action_ran);
}

TEST_P(Idempotent, the_same_key_with_another_body_is_rejected) {
    auto first = buy(key);
    auto other = key;
    other.body_hash = "h2";
    other.content_hash = "c2";
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

TEST_P(Idempotent, the_same_content_in_other_bytes_is_the_same_body) {
    auto first = buy(key);
    auto other = key;
    other.body_hash = "h2";
    EXPECT_EQ(buy(other), first);
}

// A request of the version that stored no hash of the content, repeated after the upgrade.
TEST_P(Idempotent, a_key_stored_without_a_hash_of_the_content_is_compared_by_its_bytes) {
    auto first = buy(key);
    write([](Tx& tx) { tx.execute("UPDATE idempotency_keys SET content_hash = NULL"); });
    EXPECT_EQ(buy(key), first);
    auto other = key;
    other.body_hash = "h2";
    EXPECT_THROW(buy(other), ApiError);
}

TEST_P(Idempotent, a_key_is_new_again_after_a_day) {
    auto first = buy(key);
    clock.advance(idempotency_window - std::chrono::milliseconds{1});
    EXPECT_EQ(buy(key), first);
    clock.advance(std::chrono::milliseconds{1});
    auto other = key;
    other.body_hash = "h2";
    other.content_hash = "c2";
    auto second = buy(other);
    EXPECT_NE(second, first);
    EXPECT_EQ(buy(other), second);
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(stored_keys(), 1);
}

TEST_P(Idempotent, the_trace_context_is_passed_on) {
    auto seen = run(key, [](Tx& tx) { return Receipt{tx.traceparent(), 0, {}}; });
    EXPECT_EQ(seen.id, "00-a-b-01");
}

TEST_P(Idempotent, concurrent_repeats_take_effect_once_and_get_the_same_result) {
    std::vector<std::future<Receipt>> all;
    for (int i = 0; i < 400; ++i) {
        auto one_of_four = key;
        one_of_four.key = std::to_string(i % 4);
        all.push_back(parallel.start(idempotent(*database, one_of_four, [this, i](Tx& tx) {
            add_thing(tx, std::to_string(++runs));
            return Receipt{std::to_string(i % 4), i, {}};
        })));
    }
    std::map<std::string, std::set<std::int64_t>> results;
    for (auto& each : all) {
        auto receipt = each.get();
        results[receipt.id].insert(receipt.number);
    }
    EXPECT_EQ(count(), 4);
    ASSERT_EQ(results.size(), 4U);
    for (auto& [id, numbers] : results) EXPECT_EQ(numbers.size(), 1U) << "repeats got different results";
}

TEST_P(Idempotent, expired_keys_are_deleted_in_batches) {
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
    std::vector<std::int64_t> batches;
    do {
        batches.push_back(write([](Tx& tx) { return idempotency::delete_expired_keys(tx); }));
    } while (batches.back() > 0);
    EXPECT_EQ(batches, (std::vector<std::int64_t>{500, 200, 0}));
    EXPECT_EQ(stored_keys(), 1);
}

INSTANTIATE_TEST_SUITE_P(Every, Idempotent, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
