#include "services/payments/commands.hpp"

#include <iostream>

#include "common/http/status.hpp"
#include "common/json/read.hpp"
#include "services/payments/reconciliation.hpp"

namespace stagedoor::payments {
namespace {

void print(const Difference& difference) {
    std::cout << "  " << difference.what;
    auto add = [](std::string_view name, const std::optional<std::string>& value) {
        if (value) std::cout << ", " << name << " " << *value;
    };
    if (difference.payment_id) std::cout << ", payment " << difference.payment_id->text;
    add("reference", difference.reference);
    add("ours", difference.ours);
    add("theirs", difference.theirs);
    std::cout << "\n";
}

}  // namespace

Command reconcile_command() {
    auto reconcile = [](Host& host, const std::vector<std::string>&) -> Task<int> {
        std::cout << "comparing the ledger with the provider's books …" << std::endl;
        http::Request request;
        (void)request.set_target("/admin/payments/reconciliation?since=1970-01-01T00:00:00Z");
        auto response = co_await host.handle_admin(request);
        auto found = json::read<Reconciliation>(response.body);
        if (response.status != http::ok || !found)
            throw std::runtime_error("could not compare the books: " + response.body);
        std::cout << found->charges << " charges at the provider (" << found->provider << "), "
                  << found->differences.size() << " differences" << std::endl;
        for (const auto& difference : found->differences) print(difference);
        co_return found->differences.empty() ? 0 : 1;
    };
    return {
        .name = "reconcile",
        .help = "compare the ledger with the payment provider's books (in one process: while it is stopped)",
        .arguments = {},
        .run = reconcile};
}

}  // namespace stagedoor::payments
