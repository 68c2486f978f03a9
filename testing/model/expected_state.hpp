// What answers of 2xx have promised, to be held against what there is later (invariant 7).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"
#include "testing/model/customers.hpp"

namespace stagedoor::testing {

// Any thread may add to it.
class Answers {
  public:
    void signed_up(const User& user);
    // A listing as it was answered, to its seller: by POST (version 1) or PUT.
    void listed(const User& seller, const Reply& reply);
    void withdrawn(const std::string& ticket);
    void called_off(const std::string& ticket);
    // An order as it was answered; with the request, when it had an Idempotency-Key.
    void ordered(const User& buyer, const Reply& reply, const std::string& key = {},
                 const std::string& request = {});
    void cancelled(const std::string& order);
    // A payment that was answered 201; with the request, when it had an Idempotency-Key.
    void paid(const User& buyer, const std::string& order, const Reply& reply, const std::string& key = {},
              const std::string& request = {});

    [[nodiscard]] std::size_t size() const;

    // What is missing or different, by the databases: quick, all of it.
    [[nodiscard]] std::vector<std::string> missing_in(Databases& databases) const;
    // The same as a client sees it, for what was added since the last call (or for everything); repeats the
    // requests that had a key and compares the answers. Counts what was looked at.
    [[nodiscard]] std::vector<std::string> missing_at(const std::string& base_url, bool everything);
    [[nodiscard]] std::size_t looked_at() const { return looked_at_; }

  private:
    struct Listed {
        User seller;
        std::int64_t version = 0;
        std::string title, price;
        bool withdrawn = false, called_off = false;
        bool is_new = true;

        // Whether `status` may be shown of it.
        [[nodiscard]] bool allows(const std::string& status) const;
    };
    struct Ordered {
        User buyer;
        std::string body;
        std::string key, request;
        bool cancelled = false;
        bool is_new = true;
    };
    struct Paid {
        User buyer;
        std::string order;
        std::string body;
        std::string key, request;
        bool is_new = true;
    };
    struct SignedUp {
        User user;
        bool is_new = true;
    };

    void look_at_tickets(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void look_at_orders(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void look_at_payments(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void look_at_users(const std::string& base_url, bool everything, std::vector<std::string>& missing);

    mutable std::mutex mutex_;
    std::map<std::string, Listed> tickets_;
    std::map<std::string, Ordered> orders_;
    std::map<std::string, Paid> payments_;
    std::map<std::string, SignedUp> users_;
    std::size_t looked_at_ = 0;
};

}  // namespace stagedoor::testing
