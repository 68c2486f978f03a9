// The database of one service on a machine of its own. The service's replicas share it like a PostgreSQL
// server: real SQLite on a simulated disk, behind a simulated network.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "common/sql/database.hpp"
#include "common/sql/pending_transaction.hpp"
#include "common/sql/sqlite/connection.hpp"
#include "simulation/world/disk.hpp"
#include "simulation/world/network.hpp"
#include "simulation/world/world.hpp"

namespace stagedoor::simulation {

class DatabaseServer {
  public:
    // `name` is the database's name.
    DatabaseServer(std::string name, std::string machine, World& world, Disks& disks, Network& network);
    ~DatabaseServer();

    // Does nothing if it is up.
    void start();
    // A power cut: unsynced writes are at risk, and clients get no response.
    void crash();
    [[nodiscard]] bool is_up() const { return process_ != nullptr; }

    [[nodiscard]] const std::string& machine() const { return machine_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Disk& disk() { return disks_.disk_of(machine_); }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] Network& network() { return network_; }
    // A new one after each crash; null while it is down.
    [[nodiscard]] const std::shared_ptr<Process>& process() const { return process_; }

    // ---- behind the network; all of these need is_up()

    struct CommitMarker {
        std::string connection;
        std::int64_t number = 0;
    };
    // rolled_back: an error undid the whole group; each member may be retried alone. unknown: the power
    // failed during the commit.
    enum class WriteResult { committed, rolled_back, unknown };
    [[nodiscard]] WriteResult write(std::span<sql::PendingTransaction> group, const CommitMarker& marker,
                                    bool relaxed_durability);
    void read(sql::PendingTransaction& transaction);
    [[nodiscard]] bool was_committed(const CommitMarker& marker);
    void migrate(const std::vector<sql::Migration>& migrations);

    // While true, no event can be applied, as if its handler violated a constraint. A restart ends it.
    void set_events_fail(bool fail);

    // How long it is busy with a commit, and with each transaction of it. By default that takes no time.
    struct Speed {
        Duration commit{}, transaction{};
    };
    void set_speed(Speed speed) { speed_ = speed; }
    // Reserves the server for a commit of `transactions`; returns the time until it is done.
    [[nodiscard]] Duration take_turn(std::size_t transactions);

    // ---- hooks

    // Calls `observer` after each commit.
    void on_commit(std::function<void()> observer) { commit_observers_.push_back(std::move(observer)); }
    // For a mutant: called inside each transaction, just before its commit.
    std::function<void(sql::sqlite::Connection&)> before_commit;
    // Called once, after the next commit and before its response, with the machine that sent the transaction.
    std::function<void(const std::string&)> after_next_commit;
    double lost_responses = 0;  // the share of commits whose connection breaks before the response

  private:
    void open();
    [[nodiscard]] std::exception_ptr run(std::span<sql::PendingTransaction> group,
                                         const CommitMarker& marker);

    const std::string name_, machine_, path_;
    World& world_;
    Disks& disks_;
    Network& network_;
    std::shared_ptr<Process> process_;
    Speed speed_;
    Duration busy_until_{};
    std::vector<std::function<void()>> commit_observers_;
    std::unique_ptr<sql::sqlite::Connection> writer_, reader_;
};

}  // namespace stagedoor::simulation
