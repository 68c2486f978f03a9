// A database on the tests' PostgreSQL server with a table `things(id TEXT PRIMARY KEY, number BIGINT)`.
#pragma once

#include "testing/databases/drivers.hpp"
#include "testing/databases/postgres_schema.hpp"

namespace stagedoor::sql {

inline void increment(Tx& tx, std::string_view id) {
    tx.execute("UPDATE things SET number = number + 1 WHERE id = $1", id);
}

// Locks a row and holds its lane until release(): transactions that name the row meanwhile share the next
// commit.
class HeldRow {
  public:
    HeldRow(Database& database, EventLoopThread& loop, const std::string& row) {
        held_ = loop.start(database.write(
            [this, row](Tx& tx) {
                tx.execute("UPDATE things SET number = number WHERE id = $1", row);
                if (!entered_.try_wait()) entered_.count_down();
                released_.wait();
            },
            {.hot_rows = {row}}));
        entered_.wait();
    }
    ~HeldRow() { release(); }
    void release() {
        if (!held_.valid()) return;
        released_.count_down();
        held_.get();
    }

  private:
    std::latch entered_{1}, released_{1};
    std::future<void> held_;
};

class Postgres : public ::testing::Test {
  protected:
    ~Postgres() override {
        if (database) database->close();
    }

    // Replaces the options' url, schema and name by the test's. Unless the test sets idle_timeout, rows can
    // be held longer than by default.
    void open(PostgresOptions options) {
        if (options.idle_timeout == PostgresOptions{}.idle_timeout)
            options.idle_timeout = std::chrono::minutes{1};
        database = open_another(std::move(options));
    }
    [[nodiscard]] std::unique_ptr<Database> open_another(PostgresOptions options) {
        auto ours = schema.options();
        options.url = ours.url;
        options.schema = ours.schema;
        options.name = ours.name;
        auto opened = open_postgres(options, clock);
        opened->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"}});
        return opened;
    }
    // The options of the schema, with a proxy's port instead of the server's.
    [[nodiscard]] PostgresOptions options_through(std::uint16_t port) const {
        auto options = schema.options();
        auto url = test_server().url("contract");
        auto at = url.find(':' + std::to_string(test_server().port()));
        options.url = url.replace(at + 1, std::to_string(test_server().port()).size(), std::to_string(port));
        return options;
    }

    void add(const std::string& id) {
        loop.wait_for(database->write([&](Tx& tx) { add_thing(tx, id, 0); }));
    }
    [[nodiscard]] std::future<void> start_increment(std::string id, std::string row = {}) {
        if (row.empty()) row = id;
        return loop.start(database->write([id = std::move(id)](Tx& tx) { increment(tx, id); },
                                          {.hot_rows = {std::move(row)}}));
    }
    // Starts `count` transactions on `row`, numbered from 0, while it is held, so that they share a commit.
    [[nodiscard]] std::vector<std::future<void>> start_together(int count, const std::string& row,
                                                                std::function<void(Tx&, int)> work) {
        HeldRow held{*database, loop, row};
        std::vector<std::future<void>> all;
        for (int i = 0; i < count; ++i) {
            all.push_back(
                loop.start(database->write([i, work](Tx& tx) { work(tx, i); }, {.hot_rows = {row}})));
        }
        catch_up(loop);
        held.release();
        return all;
    }
    [[nodiscard]] std::int64_t number(const std::string& id) {
        return std::stoll(schema.query("SELECT number FROM things WHERE id = '" + id + "'"));
    }
    [[nodiscard]] std::int64_t count() { return std::stoll(schema.query("SELECT count(*) FROM things")); }

    // The loops outlive the database, whose threads post to them.
    EventLoopThread loop;
    EventLoopThread parallel{4};
    runtime::ManualClock clock;
    PostgresSchema schema;
    std::unique_ptr<Database> database;
};

}  // namespace stagedoor::sql
