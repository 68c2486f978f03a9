#include "common/service/admin.hpp"

#include <algorithm>
#include <charconv>

#include "common/http/answer.hpp"
#include "common/service/host.hpp"

namespace stagedoor {
namespace {

constexpr int most_shown = 1000;

struct ShownLetter {
    std::string service;
    events::DeadLetter letter;
};
BOOST_DESCRIBE_STRUCT(ShownLetter, (), (service, letter))

Task<http::Response> list_dead_letters(Host& host) {
    std::vector<ShownLetter> all;
    for (const auto& service : host.services()) {
        for (auto& letter : co_await host.inbox(service).dead_letters(most_shown))
            all.push_back({service, std::move(letter)});
    }
    co_return http::json_response(200, json::to_json(all), {});
}

Task<http::Response> act_on_dead_letter(Host& host, std::vector<std::string> path, bool again) {
    std::int64_t version = 0;
    auto [end, error] = std::from_chars(path[3].data(), path[3].data() + path[3].size(), version);
    auto services = host.services();
    auto known = std::ranges::find(services, path[0]) != services.end();
    if (!known || error != std::errc{} || end != path[3].data() + path[3].size())
        throw NotFound("No such dead letter");
    auto& inbox = host.inbox(path[0]);
    auto done = again ? co_await inbox.send_again(path[1], path[2], version)
                      : co_await inbox.skip(path[1], path[2], version);
    if (!done) throw NotFound("No such dead letter");
    co_return http::json_response(200, "{}", {});
}

}  // namespace

void add_admin_routes(http::Router& router, Host& host) {
    auto add = [&](http::Method method, std::string pattern,
                   std::function<Task<http::Response>(http::Context&)> answer) {
        http::Route route{method, std::move(pattern), std::move(answer), http::RouteSpec{.hidden = true}};
        route.sessions = host.any_sessions();
        router.add(std::move(route));
    };
    add(http::Method::get, "/admin/dead-letters",
        [&host](http::Context&) { return list_dead_letters(host); });
    for (auto again : {true, false}) {
        add(http::Method::post,
            std::string{"/admin/dead-letters/:service/:entity/:id/:version/"} + (again ? "retry" : "skip"),
            [&host, again](http::Context& context) {
                return act_on_dead_letter(host, context.path_values, again);
            });
    }
}

}  // namespace stagedoor
