// What a wallet shows of a ticket.
#pragma once

#include <optional>
#include <string>

#include "contracts/ids.hpp"
#include "contracts/instant.hpp"

namespace stagedoor::admissions::wallet {

struct Ticket {
    PassId pass;
    TicketId listing;
    std::int64_t generation = 1, number = 1;
    std::string serial, code, title;
    std::optional<Instant> starts_at;
    std::optional<std::string> venue, city, seats;
};

}  // namespace stagedoor::admissions::wallet
