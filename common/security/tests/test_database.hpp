// A SQLite database in a temporary folder.
#pragma once

#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::security {

class TestDatabase {
  public:
    TestDatabase(runtime::Clock& clock, const std::vector<sql::Migration>& migrations)
        : database_(sql::open_sqlite({.path = folder_.file("test.db"), .name = "test"}, clock)) {
        database_->migrate(migrations);
    }
    ~TestDatabase() { database_->close(); }

    template <class F>
    auto write(F fn) {
        return loop_.wait_for(database_->write(std::move(fn)));
    }
    template <class F>
    auto read(F fn) {
        return loop_.wait_for(database_->read(std::move(fn)));
    }

  private:
    runtime::EventLoopThread loop_;  // outlives the database, whose threads post to it
    runtime::TemporaryFolder folder_;
    std::unique_ptr<sql::Database> database_;
};

}  // namespace stagedoor::security
