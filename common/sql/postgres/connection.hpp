// A connection to a PostgreSQL server in pipeline mode, with its prepared statements; for one thread at a
// time. send() does not wait; one wait() then receives the results of everything sent. So a transaction takes
// only as many round trips as it needs results. Only connection.cpp includes libpq-fe.h.
#pragma once

#include <chrono>
#include <deque>
#include <exception>
#include <list>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/sql/database.hpp"
#include "common/sql/postgres/errors.hpp"
#include "common/sql/tx.hpp"

struct pg_conn;
struct pg_result;

namespace stagedoor::sql::postgres {

// Which transaction of a group a statement belongs to; 0: the group as a whole.
struct Owner {
    int member = 0;
};

class Connection {
  public:
    enum class Access { write, read };

    // Connects and configures the session. `label` is its application_name. Throws ConnectionLost with a
    // message for the operator; ReadOnlyServer for one that is to write, on a server that takes no writes.
    Connection(const PostgresOptions& options, const std::string& label, Access access);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // The first statement that failed, and whose it was.
    struct Failure {
        std::exception_ptr error;
        Owner owner;
        bool too_slow = false;  // stopped by the server
    };
    struct Results {
        std::optional<Failure> failure;
        std::unique_ptr<Rows> last;  // rows of the last statement
        std::string command_tag;     // of the last statement, e.g. "COMMIT"
    };

    // Throws Invalid for text that PostgreSQL can't store, or ConnectionLost. `rows`, if given, receives the
    // statement's rows when wait() does.
    using RowsSlot = std::shared_ptr<std::unique_ptr<Rows>>;
    void send(std::string_view statement, std::span<const Parameter> parameters = {}, Owner owner = {},
              RowsSlot rows = {});
    // Like send(), for the BEGIN of a transaction. wait() throws StoppedTooLate if the server's results turn
    // out not to be those of our statements.
    void begin(std::string_view statement);
    // Waits until the server has processed all statements sent. It skips those after a failure. Throws
    // ConnectionLost.
    [[nodiscard]] Results wait();
    // Sends one statement and waits. Throws the failure.
    std::unique_ptr<Rows> execute(std::string_view statement, std::span<const Parameter> parameters = {});

    // Runs several statements; no other may be pending. Throws like Tx::execute.
    void run_script(std::string_view statements);

    // Makes the server stop statements that take longer, if it doesn't yet. Outside a transaction. Throws
    // ConnectionLost.
    void set_statement_timeout(std::chrono::milliseconds timeout);
    // Limits each wait for the server (a migration may take an hour).
    void set_timeout(std::chrono::milliseconds timeout) { timeout_ = timeout; }
    [[nodiscard]] bool is_alive() const { return alive_; }
    // Whether a write was refused because the server is read-only.
    [[nodiscard]] bool was_read_only() const { return was_read_only_; }
    // Whether statements were sent that no wait() has followed.
    [[nodiscard]] bool has_pending() const { return !sent_.empty(); }

  private:
    class ResultRows;
    struct FreeResult {
        void operator()(pg_result* result) const;
    };
    using Result = std::unique_ptr<pg_result, FreeResult>;
    struct Close {
        void operator()(pg_conn* handle) const;
    };
    struct Prepared {
        std::string text, name;
        std::vector<unsigned> types;  // of its parameters; 0: an untyped null
    };
    using Entry = std::list<std::shared_ptr<Prepared>>::iterator;
    enum class Kind { statement, begin, prepare, sync };
    struct Sent {
        Kind kind;
        Owner owner;
        std::shared_ptr<Prepared> prepared = {};
        bool ignore_result = false;
        RowsSlot rows = {};
    };

    void configure_session(const PostgresOptions& options);
    [[nodiscard]] std::shared_ptr<Prepared> prepared(std::string_view statement,
                                                     std::span<const Parameter> parameters, Owner owner);
    void forget(const Prepared& statement);
    void drop_least_recently_used();
    void require_sent(int sent);
    void flush();
    void wait_for_socket(bool to_write);
    [[nodiscard]] Result next_result();
    void record(const Sent& sent, Result result, Results& results);
    [[noreturn]] void throw_lost(std::string_view why);

    Access access_;
    std::unique_ptr<pg_conn, Close> handle_;
    bool alive_ = true, was_read_only_ = false;
    std::chrono::milliseconds timeout_, statement_timeout_;
    std::deque<Sent> sent_;
    std::list<std::shared_ptr<Prepared>> statements_;  // most recently used first
    std::unordered_multimap<std::string_view, Entry> by_text_;
    std::uint64_t prepared_count_ = 0;
};

}  // namespace stagedoor::sql::postgres
