// A database on the tests' PostgreSQL server with a table `things(id TEXT PRIMARY KEY, number BIGINT)`.
#pragma once

#include "testing/databases/drivers.hpp"
#include "testing/databases/postgres_place.hpp"

namespace stagedoor::sql {

inline void raise(Tx& tx, std::string_view id) {
    tx.execute("UPDATE things SET number = number + 1 WHERE id = $1", id);
}

// Keeps a row, and its lane, until let go: who names it meanwhile shares the next commit.
class HeldRow {
  public:
    HeldRow(Database& database, Loop& loop, const std::string& row) {
        held_ = loop.start(database.write(
            [this, row](Tx& tx) {
                tx.execute("UPDATE things SET number = number WHERE id = $1", row);
                if (!entered_.try_wait()) entered_.count_down();
                released_.wait();
            },
            {.hot_rows = {row}}));
        entered_.wait();
    }
    ~HeldRow() { let_go(); }
    void let_go() {
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

    // `with`: its url and schema are ours; rows are held as long as a test wants unless it says otherwise.
    void open(PostgresOptions with) {
        if (with.idle_limit == PostgresOptions{}.idle_limit) with.idle_limit = std::chrono::minutes{1};
        database = open_another(std::move(with));
    }
    [[nodiscard]] std::unique_ptr<Database> open_another(PostgresOptions with) {
        auto ours = place.options();
        with.url = ours.url;
        with.schema = ours.schema;
        with.name = ours.name;
        auto opened = open_postgres(with, clock);
        opened->migrate({{"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"}});
        return opened;
    }
    [[nodiscard]] static std::string through(std::uint16_t port) {
        auto url = test_server().url("contract");
        auto at = url.find(':' + std::to_string(test_server().port()));
        return url.replace(at + 1, std::to_string(test_server().port()).size(), std::to_string(port));
    }

    void add(const std::string& id) {
        loop.run(database->write([&](Tx& tx) { add_thing(tx, id, 0); }));
    }
    [[nodiscard]] std::future<void> start_raise(std::string id, std::string row = {}) {
        if (row.empty()) row = id;
        return loop.start(
            database->write([id = std::move(id)](Tx& tx) { raise(tx, id); }, {.hot_rows = {std::move(row)}}));
    }
    // So many that want `row`, numbered from 0; begun while somebody else has it, so that they share a commit.
    [[nodiscard]] std::vector<std::future<void>> start_together(int count, const std::string& row,
                                                                std::function<void(Tx&, int)> work) {
        HeldRow held{*database, loop, row};
        std::vector<std::future<void>> all;
        for (int i = 0; i < count; ++i) {
            all.push_back(
                loop.start(database->write([i, work](Tx& tx) { work(tx, i); }, {.hot_rows = {row}})));
        }
        loop.catch_up();
        held.let_go();
        return all;
    }
    [[nodiscard]] std::int64_t number(const std::string& id) {
        return std::stoll(place.query("SELECT number FROM things WHERE id = '" + id + "'"));
    }
    [[nodiscard]] std::int64_t count() { return std::stoll(place.query("SELECT count(*) FROM things")); }

    // The loops outlive the database, whose threads post to them.
    Loop loop;
    Loop parallel{4};
    runtime::ManualClock clock;
    PostgresPlace place;
    std::unique_ptr<Database> database;
};

}  // namespace stagedoor::sql
