// Money: whole minor units (cents) of an ISO 4217 currency, 64 bits. Never a double: read from the decimal
// text that came in and written by our own formatter.
#pragma once

#include <compare>
#include <cstdint>
#include <expected>
#include <optional>
#include <string>
#include <string_view>

namespace stagedoor {

// One of the currencies that Stagedoor sells in, with the decimals that ISO 4217 gives it.
class Currency {
  public:
    constexpr Currency() = default;  // USD

    // "USD"; nullopt for what is not in the table.
    [[nodiscard]] static std::optional<Currency> parse(std::string_view code);

    [[nodiscard]] std::string_view code() const;
    [[nodiscard]] int decimals() const;
    [[nodiscard]] std::string_view symbol()
        const;  // "$", "€", … or the code where there is none in common use
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

    // The most that one ticket may cost: 999 999.99, or 999 999 for a currency without decimals.
    [[nodiscard]] static std::int64_t highest_price(Currency currency);

    // "19.99", "5", "1999e-2" (a JSON number's text); exact, or the reason why not, to be shown to the
    // caller. Refuses what is negative, has more decimals than the currency, or does not fit into 64 bits.
    [[nodiscard]] static std::expected<Money, std::string> parse(std::string_view decimal, Currency currency);

    // "19.99"; always with all the decimals of the currency, so that the number is also what a person
    // expects.
    [[nodiscard]] std::string to_text() const;
};

}  // namespace stagedoor
