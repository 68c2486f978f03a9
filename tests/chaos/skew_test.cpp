// Two versions run side by side during an upgrade: schemas newer than the program, events with more or fewer
// members than it knows.
#include <signal.h>

#include "tests/chaos/chaos_harness.hpp"

namespace stagedoor::testing {
namespace {

class Skew : public ::testing::Test {
  protected:
    Skew() {
        fleet.start_servers();
        fleet.launch_services();
        fleet.await_ready(60s);
        seller = sign_up(fleet.url());
        buyer = sign_up(fleet.url());
    }
    ~Skew() override {
        EXPECT_EQ(fleet.stop_services(20s), 0);
        fleet.stop_servers();
    }

    // Publishes an event as another version of tickets would.
    void publish(const std::string& type, const std::string& id, int version, const std::string& data) {
        fleet.postgres().query(
            "INSERT INTO outbox(type, entity_id, version, time, traceparent, data) VALUES ('" + type +
                "', '" + id + "', " + std::to_string(version) + ", " + std::to_string(now_ms()) + ", '', '" +
                data + "')",
            "tickets");
    }
    bool is_sold_at(const std::string& ticket, const std::string& price) {
        auto reply = order(buyer.at(fleet.url()), {{ticket}});
        return reply.status == 201 && reply.at("total") == price;
    }

    runtime::TemporaryFolder folder;
    Fleet fleet{{.folder = folder.file("fleet"),
                 .programs = std::filesystem::path{stagedoor_program()}.parent_path(),
                 .environment = {{"STAGEDOOR_RATE_LIMITS", "off"}, {"STAGEDOOR_LOG_LEVEL", "warning"}}}};
    User seller, buyer;
};

TEST_F(Skew, events_of_newer_and_older_versions_are_handled) {
    const std::string id = "019a0000-0000-7000-8000-0000000000a1";
    auto listing = [&](const std::string& price, int version, const std::string& more) {
        return R"({"id":")" + id + R"(","userId":")" + seller.id + R"(","title":"Concert","price":)" + price +
               R"(,"currency":"USD","quantity":100,"maxPerOrder":10,"version":)" + std::to_string(version) +
               more + "}";
    };
    // Newer: members unknown to this version. Older: without the members that are optional now.
    publish("ticket.created", id, 1,
            listing("10.00", 1, R"(,"tags":["loud",{"deep":[1,2]}],"dynamicPrice":null)"));
    EXPECT_TRUE(becomes_true([&] { return is_sold_at(id, "10.00"); }, 10s));
    // An event type that only a newer version knows still counts in the entity's sequence of versions.
    publish("ticket.featured", id, 2, R"({"id":")" + id + R"(","until":"2027-01-01T00:00:00.000Z"})");
    publish("ticket.updated", id, 3, listing("12.50", 3, ""));
    EXPECT_TRUE(becomes_true(
        [&] {
            return fleet.postgres().query("SELECT price_minor FROM tickets WHERE id = '" + id + "'",
                                          "orders") == "1250\n";
        },
        10s));
    EXPECT_TRUE(is_sold_at(id, "12.50"));
    for (const auto* service : {"orders", "notifications"})
        EXPECT_EQ(fleet.postgres().query("SELECT count(*) FROM parked", service), "0\n") << service;
}

TEST_F(Skew, a_program_runs_on_a_newer_schema) {
    auto ticket = list_ticket(seller.at(fleet.url()), {.quantity = 100});
    EXPECT_TRUE(becomes_true([&] { return is_sold_at(ticket, "19.99"); }, 10s));
    // As the first replica of the next version does while these still run.
    fleet.postgres().query(
        "ALTER TABLE orders ADD COLUMN gift_note TEXT; ALTER TABLE outbox ADD COLUMN partition BIGINT NOT "
        "NULL DEFAULT 0;"
        "INSERT INTO schema_migrations(part, version) VALUES ('orders', 99)",
        "orders");
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(is_sold_at(ticket, "19.99")) << "a replica that was running";
    auto& replica =
        *fleet.replicas_of("orders").front();  // and one that starts on the newer schema, say after a crash
    replica.process().signal(SIGKILL);
    (void)replica.process().wait(10s);
    replica.launch();
    fleet.await_ready(20s);
    EXPECT_NE(replica.process().errors().find("schema-newer-than-program"), std::string::npos);
    for (int i = 0; i < 4; ++i) EXPECT_TRUE(is_sold_at(ticket, "19.99")) << "a replica that started later";
}

// Both replicas of auth notice that the key is old; they check once a minute.
TEST_F(Skew, the_signing_key_is_rotated_once_and_everybody_stays_signed_in) {
    fleet.postgres().query("UPDATE key_pairs SET active_at = active_at - 31 * 86400000::bigint", "auth");
    auto count = [&](const std::string& table, const std::string& service) {
        return fleet.postgres().query("SELECT count(*) FROM " + table, service);
    };
    EXPECT_TRUE(becomes_true([&] { return count("key_pairs", "auth") == "2\n"; }, 90s, 200ms));
    for (const auto* service : {"tickets", "orders", "payments", "client"})
        EXPECT_TRUE(becomes_true([&] { return count("signing_keys", service) == "2\n"; }, 5s)) << service;
    auto expect_signed_in = [&](const User& user) {
        for (int i = 0; i < 4; ++i) {  // so that both replicas respond
            user.at(fleet.url()).get("/api/orders").expect(200);
            user.at(fleet.url()).get("/api/tickets/mine").expect(200);
            EXPECT_FALSE(user.at(fleet.url()).get("/api/users/currentuser").at("currentUser.id").empty());
        }
    };
    expect_signed_in(buyer);
    expect_signed_in(sign_up(fleet.url()));
    EXPECT_EQ(count("key_pairs", "auth"), "2\n");
}

TEST_F(Skew, replicas_that_start_at_once_on_empty_databases_create_one_schema_and_one_key) {
    EXPECT_EQ(fleet.postgres().query("SELECT count(*) FROM signing_keys", "auth"), "1\n");
    for (const auto& service : service_names()) {
        EXPECT_EQ(fleet.postgres().query(
                      "SELECT count(*) FROM (SELECT part, version FROM schema_migrations GROUP BY 1, 2 "
                      "HAVING count(*) > 1) AS duplicates",
                      service),
                  "0\n")
            << service;
    }
}

}  // namespace
}  // namespace stagedoor::testing
