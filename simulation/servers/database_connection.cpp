#include "simulation/servers/database_connection.hpp"

#include <fmt/format.h>

#include <deque>

#include "common/errors.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using sql::PendingTransaction;
using WriteResult = DatabaseServer::WriteResult;

constexpr int connections = 4;
constexpr std::size_t max_queued = 4096, max_group = 64;
constexpr auto timeout = 4s;
constexpr auto retry_interval = 100ms;

struct Queued {
    PendingTransaction transaction;
    bool relaxed_durability = false;
    bool alone = false;  // after an error in its group
};

// Transactions sent to the server together.
struct Group {
    std::vector<PendingTransaction> members;
    DatabaseServer::CommitMarker marker;
    bool relaxed_durability = false;
    Duration started{};
    std::shared_ptr<Process> server;  // it was sent to this one; null when the outcome is unknown
};

// Its tasks and scheduled actions refer to it, so its owner destroys it only after its process has ended.
class DatabaseConnection final : public sql::Database {
  public:
    DatabaseConnection(DatabaseServer& server, std::shared_ptr<Process> process, std::string machine,
                       runtime::Clock& clock)
        : server_(server), process_(std::move(process)), machine_(std::move(machine)), clock_(clock) {
        auto first = server_.world().new_seed();
        for (int i = 0; i < connections; ++i) idle_.push_back({fmt::format("{:x}-{}", first, i), 0});
    }

    void migrate(const std::vector<sql::Migration>& migrations) override {
        require_reachable();
        server_.migrate(migrations);
    }

    Task<> check() override {
        co_await run_read(
            [](sql::Tx& tx) { (void)tx.query<std::int64_t>("SELECT count(*) FROM sqlite_schema"); }, {});
    }

    void close() override { closed_ = true; }

    void require_reachable() const {
        if (!is_reachable()) throw sql::DatabaseError(server_.machine() + " can't be reached");
    }

  protected:
    Task<> run_write(Work work, sql::WriteOptions options) override {
        return sql::enqueue_and_wait(
            {std::move(work), std::move(options.traceparent), clock_.now(), {}},
            [this, relaxed_durability = options.relaxed_durability](PendingTransaction& transaction) {
                return enqueue(transaction, relaxed_durability);
            });
    }

