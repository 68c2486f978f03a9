#include "services/payments/providers/stripe.hpp"

#include <algorithm>
#include <iterator>

#include "common/errors.hpp"
#include "services/payments/providers/stripe_answers.hpp"
#include "services/payments/providers/stripe_api.hpp"
#include "services/payments/providers/stripe_signature.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using stripe::text;

constexpr int most_pages = 100;  // of a hundred PaymentIntents each, in one search

std::string seconds(Instant time) { return std::to_string(time.milliseconds / 1000); }

std::string in_lower_case(std::string_view currency) {
    std::string code{currency};
    for (auto& c : code) c = static_cast<char>(c - 'A' + 'a');
    return code;
}

void expect_refund(const stripe::Answer& answer) {
    if (answer.not_let_in()) throw ProviderSilent("Stripe does not accept our key");
    if (!answer.ok()) throw RefundRefused("Stripe refused: " + text(answer.error()["code"]));
}

std::string reference_of(const json::Value& refund) {
    auto status = text(refund["status"]);
    if (status.empty()) throw ProviderSilent("Stripe does not show the refund");
    if (status == "failed" || status == "canceled") throw RefundRefused("Stripe could not pay back");
    return text(refund["id"]);
}

// nullopt for what is no charge, or none of ours.
std::optional<BookedCharge> booked(const json::Value& intent) {
    auto payment = text(intent["metadata"]["payment_id"]);
    auto currency = text(intent["currency"]);
    auto charged = stripe::from_stripe(stripe::whole(intent["amount"]), currency);
    auto refunded = stripe::from_stripe(stripe::whole(intent["latest_charge"]["amount_refunded"]), currency);
    if (payment.empty() || !charged || text(intent["status"]) != "succeeded") return std::nullopt;
    return BookedCharge{PaymentId{payment}, text(intent["id"]), *charged, refunded->minor,
                        Instant{stripe::whole(intent["created"]) * 1000}};
}

ChargeOutcome unpayable() { return {false, {}, "This amount can't be paid by card"}; }

class Stripe final : public Provider {
  public:
    Stripe(StripeAccount account, outbound::Transport& transport)
        : api_(std::move(account.url), std::move(account.secret_key), transport),
          publishable_key_(std::move(account.publishable_key)),
          webhook_secret_(std::move(account.webhook_secret)) {}

    std::string_view name() const override { return "stripe"; }
    std::string publishable_key() const override { return publishable_key_; }

    Task<ChargeOutcome> charge(Charge charge) override {
        auto amount = stripe::to_stripe(charge.amount);
        if (!amount) co_return unpayable();
        auto answer = co_await make_intent(charge, *amount,
                                           {{"payment_method", charge.token},
                                            {"confirm", "true"},
                                            {"automatic_payment_methods[enabled]", "true"},
                                            {"automatic_payment_methods[allow_redirects]", "never"},
                                            {"error_on_requires_action", "true"}});
        const auto& error = answer.error();
        if (!answer.ok())
            co_return ChargeOutcome{false, text(error["payment_intent"]["id"]), stripe::reason(error)};
        const auto& intent = answer.body;
        if (auto outcome = stripe::outcome(intent)) co_return *outcome;
        if (text(intent["status"]).starts_with("requires_"))
            co_return ChargeOutcome{false, text(intent["id"]), stripe::reason(intent["last_payment_error"])};
        throw ProviderSilent("Stripe has not decided yet");
    }

