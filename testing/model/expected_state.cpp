#include "testing/model/expected_state.hpp"

namespace stagedoor::testing {

void Answers::signed_up(const User& user) {
    std::lock_guard lock{mutex_};
    users_[user.id] = {user};
}

void Answers::listed(const User& seller, const Reply& reply) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[reply.at("id")];
    auto version = reply.number("version");
    if (version < listed.version) return;
    listed.seller = seller;
    listed.version = version;
    listed.title = reply.at("title");
    listed.price = reply.at("price");
    listed.is_new = true;
}

void Answers::withdrawn(const std::string& ticket) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[ticket];
    listed.withdrawn = listed.is_new = true;
}

void Answers::called_off(const std::string& ticket) {
    std::lock_guard lock{mutex_};
    auto& listed = tickets_[ticket];
    listed.called_off = listed.is_new = true;
}

bool Answers::Listed::allows(const std::string& status) const {
    if (called_off) return status == "cancelled";
    return !withdrawn || status != "open";
}

void Answers::ordered(const User& buyer, const Reply& reply, const std::string& key,
                      const std::string& request) {
    std::lock_guard lock{mutex_};
    auto& ordered = orders_[reply.at("id")];
    auto was_cancelled = ordered.cancelled;
    ordered = {buyer, reply.body, key, request, was_cancelled};
}

void Answers::cancelled(const std::string& order) {
    std::lock_guard lock{mutex_};
    auto& ordered = orders_[order];
    ordered.cancelled = ordered.is_new = true;
}

void Answers::paid(const User& buyer, const std::string& order, const Reply& reply, const std::string& key,
                   const std::string& request) {
    std::lock_guard lock{mutex_};
    payments_[reply.at("id")] = {buyer, order, reply.body, key, request};
}

std::size_t Answers::size() const {
    std::lock_guard lock{mutex_};
    return tickets_.size() + orders_.size() + payments_.size() + users_.size();
}

std::vector<std::string> Answers::missing_in(Databases& databases) const {
    std::lock_guard lock{mutex_};
    std::vector<std::string> missing;
    std::map<std::string, Row> rows;
    auto load = [&](const std::string& service, const std::string& statement) {
        rows.clear();
        for (auto& row : databases.query(service, statement)) rows[row.at(0).value_or("")] = row;
    };
    load("auth", "SELECT id, email FROM users");
    for (const auto& [id, each] : users_) {
        if (!rows.contains(id)) missing.push_back("user " + id + " signed up and is gone");
    }
    load("tickets", "SELECT id, version, title, status FROM tickets");
    for (const auto& [id, each] : tickets_) {
        auto row = rows.find(id);
        if (row == rows.end()) {
            missing.push_back("ticket " + id + " was listed and is gone");
            continue;
        }
        auto version = std::stoll(row->second[1].value());
        if (version < each.version)
            missing.push_back("ticket " + id + " is at version " + std::to_string(version) + " after " +
                              std::to_string(each.version) + " was answered");
        if (version == each.version && row->second[2] != each.title)
            missing.push_back("ticket " + id + " has another title than was answered");
        if (!each.allows(row->second[3].value()))
            missing.push_back("ticket " + id + " was taken off sale and is " + row->second[3].value());
    }
    load("orders", "SELECT id, status, user_id FROM orders");
    for (const auto& [id, each] : orders_) {
        auto row = rows.find(id);
        if (row == rows.end())
            missing.push_back("order " + id + " was answered and is gone");
        else if (each.cancelled && row->second[1] != "cancelled")
            missing.push_back("order " + id + " was cancelled and is " + row->second[1].value());
        else if (row->second[2] != each.buyer.id)
            missing.push_back("order " + id + " has another buyer");
    }
    load("payments", "SELECT id, status, order_id FROM payments");
    for (const auto& [id, each] : payments_) {
        auto row = rows.find(id);
        if (row == rows.end())
            missing.push_back("payment " + id + " was answered and is gone");
        else if (row->second[1] != "succeeded" || row->second[2] != each.order)
            missing.push_back("payment " + id + " of order " + each.order + " was answered 201 and is " +
                              row->second[1].value() + ", of " + row->second[2].value());
    }
    return missing;
}

