// What answers of 2xx have promised, to be held against what there is in the end: a small model of the marketplace as its
// customers know it.
#pragma once

#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"

namespace stagedoor::simulation {

class Promises {
  public:
    void signed_up(const std::string& user) { users_.insert(user); }
    void confirmed(const std::string& user) { confirmed_.insert(user); }
    // Version 1 by POST, a later one by PUT.
    void listed(const std::string& ticket, std::int64_t version);
    void withdrawn(const std::string& ticket) { withdrawn_.insert(ticket); }
    void called_off(const std::string& ticket) { called_off_.insert(ticket); }
    // With the Idempotency-Key, if it had one.
    void ordered(const std::string& order, const std::string& key);
    void cancelled(const std::string& order) { cancelled_.insert(order); }
    void paid(const std::string& order, const std::string& payment);
    // By a page that names no payment.
    void thanked(const std::string& order) { thanked_.insert(order); }

    [[nodiscard]] std::size_t orders() const { return orders_.size(); }
    [[nodiscard]] std::size_t payments() const { return paid_.size() + thanked_.size(); }
    [[nodiscard]] std::size_t size() const {
        return users_.size() + confirmed_.size() + tickets_.size() + withdrawn_.size() + called_off_.size() +
               orders_.size() + cancelled_.size() + paid_.size() + thanked_.size();
    }
    // What was promised and is not so, once everything is settled. With what was answered twice and differently.
    [[nodiscard]] std::vector<std::string> broken(testing::Databases& databases) const;

  private:
    std::set<std::string> users_, confirmed_, withdrawn_, called_off_, cancelled_, orders_, thanked_;
    std::map<std::string, std::int64_t> tickets_;
    std::map<std::string, std::string> by_key_, paid_;
    std::vector<std::string> contradictions_;
};

}  // namespace stagedoor::simulation
