#include "apps/demo/demo.hpp"

#include <filesystem>
#include <iostream>
#include <set>

#include "apps/demo/sample_listings.hpp"
#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "common/json/write.hpp"
#include "services/client/settings.hpp"

namespace stagedoor::demo {
namespace {

struct Credentials {
    std::string email, password;
};
BOOST_DESCRIBE_STRUCT(Credentials, (), (email, password))

struct Listing {
    std::string title;
};
BOOST_DESCRIBE_STRUCT(Listing, (), (title))

// A user of the API, signed in by cookie.
class User {
  public:
    // Each user has an address of its own (from those for documentation, RFC 5737), since sign-ups are
    // limited per address.
    User(http::Client& client, std::string email, std::size_t number)
        : client_(client), email_(std::move(email)), address_("192.0.2." + std::to_string(number)) {}

    // Signs up, or signs in if an earlier run has created the user.
    Task<> sign_in() {
        auto body = json::to_json(Credentials{email_, std::string{client::sample_password}});
        auto response = co_await request("auth", http::Method::post, "/api/users/signup", body);
        if (http::error_kind_of(response.status) == ErrorKind::conflict)
            response = co_await request("auth", http::Method::post, "/api/users/signin", body);
        if (!http::is_success(response.status))
            throw std::runtime_error("the demo user " + email_ + " could not sign in: " + response.body);
        auto cookie = response.headers["Set-Cookie"];
        cookie_ = cookie.substr(0, cookie.find(';'));
    }

    Task<std::set<std::string>> titles() {
        auto response = co_await request("tickets", http::Method::get, "/api/tickets/mine?limit=100", {});
        std::set<std::string> all;
        for (auto& listing :
             json::read<std::vector<Listing>>(response.body).value_or(std::vector<Listing>{})) {
            all.insert(std::move(listing.title));
        }
        co_return all;
    }

    Task<> choose_name(std::string_view name) {
        std::string body = R"({"name":)";
        json::write_string(body, name);
        auto response = co_await request("auth", http::Method::put, "/api/users/name", body + "}");
        if (!http::is_success(response.status))
            throw std::runtime_error("could not name a sample seller: " + response.body);
    }

    Task<> list(std::string body) {
        auto response = co_await request("tickets", http::Method::post, "/api/tickets", std::move(body));
        if (response.status != http::created)
            throw std::runtime_error("could not create a sample listing: " + response.body);
    }

  private:
    Task<http::Response> request(std::string_view service, http::Method method, std::string target,
                                 std::string body) {
        http::Request request;
        request.method = method;
        (void)request.set_target(target);
        if (!body.empty()) request.headers.add("Content-Type", "application/json");
        if (!cookie_.empty()) request.headers.add("Cookie", cookie_);
        request.body = std::move(body);
        request.request_id = "demo";
        request.remote_address = address_;
        return client_.send(service, std::move(request));
    }

    http::Client& client_;
    std::string email_, address_, cookie_;
};

std::string body_of(const SampleListing& listing, Instant now) {
    std::string body = R"({"title":)";
    auto text = [&](std::string_view name, std::string_view value) {
        body.append(",\"").append(name).append("\":");
        json::write_string(body, value);
    };
    json::write_string(body, listing.title);
    body.append(R"(,"price":)").append(listing.price);
    body += R"(,"quantity":)" + std::to_string(listing.quantity) + R"(,"maxPerOrder":)" +
            std::to_string(listing.max_per_order);
    text("currency", listing.currency);
    text("category", listing.category);
    text("venue", listing.venue);
    text("city", listing.city);
    text("timeZone", listing.time_zone);
    text("startsAt", starts_at(listing, now).to_text());
    text("seats", listing.seats);
    text("description", listing.description);
    return body + "}";
}

}  // namespace

Task<> fill(http::Client& client, Instant now, const std::string& data_folder) {
    auto done = std::filesystem::path{data_folder} / "demo";
    auto login =
        fmt::format("sign in as {} with the password {}", client::sample_email, client::sample_password);
    if (std::filesystem::exists(done)) {
        std::cout << "Sample data: " << login << std::endl;
        co_return;
    }
    std::size_t created = 0, number = 0;
    for (const auto& seller : sample_sellers()) {
        User user{client, std::string{seller.email}, ++number};
        co_await user.sign_in();
        co_await user.choose_name(seller.name);
        auto present = co_await user.titles();
        for (const auto& listing : seller.listings) {
            if (present.contains(std::string{listing.title})) continue;
            co_await user.list(body_of(listing, now));
            ++created;
        }
    }
    User user{client, std::string{client::sample_email}, ++number};
    co_await user.sign_in();
    auto* marker = std::fopen(done.c_str(), "w");
    if (marker) std::fclose(marker);
    std::cout << "Created " << created << " demo listings of " << sample_sellers().size() << " sellers; "
              << login << std::endl;
}

}  // namespace stagedoor::demo
