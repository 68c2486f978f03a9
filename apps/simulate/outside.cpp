#include "apps/simulate/outside.hpp"

#include "common/runtime/signal.hpp"
#include "services/payments/providers/test_provider.hpp"

namespace stagedoor::simulate {
namespace {

using namespace std::chrono_literals;
using payments::ProviderSilent;

class MoodyProvider final : public payments::Provider {
  public:
    MoodyProvider(const ServiceDeps& deps, Faults& faults, const AskingProvider& asking)
        : clock_(deps.clock), faults_(faults), asking_(asking), honest_(payments::make_test_provider(deps)) {}

    std::string_view name() const override { return honest_->name(); }

    Task<payments::ChargeOutcome> charge(payments::Charge charge) override {
        co_await take_time("provider slow to charge");
        if (faults_.strikes("provider silent before a charge", 0.03)) throw ProviderSilent("no answer");
        if (auto tries = ++tries_[charge.key]; asking_.new_key_at_each_try && tries > 1)
            charge.key.text += "-" + std::to_string(tries);
        auto outcome = co_await honest_->charge(std::move(charge));
        if (faults_.strikes("charged, answer lost", 0.05)) throw ProviderSilent("the answer was lost");
        co_return outcome;
    }

    Task<std::optional<payments::ChargeOutcome>> find(payments::Charge charge) override {
        co_await take_time("provider slow to say");
        if (faults_.strikes("provider silent about a charge", 0.1)) throw ProviderSilent("no answer");
        if (asking_.new_key_at_each_try) co_return std::nullopt;
        co_return co_await honest_->find(std::move(charge));
    }

    Task<payments::ChargeOutcome> call_off(payments::Charge charge) override {
        co_await take_time("provider slow to call off");
        if (faults_.strikes("provider silent before calling off", 0.1)) throw ProviderSilent("no answer");
        auto outcome = co_await honest_->call_off(std::move(charge));
        if (faults_.strikes("called off, answer lost", 0.1)) throw ProviderSilent("the answer was lost");
        co_return outcome;
    }

    Task<std::string> refund(payments::Refund refund) override {
        co_await take_time("provider slow to refund");
        if (faults_.strikes("refund fails at first", 0.2)) throw ProviderSilent("no answer");
        auto reference = co_await honest_->refund(std::move(refund));
        if (faults_.strikes("refunded, answer lost", 0.1)) throw ProviderSilent("the answer was lost");
        co_return reference;
    }

    Task<std::vector<payments::BookedCharge>> books(Instant since, std::string after) override {
        return honest_->books(since, std::move(after));
    }
    payments::Notice read_notice(std::string_view body, std::string_view signature,
                                 Instant now) const override {
        return honest_->read_notice(body, signature, now);
    }
    void close() override { honest_->close(); }

  private:
    Task<> take_time(std::string slow) {
        auto time = faults_.strikes(slow, 0.03) ? 4'000ms : 20ms;
        co_await runtime::sleep_for(clock_, time);
    }

    runtime::Clock& clock_;
    Faults& faults_;
    const AskingProvider& asking_;
    std::unique_ptr<payments::Provider> honest_;
    std::map<PaymentId, int> tries_;
};

class QuickPasswords final : public security::Passwords {
  public:
    Task<std::string> hash(std::string password) override { co_return hashed(password); }
    Task<bool> matches(std::string password, std::string hash) override {
        co_return hashed(password) == hash;
    }
    void close() override {}

  private:
    static std::string hashed(const std::string& password) { return "not hashed: " + password; }
};

}  // namespace

std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, Faults& faults,
                                                  const AskingProvider& asking) {
    return std::make_unique<MoodyProvider>(deps, faults, asking);
}

Task<> MailServer::take(runtime::Clock& clock, outbound::Letter letter) {
    co_await runtime::sleep_for(clock, 30ms);
    if (away_) throw outbound::NotSent("the mail server is away");
    if (faults_.strikes("letter refused for now", 0.05))
        throw outbound::LetterRefused("451 try again later", false);
    ++letters_;
    world_.note("mail", "a letter to " + letter.to);
    if (faults_.strikes("letter taken, answer lost", 0.03)) throw outbound::NoAnswer("the answer was lost");
}

std::unique_ptr<security::Passwords> make_quick_passwords() { return std::make_unique<QuickPasswords>(); }

}  // namespace stagedoor::simulate
