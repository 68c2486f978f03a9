#include "common/json/read.hpp"

#include <utility>

#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::json {
namespace {

bool has_length(std::string_view text, std::size_t min, std::size_t max, Reading& reading) {
    auto characters = text::code_points(text);
    if (characters < min)
        reading.add_error(
            characters == 0
                ? "must not be empty"_text
                : "must have at least {count, plural, one {# character} other {# characters}}"_text.with(
                      "count", static_cast<std::int64_t>(min)));
    else if (characters > max)
        reading.add_error(
            "must have at most {count, plural, one {# character} other {# characters}}"_text.with(
                "count", static_cast<std::int64_t>(max)));
    return characters >= min && characters <= max;
}

}  // namespace

bool read_text(const Value& value, std::string& out, std::size_t min, std::size_t max, Reading& reading) {
    const auto* text = value.string();
    if (!text) {
        reading.add_error("must be text"_text);
        return false;
    }
    auto hidden = text::first_hidden(*text);
    auto normal = text::nfc(text::trimmed(*text));
    auto is_control = hidden && hidden->kind == text::Hidden::control;
    if (!is_control && text::is_blank(normal)) normal.clear();
    if (is_control || (hidden && !normal.empty())) {
        reading.add_error(text::problem_with(*hidden));
        return false;
    }
    if (!has_length(normal, min, max, reading)) return false;
    out = std::move(normal);
    return true;
}

bool read_search_text(const Value& value, std::string& out, std::size_t max, Reading& reading) {
    const auto* text = value.string();
    if (!text) {
        reading.add_error("must be text"_text);
        return false;
    }
    auto normal = text::nfc(text::trimmed(text::without_hidden(*text)));
    if (!has_length(normal, 0, max, reading)) return false;
    out = std::move(normal);
    return true;
}

bool read_whole(const Value& value, std::int64_t& out, std::int64_t min, std::int64_t max, Reading& reading) {
    const auto* number = value.number();
    if (!number) {
        reading.add_error("must be a whole number"_text);
        return false;
    }
    std::int64_t parsed = 0;
    const auto& text = number->text;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
        reading.add_error("must be a whole number"_text);
        return false;
    }
    if (error != std::errc{} || parsed < min || parsed > max) {
        reading.add_error("must be between {min} and {max}"_text.with("min", std::to_string(min))
                              .with("max", std::to_string(max)));
        return false;
    }
    out = parsed;
    return true;
}

bool read_currency(const Value& value, Currency& out, Reading& reading) {
    auto known = value.string() ? Currency::parse(*value.string()) : std::nullopt;
    if (known)
        out = *known;
    else
        reading.add_error("must be a supported currency code such as USD"_text);
    return known.has_value();
}

namespace {

// The currency beside an amount, USD if absent. Several amounts of a struct share it: reported once.
std::optional<Currency> read_currency_of_amount(const Value* currency, Reading& reading) {
    Currency known;
    if (!currency || currency->is_null()) return known;
    Reading own{.now = {}, .problems = {}, .path = {}};
    if (read_currency(*currency, known, own)) return known;
    auto dot = reading.path.rfind('.');
    auto path = std::exchange(reading.path, dot == std::string::npos ? "" : reading.path.substr(0, dot));
    reading.add_error_at("currency", std::move(own.problems.front().message));
    reading.path = std::move(path);
    return std::nullopt;
}

}  // namespace

bool read_money(const Value* amount, const Value* currency, Money& out, Reading& reading) {
    auto known = read_currency_of_amount(currency, reading);
    if (!amount || amount->is_null()) {
        reading.add_error("is missing"_text);
        return false;
    }
    if (!amount->number() && !amount->string()) {
        reading.add_error("must be a decimal number such as 19.99"_text);
        return false;
    }
    if (!known && amount->number()) return false;
    // Text that is no amount in the currency with the most decimals is none in any.
    static const auto max_decimals = Currency::parse("KWD").value();
    auto money = amount->number() ? Money::parse(amount->number()->text, *known)
                                  : Money::parse_text(*amount->string(), known.value_or(max_decimals));
    if (!money) {
        reading.add_error(money.error());
        return false;
    }
    if (!known) return false;
    out = *money;
    return true;
}

bool read_any_amount(const Value& value, AnyAmount& out, Reading& reading) {
    static const Value three_decimals{std::string{"KWD"}};
    Money money;
    if (!read_money(&value, &three_decimals, money, reading)) return false;
    out.thousandths = money.minor;
    return true;
}

bool AnyAmount::is_less_than(const Money& money) const {
    auto minor = money.minor;
    for (auto decimals = money.currency.decimals(); decimals < 3; ++decimals) minor *= 10;
    return thousandths < minor;
}

bool read_instant(const Value& value, Instant& out, Reading& reading) {
    auto instant = value.string() ? Instant::parse(*value.string()) : std::nullopt;
    if (!instant) {
        reading.add_error("must be a date and time such as 2026-05-01T19:30:00Z"_text);
        return false;
    }
    out = *instant;
    return true;
}

}  // namespace stagedoor::json
