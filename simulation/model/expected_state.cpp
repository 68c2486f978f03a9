#include "simulation/model/expected_state.hpp"

#include <algorithm>

namespace stagedoor::simulation {
namespace {

// By the first column, the second.
std::map<std::string, std::string> rows(testing::Databases& databases, const std::string& service,
                                        const std::string& statement) {
    std::map<std::string, std::string> found;
    for (auto& row : databases.query(service, statement))
        found[row.at(0).value_or("")] = row.at(1).value_or("");
    return found;
}

}  // namespace

void Promises::listed(const std::string& ticket, std::int64_t version) {
    auto& known = tickets_[ticket];
    known = std::max(known, version);
}

void Promises::ordered(const std::string& order, const std::string& key) {
    orders_.insert(order);
    if (key.empty()) return;
    auto [known, is_new] = by_key_.emplace(key, order);
    if (!is_new && known->second != order)
        contradictions_.push_back("one key, two orders: " + known->second + " and " + order);
}

void Promises::paid(const std::string& order, const std::string& payment) {
    auto [known, is_new] = paid_.emplace(order, payment);
    if (!is_new && known->second != payment)
        contradictions_.push_back("one order, two payments: " + known->second + " and " + payment);
}

std::vector<std::string> Promises::broken(testing::Databases& databases) const {
    auto found = contradictions_;
    auto promise = [&found](bool kept, const std::string& what) {
        if (!kept) found.push_back("answered 2xx, and not so: " + what);
    };
    auto users = rows(databases, "auth", "SELECT id, email FROM users");
    for (const auto& user : users_) promise(users.contains(user), "the user " + user);
    auto addresses = rows(databases, "auth", "SELECT id, confirmed FROM users");
    for (const auto& user : confirmed_)
        promise(addresses[user] == "1", "the address of the user " + user + " is confirmed");
    auto versions = rows(databases, "tickets", "SELECT id, version FROM tickets");
    auto states = rows(databases, "tickets", "SELECT id, status FROM tickets");
    for (const auto& [ticket, version] : tickets_)
        promise(versions.contains(ticket) && std::stoll(versions[ticket]) >= version,
                "version " + std::to_string(version) + " of the listing " + ticket);
    for (const auto& ticket : withdrawn_)
        promise(states[ticket] != "open", "the listing " + ticket + " is withdrawn");
    for (const auto& ticket : called_off_)
        promise(states[ticket] == "cancelled", "the listing " + ticket + " is cancelled");
    auto orders = rows(databases, "orders", "SELECT id, status FROM orders");
    for (const auto& order : orders_) promise(orders.contains(order), "the order " + order);
    for (const auto& order : cancelled_)
        promise(orders[order] == "cancelled", "the order " + order + " is cancelled");
    auto paid = rows(databases, "payments", "SELECT id, status FROM payments");
    for (const auto& [order, payment] : paid_)
        promise(paid[payment] == "succeeded", "the payment " + payment + " of the order " + order);
    auto succeeded =
        rows(databases, "payments", "SELECT order_id, status FROM payments WHERE status = 'succeeded'");
    for (const auto& order : thanked_) promise(succeeded.contains(order), "the order " + order + " is paid");
    return found;
}

}  // namespace stagedoor::simulation
