// A database in a folder that goes with it, and tasks run to their end in place.
#pragma once

#include <gtest/gtest.h>
#include <unistd.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <thread>

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
        return result_of(database_->write(std::move(fn)));
    }
    template <class F>
    auto read(F fn) {
        return result_of(database_->read(std::move(fn)));
    }

  private:
    template <class T>
    static T result_of(Task<T> task) {
        boost::asio::io_context context;
        auto work = boost::asio::make_work_guard(context);
        std::jthread thread{[&] { context.run(); }};
        auto future = boost::asio::co_spawn(context, std::move(task), boost::asio::use_future);
        future.wait();
        work.reset();
        return future.get();
    }

    std::filesystem::path folder_;
    std::unique_ptr<sql::Database> database_;
};

}  // namespace stagedoor::security
