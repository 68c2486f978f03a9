#include "testing/model/expected_state.hpp"

namespace stagedoor::testing {

void ExpectedState::signed_up(const User& user) {
    std::lock_guard lock{mutex_};
    users_[user.id] = {user};
}

void ExpectedState::listed(const User& seller, const Response& response) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[response.at("id")];
    auto version = response.number("version");
    if (version < listed.version) return;
    listed.seller = seller;
    listed.version = version;
    listed.title = response.at("title");
    listed.price = response.at("price");
    listed.is_new = true;
}

void ExpectedState::withdrawn(const std::string& ticket) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[ticket];
    listed.withdrawn = listed.is_new = true;
}

void ExpectedState::listing_cancelled(const std::string& ticket) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[ticket];
    listed.cancelled = listed.is_new = true;
}

bool ExpectedState::Listed::allows(const std::string& status) const {
    if (cancelled) return status == "cancelled";
    return !withdrawn || status != "open";
}

void ExpectedState::ordered(const User& buyer, const Response& response, const std::string& key,
                            const std::string& request) {
    std::lock_guard lock{mutex_};
    auto& ordered = orders_[response.at("id")];
    auto was_cancelled = ordered.cancelled;
    ordered = {buyer, response.body, key, request, was_cancelled};
}

void ExpectedState::cancelled(const std::string& order) {
    std::lock_guard lock{mutex_};
    auto& ordered = orders_[order];
    ordered.cancelled = ordered.is_new = true;
}

void ExpectedState::paid(const User& buyer, const std::string& order, const Response& response,
                         const std::string& key, const std::string& request) {
    std::lock_guard lock{mutex_};
    payments_[response.at("id")] = {buyer, order, response.body, key, request};
}

std::size_t ExpectedState::size() const {
    std::lock_guard lock{mutex_};
    return tickets_.size() + orders_.size() + payments_.size() + users_.size();
}

std::vector<std::string> ExpectedState::missing_in(Databases& databases) const {
    std::lock_guard lock{mutex_};
    std::vector<std::string> missing;
    std::map<std::string, Row> rows;
    auto load = [&](const std::string& service, const std::string& statement) {
        rows.clear();
        for (auto& row : databases.query(service, statement)) rows[row.at(0).value_or("")] = row;
    };
    load("auth", "SELECT id, email FROM users");
    for (const auto& [id, each] : users_) {
        if (!rows.contains(id)) missing.push_back("user " + id + " signed up and is missing");
    }
    load("tickets", "SELECT id, version, title, status FROM tickets");
    for (const auto& [id, each] : tickets_) {
        auto row = rows.find(id);
        if (row == rows.end()) {
            missing.push_back("ticket " + id + " was listed and is missing");
            continue;
        }
        auto version = std::stoll(row->second[1].value());
        if (version < each.version)
            missing.push_back("ticket " + id + " is at version " + std::to_string(version) + ", below " +
                              std::to_string(each.version));
        if (version == each.version && row->second[2] != each.title)
            missing.push_back("ticket " + id + " has a different title");
        if (!each.allows(row->second[3].value()))
            missing.push_back("ticket " + id + " was withdrawn or cancelled but is " +
                              row->second[3].value());
    }
    load("orders", "SELECT id, status, user_id FROM orders");
    for (const auto& [id, each] : orders_) {
        auto row = rows.find(id);
        if (row == rows.end())
            missing.push_back("order " + id + " is missing");
        else if (each.cancelled && row->second[1] != "cancelled")
            missing.push_back("order " + id + " was cancelled but is " + row->second[1].value());
        else if (row->second[2] != each.buyer.id)
            missing.push_back("order " + id + " has a different buyer");
    }
    load("payments", "SELECT id, status, order_id FROM payments");
    for (const auto& [id, each] : payments_) {
        auto row = rows.find(id);
        if (row == rows.end())
            missing.push_back("payment " + id + " is missing");
        else if (row->second[1] != "succeeded" || row->second[2] != each.order)
            missing.push_back("payment " + id + " of order " + each.order + " succeeded but is " +
                              row->second[1].value() + ", of " + row->second[2].value());
    }
    return missing;
}

