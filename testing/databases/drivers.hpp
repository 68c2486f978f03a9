// Fixtures for tests of sql::Database's contract, which are written once and run on every driver, with an
// event loop for coroutines and a manual clock.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <future>
#include <latch>
#include <thread>

#include "common/runtime/event_loop_thread.hpp"
#include "common/runtime/temporary_folder.hpp"
#include "common/sql/database.hpp"

namespace stagedoor::sql {

using runtime::EventLoopThread;
using runtime::TemporaryFolder;

// For a loop of one thread: returns once every task started or resumed before has run as far as it can.
void catch_up(EventLoopThread& loop);

struct OpenOptions {
    std::size_t queue_limit = 4096;
    runtime::Metrics* metrics = nullptr;
};

// Where a test's data is: a file, or a schema on a server.
class Storage {
  public:
    virtual ~Storage() = default;
    [[nodiscard]] virtual std::unique_ptr<Database> open(OpenOptions options, runtime::Clock& clock) = 0;
};

struct Driver {
    std::string name;
    std::unique_ptr<Storage> (*make_storage)();
    bool shared;  // several programs may open one database at once

    friend void PrintTo(const Driver& driver, std::ostream* out) { *out << driver.name; }
};

[[nodiscard]] std::vector<Driver> drivers();
[[nodiscard]] inline std::string driver_name(const ::testing::TestParamInfo<Driver>& info) {
    return info.param.name;
}

// Blocks a database's writer until release(): transactions started meanwhile share the next commit.
class HeldWriter {
  public:
    HeldWriter(Database& database, EventLoopThread& loop);
    ~HeldWriter() { release(); }
    void release();

  private:
    std::latch entered_{1}, released_{1};
    std::future<void> held_;
};

// Has an open database with a table `things(id TEXT PRIMARY KEY, number BIGINT)`.
class DatabaseTest : public ::testing::TestWithParam<Driver> {
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
        return loop.wait_for(database->write(std::move(fn)));
    }
    template <class F>
    auto start_write(F fn) {
        return loop.start(database->write(std::move(fn)));
    }
    template <class F>
    auto read(F fn) {
        return loop.wait_for(database->read(std::move(fn)));
    }
    [[nodiscard]] std::int64_t count();
    [[nodiscard]] std::optional<std::int64_t> number_of(const std::string& id);

    // The loops outlive the database, whose threads post to them.
    EventLoopThread loop;
    EventLoopThread parallel{4};
    runtime::ManualClock clock;
    std::unique_ptr<Storage> storage = GetParam().make_storage();
    std::unique_ptr<Database> database;
};

inline void add_thing(Tx& tx, std::string_view id, std::int64_t number = 0) {
    tx.execute("INSERT INTO things(id, number) VALUES ($1, $2)", id, number);
}

}  // namespace stagedoor::sql
