#include "simulation/workload/accounts.hpp"

#include <array>

#include "common/http/status.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto email_timeout = 10s;

std::string credentials(const Customer& customer, const std::string& password) {
    return fmt::format(R"({{"email":"{}","password":"{}"}})", customer.email, password);
}

}  // namespace

void Accounts::record_sign_in(Customer& customer, const Response& response, const std::string& password) {
    customer.id = response.at("id");
    customer.password = password;
    expected_.signed_up(customer.id);
    record_session(customer, response);
}

void Accounts::record_session(Customer& customer, const Response& response) {
    customer.token = response.token();
    customer.tokens.push_back(customer.token);
}

Task<> Accounts::sign_up_or_in(Customer& customer) {
    if (customer.passwords.empty()) customer.passwords.push_back(new_password());
    if (!customer.id.empty()) co_return co_await sign_in(customer);
    const auto& password = customer.passwords.front();
    auto response = co_await requests_.send(
        customer, api_request(Method::post, "/api/users/signup", credentials(customer, password)));
    if (http::error_kind_of(response.status) == ErrorKind::conflict)
        co_return co_await sign_in(customer);  // an earlier attempt did succeed
    if (!response.ok()) co_return co_await requests_.pause(200ms, 1s);
    record_sign_in(customer, response, password);
}

Task<> Accounts::sign_in(Customer& customer) {
    for (const auto& password : customer.passwords) {
        auto response = co_await requests_.send(
            customer, api_request(Method::post, "/api/users/signin", credentials(customer, password)));
        if (!response.ok()) continue;
        co_return record_sign_in(customer, response, password);
    }
    co_await requests_.pause(200ms, 1s);
}

Task<> Accounts::sign_out(Customer& customer) {
    auto token = customer.token;
    auto response = co_await requests_.send(customer, api_request(Method::post, "/api/users/signout", "{}"));
    if (response.ok()) ended_sessions_.push_back(token);
    customer.token.clear();
}

Task<> Accounts::confirm_email(Customer& customer) {
    auto token = marketplace_.mail.newest_token(customer.email, "/auth/confirm");
    if (token.empty()) co_return;
    auto response = co_await requests_.send_with_retry(
        customer, api_request(Method::post, "/api/users/confirm", fmt::format(R"({{"token":"{}"}})", token)));
    if (response.ok()) expected_.email_confirmed(customer.id);
}

// Without a response either password may be valid, now or later: the request may still be in flight.
void Accounts::record_new_password(Customer& customer, const Response& response,
                                   const std::string& password) {
    if (response.is_unknown() || response.is_rejected_form())
        customer.passwords.insert(customer.passwords.begin(), password);
    if (!response.ok()) return;
    std::ranges::move(customer.tokens, std::back_inserter(ended_sessions_));
    customer.tokens.clear();
    customer.passwords = {password};
    customer.password = password;
}

Task<> Accounts::change_password(Customer& customer) {
    auto password = new_password();
    auto body = fmt::format(R"({{"currentPassword":"{}","newPassword":"{}"}})", customer.password, password);
    auto response = co_await requests_.send(customer, api_request(Method::put, "/api/users/password", body));
    record_new_password(customer, response, password);
    if (response.ok()) record_session(customer, response);
}

Task<> Accounts::reset_password(Customer& customer) {
    auto requested = co_await requests_.send_with_retry(
        customer, api_request(Method::post, "/api/users/password/reset",
                              fmt::format(R"({{"email":"{}"}})", customer.email)));
    if (!requested.ok()) co_return;
    std::string token;
    for (auto waited = 0ms; waited < email_timeout && token.empty(); waited += 500ms) {
        co_await runtime::sleep_for(requests_.clock, 500ms);
        token = marketplace_.mail.newest_token(customer.email, "/auth/reset");
        if (token == customer.used_reset_token) token.clear();
    }
    if (token.empty()) co_return;
    customer.used_reset_token = token;
    auto password = new_password();
    auto request = requests_.world.chance(0.5)
                       ? form_request("/auth/reset", {{"token", token}, {"password", password}})
                       : api_request(Method::post, "/api/users/password/reset/confirm",
                                     fmt::format(R"({{"token":"{}","password":"{}"}})", token, password));
    auto response = co_await requests_.send(customer, std::move(request));
    record_new_password(customer, response, password);
    if (response.ok()) customer.token.clear();
}

Task<> Accounts::choose_name(Customer& customer) {
    auto number = names_.below(100);
    auto name = number < 20 ? std::string{} : fmt::format("Stage {} of {}", number, customer.number);
    (void)co_await requests_.send(
        customer, api_request(Method::put, "/api/users/name", fmt::format(R"({{"name":"{}"}})", name)));
}

Task<> Accounts::check_ended_sessions(std::vector<std::string>& found) {
    static constexpr std::array pages{
        std::pair{"auth", "/api/users/sessions"}, std::pair{"orders", "/api/orders"},
        std::pair{"payments", "/api/payments/balance"}, std::pair{"tickets", "/api/tickets/mine"}};
    for (const auto& token : ended_sessions_) {
        for (const auto& [service, path] : pages) {
            for (auto* replica : marketplace_.replicas_of(service)) {
                auto status = co_await requests_.status_at(replica->machine(), path, token);
                if (http::error_kind_of(status) != ErrorKind::not_signed_in)
                    found.push_back(
                        fmt::format("an ended session gets {} from {}", status, replica->machine()));
            }
        }
    }
}

Task<> Accounts::check_passwords(Customer& customer, std::vector<std::string>& found) {
    if (customer.id.empty()) co_return;
    customer.token.clear();
    co_await sign_in(customer);
    if (customer.token.empty()) found.push_back(fmt::format("{} can't sign in any more", customer.email));
}

}  // namespace stagedoor::simulation
