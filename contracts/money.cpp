#include "contracts/money.hpp"

#include <array>
#include <charconv>
#include <limits>

namespace stagedoor {
namespace {

struct CurrencyRow {
    std::string_view code;
    int decimals;
    std::string_view symbol;
};

// The supported currencies of ISO 4217.
constexpr std::array<CurrencyRow, Currency::count> currencies{{
    {"USD", 2, "$"},    {"EUR", 2, "€"},    {"GBP", 2, "£"},    {"JPY", 0, "¥"},    {"CHF", 2, "CHF "},
    {"CAD", 2, "CA$"},  {"AUD", 2, "A$"},   {"NZD", 2, "NZ$"},  {"SEK", 2, "SEK "}, {"NOK", 2, "NOK "},
    {"DKK", 2, "DKK "}, {"ISK", 0, "ISK "}, {"PLN", 2, "PLN "}, {"CZK", 2, "CZK "}, {"HUF", 2, "HUF "},
    {"INR", 2, "₹"},    {"CNY", 2, "CN¥"},  {"KRW", 0, "₩"},    {"SGD", 2, "S$"},   {"HKD", 2, "HK$"},
    {"MXN", 2, "MX$"},  {"BRL", 2, "R$"},   {"ZAR", 2, "R "},   {"KWD", 3, "KWD "},
}};

constexpr std::int64_t power_of_ten(int exponent) {
    std::int64_t value = 1;
    while (exponent-- > 0) value *= 10;
    return value;
}

// A JSON number as digits × 10^exponent.
struct Decimal {
    std::string digits;
    long exponent = 0;
};

std::optional<Decimal> split_decimal(std::string_view text) {
    Decimal result;
    bool seen_point = false;
    std::size_t at = 0;
    for (; at < text.size() && text[at] != 'e' && text[at] != 'E'; ++at) {
        if (text[at] == '.' && !seen_point && at > 0) {
            seen_point = true;
        } else if (text[at] >= '0' && text[at] <= '9') {
            result.digits += text[at];
            if (seen_point) --result.exponent;
        } else {
            return std::nullopt;
        }
    }
    if (result.digits.empty() || text[at - 1] == '.') return std::nullopt;
    if (at < text.size()) {
        auto power = text.substr(at + 1);
        if (power.starts_with('+')) {
            power.remove_prefix(1);
            if (power.starts_with('-')) return std::nullopt;
        }
        long value = 0;
        auto [end, error] = std::from_chars(power.data(), power.data() + power.size(), value);
        if (error != std::errc{} || end != power.data() + power.size() || power.empty()) return std::nullopt;
        if (value > 1000 || value < -1000) return std::nullopt;
        result.exponent += value;
    }
    return result;
}

}  // namespace

std::optional<Currency> Currency::parse(std::string_view code) {
    for (int i = 0; i < count; ++i) {
        if (currencies[static_cast<std::size_t>(i)].code == code) return at(i);
    }
    return std::nullopt;
}

std::string_view Currency::code() const { return currencies[index_].code; }
int Currency::decimals() const { return currencies[index_].decimals; }
std::string_view Currency::symbol() const { return currencies[index_].symbol; }

std::int64_t Money::highest_price(Currency currency) {
    if (currency.decimals() == 0) return 999'999;
    return 999'999'99 * power_of_ten(currency.decimals() - 2);
}

std::expected<Money, std::string> Money::parse(std::string_view decimal, Currency currency) {
    if (decimal.starts_with('-')) return std::unexpected("must not be negative");
    auto parts = split_decimal(decimal);
    if (!parts) return std::unexpected("must be a decimal number such as 19.99");

    auto shift = parts->exponent + currency.decimals();
    auto& digits = parts->digits;
    for (; shift < 0; ++shift) {  // only zeros are allowed beyond the currency's decimals
        if (digits.empty()) continue;
        if (digits.back() != '0') {
            return std::unexpected("must have at most " + std::to_string(currency.decimals()) + " decimals");
        }
        digits.pop_back();
    }
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return Money{0, currency};
    if (digits.size() + static_cast<std::size_t>(shift) > 18) return std::unexpected("is too large");
    digits.append(static_cast<std::size_t>(shift), '0');
    std::int64_t minor = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    return Money{minor, currency};
}

std::string Money::to_text() const {
    auto unit = power_of_ten(currency.decimals());
    auto whole = std::to_string(minor / unit);
    if (minor < 0 && minor / unit == 0) whole.insert(0, "-");
    if (unit == 1) return whole;
    auto rest = std::to_string(unit + (minor < 0 ? -(minor % unit) : minor % unit));  // "1", decimals
    return whole + "." + rest.substr(1);
}

}  // namespace stagedoor
