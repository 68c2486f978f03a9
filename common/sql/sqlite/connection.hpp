// One connection to a SQLite file, with its prepared statements. Used by one thread at a time, so SQLite's
// own locks are off. sqlite3.h is known only to sqlite_connection.cpp.
#pragma once

#include <functional>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>

#include "common/sql/tx.hpp"

struct sqlite3;
struct sqlite3_stmt;

namespace stagedoor::sql::sqlite {

// The file can't be read or written: not the statement's fault, and worth telling the operator.
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

// The statements used last. One is taken out while it runs, so that the same text may run inside itself.
class PreparedStatements {
  public:
    // One element, or none when `text` has to be prepared.
    [[nodiscard]] std::list<Prepared> take(std::string_view text);
    void give_back(std::list<Prepared> one);
    void clear();

  private:
    static constexpr std::size_t most = 256;
    std::list<Prepared> entries_;  // used last first
    std::unordered_map<std::string_view, std::list<Prepared>::iterator> by_text_;
};

class Connection {
  public:
    enum class Access { write, read };

    // Makes the file when it is missing and `access` is write. Throws StorageFailure.
    Connection(std::string path, Access access);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    [[nodiscard]] std::unique_ptr<Rows> start(std::string_view statement,
                                              std::span<const Parameter> parameters);
    // One statement without parameters.
    void execute(std::string_view statement);
    // Several of them, each run once.
    void run_script(std::string_view statements);

    // False also when an error has ended the transaction.
    [[nodiscard]] bool in_transaction() const;
    // Ends the transaction, if there is one, and undoes all of it.
    void roll_back() noexcept;

    // What last kept the file from being read or written; asked once.
    [[nodiscard]] std::optional<std::string> take_failure() { return std::exchange(failure_, std::nullopt); }

    // Pages that the write-ahead log held at the last commit.
    [[nodiscard]] int wal_pages() const { return wal_pages_; }
    // Copies what is committed from the write-ahead log into the database. `passive` never waits; `restart`
    // waits a little for readers, so that the log is used again from its start; `truncate` also empties the
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
};

}  // namespace stagedoor::sql::sqlite
