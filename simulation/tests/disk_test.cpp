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

TEST_F(DiskTest, keeps_committed_rows_after_a_power_cut) {
    {
        auto connection = open();
        connection.execute("CREATE TABLE t (n BIGINT)");
        for (int i = 0; i < 100; ++i) connection.execute("INSERT INTO t VALUES (1)");
        disks_.cut_power("machine");
    }
    EXPECT_EQ(count(), 100);
}

TEST_F(DiskTest, loses_unsynced_writes_in_a_power_cut) {
    {
        auto connection = open();
        connection.execute("CREATE TABLE t (n BIGINT)");
        disks_.disk_of("machine").ignores_fsync = true;
        for (int i = 0; i < 100; ++i) connection.execute("INSERT INTO t VALUES (1)");
        disks_.cut_power("machine");
    }
    disks_.disk_of("machine").ignores_fsync = false;
    EXPECT_LT(count(), 100);
}

TEST_F(DiskTest, makes_open_files_unusable_after_a_power_cut) {
    auto before = open();
    before.execute("CREATE TABLE t (n BIGINT)");
    disks_.cut_power("machine");
    EXPECT_THROW(before.execute("INSERT INTO t VALUES (1)"), std::runtime_error);
    EXPECT_EQ(count(), 0);
}

TEST_F(DiskTest, rejects_writes_while_the_disk_is_full) {
    auto connection = open();
    connection.execute("CREATE TABLE t (n BIGINT)");
    disks_.disk_of("machine").full = true;
    EXPECT_THROW(connection.execute("INSERT INTO t VALUES (1)"), sql::DatabaseError);
    disks_.disk_of("machine").full = false;
    connection.execute("INSERT INTO t VALUES (1)");
    auto rows = connection.start("SELECT count(*) FROM t", {});
    rows->next();
    EXPECT_EQ(rows->integer(0), 1);
}

TEST_F(DiskTest, is_readable_while_a_program_writes) {
    auto connection = open();
    connection.execute("CREATE TABLE t (n BIGINT, text TEXT)");
    connection.execute("INSERT INTO t VALUES (1, NULL)");
    {
        DirectReader reader{path_};
        auto rows = reader.query("SELECT n, text FROM t");
        ASSERT_EQ(rows.size(), 1);
        EXPECT_EQ(rows[0][0], "1");
        EXPECT_EQ(rows[0][1], std::nullopt);
    }
    // The reader was not the last to close the file, so the WAL is still there.
    connection.execute("INSERT INTO t VALUES (2, 'b')");
    EXPECT_EQ(DirectReader{path_}.query("SELECT count(*) FROM t")[0][0], "2");
}

}  // namespace
}  // namespace stagedoor::simulation
