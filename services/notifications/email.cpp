#include "services/notifications/email.hpp"

#include "common/json/read.hpp"

namespace stagedoor::notifications {
namespace {

template <class Event>
Payload read_as(const std::string& data) {
    auto event = json::read<Event>(data);
    return event ? Payload{std::move(*event)} : Payload{};
}

}  // namespace

Payload payload_of(const Email& email) {
    switch (email.kind) {
        case EmailKind::confirm_email:
        case EmailKind::reset_password:
            return read_as<contracts::LinkIssued>(email.data);
        case EmailKind::refunded:
            return read_as<contracts::PaymentRefunded>(email.data);
        case EmailKind::offer_changed:
            return read_as<OfferChanged>(email.data);
        case EmailKind::transfer_offered:
        case EmailKind::transfer_claimed:
        case EmailKind::transfer_received:
        case EmailKind::transfer_revoked:
            return read_as<contracts::TransferState>(email.data);
        default:
            return read_as<contracts::OrderState>(email.data);
    }
}

}  // namespace stagedoor::notifications
