// The marketplace as a scenario needs it before it starts and after it has ended: its users, its listings, and
// how their orders are read.
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

// Letters and digits that no earlier run used: e-mail addresses and titles of a run begin with it.
std::string fresh_run_name();

// Signs up and returns the session as "name=value".
std::string sign_up(Api& api, std::string_view email);

// Their sessions.
std::vector<std::string> sign_up_buyers(Api& api, std::string_view run, int buyers);

// Returns the listing's id. The price is in dollars.
std::string put_on_sale(Api& api, std::string_view seller, std::string_view title, std::string_view price,
                        int quantity);

// The body of POST /api/orders for one ticket.
std::string order_of_one(std::string_view ticket_id);

// The id of what an answer shows.
std::string id_in(std::string_view body);

// Members of an object; they throw when there is none of that kind.
std::string text_of(const boost::json::object& object, std::string_view field);
std::int64_t number_of(const boost::json::object& object, std::string_view field);
std::int64_t cents_of(const boost::json::object& object, std::string_view field);

// All elements of a collection, whatever the number of pages.
std::vector<boost::json::object> all_pages(Api& api, std::string path, std::string_view cookie);

// An order that was answered 201, and the place of its buyer among the scenario's.
struct Answered {
    std::string order_id;
    std::size_t buyer;
};

// In the order of the ids.
std::vector<std::string> orders_of(std::size_t buyer, const std::vector<Answered>& answered);

// What the server was asked at the end.
struct Proof {
    std::vector<std::string> broken;                     // what is not as it must be
    std::optional<std::chrono::milliseconds> converged;  // how long after the last answer the copies agreed
};

// Two answers never carry the same order.
void check_answered_once(std::vector<Answered> answered, std::vector<std::string>& broken);

}  // namespace stagedoor::load
