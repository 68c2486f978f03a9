// Which transactions take effect, what is undone, and when callers get their results.
#include "testing/databases/drivers.hpp"

namespace stagedoor::sql {
namespace {

using Transactions = DatabaseTest;

TEST_P(Transactions, returns_the_result_of_the_committed_function) {
    auto rows = write([](Tx& tx) {
        add_thing(tx, "a", 1);
        add_thing(tx, "b", 2);
        return tx.execute("UPDATE things SET number = number + 1").rows;
    });
    EXPECT_EQ(rows, 2);
    EXPECT_EQ(number_of("a"), 2);
    EXPECT_EQ(number_of("b"), 3);
}

TEST_P(Transactions, statements_sent_ahead_return_their_rows_in_any_order) {
    auto rows = write([](Tx& tx) {
        add_thing(tx, "a", 1);
        auto before = tx.query_later<std::int64_t>("SELECT number FROM things WHERE id = $1", "a");
        auto changed = tx.query_later<std::int64_t>(
            "UPDATE things SET number = number + 10 WHERE id = $1 RETURNING number", "a");
        auto none = tx.query_later<std::int64_t>("SELECT number FROM things WHERE id = $1", "b");
        auto after = tx.query_later<std::int64_t>("SELECT number FROM things WHERE id = $1", "a");
        auto last = after.get();
        return std::vector{before.get(), changed.get(), none.get(), last};
    });
    using Numbers = std::vector<std::int64_t>;
    EXPECT_EQ(rows, (std::vector<Numbers>{{1}, {11}, {}, {11}}));
}

TEST_P(Transactions, an_error_of_a_statement_sent_ahead_undoes_the_function) {
    auto fails = [](Tx& tx) {
        add_thing(tx, "a");
        auto again = tx.query_later<std::string>("INSERT INTO things(id) VALUES ('a') RETURNING id");
        auto after = tx.query_later<std::string>("SELECT id FROM things");
        (void)again.get();
        (void)after.get();
    };
    EXPECT_THROW(write(fails), UniqueViolation);
    EXPECT_EQ(count(), 0);
    write([](Tx& tx) {  // also if it is undone only in part
        add_thing(tx, "kept");
        EXPECT_THROW(tx.nested([&] {
            auto again = tx.query_later<std::string>("INSERT INTO things(id) VALUES ('kept') RETURNING id");
            (void)again.get();
        }),
                     UniqueViolation);
        auto kept = tx.query_later<std::string>("SELECT id FROM things");
        EXPECT_EQ(kept.get(), (std::vector<std::string>{"kept"}));
    });
    EXPECT_EQ(count(), 1);
}

TEST_P(Transactions, undoes_a_function_that_throws_and_rethrows) {
    auto fails = [](Tx& tx) {
        add_thing(tx, "a");
        throw NotFound("no such thing"_text);
    };
    EXPECT_THROW(write(fails), NotFound);
    EXPECT_EQ(count(), 0);
}

TEST_P(Transactions, undoes_only_the_functions_that_throw_when_several_share_a_commit) {
    HeldWriter held{*database, loop};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 6; ++i) {
        all.push_back(start_write([i](Tx& tx) {
            add_thing(tx, std::to_string(i), i);
            if (i % 3 == 0) throw Conflict("rejected"_text);
        }));
    }
    catch_up(loop);
    held.release();
    for (std::size_t i = 0; i < 6; ++i) {
        if (i % 3 == 0)
            EXPECT_THROW(all[i].get(), Conflict);
        else
            EXPECT_NO_THROW(all[i].get());
        EXPECT_EQ(number_of(std::to_string(i)).has_value(), i % 3 != 0);
    }
}

TEST_P(Transactions, a_failed_commit_undoes_only_the_transaction_that_caused_it) {
    write([](Tx& tx) {
        tx.execute(
            "CREATE TABLE parts (id TEXT PRIMARY KEY, thing TEXT NOT NULL"
            " REFERENCES things(id) DEFERRABLE INITIALLY DEFERRED)");
    });
    HeldWriter held{*database, loop};
    auto before = start_write([](Tx& tx) { add_thing(tx, "before"); });
    auto guilty =
        start_write([](Tx& tx) { tx.execute("INSERT INTO parts(id, thing) VALUES ('p', 'missing')"); });
    auto after = start_write([](Tx& tx) {
        add_thing(tx, "after");
        return tx.find<std::int64_t>("SELECT count(*) FROM things").value();
    });
    catch_up(loop);
    held.release();
    EXPECT_NO_THROW(before.get());
    EXPECT_THROW(guilty.get(), StatementError);
    EXPECT_EQ(after.get(), 2) << "the result is that of the last run";
    EXPECT_EQ(count(), 2);
    EXPECT_EQ(read([](Tx& tx) { return tx.find<std::int64_t>("SELECT count(*) FROM parts"); }), 0);
}

TEST_P(Transactions, a_nested_part_that_throws_is_undone_alone) {
    write([](Tx& tx) {
        add_thing(tx, "outer");
        tx.nested([&] { add_thing(tx, "kept"); });
        auto inner_fails = [&] {
            add_thing(tx, "undone");
            tx.nested([&] { add_thing(tx, "undone too"); });
            throw Conflict("inner"_text);
        };
        EXPECT_THROW(tx.nested(inner_fails), Conflict);
        tx.nested([&] {
            add_thing(tx, "kept too");
            EXPECT_THROW(tx.nested([&] { add_thing(tx, "outer"); }), UniqueViolation);
        });
    });
    auto left = read([](Tx& tx) { return tx.query<std::string>("SELECT id FROM things ORDER BY id"); });
    EXPECT_EQ(left, (std::vector<std::string>{"kept", "kept too", "outer"}));
}

TEST_P(Transactions, a_duplicate_key_throws_unique_violation) {
    write([](Tx& tx) { add_thing(tx, "a"); });
    EXPECT_THROW(write([](Tx& tx) { add_thing(tx, "a"); }), UniqueViolation);
    write([](Tx& tx) { tx.execute("CREATE UNIQUE INDEX one_number ON things(number)"); });
    EXPECT_THROW(write([](Tx& tx) { add_thing(tx, "b"); }), UniqueViolation);
}

TEST_P(Transactions, a_wrong_statement_throws_statement_error) {
    EXPECT_THROW(write([](Tx& tx) { tx.execute("SELECT nothing FROM nowhere"); }), StatementError);
    EXPECT_THROW(write([](Tx& tx) { tx.execute("DELETE FROM things WHERE id = $1"); }), StatementError);
    EXPECT_THROW(write([](Tx& tx) { tx.execute("DELETE FROM things; DELETE FROM things"); }), StatementError);
    auto quoted_identifier = [](Tx& tx) { tx.execute(R"(DELETE FROM things WHERE id = "a")"); };
    EXPECT_THROW(write(quoted_identifier), StatementError);
    EXPECT_NO_THROW(write([](Tx& tx) { add_thing(tx, "a"); }));
}

TEST_P(Transactions, returns_the_number_of_changed_rows) {
    write([](Tx& tx) {
        EXPECT_EQ(tx.execute("INSERT INTO things(id, number) VALUES ('a', 1), ('b', 2)").rows, 2);
        EXPECT_EQ(tx.execute("UPDATE things SET number = 0 WHERE id = 'c'").rows, 0);
        EXPECT_EQ(tx.execute("INSERT INTO things(id) VALUES ('a') ON CONFLICT DO NOTHING").rows, 0);
        EXPECT_EQ(tx.execute("UPDATE things SET number = 5 RETURNING id").rows, 2);
        EXPECT_EQ(tx.execute("CREATE TABLE others (id TEXT)").rows, 0);
        EXPECT_EQ(tx.execute("DELETE FROM things").rows, 2);
    });
}

// ---- after the commit

TEST_P(Transactions, after_commit_actions_run_once_durable_and_before_the_caller_resumes) {
    std::vector<std::string> actions;
    std::optional<std::int64_t> seen;
    write([&](Tx& tx) {
        add_thing(tx, "a", 7);
        tx.after_commit([&] {
            seen = number_of("a");
            actions.push_back("first");
        });
        tx.after_commit([&] { actions.push_back("second"); });
    });
    EXPECT_EQ(seen, 7) << "another connection must see the change when the action runs";
    EXPECT_EQ(actions, (std::vector<std::string>{"first", "second"}));
}

TEST_P(Transactions, after_commit_actions_of_an_undone_part_do_not_run) {
    std::vector<std::string> actions;
    auto part_fails = [&](Tx& tx) {
        tx.after_commit([&] { actions.push_back("kept"); });
        auto part = [&] {
            tx.after_commit([&] { actions.push_back("undone"); });
            throw Conflict("part"_text);
        };
        EXPECT_THROW(tx.nested(part), Conflict);
    };
    auto all_fails = [&](Tx& tx) {
        tx.after_commit([&] { actions.push_back("never"); });
        throw Conflict("all"_text);
    };
    write(part_fails);
    EXPECT_THROW(write(all_fails), Conflict);
    EXPECT_EQ(actions, std::vector<std::string>{"kept"});
}

TEST_P(Transactions, listeners_are_called_for_their_channel_only) {
    std::atomic<int> calls = 0, other_calls = 0;
    database->listen("outbox", [&] { ++calls; });
    database->listen("outbox", [&] { ++calls; });
    database->listen("else", [&] { ++other_calls; });
    write([](Tx& tx) { tx.notify("outbox"); });
    auto undone = [](Tx& tx) {
        tx.notify("else");
        throw Conflict("undone"_text);
    };
    EXPECT_THROW(write(undone), Conflict);
    EXPECT_EQ(calls, 2);
    EXPECT_EQ(other_calls, 0);
}

TEST_P(Transactions, listeners_for_a_type_get_what_committed_transactions_passed_on) {
    std::vector<std::string> received;
    std::optional<std::int64_t> seen;
    write([](Tx& tx) { tx.notify_of(std::string{"nobody listens yet"}); });
    database->listen_for<std::string>([&](const std::string& message) {
        received.push_back(message);
        seen = number_of("a");
    });
    database->listen_for<int>([](int) { ADD_FAILURE() << "nobody passed one on"; });
    write([](Tx& tx) {
        add_thing(tx, "a", 7);
        tx.notify_of(std::string{"first"});
        auto part = [&tx] {
            tx.notify_of(std::string{"undone part"});
            throw Conflict("part"_text);
        };
        EXPECT_THROW(tx.nested(part), Conflict);
        tx.notify_of(std::string{"second"});
    });
    auto undone = [](Tx& tx) {
        tx.notify_of(std::string{"undone"});
        throw Conflict("undone"_text);
    };
    EXPECT_THROW(write(undone), Conflict);
    EXPECT_EQ(received, (std::vector<std::string>{"first", "second"}));
    EXPECT_EQ(seen, 7) << "another connection must see the change when the message arrives";
}

TEST_P(Transactions, an_after_commit_action_that_throws_does_no_harm) {
    write([](Tx& tx) {
        add_thing(tx, "a");
        tx.after_commit([] { throw std::runtime_error("careless"); });
    });
    EXPECT_EQ(count(), 1);
}

// ---- reads

TEST_P(Transactions, a_read_sees_one_snapshot) {
    write([](Tx& tx) { add_thing(tx, "a"); });
    auto [before, after] = read([&](Tx& tx) {
        auto things = [&] { return tx.find<std::int64_t>("SELECT count(*) FROM things").value(); };
        auto first = things();
        write([](Tx& other) { add_thing(other, "b"); });
        return std::pair{first, things()};
    });
    EXPECT_EQ(before, 1);
    EXPECT_EQ(after, 1);
    EXPECT_EQ(count(), 2);
}

Task<bool> writes_then_reads(Database& database, std::string id) {
    co_await database.write([&](Tx& tx) { add_thing(tx, id); });
    auto found = co_await database.read(
        [&](Tx& tx) { return tx.find<std::string>("SELECT id FROM things WHERE id = $1", id); });
    co_return found.has_value();
}

TEST_P(Transactions, a_read_sees_every_completed_write) {
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 300; ++i)
        all.push_back(parallel.start(writes_then_reads(*database, std::to_string(i))));
    for (auto& each : all) EXPECT_TRUE(each.get());
}

