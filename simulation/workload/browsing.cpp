#include "simulation/workload/browsing.hpp"

#include <algorithm>

#include "common/http/server/body_stream.hpp"
#include "common/http/status.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto max_age = 1s;
constexpr auto time_to_follow = 5s;
// In every page of a user, and in no other.
constexpr std::string_view sign_out_form = "/auth/signout";
constexpr std::string_view listing_path = "/tickets/";

bool is_page_for_everybody(std::string_view path) { return path == "/" || path.starts_with(listing_path); }

bool has(std::string_view page, std::string_view text) { return page.find(text) != std::string_view::npos; }

}  // namespace

std::string Browsing::path_of_some_listing(std::string_view collection) const {
    return std::string{collection} + world_.pick(selling_.listings()).id;
}

Task<> Browsing::browse(Customer& customer) {
    static const std::vector<std::string> paths{
        "/", "/orders", "/selling", "/api/tickets?q=night&sort=price", "/api/orders", "/api/tickets/mine"};
    auto path = world_.pick(paths);
    if (!selling_.listings().empty() && world_.chance(0.4))
        path = path_of_some_listing(world_.chance(0.5) ? listing_path : "/api/tickets/");
    auto token = customer.token;
    auto response = co_await requests_.send(customer, api_request(Method::get, path));
    if (response.status == http::ok && is_page_for_everybody(path) && !token.empty())
        co_await check_own_page(customer, std::move(token), std::move(path), std::move(response.body));
}

// A session that has ended is never valid again: if it is valid later, it was when the page was requested.
Task<> Browsing::check_own_page(Customer& customer, std::string token, std::string path, std::string page) {
    if (has(page, sign_out_form)) co_return;
    auto present = customer;
    present.token = std::move(token);
    auto response = co_await requests_.send(present, api_request(Method::get, "/api/users/currentuser"));
    if (response.status == http::ok && has(response.body, "\"currentUser\":{"))
        violations_.push_back(
            fmt::format("{} is signed in and got the page of nobody: {}", customer.email, path));
}

Task<> Browsing::visit(Customer& visitor) {
    std::string path = "/";
    if (!selling_.listings().empty() && world_.chance(0.6)) path = path_of_some_listing(listing_path);
    auto sent_at = world_.now();
    auto response = co_await requests_.send(visitor, api_request(Method::get, path));
    if (response.status == http::ok) check_everybodys_page(path, response.body, sent_at);
}

Task<> Browsing::follow(Customer& visitor) {
    if (selling_.listings().empty()) co_return;
    auto id = world_.pick(selling_.listings()).id;
    auto response = co_await requests_.send(visitor, api_request(Method::get, "/live?tickets=" + id));
    if (response.status != http::ok || !response.stream) co_return;
    runtime::AsyncEvent wake{requests_.clock};
    response.stream->connect([wake]() mutable { wake.notify(); });
    runtime::Timeout timeout{requests_.clock, time_to_follow};
    for (auto has_ended = false; !has_ended && !timeout.is_over();) {
        auto taken = response.stream->take();
        has_ended = taken.end.has_value();
        for (const auto& part : taken.parts) co_await read_event(visitor, id, *part);
        if (!has_ended && taken.parts.empty()) (void)co_await wake.wait_until(timeout);
    }
}

Task<> Browsing::read_event(Customer& visitor, std::string id, std::string event) {
    constexpr std::string_view begin = "id: ", next = "\nevent: ticket\ndata: ";
    auto end = event.find(next);
    if (!event.starts_with(begin) || end == std::string::npos) co_return;
    auto number = event.substr(begin.size(), end - begin.size());
    auto path = fmt::format("{}{}?live={}", listing_path, id, number);
    auto page = co_await requests_.send(visitor, api_request(Method::get, path));
    if (page.status != http::ok || listings_.is_as_new_as(event, id, page.body)) co_return;
    violations_.push_back(fmt::format("a page shows listing {} as it was before live update {}", id, number));
}

void Browsing::check_everybodys_page(const std::string& path, const std::string& page, Duration sent_at) {
    for (auto personal :
         {sign_out_form, std::string_view{"@example.com"}, std::string_view{"name=\"key\""}}) {
        if (has(page, personal))
            violations_.push_back(
                fmt::format("nobody is signed in and got a page of somebody: {} has {}", path, personal));
    }
    if (path.starts_with(listing_path)) return check_listing(path.substr(listing_path.size()), page, sent_at);
    constexpr std::string_view card = "<li class=\"ticket ", link = "href=\"/tickets/";
    for (auto rest = std::string_view{page}.substr(std::min(page.find(card), page.size())); !rest.empty();) {
        auto end = std::min(rest.find(card, card.size()), rest.size());
        auto html = rest.substr(0, end);
        auto id = html.substr(std::min(html.find(link) + link.size(), html.size()));
        check_listing(std::string{id.substr(0, id.find('"'))}, html, sent_at);
        rest.remove_prefix(end);
    }
}

void Browsing::check_listing(const std::string& id, std::string_view html, Duration sent_at) {
    if (listings_.is_shown_since(sent_at - max_age, id, html)) return;
    violations_.push_back(
        fmt::format("a page shows listing {} as it was more than a second before it was requested", id));
}

}  // namespace stagedoor::simulation
