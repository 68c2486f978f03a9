// A service's database. Transactions are short synchronous functions that run on the database's own threads.
// Many share one commit, and so one fsync; no caller gets a result before it.
#pragma once

#include <chrono>
#include <concepts>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "common/errors.hpp"
#include "common/runtime/clock.hpp"
#include "common/runtime/metrics.hpp"
#include "common/runtime/task.hpp"
#include "common/sql/migration.hpp"
#include "common/sql/tx.hpp"

namespace stagedoor::sql {

struct WriteOptions {
    std::string traceparent = {};  // the W3C trace context of its cause
    // Names of rows ("ticket 0190…"): the contended ones, or one that stands for all that the transaction
    // touches. On PostgreSQL, transactions that name rows may share a commit, those that name the same row
    // do, and they lock their rows in one order before anything else. SQLite has a single writer and ignores
    // them.
    std::vector<std::string> hot_rows = {};
    // Doesn't wait for the disk: for work that is safely repeated if a power failure undoes it.
    bool relaxed_durability = false;
};

struct ReadOptions {
    // How long it may run; then its caller gets Unavailable. Shorter than what callers wait for a page (5 s).
    std::chrono::milliseconds timeout{3'000};
};

class Database {
  public:
    virtual ~Database() = default;

    // Runs `fn(Tx&)` in a transaction and returns its result once that is durable. If `fn` throws, its
    // changes are undone and the exception is rethrown here, but not before the rest of its group has
    // committed. `fn` may run several times. Throws Unavailable if too many transactions are waiting, or
    // after close().
    template <class F>
    [[nodiscard]] Task<std::invoke_result_t<F&, Tx&>> write(F fn, WriteOptions options = {}) {
        return run(std::move(fn), std::move(options));
    }

    // Runs `fn(Tx&)` on a snapshot of the committed data. A write in it throws StatementError. `fn` may run
    // several times. Throws Unavailable also when it takes longer than the timeout, or when too many other
    // reads are slow.
    template <class F>
    [[nodiscard]] Task<std::invoke_result_t<F&, Tx&>> read(F fn, ReadOptions options = {}) {
        return run(std::move(fn), options);
    }

    // Calls `listener` on a database thread after every commit of a transaction that notified `channel`. It
    // must return quickly: it only wakes others.
    void listen(std::string channel, std::function<void()> listener) {
        listeners_.add(std::move(channel), std::move(listener));
    }
    // Calls `listener` on a database thread with every M that a committed transaction has passed to
    // Tx::notify_of, in the order of the commits as far as their threads allow. It must return quickly.
    template <class M>
    void listen_for(std::function<void(const M&)> listener) {
        listeners_.add_for<M>(std::move(listener));
    }

    // Brings the schema up to date. Safe when several replicas start at once. Blocks; call it before serving.
    virtual void migrate(const std::vector<Migration>& migrations) = 0;

    // The readiness check: throws DatabaseError if the database doesn't respond or can't be written to, which
    // it tries unless a write has just succeeded.
    [[nodiscard]] virtual Task<> check() = 0;

    // Completes the transactions accepted so far, then closes files and connections; later ones throw
    // Unavailable. Blocks. Call it at the end, while the executors of waiting callers still exist.
    virtual void close() = 0;

  protected:
    using Work = std::function<void(Tx&)>;
    [[nodiscard]] virtual Task<> run_write(Work work, WriteOptions options) = 0;
    [[nodiscard]] virtual Task<> run_read(Work work, ReadOptions options) = 0;

  private:
    [[nodiscard]] Task<> start(Work work, WriteOptions options) {
        return run_write(std::move(work), std::move(options));
    }
    [[nodiscard]] Task<> start(Work work, ReadOptions options) { return run_read(std::move(work), options); }

    template <class F, class Options>
    Task<std::invoke_result_t<F&, Tx&>> run(F fn, Options options) {
        using R = std::invoke_result_t<F&, Tx&>;
        if constexpr (std::is_void_v<R>) {
            auto work = [this, &fn](Tx& tx) {
                tx.listeners_ = &listeners_;
                fn(tx);
            };
            co_await start(work, std::move(options));
        } else {
            std::optional<R> result;
            auto work = [this, &fn, &result](Tx& tx) {
                tx.listeners_ = &listeners_;
                result.reset();
                result.emplace(fn(tx));
            };
            co_await start(work, std::move(options));
            co_return std::move(*result);
        }
    }

    Listeners listeners_;
};

struct SqliteOptions {
    std::string path;                // the file; created with its folder if missing
    std::size_t queue_limit = 4096;  // waiting transactions; more get a 503
    std::size_t group_limit = 64;    // transactions per commit
    // Threads that read, each with its own connection; half as many more run slow reads. 0: one per core, 2
    // to 8, since each may cache 4 MB.
    int readers = 0;
    std::chrono::milliseconds quick_read_time{50};              // then a read counts as slow
    std::function<std::chrono::nanoseconds()> read_clock = {};  // of reads' deadlines; empty: the machine's
    runtime::Metrics* metrics = nullptr;
    std::string name;  // the service's, for logs and metrics
};

// WAL, synchronous=FULL, one writer thread. Throws DatabaseError, with a message for the operator, if the
// file can't be opened or is corrupt.
[[nodiscard]] std::unique_ptr<Database> open_sqlite(SqliteOptions options, runtime::Clock& clock);

struct PostgresOptions {
    std::string url;                 // postgresql://user:password@host:port/database; never logged
    std::string schema = {};         // created if missing; empty: public
    std::size_t queue_limit = 4096;  // waiting transactions; more get a 503
    std::size_t group_limit = 64;    // transactions per commit; PostgreSQL slows down beyond 64 savepoints
    int writers = 4;                 // connections that write, each with its own thread
    // Connections that read, each with its own thread; half as many more run slow reads. 0: one per core, 2
    // to 4, since the work is the server's.
    int readers = 0;
    std::chrono::milliseconds quick_read_time{50};              // then a read counts as slow
    std::function<std::chrono::nanoseconds()> read_clock = {};  // of reads' deadlines; empty: the machine's
    std::chrono::milliseconds connect_timeout{3'000};           // libpq rounds to whole seconds, 2 at least
    std::chrono::milliseconds statement_timeout{10'000};
    std::chrono::milliseconds lock_timeout{3'000};
    // How long a transaction may be idle before the server rolls it back. Shorter than lock_timeout, so that
    // rows locked by a hung or disconnected program are free before others give up waiting for them.
    std::chrono::milliseconds idle_timeout{2'000};
    // How long a transaction waits for an unreachable database.
    std::chrono::milliseconds unreachable_timeout{10'000};
    runtime::Metrics* metrics = nullptr;
    std::string name;  // the service's, for logs and metrics
};

// READ COMMITTED, a bounded pool, group commit for transactions that name the same rows. Throws
// DatabaseError, with a message for the operator that contains no secret, if the database can't be reached.
[[nodiscard]] std::unique_ptr<Database> open_postgres(PostgresOptions options, runtime::Clock& clock);

}  // namespace stagedoor::sql