TEST_P(Transactions, a_write_in_a_read_throws) {
    EXPECT_THROW(read([](Tx& tx) { add_thing(tx, "a"); }), StatementError);
    EXPECT_EQ(count(), 0);
}

TEST_P(Transactions, a_read_that_throws_rethrows) {
    EXPECT_THROW(read([](Tx&) -> int { throw NotFound(); }), NotFound);
    EXPECT_EQ(count(), 0);
}

// ---- limits, time, close

bool is_rejected(std::future<void>& result) {
    try {
        result.get();
        return false;
    } catch (const Unavailable& error) {
        EXPECT_TRUE(error.retry_after);
        return true;
    }
}

TEST_P(Transactions, a_full_queue_rejects_writes_with_retry_after) {
    reopen({.queue_limit = 3});
    HeldWriter held{*database, loop};
    std::vector<std::future<void>> all;
    for (std::size_t i = 0; i < 5; ++i)
        all.push_back(start_write([i](Tx& tx) { add_thing(tx, std::to_string(i)); }));
    catch_up(loop);
    EXPECT_TRUE(is_rejected(all[3]));
    EXPECT_TRUE(is_rejected(all[4]));
    held.release();
    for (std::size_t i = 0; i < 3; ++i) EXPECT_FALSE(is_rejected(all[i]));
    EXPECT_EQ(count(), 3);
}

