#include "services/notifications/mail.hpp"

#include "common/json/read.hpp"

namespace stagedoor::notifications {
namespace {

template <class Event>
Matter read_as(const std::string& data) {
    auto event = json::read<Event>(data);
    return event ? Matter{std::move(*event)} : Matter{};
}

}  // namespace

Matter matter_of(const Mail& mail) {
    switch (mail.kind) {
        case Kind::confirm_email:
        case Kind::reset_password:
            return read_as<contracts::LinkIssued>(mail.data);
        case Kind::refunded:
            return read_as<contracts::PaymentRefunded>(mail.data);
        default:
            return read_as<contracts::OrderState>(mail.data);
    }
}

}  // namespace stagedoor::notifications
