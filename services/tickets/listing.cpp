#include "services/tickets/listing.hpp"

#include <date/tz.h>

#include <algorithm>

namespace stagedoor::tickets {
namespace {

bool is_time_zone(const std::string& name) {
    try {
        (void)date::locate_zone(name);
        return true;
    } catch (const std::runtime_error&) {
        return false;
    }
}

void check_price(const Money& price, json::Reading& reading) {
    auto about_currency = [](const Problem& problem) { return problem.field == "currency"; };
    if (std::ranges::any_of(reading.problems, about_currency)) return;  // the price was not read
    auto highest = Money{Money::highest_price(price.currency), price.currency};
    if (price.minor <= 0) reading.wrong_at("price", "must be more than 0");
    if (price > highest) reading.wrong_at("price", "must be at most " + highest.to_text());
}

void check_time_zone(const Details& details, json::Reading& reading) {
    if (!details.time_zone || details.time_zone->value.empty()) return;
    if (!is_time_zone(details.time_zone->value))
        reading.wrong_at("timeZone", "must be the name of a time zone such as Europe/Vienna");
}

}  // namespace

void check(const NewTicket& ticket, json::Reading& reading) {
    check_price(ticket.price, reading);
    check_time_zone(ticket, reading);
    if (ticket.starts_at && *ticket.starts_at <= reading.now)
        reading.wrong_at("startsAt", "must be in the future");
}

void check(const EditedTicket& ticket, json::Reading& reading) {
    check_price(ticket.price, reading);
    check_time_zone(ticket, reading);
}

contracts::Listing listing(const Ticket& ticket) {
    return {.id = ticket.id,
            .user_id = ticket.user_id,
            .title = ticket.title,
            .price = ticket.price,
            .quantity = ticket.status == TicketStatus::open ? ticket.quantity : 0,
            .max_per_order = ticket.max_per_order,
            .starts_at = ticket.starts_at,
            .venue = ticket.venue,
            .city = ticket.city,
            .time_zone = ticket.time_zone,
            .seats = ticket.seats,
            .version = ticket.version};
}

}  // namespace stagedoor::tickets
