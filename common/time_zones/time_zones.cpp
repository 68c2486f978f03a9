#include "common/time_zones/time_zones.hpp"

#include <date/tz.h>

#include <algorithm>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

namespace stagedoor::time_zones {
namespace {

// The database in its compact text form: "Z NAME …" begins a zone, "L TARGET NAME" is a link.
constexpr auto compact_database = "/usr/share/zoneinfo/tzdata.zi";

using Zones = std::map<std::string, const date::time_zone*, std::less<>>;

const date::time_zone* locate(const std::string& name) {
    try {
        return date::locate_zone(name);
    } catch (const std::runtime_error&) {
        return nullptr;
    }
}

// A link may lack a file of its own: newer Debian releases package the old names separately.
void add(Zones& zones, const std::string& name, const std::string& target) {
    const auto* zone = locate(name);
    if (!zone) zone = locate(target);
    if (zone) zones.emplace(name, zone);
}

Zones read_zones() {
    Zones zones;
    std::ifstream file{compact_database};
    for (std::string line; std::getline(file, line);) {
        std::istringstream words{line};
        std::string kind, first, second;
        words >> kind >> first >> second;
        if (kind == "Z") add(zones, first, first);
        if (kind == "L") add(zones, second, first);
    }
    if (zones.empty()) {
        for (const auto& zone : date::get_tzdb().zones) zones.emplace(zone.name(), &zone);
    }
    for (auto of_this_machine : {"localtime", "posixrules", "Factory"}) zones.erase(of_this_machine);
    return zones;
}

const Zones& all_zones() {
    static const Zones zones = read_zones();
    return zones;
}

}  // namespace

const std::vector<std::string>& names() {
    static const auto all = [] {
        std::vector<std::string> sorted;
        for (const auto& [name, zone] : all_zones()) sorted.push_back(name);
        return sorted;
    }();
    return all;
}

const date::time_zone* find(std::string_view name) {
    const auto& zones = all_zones();
    auto found = zones.find(name);
    return found == zones.end() ? nullptr : found->second;
}

std::int64_t local_day(Instant instant, std::string_view zone_name) {
    date::sys_time<std::chrono::milliseconds> time{std::chrono::milliseconds{instant.milliseconds}};
    const auto* zone = find(zone_name);
    auto since_1970 = zone ? zone->to_local(time).time_since_epoch() : time.time_since_epoch();
    return date::floor<date::days>(since_1970).count();
}

std::string day_text(std::int64_t day) { return date::format("%F", date::sys_days{date::days{day}}); }

}  // namespace stagedoor::time_zones
