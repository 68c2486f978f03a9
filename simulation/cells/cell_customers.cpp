#include "simulation/cells/cell_customers.hpp"

#include <fmt/format.h>

#include <array>
#include <map>

#include "common/http/status.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto revocation_delay = 3s;

http::Request order_request(const std::string& listing, const std::string& key) {
    return api_request(Method::post, "/api/orders", fmt::format(R"({{"ticketId":"{}"}})", listing), key);
}

http::Request payment_request(const std::string& order, const std::string& key) {
    return api_request(Method::post, "/api/payments",
                       fmt::format(R"({{"orderId":"{}","token":"tok_visa"}})", order), key);
}

}  // namespace

CellCustomers::CellCustomers(CellMarketplace& marketplace, int buyers)
    : marketplace_(marketplace), world_(marketplace.home().world), requests_(marketplace.home()) {
    auto add = [](Customer& customer, int number) {
        customer.number = number;
        customer.email = fmt::format("person{}@example.com", number);
        customer.address = fmt::format("10.0.{}.{}", number / 200, number % 200 + 1);
    };
    add(seller_, 0);
    for (int number = 1; number <= buyers; ++number)
        add(*buyers_.emplace_back(std::make_unique<Customer>()), number);
}

void CellCustomers::spawn(Task<> task) {
    ++active_;
    boost::asio::co_spawn(requests_.executor, std::move(task), [this](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        --active_;
    });
}

Task<Response> CellCustomers::send(Customer& customer, int cell, std::string what, http::Request request) {
    CellRequest record{.cell = cell, .what = std::move(what), .sent = world_.now()};
    auto response = co_await requests_.send(customer, std::move(request));
    record.responded = world_.now();
    record.succeeded = response.ok();
    record.status = response.is_rejected_form() ? http::status_of(ErrorKind::unavailable) : response.status;
    on_response(record);
    co_return response;
}

Task<> CellCustomers::sign_up(Customer& customer) {
    auto body = fmt::format(R"({{"email":"{}","password":"an unusual password"}})", customer.email);
    while (customer.token.empty()) {
        auto response =
            co_await requests_.send(customer, api_request(Method::post, "/api/users/signup", body));
        if (response.ok()) customer.token = response.token();
        if (!response.ok()) co_await requests_.pause(500ms, 1s);  // it is still starting
    }
    std::string link;
    while (link.empty()) {
        co_await requests_.pause(100ms, 300ms);
        link = marketplace_.home().mail.newest_token(customer.email, "/auth/confirm");
    }
    (void)co_await requests_.send_with_retry(
        customer, api_request(Method::post, "/api/users/confirm", fmt::format(R"({{"token":"{}"}})", link)));
}

void CellCustomers::open(int listings_per_cell) { spawn(sign_up_and_list(listings_per_cell)); }

Task<> CellCustomers::sign_up_and_list(int listings_per_cell) {
    co_await requests_.pause(2s, 3s);
    co_await sign_up(seller_);
    for (auto& buyer : buyers_) co_await sign_up(*buyer);
    std::map<int, int> listed;  // by cell
    auto wanted = static_cast<std::size_t>(listings_per_cell * marketplace_.count());
    while (listings_.size() < wanted) {
        auto response = co_await requests_.send(
            seller_, api_request(Method::post, "/api/tickets",
                                 R"({"title":"A night","price":20,"quantity":100000,"maxPerOrder":4})",
                                 requests_.new_idempotency_key()));
        if (!response.ok()) {
            co_await requests_.pause(500ms, 1s);
            continue;
        }
        auto& count = listed[marketplace_.cell_of(response.id())];
        if (count == listings_per_cell) continue;
        ++count;
        listings_.push_back(response.id());
    }
    open_ = true;
}

void CellCustomers::shop_until(Duration end) {
    for (auto& buyer : buyers_) spawn(shop(*buyer, end));
}

Task<> CellCustomers::shop(Customer& buyer, Duration end) {
    while (world_.now() < end) {
        co_await buy_one(buyer);
        if (world_.chance(0.5)) co_await look_around(buyer);
        co_await requests_.pause(100ms, 1s);
    }
}

