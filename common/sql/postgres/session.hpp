// A place in the pool: a connection that is made again when it is lost.
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
    // `closing`: nobody waits for a database that is away any more.
    Session(const PostgresOptions& options, Connection::Access access, runtime::Random& random,
            const PoolNumbers* numbers, const std::atomic<bool>& closing);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    using Time = std::chrono::steady_clock::time_point;
    // A connection that was alive when last used. Tries to make one, with growing pauses, until `give_up_at`; when that
    // is over, only if it was not tried a moment ago. Throws ConnectionLost with the last reason.
    [[nodiscard]] Connection& connection(Time give_up_at);
    [[nodiscard]] SavepointChoice& savepoints() { return savepoints_; }
    // Of the connection that it gave last.
    [[nodiscard]] CommitMarkers& marks() { return *marks_; }
    // Whether that connection, lost since, did its last COMMIT. Throws DatabaseError when `give_up_at` comes before the
    // answer.
    [[nodiscard]] bool was_committed(Time give_up_at);

    // Counts it as busy as long as the result lives.
    [[nodiscard]] std::shared_ptr<void> count_busy() const;

    // What a connection is called in the server's lists; its like nowhere else.
    [[nodiscard]] static std::string new_label(runtime::Random& random, const std::string& name);

  private:
    void connect();
    void drop();
    void pause(int tries, Time give_up_at);

    const PostgresOptions& options_;
    const Connection::Access access_;
    runtime::Random& random_;
    const PoolNumbers* numbers_;
    const std::atomic<bool>& closing_;
    SavepointChoice savepoints_;
    std::unique_ptr<Connection> connection_;
    Time failed_at_{};  // the last try
    std::string failure_;
    std::optional<CommitMarkers> marks_;
};

[[nodiscard]] std::string text_of(const std::exception_ptr& error);
[[nodiscard]] bool is_serialization_failure(const std::exception_ptr& error);

}  // namespace stagedoor::sql::postgres
