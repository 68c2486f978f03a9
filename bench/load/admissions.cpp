#include "bench/load/admissions.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <stdexcept>

namespace stagedoor::load {
namespace {

constexpr int max_per_order = 1'000;
constexpr int doors = 8;

// Each arrival shows one pass to its holder. Its code is kept.
class Codes : public Traffic {
  public:
    Codes(std::vector<std::string> passes, std::string host, std::string holder)
        : passes_(std::move(passes)),
          host_(std::move(host)),
          holder_(std::move(holder)),
          codes_(passes_.size()) {}

    std::string_view request(std::uint64_t arrival) override {
        return request_ = request_bytes("GET", "/api/admissions/passes/" + passes_[arrival % passes_.size()],
                                        host_, holder_, "", "");
    }
    Next next(std::uint64_t arrival, const Response& response) override {
        if (response.status != 200) return {};
        auto& code = codes_[arrival % codes_.size()];
        if (code.empty()) {
            const auto pass = boost::json::parse(response.body);
            code = boost::json::serialize(pass.as_object().at("code"));
        }
        return {.accepted = true};
    }

    [[nodiscard]] std::vector<std::string> all() {
        if (std::ranges::any_of(codes_, &std::string::empty))
            throw std::runtime_error{"the server does not show codes fast enough; use fewer --tickets"};
        return std::move(codes_);
    }

  private:
    const std::vector<std::string> passes_;
    const std::string host_, holder_;
    std::vector<std::string> codes_;
    std::string request_;
};

std::string token_in(const std::string& link) { return link.substr(link.find('#') + 1); }

}  // namespace

Admissions::Admissions(Api& api, const AdmissionsOptions& options, const Plan& plan, std::string host)
    : api_(api), options_(options), host_(std::move(host)) {
    seller_ = sign_up(api_, run_ + "-seller@example.test");
    buyer_ = sign_up(api_, run_ + "-buyer@example.test");
    sell();
    auto show = plan;
    show.rate = 0;
    show.warmup = {};
    show.measured = std::chrono::milliseconds{options_.tickets};  // a millisecond for each is plenty
    show.overload = false;
    Codes codes{wait_for_passes(), host_, buyer_};
    auto shown = run(show, codes);
    if (auto failures = shown.failures(); !failures.empty()) throw std::runtime_error{failures.front()};
    codes_ = codes.all();
    open_doors();
}

void Admissions::sell() {
    auto listing = fmt::format(R"({{"title":"Full house {}","price":1,"quantity":{},"maxPerOrder":{}}})",
                               run_, options_.tickets, max_per_order);
    ticket_id_ = id_in(api_.expect(201, "POST", "/api/tickets", seller_, listing).body);
    for (int sold = 0; sold < options_.tickets; sold += max_per_order) {
        auto order = fmt::format(R"({{"items":[{{"ticketId":"{}","quantity":{}}}]}})", ticket_id_,
                                 std::min(max_per_order, options_.tickets - sold));
        auto id = id_in(api_.expect_soon(201, "POST", "/api/orders", buyer_, order).body);
        api_.expect_soon(201, "POST", "/api/payments", buyer_,
                         fmt::format(R"({{"orderId":"{}","token":"tok_visa"}})", id));
    }
}

std::vector<std::string> Admissions::wait_for_passes() {
    auto issued = [&] {
        auto listing = api_.call("GET", "/api/admissions/listings/" + ticket_id_, seller_);
        return listing.status == 200
                   ? number_of(listing.json().as_object().at("counts").as_object(), "issued")
                   : 0;
    };
    if (!wait_until([&] { return issued() == options_.tickets; }, options_.converge))
        throw std::runtime_error{"not every ticket was issued in time"};
    std::vector<std::string> ids;
    for (const auto& pass : all_pages(api_, "/api/admissions/passes?limit=100", buyer_))
        ids.push_back(text_of(pass, "id"));
    return ids;
}

void Admissions::open_doors() {
    for (int i = 0; i < doors; ++i) {
        auto door = api_.expect(201, "POST", "/api/admissions/listings/" + ticket_id_ + "/doors", seller_,
                                fmt::format(R"({{"name":"Door {}","role":"steward"}})", i))
                        .json();
        auto link = text_of(door.as_object(), "link");
        auto scanner = api_.expect(201, "POST", "/api/admissions/scanners", "",
                                   fmt::format(R"({{"token":"{}"}})", token_in(link)))
                           .json();
        scanners_.push_back(
            fmt::format("Authorization: Bearer {}\r\n", text_of(scanner.as_object(), "token")));
    }
}

std::string_view Admissions::request(std::uint64_t arrival) {
    if (arrival >= codes_.size()) throw std::runtime_error{"everybody has been admitted; use more --tickets"};
    auto body = fmt::format(R"({{"nonce":"{}-{}","code":{},"action":"admit","at":"2026-01-01T00:00:00Z"}})",
                            run_, arrival, codes_[arrival]);
    return request_ = request_bytes("POST", "/api/admissions/scanner/scans", host_, "",
                                    scanners_[arrival % scanners_.size()], body);
}

Next Admissions::next(std::uint64_t, const Response& response) {
    auto accepted =
        response.status == 200 && response.body.find(R"("result":"admitted")") != std::string_view::npos;
    admitted_ += accepted ? 1 : 0;
    return {.accepted = accepted};
}

Verification Admissions::verify() {
    Verification verification;
    auto listing = api_.expect(200, "GET", "/api/admissions/listings/" + ticket_id_, seller_).json();
    auto admitted = number_of(listing.as_object().at("counts").as_object(), "admitted");
    if (admitted != admitted_) {
        verification.violations.push_back(
            fmt::format("{} were admitted, but the seller sees {}", admitted_, admitted));
    }
    std::int64_t at_doors = 0;
    for (const auto& door : listing.as_object().at("doors").as_array())
        at_doors += number_of(door.as_object(), "admitted");
    if (at_doors != admitted_)
        verification.violations.push_back(
            fmt::format("{} were admitted, {} at the doors", admitted_, at_doors));
    return verification;
}

}  // namespace stagedoor::load
