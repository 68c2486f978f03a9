// Group commit: runs several transactions in one SQLite transaction, each in a savepoint of its own, so that
// one can be undone without the others.
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
    // `limit` may be null.
    SqliteTx(Connection& connection, Instant now, std::string traceparent, ReadLimit* limit = nullptr)
        : ScriptTx(now, std::move(traceparent)), connection_(connection), limit_(limit) {}

    void after_commit(std::function<void()> action) override { actions_.push_back(std::move(action)); }
    void nested(const std::function<void()>& part) override;
    [[nodiscard]] Dialect dialect() const override { return Dialect::sqlite; }

    void run_script(std::string_view statements) override;
    void make_append_only(const std::string& table) override;
    [[nodiscard]] std::vector<std::function<void()>> take_actions() { return std::move(actions_); }

  protected:
    std::unique_ptr<Rows> start(std::string_view statement, std::span<const Parameter> parameters) override;

  private:
    Connection& connection_;
    ReadLimit* limit_;
    std::vector<std::function<void()>> actions_;
};

// Runs and commits `group`, then returns null; each transaction has its own error or none. Otherwise returns
// the error that ended the whole group: everything is rolled back, the transactions' own errors don't count,
// and all may run again. `commit` calls the function that commits (and may time it).
[[nodiscard]] std::exception_ptr commit_together(
    Connection& connection, std::span<PendingTransaction> group,
    const std::function<void(const std::function<void()>&)>& commit);

// Runs `reader` on a snapshot and sets its error; ReadTooSlow if it reaches the limit, if there is one.
void run_on_snapshot(Connection& connection, PendingTransaction& reader, ReadLimit* limit = nullptr);

// Changes nothing, but needs a write to the disk.
void touch(Tx& tx);

}  // namespace stagedoor::sql::sqlite
