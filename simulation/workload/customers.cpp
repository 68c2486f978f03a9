#include "simulation/workload/customers.hpp"

#include <algorithm>

#include "contracts/instant.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto on_sale = 8s;  // when all want the first listing at once
constexpr auto time_to_hear = 3s;
// Where clocks were far from one another, all is read again each minute.
constexpr auto time_to_hear_with_wrong_clocks = 62s;

std::string machine_of(int number) { return fmt::format("10.0.0.{}", number + 1); }

}  // namespace

People::People(Marketplace& marketplace, Habits habits)
    : marketplace_(marketplace),
      world_(marketplace.world),
      habits_(std::move(habits)),
      asking_(marketplace),
      accounts_(asking_, promises) {}

std::vector<std::string> People::machines() const {
    std::vector<std::string> all;
    for (int number = 0; number < count(); ++number) all.push_back(machine_of(number));
    return all;
}

void People::start() {
    for (int number = 0; number < count(); ++number) {
        if (habits_.absent.contains(number)) continue;
        ++present_;
        auto& person = *all_.emplace_back(std::make_unique<Person>());
        person.number = number;
        person.email = fmt::format("person{}@example.com", number);
        person.address = machine_of(number);
        boost::asio::co_spawn(asking_.executor, live(person), [this](std::exception_ptr failure) {
            if (failure) std::rethrow_exception(failure);
            --present_;
        });
    }
}

void People::try_sessions_and_passwords(std::vector<std::string>& found, std::function<void()> done) {
    boost::asio::co_spawn(asking_.executor, try_all(found),
                          [done = std::move(done)](std::exception_ptr failure) {
                              if (failure) std::rethrow_exception(failure);
                              done();
                          });
}

Task<> People::try_all(std::vector<std::string>& found) {
    auto clocks_differed = marketplace_.faults.injected().contains("clock set wrong by minutes");
    co_await runtime::sleep_for(asking_.clock,
                                clocks_differed ? time_to_hear_with_wrong_clocks : time_to_hear);
    co_await accounts_.try_ended_sessions(found);
    for (auto& person : all_) co_await accounts_.try_passwords(*person, found);
}

// ---- everybody

Task<> People::live(Person& person) {
    co_await asking_.pause(1s, 4s);
    while (person.token.empty() && !is_over()) co_await accounts_.come_in(person);
    if (is_seller(person)) co_await sell(person);
    if (!is_seller(person) && world_.now() < on_sale)
        co_await runtime::sleep_for(asking_.clock,
                                    std::chrono::ceil<std::chrono::milliseconds>(on_sale - world_.now()));
    while (!is_over()) {
        co_await go_on(person);
        co_await asking_.pause(0ms, is_seller(person) ? 4s : 1500ms);
    }
}

Task<> People::go_on(Person& person) {
    if (person.token.empty()) co_return co_await accounts_.come_in(person);
    if (world_.chance(0.08)) co_return co_await see_to_account(person);
    if (world_.chance(0.15)) co_return co_await look_around(person);
    if (!is_seller(person)) co_return co_await buy(person);
    if (world_.chance(0.3)) co_return co_await sell(person);
    co_await change_a_listing(person);
}

Task<> People::see_to_account(Person& person) {
    switch (world_.below(5)) {
        case 0:
            co_return co_await accounts_.confirm_address(person);
        case 1:
            co_return co_await accounts_.change_password(person);
        case 2:
            co_return co_await accounts_.reset_password(person);
        default:
            co_return co_await accounts_.sign_out(person);
    }
}

// Pages, which ask the services in turn, and lists.
Task<> People::look_around(Person& person) {
    static const std::vector<std::string> paths{
        "/", "/orders", "/selling", "/api/tickets?q=night&sort=price", "/api/orders", "/api/tickets/mine"};
    auto path = world_.one_of(paths);
    if (!listings_.empty() && world_.chance(0.4))
        path = (world_.chance(0.5) ? "/tickets/" : "/api/tickets/") + world_.one_of(listings_).id;
    (void)co_await asking_.ask(person, {Method::get, path, {}, {}});
}

// ---- sellers

Task<> People::sell(Person& person) {
    auto title = fmt::format("A night by {}", person.number);
    auto price = fmt::format("{}.{:02}", 1 + world_.below(90), world_.below(100));
    auto quantity = std::to_string(1 + world_.below(8));
    auto key = new_key();
    auto question = uses_form()
                        ? form_at("/tickets/new", {{"title", title},
                                                   {"price", price},
                                                   {"quantity", quantity},
                                                   {"maxPerOrder", "4"},
                                                   {"key", key}})
                        : Question{Method::post, "/api/tickets",
                                   fmt::format(R"({{"title":"{}","price":{},"quantity":{},"maxPerOrder":4}})",
                                               title, price, quantity),
                                   key};
    auto reply = co_await asking_.insist(person, std::move(question));
    if (!reply.ok()) co_return;
    promises.listed(reply.id(), 1);
    listings_.push_back({reply.id(), person.number});
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
        auto reply = co_await asking_.ask(person, {Method::put, path, body, {}});
        if (reply.ok()) promises.listed(id, std::stoll("0" + reply.at("version")));
        co_return;
    }
    if (what == 8) {
        auto reply = co_await asking_.insist(person, {Method::delete_, path, {}, {}});
        if (reply.ok()) promises.withdrawn(id);
    } else {
        auto reply = co_await asking_.insist(person, {Method::post, path + "/cancel", "{}", new_key()});
        if (reply.ok()) promises.called_off(id);
    }
    if (world_.chance(0.7)) co_await sell(person);
}

