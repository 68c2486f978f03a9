#include "simulation/servers/outside.hpp"

#include <sodium.h>

#include <ranges>

#include "common/runtime/async_event.hpp"
#include "services/payments/providers/test_provider.hpp"
#include "simulation/servers/webhooks.hpp"

namespace stagedoor::simulation {
namespace {

using namespace std::chrono_literals;
using payments::ProviderSilent;

constexpr auto patience = 5'000ms;  // with a provider that can't be reached
constexpr auto held_up_for = 70s;   // longer than orders keeps tickets for a charge

class MoodyProvider final : public payments::Provider {
  public:
    MoodyProvider(const ServiceDeps& deps, WayToProvider way)
        : clock_(deps.clock),
          executor_(deps.executor),
          way_(std::move(way)),
          honest_(payments::make_test_provider(deps)) {}

    std::string_view name() const override { return honest_->name(); }

    Task<payments::ChargeOutcome> charge(payments::Charge charge) override {
        if (strikes("charge held up on its way", 0.03)) hold_up(charge);
        co_await reach(charge.key, "provider slow to charge");
        if (strikes("provider silent before a charge", 0.03)) throw ProviderSilent("no answer");
        if (auto tries = ++tries_[charge.key]; way_.talk.new_key_at_each_try && tries > 1)
            charge.key.text += "-" + std::to_string(tries);
        auto key = charge.key;
        way_.talk.unanswered.insert(key);  // until it is heard
        auto outcome = co_await honest_->charge(std::move(charge));
        if (strikes("charged, answer lost", 0.05) || is_cut_off())
            throw ProviderSilent("the answer was lost");
        way_.talk.unanswered.erase(key);
        co_return outcome;
    }

    Task<std::optional<payments::ChargeOutcome>> find(payments::Charge charge) override {
        co_await reach(charge.key, "provider slow to say");
        if (strikes("provider silent about a charge", 0.1)) throw ProviderSilent("no answer");
        if (way_.talk.new_key_at_each_try) co_return std::nullopt;
        co_return co_await honest_->find(std::move(charge));
    }

    Task<payments::ChargeOutcome> call_off(payments::Charge charge) override {
        co_await reach(charge.key, "provider slow to call off");
        if (strikes("provider silent before calling off", 0.1)) throw ProviderSilent("no answer");
        if (way_.talk.gives_up_without_a_word) co_return payments::ChargeOutcome{};
        auto outcome = co_await honest_->call_off(std::move(charge));
        if (strikes("called off, answer lost", 0.1) || is_cut_off())
            throw ProviderSilent("the answer was lost");
        co_return outcome;
    }

    Task<std::string> refund(payments::Refund refund) override {
        co_await reach("provider slow to refund");
        if (strikes("refund fails at first", 0.2)) throw ProviderSilent("no answer");
        auto reference = co_await honest_->refund(std::move(refund));
        if (strikes("refunded, answer lost", 0.1) || is_cut_off())
            throw ProviderSilent("the answer was lost");
        co_return reference;
    }

    Task<std::vector<payments::BookedCharge>> books(Instant since, std::string after) override {
        return honest_->books(since, std::move(after));
    }
    payments::Notice read_notice(std::string_view body, std::string_view signature,
                                 Instant now) const override {
        return way_.talk.believes_every_notice ? read_text_of_notice(body)
                                               : simulation::read_notice(body, signature, now);
    }
    void close() override { honest_->close(); }

  private:
    [[nodiscard]] bool strikes(const std::string& kind, double probability) const {
        return way_.faults.strikes(kind, probability);
    }
    [[nodiscard]] bool is_cut_off() const { return !way_.network.reaches(way_.machine, provider_machine); }

