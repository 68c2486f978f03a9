// The cities with the most listings, counted once a minute rather than once a request.
#pragma once

#include <chrono>
#include <mutex>
#include <optional>
#include <vector>

#include "services/tickets/store/search.hpp"

namespace stagedoor::tickets {

// Any thread.
class CountedCities {
  public:
    using Cities = std::vector<store::CityListings>;
    static constexpr std::chrono::minutes max_age{1};

    // What was counted; nullopt if the caller has to count. While one counts again, others get the old count.
    // `now`: by the monotonic clock.
    [[nodiscard]] std::optional<Cities> current(std::chrono::nanoseconds now) {
        std::lock_guard lock{mutex_};
        if (!cities_) return std::nullopt;
        auto is_fresh = now < counted_at_ + max_age;
        if (is_fresh) return cities_;
        counted_at_ = now;
        return std::nullopt;
    }
    void store(Cities cities, std::chrono::nanoseconds now) {
        std::lock_guard lock{mutex_};
        cities_ = std::move(cities);
        counted_at_ = now;
    }

  private:
    std::mutex mutex_;
    std::optional<Cities> cities_;
    std::chrono::nanoseconds counted_at_{};
};

}  // namespace stagedoor::tickets
