#include "apps/stagedoor/reconcile.hpp"

#include <iostream>

#include "common/json/read.hpp"

namespace stagedoor {
namespace {

struct Difference {
    std::string what;
    std::optional<std::string> payment_id, reference, ours, theirs;
};
BOOST_DESCRIBE_STRUCT(Difference, (), (what, payment_id, reference, ours, theirs))

struct Reconciliation {
    std::string provider;
    std::int64_t charges = 0;
    std::vector<Difference> differences;
};
BOOST_DESCRIBE_STRUCT(Reconciliation, (), (provider, charges, differences))

void print(const Difference& difference) {
    std::cout << "  " << difference.what;
    auto add = [](std::string_view name, const std::optional<std::string>& value) {
        if (value) std::cout << ", " << name << " " << *value;
    };
    add("payment", difference.payment_id);
    add("reference", difference.reference);
    add("ours", difference.ours);
    add("theirs", difference.theirs);
    std::cout << "\n";
}

}  // namespace

Command reconcile_command() {
    auto reconcile = [](Host& host, const std::vector<std::string>&) -> Task<int> {
        std::cout << "holding the ledger against the provider's books …" << std::endl;
        http::Request request;
        (void)request.set_target("/admin/payments/reconciliation?since=1970-01-01T00:00:00Z");
        auto response = co_await host.handle_admin(request);
        auto found = json::read<Reconciliation>(response.body);
        if (response.status != 200 || !found)
            throw std::runtime_error("the books could not be compared: " + response.body);
        std::cout << found->charges << " charges at the provider (" << found->provider << "), "
                  << found->differences.size() << " differences" << std::endl;
        for (const auto& difference : found->differences) print(difference);
        co_return found->differences.empty() ? 0 : 1;
    };
    return {.name = "reconcile",
            .help = "hold the ledger against the payment provider's books (while the marketplace is stopped)",
            .arguments = {},
            .run = reconcile};
}

}  // namespace stagedoor
