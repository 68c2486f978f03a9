#include "common/sql/sqlite/group.hpp"

namespace stagedoor::sql::sqlite {
namespace {

// A function may have caught the error that ended its transaction; its later statements would run outside of
// any.
void require_transaction(const Connection& connection) {
    if (!connection.in_transaction()) throw DatabaseError("the transaction was ended by an earlier error");
}

// If the savepoint can't be rolled back, rolls back the whole transaction.
void undo_savepoint(Connection& connection) noexcept {
    try {
        if (!connection.in_transaction()) return;
        connection.execute("ROLLBACK TO part");
        connection.execute("RELEASE part");
    } catch (const std::exception&) {
        connection.roll_back();
    }
}

// Runs `part` and undoes its changes if it throws. Savepoints of the same name nest; the name refers to the
// innermost.
void in_savepoint(Connection& connection, const std::function<void()>& part) {
    connection.execute("SAVEPOINT part");
    try {
        part();
        require_transaction(connection);
        connection.execute("RELEASE part");
    } catch (...) {
        undo_savepoint(connection);
        throw;
    }
}

// Without a savepoint: for a transaction that is alone in its group. SQLite would copy every page that a
// large one changes, and each of its statements would take longer the more there are.
void run_alone(Connection& connection, PendingTransaction& transaction) {
    transaction.error = nullptr;
    transaction.actions.clear();
    SqliteTx tx{connection, transaction.requested_at, transaction.traceparent};
    transaction.work(tx);
    require_transaction(connection);
    transaction.actions = tx.take_actions();
}

// Throws only if the whole group fails.
void run_one(Connection& connection, PendingTransaction& transaction) {
    transaction.error = nullptr;
    transaction.actions.clear();
    SqliteTx tx{connection, transaction.requested_at, transaction.traceparent};
    try {
        in_savepoint(connection, [&] { transaction.work(tx); });
        transaction.actions = tx.take_actions();
    } catch (...) {
        if (!connection.in_transaction()) throw;
        transaction.error = std::current_exception();
    }
}

}  // namespace

void SqliteTx::nested(const std::function<void()>& part) {
    require_transaction(connection_);
    auto known_actions = actions_.size();
    try {
        in_savepoint(connection_, part);
    } catch (...) {
        actions_.resize(known_actions);
        throw;
    }
}

void SqliteTx::run_script(std::string_view statements) {
    require_transaction(connection_);
    connection_.run_script(statements);
}

void SqliteTx::make_append_only(const std::string& table) {
    for (std::string change : {"UPDATE", "DELETE"}) {
        auto name = table + "_forbids_" + change;
        run_script("CREATE TRIGGER " + name + " BEFORE " + change + " ON " + table +
                   " BEGIN SELECT RAISE(ABORT, '" + table + " is append-only'); END;");
    }
}

std::unique_ptr<Rows> SqliteTx::start(std::string_view statement, std::span<const Parameter> parameters) {
    require_transaction(connection_);
    if (limit_) limit_->start_statement(statement);
    return connection_.start(statement, parameters);
}

std::exception_ptr commit_together(Connection& connection, std::span<PendingTransaction> group,
                                   const std::function<void(const std::function<void()>&)>& commit) {
    try {
        connection.enlarge_cache_if_outgrown();
        connection.execute("BEGIN IMMEDIATE");
        if (group.size() == 1)
            run_alone(connection, group.front());
        else
            for (auto& each : group) run_one(connection, each);
        commit([&] { connection.execute("COMMIT"); });
        return nullptr;
    } catch (...) {
        connection.roll_back();
        return std::current_exception();
    }
}

void run_on_snapshot(Connection& connection, PendingTransaction& reader, ReadLimit* limit) {
    try {
        connection.execute("BEGIN");
        SqliteTx tx{connection, reader.requested_at, {}, limit};
        connection.set_limit(limit);
        reader.work(tx);
        connection.set_limit(nullptr);
        connection.execute("COMMIT");
        reader.actions = tx.take_actions();
    } catch (...) {
        connection.set_limit(nullptr);
        connection.roll_back();
        reader.error = std::current_exception();
    }
}

void touch(Tx& tx) {
    tx.execute("INSERT INTO schema_migrations(part, version) VALUES ($1, $2)", "touch", 0);
    tx.execute("DELETE FROM schema_migrations WHERE part = $1", "touch");
}

}  // namespace stagedoor::sql::sqlite
