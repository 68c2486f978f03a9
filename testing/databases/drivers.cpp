#include "testing/databases/drivers.hpp"

#include <stdlib.h>

#include "common/idempotency/idempotent.hpp"
#include "testing/databases/postgres_schema.hpp"

namespace stagedoor::sql {
namespace {

// Reads have the time of the test's clock.
std::function<std::chrono::nanoseconds()> read_clock(const runtime::Clock& clock) {
    return [&clock] { return clock.monotonic(); };
}

class SqliteStorage final : public Storage {
  public:
    std::unique_ptr<Database> open(OpenOptions options, runtime::Clock& clock) override {
        return open_sqlite({.path = folder_.file("folder/test.db"),
                            .queue_limit = options.queue_limit,
                            .read_clock = read_clock(clock),
                            .metrics = options.metrics,
                            .name = "test"},
                           clock);
    }

  private:
    runtime::TemporaryFolder folder_;
};

class PostgresStorage final : public Storage {
  public:
    std::unique_ptr<Database> open(OpenOptions options, runtime::Clock& clock) override {
        auto postgres = schema_.options();
        postgres.queue_limit = options.queue_limit;
        postgres.writers = 1;  // so that HeldWriter blocks all writes
        postgres.read_clock = read_clock(clock);
        postgres.metrics = options.metrics;
        return open_postgres(postgres, clock);
    }

  private:
    PostgresSchema schema_;
};

Task<> nothing() { co_return; }

}  // namespace

std::vector<Driver> drivers() {
    return {{"sqlite", [] { return std::unique_ptr<Storage>{std::make_unique<SqliteStorage>()}; }, false},
            {"postgres", [] { return std::unique_ptr<Storage>{std::make_unique<PostgresStorage>()}; }, true}};
}

void catch_up(EventLoopThread& loop) { loop.wait_for(nothing()); }

HeldWriter::HeldWriter(Database& database, EventLoopThread& loop) {
    held_ = loop.start(database.write([this](Tx&) {
        entered_.count_down();
        released_.wait();
    }));
    entered_.wait();
}

void HeldWriter::release() {
    if (!held_.valid()) return;
    released_.count_down();
    held_.get();
}

void DatabaseTest::open(OpenOptions options) {
    database = storage->open(options, clock);
    auto migrations = idempotency::migrations();
    migrations.push_back({"test", 1, "CREATE TABLE things (id TEXT PRIMARY KEY, number BIGINT)"});
    database->migrate(migrations);
}

std::int64_t DatabaseTest::count() {
    return read([](Tx& tx) { return tx.find<std::int64_t>("SELECT count(*) FROM things").value(); });
}

std::optional<std::int64_t> DatabaseTest::number_of(const std::string& id) {
    return read([&](Tx& tx) { return tx.find<std::int64_t>("SELECT number FROM things WHERE id = $1", id); });
}

}  // namespace stagedoor::sql
