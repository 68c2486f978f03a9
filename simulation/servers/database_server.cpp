#include "simulation/servers/database_server.hpp"

#include <fmt/format.h>

#include <deque>

#include "common/errors.hpp"
#include "common/sql/sqlite/group.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using sql::PendingTransaction;
using sql::sqlite::Connection;

constexpr int checkpoint_pages = 200;

}  // namespace

DatabaseServer::DatabaseServer(std::string name, World& world, Disks& disks, Network& network)
    : name_(std::move(name)),
      machine_("db-" + name_),
      path_("/" + machine_ + "/" + name_ + ".db"),
      world_(world),
      disks_(disks),
      network_(network) {
    start();
}

DatabaseServer::~DatabaseServer() = default;

void DatabaseServer::start() {
    if (life_) return;
    try {
        open();
        life_ = world_.begin_life(machine_);
    } catch (const sql::DatabaseError& error) {  // the disk is full, or can't be read
        world_.note(machine_, error.what());
        reader_.reset();
        writer_.reset();
        world_.begin_life("supervisor")->after(500ms, [this] { start(); });
    }
}

void DatabaseServer::open() {
    writer_ = std::make_unique<Connection>(path_, Connection::Access::write);
    writer_->execute(sql::schema_migrations_table);
    writer_->execute(
        "CREATE TABLE IF NOT EXISTS commit_marks (connection TEXT PRIMARY KEY, number BIGINT NOT NULL)");
    reader_ = std::make_unique<Connection>(path_, Connection::Access::read);
}

void DatabaseServer::crash() {
    if (!life_) return;
    std::exchange(life_, nullptr)->kill();
    disks_.cut_power(machine_);
    // A statement of theirs may be under way.
    world_.begin_life(machine_)->post([writer = std::move(writer_), reader = std::move(reader_)] {});
}

std::exception_ptr DatabaseServer::run(std::span<PendingTransaction> group, const Mark& mark) {
    auto& connection = *writer_;
    return sql::sqlite::commit_together(connection, group, [&](const auto& statement) {
        sql::sqlite::SqliteTx tx{connection, {}, {}};
        tx.execute(
            "INSERT INTO commit_marks(connection, number) VALUES ($1, $2)"
            " ON CONFLICT (connection) DO UPDATE SET number = excluded.number",
            mark.connection, mark.number);
        if (before_commit) before_commit(connection);
        statement();
    });
}

DatabaseServer::Ended DatabaseServer::write(std::span<PendingTransaction> group, const Mark& mark,
                                            bool relaxed_durability) {
    auto life = life_;
    disk().may_wait = relaxed_durability;
    auto ended = run(group, mark);
    disk().may_wait = false;
    if (!life->is_alive()) return Ended::lost;
    if (ended && group.size() > 1) return Ended::undone;
    if (ended) group.front().verdict = std::move(ended);
    if (writer_->wal_pages() >= checkpoint_pages) {
        try {
            writer_->checkpoint(Connection::Checkpoint::passive);
        } catch (const std::runtime_error&) {  // tried again after the next
        }
        if (!life->is_alive()) return Ended::lost;
    }
    for (const auto& told : told_of_commits_) told();
    return Ended::all;
}

void DatabaseServer::read(PendingTransaction& waiting) { sql::sqlite::run_on_snapshot(*reader_, waiting); }

DatabaseServer::Work DatabaseServer::with_what_stands_between(Work work, bool writes) {
    if (!between) return work;
    return [this, work = std::move(work), writes](sql::Tx& tx) {
        between(writes ? *writer_ : *reader_, work, tx);
    };
}

bool DatabaseServer::was_committed(const Mark& mark) {
    sql::sqlite::SqliteTx tx{*reader_, {}, {}};
    reader_->execute("BEGIN");
    auto number =
        tx.find<std::int64_t>("SELECT number FROM commit_marks WHERE connection = $1", mark.connection);
    reader_->execute("COMMIT");
    return number == mark.number;
}

void DatabaseServer::migrate(const std::vector<sql::Migration>& migrations) {
    sql::require_order(migrations);
    for (const auto& each : migrations) {
        auto make = [&](sql::Tx& tx) { sql::apply(dynamic_cast<sql::ScriptTx&>(tx), each); };
        PendingTransaction step{with_what_stands_between(make, true), {}, {}, {}};
        auto ended = run({&step, 1}, {"migrations", 0});
        if (!ended) ended = step.verdict;
        if (ended) std::rethrow_exception(ended);
    }
}

