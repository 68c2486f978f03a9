#include "common/sql/postgres/group.hpp"

#include <algorithm>

namespace stagedoor::sql::postgres {
namespace {

// Locks all rows of the group before anything else, in an order that is the same in every group of every
// program.
void lock_rows(Connection& connection, std::span<const Write> group) {
    std::vector<std::int64_t> rows;
    for (const auto& each : group) rows.insert(rows.end(), each.rows.begin(), each.rows.end());
    if (rows.empty()) return;
    std::ranges::sort(rows);
    auto repeated = std::ranges::unique(rows);
    rows.erase(repeated.begin(), repeated.end());
    std::string list = "{";
    for (auto row : rows) list += (list.size() > 1 ? "," : "") + std::to_string(row);
    list += "}";
    const std::array<Parameter, 1> parameters{std::string_view{list}};
    connection.send("SELECT pg_advisory_xact_lock(row) FROM unnest($1::bigint[]) AS row", parameters);
}

void begin(Connection& connection, std::span<const Write> group) {
    connection.begin("BEGIN");
    if (std::ranges::all_of(group, &Write::relaxed_durability))
        connection.send("SET LOCAL synchronous_commit = off");
    lock_rows(connection, group);
}

void roll_back(Connection& connection) noexcept {
    try {
        if (!connection.is_alive()) return;
        if (connection.has_pending())
            (void)connection.wait();  // after a failure the ROLLBACK would be skipped
        connection.send("ROLLBACK");
        (void)connection.wait();
    } catch (const std::exception&) {  // the connection is lost, and the server rolls back
    }
}

// Throws only if the whole group fails.
void run_one(Connection& connection, Write& write, int member, Savepoints savepoints) {
    auto& transaction = write.transaction;
    transaction.error = nullptr;
    transaction.actions.clear();
    PostgresTx tx{connection, transaction.requested_at, transaction.traceparent, member};
    try {
        tx.run(transaction.work, savepoints);
        transaction.actions = tx.take_actions();
    } catch (...) {
        transaction.error = std::current_exception();
        if (!connection.is_alive()) throw;
        if (savepoints == Savepoints::none && tx.has_effect()) throw;
    }
    if (tx.is_group_broken()) throw DatabaseError("another transaction of the group has failed");
}

// Commits. Throws the error of a pending statement, or ConnectionLost if the outcome is unknown.
void end(Connection& connection, CommitMarkers& markers) {
    markers.send_next(connection);
    connection.send("COMMIT");
    auto results = connection.wait();
    if (results.failure) std::rethrow_exception(std::move(results.failure->error));
    if (results.command_tag != "COMMIT") throw DatabaseError("the transaction was ended by an earlier error");
    markers.committed();
}

}  // namespace

// ---- one transaction

void PostgresTx::require_alive() const {
    if (!connection_.is_alive()) throw ConnectionLost("the connection to the database is lost");
    if (failed_ || group_broken_) throw DatabaseError("the transaction was ended by an earlier error");
}

void PostgresTx::send_within_limit(std::string_view statement, std::span<const Parameter> parameters,
                                   Connection::RowsSlot rows) {
    require_alive();
    if (limit_) limit_->start_statement(statement);
    connection_.send(statement, parameters, owner_, std::move(rows));
}

std::unique_ptr<Rows> PostgresTx::start(std::string_view statement, std::span<const Parameter> parameters) {
    send_within_limit(statement, parameters);
    return wait_for_results();
}

void PostgresTx::send_statement(std::string_view statement, std::span<const Parameter> parameters) {
    send_within_limit(statement, parameters);
    unconfirmed_ = true;
}

class PostgresTx::RowsInFlight final : public PendingRows {
  public:
    RowsInFlight(PostgresTx& tx, Connection::RowsSlot rows) : tx_(tx), rows_(std::move(rows)) {}

    std::unique_ptr<Rows> wait() override {
        if (!*rows_) {
            tx_.require_alive();
            (void)tx_.wait_for_results();
        }
        if (!*rows_) throw DatabaseError("the statement was undone by an earlier error");
        return std::move(*rows_);
    }

