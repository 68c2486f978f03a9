// The sellers of the demo and their listings.
#pragma once

#include <optional>
#include <span>
#include <string_view>

#include "contracts/instant.hpp"

namespace stagedoor::demo {

// The first date at least `days_ahead` days after the day of creation that is such a weekday (0: Sunday) or
// such a day of the year. Today counts only if the event begins in an hour or later.
struct SampleDate {
    int days_ahead = 0;
    std::optional<int> weekday = {};
    int month = 0, day = 0;
};

struct SampleListing {
    std::string_view title, category, price, currency, venue, city, time_zone;
    SampleDate date;
    int hour, minute;  // in the venue's local time
    int quantity, max_per_order;
    std::string_view seats, description;
};

struct SampleSeller {
    std::string_view email, name;
    std::span<const SampleListing> listings;
};

[[nodiscard]] std::span<const SampleSeller> sample_sellers();

// When the event takes place if its listing is created at `now`.
[[nodiscard]] Instant starts_at(const SampleListing& listing, Instant now);

}  // namespace stagedoor::demo
