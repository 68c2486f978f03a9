// What is mailed, and what is kept of a mail until it goes out.
#pragma once

#include <array>
#include <boost/describe.hpp>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "common/json/write.hpp"
#include "contracts/events/auth.hpp"
#include "contracts/events/orders.hpp"
#include "contracts/events/payments.hpp"

namespace stagedoor::notifications {

// The templates of a kind are called as it is: views/mails/sold.txt, sold.html.
enum class Kind { confirm_email, reset_password, tickets, sold, ran_out, called_off, voided, refunded };
constexpr auto wire_names(Kind) {
    return std::array{std::pair{Kind::confirm_email, std::string_view{"confirm_email"}},
                      std::pair{Kind::reset_password, std::string_view{"reset_password"}},
                      std::pair{Kind::tickets, std::string_view{"tickets"}},
                      std::pair{Kind::sold, std::string_view{"sold"}},
                      std::pair{Kind::ran_out, std::string_view{"ran_out"}},
                      std::pair{Kind::called_off, std::string_view{"called_off"}},
                      std::pair{Kind::voided, std::string_view{"voided"}},
                      std::pair{Kind::refunded, std::string_view{"refunded"}}};
}

struct Mail {
    std::string id;  // made of what it tells of, so that no event makes two
    UserId user_id;  // whom it is for
    Kind kind = Kind::tickets;
    std::string data;  // what it tells of, as JSON: one of the alternatives of Matter
    std::int64_t tries = 0;
    Instant created_at;
};
BOOST_DESCRIBE_STRUCT(Mail, (), (id, user_id, kind, data, tries, created_at))

// What a mail tells of: the event as it was heard, of an order only the items that concern whom it is for. Empty
// when it can't be read.
using Matter =
    std::variant<std::monostate, contracts::LinkIssued, contracts::OrderState, contracts::PaymentRefunded>;
[[nodiscard]] Matter matter_of(const Mail& mail);

// `about`: the ids of what it tells of, that of the event's entity first.
template <class Event>
[[nodiscard]] Mail new_mail(Kind kind, const std::string& about, const UserId& to, const Event& event) {
    return {.id = about + "." + std::string{json::to_text(kind)},
            .user_id = to,
            .kind = kind,
            .data = json::to_json(event)};
}

}  // namespace stagedoor::notifications
