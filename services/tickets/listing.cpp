#include "services/tickets/listing.hpp"

#include <algorithm>

#include "common/http/routing/days.hpp"

namespace stagedoor::tickets {
namespace {

void check_price(const Money& price, json::Reading& reading) {
    auto about_currency = [](const Problem& problem) { return problem.field == "currency"; };
    if (std::ranges::any_of(reading.problems, about_currency)) return;  // the price was not parsed
    if (auto problem = price_problem(price)) reading.add_error_at("price", std::move(*problem));
}

}  // namespace

void check(const NewTicket& ticket, json::Reading& reading) {
    check_price(ticket.price, reading);
    http::check_time_zone(ticket.time_zone, reading);
    if (ticket.starts_at && *ticket.starts_at <= reading.now)
        reading.add_error_at("startsAt", "The event must start in the future"_text);
}

void check(const EditedTicket& ticket, json::Reading& reading) {
    // A price below the minimum or between two steps may be that of an older listing: store::update()
    // decides.
    auto& price = ticket.price;
    if (price.minor <= 0 || price.minor > price.currency.max_price()) check_price(price, reading);
    http::check_time_zone(ticket.time_zone, reading);
}

contracts::Listing to_event(const Ticket& ticket) {
    return {.id = ticket.id,
            .user_id = ticket.user_id,
            .title = ticket.title,
            .price = ticket.price,
            .quantity = ticket.status == TicketStatus::open ? ticket.quantity : 0,
            .max_per_order = ticket.max_per_order,
            .max_per_buyer = ticket.max_per_buyer,
            .starts_at = ticket.starts_at,
            .venue = ticket.venue,
            .city = ticket.city,
            .time_zone = ticket.time_zone,
            .seats = ticket.seats,
            .picture = ticket.picture,
            .version = ticket.version};
}

}  // namespace stagedoor::tickets
