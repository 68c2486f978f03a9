// The sellers of the demo and their listings.
#pragma once

#include <span>
#include <string_view>

namespace stagedoor::demo {

struct SampleListing {
    std::string_view title, category, price, currency, venue, city, time_zone;
    int days_ahead, hour, minute;  // from the day of creation, in the venue's local time
    int quantity, max_per_order;
    std::string_view seats, description;
};

struct SampleSeller {
    std::string_view email;
    std::span<const SampleListing> listings;
};

[[nodiscard]] std::span<const SampleSeller> sample_sellers();

}  // namespace stagedoor::demo
