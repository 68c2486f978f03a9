// What the contract of sql::Database is tested with: every driver there is, a loop for its coroutines, a
// clock turned by hand. The tests are written once and run on each driver.
#pragma once

#include <gtest/gtest.h>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/use_future.hpp>
#include <filesystem>
#include <future>
#include <latch>
#include <thread>

#include "common/sql/database.hpp"

namespace stagedoor::sql {

// Runs coroutines. With one thread, what is started first goes first.
class Loop {
  public:
    explicit Loop(int threads = 1) {
        for (int i = 0; i < threads; ++i) threads_.emplace_back([this] { context_.run(); });
    }
    ~Loop() {
        guard_.reset();
        threads_.clear();
    }

    template <class T>
    [[nodiscard]] std::future<T> start(Task<T> task) {
        return boost::asio::co_spawn(context_, std::move(task), boost::asio::use_future);
    }
    template <class T>
    T run(Task<T> task) {
        return start(std::move(task)).get();
    }
    // With one thread: returns when all that was started or resumed before has gone as far as it could.
    void catch_up();

  private:
    boost::asio::io_context context_;
    boost::asio::executor_work_guard<boost::asio::io_context::executor_type> guard_ =
        boost::asio::make_work_guard(context_);
    std::vector<std::jthread> threads_;
};

struct OpenOptions {
    std::size_t queue_limit = 4096;
    runtime::Metrics* metrics = nullptr;
};

// Where one test's data is: a file, or a schema of a server.
class Storage {
  public:
    virtual ~Storage() = default;
    [[nodiscard]] virtual std::unique_ptr<Database> open(OpenOptions options, runtime::Clock& clock) = 0;
};

struct Driver {
    std::string name;
    std::unique_ptr<Storage> (*make_storage)();
    bool shared;  // several programs may have it open at once

    friend void PrintTo(const Driver& driver, std::ostream* out) { *out << driver.name; }
};

[[nodiscard]] std::vector<Driver> drivers();
[[nodiscard]] inline std::string driver_name(const testing::TestParamInfo<Driver>& info) {
    return info.param.name;
}

// A folder of its own, gone with it.
class Folder {
  public:
    Folder();
    ~Folder();
    [[nodiscard]] std::string file(std::string_view name) const { return (path_ / name).string(); }

  private:
    std::filesystem::path path_;
};

// Keeps a database's writer busy until let go: what is started meanwhile shares the next commit.
class HeldWriter {
  public:
    HeldWriter(Database& database, Loop& loop);
    ~HeldWriter() { let_go(); }
    void let_go();

  private:
    std::latch entered_{1}, released_{1};
    std::future<void> held_;
};

// An open database with a table `things(id TEXT PRIMARY KEY, number BIGINT)`.
class DatabaseTest : public testing::TestWithParam<Driver> {
  protected:
    DatabaseTest() { open({}); }
    ~DatabaseTest() override {
        if (database) database->close();
    }

    void open(OpenOptions options);
    void reopen(OpenOptions options) {
        database->close();
        open(options);
    }

    template <class F>
    auto write(F fn) {
        return loop.run(database->write(std::move(fn)));
    }
    template <class F>
    auto start_write(F fn) {
        return loop.start(database->write(std::move(fn)));
    }
    template <class F>
    auto read(F fn) {
        return loop.run(database->read(std::move(fn)));
    }
    [[nodiscard]] std::int64_t count();
    [[nodiscard]] std::optional<std::int64_t> number_of(const std::string& id);

    // The loops outlive the database, whose threads post to them.
    Loop loop;
    Loop parallel{4};
    runtime::ManualClock clock;
    std::unique_ptr<Storage> storage = GetParam().make_storage();
    std::unique_ptr<Database> database;
};

inline void add_thing(Tx& tx, std::string_view id, std::int64_t number = 0) {
    tx.execute("INSERT INTO things(id, number) VALUES ($1, $2)", id, number);
}

}  // namespace stagedoor::sql