    Task<> run_read(Work work, sql::ReadOptions /*options*/) override {
        return sql::enqueue_and_wait({std::move(work), {}, clock_.now(), {}},
                                     [this](PendingTransaction& transaction) {
                                         if (closed_) return sql::rejection_of(sql::PushResult::closed);
                                         auto group = std::make_shared<Group>();
                                         group->members.push_back(std::move(transaction));
                                         group->started = world().now();
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

    std::exception_ptr enqueue(PendingTransaction& transaction, bool relaxed_durability) {
        if (closed_) return sql::rejection_of(sql::PushResult::closed);
        if (queue_.size() >= max_queued) return sql::rejection_of(sql::PushResult::full);
        queue_.push_back({std::move(transaction), relaxed_durability, false});
        send_groups();
        return nullptr;
    }

    void send_groups() {
        while (!idle_.empty() && !queue_.empty()) {
            auto group = std::make_shared<Group>();
            group->marker = idle_.front();
            idle_.pop_front();
            auto& first = queue_.front();
            group->relaxed_durability = first.relaxed_durability;
            auto limit = first.alone ? 1 : max_group;
            while (!queue_.empty() && group->members.size() < limit &&
                   queue_.front().relaxed_durability == group->relaxed_durability) {
                group->members.push_back(std::move(queue_.front().transaction));
                queue_.pop_front();
            }
            ++group->marker.number;
            group->started = world().now();
            send(std::move(group));
        }
    }

    void send(const std::shared_ptr<Group>& group) {
        if (!is_reachable()) return retry(group, [this, group] { send(group); });
        group->server = server_.process();
        group->server->after(delay(), [this, group, number = group->marker.number] {
            if (group->marker.number != number) return;  // it was abandoned
            auto turn = server_.take_turn(group->members.size());
            if (turn == Duration{}) return arrive(group);
            group->server->after(turn, [this, group, number] {
                if (group->marker.number == number) arrive(group);
            });
        });
        watch(group);
    }

    // On the server. A process that has died meanwhile would not have reached its COMMIT.
    void arrive(const std::shared_ptr<Group>& group) {
        if (!process_->is_alive()) return;
        auto server = server_.process();
        if (!is_reachable()) return group->server.reset();
        auto result = server_.write(group->members, group->marker, group->relaxed_durability);
        if (result == WriteResult::unknown || world().chance(server_.lost_responses))
            return group->server.reset();
        if (auto hook = std::exchange(server_.after_next_commit, nullptr)) hook(machine_);
        // The receiver may be gone when the response arrives.
        server->after(world().between(50us, 1500us) + delay(), [this, group, result] {
            if (!is_reachable()) return group->server.reset();
            process_->post([this, group, result] {
                if (result == WriteResult::committed) return complete(*group);
                retry_individually(*group);
            });
        });
    }

    void retry_individually(Group& group) {
        auto members = std::exchange(group.members, {});
        if (members.empty()) return;
        idle_.push_back(group.marker);
        for (auto each = members.rbegin(); each != members.rend(); ++each)
            queue_.push_front({std::move(*each), group.relaxed_durability, true});
        send_groups();
    }

    // A client learns only by its own timeout that a machine is down or unreachable.
    void watch(const std::shared_ptr<Group>& group) {
        process_->after(1s, [this, group, number = group->marker.number] {
            if (group->members.empty() || group->marker.number != number) return;
            if (is_reachable() && group->server == server_.process()) return watch(group);
            resolve_unknown(group);
        });
    }

    // Looks for the commit marker of a COMMIT without a response; runs the group again only if it was not
    // committed.
    void resolve_unknown(const std::shared_ptr<Group>& group) {
        if (!is_reachable()) return retry(group, [this, group] { resolve_unknown(group); });
        process_->after(2 * delay(), [this, group] {
            if (group->members.empty()) return;
            if (!is_reachable()) return resolve_unknown(group);
            bool done = false;
            try {
                done = server_.was_committed(group->marker);
            } catch (const sql::DatabaseError&) {  // disk read error
                return resolve_unknown(group);
            }
            world().note(machine_, done ? "resolves an unknown commit: committed"
                                        : "resolves an unknown commit: not committed");
            if (done) return complete(*group);
            ++group->marker.number;  // invalidates the old attempt, which may still be in flight
            send(group);
        });
    }

    void retry(const std::shared_ptr<Group>& group, Action action) {
        if (world().now() - group->started < timeout)
            return process_->after(retry_interval, std::move(action));
        for (auto& each : group->members)
            each.error = std::make_exception_ptr(Unavailable("The database is not responding"_text));
        ++group->marker.number;  // invalidates an attempt still in flight
        complete(*group);
    }

    void complete(Group& group) {
        if (group.members.empty()) return;
        auto members = std::exchange(group.members, {});
        idle_.push_back(group.marker);
        for (auto& each : members) sql::complete(each, server_.machine());
        send_groups();
    }

    void send_read(std::shared_ptr<Group> group) {
        if (!is_reachable()) {
            if (world().now() - group->started < timeout)
                return process_->after(retry_interval, [this, group] { send_read(group); });
            group->members.front().error =
                std::make_exception_ptr(Unavailable("The database is not responding"_text));
            return process_->post([group] { sql::complete(group->members.front(), "database"); });
        }
        process_->after(delay(), [this, group] {
            if (!is_reachable()) return send_read(group);
            server_.read(group->members.front());
            process_->after(delay(), [this, group] {
                if (is_reachable()) return sql::complete(group->members.front(), server_.machine());
                send_read(group);
            });
        });
    }

    DatabaseServer& server_;
    const std::shared_ptr<Process> process_;
    const std::string machine_;
    runtime::Clock& clock_;
    bool closed_ = false;
    std::deque<Queued> queue_;
    std::deque<DatabaseServer::CommitMarker> idle_;
};

}  // namespace

std::unique_ptr<sql::Database> connect(DatabaseServer& server, std::shared_ptr<Process> process,
                                       const std::string& machine, runtime::Clock& clock) {
    auto database = std::make_unique<DatabaseConnection>(server, std::move(process), machine, clock);
    database->require_reachable();
    return database;
}

}  // namespace stagedoor::simulation
