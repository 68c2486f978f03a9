#include "common/sql/postgres/group.hpp"

#include <algorithm>

namespace stagedoor::sql::postgres {
namespace {

// All rows of the group, in one order for every group of every program: before anything else is locked.
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
    connection.send("BEGIN");
    if (std::ranges::all_of(group, &Write::relaxed_durability))
        connection.send("SET LOCAL synchronous_commit = off");
    lock_rows(connection, group);
}

void roll_back(Connection& connection) noexcept {
    try {
        if (!connection.is_alive()) return;
        if (connection.has_unheard()) (void)connection.wait();  // a failure in it would swallow the ROLLBACK
        connection.send("ROLLBACK");
        (void)connection.wait();
    } catch (const std::exception&) {  // then it has ended with its connection
    }
}

// Throws only when the whole group has ended.
void run_one(Connection& connection, Write& each, int member, Savepoints savepoints) {
    auto& waiting = each.waiting;
    waiting.verdict = nullptr;
    waiting.actions.clear();
    PostgresTx tx{connection, waiting.asked, waiting.traceparent, member};
    try {
        tx.run(waiting.work, savepoints);
        waiting.actions = tx.take_actions();
    } catch (...) {
        waiting.verdict = std::current_exception();
        if (!connection.is_alive()) throw;
        if (savepoints == Savepoints::none && tx.has_effect()) throw;
    }
    if (tx.is_group_broken()) throw DatabaseError("another transaction of the group has failed");
}

// Throws what is wrong with what was sent, ConnectionLost when nobody knows.
void end(Connection& connection, CommitMarkers& marks) {
    marks.send_next(connection);
    connection.send("COMMIT");
    auto answer = connection.wait();
    if (answer.failure) std::rethrow_exception(std::move(answer.failure->error));
    if (answer.done != "COMMIT") throw DatabaseError("the transaction was ended by an earlier error");
    marks.committed();
}

}  // namespace

// ---- one of them

void PostgresTx::require_alive() const {
    if (!connection_.is_alive()) throw ConnectionLost("the connection to the database is lost");
    if (failed_ || group_broken_) throw DatabaseError("the transaction was ended by an earlier error");
}

std::unique_ptr<Rows> PostgresTx::start(std::string_view statement, std::span<const Parameter> parameters) {
    require_alive();
    connection_.send(statement, parameters, part_);
    return hear();
}

void PostgresTx::send_on(std::string_view statement, std::span<const Parameter> parameters) {
    require_alive();
    connection_.send(statement, parameters, part_);
    unconfirmed_ = true;
}

std::unique_ptr<Rows> PostgresTx::hear() {
    has_effect_ |= unconfirmed_;
    unconfirmed_ = false;
    auto answer = connection_.wait();
    if (!answer.failure) {
        has_effect_ |= answer.last && answer.last->changed() > 0;
        return std::move(answer.last);
    }
    failed_ = true;
    group_broken_ |= answer.failure->part.member != part_.member;
    if (!group_broken_ || answer.failure->part.member == 0)
        std::rethrow_exception(std::move(answer.failure->error));
    throw DatabaseError("another transaction of the group has failed");
}

void PostgresTx::run_script(std::string_view statements) {
    require_alive();
    failed_ = true;
    connection_.run_script(statements);
    failed_ = false;
}

void PostgresTx::undo_to(const std::string& savepoint) {
    if (!connection_.is_alive() || group_broken_) return;
    if (unconfirmed_) {  // a failure in it would swallow the ROLLBACK
        unconfirmed_ = false;
        auto answer = connection_.wait();
        group_broken_ = answer.failure && answer.failure->part.member != part_.member;
        if (group_broken_) return;
    }
    connection_.send("ROLLBACK TO " + savepoint, {}, part_);
    connection_.send("RELEASE " + savepoint, {}, part_);
    failed_ = false;
}

// Savepoints of one name nest: the innermost is meant.
void PostgresTx::nested(const std::function<void()>& part) {
    require_alive();
    auto known_actions = actions_.size();
    if (unconfirmed_) (void)hear();  // a failure of what was sent before is not the part's
    connection_.send("SAVEPOINT part", {}, part_);
    try {
        part();
        if (unconfirmed_) (void)hear();
        require_alive();
    } catch (...) {
        actions_.resize(known_actions);
        undo_to("part");
        throw;
    }
    connection_.send("RELEASE part", {}, part_);
}

void PostgresTx::run(const std::function<void(Tx&)>& work, Savepoints savepoints) {
    auto in_savepoint = savepoints == Savepoints::of_each;
    if (in_savepoint) connection_.send("SAVEPOINT member", {}, part_);
    try {
        work(*this);
        require_alive();
    } catch (...) {
        if (in_savepoint) undo_to("member");
        throw;
    }
    if (in_savepoint) connection_.send("RELEASE member", {}, part_);
}

// ---- all of them

std::optional<Ended> commit_together(Connection& connection, CommitMarkers& marks, std::span<Write> group,
                                     Savepoints savepoints,
                                     const std::function<void(const std::function<void()>&)>& commit) {
    bool committing = false;
    try {
        begin(connection, group);
        int member = 0;
        for (auto& each : group) run_one(connection, each, ++member, savepoints);
        if (group.size() == 1 && group.front().waiting.verdict)
            std::rethrow_exception(group.front().waiting.verdict);  // nothing is there to be committed
        committing = true;
        commit([&] { end(connection, marks); });
        return std::nullopt;
    } catch (...) {
        auto why = std::current_exception();
        if (!connection.is_alive()) return Ended{committing ? Ended::How::uncertain : Ended::How::lost, why};
        roll_back(connection);
        return Ended{Ended::How::undone, why};
    }
}

void run_on_snapshot(Connection& connection, PendingTransaction& reader) {
    reader.verdict = nullptr;
    try {
        connection.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
        PostgresTx tx{connection, reader.asked, {}};
        reader.work(tx);
        connection.send("COMMIT");
        if (auto answer = connection.wait(); answer.failure)
            std::rethrow_exception(std::move(answer.failure->error));
        reader.actions = tx.take_actions();
    } catch (const ConnectionLost&) {
        throw;
    } catch (...) {
        roll_back(connection);
        if (!connection.is_alive()) throw;
        reader.verdict = std::current_exception();
    }
}

}  // namespace stagedoor::sql::postgres
