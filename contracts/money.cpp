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
    std::int64_t min_price, price_step;  // in minor units
};

// The supported currencies of ISO 4217. The minimum is Stripe's minimum charge; where it publishes none (ISK,
// CNY, KRW, ZAR, KWD), a round amount above 0.50 USD, which Stripe demands after conversion. Stripe takes
// amounts with three decimals only if the last one is 0.
constexpr std::array<CurrencyRow, Currency::count> currencies{{
    {"USD", 2, "$", 50, 1},     {"EUR", 2, "€", 50, 1},      {"GBP", 2, "£", 30, 1},
    {"JPY", 0, "¥", 50, 1},     {"CHF", 2, "CHF ", 50, 1},   {"CAD", 2, "CA$", 50, 1},
    {"AUD", 2, "A$", 50, 1},    {"NZD", 2, "NZ$", 50, 1},    {"SEK", 2, "SEK ", 300, 1},
    {"NOK", 2, "NOK ", 300, 1}, {"DKK", 2, "DKK ", 250, 1},  {"ISK", 0, "ISK ", 100, 1},
    {"PLN", 2, "PLN ", 200, 1}, {"CZK", 2, "CZK ", 1500, 1}, {"HUF", 2, "HUF ", 17500, 1},
    {"INR", 2, "₹", 50, 1},     {"CNY", 2, "CN¥", 400, 1},   {"KRW", 0, "₩", 1000, 1},
    {"SGD", 2, "S$", 50, 1},    {"HKD", 2, "HK$", 400, 1},   {"MXN", 2, "MX$", 1000, 1},
    {"BRL", 2, "R$", 50, 1},    {"ZAR", 2, "R ", 1000, 1},   {"KWD", 3, "KWD ", 200, 10},
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
    bool has_exponent = false;  // written with one
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
        result.has_exponent = true;
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

Message not_decimal() { return "must be a decimal number such as 19.99"_text; }

Message decimals_error(Currency currency) {
    if (currency.decimals() == 0) return "must have no decimals"_text;
    return "must have at most {count} decimals"_text.with("count", currency.decimals());
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

std::int64_t Currency::min_price() const { return currencies[index_].min_price; }
std::int64_t Currency::price_step() const { return currencies[index_].price_step; }
std::int64_t Currency::max_price() const {
    if (decimals() == 0) return 999'999;
    return 999'999'99 * power_of_ten(decimals() - 2);
}

std::expected<Money, Message> Money::parse(std::string_view decimal, Currency currency) {
    if (decimal.starts_with('-')) return std::unexpected("must not be negative"_text);
    auto parts = split_decimal(decimal);
    if (!parts) return std::unexpected(not_decimal());

    auto shift = parts->exponent + currency.decimals();
    auto& digits = parts->digits;
    // Beyond the currency's decimals, an exponent may add zeros: nobody groups thousands with one.
    if (shift < 0 && !parts->has_exponent) return std::unexpected(decimals_error(currency));
    for (; shift < 0; ++shift) {
        if (digits.empty()) continue;
        if (digits.back() != '0') return std::unexpected(decimals_error(currency));
        digits.pop_back();
    }
    digits.erase(0, digits.find_first_not_of('0'));
    if (digits.empty()) return Money{0, currency};
    if (digits.size() + static_cast<std::size_t>(shift) > 18) return std::unexpected("is too large"_text);
    digits.append(static_cast<std::size_t>(shift), '0');
    std::int64_t minor = 0;
    std::from_chars(digits.data(), digits.data() + digits.size(), minor);
    return Money{minor, currency};
}

std::expected<Money, Message> Money::parse_text(std::string_view decimal, Currency currency) {
    if (decimal.starts_with('-')) return std::unexpected("must not be negative"_text);
    auto plain = decimal.find_first_not_of("0123456789.") == std::string_view::npos;
    auto has_digit = decimal.find_first_of("0123456789") != std::string_view::npos;
    if (!plain || !has_digit) return std::unexpected(not_decimal());
    if (decimal.ends_with('.')) decimal.remove_suffix(1);
    return parse(decimal.starts_with('.') ? "0" + std::string{decimal} : std::string{decimal}, currency);
}

std::string Money::to_text() const {
    auto unit = power_of_ten(currency.decimals());
    auto whole = std::to_string(minor / unit);
    if (minor < 0 && minor / unit == 0) whole.insert(0, "-");
    if (unit == 1) return whole;
    auto rest = std::to_string(unit + (minor < 0 ? -(minor % unit) : minor % unit));  // "1", decimals
    return whole + "." + rest.substr(1);
}

std::optional<Message> price_problem(const Money& price) {
    auto currency = price.currency;
    auto text = [&](std::int64_t minor) {
        return Money{minor, currency}.to_text() + " " + std::string{currency.code()};
    };
    if (price.minor < currency.min_price())
        return "Price must be at least {price}"_text.with("price", text(currency.min_price()));
    if (price.minor > currency.max_price())
        return "Price must be at most {price}"_text.with("price", text(currency.max_price()));
    if (price.minor % currency.price_step() != 0)
        return "Price must be a multiple of {price}"_text.with("price", text(currency.price_step()));
    return std::nullopt;
}

}  // namespace stagedoor
