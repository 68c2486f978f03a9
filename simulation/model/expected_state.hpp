// A model of the marketplace as its customers know it: what 2xx responses have confirmed and must hold at the
// end of a run.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::simulation {

class ExpectedState {
  public:
    void signed_up(const std::string& user) { users_.insert(user); }
    void email_confirmed(const std::string& user) { confirmed_emails_.insert(user); }
    // Version 1 after a POST, a later one after a PUT.
    void listed(const std::string& ticket, std::int64_t version);
    void withdrawn(const std::string& ticket) { withdrawn_.insert(ticket); }
    void listing_cancelled(const std::string& ticket) { cancelled_listings_.insert(ticket); }
    // `key`: the request's Idempotency-Key; empty if it had none.
    void ordered(const std::string& order, const std::string& key);
    // The buyer confirmed these prices.
    void costs_at_most(const std::string& order, std::int64_t cents) { max_cents_[order] = cents; }
    void order_cancelled(const std::string& order) { cancelled_orders_.insert(order); }
    void returned(const std::string& order, const std::string& ticket) { returned_.emplace(order, ticket); }
    void paid(const std::string& order, const std::string& payment);
    // A form's response does not name the payment.
    void paid_by_form(const std::string& order) { paid_by_form_.insert(order); }

    [[nodiscard]] std::size_t orders() const { return orders_.size(); }
    [[nodiscard]] std::size_t payments() const { return paid_.size() + paid_by_form_.size(); }
    // All confirmed writes.
    [[nodiscard]] std::size_t size() const {
        return users_.size() + confirmed_emails_.size() + tickets_.size() + withdrawn_.size() +
               cancelled_listings_.size() + orders_.size() + cancelled_orders_.size() + returned_.size() +
               paid_.size() + paid_by_form_.size();
    }
    // What the databases of a settled marketplace contradict, and responses that contradict each other.
    [[nodiscard]] std::vector<std::string> contradictions(testing::Databases& databases) const;

  private:
    std::set<std::string> users_, confirmed_emails_, withdrawn_, cancelled_listings_, orders_,
        cancelled_orders_, paid_by_form_;
    std::set<std::pair<std::string, std::string>> returned_;  // order, ticket
    std::map<std::string, std::int64_t> tickets_, max_cents_;
    std::map<std::string, std::string> by_key_, paid_;
    std::vector<std::string> contradictions_;
};

}  // namespace stagedoor::simulation
