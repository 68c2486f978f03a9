#include "services/payments/providers/stripe_objects.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace stagedoor::payments::stripe {
namespace {

// Stripe's error codes as texts for the buyer. Whoever uses a lost, stolen or suspicious card only learns
// that it was declined.
struct CodeText {
    std::string_view code, text;
};
constexpr auto card_declined = "Your card was declined"_stored;
constexpr auto another_card =
    "Your bank requires an extra confirmation that we don't support; use another card"_stored;
constexpr auto try_later = "Your bank couldn't process the payment; try again later"_stored;
constexpr std::array known_codes{
    CodeText{"insufficient_funds", "Your card has insufficient funds"_stored},
    CodeText{"card_velocity_exceeded", "Your card's limit has been reached"_stored},
    CodeText{"withdrawal_count_limit_exceeded", "Your card's limit has been reached"_stored},
    CodeText{"expired_card", "Your card has expired"_stored},
    CodeText{"incorrect_number", "Your card number is incorrect"_stored},
    CodeText{"invalid_number", "Your card number is incorrect"_stored},
    CodeText{"incorrect_cvc", "Your card's security code is incorrect"_stored},
    CodeText{"invalid_cvc", "Your card's security code is incorrect"_stored},
    CodeText{"invalid_expiry_month", "Your card's expiry date is incorrect"_stored},
    CodeText{"invalid_expiry_year", "Your card's expiry date is incorrect"_stored},
    CodeText{"incorrect_zip", "The postal code doesn't match your card"_stored},
    CodeText{"card_not_supported", "Your card doesn't support this kind of purchase"_stored},
    CodeText{"currency_not_supported", "Your card doesn't support this currency"_stored},
    CodeText{"authentication_required", another_card},
    CodeText{"requires_action_not_handled", another_card},
    CodeText{"payment_intent_authentication_failure", another_card},
    CodeText{"issuer_not_available", try_later},
    CodeText{"processing_error", try_later},
    CodeText{"reenter_transaction", try_later},
    CodeText{"try_again_later", try_later},
    CodeText{"amount_too_small", "This amount is too small for a card payment"_stored},
    CodeText{"amount_too_large", "This amount is too large for a card payment"_stored},
    CodeText{"resource_missing", "Enter your card again"_stored},
};

std::optional<std::string_view> text_for(const json::Value& code) {
    const auto* found = std::ranges::find(known_codes, text(code), &CodeText::code);
    if (found == known_codes.end()) return std::nullopt;
    return found->text;
}

// Stripe uses our minor units, except that it counts 100 units per Icelandic króna.
std::int64_t factor(Currency currency) { return currency.code() == "ISK" ? 100 : 1; }

}  // namespace

std::optional<std::int64_t> to_stripe(const Money& amount) {
    std::int64_t units = 0;
    if (__builtin_mul_overflow(amount.minor, factor(amount.currency), &units)) return std::nullopt;
    auto has_three_decimals = amount.currency.decimals() == 3;  // Stripe requires multiples of ten
    if (units <= 0 || (has_three_decimals && units % 10 != 0)) return std::nullopt;
    return units;
}

std::optional<Money> from_stripe(std::int64_t amount, std::string_view currency) {
    std::string code{currency};
    for (auto& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    auto known = Currency::parse(code);
    if (!known) return std::nullopt;
    return Money{amount / factor(*known), *known};
}

std::string text(const json::Value& value) {
    const auto* string = value.string();
    return string ? *string : std::string{};
}

std::int64_t whole(const json::Value& value) {
    std::int64_t result = 0;
    if (const auto* number = value.number())
        std::from_chars(number->text.data(), number->text.data() + number->text.size(), result);
    return result;
}

std::string reason(const json::Value& error) {
    auto known = text_for(error["decline_code"]);
    if (!known) known = text_for(error["code"]);
    if (known) return std::string{*known};
    return text(error["type"]) == "invalid_request_error" ? "Your card can't be charged"_stored
                                                          : card_declined;
}

std::optional<ChargeOutcome> outcome(const json::Value& intent) {
    auto status = text(intent["status"]);
    const auto& error = intent["last_payment_error"];
    if (status == "succeeded") return ChargeOutcome{true, text(intent["id"]), ""};
    if (status == "canceled" && error.is_null())
        return ChargeOutcome{false, text(intent["id"]), "The payment was cancelled"_stored};
    if (status == "canceled" || (status == "requires_payment_method" && !error.is_null()))
        return ChargeOutcome{false, text(intent["id"]), reason(error)};
    return std::nullopt;
}

}  // namespace stagedoor::payments::stripe
