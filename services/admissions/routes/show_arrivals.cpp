// GET /api/admissions/listings/:ticketId/arrivals
//
//   200  how many were admitted at each door, in steps
//   401  not signed in
//   403  neither the seller nor an admin
//   404  no such listing
#include "services/admissions/routes/routes.hpp"
#include "services/admissions/store/scans.hpp"

namespace stagedoor::admissions::routes {

Task<http::Ok<Arrivals>> show_arrivals(App& app, http::SignedIn seller, http::Path<TicketId> ticket) {
    auto rows = co_await app.db.read([&](sql::Tx& tx) {
        (void)require_seller(tx, *ticket, seller);
        return store::arrivals(tx, *ticket);
    });
    constexpr auto step = std::chrono::milliseconds{store::arrival_step};
    Arrivals arrivals{.step_seconds = store::arrival_step.count(), .doors = {}};
    std::optional<DoorId> door;
    for (const auto& row : rows) {
        if (door != row.door_id) arrivals.doors.push_back({row.door, {}});
        door = row.door_id;
        arrivals.doors.back().arrivals.push_back({Instant{row.step * step.count()}, row.count});
    }
    co_return http::Ok{std::move(arrivals)};
}

}  // namespace stagedoor::admissions::routes
