// Events of admissions: passes that change hands, and doors that open. What is issued and who is admitted is
// no event: orders' events say what was bought, and what happens at a door concerns nobody else.
#pragma once

#include <boost/describe.hpp>
#include <optional>
#include <string>

#include "contracts/events/event.hpp"
#include "contracts/ids.hpp"

namespace stagedoor::contracts {

// The offer of a pass to whoever has its link: the data of every transfer.* event. No token.
struct TransferState {
    static constexpr std::string_view source = "admissions";
    TransferId id;
    PassId pass_id;
    OrderId order_id;
    TicketId ticket_id;
    std::string title;
    UserId from_user_id;
    std::optional<UserId> to_user_id;
    std::int64_t version = 0;
    [[nodiscard]] const std::string& entity_id() const { return id.text; }
};
BOOST_DESCRIBE_STRUCT(TransferState, (),
                      (id, pass_id, order_id, ticket_id, title, from_user_id, to_user_id, version))

// The holder of a pass offers it by a link.
struct TransferOffered : TransferState {
    static constexpr std::string_view subject = "transfer.offered";
};
BOOST_DESCRIBE_STRUCT(TransferOffered, (TransferState), ())

// `to_user_id` holds the pass from now on; codes of the previous holder are no longer valid.
struct TransferClaimed : TransferState {
    static constexpr std::string_view subject = "transfer.claimed";
};
BOOST_DESCRIBE_STRUCT(TransferClaimed, (TransferState), ())

// The offer ended unclaimed: the holder revoked it, or the pass is no longer valid.
struct TransferRevoked : TransferState {
    static constexpr std::string_view subject = "transfer.revoked";
};
BOOST_DESCRIBE_STRUCT(TransferRevoked, (TransferState), ())

// The first person is about to be admitted: from now on no tickets of this listing may be returned.
struct DoorsOpened {
    static constexpr std::string_view subject = "doors.opened";
    static constexpr std::string_view source = "admissions";
    TicketId ticket_id;
    std::int64_t version = 1;
    [[nodiscard]] const std::string& entity_id() const { return ticket_id.text; }
};
BOOST_DESCRIBE_STRUCT(DoorsOpened, (), (ticket_id, version))

}  // namespace stagedoor::contracts
