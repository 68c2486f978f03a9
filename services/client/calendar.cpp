#include "services/client/calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <charconv>

namespace stagedoor::client {
namespace {

bool read_number(std::string_view text, int& number) {
    auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
    return error == std::errc{} && end == text.data() + text.size() && text[0] != '-';
}

}  // namespace

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

std::string to_local_input(Instant instant, std::string_view zone_name) {
    date::sys_time<std::chrono::milliseconds> system{std::chrono::milliseconds{instant.milliseconds}};
    const auto* zone = templates::find_zone(zone_name);
    return zone ? date::format("%FT%R", zone->to_local(system)) : date::format("%FT%R", system);
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
    if (text.size() > shape.size() && text[shape.size()] != ':') return std::nullopt;  // seconds are ignored
    auto date = date::year{year} / month / day;
    if (!date.ok() || year < 1970 || hour > 23 || minute > 59) return std::nullopt;
    auto local = date::local_days{date} + std::chrono::hours{hour} + std::chrono::minutes{minute};
    const auto* zone = templates::find_zone(zone_name);
    auto system =
        zone ? zone->to_sys(local, date::choose::earliest).time_since_epoch() : local.time_since_epoch();
    auto milliseconds = std::chrono::duration_cast<std::chrono::milliseconds>(system).count();
    if (milliseconds < 0) return std::nullopt;
    return Instant{milliseconds};
}

}  // namespace stagedoor::client
