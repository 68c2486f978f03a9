#include "common/service/dead_letters.hpp"

#include <algorithm>
#include <charconv>
#include <iostream>

#include "common/http/routing/responses.hpp"
#include "common/http/status.hpp"
#include "common/messaging/inbox.hpp"
#include "common/service/audit_routes.hpp"
#include "common/service/host.hpp"

namespace stagedoor {
namespace {

constexpr int max_per_service = 1000;

struct DeadLetterView {
    std::string service;
    messaging::DeadLetter letter;
};
BOOST_DESCRIBE_STRUCT(DeadLetterView, (), (service, letter))

enum class Action { retry, skip };

// Identifies a dead letter by service, entity, id and version.
class DeadLetterKey {
  public:
    // Throws NotFound when no dead letter can have this key.
    DeadLetterKey(Host& host, const std::vector<std::string>& parts)
        : service_(parts.at(0)), entity_(parts.at(1)), id_(parts.at(2)), host_(host) {
        const auto& text = parts.at(3);
        auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), version_);
        auto services = host.services();
        auto is_known = std::ranges::find(services, service_) != services.end();
        if (!is_known || error != std::errc{} || end != text.data() + text.size()) throw not_found();
    }

    [[nodiscard]] Task<DeadLetterView> find() const {
        auto dead_letter = co_await host_.inbox(service_).find_dead_letter(entity_, id_, version_);
        if (!dead_letter) throw not_found();
        co_return DeadLetterView{service_, std::move(*dead_letter)};
    }
    // `actor`: for the audit log.
    [[nodiscard]] Task<> apply(Action action, std::string actor) const {
        auto& inbox = host_.inbox(service_);
        const auto& audit = host_.audit();
        auto entry =
            audit.entry(std::move(actor), action == Action::retry ? "retry-dead-letter" : "skip-dead-letter",
                        entity_ + " " + id_ + " version " + std::to_string(version_));
        auto record = [&](sql::Tx& tx) {
            audit.record(tx, entry, security::SecurityEvent::dead_letter_action);
        };
        auto done = action == Action::retry ? co_await inbox.retry_dead_letter(entity_, id_, version_, record)
                                            : co_await inbox.skip_dead_letter(entity_, id_, version_, record);
        if (!done) throw not_found();
    }

  private:
    static NotFound not_found() { return NotFound("No such dead letter"_text); }

    std::string service_, entity_, id_;
    std::int64_t version_ = 0;
    Host& host_;
};

Task<std::vector<DeadLetterView>> all_dead_letters(Host& host) {
    std::vector<DeadLetterView> all;
    for (const auto& service : host.services()) {
        for (auto& dead_letter : co_await host.inbox(service).dead_letters(max_per_service))
            all.push_back({service, std::move(dead_letter)});
    }
    co_return all;
}

// ---- routes

Task<http::Response> list(Host& host) {
    co_return http::json_response(http::ok, json::to_json(co_await all_dead_letters(host)), {});
}

Task<http::Response> show(Host& host, std::vector<std::string> path) {
    DeadLetterKey key{host, path};
    co_return http::json_response(http::ok, json::to_json(co_await key.find()), {});
}

Task<http::Response> apply_action(Host& host, http::Context& context, Action action) {
    DeadLetterKey key{host, context.path_values};
    co_await key.apply(action, operator_of(context.request));
    co_return http::json_response(http::ok, "{}", {});
}

// ---- commands

const std::vector<std::string> key_arguments{"service", "entity", "id", "version"};

Task<int> print_all(Host& host, const std::vector<std::string>&) {
    auto all = co_await all_dead_letters(host);
    for (const auto& [service, dead_letter] : all) {
        std::cout << service << " " << dead_letter.entity << " " << dead_letter.entity_id << " "
                  << dead_letter.version << "  " << dead_letter.type << " of " << dead_letter.time.to_text()
                  << ", " << dead_letter.tries << (dead_letter.tries == 1 ? " attempt: " : " attempts: ")
                  << dead_letter.error << "\n";
    }
    std::cout << all.size() << (all.size() == 1 ? " dead letter" : " dead letters") << std::endl;
    co_return 0;
}

Task<int> print_one(Host& host, const std::vector<std::string>& arguments) {
    DeadLetterKey key{host, arguments};
    auto found = co_await key.find();
    std::cout << json::to_json(found.letter) << std::endl;
    co_return 0;
}

template <Action action>
Task<int> apply_to_one(Host& host, const std::vector<std::string>& arguments) {
    DeadLetterKey key{host, arguments};
    co_await key.apply(action, security::actor_of_command());
    std::cout << (action == Action::retry ? "the event will be retried now"
                                          : "skipped; the events it blocked continue")
              << std::endl;
    co_return 0;
}

}  // namespace

void add_dead_letter_routes(http::Router& router, Host& host) {
    auto add = [&](http::Method method, std::string pattern,
                   std::function<Task<http::Response>(http::Context&)> handler) {
        http::Route route{method, std::move(pattern), std::move(handler), http::RouteSpec{.hidden = true}};
        route.sessions = host.any_sessions();
        router.add(std::move(route));
    };
    const std::string one = "/admin/dead-letters/:service/:entity/:id/:version";
    add(http::Method::get, "/admin/dead-letters", [&host](http::Context&) { return list(host); });
    add(http::Method::get, one, [&host](http::Context& context) { return show(host, context.path_values); });
    add(http::Method::post, one + "/retry",
        [&host](http::Context& context) { return apply_action(host, context, Action::retry); });
    add(http::Method::post, one + "/skip",
        [&host](http::Context& context) { return apply_action(host, context, Action::skip); });
}

std::vector<Command> dead_letter_commands() {
    return {{"dead-letters", "list the events that could not be applied", {}, print_all},
            {"dead-letter", "show one dead letter with its data", key_arguments, print_one},
            {"retry-dead-letter", "retry one dead letter now", key_arguments, apply_to_one<Action::retry>},
            {"skip-dead-letter", "drop one dead letter for good and continue with the events it blocks",
             key_arguments, apply_to_one<Action::skip>}};
}

}  // namespace stagedoor
