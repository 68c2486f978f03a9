// The checker of the invariants finds what it is there to find: each test breaks the books of a sound
// marketplace in one way.
#include "testing/model/invariant_checks.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>

#include "testing/model/customers.hpp"

namespace stagedoor::testing {
namespace {

// The data of a marketplace on which a little was done; made once, copied for each test.
class Books : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        original_ = std::make_unique<runtime::TemporaryFolder>();
        answers_ = std::make_unique<Answers>();
        auto marketplace = make_marketplace(
            {.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}, .data = original_->file("data")});
        marketplace->start();
        auto url = marketplace->base_url();
        auto seller = sign_up(url), buyer = sign_up(url);
        answers_->signed_up(seller);
        std::vector<Wanted> items;
        for (int i = 0; i < 3; ++i) {
            auto listed = seller.at(url).post("/api/tickets", Offer{.quantity = 9}.json()).expect(201);
            answers_->listed(seller, listed);
            items.push_back({listed.at("id"), 2});
        }
        auto ordered = [&] {
            auto reply = order(buyer.at(url), items).expect(201);
            answers_->ordered(buyer, reply);
            return reply.at("id");
        };
        auto paid = [&](const std::string& order) {
            answers_->paid(buyer, order, pay(buyer.at(url), order).expect(201));
        };
        paid(ordered());  // of which one item is void later
        call_off(seller.at(url), items.back().ticket).expect(200);
        answers_->called_off(items.back().ticket);
        items.pop_back();
        pay(buyer.at(url), ordered(), declined_card).expect(402);
        auto paid_at_last = ordered();
        pay(buyer.at(url), paid_at_last, declined_card).expect(402);
        paid(paid_at_last);
        auto cancelled = ordered();
        buyer.at(url).delete_("/api/orders/" + cancelled).expect(204);
        answers_->cancelled(cancelled);
        expect_sound_books(*marketplace, answers_.get());
        EXPECT_EQ(marketplace->stop(), 0);
    }
    static void TearDownTestSuite() {
        original_.reset();
        answers_.reset();
    }

    Books() {
        std::filesystem::copy(original_->path() / "data", folder_.path(),
                              std::filesystem::copy_options::recursive);
    }

    void change(const std::string& service, const std::string& statement) const {
        sqlite3* connection = nullptr;
        ASSERT_EQ(sqlite3_open(folder_.file(service + ".db").c_str(), &connection), SQLITE_OK);
        EXPECT_EQ(sqlite3_exec(connection, ("PRAGMA ignore_check_constraints = ON; " + statement).c_str(),
                               nullptr, nullptr, nullptr),
                  SQLITE_OK)
            << sqlite3_errmsg(connection);
        EXPECT_GT(sqlite3_changes(connection), 0) << statement;
        sqlite3_close(connection);
    }
    [[nodiscard]] std::vector<std::string> broken() const {
        return broken_now(*open_sqlite_files(folder_.path()));
    }
    [[nodiscard]] std::vector<std::string> unequal() const {
        return not_yet_equal(*open_sqlite_files(folder_.path()), now_ms());
    }
    [[nodiscard]] std::vector<std::string> missing() const {
        return answers_->missing_in(*open_sqlite_files(folder_.path()));
    }

    static std::unique_ptr<runtime::TemporaryFolder> original_;
    static std::unique_ptr<Answers> answers_;
    runtime::TemporaryFolder folder_;
};
std::unique_ptr<runtime::TemporaryFolder> Books::original_;
std::unique_ptr<Answers> Books::answers_;

TEST_F(Books, are_sound_as_they_are) {
    EXPECT_TRUE(broken().empty());
    EXPECT_TRUE(unequal().empty());
    EXPECT_TRUE(missing().empty());
}

