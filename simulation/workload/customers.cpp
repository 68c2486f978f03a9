#include "simulation/workload/customers.hpp"

#include "simulation/faults/fault_kinds.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using http::Method;

constexpr auto sale_begins_at = 8s;  // when all buyers want the first listing at once
constexpr double share_with_doors = 0.6;
constexpr auto revocation_delay = 3s;
// After large clock skew: revocations are reloaded in full once a minute.
constexpr auto revocation_delay_after_skew = 62s;

std::string machine_of(int number) { return fmt::format("10.0.0.{}", number + 1); }

}  // namespace

Customers::Customers(Marketplace& marketplace, Plan plan)
    : marketplace_(marketplace),
      world_(marketplace.world),
      plan_(std::move(plan)),
      requests_(marketplace),
      accounts_(requests_, expected),
      selling_(requests_, expected),
      buying_(requests_, expected, selling_),
      browsing_(requests_, selling_),
      doors_(requests_, selling_),
      has_doors_(plan_.phones > 0 && world_.chance(share_with_doors)) {}

std::vector<std::string> Customers::machines() const {
    std::vector<std::string> all;
    for (int number = 0; number < count(); ++number) all.push_back(machine_of(number));
    return all;
}

void Customers::start() {
    for (int number = 0; number < first_phone(); ++number) {
        if (plan_.absent.contains(number)) continue;
        ++active_;
        auto has_account = number < count_with_account();
        auto& group = has_account ? all_ : visitors_;
        auto& customer = *group.emplace_back(std::make_unique<Customer>());
        customer.number = number;
        customer.email = has_account ? fmt::format("person{}@example.com", number) : "nobody";
        customer.address = machine_of(number);
        boost::asio::co_spawn(requests_.executor, has_account ? run(customer) : run_visitor(customer),
                              [this](std::exception_ptr failure) {
                                  if (failure) std::rethrow_exception(failure);
                                  --active_;
                              });
    }
    for (int number = first_phone(); has_doors_ && number < count(); ++number) {
        if (!plan_.absent.contains(number)) doors_.start_phone(machine_of(number), plan_.until);
    }
}

Task<> Customers::run(Customer& customer) {
    co_await requests_.pause(1s, 4s);
    while (customer.token.empty() && !is_time_up()) co_await accounts_.sign_up_or_in(customer);
    if (is_seller(customer)) co_await selling_.create_listing(customer);
    if (!is_seller(customer) && world_.now() < sale_begins_at)
        co_await runtime::sleep_for(
            requests_.clock, std::chrono::ceil<std::chrono::milliseconds>(sale_begins_at - world_.now()));
    while (!is_time_up()) {
        if (is_seller(customer) && !customer.token.empty() && accounts_.wants_another_name())
            co_await accounts_.choose_name(customer);
        co_await act(customer);
        co_await requests_.pause(0ms, is_seller(customer) ? 4s : 1500ms);
    }
}

Task<> Customers::act(Customer& customer) {
    if (customer.token.empty()) co_return co_await accounts_.sign_up_or_in(customer);
    if (world_.chance(0.08)) co_return co_await manage_account(customer);
    if (world_.chance(0.15)) co_return co_await browsing_.browse(customer);
    if (has_doors_ && world_.chance(0.3)) co_return co_await use_tickets(customer);
    if (!is_seller(customer)) co_return co_await buying_.buy(customer);
    if (world_.chance(0.3)) co_return co_await selling_.create_listing(customer);
    co_await selling_.change_listing(customer);
}

Task<> Customers::manage_account(Customer& customer) {
    switch (world_.below(5)) {
        case 0:
            co_return co_await accounts_.confirm_email(customer);
        case 1:
            co_return co_await accounts_.change_password(customer);
        case 2:
            co_return co_await accounts_.reset_password(customer);
        default:
            co_return co_await accounts_.sign_out(customer);
    }
}

Task<> Customers::use_tickets(Customer& customer) {
    if (is_seller(customer)) co_return co_await doors_.manage(customer);
    if (world_.chance(0.5)) co_return co_await doors_.arrive(customer);
    co_await doors_.transfer(customer, *world_.pick(all_));
}

// Often enough to see pages before and after a sale.
Task<> Customers::run_visitor(Customer& visitor) {
    while (!is_time_up()) {
        co_await requests_.pause(0ms, 600ms);
        if (world_.chance(0.1))
            co_await browsing_.follow(visitor);
        else
            co_await browsing_.visit(visitor);
    }
}

void Customers::check_accounts(std::vector<std::string>& found, std::function<void()> done) {
    boost::asio::co_spawn(requests_.executor, check_all_accounts(found),
                          [done = std::move(done)](std::exception_ptr failure) {
                              if (failure) std::rethrow_exception(failure);
                              done();
                          });
}

Task<> Customers::check_all_accounts(std::vector<std::string>& found) {
    auto clocks_differed = marketplace_.faults.injected().contains(large_clock_skew);
    co_await runtime::sleep_for(requests_.clock,
                                clocks_differed ? revocation_delay_after_skew : revocation_delay);
    co_await accounts_.check_ended_sessions(found);
    for (auto& customer : all_) co_await accounts_.check_passwords(*customer, found);
}

}  // namespace stagedoor::simulation
