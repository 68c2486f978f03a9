// Several transactions in one commit, each in a savepoint of its own: what one did is undone without the
// others.
#pragma once

#include <exception>
#include <functional>
#include <span>
#include <string>
#include <vector>

#include "common/sql/pending_transaction.hpp"
#include "common/sql/schema_migrations.hpp"
#include "common/sql/sqlite/connection.hpp"

namespace stagedoor::sql::sqlite {

class SqliteTx final : public ScriptTx {
  public:
    SqliteTx(Connection& connection, Instant now, std::string traceparent)
        : ScriptTx(now, std::move(traceparent)), connection_(connection) {}

    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    void nested(const std::function<void()>& part) override;

    void run_script(std::string_view statements) override;
    [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

  protected:
    std::unique_ptr<Rows> start(std::string_view statement, std::span<const Parameter> parameters) override;

  private:
    Connection& connection_;
    std::vector<std::function<void()>> actions_;
};

// Null once `group` is committed, each with its verdict. Otherwise an error has ended it as a whole: all of
// it is undone, no verdict counts, and any of them may run again. `commit` runs the COMMIT (and may measure
// it).
[[nodiscard]] std::exception_ptr commit_together(
    Connection& connection, std::span<PendingTransaction> group,
    const std::function<void(const std::function<void()>&)>& commit);

// Runs `reader` on a snapshot and sets its verdict.
void run_on_snapshot(Connection& connection, PendingTransaction& reader);

// Changes nothing, but has to be written to the disk.
void touch(Tx& tx);

}  // namespace stagedoor::sql::sqlite
