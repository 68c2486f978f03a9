// Tickets as pages show them. The API calls them passes, since a ticket is a listing there.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "services/client/cards.hpp"
#include "services/client/qr_code.hpp"

namespace stagedoor::client {

struct PassView {
    std::string address, title, name, serial;  // "Ticket 2", "1F8B 4400 FF10 2030"
    std::optional<When> when;
    std::optional<std::string> place, seats;
    std::string status, tone;  // of its badge
};
BOOST_DESCRIBE_STRUCT(PassView, (), (address, title, name, serial, when, place, seats, status, tone))

[[nodiscard]] PassView view_of(const Pass& pass, const language::Texts& text);

// "1f8b4400ff102030" in groups of four, as people read it out to each other.
[[nodiscard]] std::string grouped_serial(std::string_view serial);

// The code as it is shown: drawn here, or by the page's script if it rotates.
struct CodeView {
    std::optional<QrCode> fixed;
    std::optional<std::string> rotating, secret, step;
};
BOOST_DESCRIBE_STRUCT(CodeView, (), (fixed, rotating, secret, step))

// nullopt if the ticket has none (any more).
[[nodiscard]] std::optional<CodeView> code_of(const PassDetail& pass);

// "/my/tickets/ID"
[[nodiscard]] std::string pass_address(const std::string& id);

}  // namespace stagedoor::client
