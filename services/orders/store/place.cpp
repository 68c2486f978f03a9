#include <map>
#include <set>

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {
namespace {

// Why items could not be held, sorted by what the caller is told first.
struct Refusals {
    Problems unknown, own, short_of;

    void add(const std::string& field, const std::optional<TicketState>& ticket, const NewItem& item,
             const UserId& buyer, Instant now) {
        if (!ticket) {
            unknown.push_back({"There is no ticket " + item.ticket_id.text, field + ".ticketId"});
        } else if (ticket->seller_id == buyer) {
            own.push_back({"\"" + ticket->title + "\" is your own", field + ".ticketId"});
        } else {
            short_of.push_back({reason(*ticket, item, now), field});
        }
    }
    void throw_if_any() const {
        if (!unknown.empty()) throw NotFound(unknown);
        if (!own.empty()) throw Forbidden(own);
        if (!short_of.empty()) throw Conflict(short_of);
    }

  private:
    static std::string reason(const TicketState& ticket, const NewItem& item, Instant now) {
        auto name = "\"" + ticket.title + "\" (" + item.ticket_id.text + ")";
        if (ticket.status != "open") return name + " is no longer on sale";
        if (ticket.starts_at && *ticket.starts_at <= now) return name + " has already begun";
        if (item.quantity > ticket.max_per_order) {
            return name + " is sold at most " + std::to_string(ticket.max_per_order) + " to an order";
        }
        if (ticket.left <= 0) return name + " is sold out";
        return "Only " + std::to_string(ticket.left) + " of " + name + " left";
    }
};

// Takes back the time of what ran out on these tickets and gives, for each ticket, how many are free by that; also
// for tickets that are not wanted here. Each such order gives back one ticket at least, so as many of them as
// tickets are wanted are enough; the rest is tidied up by the expiration service.
std::map<TicketId, std::int64_t> cancel_run_out(sql::Tx& tx, const std::vector<NewItem>& items) {
    std::set<OrderId> run_out;
    for (const auto& item : items) {
        for (auto& order : lock_run_out_on(tx, item.ticket_id, item.quantity))
            run_out.insert(std::move(order));
    }
    std::map<TicketId, std::int64_t> freed;
    for (const auto& id : run_out) {
        auto order = cancel_but_keep_tickets(tx, id, CancelReason::expired);
        if (!order) continue;
        for (const auto& item : order->items) freed[item.ticket_id] += item.quantity;
    }
    return freed;
}

// hold(), and once more after waiting for those who are at orders that ran out on it: what they give back counts.
std::optional<HeldTicket> hold_if_any(sql::Tx& tx, const NewItem& item, const UserId& buyer) {
    auto held = hold(tx, item.ticket_id, item.quantity, buyer, tx.now());
    if (held) return held;
    auto run_out = run_out_on(tx, item.ticket_id, item.quantity);
    if (run_out.empty()) return std::nullopt;
    for (const auto& order : run_out) (void)cancel(tx, order, CancelReason::expired);
    return hold(tx, item.ticket_id, item.quantity, buyer, tx.now());
}

Money sum(const std::vector<ItemRow>& items) {
    Money total{0, items.front().price.currency};
    for (const auto& item : items) {
        if (item.price.currency != total.currency)
            throw Invalid("All tickets of an order must have the same currency", "items");
        total.minor += item.price.minor * item.quantity;
    }
    return total;
}

}  // namespace

std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                  const Limits& limits) {
    std::vector<std::string> rows;
    if (limits.unpaid_orders > 0) rows.push_back("buyer " + buyer.text);
    for (const auto& item : items) rows.push_back(hot_row(item.ticket_id));
    return rows;
}

StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits) {
    if (limits.unpaid_orders > 0 && count_unpaid(tx, buyer) >= limits.unpaid_orders) {
        throw Conflict("You have " + std::to_string(limits.unpaid_orders) +
                       " unpaid orders; pay or cancel one first");
    }
    // The orders' rows first, then the tickets', those given back and those held together, each in the order of their
    // ids: so two baskets can't wait for each other.
    std::map<TicketId, std::size_t> by_id;
    for (std::size_t i = 0; i < items.size(); ++i) by_id[items[i].ticket_id] = i;
    std::optional<HeldTicket> held_at_once;  // one listing of which no order ran out: mostly so
    std::map<TicketId, std::int64_t> freed;
    if (items.size() == 1)
        held_at_once = hold_if_none_ran_out(tx, items[0].ticket_id, items[0].quantity, buyer, tx.now());
    if (!held_at_once) freed = cancel_run_out(tx, items);

    StoredOrder stored;
    Refusals refusals;
    auto give_back_up_to = [&](const TicketId* ticket) {
        while (!freed.empty() && (!ticket || freed.begin()->first <= *ticket)) {
            release(tx, freed.begin()->first, freed.begin()->second);
            freed.erase(freed.begin());
        }
    };
    for (const auto& [ticket, i] : by_id) {
        const auto& item = items[i];
        give_back_up_to(&ticket);
        auto held = held_at_once ? std::move(held_at_once) : hold_if_any(tx, item, buyer);
        if (held) {
            stored.items.push_back({id,
                                    item.ticket_id,
                                    held->seller_id,
                                    held->title,
                                    held->price,
                                    item.quantity,
                                    held->version,
                                    {}});
        } else {
            refusals.add("items[" + std::to_string(i) + "]", find_ticket(tx, item.ticket_id), item, buyer,
                         tx.now());
        }
    }
    refusals.throw_if_any();
    give_back_up_to(nullptr);
    stored.order = {.id = id,
                    .user_id = buyer,
                    .status = OrderStatus::created,
                    .expires_at = tx.now() + limits.time_to_pay,
                    .total = sum(stored.items),
                    .reason = {},
                    .payment_id = {},
                    .version = 1,
                    .created_at = tx.now()};
    insert(tx, stored);
    outbox::publish(tx, told<contracts::OrderCreated>(stored));
    return stored;
}

}  // namespace stagedoor::orders::store
