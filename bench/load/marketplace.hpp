// What scenarios need before and after their load: users, listings, and reading orders.
#pragma once

#include <boost/json/object.hpp>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "bench/load/api.hpp"

namespace stagedoor::load {

// Letters and digits that no earlier run used; prefix of the run's email addresses and titles.
std::string fresh_run_name();

// Signs up and returns the session as "name=value".
std::string sign_up(Api& api, std::string_view email);

// Returns their sessions.
std::vector<std::string> sign_up_buyers(Api& api, std::string_view run, int buyers);

// Returns the listing's id. The price is in dollars.
std::string put_on_sale(Api& api, std::string_view seller, std::string_view title, std::string_view price,
                        int quantity);

// The body of POST /api/orders for one ticket.
std::string order_of_one(std::string_view ticket_id);

// The "id" of the JSON object in a response body.
std::string id_in(std::string_view body);

// Members of an object; throw if there is none of that name and type.
std::string text_of(const boost::json::object& object, std::string_view field);
std::int64_t number_of(const boost::json::object& object, std::string_view field);
std::int64_t cents_of(const boost::json::object& object, std::string_view field);

// All elements of a collection, from all its pages.
std::vector<boost::json::object> all_pages(Api& api, std::string path, std::string_view cookie);

// An order confirmed with 201, and the index of its buyer.
struct ConfirmedOrder {
    std::string order_id;
    std::size_t buyer;
};

// Sorted order ids.
std::vector<std::string> orders_of(std::size_t buyer, const std::vector<ConfirmedOrder>& confirmed);

// The result of the checks after a run.
struct Verification {
    std::vector<std::string> violations;  // one line each
    // From the last response until the projections agreed.
    std::optional<std::chrono::milliseconds> converged;
};

// No two responses may contain the same order.
void check_each_order_once(std::vector<ConfirmedOrder> confirmed, std::vector<std::string>& violations);

}  // namespace stagedoor::load
