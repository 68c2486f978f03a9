#include "common/json/read.hpp"

#include "common/text/utf8.hpp"
#include "common/text/visible.hpp"

namespace stagedoor::json {
namespace {

std::string characters_text(std::size_t count) {
    return std::to_string(count) + " character" + (count == 1 ? "" : "s");
}

bool has_length(std::string_view text, std::size_t min, std::size_t max, Reading& reading) {
    auto characters = text::code_points(text);
    if (characters < min)
        reading.wrong(characters == 0 ? "must not be empty" : "must have at least " + characters_text(min));
    else if (characters > max)
        reading.wrong("must have at most " + characters_text(max));
    return characters >= min && characters <= max;
}

}  // namespace

bool read_text(const Value& value, std::string& out, std::size_t min, std::size_t max, Reading& reading) {
    const auto* text = value.string();
    if (!text) {
        reading.wrong("must be text");
        return false;
    }
    auto hidden = text::first_hidden(*text);
    auto normal = text::nfc(text::trimmed(*text));
    auto is_control = hidden && hidden->kind == text::Hidden::control;
    if (!is_control && text::is_blank(normal)) normal.clear();
    if (is_control || (hidden && !normal.empty())) {
        reading.wrong(text::problem_with(*hidden));
        return false;
    }
    if (!has_length(normal, min, max, reading)) return false;
    out = std::move(normal);
    return true;
}

bool read_search_text(const Value& value, std::string& out, std::size_t max, Reading& reading) {
    const auto* text = value.string();
    if (!text) {
        reading.wrong("must be text");
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
        reading.wrong("must be a whole number");
        return false;
    }
    std::int64_t parsed = 0;
    const auto& text = number->text;
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), parsed);
    if (error == std::errc::invalid_argument || end != text.data() + text.size()) {
        reading.wrong("must be a whole number");
        return false;
    }
    if (error != std::errc{} || parsed < min || parsed > max) {
        reading.wrong("must be between " + std::to_string(min) + " and " + std::to_string(max));
        return false;
    }
    out = parsed;
    return true;
}

bool read_money(const Value* amount, const Value* currency, Money& out, Reading& reading) {
    auto path = reading.path;
    auto known = std::optional{Currency{}};
    if (currency && !currency->is_null()) {
        known = currency->string() ? Currency::parse(*currency->string()) : std::nullopt;
        if (!known) {
            auto dot = path.rfind('.');
            reading.path = dot == std::string::npos ? "currency" : path.substr(0, dot) + ".currency";
            reading.wrong("must be a supported currency code such as USD");
            reading.path = path;
        }
    }
    if (!amount || amount->is_null()) {
        reading.wrong("is missing");
        return false;
    }
    if (!amount->number()) {
        reading.wrong("must be a decimal number such as 19.99");
        return false;
    }
    if (!known) return false;
    auto money = Money::parse(amount->number()->text, *known);
    if (!money) {
        reading.wrong(money.error());
        return false;
    }
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
        reading.wrong("must be a date and time such as 2026-05-01T19:30:00Z");
        return false;
    }
    out = *instant;
    return true;
}

}  // namespace stagedoor::json