namespace {

constexpr int lanes = 4;
constexpr std::size_t queue_limit = 4096, group_limit = 64;
constexpr auto patience = 4s;
constexpr auto between_tries = 100ms;

struct Queued {
    PendingTransaction waiting;
    bool relaxed_durability = false;
    bool alone = false;  // an error has ended a group that it was in
};

// What has gone to the server together.
struct Group {
    std::vector<PendingTransaction> members;
    DatabaseServer::Mark mark;
    bool relaxed_durability = false;
    Duration begun{};
    std::shared_ptr<Life> server;  // that it was sent to
};

// Its tasks and the world refer to it: it is never destroyed before the end of its life, and nothing happens after that.
class SimulatedDatabase final : public sql::Database {
  public:
    SimulatedDatabase(DatabaseServer& server, std::shared_ptr<Life> life, std::string machine,
                      runtime::Clock& clock)
        : server_(server), life_(std::move(life)), machine_(std::move(machine)), clock_(clock) {
        auto first = server_.world().new_seed();
        for (int i = 0; i < lanes; ++i) free_.push_back({fmt::format("{:x}-{}", first, i), 0});
    }

    void migrate(const std::vector<sql::Migration>& migrations) override {
        require_reachable();
        server_.migrate(migrations);
    }

    Task<> check() override {
        co_await run_read(
            [](sql::Tx& tx) { (void)tx.query<std::int64_t>("SELECT count(*) FROM sqlite_schema"); });
    }

    void close() override { closed_ = true; }

    void require_reachable() const {
        if (!is_reachable()) throw sql::DatabaseError(server_.machine() + " can't be reached");
    }

  protected:
    Task<> run_write(Work work, sql::WriteOptions options) override {
        return sql::until_answered(
            {server_.with_what_stands_between(std::move(work), true),
             std::move(options.traceparent),
             clock_.now(),
             {}},
            [this, relaxed_durability = options.relaxed_durability](PendingTransaction& waiting) {
                return offer(waiting, relaxed_durability);
            });
    }

    Task<> run_read(Work work) override {
        work = server_.with_what_stands_between(std::move(work), false);
        return sql::until_answered({std::move(work), {}, clock_.now(), {}},
                                   [this](PendingTransaction& waiting) {
                                       if (closed_) return sql::refusal_of(sql::Push::closed);
                                       auto group = std::make_shared<Group>();
                                       group->members.push_back(std::move(waiting));
                                       group->begun = world().now();
                                       send_read(std::move(group));
                                       return std::exception_ptr{};
                                   });
    }

  private:
    [[nodiscard]] World& world() const { return server_.world(); }
    [[nodiscard]] bool is_reachable() const {
        return server_.is_up() && server_.network().reaches(machine_, server_.machine());
    }
    [[nodiscard]] Duration delay() const { return server_.network().delay(machine_, server_.machine()); }

    std::exception_ptr offer(PendingTransaction& waiting, bool relaxed_durability) {
        if (closed_) return sql::refusal_of(sql::Push::closed);
        if (waiting_.size() >= queue_limit) return sql::refusal_of(sql::Push::full);
        waiting_.push_back({std::move(waiting), relaxed_durability, false});
        send_some();
        return nullptr;
    }

    void send_some() {
        while (!free_.empty() && !waiting_.empty()) {
            auto group = std::make_shared<Group>();
            group->mark = free_.front();
            free_.pop_front();
            auto& first = waiting_.front();
            group->relaxed_durability = first.relaxed_durability;
            auto limit = first.alone ? 1 : group_limit;
            while (!waiting_.empty() && group->members.size() < limit &&
                   waiting_.front().relaxed_durability == group->relaxed_durability) {
                group->members.push_back(std::move(waiting_.front().waiting));
                waiting_.pop_front();
            }
            ++group->mark.number;
            group->begun = world().now();
            send(std::move(group));
        }
    }

    void send(const std::shared_ptr<Group>& group) {
        if (!is_reachable()) return try_again(group, [this, group] { send(group); });
        group->server = server_.life();
        group->server->after(delay(), [this, group, number = group->mark.number] {
            if (group->mark.number == number) arrive(group);  // else it was given up
        });
        watch(group);
    }

