// Ids of all entities: opaque text (a UUIDv7 if we generated it). Each kind is a type of its own, so that an
// order's id can't be passed as a ticket's.
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
using PassId = Id<struct PassKind>;
using TransferId = Id<struct TransferKind>;
using DoorId = Id<struct DoorKind>;
using ScannerId = Id<struct ScannerKind>;

}  // namespace stagedoor

template <class Kind>
struct std::hash<stagedoor::Id<Kind>> {
    std::size_t operator()(const stagedoor::Id<Kind>& id) const noexcept {
        return std::hash<std::string>{}(id.text);
    }
};
