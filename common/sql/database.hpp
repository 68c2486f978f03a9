// A service's database: transactions as short synchronous functions, run by the database's own threads. Many
// of them share one commit, and so one fsync; nothing is answered before it.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::sql {

// One forward-only step of a schema. Versions count from 1 within a `part` ("common", "orders"); SQL may hold
// several statements. `BIGSERIAL PRIMARY KEY` is the one way to say a row number of the database's own.
struct Migration {
    std::string part;
    int version = 0;
    std::string statements;
};

// What the database may know of a transaction before it runs.
struct WriteOptions {
    std::string traceparent = {};  // the W3C trace context of what caused it
    // Names of rows that many are after at the same moment ("ticket 0190…"). On PostgreSQL those that name the same one
    // share a commit, and are locked in one order before anything else; SQLite's one writer needs no hint.
    std::vector<std::string> hot_rows = {};
    // Done again, without harm, if a power cut undoes it: so it need not wait for the disk.
    bool relaxed_durability = false;
};

class Database {
  public:
    virtual ~Database() = default;

    // Runs `fn(Tx&)` in a transaction of its own and gives its result once that is durable. What `fn` throws
    // is thrown here, also only after a commit of those it was grouped with; its own changes are undone.
    // Throws Unavailable when too many transactions wait.
    template <class F>
    [[nodiscard]] Task<std::invoke_result_t<F&, Tx&>> write(F fn, WriteOptions options = {}) {
        return run(std::move(fn), std::move(options), true);
    }

    // Runs `fn(Tx&)` on a snapshot of what is committed. Writes in it are refused.
    template <class F>
    [[nodiscard]] Task<std::invoke_result_t<F&, Tx&>> read(F fn) {
        return run(std::move(fn), {}, false);
    }

    // Calls `told`, on a database thread, after each commit of a transaction that notified `channel`. It must
    // only wake others.
    void listen(std::string channel, std::function<void()> told) {
        std::lock_guard lock{listeners_mutex_};
        listeners_.emplace(std::move(channel), std::move(told));
    }

    // Brings the schema up to date; safe when several copies start at once. Blocks; called before anything is
    // served.
    virtual void migrate(const std::vector<Migration>& migrations) = 0;

    // Throws DatabaseError when the database doesn't answer; otherwise it is ready.
    [[nodiscard]] virtual Task<> check() = 0;

    // Finishes what was taken on and lets go of files and connections. Blocks; called once, at the end, while
    // the executors of those who wait still exist. What comes later is refused with Unavailable.
    virtual void close() = 0;

  protected:
    using Work = std::function<void(Tx&)>;
    [[nodiscard]] virtual Task<> run_write(Work work, WriteOptions options) = 0;
    [[nodiscard]] virtual Task<> run_read(Work work) = 0;

  private:
    template <class F>
    Task<std::invoke_result_t<F&, Tx&>> run(F fn, WriteOptions options, bool writes) {
        using R = std::invoke_result_t<F&, Tx&>;
        if constexpr (std::is_void_v<R>) {
            auto work = [this, &fn](Tx& tx) {
                tx.notified_ = &notify_;
                fn(tx);
            };
            if (writes)
                co_await run_write(work, std::move(options));
            else
                co_await run_read(work);
        } else {
            std::optional<R> result;
            auto work = [this, &fn, &result](Tx& tx) {
                tx.notified_ = &notify_;
                result.reset();
                result.emplace(fn(tx));
            };
            if (writes)
                co_await run_write(work, std::move(options));
            else
                co_await run_read(work);
            co_return std::move(*result);
        }
    }

    std::mutex listeners_mutex_;
    std::multimap<std::string, std::function<void()>> listeners_;
    std::function<void(const std::string&)> notify_ = [this](const std::string& channel) {
        std::lock_guard lock{listeners_mutex_};
        auto [begin, end] = listeners_.equal_range(channel);
        for (auto each = begin; each != end; ++each) each->second();
    };
};

// How a SQLite database is opened.
struct SqliteOptions {
    std::string path;                // the file; made with its folder when missing
    std::size_t queue_limit = 4096;  // transactions that may wait; more are refused with 503
    std::size_t group_limit = 64;    // transactions that may share a commit
    int readers = 2;                 // threads with a snapshot connection each
    runtime::Metrics* metrics = nullptr;
    std::string name;  // for logs and metrics: the service
};

// WAL, synchronous=FULL, one writer thread. Throws DatabaseError when the file can't be opened or is corrupt,
// with a line for the operator.
[[nodiscard]] std::unique_ptr<Database> open_sqlite(SqliteOptions options, runtime::Clock& clock);

// How a PostgreSQL database is opened.
struct PostgresOptions {
    std::string url;                 // postgresql://user:password@host:port/database; never shown
    std::string schema = {};         // made when missing; empty: public
    std::size_t queue_limit = 4096;  // transactions that may wait; more are refused with 503
    std::size_t group_limit = 64;  // transactions that may share a commit; beyond 64 savepoints it slows down
    int writers = 4;               // connections that write, each with a thread
    int readers = 2;               // connections that read snapshots, each with a thread
    std::chrono::milliseconds connect_limit{3'000};  // PostgreSQL's client counts whole seconds, 2 at least
    std::chrono::milliseconds statement_limit{10'000};
    std::chrono::milliseconds lock_limit{3'000};
    // How long a transaction may stand still before the server undoes it: the rows that a hung or cut off program holds
    // are free again before those who wait for them give up.
    std::chrono::milliseconds idle_limit{2'000};
    std::chrono::milliseconds patience{10'000};  // how long a transaction waits for a database that is away
    runtime::Metrics* metrics = nullptr;
    std::string name;  // for logs and metrics: the service
};

// READ COMMITTED, a bounded pool, group commit for those that want the same rows. Throws DatabaseError when the
// database can't be reached, with a line for the operator that holds no secret.
[[nodiscard]] std::unique_ptr<Database> open_postgres(PostgresOptions options, runtime::Clock& clock);

}  // namespace stagedoor::sql
