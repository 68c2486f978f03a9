// An email as queued: its kind, recipient and data.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/json/write.hpp"
#include "contracts/events/admissions.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"
#include "contracts/events/tickets.hpp"

namespace stagedoor::notifications {

// The wire name is stored, part of the id, and the name of the templates: views/mails/sold.txt, sold.html.
enum class EmailKind {
    confirm_email,
    reset_password,
    tickets,
    sold,
    hold_expired,
    order_cancelled,
    tickets_voided,
    refunded,
    offer_changed,
    transfer_offered,   // to the holder, who created the link
    transfer_claimed,   // to the one who was the holder
    transfer_received,  // to the new holder
    transfer_revoked    // to the holder
};
constexpr auto wire_names(EmailKind) {
    return std::array{std::pair{EmailKind::confirm_email, std::string_view{"confirm_email"}},
                      std::pair{EmailKind::reset_password, std::string_view{"reset_password"}},
                      std::pair{EmailKind::tickets, std::string_view{"tickets"}},
                      std::pair{EmailKind::sold, std::string_view{"sold"}},
                      std::pair{EmailKind::hold_expired, std::string_view{"ran_out"}},
                      std::pair{EmailKind::order_cancelled, std::string_view{"called_off"}},
                      std::pair{EmailKind::tickets_voided, std::string_view{"voided"}},
                      std::pair{EmailKind::refunded, std::string_view{"refunded"}},
                      std::pair{EmailKind::offer_changed, std::string_view{"moved"}},
                      std::pair{EmailKind::transfer_offered, std::string_view{"transfer_offered"}},
                      std::pair{EmailKind::transfer_claimed, std::string_view{"transfer_claimed"}},
                      std::pair{EmailKind::transfer_received, std::string_view{"transfer_received"}},
                      std::pair{EmailKind::transfer_revoked, std::string_view{"transfer_revoked"}}};
}

struct Email {
    std::string id;  // derived from its subject matter, so that an event queues it only once
    UserId user_id;  // the recipient
    EmailKind kind = EmailKind::tickets;
    std::string data;  // the Payload as JSON
    std::int64_t tries = 0;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Email, (), (id, user_id, kind, data, tries, created_at))

// A seller has changed what buyers count on.
struct OfferChanged {
    TicketId ticket_id;
    std::int64_t version = 0;  // of the listing, after the change
    contracts::Offer before;
};
BOOST_DESCRIBE_STRUCT(OfferChanged, (), (ticket_id, version, before))

// The data of the event; of an order, only the items that concern the recipient. Empty if it can't be read.
using Payload = std::variant<std::monostate, contracts::LinkIssued, contracts::OrderState,
                             contracts::PaymentRefunded, OfferChanged, contracts::TransferState>;
[[nodiscard]] Payload payload_of(const Email& email);

// `about`: the ids that identify its subject matter, that of the event's entity first.
template <class Event>
[[nodiscard]] Email new_email(EmailKind kind, const std::string& about, const UserId& to,
                              const Event& event) {
    return {.id = about + "." + std::string{json::to_text(kind)},
            .user_id = to,
            .kind = kind,
            .data = json::to_json(event)};
}

}  // namespace stagedoor::notifications