std::vector<std::string> Answers::missing_at(const std::string& base_url, bool everything) {
    std::lock_guard lock{mutex_};
    std::vector<std::string> missing;
    look_at_users(base_url, everything, missing);
    look_at_tickets(base_url, everything, missing);
    look_at_orders(base_url, everything, missing);
    look_at_payments(base_url, everything, missing);
    return missing;
}

void Answers::look_at_users(const std::string& base_url, bool everything, std::vector<std::string>& missing) {
    for (auto& [id, each] : users_) {
        auto is_new = std::exchange(each.is_new, false);
        if (!is_new && !everything) continue;
        ++looked_at_;
        auto reply = each.user.at(base_url).get("/api/users/currentuser");
        if (reply.at("currentUser.id") != id)
            missing.push_back("user " + id + " is no longer signed in: " + reply.body);
        if (!is_new) continue;  // a password takes long to check
        auto again = Visitor{base_url}.post("/api/users/signin", R"({"email":)" + json_text(each.user.email) +
                                                                     R"(,"password":)" +
                                                                     json_text(each.user.password) + "}");
        if (again.status != 200 || again.at("id") != id)
            missing.push_back("user " + id + " can't sign in: " + again.body);
    }
}

void Answers::look_at_tickets(const std::string& base_url, bool everything,
                              std::vector<std::string>& missing) {
    for (auto& [id, each] : tickets_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++looked_at_;
        auto reply = each.seller.at(base_url).get("/api/tickets/" + id);
        if (reply.status != 200) {
            missing.push_back("ticket " + id + " was listed; now: " + reply.body);
            continue;
        }
        auto version = reply.number("version");
        auto same = reply.at("title") == each.title && reply.at("price") == each.price;
        if (version < each.version || (version == each.version && !same))
            missing.push_back("ticket " + id + " is not as it was answered: " + reply.body);
        if (!each.allows(reply.at("status")))
            missing.push_back("ticket " + id + " was taken off sale; now: " + reply.body);
    }
}

void Answers::look_at_orders(const std::string& base_url, bool everything,
                             std::vector<std::string>& missing) {
    for (auto& [id, each] : orders_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++looked_at_;
        auto buyer = each.buyer.at(base_url);
        auto reply = buyer.get("/api/orders/" + id);
        if (reply.status != 200)
            missing.push_back("order " + id + " was answered; now: " + reply.body);
        else if (each.cancelled && reply.at("status") != "cancelled")
            missing.push_back("order " + id + " was cancelled; now: " + reply.body);
        if (each.key.empty()) continue;
        auto again = buyer.with("Idempotency-Key", each.key).post("/api/orders", each.request);
        if (again.status != 201 || again.body != each.body) {
            missing.push_back("order " + id + " by key " + each.key + " was " + each.body +
                              "; repeated: " + again.body);
        }
    }
}

void Answers::look_at_payments(const std::string& base_url, bool everything,
                               std::vector<std::string>& missing) {
    for (auto& [id, each] : payments_) {
        if (!std::exchange(each.is_new, false) && !everything) continue;
        ++looked_at_;
        auto buyer = each.buyer.at(base_url);
        auto shown = payments_of(buyer, each.order);
        if (shown.body.find(id) == std::string::npos)
            missing.push_back("payment " + id + " was answered; now: " + shown.body);
        auto order = buyer.get("/api/orders/" + each.order);
        if (order.at("status") == "created")
            missing.push_back("payment " + id + " was answered and its order is unpaid: " + order.body);
        if (each.key.empty()) continue;
        auto again = buyer.with("Idempotency-Key", each.key).post("/api/payments", each.request);
        if (again.status != 201 || again.body != each.body)
            missing.push_back("payment " + id + " by key " + each.key + " was " + each.body +
                              "; repeated: " + again.body);
    }
}

}  // namespace stagedoor::testing
