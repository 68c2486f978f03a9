#include "simulation/servers/database_server.hpp"

#include <fmt/format.h>

#include "common/sql/sqlite/group.hpp"
#include "simulation/mutants/switch.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using sql::PendingTransaction;
using sql::sqlite::Connection;

constexpr int checkpoint_pages = 200;

}  // namespace

DatabaseServer::DatabaseServer(std::string name, std::string machine, World& world, Disks& disks,
                               Network& network)
    : name_(std::move(name)),
      machine_(std::move(machine)),
      path_("/" + machine_ + "/" + name_ + ".db"),
      world_(world),
      disks_(disks),
      network_(network) {
    start();
}

DatabaseServer::~DatabaseServer() = default;

void DatabaseServer::start() {
    if (process_) return;
    try {
        open();
        process_ = world_.start_process(machine_);
    } catch (const sql::DatabaseError& error) {  // the disk is full or unreadable
        world_.note(machine_, error.what());
        reader_.reset();
        writer_.reset();
        world_.start_process("supervisor")->after(500ms, [this] { start(); });
    }
}

void DatabaseServer::open() {
    writer_ = std::make_unique<Connection>(path_, Connection::Access::write);
    writer_->execute(sql::schema_migrations_table);
    writer_->execute(
        "CREATE TABLE IF NOT EXISTS commit_marks (connection TEXT PRIMARY KEY, number BIGINT NOT NULL)");
    // Otherwise the table's CHECK would stop these bugs.
    if (active_mutation() == Mutation::hold_in_two_transactions ||
        active_mutation() == Mutation::edit_below_held)
        writer_->execute("PRAGMA ignore_check_constraints = ON");
    reader_ = std::make_unique<Connection>(path_, Connection::Access::read);
}

void DatabaseServer::crash() {
    if (!process_) return;
    std::exchange(process_, nullptr)->kill();
    disks_.cut_power(machine_);
    // They may be executing a statement at this moment.
    world_.start_process(machine_)->post([writer = std::move(writer_), reader = std::move(reader_)] {});
}

Duration DatabaseServer::take_turn(std::size_t transactions) {
    auto time = speed_.commit + speed_.transaction * transactions;
    if (time == Duration{}) return time;
    busy_until_ = std::max(busy_until_, world_.now()) + time;
    return busy_until_ - world_.now();
}

std::exception_ptr DatabaseServer::run(std::span<PendingTransaction> group, const CommitMarker& marker) {
    auto& connection = *writer_;
    return sql::sqlite::commit_together(connection, group, [&](const auto& statement) {
        sql::sqlite::SqliteTx tx{connection, {}, {}};
        tx.execute(
            "INSERT INTO commit_marks(connection, number) VALUES ($1, $2)"
            " ON CONFLICT (connection) DO UPDATE SET number = excluded.number",
            marker.connection, marker.number);
        if (before_commit) before_commit(connection);
        statement();
    });
}

DatabaseServer::WriteResult DatabaseServer::write(std::span<PendingTransaction> group,
                                                  const CommitMarker& marker, bool relaxed_durability) {
    auto process = process_;
    disk().relaxed_durability = relaxed_durability;
    auto result = run(group, marker);
    disk().relaxed_durability = false;
    if (!process->is_alive()) return WriteResult::unknown;
    if (result && group.size() > 1) return WriteResult::rolled_back;
    if (result) group.front().error = std::move(result);
    if (writer_->wal_pages() >= checkpoint_pages) {
        try {
            writer_->checkpoint(Connection::Checkpoint::passive);
        } catch (const std::runtime_error&) {  // retried after the next commit
        }
        if (!process->is_alive()) return WriteResult::unknown;
    }
    for (const auto& observer : commit_observers_) observer();
    return WriteResult::committed;
}

void DatabaseServer::read(PendingTransaction& transaction) {
    sql::sqlite::run_on_snapshot(*reader_, transaction);
}

void DatabaseServer::set_events_fail(bool fail) {
    if (!is_up()) return;
    constexpr auto create =
        "CREATE TEMP TRIGGER IF NOT EXISTS fail_{0} BEFORE {0} ON main.inbox"
        " BEGIN SELECT raise(ABORT, 'the handler fails'); END";
    constexpr auto drop = "DROP TRIGGER IF EXISTS temp.fail_{0}";
    try {
        for (const auto* change : {"INSERT", "UPDATE"})
            writer_->execute(fmt::format(fmt::runtime(fail ? create : drop), change));
    } catch (const std::runtime_error& error) {  // it has no inbox, or the disk is unreadable
        world_.note(machine_, error.what());
    }
}

bool DatabaseServer::was_committed(const CommitMarker& marker) {
    sql::sqlite::SqliteTx tx{*reader_, {}, {}};
    reader_->execute("BEGIN");
    auto number =
        tx.find<std::int64_t>("SELECT number FROM commit_marks WHERE connection = $1", marker.connection);
    reader_->execute("COMMIT");
    return number == marker.number;
}

void DatabaseServer::migrate(const std::vector<sql::Migration>& migrations) {
    sql::require_order(migrations);
    for (const auto& each : migrations) {
        auto apply = [&](sql::Tx& tx) { sql::apply(dynamic_cast<sql::ScriptTx&>(tx), each); };
        PendingTransaction step{apply, {}, {}, {}};
        auto result = run({&step, 1}, {"migrations", 0});
        if (!result) result = step.error;
        if (result) std::rethrow_exception(result);
    }
}

}  // namespace stagedoor::simulation
