// Placing an order: all its tickets are held, or none.
#include <map>
#include <set>

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {
namespace {

// Why items could not be held. Only the first list that is not empty is reported.
struct Rejections {
    Problems unknown, own, conflicts;

    void add(const std::string& field, const std::optional<TicketState>& ticket, const NewItem& item,
             const UserId& buyer, Instant now) {
        if (!ticket) {
            unknown.push_back({"There is no ticket " + item.ticket_id.text, field + ".ticketId"});
        } else if (ticket->seller_id == buyer) {
            own.push_back({"You can't buy your own tickets: \"" + ticket->title + "\"", field + ".ticketId"});
        } else {
            conflicts.push_back({reason(*ticket, item, now), field});
        }
    }
    void add_unconfirmed(const std::string& field, const HeldTicket& held, const NewItem& item) {
        conflicts.push_back({name_of(held.title, item) + " now costs " + held.price.to_text() + " " +
                                 std::string{held.price.currency.code()},
                             field + ".price"});
    }
    void throw_if_any() const {
        if (!unknown.empty()) throw NotFound(unknown);
        if (!own.empty()) throw Forbidden(own);
        if (!conflicts.empty()) throw Conflict(conflicts);
    }

  private:
    static std::string name_of(const std::string& title, const NewItem& item) {
        return "\"" + title + "\" (" + item.ticket_id.text + ")";
    }
    static std::string reason(const TicketState& ticket, const NewItem& item, Instant now) {
        auto name = name_of(ticket.title, item);
        if (ticket.status != ListingStatus::open) return name + " is no longer on sale";
        if (ticket.starts_at && *ticket.starts_at <= now) return name + " has already started";
        if (item.quantity > ticket.max_per_order)
            return name + " is limited to " + std::to_string(ticket.max_per_order) + " per order";
        if (ticket.left <= 0) return name + " is sold out";
        return "Only " + std::to_string(ticket.left) + " of " + name + " left";
    }
};

// Cancels expired orders on these tickets and returns how many tickets that frees, by ticket, including
// tickets that are not in `items`. Each order frees at least one, so cancelling one order per wanted ticket
// is enough; the expiration service cleans up the rest.
std::map<TicketId, std::int64_t> cancel_expired(sql::Tx& tx, const std::vector<NewItem>& items) {
    std::set<OrderId> expired;
    for (const auto& item : items) {
        for (auto& order : lock_expired_orders_holding(tx, item.ticket_id, item.quantity))
            expired.insert(std::move(order));
    }
    std::map<TicketId, std::int64_t> freed;
    for (const auto& id : expired) {
        auto order = cancel_without_release(tx, id, CancelReason::expired);
        if (!order) continue;
        for (const auto& item : order->items) freed[item.ticket_id] += item.quantity;
    }
    return freed;
}

// hold(); if too few are left, cancels the remaining expired orders on the ticket, waiting for transactions
// that are already doing so, and tries once more.
std::optional<HeldTicket> hold_with_retry(sql::Tx& tx, const NewItem& item, const UserId& buyer) {
    auto held = hold(tx, item.ticket_id, item.quantity, buyer, tx.now());
    if (held) return held;
    auto expired = expired_orders_holding(tx, item.ticket_id, item.quantity);
    if (expired.empty()) return std::nullopt;
    for (const auto& order : expired) (void)cancel(tx, order, CancelReason::expired);
    return hold(tx, item.ticket_id, item.quantity, buyer, tx.now());
}

Money total_of(const std::vector<ItemRow>& items) {
    Money total{0, items.front().price.currency};
    for (const auto& item : items) {
        if (item.price.currency != total.currency)
            throw Invalid("All tickets in an order must be in the same currency", "items");
        total.minor += item.price.minor * item.quantity;
    }
    return total;
}

}  // namespace

std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                  const Limits& limits) {
    std::vector<std::string> rows;
    if (limits.max_unpaid_orders > 0) rows.push_back("buyer " + buyer.text);
    for (const auto& item : items) rows.push_back(hot_row(item.ticket_id));
    return rows;
}

StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits) {
    if (limits.max_unpaid_orders > 0 && lock_buyer_and_count_unpaid(tx, buyer) >= limits.max_unpaid_orders) {
        throw Conflict("You have " + std::to_string(limits.max_unpaid_orders) +
                       " unpaid orders; pay or cancel one first");
    }
    // Locks orders' rows first, then tickets' rows (released and held ones together), each in id order, so
    // that two orders placed at once can't deadlock.
    std::map<TicketId, std::size_t> by_id;
    for (std::size_t i = 0; i < items.size(); ++i) by_id[items[i].ticket_id] = i;
    std::optional<HeldTicket> held_directly;  // the common case: one listing, no expired holds
    std::map<TicketId, std::int64_t> freed;
    if (items.size() == 1)
        held_directly = hold_if_none_expired(tx, items[0].ticket_id, items[0].quantity, buyer, tx.now());
    if (!held_directly) freed = cancel_expired(tx, items);

    StoredOrder stored;
    Rejections rejections;
    auto release_up_to = [&](const TicketId* ticket) {
        while (!freed.empty() && (!ticket || freed.begin()->first <= *ticket)) {
            release(tx, freed.begin()->first, freed.begin()->second);
            freed.erase(freed.begin());
        }
    };
    for (const auto& [ticket, i] : by_id) {
        const auto& item = items[i];
        release_up_to(&ticket);
        auto held = held_directly ? std::move(held_directly) : hold_with_retry(tx, item, buyer);
        auto field = "items[" + std::to_string(i) + "]";
        if (held && !item.is_confirmed(held->price)) {
            rejections.add_unconfirmed(field, *held, item);  // the hold is rolled back
        } else if (held) {
            stored.items.push_back({id,
                                    item.ticket_id,
                                    held->seller_id,
                                    held->title,
                                    held->price,
                                    item.quantity,
                                    held->version,
                                    {}});
        } else {
            rejections.add(field, find_ticket(tx, item.ticket_id), item, buyer, tx.now());
        }
    }
    rejections.throw_if_any();
    release_up_to(nullptr);
    stored.order = {.id = id,
                    .user_id = buyer,
                    .status = OrderStatus::created,
                    .expires_at = tx.now() + limits.time_to_pay,
                    .total = total_of(stored.items),
                    .reason = {},
                    .payment_id = {},
                    .version = 1,
                    .created_at = tx.now()};
    insert(tx, stored);
    outbox::publish(tx, to_event<contracts::OrderCreated>(stored));
    return stored;
}

}  // namespace stagedoor::orders::store
