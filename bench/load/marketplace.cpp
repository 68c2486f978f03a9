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

constexpr int kMostPages = 20'000;

// The path of the next page out of `Link: <…>; rel="next"`, which may say the whole URL; empty on the last
// page.
std::string next_page(const Reply& reply) {
    auto link = header(reply.head, "link");
    if (!link || link->find("rel=\"next\"") == std::string_view::npos) return {};
    auto path = link->find("/api/");
    auto end = link->find('>');
    if (path == std::string_view::npos || end == std::string_view::npos || end < path) return {};
    return std::string{link->substr(path, end - path)};
}

const boost::json::value& number_in(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_number())
        throw std::runtime_error{fmt::format("no number «{}» in the answer", field)};
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
    boost::json::object who{{"email", email}, {"password", "seven green umbrellas at " + std::string{email}}};
    auto reply = api.expect(201, "POST", "/api/users/signup", "", boost::json::serialize(who));
    auto cookie = header(reply.head, "set-cookie");
    if (!cookie) throw std::runtime_error{"sign-up answered without Set-Cookie"};
    return std::string{cookie->substr(0, cookie->find(';'))};
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
    // Servers begin with the id; parsing every answer in full would cost more than all the rest.
    constexpr std::string_view beginning = R"({"id":")";
    if (!body.starts_with(beginning)) return text_of(boost::json::parse(body).as_object(), "id");
    body.remove_prefix(beginning.size());
    return std::string{body.substr(0, body.find('"'))};
}

std::string text_of(const boost::json::object& object, std::string_view field) {
    const auto* value = object.if_contains(field);
    if (!value || !value->is_string())
        throw std::runtime_error{fmt::format("no text «{}» in the answer", field)};
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
        if (page == kMostPages) throw std::runtime_error{"pages without an end: " + path};
        auto reply = api.expect(200, "GET", path, cookie);
        for (const auto& element : reply.json().as_array()) all.push_back(element.as_object());
        path = next_page(reply);
    }
    return all;
}

std::vector<std::string> orders_of(std::size_t buyer, const std::vector<Answered>& answered) {
    std::vector<std::string> ids;
    for (const auto& each : answered) {
        if (each.buyer == buyer) ids.push_back(each.order_id);
    }
    std::ranges::sort(ids);
    return ids;
}

void check_answered_once(std::vector<Answered> answered, std::vector<std::string>& broken) {
    std::ranges::sort(answered, {}, &Answered::order_id);
    auto twice = std::ranges::adjacent_find(answered, {}, &Answered::order_id);
    if (twice != answered.end()) broken.push_back("one order was answered twice: " + twice->order_id);
}

}  // namespace stagedoor::load
