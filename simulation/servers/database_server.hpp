// The database of one service on a machine of its own, that all copies of the service share, as they share a PostgreSQL
// server: real SQLite on a simulated disk, behind a simulated network.
#pragma once

#include <functional>
#include <memory>
#include <optional>
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
    using Work = std::function<void(sql::Tx&)>;

    // `name` is the database's, and the machine's is "db-" and that.
    DatabaseServer(std::string name, World& world, Disks& disks, Network& network);
    ~DatabaseServer();

    void start();
    // Loses what its disk had not safe. Who is connected receives nothing more.
    void crash();
    [[nodiscard]] bool is_up() const { return life_ != nullptr; }

    [[nodiscard]] const std::string& machine() const { return machine_; }
    [[nodiscard]] const std::string& path() const { return path_; }
    [[nodiscard]] Disk& disk() { return disks_.of(machine_); }
    [[nodiscard]] World& world() { return world_; }
    [[nodiscard]] Network& network() { return network_; }
    // Of this life; another one after a crash.
    [[nodiscard]] const std::shared_ptr<Life>& life() const { return life_; }

    // What goes on behind the network. All need is_up().
    struct Mark {
        std::string connection;
        std::int64_t number = 0;
    };
    // Undone: an error has ended the group as a whole, and each may be tried by itself. Lost: the power went meanwhile, and
    // nobody knows.
    enum class Ended { all, undone, lost };
    [[nodiscard]] Ended write(std::span<sql::PendingTransaction> group, const Mark& mark,
                              bool relaxed_durability);
    void read(sql::PendingTransaction& waiting);
    [[nodiscard]] bool was_committed(const Mark& mark);
    [[nodiscard]] Work with_what_stands_between(Work work, bool writes);
    void migrate(const std::vector<sql::Migration>& migrations);

    // `told` is called after each commit.
    void on_commit(std::function<void()> told) { told_of_commits_.push_back(std::move(told)); }
    // Runs a transaction's function in place of its caller: how bugs are planted. Empty: nothing stands between.
    std::function<void(sql::sqlite::Connection&, const Work&, sql::Tx&)> between;
    // Called when everything is ready to be committed.
    std::function<void(sql::sqlite::Connection&)> before_commit;
    // Called once, after the next commit and before its answer, with the machine that it was for.
    std::function<void(const std::string&)> after_next_commit;
    double lost_answers = 0;  // how many connections break between a commit and its answer

  private:
    void open();
    [[nodiscard]] std::exception_ptr run(std::span<sql::PendingTransaction> group, const Mark& mark);

    const std::string name_, machine_, path_;
    World& world_;
    Disks& disks_;
    Network& network_;
    std::shared_ptr<Life> life_;
    std::vector<std::function<void()>> told_of_commits_;
    std::unique_ptr<sql::sqlite::Connection> writer_, reader_;
};

// A copy's way to it. Throws DatabaseError when it can't be reached.
[[nodiscard]] std::unique_ptr<sql::Database> connect(DatabaseServer& server, std::shared_ptr<Life> life,
                                                     const std::string& machine, runtime::Clock& clock);

}  // namespace stagedoor::simulation
