#include "services/client/calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <chrono>

#include "common/text/ascii.hpp"
#include "common/time_zones/time_zones.hpp"

namespace stagedoor::client {
namespace {

using LocalMilliseconds = date::local_time<std::chrono::milliseconds>;

// "19:30" of "19:30:45.5": the digits of one number and what follows it.
bool take_number(std::string_view& text, std::size_t min_digits, std::size_t max_digits, int& number) {
    auto digits = static_cast<std::size_t>(std::ranges::find_if_not(text, text::is_digit) - text.begin());
    if (digits < min_digits || digits > max_digits) return false;
    std::from_chars(text.data(), text.data() + digits, number);
    text.remove_prefix(digits);
    return true;
}

bool take(std::string_view& text, std::string_view any_of) {
    if (text.empty() || any_of.find(text.front()) == std::string_view::npos) return false;
    text.remove_prefix(1);
    return true;
}

// ":45.123" to the end, as milliseconds; decimals beyond the third are dropped.
bool take_seconds(std::string_view& text, std::chrono::milliseconds& seconds) {
    int whole = 0;
    if (!take(text, ":") || !take_number(text, 2, 2, whole) || whole > 59) return false;
    seconds = std::chrono::seconds{whole};
    if (text.empty()) return true;
    if (!take(text, ".,")) return false;
    auto decimals =
        std::string{text.substr(0, 3)} + std::string(3 - std::min<std::size_t>(text.size(), 3), '0');
    int ignored = 0, milliseconds = 0;
    std::string_view three{decimals};
    if (!take_number(text, 1, 9, ignored) || !text.empty() || !take_number(three, 3, 3, milliseconds))
        return false;
    seconds += std::chrono::milliseconds{milliseconds};
    return true;
}

std::optional<LocalMilliseconds> parse_local(std::string_view text) {
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    if (!take_number(text, 4, 5, year) || !take(text, "-") || !take_number(text, 2, 2, month) ||
        !take(text, "-") || !take_number(text, 2, 2, day) || !take(text, "T ") ||
        !take_number(text, 2, 2, hour) || !take(text, ":") || !take_number(text, 2, 2, minute))
        return std::nullopt;
    std::chrono::milliseconds seconds{0};
    if (!text.empty() && !take_seconds(text, seconds)) return std::nullopt;
    if (year > 10'000) return std::nullopt;  // date::year holds 16 bits
    auto date = date::year{year} / month / day;
    if (!date.ok() || hour > 23 || minute > 59) return std::nullopt;
    return date::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute} + seconds;
}

std::string offset_text(std::chrono::seconds offset) {
    auto minutes = std::chrono::abs(std::chrono::floor<std::chrono::minutes>(offset)).count();
    return fmt::format("{}{:02}:{:02}", offset < std::chrono::seconds{0} ? '-' : '+', minutes / 60,
                       minutes % 60);
}

LocalTime::Moment moment(LocalMilliseconds local, const date::sys_info& info) {
    auto offset = offset_text(info.offset);
    return {Instant{(local.time_since_epoch() - info.offset).count()}, offset,
            fmt::format("{} {} (UTC{})", date::format("%R", local), info.abbrev, offset)};
}

}  // namespace

const std::vector<std::string>& offered_time_zones() {
    static const auto zones = [] {
        auto all = time_zones::names();
        std::erase(all, "UTC");
        all.insert(all.begin(), "UTC");
        return all;
    }();
    return zones;
}

std::string to_local_input(Instant instant, std::string_view zone_name) {
    date::sys_time<std::chrono::milliseconds> system{std::chrono::milliseconds{instant.milliseconds}};
    const auto* zone = time_zones::find(zone_name);
    return zone ? date::format("%FT%R", zone->to_local(system)) : date::format("%FT%R", system);
}

std::string offset_at(Instant instant, std::string_view zone_name) {
    const auto* zone = time_zones::find(zone_name);
    if (!zone) return offset_text(std::chrono::seconds{0});
    return offset_text(zone->get_info(date::sys_time<std::chrono::milliseconds>{
                                          std::chrono::milliseconds{instant.milliseconds}})
                           .offset);
}

std::optional<LocalTime> from_local_input(std::string_view text, std::string_view zone_name) {
    auto local = parse_local(text);
    if (!local) return std::nullopt;
    Instant as_if_utc{local->time_since_epoch().count()};
    LocalTime result{.moments = {}, .gap_begin = {}, .gap_end = {}, .clock = {}, .day = as_if_utc};
    result.clock = clock_time(as_if_utc, "UTC");
    const auto* zone = time_zones::find(zone_name);
    if (!zone) {
        result.moments.push_back(moment(*local, date::sys_info{.abbrev = "UTC"}));
    } else {
        auto info = zone->get_info(*local);
        if (info.result == date::local_info::nonexistent) {
            auto begin = date::local_seconds{(info.first.end + info.first.offset).time_since_epoch()};
            auto end = date::local_seconds{(info.first.end + info.second.offset).time_since_epoch()};
            result.gap_begin = date::format("%R", begin);
            result.gap_end = date::format("%R", end);
            return result;
        }
        result.moments.push_back(moment(*local, info.first));
        if (info.result == date::local_info::ambiguous) result.moments.push_back(moment(*local, info.second));
    }
    auto last = Instant::parse("9999-12-31T23:59:59.999Z").value();
    auto is_outside = [&](const auto& each) { return each.instant < Instant{} || each.instant > last; };
    if (std::ranges::any_of(result.moments, is_outside)) return std::nullopt;
    return result;
}

}  // namespace stagedoor::client