TEST_F(Books, show_what_is_sold_twice) {
    change("orders", "UPDATE tickets SET capacity = 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_a_hold_of_no_order) {
    change("orders", "UPDATE tickets SET held = held + 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_an_order_that_is_half_held) {
    change("orders",
           "UPDATE order_items SET held_until = NULL WHERE rowid = (SELECT min(rowid) FROM order_items WHERE "
           "held_until IS NOT NULL)");
    change("orders",
           "UPDATE tickets SET held = (SELECT coalesce(sum(quantity), 0) FROM order_items WHERE ticket_id = "
           "tickets.id AND held_until IS NOT NULL)");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_a_change_that_was_not_told) {
    change("orders", "DELETE FROM outbox WHERE type = 'order.cancelled'");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_a_gap_in_the_versions) {
    change("orders", "UPDATE outbox SET version = 7 WHERE type = 'stock.set' AND version = 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_a_dead_letter) {
    change("tickets",
           "INSERT INTO parked(entity, entity_id, version, source, type, time, traceparent, data, tries, "
           "error, dead)"
           " VALUES ('order', 'x', 1, 'orders', 'order.created', 0, '', '{}', 10, 'unreadable', 1)");
    EXPECT_FALSE(broken().empty());
}

TEST_F(Books, show_an_event_that_was_not_heard) {
    change("tickets", "UPDATE inbox SET version = version - 1 WHERE entity = 'stock'");
    EXPECT_FALSE(unequal().empty());
}

TEST_F(Books, show_a_copy_that_differs) {
    change("tickets", "UPDATE tickets SET held = held + 1");
    EXPECT_FALSE(unequal().empty());
}

TEST_F(Books, show_a_timer_that_is_missing) {
    change("expiration", "DELETE FROM timers");
    EXPECT_FALSE(unequal().empty());
}

TEST_F(Books, show_answers_that_were_not_kept) {
    change("orders", "DELETE FROM orders WHERE status = 'cancelled'");
    change("tickets", "UPDATE tickets SET title = 'another'");
    change("auth", "DELETE FROM users");
    change("payments", "UPDATE payments SET status = 'failed' WHERE status = 'succeeded'");
    EXPECT_EQ(missing().size(), 6u);  // an order, the two listings that stand, the seller, two payments
}

TEST_F(Books, are_held_against_the_providers_by_a_command) {
    auto reconciled = [&] {
        return run(stagedoor_program(), {"reconcile", "--data", folder_.path().string()});
    };
    auto sound = reconciled();
    EXPECT_EQ(sound.exit.code, 0) << sound.errors;
    EXPECT_NE(sound.output.find("2 charges"), std::string::npos) << sound.output;
    change("test-provider", "UPDATE charges SET amount_minor = amount_minor + 1 WHERE declined IS NULL");
    auto broken = reconciled();
    EXPECT_EQ(broken.exit.code, 1) << broken.errors;
    EXPECT_NE(broken.output.find("2 differences"), std::string::npos) << broken.output;
}

struct Fault {
    std::string_view what;  // the checker's words
    const char* service;
    const char* change;
};
std::ostream& operator<<(std::ostream& out, const Fault& fault) { return out << fault.what; }

class BooksWithFault : public Books, public ::testing::WithParamInterface<Fault> {
  protected:
    BooksWithFault() { change(GetParam().service, GetParam().change); }
    [[nodiscard]] static bool says(const std::vector<std::string>& found) {
        return std::ranges::any_of(found, [](const auto& line) { return line.starts_with(GetParam().what); });
    }
};
class BrokenBooks : public BooksWithFault {};
class UnequalBooks : public BooksWithFault {};

TEST_P(BrokenBooks, say_so) { EXPECT_TRUE(says(broken())) << ::testing::PrintToString(broken()); }

TEST_P(UnequalBooks, say_so) { EXPECT_TRUE(says(unequal())) << ::testing::PrintToString(unequal()); }

INSTANTIATE_TEST_SUITE_P(
    Money, BrokenBooks,
    ::testing::Values(
        Fault{"sold is not", "orders", "UPDATE tickets SET sold = sold + 1"},
        Fault{"an order that is paid, or about to be, by nothing", "orders",
              "UPDATE orders SET payment_id = NULL WHERE status = 'complete'"},
        Fault{"two attempts", "payments",
              "DROP INDEX payments_one_of_order; UPDATE payments SET status = 'charging' WHERE status = "
              "'failed'"},
        Fault{"an order whose attempt", "payments",
              "UPDATE orders SET attempt = NULL WHERE attempt IS NOT NULL"},
        Fault{"a payment whose events", "payments", "DELETE FROM outbox WHERE type = 'payment.created'"},
        Fault{"more paid back", "payments", "UPDATE refunds SET amount_minor = amount_minor * 1000"},
        Fault{"a transaction of the ledger", "payments",
              "UPDATE ledger SET amount_minor = amount_minor + 1 WHERE account LIKE 'seller/%'"},
        Fault{"a payment that the ledger tells otherwise", "payments",
              "UPDATE ledger SET amount_minor = amount_minor * 2 WHERE kind = 'charge'"},
        Fault{"a payment that the ledger tells otherwise", "payments",
              "DELETE FROM ledger WHERE kind = 'paid_back'"},
        Fault{"two charges of one order", "test-provider",
              "INSERT INTO charges SELECT id || 'x', order_id, amount_minor, currency, 0, NULL, at FROM "
              "charges WHERE "
              "declined IS NULL"},
        Fault{"a charge that is paid back otherwise", "test-provider",
              "UPDATE charges SET refunded_minor = 0 WHERE refunded_minor > 0"},
        Fault{"tickets without money", "payments",
              "UPDATE payments SET status = 'failed' WHERE status = 'succeeded'"},
        Fault{"a payment that nobody was charged for", "test-provider",
              "DELETE FROM charges WHERE declined IS NULL"},
        Fault{"a charge of no attempt", "test-provider",
              "INSERT INTO charges SELECT id || 'x', order_id, 0, currency, 0, 'declined', at FROM charges "
              "WHERE declined IS "
              "NOT NULL"},
        Fault{"money said to be back", "test-provider", "DELETE FROM refunds"},
        Fault{"money back that nobody", "test-provider",
              "INSERT INTO refunds SELECT id || 'x', charge_id, amount_minor, at FROM refunds"}));

INSTANTIATE_TEST_SUITE_P(
    Money, UnequalBooks,
    ::testing::Values(
        Fault{"a payment without an end", "payments",
              "UPDATE payments SET status = 'charging' WHERE status = 'failed' AND order_id NOT IN (SELECT "
              "order_id FROM "
              "payments WHERE status = 'succeeded')"},
        Fault{"money that is still to go back", "payments", "UPDATE refunds SET status = 'pending'"},
        Fault{"who was charged", "test-provider",
              "UPDATE charges SET amount_minor = amount_minor + 1 WHERE declined IS NULL"},
        Fault{"what is charged for an order", "test-provider",
              "UPDATE charges SET refunded_minor = 0 WHERE refunded_minor > 0"},
        Fault{"the order as payments knows it", "payments",
              "UPDATE orders SET status = 'created' WHERE status = 'complete'"},
        Fault{"what sellers have sold", "payments",
              "UPDATE ledger SET account = 'seller/another' WHERE account LIKE 'seller/%'"},
        Fault{"what a listing has earned", "tickets", "UPDATE tickets SET earned_minor = earned_minor + 1"},
        Fault{"an order whose listing was called off", "orders",
              "UPDATE order_items SET cancelled_at = NULL WHERE cancelled_at IS NOT NULL"},
        Fault{"who is reached where", "notifications", "UPDATE people SET confirmed = 1"},
        Fault{"a mail that waits", "notifications",
              "UPDATE mails SET status = 'queued', due_at = created_at"}));

}  // namespace
}  // namespace stagedoor::testing
