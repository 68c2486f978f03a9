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
    if (std::ranges::any_of(reading.problems, about_currency)) return;  // the price was not parsed
    auto max_price = Money{Money::highest_price(price.currency), price.currency};
    if (price.minor <= 0) reading.wrong_at("price", "Price must be more than 0");
    if (price > max_price) reading.wrong_at("price", "Price must be at most " + max_price.to_text());
}

void check_time_zone(const Details& details, json::Reading& reading) {
    if (!details.time_zone || details.time_zone->value.empty()) return;
    if (!is_time_zone(details.time_zone->value))
        reading.wrong_at("timeZone", "Unknown time zone. Use an IANA name such as Europe/Vienna");
}

}  // namespace

void check(const NewTicket& ticket, json::Reading& reading) {
    check_price(ticket.price, reading);
    check_time_zone(ticket, reading);
    if (ticket.starts_at && *ticket.starts_at <= reading.now)
        reading.wrong_at("startsAt", "The event must start in the future");
}

void check(const EditedTicket& ticket, json::Reading& reading) {
    check_price(ticket.price, reading);
    check_time_zone(ticket, reading);
}

contracts::Listing to_event(const Ticket& ticket) {
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