Task<> CellCustomers::buy_one(Customer& buyer) {
    auto listing = world_.pick(listings_);
    auto cell = marketplace_.cell_of(listing);
    auto with_forms = world_.chance(0.5);
    auto page = (with_forms ? "/tickets/" : "/api/tickets/") + listing;
    (void)co_await send(buyer, cell, "a listing", api_request(Method::get, page));
    auto key = requests_.new_idempotency_key();
    auto held = co_await send(
        buyer, cell, "a hold",
        with_forms ? form_request("/orders", {{"ticket", listing}, {"quantity", "1"}, {"key", key}})
                   : order_request(listing, key));
    if (!held.ok()) co_return;
    auto order = held.id();
    key = requests_.new_idempotency_key();
    auto paid = co_await send(
        buyer, cell, "a payment",
        with_forms ? form_request("/orders/" + order + "/pay", {{"token", "tok_visa"}, {"key", key}})
                   : payment_request(order, key));
    if (paid.ok()) purchases_.paid_at.push_back(world_.now());
    (void)co_await send(buyer, cell, "an order",
                        api_request(Method::get, (with_forms ? "/orders/" : "/api/orders/") + order));
}

// What isn't about one cell.
Task<> CellCustomers::look_around(Customer& buyer) {
    constexpr std::array pages{"/api/orders", "/orders", "/api/tickets/mine", "/api/users/currentuser",
                               "/account",    "/basket", "/tickets/new"};
    std::string page = pages.at(world_.below(pages.size()));
    auto request = api_request(Method::get, page);
    if (page == "/basket")  // of two listings, which may be in two cells
        request.headers.add("Cookie",
                            fmt::format("basket={}:1.{}:1", world_.pick(listings_), world_.pick(listings_)));
    (void)co_await send(buyer, 0, page, std::move(request));
}

void CellCustomers::rush_until(Duration end, double per_second, int max_at_once) {
    spawn(rush(end, per_second, max_at_once));
}

Task<> CellCustomers::rush(Duration end, double per_second, int max_at_once) {
    constexpr auto interval = 10ms;
    auto begin = world_.now();
    std::size_t next = 0;
    while (world_.now() < end) {
        auto due = std::chrono::duration<double>(world_.now() - begin).count() * per_second;
        for (; static_cast<double>(purchases_.started + purchases_.turned_away) < due; ++next) {
            if (active_ > max_at_once) {  // it counts this task, too
                ++purchases_.turned_away;
                continue;
            }
            ++purchases_.started;
            spawn(purchase(*buyers_.at(next % buyers_.size())));
        }
        co_await requests_.pause(interval, interval);
    }
}

Task<> CellCustomers::purchase(Customer& buyer) {
    auto held = co_await requests_.send(
        buyer, order_request(world_.pick(listings_), requests_.new_idempotency_key()));
    if (!held.ok()) co_return;
    auto paid = co_await requests_.send(buyer, payment_request(held.id(), requests_.new_idempotency_key()));
    if (paid.ok()) purchases_.paid_at.push_back(world_.now());
}

void CellCustomers::leave(std::vector<std::string>& found) { spawn(sign_out_and_check(found)); }

Task<> CellCustomers::sign_out_and_check(std::vector<std::string>& found) {
    std::vector<std::string> tokens;
    for (auto& buyer : buyers_) {
        tokens.push_back(buyer->token);
        (void)co_await requests_.send(*buyer, api_request(Method::post, "/api/users/signout", "{}"));
    }
    co_await runtime::sleep_for(requests_.clock, revocation_delay);
    const std::vector<std::pair<std::string, std::string>> routes{
        {"tickets", "/api/tickets/mine"}, {"orders", "/api/orders"}, {"payments", "/api/payments/balance"}};
    for (int cell = 1; cell <= marketplace_.count(); ++cell) {
        if (!marketplace_.cell(cell).mail.newest_token(seller_.email, "/auth/confirm").empty())
            found.push_back(fmt::format("cell {} has emailed a link that home has emailed, too", cell));
        for (const auto& [service, path] : routes) {
            for (auto* replica : marketplace_.cell(cell).replicas_of(service)) {
                auto status = co_await requests_.status_at(replica->machine(), path, tokens.at(0));
                if (http::error_kind_of(status) != ErrorKind::not_signed_in)
                    found.push_back(
                        fmt::format("{} responds with {} to an ended session", replica->machine(), status));
            }
        }
    }
}

}  // namespace stagedoor::simulation
