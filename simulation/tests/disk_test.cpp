#include "simulation/world/disk.hpp"

#include <gtest/gtest.h>

#include "common/sql/sqlite/connection.hpp"

namespace stagedoor::simulation {
namespace {

using sql::sqlite::Connection;

class DiskTest : public ::testing::Test {
  protected:
    Connection open() { return Connection{path_, Connection::Access::write}; }
    std::int64_t count() {
        auto connection = open();
        auto rows = connection.start("SELECT count(*) FROM t", {});
        rows->next();
        return rows->integer(0);
    }

    World world_{1};
    Disks disks_{world_};
    const std::string path_ = "/machine/a.db";
};

TEST_F(DiskTest, what_was_committed_is_there_after_a_power_cut) {
    {
        auto connection = open();
        connection.execute("CREATE TABLE t (n BIGINT)");
        for (int i = 0; i < 100; ++i) connection.execute("INSERT INTO t VALUES (1)");
        disks_.cut_power("machine");
    }
    EXPECT_EQ(count(), 100);
}

TEST_F(DiskTest, what_was_not_synced_is_lost_at_a_power_cut) {
    {
        auto connection = open();
        connection.execute("CREATE TABLE t (n BIGINT)");
        disks_.of("machine").forgets_to_sync = true;
        for (int i = 0; i < 100; ++i) connection.execute("INSERT INTO t VALUES (1)");
        disks_.cut_power("machine");
    }
    disks_.of("machine").forgets_to_sync = false;
    EXPECT_LT(count(), 100);
}

TEST_F(DiskTest, who_had_a_file_open_at_a_power_cut_can_do_nothing_with_it) {
    auto before = open();
    before.execute("CREATE TABLE t (n BIGINT)");
    disks_.cut_power("machine");
    EXPECT_THROW(before.execute("INSERT INTO t VALUES (1)"), std::runtime_error);
    EXPECT_EQ(count(), 0);
}

TEST_F(DiskTest, a_full_disk_takes_nothing_until_there_is_room) {
    auto connection = open();
    connection.execute("CREATE TABLE t (n BIGINT)");
    disks_.of("machine").full = true;
    EXPECT_THROW(connection.execute("INSERT INTO t VALUES (1)"), sql::DatabaseError);
    disks_.of("machine").full = false;
    connection.execute("INSERT INTO t VALUES (1)");
    auto rows = connection.start("SELECT count(*) FROM t", {});
    rows->next();
    EXPECT_EQ(rows->integer(0), 1);
}

TEST_F(DiskTest, it_is_read_beside_the_program_that_writes_it) {
    auto connection = open();
    connection.execute("CREATE TABLE t (n BIGINT, text TEXT)");
    connection.execute("INSERT INTO t VALUES (1, NULL)");
    {
        BesideReader beside{path_};
        auto rows = beside.query("SELECT n, text FROM t");
        ASSERT_EQ(rows.size(), 1);
        EXPECT_EQ(rows[0][0], "1");
        EXPECT_EQ(rows[0][1], std::nullopt);
    }
    // It was not the last to have the file: the log is still there.
    connection.execute("INSERT INTO t VALUES (2, 'b')");
    EXPECT_EQ(BesideReader{path_}.query("SELECT count(*) FROM t")[0][0], "2");
}

}  // namespace
}  // namespace stagedoor::simulation
