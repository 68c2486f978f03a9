#include "simulation/model/expected_state.hpp"

#include <algorithm>

namespace stagedoor::simulation {
namespace {

// Maps the first column to the second.
std::map<std::string, std::string> rows(testing::Databases& databases, const std::string& service,
                                        const std::string& statement) {
    std::map<std::string, std::string> found;
    for (auto& row : databases.query(service, statement))
        found[row.at(0).value_or("")] = row.at(1).value_or("");
    return found;
}

}  // namespace

void ExpectedState::listed(const std::string& ticket, std::int64_t version) {
    auto& known = tickets_[ticket];
    known = std::max(known, version);
}

void ExpectedState::ordered(const std::string& order, const std::string& key) {
    orders_.insert(order);
    if (key.empty()) return;
    auto [known, is_new] = by_key_.emplace(key, order);
    if (!is_new && known->second != order)
        contradictions_.push_back("one key, two orders: " + known->second + " and " + order);
}

void ExpectedState::paid(const std::string& order, const std::string& payment) {
    auto [known, is_new] = paid_.emplace(order, payment);
    if (!is_new && known->second != payment)
        contradictions_.push_back("one order, two payments: " + known->second + " and " + payment);
}

std::vector<std::string> ExpectedState::contradictions(testing::Databases& databases) const {
    auto found = contradictions_;
    auto expect = [&found](bool holds, const std::string& what) {
        if (!holds) found.push_back("confirmed by a 2xx but not true: " + what);
    };
    auto users = rows(databases, "auth", "SELECT id, email FROM users");
    for (const auto& user : users_) expect(users.contains(user), "the user " + user);
    auto confirmed = rows(databases, "auth", "SELECT id, confirmed FROM users");
    for (const auto& user : confirmed_emails_)
        expect(confirmed[user] == "1", "the email address of the user " + user + " is confirmed");
    auto versions = rows(databases, "tickets", "SELECT id, version FROM tickets");
    auto statuses = rows(databases, "tickets", "SELECT id, status FROM tickets");
    for (const auto& [ticket, version] : tickets_)
        expect(versions.contains(ticket) && std::stoll(versions[ticket]) >= version,
               "version " + std::to_string(version) + " of the listing " + ticket);
    for (const auto& ticket : withdrawn_)
        expect(statuses[ticket] != "open", "the listing " + ticket + " is withdrawn");
    for (const auto& ticket : cancelled_listings_)
        expect(statuses[ticket] == "cancelled", "the listing " + ticket + " is cancelled");
    auto orders = rows(databases, "orders", "SELECT id, status FROM orders");
    for (const auto& order : orders_) expect(orders.contains(order), "the order " + order);
    auto totals = rows(databases, "orders", "SELECT id, total_minor FROM orders");
    for (const auto& [order, max_cents] : max_cents_)
        expect(totals.contains(order) && std::stoll(totals[order]) <= max_cents,
               "the order " + order + " costs no more than " + std::to_string(max_cents) + " cents");
    for (const auto& order : cancelled_orders_)
        expect(orders[order] == "cancelled", "the order " + order + " is cancelled");
    auto returned = rows(databases, "orders",
                         "SELECT order_id || ' ' || ticket_id, cancelled_at FROM order_items "
                         "WHERE cancelled_at IS NOT NULL");
    for (const auto& [order, ticket] : returned_)
        expect(returned.contains(order + " " + ticket),
               "the tickets " + ticket + " of the order " + order + " are returned");
    auto payments = rows(databases, "payments", "SELECT id, status FROM payments");
    for (const auto& [order, payment] : paid_)
        expect(payments[payment] == "succeeded", "the payment " + payment + " of the order " + order);
    auto succeeded =
        rows(databases, "payments", "SELECT order_id, status FROM payments WHERE status = 'succeeded'");
    for (const auto& order : paid_by_form_)
        expect(succeeded.contains(order), "the order " + order + " is paid");
    return found;
}

}  // namespace stagedoor::simulation
