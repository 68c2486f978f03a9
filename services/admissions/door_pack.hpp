// What a place that decides with a door pack reads from it: a gate, or a simulated phone.
#pragma once

#include <utility>
#include <vector>

#include "services/admissions/code/ticket_code.hpp"
#include "services/admissions/door.hpp"

namespace stagedoor::admissions {

// The serials in base64url text, as in ClaimedShard, in hexadecimal. Empty if it isn't base64url.
[[nodiscard]] std::vector<std::string> unpack_serials(std::string_view packed);
// The serials with their generations, as in Pack::revoked.
[[nodiscard]] std::vector<std::pair<std::string, int>> unpack_revoked(std::string_view packed);

// Why the code alone is no ticket of the pack's event; nullopt: it is a genuine one.
[[nodiscard]] std::optional<Reason> problem_with(const code::TicketCode& code, const Pack& pack, Instant now);

}  // namespace stagedoor::admissions
