// The ids of everything that services speak of: opaque text (a UUIDv7 where we made it), each kind a type of
// its own so that an order's id can't be passed where a ticket's is wanted.
#pragma once

#include <compare>
#include <cstddef>
#include <functional>
#include <string>
#include <utility>

namespace stagedoor {

template <class Kind>
struct Id {
    std::string text;

    Id() = default;
    explicit Id(std::string value) : text(std::move(value)) {}
    auto operator<=>(const Id&) const = default;
};

using UserId = Id<struct UserKind>;
using SessionId = Id<struct SessionKind>;
using TicketId = Id<struct TicketKind>;
using OrderId = Id<struct OrderKind>;
using PaymentId = Id<struct PaymentKind>;
using RefundId = Id<struct RefundKind>;
using LinkId = Id<struct LinkKind>;

}  // namespace stagedoor

template <class Kind>
struct std::hash<stagedoor::Id<Kind>> {
    std::size_t operator()(const stagedoor::Id<Kind>& id) const noexcept {
        return std::hash<std::string>{}(id.text);
    }
};
