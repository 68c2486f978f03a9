// One connection to a PostgreSQL server, in pipeline mode, with its prepared statements. Used by one thread at a
// time. Statements are sent without waiting; one wait then receives of all of them, so that a transaction takes
// as many journeys to the server as it has results to look at. libpq-fe.h is known only to
// postgres_connection.cpp.
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

// Whose a statement is: the group's own (0), or that member's.
struct Part {
    int member = 0;
};

class Connection {
  public:
    enum class Access { write, read };

    // Connects, and sets what holds for every session of ours. `label` is what the server's own lists show.
    // Throws ConnectionLost with a line for the operator.
    Connection(const PostgresOptions& options, const std::string& label, Access access);
    ~Connection();
    Connection(const Connection&) = delete;
    Connection& operator=(const Connection&) = delete;

    // What went wrong first of what was sent, and whose it was.
    struct Failure {
        std::exception_ptr error;
        Part part;
    };
    struct Answer {
        std::optional<Failure> failure;
        std::unique_ptr<Rows> last;  // of the statement sent last
        std::string done;            // by it, "COMMIT"
    };

    // Throws Invalid for a text that can't be kept, ConnectionLost.
    void send(std::string_view statement, std::span<const Parameter> parameters = {}, Part part = {});
    // Waits until the server has done all that was sent. What comes after a failure was not done. Throws
    // ConnectionLost.
    [[nodiscard]] Answer wait();
    // The same for what must not fail.
    std::unique_ptr<Rows> ask(std::string_view statement, std::span<const Parameter> parameters = {});

    // Several statements at once, when nothing else is under way. Throws like Tx::execute.
    void run_script(std::string_view statements);

    // From now on no wait takes longer than this (a migration may take an hour).
    void limit_waits(std::chrono::milliseconds limit) { limit_ = limit; }
    [[nodiscard]] bool is_alive() const { return alive_; }
    // Whether something was sent that no wait has heard of.
    [[nodiscard]] bool has_unheard() const { return !sent_.empty(); }

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
        std::vector<unsigned> types;  // of its parameters; 0: a bare null
    };
    using Entry = std::list<std::shared_ptr<Prepared>>::iterator;
    enum class Kind { statement, prepare, end };
    struct Sent {
        Kind kind;
        Part part;
        std::shared_ptr<Prepared> prepared = {};
        bool ignored = false;
    };

    void set_session(const PostgresOptions& options);
    [[nodiscard]] std::shared_ptr<Prepared> prepared(std::string_view statement,
                                                     std::span<const Parameter> parameters, Part part);
    void forget(const Prepared& statement);
    void drop_oldest();
    void require_sent(int sent);
    void flush();
    void wait_for_socket(bool to_write);
    [[nodiscard]] Result next_result();
    void note(const Sent& sent, Result result, Answer& answer);
    [[noreturn]] void lose(std::string_view why);

    Access access_;
    std::unique_ptr<pg_conn, Close> handle_;
    bool alive_ = true;
    std::chrono::milliseconds limit_;
    std::deque<Sent> sent_;
    std::list<std::shared_ptr<Prepared>> statements_;  // used last first
    std::unordered_multimap<std::string_view, Entry> by_text_;
    std::uint64_t names_ = 0;
};

}  // namespace stagedoor::sql::postgres
