#include "apps/simulate/people.hpp"

#include <algorithm>

#include "common/json/path.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::simulate {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto patience = 20s;
constexpr auto on_sale = 8s;  // when all want the first listing at once
constexpr int most_tries = 6;

std::string service_of(std::string_view path) {
    if (path.starts_with("/api/users")) return "auth";
    for (const auto* service : {"tickets", "orders", "payments"}) {
        if (path.starts_with(std::string{"/api/"} + service)) return service;
    }
    return "client";
}

std::string_view beginning_of(std::string_view body) {
    return body.starts_with("<") ? "a page" : body.substr(0, 120);
}

std::string machine_of(int number) { return fmt::format("10.0.0.{}", number + 1); }

}  // namespace

std::string People::Reply::at(std::string_view member) const {
    auto document = json::parse(body);
    if (!document) return {};
    const auto& value = (*document)[member];
    if (const auto* text = value.string()) return *text;
    return value.number() ? std::string{value.number()->text} : "";
}

People::People(Marketplace& marketplace, Habits habits)
    : marketplace_(marketplace),
      world_(marketplace.world),
      habits_(std::move(habits)),
      life_(world_.begin_life("people")),
      clock_(life_),
      executor_(LifeExecutor{life_, marketplace.context}) {}

std::vector<std::string> People::machines() const {
    std::vector<std::string> all;
    for (int number = 0; number < count(); ++number) all.push_back(machine_of(number));
    return all;
}

void People::start() {
    for (int number = 0; number < count(); ++number) {
        if (habits_.absent.contains(number)) continue;
        ++present_;
        boost::asio::co_spawn(executor_, live(number), [this](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
            --present_;
        });
    }
}

Task<> People::pause(std::chrono::milliseconds least, std::chrono::milliseconds most) {
    co_await runtime::sleep_for(clock_,
                                std::chrono::ceil<std::chrono::milliseconds>(world_.between(least, most)));
}

// ---- asking

bool People::is_online(const Person& person) const {
    const auto& network = marketplace_.network;
    return network.reaches(person.address, Network::internet) &&
           network.reaches(Network::internet, Network::gateway);
}

Task<People::Reply> People::ask(const Person& person, Question question) {
    ++requests;
    auto& faults = marketplace_.faults;
    Reply reply;
    if (!is_online(person) || faults.strikes("request lost on its way", 0.01)) {
        co_await pause(1s, 3s);
    } else {
        reply = co_await ask_through_gateway(person, question);
        if (!is_online(person) || faults.strikes("answer lost on its way", 0.01)) reply = {};
    }
    if (reply.status == 0) ++unanswered;
    if (reply.status >= 400) ++refused;
    world_.note(person.email, fmt::format("{} {} {} -> {} {}", to_text(question.method), question.path,
                                          question.body, reply.status, beginning_of(reply.body)));
    co_return reply;
}

Task<People::Reply> People::ask_through_gateway(const Person& person, const Question& question) {
    http::Request request;
    request.method = question.method;
    (void)request.set_target(question.path);
    request.remote_address = person.address;
    request.headers.add("Host", "tickets.example");
    if (!question.body.empty()) request.headers.add("Content-Type", "application/json");
    if (question.path.starts_with("/api/")) {
        if (!person.token.empty()) request.headers.add("Authorization", "Bearer " + person.token);
    } else {
        request.headers.add("Cookie", "session=" + person.token);
    }
    if (!question.key.empty()) request.headers.add("Idempotency-Key", question.key);
    request.body = question.body;
    auto copies = marketplace_.copies(service_of(question.path));
    if (world_.chance(0.5)) std::ranges::reverse(copies);
    Reply reply;
    for (auto* copy : copies) {
        bool was_sent = true;
        try {
            auto response = co_await marketplace_.ask(life_, clock_, Network::gateway, copy->machine(),
                                                      request, patience);
            reply = {response.status, std::move(response.body), std::string{response.headers["Set-Cookie"]}};
        } catch (const outbound::NotSent&) {
            was_sent = false;
        } catch (const outbound::NoAnswer&) {
        }
        if (was_sent) break;
    }
    co_return reply;
}

Task<People::Reply> People::insist(const Person& person, Question question) {
    Reply reply;
    for (int i = 0; i < most_tries; ++i) {
        reply = co_await ask(person, question);
        if (!reply.is_unknown()) break;
        co_await pause(200ms, 2s);
    }
    co_return reply;
}

Task<int> People::status_at(std::string machine, std::string path, std::string token) {
    http::Request request;
    (void)request.set_target(path);
    request.headers.add("Host", "tickets.example");
    request.headers.add("Authorization", "Bearer " + token);
    try {
        auto response =
            co_await marketplace_.ask(life_, clock_, Network::gateway, machine, request, patience);
        co_return response.status;
    } catch (const outbound::NoAnswer&) {
        co_return 0;
    }
}

