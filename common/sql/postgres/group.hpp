// Group commit: runs several transactions in one PostgreSQL transaction, each in a savepoint of its own, so
// that one can be undone without the others. A group is first tried without savepoints, which cost two
// statements each: most groups have nothing to undo, and one that has is run again with them.
#pragma once

#include <cstdint>
#include <exception>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "common/sql/postgres/commit_markers.hpp"
#include "common/sql/postgres/connection.hpp"
#include "common/sql/postgres/lanes.hpp"
#include "common/sql/read_limit.hpp"
#include "common/sql/schema_migrations.hpp"

namespace stagedoor::sql::postgres {

enum class Savepoints { none, per_transaction };

// Decides whether a connection's next group uses savepoints. When requests are rejected one after another (a
// sold-out listing), every attempt without them would be wasted; so for 50 groups after a rollback,
// savepoints come first.
class SavepointPolicy {
  public:
    [[nodiscard]] Savepoints next() {
        if (groups_left_ == 0) return Savepoints::none;
        --groups_left_;
        return Savepoints::per_transaction;
    }
    void record_rollback() { groups_left_ = 50; }

  private:
    int groups_left_ = 0;  // that use savepoints
};

class PostgresTx final : public ScriptTx {
  public:
    // `member` is its position in the group, counting from 1. `limit` may be null.
    PostgresTx(Connection& connection, Instant now, std::string traceparent, int member = 1,
               ReadLimit* limit = nullptr)
        : ScriptTx(now, std::move(traceparent)),
          connection_(connection),
          owner_{.member = member},
          limit_(limit) {}

    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    void nested(const std::function<void()>& part) override;
    [[nodiscard]] Dialect dialect() const override { return Dialect::postgresql; }
    void run_script(std::string_view statements) override;
    void make_append_only(const std::string& table) override;

    // Runs `work`, in a savepoint or not. Statements it sent may still be pending afterwards.
    void run(const std::function<void(Tx&)>& work, Savepoints savepoints);
    // Whether it may have changed anything.
    [[nodiscard]] bool has_effect() const { return has_effect_ || unconfirmed_ || failed_; }
    [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::move(actions_); }
    // A statement of another member failed: no result of the group counts.
    [[nodiscard]] bool is_group_broken() const { return group_broken_; }

  protected:
    std::unique_ptr<Rows> start(std::string_view statement, std::span<const Parameter> parameters) override;
    void send_statement(std::string_view statement, std::span<const Parameter> parameters) override;
    std::unique_ptr<PendingRows> start_later(std::string_view statement,
                                             std::span<const Parameter> parameters) override;

  private:
    class RowsInFlight;
    void require_alive() const;
    void send_within_limit(std::string_view statement, std::span<const Parameter> parameters,
                           Connection::RowsSlot rows = {});
    std::unique_ptr<Rows> wait_for_results();
    void undo_to(const std::string& savepoint);

    Connection& connection_;
    Owner owner_;
    ReadLimit* limit_;
    bool failed_ = false;  // a statement failed: PostgreSQL accepts no more until a rollback
    bool group_broken_ = false;
    bool unconfirmed_ = false;  // statements were sent whose results aren't known yet
    bool has_effect_ = false;
    std::vector<std::function<void()>> actions_;
};

// Why a group was not committed.
struct GroupFailure {
    enum class Outcome {
        rolled_back,      // after an error, or because it needs savepoints
        connection_lost,  // before COMMIT was sent, so the server will roll it back
        unknown,          // the connection was lost after COMMIT was sent
    };
    Outcome outcome;
    std::exception_ptr error;
    bool read_only = false;  // the server takes no writes
};

// Runs and commits `group`, then returns nullopt; each transaction has its own error or none. On failure
// these errors don't count; the transactions may run again if they are known not to have committed. `commit`
// calls the function that ends the transaction (and may time it).
[[nodiscard]] std::optional<GroupFailure> commit_together(
    Connection& connection, CommitMarkers& markers, std::span<Write> group, Savepoints savepoints,
    const std::function<void(const std::function<void()>&)>& commit);

// Runs `reader` on a snapshot and sets its error; ReadTooSlow if it reaches the limit. Throws ConnectionLost;
// then it may run again.
void run_on_snapshot(Connection& connection, PendingTransaction& reader, ReadLimit& limit);

}  // namespace stagedoor::sql::postgres
