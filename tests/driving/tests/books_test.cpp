// The checker of the invariants finds what it is there to find: each test breaks the books of a sound
// marketplace in one way.
#include "tests/driving/books.hpp"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include "tests/driving/people.hpp"

namespace stagedoor::driving {
namespace {

// The data of a marketplace on which a little was done; made once, copied for each test.
class Books : public ::testing::Test {
  protected:
    static void SetUpTestSuite() {
        original_ = std::make_unique<Folder>();
        answers_ = std::make_unique<Answers>();
        auto marketplace = make_marketplace(
            {.environment = {{"STAGEDOOR_DRAIN_DELAY", "0"}}, .data = original_->file("data")});
        marketplace->start();
        auto url = marketplace->base_url();
        auto seller = sign_up(url), buyer = sign_up(url);
        answers_->signed_up(seller);
        std::vector<Wanted> items;
        for (int i = 0; i < 2; ++i) {
            auto listed = seller.at(url).post("/api/tickets", Offer{.quantity = 5}.json()).expect(201);
            answers_->listed(seller, listed);
            items.push_back({listed.at("id"), 2});
        }
        answers_->ordered(buyer, order(buyer.at(url), items).expect(201));
        auto cancelled = order(buyer.at(url), items).expect(201);
        answers_->ordered(buyer, cancelled);
        buyer.at(url).delete_("/api/orders/" + cancelled.at("id")).expect(204);
        answers_->cancelled(cancelled.at("id"));
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
        return not_yet_equal(*open_sqlite_files(folder_.path()));
    }
    [[nodiscard]] std::vector<std::string> missing() const {
        return answers_->missing_in(*open_sqlite_files(folder_.path()));
    }

    static std::unique_ptr<Folder> original_;
    static std::unique_ptr<Answers> answers_;
    Folder folder_;
};
std::unique_ptr<Folder> Books::original_;
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
    change("orders", "UPDATE outbox SET version = 7 WHERE type = 'stock.set'");
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
    change("tickets", "UPDATE bus_positions SET position = position - 1 WHERE source = 'orders'");
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
    EXPECT_EQ(missing().size(), 4u);  // an order, two listings, the seller
}

}  // namespace
}  // namespace stagedoor::driving
