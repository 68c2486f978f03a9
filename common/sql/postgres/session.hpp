// A slot of the connection pool: a connection that reconnects after a loss.
#pragma once

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "common/runtime/random.hpp"
#include "common/sql/health.hpp"
#include "common/sql/postgres/commit_markers.hpp"
#include "common/sql/postgres/connection.hpp"
#include "common/sql/postgres/group.hpp"

namespace stagedoor::sql::postgres {

class Session {
  public:
    // Once `closing` is true, it no longer waits for an unreachable database.
    Session(const PostgresOptions& options, Connection::Access access, runtime::Random& random,
            const ConnectionMetrics* metrics, const std::atomic<bool>& closing);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    using Time = std::chrono::steady_clock::time_point;
    // Returns a connection that was alive when last used, reconnecting with backoff until `deadline`. After
    // the deadline it tries once, unless an attempt failed within the last second. Throws ConnectionLost with
    // the latest error.
    [[nodiscard]] Connection& connection(Time deadline);
    [[nodiscard]] SavepointPolicy& savepoints() { return savepoints_; }
    // Closes the connection: the next one may reach a server that takes writes.
    void close_read_only();
    // The commit markers of the connection returned last.
    [[nodiscard]] CommitMarkers& commit_markers() { return *commit_markers_; }
    // Whether that connection, which has been lost, completed its last COMMIT. Throws DatabaseError if that
    // can't be found out by `deadline`.
    [[nodiscard]] bool was_committed(Time deadline);

    // Counts the connection as busy while the result lives.
    [[nodiscard]] std::shared_ptr<void> count_busy() const;

    // A unique application_name for a connection.
    [[nodiscard]] static std::string new_label(runtime::Random& random, const std::string& name);

  private:
    void connect();
    void disconnect();
    void back_off(int attempts, Time deadline);

    const PostgresOptions& options_;
    const Connection::Access access_;
    runtime::Random& random_;
    const ConnectionMetrics* metrics_;
    const std::atomic<bool>& closing_;
    SavepointPolicy savepoints_;
    std::unique_ptr<Connection> connection_;
    Time failed_at_{};  // when the last attempt to connect failed
    std::exception_ptr failure_;
    std::optional<CommitMarkers> commit_markers_;
};

[[nodiscard]] std::string text_of(const std::exception_ptr& error);
// DatabaseError's state; empty for other errors.
[[nodiscard]] std::string database_state(const std::exception_ptr& error);
[[nodiscard]] bool is_serialization_failure(const std::exception_ptr& error);
[[nodiscard]] bool was_stopped_too_late(const std::exception_ptr& error);

}  // namespace stagedoor::sql::postgres
