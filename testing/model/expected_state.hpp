// What 2xx responses have confirmed to clients and must hold from then on (invariant 7).
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "testing/databases/databases.hpp"
#include "testing/model/customers.hpp"

namespace stagedoor::testing {

// Thread-safe.
class ExpectedState {
  public:
    void signed_up(const User& user);
    // A listing, by the response to its seller's POST (version 1) or PUT.
    void listed(const User& seller, const Response& response);
    void withdrawn(const std::string& ticket);
    void listing_cancelled(const std::string& ticket);
    // An order, by its response; with the request if that had an Idempotency-Key.
    void ordered(const User& buyer, const Response& response, const std::string& key = {},
                 const std::string& request = {});
    void cancelled(const std::string& order);
    // A payment, by its 201; with the request if that had an Idempotency-Key.
    void paid(const User& buyer, const std::string& order, const Response& response,
              const std::string& key = {}, const std::string& request = {});

    [[nodiscard]] std::size_t size() const;

    // What is missing or different in the databases: a quick check of everything.
    [[nodiscard]] std::vector<std::string> missing_in(Databases& databases) const;
    // The same through the API, of everything or only of what was added since the last call. Also repeats the
    // requests that had a key and compares the responses.
    [[nodiscard]] std::vector<std::string> missing_at(const std::string& base_url, bool everything);
    // How many checks missing_at() has made.
    [[nodiscard]] std::size_t checks() const { return checks_; }

  private:
    struct Listed {
        User seller;
        std::int64_t version = 0;
        std::string title, price;
        bool withdrawn = false, cancelled = false;
        bool is_new = true;

        // Whether it may have this status.
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

    void check_tickets(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void check_orders(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void check_payments(const std::string& base_url, bool everything, std::vector<std::string>& missing);
    void check_users(const std::string& base_url, bool everything, std::vector<std::string>& missing);

    mutable std::mutex mutex_;
    std::map<std::string, Listed> tickets_;
    std::map<std::string, Ordered> orders_;
    std::map<std::string, Paid> payments_;
    std::map<std::string, SignedUp> users_;
    std::size_t checks_ = 0;
};

}  // namespace stagedoor::testing
