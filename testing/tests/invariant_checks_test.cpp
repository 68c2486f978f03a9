// The invariant checks find violations: each test corrupts the data of a consistent marketplace in one way.
#include "testing/model/invariant_checks.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <algorithm>

#include "testing/model/customers.hpp"

namespace stagedoor::testing {
namespace {

// The data of a marketplace after some orders and payments; created once, copied for each test.
class InvariantChecks : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        original_ = std::make_unique<runtime::TemporaryFolder>();
        expected_ = std::make_unique<ExpectedState>();
        auto marketplace = make_marketplace(
            {.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}, .data = original_->file("data")});
        marketplace->start();
        auto url = marketplace->base_url();
        auto seller = sign_up(url), buyer = sign_up(url);
        expected_->signed_up(seller);
        std::vector<OrderItem> items;
        for (int i = 0; i < 3; ++i) {
            auto listed = seller.at(url).post("/api/tickets", Offer{.quantity = 9}.json()).expect(201);
            expected_->listed(seller, listed);
            items.push_back({listed.at("id"), 2});
        }
        auto place_order = [&] {
            auto response = order(buyer.at(url), items).expect(201);
            expected_->ordered(buyer, response);
            return response.at("id");
        };
        auto pay_for = [&](const std::string& order) {
            expected_->paid(buyer, order, pay(buyer.at(url), order).expect(201));
        };
        pay_for(place_order());  // one of its items is cancelled later
        cancel_listing(seller.at(url), items.back().ticket).expect(200);
        expected_->listing_cancelled(items.back().ticket);
        items.pop_back();
        pay(buyer.at(url), place_order(), declined_card).expect(402);
        auto paid_at_last = place_order();
        pay(buyer.at(url), paid_at_last, declined_card).expect(402);
        pay_for(paid_at_last);
        admit_one_of_two(url, seller, buyer, sign_up(url), paid_at_last, items.front().ticket);
        auto cancelled = place_order();
        buyer.at(url).delete_("/api/orders/" + cancelled).expect(204);
        expected_->cancelled(cancelled);
        expect_invariants_hold(*marketplace, expected_.get());
        EXPECT_EQ(marketplace->stop(), 0);
    }
    // One pass is admitted, the other one transferred.
    static void admit_one_of_two(const std::string& url, const User& seller, const User& buyer,
                                 const User& another, const std::string& order, const std::string& ticket) {
        Response passes;
        ASSERT_TRUE(becomes_true(
            [&] {
                passes = buyer.at(url).get("/api/admissions/passes?orderId=" + order);
                return passes.count() == 4;
            },
            std::chrono::seconds{10}));
        auto door =
            seller.at(url)
                .post("/api/admissions/listings/" + ticket + "/doors", R"({"name":"Main","role":"steward"})")
                .expect(201)
                .at("link");
        auto scanner =
            Client{url}
                .post("/api/admissions/scanners", R"({"token":")" + door.substr(door.find('#') + 1) + R"("})")
                .expect(201);
        std::vector<std::string> of_ticket;
        for (int i = 0; i < 4; ++i) {
            auto at = "[" + std::to_string(i) + "].";
            if (passes.at(at + "ticketId") == ticket) of_ticket.push_back(passes.at(at + "id"));
        }
        ASSERT_EQ(of_ticket.size(), 2u);
        auto link =
            buyer.at(url).post("/api/admissions/passes/" + of_ticket[1] + "/transfer").expect(201).at("link");
        another.at(url)
            .post("/api/admissions/transfers/claim",
                  R"({"token":")" + link.substr(link.find('#') + 1) + R"("})")
            .expect(200);
        auto code = buyer.at(url).get("/api/admissions/passes/" + of_ticket[0]).expect(200).at("code");
        Client{url}
            .with("Authorization", "Bearer " + scanner.at("token"))
            .post("/api/admissions/scanner/scans", R"({"nonce":"the first scan","code":)" + json_text(code) +
                                                       R"(,"action":"admit","at":"2026-01-01T00:00:00Z"})")
            .expect(200, "admitted");
    }
    static void TearDownTestSuite() {
        original_.reset();
        expected_.reset();
    }

    InvariantChecks() {
        std::filesystem::copy(original_->path() / "data", folder_.path(),
                              std::filesystem::copy_options::recursive);
    }

    void corrupt(const std::string& service, const std::string& statement) const {
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
        return broken_invariants(*open_sqlite_files(folder_.path()));
    }
    [[nodiscard]] std::vector<std::string> diverged() const {
        return not_yet_converged(*open_sqlite_files(folder_.path()), now_ms());
    }
    [[nodiscard]] std::vector<std::string> missing() const {
        return expected_->missing_in(*open_sqlite_files(folder_.path()));
    }

    static std::unique_ptr<runtime::TemporaryFolder> original_;
    static std::unique_ptr<ExpectedState> expected_;
    runtime::TemporaryFolder folder_;
};
std::unique_ptr<runtime::TemporaryFolder> InvariantChecks::original_;
std::unique_ptr<ExpectedState> InvariantChecks::expected_;

