#include "common/service/dead_letters.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "common/http/routing/responses.hpp"
#include "common/service/host.hpp"

namespace stagedoor {
namespace {

constexpr int most_shown = 1000;

struct ShownLetter {
    std::string service;
    messaging::DeadLetter letter;
};
BOOST_DESCRIBE_STRUCT(ShownLetter, (), (service, letter))

// Which letter is meant: service, entity, id, version.
class Place {
  public:
    // Throws NotFound when there can't be such a letter.
    Place(Host& host, const std::vector<std::string>& words)
        : service(words.at(0)), entity(words.at(1)), id(words.at(2)), host_(host) {
        const auto& text = words.at(3);
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version);
        auto services = host.services();
        auto is_known = std::ranges::find(services, service) != services.end();
        if (!is_known || error != std::errc{} || end != text.data() + text.size()) throw none();
    }

    [[nodiscard]] Task<ShownLetter> find() const {
        auto letter = co_await host_.inbox(service).find_dead_letter(entity, id, version);
        if (!letter) throw none();
        co_return ShownLetter{service, std::move(*letter)};
    }
    [[nodiscard]] Task<> act(bool again) const {
        auto& inbox = host_.inbox(service);
        auto done =
            again ? co_await inbox.send_again(entity, id, version) : co_await inbox.skip(entity, id, version);
        if (!done) throw none();
    }

    std::string service, entity, id;
    std::int64_t version = 0;

  private:
    static NotFound none() { return NotFound("No such dead letter"); }

    Host& host_;
};

Task<std::vector<ShownLetter>> all_letters(Host& host) {
    std::vector<ShownLetter> all;
    for (const auto& service : host.services()) {
        for (auto& letter : co_await host.inbox(service).dead_letters(most_shown))
            all.push_back({service, std::move(letter)});
    }
    co_return all;
}

Task<http::Response> list(Host& host) {
    co_return http::json_response(200, json::to_json(co_await all_letters(host)), {});
}

Task<http::Response> show(Host& host, std::vector<std::string> path) {
    Place place{host, path};
    co_return http::json_response(200, json::to_json(co_await place.find()), {});
}

Task<http::Response> act(Host& host, std::vector<std::string> path, bool again) {
    Place place{host, path};
    co_await place.act(again);
    co_return http::json_response(200, "{}", {});
}

// ---- commands

const std::vector<std::string> place_words{"service", "entity", "id", "version"};

Task<int> print_all(Host& host, const std::vector<std::string>&) {
    auto all = co_await all_letters(host);
    for (const auto& [service, letter] : all) {
        std::cout << service << " " << letter.entity << " " << letter.entity_id << " " << letter.version
                  << "  " << letter.type << " of " << letter.time.to_text() << ", " << letter.tries
                  << " tries: " << letter.error << "\n";
    }
    std::cout << all.size() << (all.size() == 1 ? " dead letter" : " dead letters") << std::endl;
    co_return 0;
}

Task<int> print_one(Host& host, const std::vector<std::string>& words) {
    Place place{host, words};
    auto shown = co_await place.find();
    std::cout << json::to_json(shown.letter) << std::endl;
    co_return 0;
}

template <bool again>
Task<int> act_on_one(Host& host, const std::vector<std::string>& words) {
    Place place{host, words};
    co_await place.act(again);
    std::cout << (again ? "it is tried again now" : "it is left out; what it held back goes on") << std::endl;
    co_return 0;
}

}  // namespace

void add_dead_letter_routes(http::Router& router, Host& host) {
    auto add = [&](http::Method method, std::string pattern,
                   std::function<Task<http::Response>(http::Context&)> answer) {
        http::Route route{method, std::move(pattern), std::move(answer), http::RouteSpec{.hidden = true}};
        route.sessions = host.any_sessions();
        router.add(std::move(route));
    };
    const std::string one = "/admin/dead-letters/:service/:entity/:id/:version";
    add(http::Method::get, "/admin/dead-letters", [&host](http::Context&) { return list(host); });
    add(http::Method::get, one, [&host](http::Context& context) { return show(host, context.path_values); });
    add(http::Method::post, one + "/retry",
        [&host](http::Context& context) { return act(host, context.path_values, true); });
    add(http::Method::post, one + "/skip",
        [&host](http::Context& context) { return act(host, context.path_values, false); });
}

std::vector<Command> dead_letter_commands() {
    return {{"dead-letters", "list the events that were given up", {}, print_all},
            {"dead-letter", "show one of them whole", place_words, print_one},
            {"retry-dead-letter", "try it again now", place_words, act_on_one<true>},
            {"skip-dead-letter", "leave it out, and go on with what it held back", place_words,
             act_on_one<false>}};
}

}  // namespace stagedoor