std::vector<std::string> ExpectedState::missing_at(const std::string& base_url, bool everything) {
    std::lock_guard lock{mutex_};
    std::vector<std::string> missing;
    check_users(base_url, everything, missing);
    check_tickets(base_url, everything, missing);
    check_orders(base_url, everything, missing);
    check_payments(base_url, everything, missing);
    return missing;
}

void ExpectedState::check_users(const std::string& base_url, bool everything,
                                std::vector<std::string>& missing) {
    for (auto& [id, each] : users_) {
        auto is_new = std::exchange(each.is_new, false);
        if (!is_new && !everything) continue;
        ++checks_;
        auto response = each.user.at(base_url).get("/api/users/currentuser");
        if (response.at("currentUser.id") != id)
            missing.push_back("user " + id + " is no longer signed in: " + response.body);
        if (!is_new) continue;  // checking a password is slow
        auto repeated = Client{base_url}.post(
            "/api/users/signin", R"({"email":)" + json_text(each.user.email) + R"(,"password":)" +
                                     json_text(each.user.password) + "}");
        if (repeated.status != 200 || repeated.at("id") != id)
            missing.push_back("user " + id + " can't sign in: " + repeated.body);
    }
}

void ExpectedState::check_tickets(const std::string& base_url, bool everything,
                                  std::vector<std::string>& missing) {
    for (auto& [id, each] : tickets_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++checks_;
        auto response = each.seller.at(base_url).get("/api/tickets/" + id);
        if (response.status != 200) {
            missing.push_back("ticket " + id + " was listed; now: " + response.body);
            continue;
        }
        auto version = response.number("version");
        auto same = response.at("title") == each.title && response.at("price") == each.price;
        if (version < each.version || (version == each.version && !same))
            missing.push_back("ticket " + id + " differs from the response: " + response.body);
        if (!each.allows(response.at("status")))
            missing.push_back("ticket " + id + " was withdrawn or cancelled; now: " + response.body);
    }
}

void ExpectedState::check_orders(const std::string& base_url, bool everything,
                                 std::vector<std::string>& missing) {
    for (auto& [id, each] : orders_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++checks_;
        auto buyer = each.buyer.at(base_url);
        auto response = buyer.get("/api/orders/" + id);
        if (response.status != 200)
            missing.push_back("order " + id + " was created; now: " + response.body);
        else if (each.cancelled && response.at("status") != "cancelled")
            missing.push_back("order " + id + " was cancelled; now: " + response.body);
        if (each.key.empty()) continue;
        auto repeated = buyer.with("Idempotency-Key", each.key).post("/api/orders", each.request);
        if (repeated.status != 201 || repeated.body != each.body) {
            missing.push_back("order " + id + " by key " + each.key + " was " + each.body +
                              "; repeated: " + repeated.body);
        }
    }
}

void ExpectedState::check_payments(const std::string& base_url, bool everything,
                                   std::vector<std::string>& missing) {
    for (auto& [id, each] : payments_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++checks_;
        auto buyer = each.buyer.at(base_url);
        auto payments = payments_of(buyer, each.order);
        if (payments.body.find(id) == std::string::npos)
            missing.push_back("payment " + id + " was created; now: " + payments.body);
        auto order = buyer.get("/api/orders/" + each.order);
        if (order.at("status") == "created")
            missing.push_back("payment " + id + " succeeded but its order is unpaid: " + order.body);
        if (each.key.empty()) continue;
        auto repeated = buyer.with("Idempotency-Key", each.key).post("/api/payments", each.request);
        if (repeated.status != 201 || repeated.body != each.body)
            missing.push_back("payment " + id + " by key " + each.key + " was " + each.body +
                              "; repeated: " + repeated.body);
    }
}

}  // namespace stagedoor::testing
