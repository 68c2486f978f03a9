// Reads Stripe's objects.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "common/json/value.hpp"
#include "contracts/money.hpp"
#include "services/payments/providers/provider.hpp"

namespace stagedoor::payments::stripe {

// An amount in Stripe's units; nullopt if Stripe can't charge it.
[[nodiscard]] std::optional<std::int64_t> to_stripe(const Money& amount);
// nullopt for a currency that we don't support.
[[nodiscard]] std::optional<Money> from_stripe(std::int64_t amount, std::string_view currency);

// A member's text or whole number; empty or 0 if it is something else.
[[nodiscard]] std::string text(const json::Value& value);
[[nodiscard]] std::int64_t whole(const json::Value& value);

// Why a card was declined, for the buyer, from an `error` or `last_payment_error`.
[[nodiscard]] std::string reason(const json::Value& error);

// The outcome of a PaymentIntent; nullopt while it is undecided.
[[nodiscard]] std::optional<ChargeOutcome> outcome(const json::Value& intent);

}  // namespace stagedoor::payments::stripe
