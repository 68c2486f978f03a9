#include "simulation/workload/accounts.hpp"

#include <array>

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto patience_with_mail = 10s;

std::string credentials(const Person& person, const std::string& password) {
    return fmt::format(R"({{"email":"{}","password":"{}"}})", person.email, password);
}

}  // namespace

void Accounts::note_sign_in(Person& person, const Reply& reply, const std::string& password) {
    person.id = reply.at("id");
    person.password = password;
    promises_.signed_up(person.id);
    note_session(person, reply);
}

void Accounts::note_session(Person& person, const Reply& reply) {
    person.token = reply.token();
    person.tokens.push_back(person.token);
}

Task<> Accounts::come_in(Person& person) {
    if (person.passwords.empty()) person.passwords.push_back(new_password());
    if (!person.id.empty()) co_return co_await sign_in(person);
    const auto& password = person.passwords.front();
    auto reply =
        co_await asking_.ask(person, {Method::post, "/api/users/signup", credentials(person, password)});
    if (reply.status == 409) co_return co_await sign_in(person);  // a try without an answer was done
    if (!reply.ok()) co_return co_await asking_.pause(200ms, 1s);
    note_sign_in(person, reply, password);
}

Task<> Accounts::sign_in(Person& person) {
    for (const auto& password : person.passwords) {
        auto reply =
            co_await asking_.ask(person, {Method::post, "/api/users/signin", credentials(person, password)});
        if (!reply.ok()) continue;
        co_return note_sign_in(person, reply, password);
    }
    co_await asking_.pause(200ms, 1s);
}

Task<> Accounts::sign_out(Person& person) {
    auto token = person.token;
    auto reply = co_await asking_.ask(person, {Method::post, "/api/users/signout", "{}"});
    if (reply.ok()) ended_sessions_.push_back(token);
    person.token.clear();
}

Task<> Accounts::confirm_address(Person& person) {
    auto token = marketplace_.mail.newest_token(person.email, "/auth/confirm");
    if (token.empty()) co_return;
    auto reply = co_await asking_.insist(
        person, {Method::post, "/api/users/confirm", fmt::format(R"({{"token":"{}"}})", token)});
    if (reply.ok()) promises_.confirmed(person.id);
}

// Of no answer nobody knows which one counts, also later: the request may still be on its way.
void Accounts::note_new_password(Person& person, const Reply& reply, const std::string& password) {
    if (reply.is_unknown()) person.passwords.insert(person.passwords.begin(), password);
    if (!reply.ok()) return;
    std::ranges::move(person.tokens, std::back_inserter(ended_sessions_));
    person.tokens.clear();
    person.passwords = {password};
    person.password = password;
}

Task<> Accounts::change_password(Person& person) {
    auto password = new_password();
    auto reply = co_await asking_.ask(
        person, {Method::put, "/api/users/password",
                 fmt::format(R"({{"currentPassword":"{}","newPassword":"{}"}})", person.password, password)});
    note_new_password(person, reply, password);
    if (reply.ok()) note_session(person, reply);
}

Task<> Accounts::reset_password(Person& person) {
    auto asked = co_await asking_.insist(person, {Method::post, "/api/users/password/reset",
                                                  fmt::format(R"({{"email":"{}"}})", person.email)});
    if (!asked.ok()) co_return;
    std::string token;
    for (auto waited = 0ms; waited < patience_with_mail && token.empty(); waited += 500ms) {
        co_await runtime::sleep_for(asking_.clock, 500ms);
        token = marketplace_.mail.newest_token(person.email, "/auth/reset");
        if (token == person.last_link) token.clear();
    }
    if (token.empty()) co_return;
    person.last_link = token;
    auto password = new_password();
    auto question = asking_.world.chance(0.5)
                        ? form_at("/auth/reset", {{"token", token}, {"password", password}})
                        : Question{Method::post, "/api/users/password/reset/confirm",
                                   fmt::format(R"({{"token":"{}","password":"{}"}})", token, password)};
    auto reply = co_await asking_.ask(person, std::move(question));
    note_new_password(person, reply, password);
    if (reply.ok()) person.token.clear();
}

Task<> Accounts::try_ended_sessions(std::vector<std::string>& found) {
    static constexpr std::array pages{
        std::pair{"auth", "/api/users/sessions"}, std::pair{"orders", "/api/orders"},
        std::pair{"payments", "/api/payments/balance"}, std::pair{"tickets", "/api/tickets/mine"}};
    for (const auto& token : ended_sessions_) {
        for (const auto& [service, path] : pages) {
            for (auto* copy : marketplace_.copies(service)) {
                auto status = co_await asking_.status_at(copy->machine(), path, token);
                if (status != 401)
                    found.push_back(fmt::format("a session that was ended is answered {} by {}", status,
                                                copy->machine()));
            }
        }
    }
}

Task<> Accounts::try_passwords(Person& person, std::vector<std::string>& found) {
    if (person.id.empty()) co_return;
    person.token.clear();
    co_await sign_in(person);
    if (person.token.empty()) found.push_back(fmt::format("{} can't sign in any more", person.email));
}

}  // namespace stagedoor::simulation
