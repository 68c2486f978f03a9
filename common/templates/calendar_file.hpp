// An event as an iCalendar file (RFC 5545), which people add to their calendars.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::templates {

// The event of tickets in an order.
struct CalendarEvent {
    // The same in every file, whoever wrote it and whoever holds the tickets, so that it is not added twice.
    OrderId order_id;
    TicketId ticket_id;
    std::string title;
    Instant starts_at;
    Instant written_at;
    std::optional<std::string> place, link;
};

// Nobody knows how long events last, so they have no end. Lines end in CRLF.
[[nodiscard]] std::string calendar_file(const std::vector<CalendarEvent>& events);

}  // namespace stagedoor::templates
