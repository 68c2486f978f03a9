#include "simulation/model/state_checker.hpp"

#include <algorithm>
#include <array>
#include <set>

#include "common/json/value.hpp"
#include "services/service_names.hpp"
#include "simulation/model/ids.hpp"
#include "testing/model/invariants.hpp"
#include "testing/model/row_checks.hpp"

namespace stagedoor::simulation {
namespace {

// An unreadable database counts as a violation.
template <class Check>
std::vector<std::string> or_error(Check check) {
    try {
        return check();
    } catch (const std::runtime_error& error) {
        return {error.what()};
    }
}

std::string id_in(const std::string& hint) {
    auto value = json::parse(hint);
    const auto* id = value ? (*value)["id"].string() : nullptr;
    return id ? *id : "";
}

}  // namespace

StateChecker::StateChecker(Marketplace& marketplace)
    : marketplace_(marketplace), databases_(std::make_unique<DirectDatabases>(marketplace)) {
    check_after_commits(
        "orders",
        "SELECT id, capacity, held, sold FROM tickets WHERE held + sold > capacity OR held < 0 OR sold < 0");
    check_after_commits("test-provider",
                        "SELECT order_id, count(*) FROM charges WHERE declined IS NULL AND refunded_minor < "
                        "amount_minor GROUP BY order_id HAVING count(*) > 1");
    marketplace_.nats.observe_messages([this](const std::string& subject, const std::string& data) {
        if (subject == "hint.payments.outcomes") check_outcome_hint(data);
    });
}

// A replica that receives the hint responds to the buyer, so the outcome must already be durable.
void StateChecker::check_outcome_hint(const std::string& hint) {
    if (!marketplace_.database("payments").is_up()) return;
    auto payment = id_in(hint);
    auto found = or_error([&] {
        std::vector<std::string> lines;
        testing::check_none(*databases_, lines, "an outcome hint before its commit", "payments",
                            "SELECT id, status FROM payments WHERE status IN ('started', 'charging') AND "
                            "id = '" +
                                payment + "'");
        return lines;
    });
    std::ranges::move(found, std::back_inserter(violations_at_commits_));
}

void StateChecker::check_after_commits(const std::string& service, const std::string& statement) {
    marketplace_.database(service).on_commit([this, service, statement] {
        // Before orders has started, the tables may not exist yet.
        if (!marketplace_.replicas_of("orders").front()->is_running()) return;
        auto found = or_error([&] {
            std::vector<std::string> lines;
            testing::check_none(*databases_, lines, "after a commit", service, statement);
            return lines;
        });
        std::ranges::move(found, std::back_inserter(violations_at_commits_));
    });
}

bool StateChecker::are_all_up() const {
    for (const auto& [name, server] : marketplace_.databases()) {
        if (!server->is_up()) return false;
    }
    return true;
}

// A listing's picture can be shown.
void StateChecker::check_pictures(std::vector<std::string>& found) {
    if (!marketplace_.site.has_pictures) return;
    testing::check_none(*databases_, found, "a listing with a picture that is not stored", "tickets",
                        "SELECT id, picture FROM tickets WHERE picture IS NOT NULL AND NOT EXISTS"
                        " (SELECT 1 FROM pictures WHERE pictures.id = tickets.picture AND state = 'stored')");
    for (const auto& row :
         databases_->query("tickets", "SELECT picture FROM tickets WHERE picture IS NOT NULL")) {
        if (auto id = testing::text(row); !marketplace_.pictures.has_all(id))
            found.push_back("a listing's picture without its files: " + id);
    }
}

// Those that are on no listing are gone.
void StateChecker::check_unused_pictures(std::vector<std::string>& found) {
    if (!marketplace_.site.has_pictures) return;
    testing::check_none(*databases_, found, "an unused picture", "tickets",
                        "SELECT id, state FROM pictures WHERE NOT EXISTS"
                        " (SELECT 1 FROM tickets WHERE tickets.picture = pictures.id)");
    std::set<std::string> known{"tried"};  // by tickets when it starts
    for (const auto& row : databases_->query("tickets", "SELECT id FROM pictures"))
        known.insert(testing::text(row));
    for (const auto& id : marketplace_.pictures.ids()) {
        if (!known.contains(id)) found.push_back("files of no picture: " + id);
    }
}

std::vector<std::string> StateChecker::violations() {
    if (!are_all_up()) return {};
    return or_error([this] {
        auto found = testing::broken_invariants(*databases_);
        check_pictures(found);
        return found;
    });
}

std::vector<std::string> StateChecker::unsettled() {
    if (!are_all_up()) return {"a database is down"};
    return or_error([this] {
        auto found = testing::not_yet_converged(*databases_, marketplace_.world.time().milliseconds);
        for (const auto& service : service_names()) {
            testing::check_none(*databases_, found, "not published", service,
                                "SELECT type, entity_id, version FROM outbox WHERE generation IS NULL");
            testing::check_none(*databases_, found, "a segment that is not published", service,
                                "SELECT name FROM outbox_segments WHERE generation <> (SELECT generation"
                                " FROM outbox_stream)");
        }
        check_unused_pictures(found);
        return found;
    });
}

std::vector<std::string> StateChecker::steps_in_progress() {
    struct Step {
        const char *name, *service, *statement;
    };
    constexpr std::array steps{
        Step{"tickets held", "orders", "SELECT 1 FROM orders WHERE status = 'created' LIMIT 1"},
        Step{"payment started", "payments", "SELECT 1 FROM payments WHERE status = 'started' LIMIT 1"},
        Step{"order awaiting", "orders", "SELECT 1 FROM orders WHERE status = 'awaiting:payment' LIMIT 1"},
        Step{"charging", "payments", "SELECT 1 FROM payments WHERE status = 'charging' LIMIT 1"},
        Step{"refund pending", "payments", "SELECT 1 FROM refunds WHERE status <> 'done' LIMIT 1"},
        Step{"listing cancelled", "orders", "SELECT 1 FROM called_off LIMIT 1"},
        Step{"event unpublished", "orders", "SELECT 1 FROM outbox WHERE generation IS NULL LIMIT 1"},
        Step{"event parked", "orders", "SELECT 1 FROM parked LIMIT 1"},
        Step{"email queued", "notifications", "SELECT 1 FROM mails WHERE status = 'queued' LIMIT 1"},
    };
    std::vector<std::string> found;
    for (const auto& [name, service, statement] : steps) {
        if (!marketplace_.database(service).is_up()) continue;
        auto rows = or_error([&] {
            std::vector<std::string> lines;
            testing::check_none(*databases_, lines, name, service, statement);
            return lines;
        });
        if (!rows.empty()) found.emplace_back(name);
    }
    return found;
}

std::vector<std::string> StateChecker::rows_about(const std::vector<std::string>& lines) {
    struct Table {
        const char *service, *name, *column;
    };
    constexpr std::array tables{
        Table{"tickets", "tickets", "id"},          Table{"tickets", "outbox", "entity_id"},
        Table{"admissions", "passes", "order_id"},  Table{"admissions", "passes", "ticket_id"},
        Table{"admissions", "scans", "ticket_id"},  Table{"admissions", "shards", "owner"},
        Table{"orders", "tickets", "id"},           Table{"orders", "orders", "id"},
        Table{"orders", "order_items", "order_id"}, Table{"orders", "outbox", "entity_id"},
        Table{"expiration", "timers", "order_id"},  Table{"payments", "orders", "id"},
        Table{"payments", "payments", "order_id"},  Table{"payments", "payments", "id"},
        Table{"payments", "refunds", "payment_id"}, Table{"payments", "ledger", "payment_id"},
        Table{"payments", "outbox", "entity_id"},   Table{"test-provider", "charges", "order_id"},
        Table{"test-provider", "charges", "id"},
    };
    std::vector<std::string> rows;
    for (const auto& id : ids_in(lines)) {
        for (const auto& [service, table, column] : tables) {
            auto statement = fmt::format("SELECT * FROM {} WHERE {} = '{}'", table, column, id);
            auto found = or_error([&] {
                std::vector<std::string> all;
                for (const auto& row : databases_->query(service, statement))
                    all.push_back(fmt::format("{}.{}: {}", service, table, testing::text(row)));
                return all;
            });
            std::ranges::move(found, std::back_inserter(rows));
        }
    }
    return rows;
}

std::vector<std::string> StateChecker::contradictions(const ExpectedState& expected,
                                                      const AdmissionLog& admissions) {
    return or_error([&] {
        auto found = expected.contradictions(*databases_);
        std::ranges::move(admissions.contradictions(*databases_), std::back_inserter(found));
        return found;
    });
}

}  // namespace stagedoor::simulation