    // Nothing is heard of it for a while; and after that it still arrives, and nobody receives the answer.
    void hold_up(payments::Charge charge) {
        way_.talk.held_up_until[charge.key] = way_.world.now() + held_up_for;
        auto arrives =
            std::chrono::ceil<std::chrono::milliseconds>(held_up_for + way_.world.between(0s, 60s));
        way_.talk.all_have_arrived = std::max(way_.talk.all_have_arrived, way_.world.now() + arrives + 1s);
        boost::asio::co_spawn(executor_, arrive(clock_, arrives, honest_, std::move(charge)),
                              boost::asio::detached);
    }
    static Task<> arrive(runtime::Clock& clock, std::chrono::milliseconds after,
                         std::shared_ptr<payments::Provider> provider, payments::Charge charge) {
        co_await runtime::sleep_for(clock, after);
        try {
            (void)co_await provider->charge(std::move(charge));
        } catch (const ProviderSilent&) {
        }
    }

    [[nodiscard]] bool is_held_up(const PaymentId& key) const {
        auto held = way_.talk.held_up_until.find(key);
        return held != way_.talk.held_up_until.end() && way_.world.now() < held->second;
    }

    Task<> reach(PaymentId key, std::string slow) {
        if (is_held_up(key)) {
            co_await runtime::sleep_for(clock_, patience);
            throw ProviderSilent("it does not answer");
        }
        co_await reach(std::move(slow));
    }
    Task<> reach(std::string slow) {
        auto time = strikes(slow, 0.03) ? 4'000ms : 20ms;
        co_await runtime::sleep_for(clock_, is_cut_off() ? patience : time);
        if (is_cut_off()) throw ProviderSilent("it can't be reached");
    }

    runtime::Clock& clock_;
    runtime::Executor executor_;
    WayToProvider way_;
    std::shared_ptr<payments::Provider> honest_;  // outlived by what is on its way
    std::map<PaymentId, int> tries_;
};

constexpr std::string_view token_name = "?token=";

// Its first part.
std::string text_of(const outbound::Email& letter) {
    constexpr std::string_view empty_line = "\r\n\r\n";
    auto part = letter.message.find("Content-Type: text/plain");
    auto begin = letter.message.find(empty_line, part) + empty_line.size();
    auto encoded = letter.message.substr(begin, letter.message.find("\r\n--", begin) - begin);
    std::string text(encoded.size(), '\0');
    std::size_t size = 0;
    sodium_base642bin(reinterpret_cast<unsigned char*>(text.data()), text.size(), encoded.data(),
                      encoded.size(), "\r\n", &size, nullptr, sodium_base64_VARIANT_ORIGINAL);
    text.resize(size);
    return text;
}

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

std::unique_ptr<payments::Provider> make_provider(const ServiceDeps& deps, WayToProvider way) {
    return std::make_unique<MoodyProvider>(deps, std::move(way));
}

Task<> MailServer::take(runtime::Clock& clock, std::string from, outbound::Email letter) {
    co_await runtime::sleep_for(clock, 30ms);
    if (away_ || !network_.reaches(from, machine)) throw outbound::NotSent("the mail server is away");
    if (faults_.strikes("letter refused for now", 0.05))
        throw outbound::EmailRejected("451 try again later", false);
    ++letters_;
    world_.note(machine, "a letter to " + letter.to);
    if (auto text = text_of(letter); text.find(token_name) != std::string::npos)
        with_links_[letter.to].push_back(std::move(text));
    co_await runtime::sleep_for(clock, 5ms);
    if (faults_.strikes("letter taken, answer lost", 0.03) || !network_.reaches(from, machine))
        throw outbound::NoAnswer("the answer was lost");
}

std::string MailServer::newest_token(const std::string& address, std::string_view page) const {
    auto letters = with_links_.find(address);
    if (letters == with_links_.end()) return {};
    auto link = std::string{page} + std::string{token_name};
    for (const auto& text : std::views::reverse(letters->second)) {
        auto at = text.find(link);
        if (at == std::string::npos) continue;
        auto begin = at + link.size();
        return text.substr(begin, text.find_first_of("\r\n", begin) - begin);
    }
    return {};
}

std::unique_ptr<security::Passwords> make_quick_passwords() { return std::make_unique<QuickPasswords>(); }

}  // namespace stagedoor::simulation
