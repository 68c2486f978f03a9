// Query parameters of routes that return figures by day.
#pragma once

#include <boost/describe.hpp>
#include <optional>

#include "common/json/read.hpp"
#include "common/time_zones/recent_days.hpp"

namespace stagedoor::http {

using ZoneName = std::optional<json::Text<0, 64>>;  // of IANA; an empty one counts as absent

// Reports an unknown zone at the field "timeZone".
void check_time_zone(const ZoneName& zone, json::Reading& reading);

struct DaysQuery {
    json::Whole<1, 366, 30> days;  // today is the last
    ZoneName time_zone;            // of the days; UTC if absent

    [[nodiscard]] time_zones::RecentDays until(Instant now) const;
};
BOOST_DESCRIBE_STRUCT(DaysQuery, (), (days, time_zone))
void check(const DaysQuery& query, json::Reading& reading);

}  // namespace stagedoor::http