    // On the server. A program that has died meanwhile would not have come to its COMMIT.
    void arrive(const std::shared_ptr<Group>& group) {
        if (!life_->is_alive()) return;
        auto server = server_.life();
        if (!is_reachable()) return group->server.reset();
        auto ended = server_.write(group->members, group->mark, group->relaxed_durability);
        if (ended == DatabaseServer::Ended::lost || world().chance(server_.lost_answers))
            return group->server.reset();
        if (auto act = std::exchange(server_.after_next_commit, nullptr)) act(machine_);
        // The answer is under way, and its receiver may be gone when it comes.
        server->after(world().between(50us, 1500us) + delay(), [this, group, ended] {
            if (!is_reachable()) return group->server.reset();
            life_->post([this, group, ended] {
                if (ended == DatabaseServer::Ended::all) return answer(*group);
                try_each_alone(*group);
            });
        });
    }

    void try_each_alone(Group& group) {
        auto members = std::exchange(group.members, {});
        if (members.empty()) return;
        free_.push_back(group.mark);
        for (auto each = members.rbegin(); each != members.rend(); ++each)
            waiting_.push_front({std::move(*each), group.relaxed_durability, true});
        send_some();
    }

    // Nothing tells a client that a machine is gone or cut off but its own patience.
    void watch(const std::shared_ptr<Group>& group) {
        life_->after(1s, [this, group, number = group->mark.number] {
            if (group->members.empty() || group->mark.number != number) return;
            if (is_reachable() && group->server == server_.life()) return watch(group);
            find_out(group);
        });
    }

    // Whether a COMMIT without an answer was done is asked by its mark; only what was not is done again.
    void find_out(const std::shared_ptr<Group>& group) {
        if (!is_reachable()) return try_again(group, [this, group] { find_out(group); });
        life_->after(2 * delay(), [this, group] {
            if (group->members.empty()) return;
            if (!is_reachable()) return find_out(group);
            bool done = false;
            try {
                done = server_.was_committed(group->mark);
            } catch (const sql::DatabaseError&) {  // it can't read at this moment
                return find_out(group);
            }
            world().note(machine_, done ? "finds a lost answer: committed" : "finds a lost answer: undone");
            if (done) return answer(*group);
            ++group->mark.number;  // should the old one still be on its way
            send(group);
        });
    }

    void try_again(const std::shared_ptr<Group>& group, Action again) {
        if (world().now() - group->begun < patience) return life_->after(between_tries, std::move(again));
        for (auto& each : group->members)
            each.verdict = std::make_exception_ptr(Unavailable("The database does not answer"));
        ++group->mark.number;  // should it still be on its way
        answer(*group);
    }

    void answer(Group& group) {
        if (group.members.empty()) return;
        auto members = std::exchange(group.members, {});
        free_.push_back(group.mark);
        for (auto& each : members) sql::settle(each, server_.machine());
        send_some();
    }

    void send_read(std::shared_ptr<Group> group) {
        if (!is_reachable()) {
            if (world().now() - group->begun < patience)
                return life_->after(between_tries, [this, group] { send_read(group); });
            group->members.front().verdict =
                std::make_exception_ptr(Unavailable("The database does not answer"));
            return life_->post([group] { sql::settle(group->members.front(), "database"); });
        }
        life_->after(delay(), [this, group] {
            if (!is_reachable()) return send_read(group);
            server_.read(group->members.front());
            life_->after(delay(), [this, group] {
                if (is_reachable()) return sql::settle(group->members.front(), server_.machine());
                send_read(group);
            });
        });
    }

    DatabaseServer& server_;
    const std::shared_ptr<Life> life_;
    const std::string machine_;
    runtime::Clock& clock_;
    bool closed_ = false;
    std::deque<Queued> waiting_;
    std::deque<DatabaseServer::Mark> free_;
};

}  // namespace

std::unique_ptr<sql::Database> connect(DatabaseServer& server, std::shared_ptr<Life> life,
                                       const std::string& machine, runtime::Clock& clock) {
    auto database = std::make_unique<SimulatedDatabase>(server, std::move(life), machine, clock);
    database->require_reachable();
    return database;
}

}  // namespace stagedoor::simulation
