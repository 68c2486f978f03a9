#include "bench/load/marketplace.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cmath>
#include <random>
#include <stdexcept>

namespace stagedoor::load {
namespace {

constexpr int max_pages = 20'000;

// The path of the next page, from `Link: <…>; rel="next"` with a path or a whole URL; empty on the last page.
std::string next_page(const ApiResponse& response) {
    auto link = response.headers["Link"];
    if (link.find("rel=\"next\"") == std::string_view::npos) return {};
    auto path = link.find("/api/");
    auto end = link.find('>');
    if (path == std::string_view::npos || end == std::string_view::npos || end < path) return {};
    return std::string{link.substr(path, end - path)};
}

const boost::json::value& number_in(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_number())
        throw std::runtime_error{fmt::format("no number \"{}\" in the response", field)};
    return *value;
}

}  // namespace

std::string fresh_run_name() {
    std::random_device random;
    std::string name = "b";
    for (int i = 0; i < 9; ++i) name += "abcdefghijkmnpqrstuvwxyz23456789"[random() % 32];
    return name;
}

std::string sign_up(Api& api, std::string_view email) {
    boost::json::object user{{"email", email},
                             {"password", "seven green umbrellas at " + std::string{email}}};
    auto response = api.expect(201, "POST", "/api/users/signup", "", boost::json::serialize(user));
    auto cookie = response.headers["Set-Cookie"];
    if (cookie.empty()) throw std::runtime_error{"the sign-up response has no Set-Cookie"};
    return std::string{cookie.substr(0, cookie.find(';'))};
}

std::vector<std::string> sign_up_buyers(Api& api, std::string_view run, int buyers) {
    std::vector<std::string> cookies;
    for (int buyer = 0; buyer < buyers; ++buyer) {
        cookies.push_back(sign_up(api, fmt::format("{}-buyer{}@example.test", run, buyer)));
    }
    return cookies;
}

std::string put_on_sale(Api& api, std::string_view seller, std::string_view title, std::string_view price,
                        int quantity) {
    auto listing = fmt::format(R"({{"title":"{}","price":{},"quantity":{}}})", title, price, quantity);
    return id_in(api.expect(201, "POST", "/api/tickets", seller, listing).body);
}

std::string order_of_one(std::string_view ticket_id) {
    return fmt::format(R"({{"items":[{{"ticketId":"{}"}}]}})", ticket_id);
}

std::string id_in(std::string_view body) {
    // The id comes first; parsing every response in full would cost more than everything else.
    constexpr std::string_view beginning = R"({"id":")";
    if (!body.starts_with(beginning)) return text_of(boost::json::parse(body).as_object(), "id");
    body.remove_prefix(beginning.size());
    return std::string{body.substr(0, body.find('"'))};
}

std::string text_of(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_string())
        throw std::runtime_error{fmt::format("no text \"{}\" in the response", field)};
    return std::string{value->as_string()};
}

std::int64_t number_of(const boost::json::object& object, std::string_view field) {
    return number_in(object, field).to_number<std::int64_t>();
}

std::int64_t cents_of(const boost::json::object& object, std::string_view field) {
    return std::llround(number_in(object, field).to_number<double>() * 100);
}

std::vector<boost::json::object> all_pages(Api& api, std::string path, std::string_view cookie) {
    std::vector<boost::json::object> all;
    for (int page = 0; !path.empty(); ++page) {
        if (page == max_pages) throw std::runtime_error{"too many pages: " + path};
        auto response = api.expect(200, "GET", path, cookie);
        for (const auto& element : response.json().as_array()) all.push_back(element.as_object());
        path = next_page(response);
    }
    return all;
}

std::vector<std::string> orders_of(std::size_t buyer, const std::vector<ConfirmedOrder>& confirmed) {
    std::vector<std::string> ids;
    for (const auto& each : confirmed) {
        if (each.buyer == buyer) ids.push_back(each.order_id);
    }
    std::ranges::sort(ids);
    return ids;
}

void check_each_order_once(std::vector<ConfirmedOrder> confirmed, std::vector<std::string>& violations) {
    std::ranges::sort(confirmed, {}, &ConfirmedOrder::order_id);
    auto twice = std::ranges::adjacent_find(confirmed, {}, &ConfirmedOrder::order_id);
    if (twice != confirmed.end()) violations.push_back("one order was confirmed twice: " + twice->order_id);
}

}  // namespace stagedoor::load
