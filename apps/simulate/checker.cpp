#include "apps/simulate/checker.hpp"

#include "tests/driving/comparing.hpp"
#include "tests/driving/invariants.hpp"

namespace stagedoor::simulate {
namespace {

// Beside the services, at one moment of the world: what several databases say belongs together.
class DatabasesBeside final : public driving::Databases {
  public:
    DatabasesBeside(Marketplace& marketplace, std::int64_t& asked)
        : marketplace_(marketplace), asked_(asked) {}

    std::vector<driving::Row> query(const std::string& name, const std::string& statement) override {
        ++asked_;
        auto& server = marketplace_.database(name);
        auto& reader = readers_[name];
        if (!reader.second || reader.first != server.life()) {
            reader.second.reset();
            reader = {server.life(), std::make_unique<BesideReader>(server.path())};
        }
        return reader.second->query(statement);
    }

  private:
    Marketplace& marketplace_;
    std::int64_t& asked_;
    std::map<std::string, std::pair<std::shared_ptr<Life>, std::unique_ptr<BesideReader>>> readers_;
};

}  // namespace

Checker::Checker(Marketplace& marketplace)
    : marketplace_(marketplace), databases_(std::make_unique<DatabasesBeside>(marketplace, checks_)) {
    look_after_commits(
        "orders", {"SELECT id, capacity, held, sold FROM tickets WHERE held + sold > capacity OR held < 0 "
                   "OR sold < 0"});
    look_after_commits("test-provider",
                       {"SELECT order_id, count(*) FROM charges WHERE declined IS NULL AND refunded_minor < "
                        "amount_minor GROUP BY order_id HAVING count(*) > 1"});
}

void Checker::look_after_commits(const std::string& service, std::vector<std::string> statements) {
    marketplace_.database(service).committed = [this, service, statements](DatabaseServer&) {
        // While tables are being made there is nothing to look at.
        if (!marketplace_.copies("orders").front()->is_running()) return;
        for (const auto& statement : statements)
            driving::none(*databases_, found_at_commits_, "after a commit", service, statement);
    };
}

bool Checker::are_all_up() const {
    for (const auto& [name, server] : marketplace_.databases()) {
        if (!server->is_up()) return false;
    }
    return true;
}

std::vector<std::string> Checker::broken_now() {
    if (!are_all_up()) return {};
    return driving::broken_now(*databases_);
}

std::vector<std::string> Checker::unsettled() {
    if (!are_all_up()) return {"a database is down"};
    auto found = driving::not_yet_equal(*databases_, marketplace_.world.time().milliseconds);
    for (const auto* service : {"auth", "tickets", "orders", "expiration", "payments"})
        driving::none(*databases_, found, "not published", service,
                      "SELECT type, entity_id, version FROM outbox WHERE generation IS NULL");
    return found;
}

std::vector<std::string> Checker::not_kept(const Promises& promises) { return promises.broken(*databases_); }

}  // namespace stagedoor::simulate
