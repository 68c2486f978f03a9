// A connection to a SQLite file, with its prepared statements. For one thread at a time, so SQLite's own
// locks are off. Only connection.cpp includes sqlite3.h.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/sql/read_limit.hpp"
#include "common/sql/tx.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stagedoor::sql::sqlite {

// The file can't be read or written: the operator has to act.
struct StorageFailure : DatabaseError {
    using DatabaseError::DatabaseError;
};

struct Prepared {
    struct Finalize {
        void operator()(sqlite3_stmt* statement) const;
    };
    std::string text;  // as the caller wrote it
    std::unique_ptr<sqlite3_stmt, Finalize> handle;
    int parameters = 0;
};

// A cache of recently used statements. A statement is taken out while it runs, so that the same text can run
// in a nested call.
class PreparedStatements {
  public:
    // One element, or none if `text` must be prepared.
    [[nodiscard]] std::list<Prepared> take(std::string_view text);
    void put_back(std::list<Prepared> one);
    void clear();

  private:
    static constexpr std::size_t max_statements = 256;
    std::list<Prepared> entries_;  // most recently used first
    std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_text_;
};

class Connection {
  public:
    enum class Access { write, read };

    // Creates the file if it is missing and `access` is write. Throws StorageFailure.
    Connection(std::string path, Access access);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] std::unique_ptr<Rows> start(std::string_view statement,
                                              std::span<const Parameter> parameters);
    // One statement without parameters.
    void execute(std::string_view statement);
    // Several statements.
    void run_script(std::string_view statements);

    // False also after an error that ended the transaction.
    [[nodiscard]] bool in_transaction() const;
    // Does nothing outside of a transaction.
    void roll_back() noexcept;

    // Returns the last storage failure and clears it.
    [[nodiscard]] std::optional<std::string> take_failure() { return std::exchange(failure_, std::nullopt); }
    // Whether a commit has written to the file since the last call: one that changes nothing doesn't.
    [[nodiscard]] bool take_written() { return std::exchange(written_, false); }
    // Whether it was refused a write because the file is read-only. That may have ended meanwhile, but a
    // connection that was opened before does not notice it.
    [[nodiscard]] bool was_read_only() const { return was_read_only_; }

    // Stops a running statement, with ReadTooSlow, once the limit is over; null: no limit.
    void set_limit(ReadLimit* limit) { limit_ = limit; }

    // Gives it more memory once a transaction has changed more pages than the cache holds: SQLite writes such
    // pages again each time it needs the room. Outside a transaction.
    void enlarge_cache_if_outgrown();
    // The length of the write-ahead log at the last commit.
    [[nodiscard]] int wal_pages() const { return wal_pages_; }
    // Copies committed pages from the write-ahead log into the database. `passive` never waits; `restart`
    // waits up to 100 ms for readers, so that the log is reused from its start; `truncate` also empties its
    // file.
    enum class Checkpoint { passive, restart, truncate };
    void checkpoint(Checkpoint kind);

  private:
    class StatementRows;

    void open();
    void configure();
    [[nodiscard]] std::list<Prepared> prepared(std::string_view statement);
    void bind(sqlite3_stmt* handle, std::span<const Parameter> parameters);
    void require_ok(int code, std::string_view statement);
    [[noreturn]] void fail(int code, std::string_view statement);

    std::string path_;
    Access access_;
    sqlite3* handle_ = nullptr;
    PreparedStatements statements_;
    std::optional<std::string> failure_;
    int wal_pages_ = 0;
    bool outgrew_cache_ = false, has_large_cache_ = false;
    bool written_ = false, was_read_only_ = false;
    ReadLimit* limit_ = nullptr;
};

}  // namespace stagedoor::sql::sqlite
