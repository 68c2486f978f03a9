#include "services/payments/providers/stripe.hpp"

#include <algorithm>
#include <iterator>

#include "common/errors.hpp"
#include "common/text/ascii.hpp"
#include "services/payments/providers/stripe_api.hpp"
#include "services/payments/providers/stripe_objects.hpp"
#include "services/payments/providers/stripe_signature.hpp"

namespace stagedoor::payments {
namespace {

using namespace std::chrono_literals;
using stripe::text;

constexpr int max_pages = 100;  // per search, of 100 PaymentIntents each

std::string seconds(Instant time) { return std::to_string(time.milliseconds / 1000); }

void check_refund(const stripe::Response& response) {
    if (response.is_unauthorized()) throw OutcomeUnknown("Stripe does not accept our secret key");
    if (!response.ok()) throw RefundRejected("Stripe rejected the refund: " + text(response.error()["code"]));
}

std::string refund_reference(const json::Value& refund) {
    auto status = text(refund["status"]);
    if (status.empty()) throw OutcomeUnknown("Stripe did not return the refund");
    if (status == "failed" || status == "canceled") throw RefundRejected("Stripe could not make the refund");
    return text(refund["id"]);
}

// nullopt if it is not a successful charge, or not ours.
std::optional<ChargeRecord> charge_record(const json::Value& intent) {
    auto payment = text(intent["metadata"]["payment_id"]);
    auto currency = text(intent["currency"]);
    auto charged = stripe::from_stripe(stripe::whole(intent["amount"]), currency);
    auto refunded = stripe::from_stripe(stripe::whole(intent["latest_charge"]["amount_refunded"]), currency);
    if (payment.empty() || !charged || text(intent["status"]) != "succeeded") return std::nullopt;
    return ChargeRecord{PaymentId{payment}, text(intent["id"]), *charged, refunded->minor,
                        Instant{stripe::whole(intent["created"]) * 1000}};
}

ChargeOutcome unsupported_amount() { return {false, {}, "This amount can't be paid by card"}; }

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
        if (!amount) co_return unsupported_amount();
        auto response = co_await create_intent(charge, *amount,
                                               {{"payment_method", charge.token},
                                                {"confirm", "true"},
                                                {"automatic_payment_methods[enabled]", "true"},
                                                {"automatic_payment_methods[allow_redirects]", "never"},
                                                {"error_on_requires_action", "true"}});
        const auto& error = response.error();
        if (!response.ok())
            co_return ChargeOutcome{false, text(error["payment_intent"]["id"]), stripe::reason(error)};
        const auto& intent = response.body;
        if (auto outcome = stripe::outcome(intent)) co_return *outcome;
        if (text(intent["status"]).starts_with("requires_"))
            co_return ChargeOutcome{false, text(intent["id"]), stripe::reason(intent["last_payment_error"])};
        throw OutcomeUnknown("Stripe has not decided yet");
    }