void People::try_ended_sessions(std::vector<std::string>& found, std::function<void()> done) {
    boost::asio::co_spawn(executor_, try_all_ended(found),
                          [done = std::move(done)](std::exception_ptr failure) {
                              if (failure) std::rethrow_exception(failure);
                              done();
                          });
}

Task<> People::try_all_ended(std::vector<std::string>& found) {
    // Until every copy has heard of them: where clocks were far from one another, all is read again each minute.
    auto clocks_differed = marketplace_.faults.injected().contains("clock set wrong by minutes");
    co_await runtime::sleep_for(clock_, clocks_differed ? 62s : 3s);
    for (const auto& token : ended_sessions_) {
        for (const auto* service : {"orders", "tickets"}) {
            auto path =
                std::string{"/api/"} + service + (std::string_view{service} == "tickets" ? "/mine" : "");
            for (auto* copy : marketplace_.copies(service)) {
                auto status = co_await status_at(copy->machine(), path, token);
                if (status != 401)
                    found.push_back(fmt::format("a session that was ended is answered {} by {}", status,
                                                copy->machine()));
            }
        }
    }
}

// ---- everybody

Task<> People::live(int number) {
    Person person{.number = number,
                  .email = fmt::format("person{}@example.com", number),
                  .id = {},
                  .token = {},
                  .address = machine_of(number)};
    auto sells = number < habits_.sellers;
    co_await pause(1s, 4s);
    while (person.token.empty() && !is_over()) co_await come_in(person);
    if (sells) co_await sell(person);
    if (!sells && world_.now() < on_sale)
        co_await runtime::sleep_for(clock_,
                                    std::chrono::ceil<std::chrono::milliseconds>(on_sale - world_.now()));
    while (!is_over()) {
        if (world_.chance(0.08))
            co_await sign_out_and_in(person);
        else if (world_.chance(0.15))
            co_await look_around(person);
        else if (!sells)
            co_await buy(person);
        else if (world_.chance(0.3))
            co_await sell(person);
        else
            co_await change_a_listing(person);
        co_await pause(0ms, sells ? 4s : 1500ms);
    }
}

Task<> People::come_in(Person& person) {
    auto body = fmt::format(R"({{"email":"{}","password":"an unusual password"}})", person.email);
    auto reply = co_await ask(person, {Method::post, "/api/users/signup", body, {}});
    if (reply.status == 409)  // a try without an answer was done
        reply = co_await ask(person, {Method::post, "/api/users/signin", body, {}});
    if (!reply.ok()) {
        co_await pause(200ms, 1s);
        co_return;
    }
    person.id = reply.at("id");
    promises.signed_up(person.id);
    auto begin = reply.cookie.find('=') + 1;
    person.token = reply.cookie.substr(begin, reply.cookie.find(';') - begin);
}

Task<> People::sign_out_and_in(Person& person) {
    auto reply = co_await ask(person, {Method::post, "/api/users/signout", "{}", {}});
    if (reply.ok()) ended_sessions_.push_back(person.token);
    person.token.clear();
    while (person.token.empty() && !is_over()) co_await come_in(person);
}

// Pages, which ask the services in turn, and lists.
Task<> People::look_around(Person& person) {
    static const std::vector<std::string> paths{
        "/", "/orders", "/selling", "/api/tickets?q=night&sort=price", "/api/orders", "/api/tickets/mine"};
    auto path = world_.one_of(paths);
    if (!listings_.empty() && world_.chance(0.4))
        path = (world_.chance(0.5) ? "/tickets/" : "/api/tickets/") + world_.one_of(listings_).id;
    (void)co_await ask(person, {Method::get, path, {}, {}});
}

// ---- sellers

Task<> People::sell(Person& person) {
    auto body = fmt::format(R"({{"title":"A night by {}","price":{}.{:02},"quantity":{},"maxPerOrder":4}})",
                            person.number, 1 + world_.below(90), world_.below(100), 1 + world_.below(8));
    auto key = new_key();
    auto reply = co_await insist(person, {Method::post, "/api/tickets", body, key});
    if (!reply.ok()) co_return;
    promises.listed(reply.at("id"), 1);
    listings_.push_back({reply.at("id"), person.number});
}