// ---- buyers

// Baskets overlap, in every order. Mostly the first listing is among them: it is what everybody wants.
std::vector<People::Wanted> People::basket() {
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
    std::vector<Wanted> wanted;
    for (const auto& id : chosen) wanted.push_back({id, world_.chance(0.8) ? 1 : 2});
    return wanted;
}

Question People::to_hold(const std::vector<Wanted>& wanted, const std::string& key) {
    if (!key.empty() && uses_form()) {
        std::vector<std::pair<std::string_view, std::string>> fields{{"key", key}};
        for (const auto& [ticket, quantity] : wanted) {
            fields.emplace_back("ticket", ticket);
            fields.emplace_back("quantity", std::to_string(quantity));
        }
        return form_at("/orders", fields);
    }
    std::string items;
    for (const auto& [ticket, quantity] : wanted)
        items +=
            fmt::format(R"({}{{"ticketId":"{}","quantity":{}}})", items.empty() ? "" : ",", ticket, quantity);
    return {Method::post, "/api/orders", R"({"items":[)" + items + "]}", key};
}

Question People::to_cancel(const std::string& order) {
    if (uses_form()) return form_at("/orders/" + order + "/cancel", {});
    return {Method::delete_, "/api/orders/" + order, {}};
}

Question People::to_pay(const std::string& order, const std::string& token, const std::string& key) {
    if (!key.empty() && uses_form())
        return form_at("/orders/" + order + "/pay", {{"token", token}, {"key", key}});
    return {Method::post, "/api/payments", fmt::format(R"({{"orderId":"{}","token":"{}"}})", order, token),
            key};
}

Task<> People::buy(Person& person) {
    auto wanted = basket();
    if (wanted.empty()) co_return;
    auto key = world_.chance(0.7) ? new_key() : "";
    auto question = to_hold(wanted, key);
    auto reply =
        key.empty() ? co_await asking_.ask(person, question) : co_await asking_.insist(person, question);
    if (!reply.ok()) co_return;
    auto order = reply.id();
    promises.ordered(order, key);
    // The answer to a form doesn't say it.
    auto expires_at = Instant::parse(reply.at("expiresAt"))
                          .value_or(asking_.clock.now() + marketplace_.settings.time_to_pay());
    // A double click: the same request once more.
    if (!key.empty() && world_.chance(0.2)) {
        auto again = co_await asking_.ask(person, question);
        if (again.ok()) promises.ordered(again.id(), key);
    }
    co_await decide(person, order, expires_at);
}

Task<> People::decide(Person& person, std::string order, Instant expires_at) {
    auto what = world_.below(10);
    if (what < 6) {
        co_await asking_.pause(0ms, 2s);
        co_await pay(person, order);
    } else if (what == 6) {  // at the very moment
        auto moment =
            expires_at + std::chrono::milliseconds{static_cast<std::int64_t>(world_.below(400)) - 200};
        if (moment > asking_.clock.now())
            co_await runtime::sleep_for(asking_.clock, moment - asking_.clock.now());
        co_await pay(person, order);
    } else if (what == 7) {
        auto reply = co_await asking_.insist(person, to_cancel(order));
        if (reply.ok()) promises.cancelled(order);
    } else if (what == 8) {  // cancels while paying
        boost::asio::co_spawn(asking_.executor, pay(person, order), boost::asio::detached);
        co_await asking_.pause(0ms, 30ms);
        auto reply = co_await asking_.ask(person, to_cancel(order));
        if (reply.ok()) promises.cancelled(order);
    }  // else: gives up
}

Task<> People::pay(Person person, std::string order) {
    static const std::vector<std::string> tokens{
        "tok_visa", "tok_visa", "tok_visa", "tok_visa", "tok_slow", "tok_chargeDeclined", "tok_answerLost"};
    auto token = world_.one_of(tokens);
    auto key = world_.chance(0.5) ? new_key() : "";
    if (world_.chance(0.2))  // a double click
        boost::asio::co_spawn(asking_.executor, pay_once(person, order, token, key), boost::asio::detached);
    co_await pay_once(person, order, token, key);
    if (token == "tok_chargeDeclined" && world_.chance(0.7)) co_await pay_once(person, order, "tok_visa", "");
}

Task<> People::pay_once(Person person, std::string order, std::string token, std::string key) {
    auto question = to_pay(order, token, key);
    auto reply = co_await asking_.insist(person, question);
    if (!reply.ok()) co_return;
    if (question.is_form)
        promises.thanked(order);
    else
        promises.paid(order, reply.id());
}

}  // namespace stagedoor::simulation
