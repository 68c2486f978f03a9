#include "services/client/typed_numbers.hpp"

#include <algorithm>
#include <array>
#include <optional>
#include <string>

#include "common/text/ascii.hpp"

namespace stagedoor::client {
namespace {

constexpr std::size_t max_length = 30;
// Separators that only group thousands: blanks (also no-break, thin and narrow ones) and apostrophes.
constexpr std::array<std::string_view, 6> grouping{" ", "\u00A0", "\u2009", "\u202F", "'", "\u2019"};

bool all_digits(std::string_view text) { return !text.empty() && std::ranges::all_of(text, text::is_digit); }

// The input with ' ' for every separator that only groups thousands; nullopt if it has other characters than
// digits and separators.
std::optional<std::string> simplify(std::string_view input) {
    if (input.size() > max_length) return std::nullopt;
    std::string text;
    while (!input.empty()) {
        auto group = std::ranges::find_if(grouping, [&](auto each) { return input.starts_with(each); });
        auto c = input.front();
        if (group != grouping.end())
            text += ' ';
        else if (text::is_digit(c) || c == '.' || c == ',')
            text += c;
        else
            return std::nullopt;
        input.remove_prefix(group != grouping.end() ? group->size() : 1);
    }
    return text;
}

// Whether it is "1.250" or "1.250.000" with that separator.
bool grouped_in_thousands(std::string_view whole, char separator) {
    auto first = whole.find(separator);
    if (first == 0 || first > 3 || whole.front() == '0') return false;
    for (auto rest = whole.substr(first); !rest.empty(); rest.remove_prefix(4)) {
        if (rest.size() < 4 || rest[0] != separator || !all_digits(rest.substr(1, 3))) return false;
    }
    return all_digits(whole.substr(0, first));
}

enum class Meaning { thousands, decimals, ambiguous };

// What the only separator of a number means.
Meaning only_separator(std::string_view text, std::size_t at, int decimals) {
    if (!grouped_in_thousands(text, text[at])) return Meaning::decimals;
    if (decimals < 3) return Meaning::thousands;
    return text[at] == '.' ? Meaning::decimals : Meaning::ambiguous;
}

// Where the decimal separator is, npos if there is none; nullopt if the number is ambiguous.
std::optional<std::size_t> decimal_separator(std::string_view text, int decimals) {
    auto last = text.find_last_of(".,");
    if (last == std::string_view::npos) return last;
    auto others = text.substr(0, last).find_first_of("., ") != std::string_view::npos;
    if (others)
        return text.substr(0, last).find(text[last]) == std::string_view::npos ? last : std::string::npos;
    switch (only_separator(text, last, decimals)) {
        case Meaning::thousands:
            return std::string_view::npos;
        case Meaning::decimals:
            return last;
        case Meaning::ambiguous:
            return std::nullopt;
    }
    return std::nullopt;
}

// The digits of the whole part without separators and leading zeros; nullopt if it isn't one.
std::optional<std::string> whole_digits(std::string_view whole) {
    std::string digits{whole};
    auto separator = whole.find_first_of("., ");
    if (separator != std::string_view::npos) {
        if (!grouped_in_thousands(whole, whole[separator])) return std::nullopt;
        std::erase(digits, whole[separator]);
    }
    if (!all_digits(digits)) return std::nullopt;
    digits.erase(0, std::min(digits.find_first_not_of('0'), digits.size() - 1));  // JSON has no leading zeros
    return digits;
}

// The number as JSON writes it.
std::optional<std::string> read_number(std::string_view input, int decimals) {
    auto text = simplify(input);
    auto at = text ? decimal_separator(*text, decimals) : std::nullopt;
    if (!at) return std::nullopt;
    auto whole = std::string_view{*text}.substr(0, *at);
    auto rest = *at == std::string::npos ? std::string_view{} : std::string_view{*text}.substr(*at + 1);
    if (whole.empty() && !rest.empty()) whole = "0";  // ".5"
    auto number = whole_digits(whole);
    if (!number || !(rest.empty() || all_digits(rest))) return std::nullopt;
    if (!rest.empty()) number->append(".").append(rest);
    return number;
}

json::Value number_or_text(std::string_view input, int decimals) {
    if (auto number = read_number(input, decimals)) return json::Value{json::Number{std::move(*number)}};
    return json::Value{std::string{input}};
}

Message example(std::string_view input, Currency currency) {
    if (currency.decimals() == 0) return "Enter a price, e.g. 1500"_text;
    if (currency.decimals() < 3) return "Enter a price, e.g. 19.99"_text;
    if (!grouped_in_thousands(input, ',')) return "Enter a price, e.g. 19.500"_text;
    std::string whole{input}, with_point{input};
    std::erase(whole, ',');
    std::ranges::replace(with_point, ',', '.');
    return "Enter {whole} or {decimal}: the comma could mean either"_text.with("whole", whole)
        .with("decimal", with_point);
}

}  // namespace

json::Value as_price(std::string_view input, Currency currency) {
    return number_or_text(input, currency.decimals());
}

json::Value as_count(std::string_view input) { return number_or_text(input, 0); }

void explain_price(Problems& problems, std::string_view field, std::string_view input, Currency currency) {
    if (as_price(input, currency).number()) return;
    for (auto& problem : problems) {
        if (problem.field == field) problem.message = example(input, currency);
    }
}

}  // namespace stagedoor::client