Task<> People::change_a_listing(Person& person) {
    std::vector<Listing> own;
    std::ranges::copy_if(listings_, std::back_inserter(own),
                         [&](const Listing& each) { return each.seller == person.number; });
    if (own.empty()) co_return;
    auto id = world_.one_of(own).id;
    auto path = "/api/tickets/" + id;
    auto what = world_.below(10);
    if (what < 8) {
        auto body =
            fmt::format(R"({{"title":"A changed night by {}","price":{},"quantity":{},"maxPerOrder":4}})",
                        person.number, 1 + world_.below(90), 1 + world_.below(8));
        auto reply = co_await ask(person, {Method::put, path, body, {}});
        if (reply.ok()) promises.listed(id, std::stoll("0" + reply.at("version")));
        co_return;
    }
    if (what == 8) {
        auto reply = co_await insist(person, {Method::delete_, path, {}, {}});
        if (reply.ok()) promises.withdrawn(id);
    } else {
        auto reply = co_await insist(person, {Method::post, path + "/cancel", "{}", new_key()});
        if (reply.ok()) promises.called_off(id);
    }
    if (world_.chance(0.7)) co_await sell(person);
}

// ---- buyers

// Baskets overlap, in every order. Mostly the first listing is among them: it is what everybody wants.
std::string People::basket() {
    if (listings_.empty()) return {};
    std::vector<std::string> chosen;
    auto count = 1 + world_.below(3);
    if (world_.chance(0.4)) chosen.push_back(listings_.front().id);
    for (std::uint64_t i = 0; i < count; ++i) {
        // The newest are looked at first.
        auto back = world_.below(std::min<std::size_t>(listings_.size(), 6)) + 1;
        auto id = listings_[listings_.size() - back].id;
        if (std::ranges::find(chosen, id) == chosen.end()) chosen.push_back(id);
    }
    if (world_.chance(0.5)) std::ranges::reverse(chosen);
    std::string items;
    for (const auto& id : chosen)
        items += fmt::format(R"({}{{"ticketId":"{}","quantity":{}}})", items.empty() ? "" : ",", id,
                             world_.chance(0.8) ? 1 : 2);
    return items;
}

Task<> People::buy(Person& person) {
    auto items = basket();
    if (items.empty()) co_return;
    auto key = world_.chance(0.7) ? new_key() : "";
    Question question{Method::post, "/api/orders", R"({"items":[)" + items + "]}", key};
    auto reply = key.empty() ? co_await ask(person, question) : co_await insist(person, question);
    if (!reply.ok()) co_return;
    auto order = reply.at("id");
    promises.ordered(order, key);
    auto expires_at = Instant::parse(reply.at("expiresAt")).value_or(clock_.now());
    // A double click: the same request once more.
    if (!key.empty() && world_.chance(0.2)) {
        auto again = co_await ask(person, question);
        if (again.ok()) promises.ordered(again.at("id"), key);
    }
    co_await decide(person, order, expires_at);
}

Task<> People::decide(Person& person, std::string order, Instant expires_at) {
    auto what = world_.below(10);
    if (what < 6) {
        co_await pause(0ms, 2s);
        co_await pay(person, order);
    } else if (what == 6) {  // at the very moment
        auto moment =
            expires_at + std::chrono::milliseconds{static_cast<std::int64_t>(world_.below(400)) - 200};
        if (moment > clock_.now()) co_await runtime::sleep_for(clock_, moment - clock_.now());
        co_await pay(person, order);
    } else if (what == 7) {
        auto reply = co_await insist(person, {Method::delete_, "/api/orders/" + order, {}, {}});
        if (reply.ok()) promises.cancelled(order);
    } else if (what == 8) {  // cancels while paying
        boost::asio::co_spawn(executor_, pay(person, order), boost::asio::detached);
        co_await pause(0ms, 30ms);
        auto reply = co_await ask(person, {Method::delete_, "/api/orders/" + order, {}, {}});
        if (reply.ok()) promises.cancelled(order);
    }  // else: gives up
}

Task<> People::pay(Person person, std::string order) {
    static const std::vector<std::string> tokens{
        "tok_visa", "tok_visa", "tok_visa", "tok_visa", "tok_slow", "tok_chargeDeclined", "tok_answerLost"};
    auto token = world_.one_of(tokens);
    auto key = world_.chance(0.5) ? new_key() : "";
    if (world_.chance(0.2))  // a double click
        boost::asio::co_spawn(executor_, pay_once(person, order, token, key), boost::asio::detached);
    co_await pay_once(person, order, token, key);
    if (token == "tok_chargeDeclined" && world_.chance(0.7)) co_await pay_once(person, order, "tok_visa", "");
}

Task<> People::pay_once(Person person, std::string order, std::string token, std::string key) {
    auto body = fmt::format(R"({{"orderId":"{}","token":"{}"}})", order, token);
    auto reply = co_await insist(person, {Method::post, "/api/payments", body, key});
    if (reply.ok()) promises.paid(order, reply.at("id"));
}

}  // namespace stagedoor::simulate