    // Among those of the day in which Stripe remembers the key; both clocks may be wrong by minutes.
    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        std::string after;
        for (int pages = 0; pages < most_pages; ++pages) {
            auto page = co_await api_.intents({{"created[gte]", seconds(charge.started_at - 10min)},
                                               {"created[lte]", seconds(charge.started_at + 25h)}},
                                              after);
            for (const auto& intent : page.elements()) {
                if (text(intent["metadata"]["payment_id"]) == charge.key.text)
                    co_return co_await settle(intent);
            }
            if (!page.has_more()) co_return std::nullopt;
            after = text(page.elements().back()["id"]);
        }
        throw ProviderSilent("Stripe has too many PaymentIntents to find one");
    }

    // Another PaymentIntent takes the charge's key. Stripe refuses the key to whatever comes under it after that and is not
    // the same (https://docs.stripe.com/api/idempotent_requests); and to this one, when the charge was there before.
    Task<ChargeOutcome> call_off(Charge charge) override {
        auto amount = stripe::to_stripe(charge.amount);
        if (!amount) co_return unpayable();
        auto answer = co_await make_intent(charge, *amount, {});
        if (!answer.ok()) co_return ChargeOutcome{false, {}, stripe::reason(answer.error())};
        co_return co_await settle(answer.body);
    }

    // Looked up first: it may be asked for on more than the one day that Stripe remembers its key.
    Task<std::string> refund(Refund refund) override {
        auto amount = stripe::to_stripe(refund.amount);
        if (!amount) throw RefundRefused("Stripe can't pay back this amount");
        auto known =
            co_await api_.get("/v1/refunds", {{"payment_intent", refund.reference}, {"limit", "100"}});
        expect_refund(known);
        const auto* made = known.body["data"].array();
        if (!made) throw ProviderSilent("Stripe does not show its refunds");
        for (const auto& each : *made) {
            if (text(each["metadata"]["refund_id"]) == refund.key.text) co_return reference_of(each);
        }
        auto answer = co_await api_.post("/v1/refunds", refund.key.text,
                                         {{"payment_intent", refund.reference},
                                          {"amount", std::to_string(*amount)},
                                          {"metadata[refund_id]", refund.key.text}});
        expect_refund(answer);
        co_return reference_of(answer.body);
    }

    Task<std::vector<BookedCharge>> books(Instant since, std::string after) override {
        for (int pages = 0; pages < most_pages; ++pages) {
            auto page = co_await api_.intents(
                {{"created[gte]", seconds(since)}, {"expand[]", "data.latest_charge"}}, after);
            std::vector<BookedCharge> charges;
            for (const auto& intent : page.elements()) {
                if (auto charge = booked(intent)) charges.push_back(std::move(*charge));
            }
            if (!charges.empty() || !page.has_more()) co_return charges;
            after = text(page.elements().back()["id"]);
        }
        throw ProviderSilent("Stripe has too many PaymentIntents that are not ours");
    }

    Notice read_notice(std::string_view body, std::string_view signature, Instant now) const override {
        if (webhook_secret_.empty()) throw NotFound();
        if (!stripe::is_genuine(body, signature, webhook_secret_, now))
            throw Invalid("This notice is not Stripe's, or too old");
        auto event = json::parse(body);
        if (!event || text((*event)["id"]).empty()) throw Invalid("This notice can't be read");
        Notice notice{.id = text((*event)["id"]), .charge = {}, .outcome = {}};
        auto type = text((*event)["type"]);
        if (type != "payment_intent.succeeded" && type != "payment_intent.payment_failed") return notice;
        const auto& intent = (*event)["data"]["object"];
        auto payment = text(intent["metadata"]["payment_id"]);
        auto outcome = stripe::outcome(intent);
        if (!payment.empty() && outcome) {
            notice.charge = PaymentId{payment};
            notice.outcome = std::move(*outcome);
        }
        return notice;
    }

  private:
    // Under the charge's key, of an amount as Stripe writes it.
    Task<stripe::Answer> make_intent(const Charge& charge, std::int64_t amount, http::Pairs how) {
        http::Pairs fields{{"amount", std::to_string(amount)},
                           {"currency", in_lower_case(charge.amount.currency.code())}};
        std::ranges::move(how, std::back_inserter(fields));
        fields.emplace_back("metadata[payment_id]", charge.key.text);
        fields.emplace_back("metadata[order_id]", charge.order.text);
        auto answer = co_await api_.post("/v1/payment_intents", charge.key.text, std::move(fields));
        if (answer.not_let_in()) throw ProviderSilent("Stripe does not accept our key");
        co_return answer;
    }

    // An intent that waits for somebody is called off: nobody will come, and no late charge may.
    Task<ChargeOutcome> settle(const json::Value& intent) {
        if (auto outcome = stripe::outcome(intent)) co_return *outcome;
        if (text(intent["status"]).starts_with("requires_")) {
            auto answer = co_await api_.post("/v1/payment_intents/" + text(intent["id"]) + "/cancel", {}, {});
            if (auto outcome = stripe::outcome(answer.body)) co_return *outcome;
        }
        throw ProviderSilent("Stripe has not decided yet");
    }

    stripe::Api api_;
    const std::string publishable_key_, webhook_secret_;
};

}  // namespace

std::unique_ptr<Provider> make_stripe_provider(StripeAccount account, outbound::Transport& transport) {
    return std::make_unique<Stripe>(std::move(account), transport);
}

}  // namespace stagedoor::payments
