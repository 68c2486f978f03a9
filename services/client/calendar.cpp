#include "services/client/calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>
#include <charconv>
#include <stdexcept>

namespace stagedoor::client {
namespace {

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

// nullptr when there is no such zone. The database is the system's, read once by the library.
const date::time_zone* find_zone(std::string_view name) {
    if (name.empty()) return nullptr;
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

date::sys_time<std::chrono::milliseconds> to_system(Instant instant) {
    return date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{instant.milliseconds}};
}

// A moment on the calendar and the clock of a place.
struct Local {
    date::year_month_day day;
    date::weekday weekday;
    int hour, minute;

    [[nodiscard]] const char* weekday_name() const { return weekdays.at(weekday.c_encoding()); }
    [[nodiscard]] const char* month_name() const { return months.at(static_cast<unsigned>(day.month()) - 1); }
    [[nodiscard]] unsigned day_number() const { return static_cast<unsigned>(day.day()); }
    [[nodiscard]] int year() const { return static_cast<int>(day.year()); }
};

Local to_local(Instant instant, std::string_view zone_name) {
    const auto* zone = find_zone(zone_name);
    auto system = to_system(instant);
    auto local = zone ? zone->to_local(system)
                      : date::local_time<std::chrono::milliseconds>{system.time_since_epoch()};
    auto day = date::floor<date::days>(local);
    auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
    return {date::year_month_day{day}, date::weekday{day}, static_cast<int>(minutes / 60),
            static_cast<int>(minutes % 60)};
}

bool read_number(std::string_view text, int& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && text[0] != '-';
}

}  // namespace

bool is_time_zone(std::string_view name) { return find_zone(name) != nullptr; }

const std::vector<std::string>& offered_time_zones() {
    static const std::vector<std::string> zones{"UTC",
                                                "Africa/Cairo",
                                                "Africa/Johannesburg",
                                                "Africa/Lagos",
                                                "Africa/Nairobi",
                                                "America/Argentina/Buenos_Aires",
                                                "America/Bogota",
                                                "America/Chicago",
                                                "America/Denver",
                                                "America/Halifax",
                                                "America/Lima",
                                                "America/Los_Angeles",
                                                "America/Mexico_City",
                                                "America/New_York",
                                                "America/Phoenix",
                                                "America/Santiago",
                                                "America/Sao_Paulo",
                                                "America/Toronto",
                                                "America/Vancouver",
                                                "Asia/Bangkok",
                                                "Asia/Dubai",
                                                "Asia/Hong_Kong",
                                                "Asia/Jakarta",
                                                "Asia/Jerusalem",
                                                "Asia/Karachi",
                                                "Asia/Kolkata",
                                                "Asia/Kuala_Lumpur",
                                                "Asia/Manila",
                                                "Asia/Riyadh",
                                                "Asia/Seoul",
                                                "Asia/Shanghai",
                                                "Asia/Singapore",
                                                "Asia/Taipei",
                                                "Asia/Tokyo",
                                                "Atlantic/Reykjavik",
                                                "Australia/Brisbane",
                                                "Australia/Melbourne",
                                                "Australia/Perth",
                                                "Australia/Sydney",
                                                "Europe/Amsterdam",
                                                "Europe/Athens",
                                                "Europe/Berlin",
                                                "Europe/Brussels",
                                                "Europe/Bucharest",
                                                "Europe/Budapest",
                                                "Europe/Copenhagen",
                                                "Europe/Dublin",
                                                "Europe/Helsinki",
                                                "Europe/Istanbul",
                                                "Europe/Kyiv",
                                                "Europe/Lisbon",
                                                "Europe/London",
                                                "Europe/Madrid",
                                                "Europe/Oslo",
                                                "Europe/Paris",
                                                "Europe/Prague",
                                                "Europe/Rome",
                                                "Europe/Stockholm",
                                                "Europe/Vienna",
                                                "Europe/Warsaw",
                                                "Europe/Zurich",
                                                "Pacific/Auckland",
                                                "Pacific/Honolulu"};
    return zones;
}

Day day_of(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return {local.weekday_name(), std::to_string(local.day_number()), local.month_name()};
}

std::string day_and_time(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return fmt::format("{} {} {} {}, {:02}:{:02}", local.weekday_name(), local.day_number(),
                       local.month_name(), local.year(), local.hour, local.minute);
}

std::string date_only(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return fmt::format("{} {} {}", local.day_number(), local.month_name(), local.year());
}

std::string clock_time(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return fmt::format("{:02}:{:02}", local.hour, local.minute);
}

std::string zone_note(Instant instant, std::string_view zone_name) {
    const auto* zone = find_zone(zone_name);
    return zone ? zone->get_info(to_system(instant)).abbrev : "UTC";
}

std::string to_local_input(Instant instant, std::string_view zone) {
    auto local = to_local(instant, zone);
    return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}", local.year(),
                       static_cast<unsigned>(local.day.month()), local.day_number(), local.hour,
                       local.minute);
}

std::optional<Instant> from_local_input(std::string_view text, std::string_view zone_name) {
    constexpr std::string_view shape = "0000-00-00T00:00";
    if (text.size() < shape.size() || text.size() > shape.size() + 7) return std::nullopt;
    int year = 0, month = 0, day = 0, hour = 0, minute = 0;
    auto punctuated =
        text[4] == '-' && text[7] == '-' && (text[10] == 'T' || text[10] == ' ') && text[13] == ':';
    if (!punctuated || !read_number(text.substr(0, 4), year) || !read_number(text.substr(5, 2), month) ||
        !read_number(text.substr(8, 2), day) || !read_number(text.substr(11, 2), hour) ||
        !read_number(text.substr(14, 2), minute)) {
        return std::nullopt;
    }
    if (text.size() > shape.size() && text[shape.size()] != ':') return std::nullopt;  // seconds: read over
    auto date = date::year{year} / month / day;
    if (!date.ok() || year < 1970 || hour > 23 || minute > 59) return std::nullopt;
    auto local = date::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute};
    const auto* zone = find_zone(zone_name);
    auto system =
        zone ? zone->to_sys(local, date::choose::earliest).time_since_epoch() : local.time_since_epoch();
    auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(system).count();
    if (milliseconds < 0) return std::nullopt;
    return Instant{milliseconds};
}

}  // namespace stagedoor::client
