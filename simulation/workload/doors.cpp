#include "simulation/workload/doors.hpp"

#include <algorithm>

#include "common/http/status.hpp"
#include "common/security/token.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto max_clock_skew = 90s;
constexpr double share_lost = 0.2;  // of phones, at some time

std::string text_of(const json::Value& value) {
    if (const auto* text = value.string()) return *text;
    return value.number() ? value.number()->text : "";
}

// "TOKEN" in "https://tickets.example/door#TOKEN".
std::string after_hash(const std::string& link) {
    return link.substr(std::min(link.size(), link.find('#') + 1));
}

}  // namespace

void Doors::start_phone(std::string machine, Duration until) {
    auto skew = world_.chance(0.5)
                    ? std::chrono::ceil<std::chrono::milliseconds>(world_.between(0s, 2 * max_clock_skew)) -
                          max_clock_skew
                    : 0ms;
    auto& phone = *phones_.emplace_back(std::make_unique<Scanner>(requests_, log, std::move(machine), skew));
    ++active_;
    boost::asio::co_spawn(requests_.executor, run(phone, until), [this](std::exception_ptr failure) {
        if (failure) std::rethrow_exception(failure);
        --active_;
    });
}

Task<> Doors::run(Scanner& phone, Duration until) {
    auto lost_at = world_.chance(share_lost) ? world_.between(15s, until) : Duration::max();
    for (auto has_joined = false; !has_joined;) {
        co_await requests_.pause(1s, 3s);
        if (world_.now() >= until) co_return;
        auto links = links_with_queue();
        if (!links.empty()) has_joined = co_await phone.join(world_.pick(links));
    }
    while (world_.now() < until) {
        if (world_.now() >= lost_at || phone.is_refused()) co_return;
        co_await phone.act(queue_for(phone.listing()));
        co_await requests_.pause(0ms, 700ms);
    }
    while (!phone.is_refused() && !co_await phone.finish()) co_await requests_.pause(1s, 3s);
}

std::vector<DoorLink> Doors::links_with_queue() const {
    std::vector<DoorLink> links;
    std::ranges::copy_if(links_, std::back_inserter(links),
                         [&](const DoorLink& each) { return !queue_for(each.listing).empty(); });
    return links;
}

std::vector<ShownCode> Doors::queue_for(const std::string& listing) const {
    std::vector<ShownCode> queue;
    std::ranges::copy_if(queue_, std::back_inserter(queue),
                         [&](const ShownCode& each) { return each.listing == listing; });
    return queue;
}

Task<> Doors::manage(Customer& seller) {
    std::vector<std::string> own;
    for (const auto& listing : selling_.listings()) {
        if (listing.seller == seller.number) own.push_back(listing.id);
    }
    if (own.empty()) co_return;
    auto listing = world_.chance(0.5) ? own.front() : world_.pick(own);
    if (world_.chance(0.4)) co_await change_rules(seller, listing);
    co_await open_door(seller, listing);
}

Task<> Doors::change_rules(Customer& seller, std::string listing) {
    auto lenient = world_.chance(0.3), reentry = world_.chance(0.3);
    if (lenient) log.may_be_lenient(listing);
    if (reentry) log.may_allow_reentry(listing);
    auto rules =
        fmt::format(R"({{"transfers":"allowed","rotating":{},"reentry":"{}","mode":"{}"}})",
                    world_.chance(0.2), reentry ? "allowed" : "none", lenient ? "lenient" : "strict");
    (void)co_await requests_.send(
        seller, api_request(Method::put, "/api/admissions/listings/" + listing + "/settings", rules));
}

Task<> Doors::open_door(Customer& seller, std::string listing) {
    auto is_supervisor = world_.chance(0.5);
    auto response = co_await requests_.send_with_retry(
        seller, api_request(Method::post, "/api/admissions/listings/" + listing + "/doors",
                            fmt::format(R"({{"name":"Door {}","role":"{}"}})", links_.size() + 1,
                                        is_supervisor ? "supervisor" : "steward"),
                            requests_.new_idempotency_key()));
    if (!response.ok()) co_return;
    links_.push_back({listing, after_hash(response.at("link")), is_supervisor});
    if (!world_.chance(0.05)) co_return;
    co_await requests_.pause(0s, 15s);
    (void)co_await requests_.send(seller,
                                  api_request(Method::delete_, "/api/admissions/doors/" + response.at("id")));
}

Task<json::Value> Doors::some_pass(Customer& holder) {
    auto list = co_await requests_.send(holder, api_request(Method::get, "/api/admissions/passes?limit=50"));
    auto passes = json::parse(list.body);
    if (!list.ok() || !passes || !passes->array() || passes->array()->empty()) co_return json::Value{};
    co_return world_.pick(*passes->array());
}

Task<> Doors::arrive(Customer& holder) {
    auto pass = co_await some_pass(holder);
    if (!pass.is_null()) co_await show(holder, text_of(pass["id"]));
}

Task<> Doors::show(Customer& holder, std::string pass) {
    auto response =
        co_await requests_.send(holder, api_request(Method::get, "/api/admissions/passes/" + pass));
    auto details = json::parse(response.body);
    if (!response.ok() || !details || !(*details)["code"].string()) co_return;
    ShownCode shown{.listing = text_of((*details)["ticketId"]), .text = text_of((*details)["code"])};
    if (const auto* secret = (*details)["rotation"]["secret"].string()) {
        auto bytes = security::from_base64url(*secret).value();
        std::ranges::copy(bytes, reinterpret_cast<char*>(shown.secret.emplace().data()));
    }
    queue_.push_back(std::move(shown));
}

Task<> Doors::transfer(Customer& holder, Customer& other) {
    auto pass = co_await some_pass(holder);
    if (pass.is_null()) co_return;
    co_await show(holder, text_of(pass["id"]));  // a picture of the code stays
    auto offer = co_await requests_.send_with_retry(
        holder, api_request(Method::post, "/api/admissions/passes/" + text_of(pass["id"]) + "/transfer", "{}",
                            requests_.new_idempotency_key()));
    if (!offer.ok()) co_return;
    co_await requests_.pause(0s, 3s);
    if (world_.chance(0.1)) {
        (void)co_await requests_.send(
            holder, api_request(Method::delete_, "/api/admissions/transfers/" + offer.at("id")));
    }
    auto claim = api_request(Method::post, "/api/admissions/transfers/claim",
                             fmt::format(R"({{"token":"{}"}})", after_hash(offer.at("link"))));
    auto claimant = other;  // signed in as now
    auto claimed = co_await requests_.send_with_retry(claimant, claim);
    if (!claimed.ok()) co_return;
    log.transferred(claimed.at("ticketId"), claimed.at("serial"), std::stoi("0" + claimed.at("generation")));
    co_await show(claimant, claimed.id());
}

}  // namespace stagedoor::simulation
