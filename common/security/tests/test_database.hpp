// A database in a folder that goes with it.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "common/security/tests/loop.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::security {

class TestDatabase {
  public:
    TestDatabase(runtime::Clock& clock, const std::vector<sql::Migration>& migrations) {
        auto pattern = (std::filesystem::temp_directory_path() / "stagedoor-XXXXXX").string();
        folder_ = ::mkdtemp(pattern.data());
        database_ = sql::open_sqlite({.path = folder_ / "test.db", .name = "test"}, clock);
        database_->migrate(migrations);
    }
    ~TestDatabase() {
        database_->close();
        std::filesystem::remove_all(folder_);
    }
    TestDatabase(const TestDatabase&) = delete;
    TestDatabase& operator=(const TestDatabase&) = delete;

    template <class F>
    auto write(F fn) {
        return loop_.result_of(database_->write(std::move(fn)));
    }
    template <class F>
    auto read(F fn) {
        return loop_.result_of(database_->read(std::move(fn)));
    }

  private:
    Loop loop_;  // first: the database posts to it to the last
    std::filesystem::path folder_;
    std::unique_ptr<sql::Database> database_;
};

}  // namespace stagedoor::security
