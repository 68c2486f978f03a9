// GET /api/tickets/cities
//
//   200  the cities with the most listings, at most 24, as they were within the last minute
#include "services/tickets/routes/routes.hpp"

namespace stagedoor::tickets::routes {

Task<http::Ok<std::vector<store::CityListings>>> list_cities(App& app) {
    auto cities = app.cities.current(app.clock.monotonic());
    if (!cities) {
        cities = co_await app.db.read(
            [now = app.clock.now()](sql::Tx& tx) { return store::popular_cities(tx, now); });
        app.cities.store(*cities, app.clock.monotonic());
    }
    co_return http::Ok{std::move(*cities)};
}

}  // namespace stagedoor::tickets::routes
