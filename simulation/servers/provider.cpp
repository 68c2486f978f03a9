#include "simulation/servers/provider.hpp"

#include "common/runtime/mutation.hpp"
#include "services/payments/providers/test_provider.hpp"
#include "simulation/servers/webhooks.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using payments::OutcomeUnknown;

constexpr auto timeout = 5'000ms;   // while the provider is unreachable
constexpr auto charge_delay = 70s;  // longer than orders holds tickets for a charge

class FaultyProvider final : public payments::Provider {
  public:
    FaultyProvider(const ServiceDeps& deps, ProviderLink link)
        : clock_(deps.clock),
          executor_(deps.executor),
          link_(std::move(link)),
          real_(payments::make_test_provider(deps)) {}

    std::string_view name() const override { return real_->name(); }

    Task<payments::ChargeOutcome> charge(payments::Charge charge) override {
        if (inject("charge delayed", 0.03)) delay_charge(charge);
        co_await reach(charge.key, "provider slow to charge");
        if (inject("provider silent before a charge", 0.03)) throw OutcomeUnknown("no response");
        auto key = charge.key;
        link_.state.without_response.insert(key);
        auto outcome = co_await real_->charge(std::move(charge));
        if (inject("charged, response lost", 0.05) || is_unreachable())
            throw OutcomeUnknown("the response was lost");
        link_.state.without_response.erase(key);
        co_return outcome;
    }

    Task<std::optional<payments::ChargeOutcome>> find(payments::Charge charge) override {
        co_await reach(charge.key, "provider slow on a lookup");
        if (inject("provider silent on a lookup", 0.1)) throw OutcomeUnknown("no response");
        co_return co_await real_->find(std::move(charge));
    }

    Task<payments::ChargeOutcome> cancel_charge(payments::Charge charge) override {
        co_await reach(charge.key, "provider slow to cancel");
        if (inject("provider silent before a cancellation", 0.1)) throw OutcomeUnknown("no response");
        auto outcome = co_await real_->cancel_charge(std::move(charge));
        if (inject("cancelled, response lost", 0.1) || is_unreachable())
            throw OutcomeUnknown("the response was lost");
        co_return outcome;
    }

    Task<std::string> refund(payments::Refund refund) override {
        co_await reach("provider slow to refund");
        if (inject("refund fails at first", 0.2)) throw OutcomeUnknown("no response");
        auto reference = co_await real_->refund(std::move(refund));
        if (inject("refunded, response lost", 0.1) || is_unreachable())
            throw OutcomeUnknown("the response was lost");
        co_return reference;
    }

    Task<std::vector<payments::ChargeRecord>> list_charges(Instant since, std::string after) override {
        return real_->list_charges(since, std::move(after));
    }
    payments::Webhook read_webhook(std::string_view body, std::string_view signature,
                                   Instant now) const override {
        return runtime::mutated(Mutation::webhook_unsigned) ? parse_webhook(body)
                                                            : verify_webhook(body, signature, now);
    }
    void close() override { real_->close(); }

  private:
    [[nodiscard]] bool inject(const std::string& kind, double probability) const {
        return link_.faults.inject(kind, probability);
    }
    [[nodiscard]] bool is_unreachable() const {
        return !link_.network.reaches(link_.machine, provider_machine);
    }

    // Calls about this charge time out for a while; then the charge arrives, and its response is lost.
    void delay_charge(payments::Charge charge) {
        link_.state.delayed_until[charge.key] = link_.world.now() + charge_delay;
        auto delay =
            std::chrono::ceil<std::chrono::milliseconds>(charge_delay + link_.world.between(0s, 60s));
        link_.state.last_arrival = std::max(link_.state.last_arrival, link_.world.now() + delay + 1s);
        boost::asio::co_spawn(executor_, arrive(clock_, delay, real_, std::move(charge)),
                              boost::asio::detached);
    }
    static Task<> arrive(runtime::Clock& clock, std::chrono::milliseconds delay,
                         std::shared_ptr<payments::Provider> provider, payments::Charge charge) {
        co_await runtime::sleep_for(clock, delay);
        try {
            (void)co_await provider->charge(std::move(charge));
        } catch (const OutcomeUnknown&) {
        }
    }

    [[nodiscard]] bool is_delayed(const PaymentId& key) const {
        auto delayed = link_.state.delayed_until.find(key);
        return delayed != link_.state.delayed_until.end() && link_.world.now() < delayed->second;
    }

    Task<> reach(PaymentId key, std::string slow_fault) {
        if (is_delayed(key)) {
            co_await runtime::sleep_for(clock_, timeout);
            throw OutcomeUnknown("the provider is not responding");
        }
        co_await reach(std::move(slow_fault));
    }
    Task<> reach(std::string slow_fault) {
        auto time = inject(slow_fault, 0.03) ? 4'000ms : 20ms;
        if (link_.account) {
            auto turn = link_.account->take_turn(link_.world.now());
            time += std::chrono::ceil<std::chrono::milliseconds>(turn);
        }
        co_await runtime::sleep_for(clock_, is_unreachable() ? timeout : time);
        if (is_unreachable()) throw OutcomeUnknown("the provider is unreachable");
    }

    runtime::Clock& clock_;
    runtime::Executor executor_;
    ProviderLink link_;
    std::shared_ptr<payments::Provider> real_;  // shared with delayed charges, which may outlive this
};

}  // namespace

std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, ProviderLink link) {
    return std::make_unique<FaultyProvider>(deps, std::move(link));
}

}  // namespace stagedoor::simulation
