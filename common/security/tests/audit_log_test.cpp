#include "common/security/audit_log.hpp"

#include "testing/databases/drivers.hpp"

namespace stagedoor::security {
namespace {

class AuditLogTest : public sql::DatabaseTest {
  protected:
    AuditLogTest() { database->migrate(AuditLog::migrations()); }
    void record(const std::string& actor, const std::string& action, const std::string& subject) {
        auto entry = log.entry(actor, action, subject);
        write([&](sql::Tx& tx) { log.record(tx, entry); });
    }
    std::vector<AuditEntry> entries(const std::string& before = "", std::int64_t limit = 10) {
        return read([&](sql::Tx& tx) { return AuditLog::find(tx, before, limit); });
    }

    runtime::SeededRandom random{1};
    runtime::Metrics metrics;
    AuditLog log{clock, random, metrics};
};

TEST_P(AuditLogTest, keeps_what_was_done_newest_first) {
    record("operator at 127.0.0.1", "skip-dead-letter", "order o version 3");
    clock.advance(std::chrono::milliseconds{1});
    record("user ada", "cancel-listing", "ticket t");
    auto all = entries();
    ASSERT_EQ(all.size(), 2u);
    EXPECT_EQ(all[0].actor, "user ada");
    EXPECT_EQ(all[0].action, "cancel-listing");
    EXPECT_EQ(all[0].subject, "ticket t");
    EXPECT_EQ(all[1].action, "skip-dead-letter");
    EXPECT_EQ(entries(all[0].id).size(), 1u);
    EXPECT_EQ(entries("", 1).size(), 1u);
    EXPECT_NE(metrics.to_text().find("stagedoor_security_events_total{event=\"admin-action\"} 2"),
              std::string::npos);
}

TEST_P(AuditLogTest, neither_changes_nor_loses_an_entry) {
    record("user ada", "cancel-listing", "ticket t");
    for (auto statement : {"UPDATE audit_log SET actor = 'nobody'", "DELETE FROM audit_log",
                           "DELETE FROM audit_log WHERE actor = 'user ada'"}) {
        EXPECT_ANY_THROW(write([&](sql::Tx& tx) { tx.execute(statement); })) << statement;
        ASSERT_EQ(entries().size(), 1u) << statement;
        EXPECT_EQ(entries().front().actor, "user ada");
    }
}

TEST_P(AuditLogTest, has_no_entry_of_what_was_rolled_back) {
    auto entry = log.entry("user ada", "cancel-listing", "ticket t");
    EXPECT_ANY_THROW(write([&](sql::Tx& tx) {
        log.record(tx, entry);
        throw std::runtime_error("no");
    }));
    EXPECT_TRUE(entries().empty());
    EXPECT_NE(metrics.to_text().find("stagedoor_security_events_total{event=\"admin-action\"} 0"),
              std::string::npos);
}

INSTANTIATE_TEST_SUITE_P(Every, AuditLogTest, ::testing::ValuesIn(sql::drivers()), sql::driver_name);

}  // namespace
}  // namespace stagedoor::security
