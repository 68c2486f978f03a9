#include "simulation/workload/requests.hpp"

#include <algorithm>

#include "common/json/path.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;

constexpr auto patience = 20s;
constexpr int most_tries = 6;
const std::string host = "tickets.example";

std::string service_of(std::string_view path) {
    if (path.starts_with("/api/users")) return "auth";
    for (const auto* service : {"tickets", "orders", "payments"}) {
        if (path.starts_with(std::string{"/api/"} + service)) return service;
    }
    return "client";
}

http::Request request_of(const Person& person, const Question& question) {
    http::Request request;
    request.method = question.method;
    (void)request.set_target(question.path);
    request.remote_address = person.address;
    request.headers.add("Host", host);
    if (question.is_form) {
        request.headers.add("Content-Type", "application/x-www-form-urlencoded");
        request.headers.add("Origin", "http://" + host);
        request.headers.add("Sec-Fetch-Site", "same-origin");
    } else if (!question.body.empty()) {
        request.headers.add("Content-Type", "application/json");
    }
    if (!question.path.starts_with("/api/"))
        request.headers.add("Cookie", "session=" + person.token);
    else if (!person.token.empty())
        request.headers.add("Authorization", "Bearer " + person.token);
    if (!question.key.empty()) request.headers.add("Idempotency-Key", question.key);
    request.body = question.body;
    return request;
}

std::string_view beginning_of(std::string_view body) {
    return body.starts_with("<") ? "a page" : body.substr(0, 120);
}

}  // namespace

Question form_at(std::string path, const std::vector<std::pair<std::string_view, std::string>>& fields) {
    Question question{.method = http::Method::post, .path = std::move(path), .body = {}, .is_form = true};
    for (const auto& [name, value] : fields) {
        if (!question.body.empty()) question.body += '&';
        question.body += fmt::format("{}={}", name, http::percent_encode(value));
    }
    return question;
}

std::string Reply::at(std::string_view member) const {
    auto document = json::parse(body);
    if (!document) return {};
    const auto& value = (*document)[member];
    if (const auto* text = value.string()) return *text;
    return value.number() ? std::string{value.number()->text} : "";
}

std::string Reply::id() const {
    if (location.empty()) return at("id");
    auto path = location.substr(0, location.find('?'));
    return path.substr(path.rfind('/') + 1);
}

std::string Reply::token() const {
    auto begin = cookie.find('=') + 1;
    return cookie.substr(begin, cookie.find(';') - begin);
}

Asking::Asking(Marketplace& the_marketplace)
    : Asking(the_marketplace, the_marketplace.world.begin_life("people")) {}

Asking::Asking(Marketplace& the_marketplace, std::shared_ptr<Life> life)
    : marketplace(the_marketplace),
      world(the_marketplace.world),
      clock(life),
      executor(LifeExecutor{life, the_marketplace.context}),
      life_(std::move(life)) {}

Task<> Asking::pause(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    co_await runtime::sleep_for(clock,
                                std::chrono::ceil<std::chrono::milliseconds>(world.between(least, most)));
}

bool Asking::is_online(const Person& person) const {
    const auto& network = marketplace.network;
    return network.reaches(person.address, Network::internet) &&
           network.reaches(Network::internet, Network::gateway);
}

Task<Reply> Asking::ask(Person& person, Question question) {
    ++requests;
    auto& faults = marketplace.faults;
    Reply reply;
    if (!is_online(person) || faults.strikes("request lost on its way", 0.01)) {
        co_await pause(1s, 3s);
    } else {
        reply = co_await ask_through_gateway(person, question);
        if (!is_online(person) || faults.strikes("answer lost on its way", 0.01)) reply = {};
    }
    if (reply.status == 0) ++unanswered;
    if (reply.status == 401) person.token.clear();
    world.note(person.email,
               fmt::format("{} {} {} -> {} {}{}", to_text(question.method), question.path, question.body,
                           reply.status, reply.location, beginning_of(reply.body)));
    co_return reply;
}

Task<Reply> Asking::ask_through_gateway(const Person& person, const Question& question) {
    auto request = request_of(person, question);
    auto copies = marketplace.copies(service_of(question.path));
    if (world.chance(0.5)) std::ranges::reverse(copies);
    Reply reply;
    for (auto* copy : copies) {
        bool was_sent = true;
        try {
            auto response =
                co_await marketplace.ask(life_, clock, Network::gateway, copy->machine(), request, patience);
            reply = {response.status, std::move(response.body), std::string{response.headers["Set-Cookie"]},
                     std::string{response.headers["Location"]}};
        } catch (const outbound::NotSent&) {
            was_sent = false;
        } catch (const outbound::NoAnswer&) {
        }
        if (was_sent) break;
    }
    co_return reply;
}

Task<Reply> Asking::insist(Person& person, Question question) {
    Reply reply;
    for (int i = 0; i < most_tries; ++i) {
        reply = co_await ask(person, question);
        if (!reply.is_unknown()) break;
        co_await pause(200ms, 2s);
    }
    co_return reply;
}

Task<int> Asking::status_at(std::string machine, std::string path, std::string token) {
    Person nobody_in_particular;
    nobody_in_particular.token = std::move(token);
    auto request = request_of(nobody_in_particular, {.path = std::move(path), .body = {}});
    try {
        auto response = co_await marketplace.ask(life_, clock, Network::gateway, machine, request, patience);
        co_return response.status;
    } catch (const outbound::NoAnswer&) {
        co_return 0;
    }
}

}  // namespace stagedoor::simulation