    // Searches the day in which Stripe remembers the key; either clock may be off by minutes.
    Task<std::optional<ChargeOutcome>> find(Charge charge) override {
        std::string after;
        for (int pages = 0; pages < max_pages; ++pages) {
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
        throw OutcomeUnknown("Stripe has too many PaymentIntents to find one");
    }

    // Takes the charge's key with another PaymentIntent, without a card. Stripe then rejects the key for any
    // different request (https://docs.stripe.com/api/idempotent_requests); and for this one, if the charge
    // came first.
    Task<ChargeOutcome> cancel_charge(Charge charge) override {
        auto amount = stripe::to_stripe(charge.amount);
        if (!amount) co_return unsupported_amount();
        auto response = co_await create_intent(charge, *amount, {});
        if (!response.ok()) co_return ChargeOutcome{false, {}, stripe::reason(response.error())};
        co_return co_await settle(response.body);
    }

    // Looks the refund up first: retries may go on for longer than the day in which Stripe remembers the key.
    Task<std::string> refund(Refund refund) override {
        auto amount = stripe::to_stripe(refund.amount);
        if (!amount) throw RefundRejected("Stripe can't refund this amount");
        auto known =
            co_await api_.get("/v1/refunds", {{"payment_intent", refund.reference}, {"limit", "100"}});
        check_refund(known);
        const auto* existing = known.body["data"].array();
        if (!existing) throw OutcomeUnknown("Stripe did not list its refunds");
        for (const auto& each : *existing) {
            if (text(each["metadata"]["refund_id"]) == refund.key.text) co_return refund_reference(each);
        }
        auto response = co_await api_.post("/v1/refunds", refund.key.text,
                                           {{"payment_intent", refund.reference},
                                            {"amount", std::to_string(*amount)},
                                            {"metadata[refund_id]", refund.key.text}});
        check_refund(response);
        co_return refund_reference(response.body);
    }

    Task<std::vector<ChargeRecord>> list_charges(Instant since, std::string after) override {
        for (int pages = 0; pages < max_pages; ++pages) {
            auto page = co_await api_.intents(
                {{"created[gte]", seconds(since)}, {"expand[]", "data.latest_charge"}}, after);
            std::vector<ChargeRecord> charges;
            for (const auto& intent : page.elements()) {
                if (auto charge = charge_record(intent)) charges.push_back(std::move(*charge));
            }
            if (!charges.empty() || !page.has_more()) co_return charges;
            after = text(page.elements().back()["id"]);
        }
        throw OutcomeUnknown("Stripe has too many PaymentIntents that are not ours");
    }

    Webhook read_webhook(std::string_view body, std::string_view signature, Instant now) const override {
        if (webhook_secret_.empty()) throw NotFound();
        if (!stripe::is_genuine(body, signature, webhook_secret_, now))
            throw Invalid("Invalid or expired webhook signature"_text);
        auto event = json::parse(body);
        if (!event || text((*event)["id"]).empty()) throw Invalid("Malformed webhook"_text);
        Webhook webhook{.id = text((*event)["id"]), .charge = {}, .outcome = {}};
        auto type = text((*event)["type"]);
        if (type != "payment_intent.succeeded" && type != "payment_intent.payment_failed") return webhook;
        const auto& intent = (*event)["data"]["object"];
        auto payment = text(intent["metadata"]["payment_id"]);
        auto outcome = stripe::outcome(intent);
        if (!payment.empty() && outcome) {
            webhook.charge = PaymentId{payment};
            webhook.outcome = std::move(*outcome);
        }
        return webhook;
    }

  private:
    // Under the charge's key; `amount` is in Stripe's units.
    Task<stripe::Response> create_intent(const Charge& charge, std::int64_t amount, http::Pairs more) {
        http::Pairs fields{{"amount", std::to_string(amount)},
                           {"currency", text::to_lower(charge.amount.currency.code())}};
        std::ranges::move(more, std::back_inserter(fields));
        fields.emplace_back("metadata[payment_id]", charge.key.text);
        fields.emplace_back("metadata[order_id]", charge.order.text);
        auto response = co_await api_.post("/v1/payment_intents", charge.key.text, std::move(fields));
        if (response.is_unauthorized()) throw OutcomeUnknown("Stripe does not accept our secret key");
        co_return response;
    }

    // An intent that waits for input is cancelled: none will come, and it must not be charged later.
    Task<ChargeOutcome> settle(const json::Value& intent) {
        if (auto outcome = stripe::outcome(intent)) co_return *outcome;
        if (text(intent["status"]).starts_with("requires_")) {
            auto response =
                co_await api_.post("/v1/payment_intents/" + text(intent["id"]) + "/cancel", {}, {});
            if (auto outcome = stripe::outcome(response.body)) co_return *outcome;
        }
        throw OutcomeUnknown("Stripe has not decided yet");
    }

    stripe::Api api_;
    const std::string publishable_key_, webhook_secret_;
};

}  // namespace

std::unique_ptr<Provider> make_stripe_provider(StripeAccount account, outbound::Transport& transport) {
    return std::make_unique<Stripe>(std::move(account), transport);
}

}  // namespace stagedoor::payments
