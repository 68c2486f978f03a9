#include "bench/load/scenarios.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/array.hpp>
#include <stdexcept>
#include <thread>

#include "bench/load/admissions.hpp"
#include "bench/load/hot_listing.hpp"
#include "bench/load/marketplace.hpp"
#include "bench/load/purchases.hpp"

namespace stagedoor::load {
namespace {

constexpr auto settle_timeout = std::chrono::seconds{10};

std::string host_of(const Plan& plan) {
    return fmt::format("{}:{}", plan.server.address().to_string(), plan.server.port());
}

// Waits until no more events are delivered, so that all events of a run are counted. nullopt without an admin
// port, or if the server has no such metric.
std::optional<BucketsByService> delivered_when_quiet(const Plan& plan, std::chrono::milliseconds quiet) {
    std::optional<BucketsByService> now;
    if (plan.admin_port == 0) return now;
    Api api{{plan.server.address(), plan.admin_port}};
    auto read = [&] {
        auto page = api.call("GET", "/metrics");
        now.reset();
        if (page.status == 200) now = read_buckets(page.body, delivery_histogram);
        if (now && now->empty()) now.reset();
    };
    read();
    wait_until(
        [&] {
            auto before = now;
            std::this_thread::sleep_for(quiet);
            read();
            return now == before;
        },
        settle_timeout);
    return now;
}

class HoldsTraffic : public Traffic {
  public:
    explicit HoldsTraffic(HotListing& listing) : listing_(listing) {}

    std::string_view request(std::uint64_t arrival) override { return listing_.order_request(arrival); }
    Next next(std::uint64_t arrival, const Response& response) override {
        return {listing_.accept_order(arrival, response)};
    }

  private:
    HotListing& listing_;
};

class PageTraffic : public Traffic {
  public:
    PageTraffic(std::string_view path, std::string_view host)
        : request_(request_bytes("GET", path, host, "", "Accept: text/html,application/json\r\n", "")) {}

    std::string_view request(std::uint64_t) override { return request_; }
    Next next(std::uint64_t, const Response& response) override {
        return {response.status == 200 && !response.body.empty()};
    }

  private:
    std::string request_;
};

class MixedTraffic : public Traffic {
  public:
    MixedTraffic(HotListing& listing, std::string_view host)
        : listing_(listing), landing_("/", host), ticket_("/api/tickets/" + listing.ticket_id(), host) {}

    std::string_view request(std::uint64_t arrival) override {
        if (arrival % 10 == 0) return listing_.order_request(arrival / 10);
        return arrival % 10 <= 2 ? ticket_.request(arrival) : landing_.request(arrival);
    }
    Next next(std::uint64_t arrival, const Response& response) override {
        if (arrival % 10 == 0) return {listing_.accept_order(arrival / 10, response)};
        return landing_.next(arrival, response);
    }

  private:
    HotListing& listing_;
    PageTraffic landing_;
    PageTraffic ticket_;
};

Outcome measure(std::string name, const Plan& plan, Traffic& traffic) {
    Outcome outcome;
    outcome.name = std::move(name);
    outcome.target_rate = plan.rate;
    outcome.connections = plan.connections;
    plan.pause("ready");
    outcome.measured = run(plan, traffic);
    plan.pause("done");
    outcome.failures = outcome.measured.failures();
    return outcome;
}

// `subject` checks its invariants at the end.
Outcome measure_and_verify(auto& subject, std::chrono::milliseconds quiet, std::string name, const Plan& plan,
                           Traffic& traffic) {
    auto delivered_before = delivered_when_quiet(plan, quiet);
    auto outcome = measure(std::move(name), plan, traffic);
    auto verification = subject.verify();
    outcome.converged = verification.converged;
    outcome.failures.insert(outcome.failures.end(), verification.violations.begin(),
                            verification.violations.end());
    auto delivered_after = delivered_when_quiet(plan, quiet);
    if (delivered_after)
        outcome.delivery = since(delivered_before.value_or(BucketsByService{}), *delivered_after);
    return outcome;
}

void list_tickets(Api& api, int listings) {
    auto run = fresh_run_name();
    auto seller = sign_up(api, run + "-seller@example.test");
    for (int i = 0; i < listings; ++i) {
        put_on_sale(api, seller, fmt::format("Night {} of {}", i, run), fmt::format("{}.50", i + 1), 100);
    }
    auto expected = static_cast<std::size_t>(std::min(listings, 100));
    auto listed = [&] {
        return api.expect(200, "GET", "/api/tickets?limit=100&q=" + run).json().as_array().size();
    };
    if (!wait_until([&] { return listed() >= expected; }, settle_timeout)) {
        throw std::runtime_error{"the new listings did not appear in the search"};
    }
}

}  // namespace

Outcome holds(const Plan& plan, const HoldsOptions& options) {
    Api api{plan.server};
    HotListing listing{api, options, host_of(plan)};
    HoldsTraffic traffic{listing};
    return measure_and_verify(listing, options.quiet, "holds", plan, traffic);
}

Outcome purchases(const Plan& plan, const PurchasesOptions& options) {
    Api api{plan.server};
    Purchases traffic{api, options, host_of(plan)};
    return measure_and_verify(traffic, options.quiet, "purchases", plan, traffic);
}

Outcome admissions(const Plan& plan, const AdmissionsOptions& options) {
    Api api{plan.server};
    Admissions traffic{api, options, plan, host_of(plan)};
    auto outcome = measure("admissions", plan, traffic);
    auto verification = traffic.verify();
    outcome.failures.insert(outcome.failures.end(), verification.violations.begin(),
                            verification.violations.end());
    return outcome;
}

Outcome mixed(const Plan& plan, const HoldsOptions& options) {
    Api api{plan.server};
    HotListing listing{api, options, host_of(plan)};
    MixedTraffic traffic{listing, host_of(plan)};
    return measure_and_verify(listing, options.quiet, "mixed", plan, traffic);
}

Outcome landing(const Plan& plan, const LandingOptions& options) {
    if (options.listings > 0) {
        Api api{plan.server};
        list_tickets(api, options.listings);
    }
    PageTraffic traffic{options.path, host_of(plan)};
    return measure("landing", plan, traffic);
}

}  // namespace stagedoor::load
