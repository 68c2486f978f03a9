#include "common/templates/calendar.hpp"

#include <date/tz.h>
#include <fmt/format.h>

#include <array>

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::templates {
namespace {

constexpr std::array weekdays{"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
constexpr std::array months{"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                            "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};

date::sys_time<std::chrono::milliseconds> to_system(Instant instant) {
    return date::sys_time<std::chrono::milliseconds>{std::chrono::milliseconds{instant.milliseconds}};
}

// The date and time of day in a time zone.
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
    const auto* zone = time_zones::find(zone_name);
    auto system = to_system(instant);
    auto local = zone ? zone->to_local(system)
                      : date::local_time<std::chrono::milliseconds>{system.time_since_epoch()};
    auto day = date::floor<date::days>(local);
    auto minutes = std::chrono::duration_cast<std::chrono::minutes>(local - day).count();
    return {date::year_month_day{day}, date::weekday{day}, static_cast<int>(minutes / 60),
            static_cast<int>(minutes % 60)};
}

}  // namespace

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
    const auto* zone = time_zones::find(zone_name);
    return zone ? zone->get_info(to_system(instant)).abbrev : "UTC";
}

}  // namespace stagedoor::templates
