#include "common/language/locale.hpp"

#include <date/tz.h>
#include <fmt/format.h>
#include <unicode/dcfmtsym.h>
#include <unicode/dtfmtsym.h>
#include <unicode/dtptngen.h>
#include <unicode/numberformatter.h>
#include <unicode/smpdtfmt.h>
#include <unicode/timezone.h>
#include <unicode/ucurr.h>

#include <array>
#include <stdexcept>
#include <vector>

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::language {
namespace {

std::string utf8(const icu::UnicodeString& text) {
    std::string out;
    text.toUTF8String(out);
    return out;
}

icu::Locale locale_of(Language language) { return icu::Locale{std::string{to_tag(language)}.c_str()}; }

void require(UErrorCode error, const char* what) {
    if (U_FAILURE(error))
        throw std::runtime_error(fmt::format("ICU has no {}: {}", what, u_errorName(error)));
}

// What surrounds an amount of a currency.
struct Affixes {
    std::string before, after;
};

// A piece of a date pattern: a field such as "MMM", or text.
struct Piece {
    char field = 0;  // 0: text
    std::size_t width = 0;
    std::string text;
};

// What ICU knows about a language, as far as it is needed here.
struct Rules {
    std::string group, decimal;
    std::size_t min_grouped = 4;  // digits: Spanish groups from five
    std::array<Affixes, Currency::count> currencies;
    std::array<std::string, 12> months, full_months;
    std::array<std::string, 7> weekdays;  // from Sunday
    std::vector<Piece> day_and_time, date_only;
};

std::string symbol(const icu::DecimalFormatSymbols& symbols,
                   icu::DecimalFormatSymbols::ENumberFormatSymbol which) {
    return utf8(symbols.getConstSymbol(which));
}

void read_numbers(Rules& rules, Language language) {
    auto error = U_ZERO_ERROR;
    icu::DecimalFormatSymbols symbols{locale_of(language), error};
    require(error, "symbols of numbers");
    rules.group = symbol(symbols, icu::DecimalFormatSymbols::kGroupingSeparatorSymbol);
    rules.decimal = symbol(symbols, icu::DecimalFormatSymbols::kDecimalSeparatorSymbol);
    auto thousand = icu::number::NumberFormatter::withLocale(locale_of(language)).formatInt(1000, error);
    auto text = utf8(thousand.toString(error));
    require(error, "format of numbers");
    rules.min_grouped = text == "1000" ? 5 : 4;
}

// Formats 1 in each currency and takes what surrounds it.
void read_currencies(Rules& rules, Language language) {
    for (int i = 0; i < Currency::count; ++i) {
        auto error = U_ZERO_ERROR;
        auto code = icu::UnicodeString::fromUTF8(std::string{Currency::at(i).code()});
        auto formatted = icu::number::NumberFormatter::withLocale(locale_of(language))
                             .unit(icu::CurrencyUnit{code.getTerminatedBuffer(), error})
                             .precision(icu::number::Precision::integer())
                             .formatInt(1, error);
        auto text = utf8(formatted.toString(error));
        require(error, "format of money");
        auto digit = text.find('1');
        rules.currencies.at(static_cast<std::size_t>(i)) = {text.substr(0, digit), text.substr(digit + 1)};
    }
}

template <std::size_t N>
void read_names(std::array<std::string, N>& names, const icu::UnicodeString* from, int32_t skipped = 0) {
    for (std::size_t i = 0; i < N; ++i) names.at(i) = utf8(from[static_cast<int32_t>(i) + skipped]);
}

// "EEE d MMM y, HH:mm" as pieces; text in it may be quoted.
std::vector<Piece> pieces_of(const std::string& pattern) {
    std::vector<Piece> pieces;
    auto is_letter = [](char c) { return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z'); };
    auto quoted = false;
    for (auto c : pattern) {
        if (c == '\'') {
            quoted = !quoted;
        } else if (quoted || !is_letter(c)) {
            if (pieces.empty() || pieces.back().field) pieces.emplace_back();
            pieces.back().text += c;
        } else if (!pieces.empty() && pieces.back().field == c) {
            ++pieces.back().width;
        } else {
            if (std::string_view{"yMLdEHmc"}.find(c) == std::string_view::npos)
                throw std::runtime_error("a date has the field " + std::string{c} + ", which isn't known");
            pieces.push_back({c, 1, {}});
        }
    }
    return pieces;
}

void read_dates(Rules& rules, Language language) {
    auto error = U_ZERO_ERROR;
    auto locale = locale_of(language);
    icu::DateFormatSymbols symbols{locale, error};
    std::unique_ptr<icu::DateTimePatternGenerator> patterns{
        icu::DateTimePatternGenerator::createInstance(locale, error)};
    require(error, "names of months");
    using Symbols = icu::DateFormatSymbols;
    int32_t count = 0;
    read_names(rules.months, symbols.getMonths(count, Symbols::FORMAT, Symbols::ABBREVIATED));
    read_names(rules.full_months, symbols.getMonths(count, Symbols::FORMAT, Symbols::WIDE));
    // The first one is unused: they are counted from Sunday = 1.
    read_names(rules.weekdays, symbols.getWeekdays(count, Symbols::FORMAT, Symbols::ABBREVIATED), 1);
    auto pattern = [&](const char* skeleton, std::string english) {
        if (language == Language::en) return pieces_of(english);
        auto best = patterns->getBestPattern(icu::UnicodeString{skeleton}, error);
        require(error, "pattern of dates");
        return pieces_of(utf8(best));
    };
    rules.day_and_time = pattern("yMMMEEEdHHmm", "EEE d MMM y, HH:mm");
    rules.date_only = pattern("yMMMd", "d MMM y");
}

// All of a language's rules are read when it is first used.
const Rules& rules_of(Language language) {
    static const auto read = [](Language of) {
        Rules rules;
        read_numbers(rules, of);
        read_currencies(rules, of);
        read_dates(rules, of);
        return rules;
    };
    static const std::array all{read(Language::en), read(Language::de), read(Language::fr),
                                read(Language::es)};
    static_assert(all_languages.size() == 4);
    return all.at(index_of(language));
}

// Groups the digits of a whole number by thousands.
std::string grouped(std::string digits, const Rules& rules) {
    if (digits.size() < rules.min_grouped) return digits;
    for (auto at = static_cast<int>(digits.size()) - 3; at > 0; at -= 3)
        digits.insert(static_cast<std::size_t>(at), rules.group);
    return digits;
}

// `amount`: decimal text.
std::string with_currency(std::string amount, Currency currency, Language language) {
    const auto& rules = rules_of(language);
    auto is_negative = amount.starts_with('-');
    if (is_negative) amount.erase(0, 1);
    auto point = amount.find('.');
    auto digits = grouped(amount.substr(0, point), rules);
    if (point != std::string::npos) digits += rules.decimal + amount.substr(point + 1);
    const auto* sign = is_negative ? "-" : "";
    if (language == Language::en) return fmt::format("{}{}{}", sign, currency.symbol(), digits);
    for (int i = 0; i < Currency::count; ++i) {
        if (Currency::at(i) != currency) continue;
        const auto& [before, after] = rules.currencies.at(static_cast<std::size_t>(i));
        return fmt::format("{}{}{}{}", sign, before, digits, after);
    }
    return digits;
}

date::sys_time<std::chrono::milliseconds> to_system(Instant instant) {
    return date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{instant.milliseconds}};
}

// The date and time of day in a time zone, from the system's data like all times here.
struct Local {
    date::year_month_day day;
    date::weekday weekday;
    int hour, minute;

    [[nodiscard]] std::size_t month() const { return static_cast<unsigned>(day.month()) - 1; }
    [[nodiscard]] unsigned day_number() const { return static_cast<unsigned>(day.day()); }
};

Local to_local(Instant instant, std::string_view zone_name) {
    const auto* zone = time_zones::find(zone_name);
    auto system = to_system(instant);
    auto local = zone ? zone->to_local(system)
                      : date::local_time<std::chrono::milliseconds>{system.time_since_epoch()};
    auto day = date::floor<date::days>(local);
    auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
    return {date::year_month_day{day}, date::weekday{day}, static_cast<int>(minutes / 60),
            static_cast<int>(minutes % 60)};
}

std::string format(const std::vector<Piece>& pieces, const Local& local, const Rules& rules) {
    auto padded = [](std::size_t width, auto number) { return fmt::format("{:0{}}", number, width); };
    std::string out;
    for (const auto& piece : pieces) {
        switch (piece.field) {
            case 0:
                out += piece.text;
                break;
            case 'y':
                out += std::to_string(static_cast<int>(local.day.year()));
                break;
            case 'M':
            case 'L':
                if (piece.width <= 2)
                    out += padded(piece.width, local.month() + 1);
                else
                    out += (piece.width == 3 ? rules.months : rules.full_months).at(local.month());
                break;
            case 'd':
                out += padded(piece.width, local.day_number());
                break;
            case 'H':
                out += padded(piece.width, local.hour);
                break;
            case 'm':
                out += padded(piece.width, local.minute);
                break;
            default:
                out += rules.weekdays.at(local.weekday.c_encoding());
        }
    }
    return out;
}

}  // namespace

std::string number(std::int64_t number, Language language) {
    auto digits = std::to_string(number);
    auto is_negative = digits.starts_with('-');
    if (is_negative) digits.erase(0, 1);
    return (is_negative ? "-" : "") + grouped(std::move(digits), rules_of(language));
}

std::string price(Money money, Language language) {
    return with_currency(money.to_text(), money.currency, language);
}

std::string whole_price(std::int64_t amount, Currency currency, Language language) {
    return with_currency(std::to_string(amount), currency, language);
}

Currency currency_at(std::string_view zone) {
    std::array<char, 8> country{};
    auto error = U_ZERO_ERROR;
    icu::TimeZone::getRegion(icu::UnicodeString::fromUTF8(std::string{zone}), country.data(),
                             static_cast<std::int32_t>(country.size()), error);
    auto place = "und_" + std::string{country.data()};
    std::array<char16_t, 8> code{};
    auto length = ucurr_forLocale(place.c_str(), code.data(), static_cast<std::int32_t>(code.size()), &error);
    if (U_FAILURE(error)) return {};
    return Currency::parse(utf8(icu::UnicodeString{code.data(), length})).value_or(Currency{});
}

Day day_of(Instant instant, std::string_view zone, Language language) {
    auto local = to_local(instant, zone);
    const auto& rules = rules_of(language);
    return {rules.weekdays.at(local.weekday.c_encoding()), std::to_string(local.day_number()),
            rules.months.at(local.month())};
}

std::string day_and_time(Instant instant, std::string_view zone, Language language) {
    const auto& rules = rules_of(language);
    return format(rules.day_and_time, to_local(instant, zone), rules);
}

std::string date_only(Instant instant, std::string_view zone, Language language) {
    const auto& rules = rules_of(language);
    return format(rules.date_only, to_local(instant, zone), rules);
}

std::string clock_time(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return fmt::format("{:02}:{:02}", local.hour, local.minute);
}

std::string zone_note(Instant instant, std::string_view zone_name, Language language) {
    const auto* zone = time_zones::find(zone_name);
    auto name = zone ? zone->get_info(to_system(instant)).abbrev : "UTC";
    if (language != Language::de) return name;
    // The ones that have German names; the others are known by their English ones.
    using Pair = std::pair<std::string_view, std::string_view>;
    constexpr std::array german{Pair{"CET", "MEZ"},   Pair{"CEST", "MESZ"}, Pair{"EET", "OEZ"},
                                Pair{"EEST", "OESZ"}, Pair{"WET", "WEZ"},   Pair{"WEST", "WESZ"}};
    for (const auto& [english, own] : german) {
        if (name == english) return std::string{own};
    }
    return name;
}

}  // namespace stagedoor::language