TEST_P(Transactions, now_is_the_time_of_the_request) {
    HeldWriter held{*database, loop};
    auto requested_at = clock.now();
    auto seen = start_write([](Tx& tx) { return tx.now(); });
    catch_up(loop);
    clock.advance(std::chrono::seconds{30});
    held.release();
    EXPECT_EQ(seen.get(), requested_at);
}

TEST_P(Transactions, carry_the_trace_context) {
    auto seen = loop.wait_for(
        database->write([](Tx& tx) { return tx.traceparent(); }, {.traceparent = "00-abc-def-01"}));
    EXPECT_EQ(seen, "00-abc-def-01");
}

TEST_P(Transactions, close_completes_accepted_writes_and_rejects_later_ones) {
    HeldWriter held{*database, loop};
    std::vector<std::future<void>> all;
    for (int i = 0; i < 100; ++i)
        all.push_back(start_write([i](Tx& tx) { add_thing(tx, std::to_string(i)); }));
    catch_up(loop);
    std::jthread closing{[&] { database->close(); }};
    held.release();
    closing.join();
    for (auto& each : all) EXPECT_FALSE(is_rejected(each));
    auto late = start_write([](Tx& tx) { add_thing(tx, "late"); });
    EXPECT_TRUE(is_rejected(late));
    open({});
    EXPECT_EQ(count(), 100);
}

TEST_P(Transactions, the_check_of_a_healthy_database_succeeds) {
    EXPECT_NO_THROW(loop.wait_for(database->check()));
}

// ---- races

TEST_P(Transactions, a_guarded_update_never_exceeds_its_limit) {
    write([](Tx& tx) { add_thing(tx, "stock", 0); });
    std::vector<std::future<bool>> all;
    for (int i = 0; i < 600; ++i) {
        all.push_back(parallel.start(database->write([](Tx& tx) {
            return tx.execute("UPDATE things SET number = number + $2 WHERE id = $1 AND number + $2 <= 250",
                              "stock", 1)
                       .rows == 1;
        })));
    }
    auto won = std::ranges::count_if(all, [](auto& each) { return each.get(); });
    EXPECT_EQ(won, 250);
    EXPECT_EQ(number_of("stock"), 250);
}

INSTANTIATE_TEST_SUITE_P(Every, Transactions, ::testing::ValuesIn(drivers()), driver_name);

}  // namespace
}  // namespace stagedoor::sql
