#include "contracts/instant.hpp"

#include <charconv>
#include <cstdio>

namespace stagedoor {
namespace {

// Removes `count` digits from the front of `text` and returns their value.
std::optional<int> take_digits(std::string_view& text, std::size_t count) {
    if (text.size() < count) return std::nullopt;
    int value = 0;
    for (auto digit : text.substr(0, count)) {
        if (digit < '0' || digit > '9') return std::nullopt;
        value = value * 10 + (digit - '0');
    }
    text.remove_prefix(count);
    return value;
}

bool take(std::string_view& text, char a, char b = 0) {
    if (text.empty() || (text.front() != a && text.front() != b)) return false;
    text.remove_prefix(1);
    return true;
}

std::optional<int> take_milliseconds(std::string_view& text) {
    if (!take(text, '.')) return 0;
    int value = 0, digits = 0;
    for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1), ++digits) {
        if (digits < 3) value = value * 10 + (text.front() - '0');
    }
    if (digits == 0 || digits > 9) return std::nullopt;
    for (; digits < 3; ++digits) value *= 10;
    return value;
}

std::optional<int> take_offset_minutes(std::string_view& text) {
    if (take(text, 'Z', 'z')) return 0;
    auto sign = text.starts_with('-') ? -1 : 1;
    if (!take(text, '+', '-')) return std::nullopt;
    auto hours = take_digits(text, 2);
    if (!hours || !take(text, ':')) return std::nullopt;
    auto minutes = take_digits(text, 2);
    if (!minutes || *hours > 23 || *minutes > 59) return std::nullopt;
    return sign * (*hours * 60 + *minutes);
}

}  // namespace

std::string Instant::to_text() const {
    using namespace std::chrono;
    auto point = sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{milliseconds}};
    auto day = floor<days>(point);
    auto date = year_month_day{day};
    auto time = hh_mm_ss{point - day};
    char text[32];
    auto length =
        std::snprintf(text, sizeof text, "%04d-%02u-%02uT%02d:%02d:%02d.%03dZ", static_cast<int>(date.year()),
                      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
                      static_cast<int>(time.hours().count()), static_cast<int>(time.minutes().count()),
                      static_cast<int>(time.seconds().count()), static_cast<int>(time.subseconds().count()));
    return {text, static_cast<std::size_t>(length)};
}

std::optional<Instant> Instant::parse(std::string_view text) {
    using namespace std::chrono;
    auto year_number = take_digits(text, 4);
    if (!year_number || !take(text, '-')) return std::nullopt;
    auto month_number = take_digits(text, 2);
    if (!month_number || !take(text, '-')) return std::nullopt;
    auto day_number = take_digits(text, 2);
    if (!day_number || !take(text, 'T', 't')) return std::nullopt;
    auto hour = take_digits(text, 2);
    if (!hour || !take(text, ':')) return std::nullopt;
    auto minute = take_digits(text, 2);
    if (!minute || !take(text, ':')) return std::nullopt;
    auto second = take_digits(text, 2);
    if (!second) return std::nullopt;
    auto thousandths = take_milliseconds(text);
    if (!thousandths) return std::nullopt;
    auto offset = take_offset_minutes(text);
    if (!offset || !text.empty()) return std::nullopt;

    auto date = year{*year_number} / month{static_cast<unsigned>(*month_number)} /
                day{static_cast<unsigned>(*day_number)};
    if (!date.ok() || *hour > 23 || *minute > 59 || *second > 60) return std::nullopt;
    auto whole = sys_days{date} + hours{*hour} + minutes{*minute - *offset} + seconds{*second};
    auto result =
        Instant{duration_cast<std::chrono::milliseconds>(whole.time_since_epoch()).count() + *thousandths};
    constexpr auto end_of_9999 = 253402300800000;
    if (result.milliseconds < 0 || result.milliseconds >= end_of_9999) return std::nullopt;
    return result;
}

}  // namespace stagedoor
