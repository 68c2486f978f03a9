// Money: 64-bit whole minor units (cents) of an ISO 4217 currency. Never a double: parsed from decimal text
// and written by our own formatter.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "contracts/message.hpp"

namespace stagedoor {

// One of the supported currencies, with its ISO 4217 decimals.
class Currency {
  public:
    constexpr Currency() = default;  // USD

    // "USD"; nullopt if the currency is not supported.
    [[nodiscard]] static std::optional<Currency> parse(std::string_view code);

    [[nodiscard]] std::string_view code() const;
    [[nodiscard]] int decimals() const;
    [[nodiscard]] std::string_view symbol() const;  // "$", "€", … or the code and a space, "CHF "
    // In minor units, what a ticket can cost. Minimum and step are what card payments demand: anything else
    // could be held but never paid. The maximum is 999 999.99, or 999 999 without decimals.
    [[nodiscard]] std::int64_t min_price() const;
    [[nodiscard]] std::int64_t max_price() const;
    [[nodiscard]] std::int64_t price_step() const;
    auto operator<=>(const Currency&) const = default;

    static constexpr int count = 24;
    [[nodiscard]] static Currency at(int index) { return Currency{static_cast<std::uint8_t>(index)}; }

  private:
    constexpr explicit Currency(std::uint8_t index) : index_(index) {}
    std::uint8_t index_ = 0;
};

struct Money {
    std::int64_t minor = 0;
    Currency currency;

    auto operator<=>(const Money&) const = default;

    // Parses a JSON number's text exactly ("19.99", "5", "1999e-2"). Rejects what is negative, is written
    // with more decimals than the currency has (15.000 ISK is rather 15 000), or has more than 18 digits; the
    // error is a message for the caller.
    [[nodiscard]] static std::expected<Money, Message> parse(std::string_view decimal, Currency currency);
    // The same for text that stands for a number: no exponent, but also ".5" and "5.".
    [[nodiscard]] static std::expected<Money, Message> parse_text(std::string_view decimal,
                                                                  Currency currency);

    // "19.99": always with all decimals of the currency.
    [[nodiscard]] std::string to_text() const;
};

// Why a ticket can't have this price, as a sentence for the seller; nullopt if it can.
[[nodiscard]] std::optional<Message> price_problem(const Money& price);

}  // namespace stagedoor