  private:
    PostgresTx& tx_;
    Connection::RowsSlot rows_;
};

std::unique_ptr<PendingRows> PostgresTx::start_later(std::string_view statement,
                                                     std::span<const Parameter> parameters) {
    auto rows = std::make_shared<std::unique_ptr<Rows>>();
    send_within_limit(statement, parameters, rows);
    unconfirmed_ = true;
    return std::make_unique<RowsInFlight>(*this, std::move(rows));
}

std::unique_ptr<Rows> PostgresTx::wait_for_results() {
    has_effect_ |= unconfirmed_;
    unconfirmed_ = false;
    auto results = connection_.wait();
    if (!results.failure) {
        has_effect_ |= results.last && results.last->changed() > 0;
        return std::move(results.last);
    }
    failed_ = true;
    if (limit_ && results.failure->too_slow) limit_->exceed();
    group_broken_ |= results.failure->owner.member != owner_.member;
    if (!group_broken_ || results.failure->owner.member == 0)
        std::rethrow_exception(std::move(results.failure->error));
    throw DatabaseError("another transaction of the group has failed");
}

void PostgresTx::run_script(std::string_view statements) {
    require_alive();
    failed_ = true;
    connection_.run_script(statements);
    failed_ = false;
}

void PostgresTx::make_append_only(const std::string& table) {
    run_script("CREATE FUNCTION " + table +
               "_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN " + "RAISE EXCEPTION '" +
               table + " is append-only' USING ERRCODE = 'restrict_violation'; END $$;" + "CREATE TRIGGER " +
               table + "_is_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON " + table +
               " FOR EACH STATEMENT EXECUTE FUNCTION " + table + "_is_append_only();");
}

void PostgresTx::undo_to(const std::string& savepoint) {
    if (!connection_.is_alive() || group_broken_) return;
    if (unconfirmed_) {  // after a failure the ROLLBACK would be skipped
        unconfirmed_ = false;
        auto results = connection_.wait();
        group_broken_ = results.failure && results.failure->owner.member != owner_.member;
        if (group_broken_) return;
    }
    connection_.send("ROLLBACK TO " + savepoint, {}, owner_);
    connection_.send("RELEASE " + savepoint, {}, owner_);
    failed_ = false;
}

// Savepoints of the same name nest; the name refers to the innermost.
void PostgresTx::nested(const std::function<void()>& part) {
    require_alive();
    auto known_actions = actions_.size();
    if (unconfirmed_) (void)wait_for_results();  // an error of an earlier statement is not the part's
    connection_.send("SAVEPOINT part", {}, owner_);
    try {
        part();
        if (unconfirmed_) (void)wait_for_results();
        require_alive();
    } catch (...) {
        actions_.resize(known_actions);
        undo_to("part");
        throw;
    }
    connection_.send("RELEASE part", {}, owner_);
}

void PostgresTx::run(const std::function<void(Tx&)>& work, Savepoints savepoints) {
    auto in_savepoint = savepoints == Savepoints::per_transaction;
    if (in_savepoint) connection_.send("SAVEPOINT member", {}, owner_);
    try {
        work(*this);
        require_alive();
    } catch (...) {
        if (in_savepoint) undo_to("member");
        throw;
    }
    if (in_savepoint) connection_.send("RELEASE member", {}, owner_);
}

// ---- the group

std::optional<GroupFailure> commit_together(Connection& connection, CommitMarkers& markers,
                                            std::span<Write> group, Savepoints savepoints,
                                            const std::function<void(const std::function<void()>&)>& commit) {
    bool committing = false;
    try {
        begin(connection, group);
        int member = 0;
        for (auto& each : group) run_one(connection, each, ++member, savepoints);
        if (group.size() == 1 && group.front().transaction.error)
            std::rethrow_exception(group.front().transaction.error);  // nothing to commit
        committing = true;
        commit([&] { end(connection, markers); });
        return std::nullopt;
    } catch (...) {
        using enum GroupFailure::Outcome;
        auto error = std::current_exception();
        if (!connection.is_alive()) return GroupFailure{committing ? unknown : connection_lost, error};
        roll_back(connection);
        return GroupFailure{rolled_back, error};
    }
}

void run_on_snapshot(Connection& connection, PendingTransaction& reader, ReadLimit& limit) {
    reader.error = nullptr;
    try {
        connection.set_statement_timeout(limit.max_time());
        connection.begin("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        PostgresTx tx{connection, reader.requested_at, {}, 1, &limit};
        reader.work(tx);
        connection.send("COMMIT");
        if (auto results = connection.wait(); results.failure) {
            if (results.failure->too_slow) limit.exceed();
            std::rethrow_exception(std::move(results.failure->error));
        }
        reader.actions = tx.take_actions();
    } catch (const ConnectionLost&) {
        throw;
    } catch (...) {
        roll_back(connection);
        if (!connection.is_alive()) throw;
        reader.error = std::current_exception();
    }
}

}  // namespace stagedoor::sql::postgres