TEST_F(InvariantChecks, pass_for_consistent_data) {
    EXPECT_TRUE(broken().empty());
    EXPECT_TRUE(diverged().empty());
    EXPECT_TRUE(missing().empty());
}

TEST_F(InvariantChecks, find_overselling) {
    corrupt("orders", "UPDATE tickets SET capacity = 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_a_hold_without_an_order) {
    corrupt("orders", "UPDATE tickets SET held = held + 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_a_partly_held_order) {
    corrupt(
        "orders",
        "UPDATE order_items SET held_until = NULL WHERE rowid = (SELECT min(rowid) FROM order_items WHERE "
        "held_until IS NOT NULL)");
    corrupt("orders",
            "UPDATE tickets SET held = (SELECT coalesce(sum(quantity), 0) FROM order_items WHERE ticket_id = "
            "tickets.id AND held_until IS NOT NULL)");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_a_change_without_an_event) {
    corrupt("orders", "DELETE FROM outbox WHERE type = 'order.cancelled'");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_a_gap_in_the_versions) {
    corrupt("orders", "UPDATE outbox SET version = 7 WHERE type = 'stock.set' AND version = 1");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_a_dead_letter) {
    corrupt("tickets",
            "INSERT INTO parked(entity, entity_id, version, source, type, time, traceparent, data, tries, "
            "error, dead)"
            " VALUES ('order', 'x', 1, 'orders', 'order.created', 0, '', '{}', 10, 'unreadable', 1)");
    EXPECT_FALSE(broken().empty());
}

TEST_F(InvariantChecks, find_an_event_that_was_not_received) {
    corrupt("tickets", "UPDATE inbox SET version = version - 1 WHERE entity = 'stock'");
    EXPECT_FALSE(diverged().empty());
}

TEST_F(InvariantChecks, find_a_diverged_projection) {
    corrupt("tickets", "UPDATE tickets SET held = held + 1");
    EXPECT_FALSE(diverged().empty());
}

TEST_F(InvariantChecks, find_a_missing_timer) {
    corrupt("expiration", "DELETE FROM timers");
    EXPECT_FALSE(diverged().empty());
}

TEST_F(InvariantChecks, find_differences_from_the_expected_state) {
    corrupt("orders", "DELETE FROM orders WHERE status = 'cancelled'");
    corrupt("tickets", "UPDATE tickets SET title = 'another'");
    corrupt("auth", "DELETE FROM users");
    corrupt("payments", "UPDATE payments SET status = 'failed' WHERE status = 'succeeded'");
    EXPECT_EQ(missing().size(), 6u);  // an order, the two open listings, the seller, two payments
}

using Reconciliation = InvariantChecks;

TEST_F(Reconciliation, finds_differences_from_the_provider) {
    auto reconciled = [&] {
        return run(stagedoor_program(), {"reconcile", "--data", folder_.path().string()});
    };
    auto consistent = reconciled();
    EXPECT_EQ(consistent.exit.code, 0) << consistent.errors;
    EXPECT_NE(consistent.output.find("2 charges"), std::string::npos) << consistent.output;
    corrupt("test-provider", "UPDATE charges SET amount_minor = amount_minor + 1 WHERE declined IS NULL");
    auto broken = reconciled();
    EXPECT_EQ(broken.exit.code, 1) << broken.errors;
    EXPECT_NE(broken.output.find("2 differences"), std::string::npos) << broken.output;
}

struct Corruption {
    std::string_view violation;  // the beginning of its message
    const char* service;
    const char* statement;
};
std::ostream& operator<<(std::ostream& out, const Corruption& corruption) {
    return out << corruption.violation;
}

class CorruptedData : public InvariantChecks, public ::testing::WithParamInterface<Corruption> {
  protected:
    CorruptedData() { corrupt(GetParam().service, GetParam().statement); }
    [[nodiscard]] static bool reports(const std::vector<std::string>& found) {
        return std::ranges::any_of(found,
                                   [](const auto& line) { return line.starts_with(GetParam().violation); });
    }
};
class BrokenInvariant : public CorruptedData {};
class Divergence : public CorruptedData {};

TEST_P(BrokenInvariant, is_reported) { EXPECT_TRUE(reports(broken())) << ::testing::PrintToString(broken()); }

TEST_P(Divergence, is_reported) { EXPECT_TRUE(reports(diverged())) << ::testing::PrintToString(diverged()); }

INSTANTIATE_TEST_SUITE_P(
    Admissions, BrokenInvariant,
    ::testing::Values(
        Corruption{"a pass whose entries are not those of its admissions", "admissions",
                   "UPDATE passes SET entries = 2 WHERE inside = 1"},
        Corruption{"a pass whose entries are not those of its admissions", "admissions",
                   "UPDATE passes SET inside = 0 WHERE inside = 1"},
        Corruption{"a pass that has entries but was never admitted", "admissions", "DELETE FROM scans"},
        Corruption{"an admission of a generation that is not the live one", "admissions",
                   "UPDATE scans SET generation = 2"},
        Corruption{"a live generation in door packs as dead", "admissions",
                   "UPDATE dead_generations SET generation = 2"},
        Corruption{"a dead generation that door packs lack", "admissions", "DELETE FROM dead_generations"},
        Corruption{"a holder who has not claimed", "admissions",
                   "UPDATE passes SET holder_id = 'nobody' WHERE generation = 2"},
        Corruption{"a transfer without exactly one event", "admissions",
                   "DELETE FROM outbox WHERE type = 'transfer.claimed'"},
        Corruption{"a shard of a scanner while tickets may be returned", "admissions",
                   "UPDATE shards SET owner = 'scanner'; UPDATE listings SET doors_opened_at = NULL"}));

INSTANTIATE_TEST_SUITE_P(
    Admissions, Divergence,
    ::testing::Values(Corruption{"passes", "admissions", "DELETE FROM passes WHERE number = 1"},
                      Corruption{"passes", "admissions", "UPDATE passes SET status = 'revoked'"},
                      Corruption{"admissions' projection of the listing", "admissions",
                                 "UPDATE listings SET venue = 'elsewhere'"},
                      Corruption{"listings whose tickets can't be returned", "orders",
                                 "UPDATE tickets SET returns_closed_at = NULL"}));

INSTANTIATE_TEST_SUITE_P(
    Money, BrokenInvariant,
    ::testing::Values(
        Corruption{"sold differs", "orders", "UPDATE tickets SET sold = sold + 1"},
        Corruption{"a paid or awaiting order without a payment", "orders",
                   "UPDATE orders SET payment_id = NULL WHERE status = 'complete'"},
        Corruption{"two unresolved or successful attempts", "payments",
                   "DROP INDEX payments_one_of_order; UPDATE payments SET status = 'charging' WHERE status = "
                   "'failed'"},
        Corruption{"an order whose attempt", "payments",
                   "UPDATE orders SET attempt = NULL WHERE attempt IS NOT NULL"},
        Corruption{"a payment without exactly one event", "payments",
                   "DELETE FROM outbox WHERE type = 'payment.created'"},
        Corruption{"more refunded", "payments", "UPDATE refunds SET amount_minor = amount_minor * 1000"},
        Corruption{"a ledger transaction", "payments",
                   "UPDATE ledger SET amount_minor = amount_minor + 1 WHERE account LIKE 'seller/%'"},
        Corruption{"a payment that differs from the ledger", "payments",
                   "UPDATE ledger SET amount_minor = amount_minor * 2 WHERE kind = 'charge'"},
        Corruption{"a payment that differs from the ledger", "payments",
                   "DELETE FROM ledger WHERE kind = 'paid_back'"},
        Corruption{"two valid charges", "test-provider",
                   "INSERT INTO charges SELECT id || 'x', order_id, amount_minor, currency, 0, NULL, at FROM "
                   "charges WHERE "
                   "declined IS NULL"},
        Corruption{"a charge whose refunded amount", "test-provider",
                   "UPDATE charges SET refunded_minor = 0 WHERE refunded_minor > 0"},
        Corruption{"tickets without money", "payments",
                   "UPDATE payments SET status = 'failed' WHERE status = 'succeeded'"},
        Corruption{"a payment without a charge", "test-provider",
                   "DELETE FROM charges WHERE declined IS NULL"},
        Corruption{
            "a charge without an attempt", "test-provider",
            "INSERT INTO charges SELECT id || 'x', order_id, 0, currency, 0, 'declined', at FROM charges "
            "WHERE declined IS "
            "NOT NULL"},
        Corruption{"a refund that the provider did not make", "test-provider", "DELETE FROM refunds"},
        Corruption{"a refund that payments did not request", "test-provider",
                   "INSERT INTO refunds SELECT id || 'x', charge_id, amount_minor, at FROM refunds"}));

INSTANTIATE_TEST_SUITE_P(
    Money, Divergence,
    ::testing::Values(
        Corruption{
            "an unfinished payment", "payments",
            "UPDATE payments SET status = 'charging' WHERE status = 'failed' AND order_id NOT IN (SELECT "
            "order_id FROM "
            "payments WHERE status = 'succeeded')"},
        Corruption{"an unfinished refund", "payments", "UPDATE refunds SET status = 'pending'"},
        Corruption{"charges: ", "test-provider",
                   "UPDATE charges SET amount_minor = amount_minor + 1 WHERE declined IS NULL"},
        Corruption{"net charges", "test-provider",
                   "UPDATE charges SET refunded_minor = 0 WHERE refunded_minor > 0"},
        Corruption{"payments' projection of the order", "payments",
                   "UPDATE orders SET status = 'created' WHERE status = 'complete'"},
        Corruption{"sellers' sales", "payments",
                   "UPDATE ledger SET account = 'seller/another' WHERE account LIKE 'seller/%'"},
        Corruption{"earnings of a listing", "tickets", "UPDATE tickets SET earned_minor = earned_minor + 1"},
        Corruption{"an open order for a cancelled listing", "orders",
                   "UPDATE order_items SET cancelled_at = NULL WHERE cancelled_at IS NOT NULL"},
        Corruption{"purchases", "notifications", "UPDATE purchases SET void = 1 WHERE void = 0"},
        Corruption{"a buyer without an email about the moved event", "notifications",
                   "UPDATE listings SET moved_version = 1000"},
        Corruption{"a moved event whose buyers are not all emailed", "notifications",
                   "INSERT INTO moves(ticket_id, last_user) VALUES ('ticket', '')"},
        Corruption{"email addresses", "notifications", "UPDATE people SET confirmed = 1"},
        Corruption{"names of sellers", "tickets", "INSERT INTO sellers(id, name) VALUES ('user', 'Name')"},
        Corruption{"a queued email", "notifications",
                   "UPDATE mails SET status = 'queued', due_at = created_at"}));

}  // namespace
}  // namespace stagedoor::testing
