#include "simulation/workload/selling.hpp"

#include <algorithm>

namespace stagedoor::simulation {

using namespace std::chrono_literals;
using http::Method;

Task<> Selling::create_listing(Customer& seller) {
    auto title = fmt::format("A night by {}", seller.number);
    auto cents = static_cast<std::int64_t>(100 + world_.below(9000));
    auto price = fmt::format("{}.{:02}", cents / 100, cents % 100);
    auto quantity = std::to_string(1 + world_.below(8));
    auto picture = co_await upload_picture(seller);
    auto key = requests_.new_idempotency_key();
    auto request =
        picture.empty() && requests_.prefers_form()
            ? form_request("/tickets/new", {{"title", title},
                                            {"price", price},
                                            {"quantity", quantity},
                                            {"maxPerOrder", "4"},
                                            {"maxPerBuyer", "3"},
                                            {"key", key}})
            : api_request(
                  Method::post, "/api/tickets",
                  fmt::format(
                      R"({{"title":"{}","price":{},"quantity":{},"maxPerOrder":4,"maxPerBuyer":3{}}})", title,
                      price, quantity, picture),
                  key);
    auto response = co_await requests_.send_with_retry(seller, std::move(request));
    if (!response.ok()) co_return;
    expected_.listed(response.id(), 1);
    listings_.push_back({response.id(), seller.number, cents});
}

Task<> Selling::change_listing(Customer& seller) {
    std::vector<Listing> own;
    std::ranges::copy_if(listings_, std::back_inserter(own),
                         [&](const Listing& each) { return each.seller == seller.number; });
    if (own.empty()) co_return;
    auto id = world_.pick(own).id;
    auto path = "/api/tickets/" + id;
    auto choice = world_.below(10);
    if (choice < 8) co_return co_await edit(seller, id);
    if (choice == 8) {
        auto response = co_await requests_.send_with_retry(seller, api_request(Method::delete_, path));
        if (response.ok()) expected_.withdrawn(id);
    } else {
        auto response = co_await requests_.send_with_retry(
            seller, api_request(Method::post, path + "/cancel", "{}", requests_.new_idempotency_key()));
        if (response.ok()) expected_.listing_cancelled(id);
    }
    if (world_.chance(0.7)) co_await create_listing(seller);
}

// Often the listing comes just when the picture is about to be deleted.
Task<std::string> Selling::upload_picture(Customer& seller) {
    if (!requests_.marketplace.site.has_pictures || world_.chance(0.5)) co_return "";
    auto request = api_request(Method::post, "/api/tickets/pictures", "a picture of a stage");
    request.headers.set("Content-Type", "image/jpeg");
    auto response = co_await requests_.send(seller, std::move(request));
    if (!response.ok()) co_return "";
    if (world_.chance(0.5))
        co_await requests_.pause(unused_pictures_kept_for - 1s, unused_pictures_kept_for + 5s);
    co_return fmt::format(R"(,"picture":"{}")", response.id());
}

// Buyers are emailed when the venue changes.
Task<> Selling::edit(Customer& seller, std::string listing) {
    auto price = static_cast<std::int64_t>(1 + world_.below(90));
    auto venue = world_.chance(0.5) ? fmt::format(R"(,"venue":"Hall {}")", 1 + world_.below(3)) : "";
    auto body =
        fmt::format(R"({{"title":"A changed night by {}","price":{},"quantity":{},"maxPerOrder":4{}{}}})",
                    seller.number, price, 1 + world_.below(8), venue, co_await upload_picture(seller));
    auto response =
        co_await requests_.send(seller, api_request(Method::put, "/api/tickets/" + listing, body));
    if (!response.ok()) co_return;
    expected_.listed(listing, std::stoll("0" + response.at("version")));
    auto edited = std::ranges::find(listings_, listing, &Listing::id);
    if (edited != listings_.end()) edited->price_cents = price * 100;
}

}  // namespace stagedoor::simulation
