#include "services/payments/providers/stripe_answers.hpp"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace stagedoor::payments::stripe {
namespace {

// What a buyer is told of Stripe's codes. That a card is lost, stolen or suspected is not for who holds it.
struct Words {
    std::string_view code, words;
};
constexpr auto card_declined = "Your card was declined";
constexpr auto another_card = "Your bank wants to ask you first, which can't be done here: use another card";
constexpr auto in_a_while = "Your bank could not answer: try again in a while";
constexpr std::array known_codes{
    Words{"insufficient_funds", "There is not enough money on this card"},
    Words{"card_velocity_exceeded", "This card's limit is reached"},
    Words{"withdrawal_count_limit_exceeded", "This card's limit is reached"},
    Words{"expired_card", "This card has expired"},
    Words{"incorrect_number", "The card's number is wrong"},
    Words{"invalid_number", "The card's number is wrong"},
    Words{"incorrect_cvc", "The card's security code is wrong"},
    Words{"invalid_cvc", "The card's security code is wrong"},
    Words{"invalid_expiry_month", "The card's expiry date is wrong"},
    Words{"invalid_expiry_year", "The card's expiry date is wrong"},
    Words{"incorrect_zip", "The postal code is not the card's"},
    Words{"card_not_supported", "This card can't pay for tickets"},
    Words{"currency_not_supported", "This card can't pay in this currency"},
    Words{"authentication_required", another_card},
    Words{"requires_action_not_handled", another_card},
    Words{"payment_intent_authentication_failure", another_card},
    Words{"issuer_not_available", in_a_while},
    Words{"processing_error", in_a_while},
    Words{"reenter_transaction", in_a_while},
    Words{"try_again_later", in_a_while},
    Words{"amount_too_small", "This amount is too small to be paid by card"},
    Words{"amount_too_large", "This amount is too large to be paid by card"},
    Words{"resource_missing", "The card is not known any more: enter it again"},
};

std::optional<std::string_view> words_for(const json::Value& code) {
    const auto* found = std::ranges::find(known_codes, text(code), &Words::code);
    if (found == known_codes.end()) return std::nullopt;
    return found->words;
}

// Minor units are the same here and there, but Stripe counts an Icelandic króna as a hundred.
std::int64_t factor(Currency currency) { return currency.code() == "ISK" ? 100 : 1; }

}  // namespace

std::optional<std::int64_t> to_stripe(const Money& amount) {
    std::int64_t theirs = 0;
    if (__builtin_mul_overflow(amount.minor, factor(amount.currency), &theirs)) return std::nullopt;
    auto of_three_decimals = amount.currency.decimals() == 3;  // moved in tens only
    if (theirs <= 0 || (of_three_decimals && theirs % 10 != 0)) return std::nullopt;
    return theirs;
}

std::optional<Money> from_stripe(std::int64_t amount, std::string_view currency) {
    std::string code{currency};
    for (auto& c : code) c = c >= 'a' && c <= 'z' ? static_cast<char>(c - 'a' + 'A') : c;
    auto known = Currency::parse(code);
    if (!known) return std::nullopt;
    return Money{amount / factor(*known), *known};
}

std::string text(const json::Value& value) {
    const auto* held = value.string();
    return held ? *held : std::string{};
}

std::int64_t whole(const json::Value& value) {
    std::int64_t number = 0;
    if (const auto* held = value.number())
        std::from_chars(held->text.data(), held->text.data() + held->text.size(), number);
    return number;
}

std::string reason(const json::Value& error) {
    auto words = words_for(error["decline_code"]);
    if (!words) words = words_for(error["code"]);
    if (!words)
        words = text(error["type"]) == "invalid_request_error" ? "The card can't be charged" : card_declined;
    return std::string{*words};
}

std::optional<ChargeOutcome> outcome(const json::Value& intent) {
    auto status = text(intent["status"]);
    const auto& error = intent["last_payment_error"];
    if (status == "succeeded") return ChargeOutcome{true, text(intent["id"]), ""};
    if (status == "canceled" && error.is_null())
        return ChargeOutcome{false, text(intent["id"]), "The payment was called off"};
    if (status == "canceled" || (status == "requires_payment_method" && !error.is_null()))
        return ChargeOutcome{false, text(intent["id"]), reason(error)};
    return std::nullopt;
}

}  // namespace stagedoor::payments::stripe
