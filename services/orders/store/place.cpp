#include <algorithm>
#include <set>

#include "common/events/outbox.hpp"
#include "common/runtime/error.hpp"
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
        if (!unknown.empty()) throw ApiError(404, unknown);
        if (!own.empty()) throw ApiError(403, own);
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

// Each order that ran out gives back one ticket at least, so as many of them as tickets are wanted are
// enough; the rest is tidied up by the expiration service.
void release_run_out(sql::Tx& tx, const std::vector<NewItem>& items) {
    std::set<OrderId> run_out;
    for (const auto& item : items) {
        for (auto& order : run_out_on(tx, item.ticket_id, item.quantity)) run_out.insert(std::move(order));
    }
    for (const auto& order : run_out) (void)cancel(tx, order, CancelReason::expired);
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

StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits) {
    if (limits.unpaid_orders > 0 && count_unpaid(tx, buyer) >= limits.unpaid_orders) {
        throw Conflict("You have " + std::to_string(limits.unpaid_orders) +
                       " unpaid orders; pay or cancel one first");
    }
    release_run_out(tx, items);

    // Rows are locked in the order of their ids, so that two baskets can't wait for each other.
    std::vector<std::size_t> by_id(items.size());
    for (std::size_t i = 0; i < by_id.size(); ++i) by_id[i] = i;
    std::ranges::sort(by_id, {}, [&](std::size_t i) -> const TicketId& { return items[i].ticket_id; });

    StoredOrder stored;
    Refusals refusals;
    for (auto i : by_id) {
        const auto& item = items[i];
        if (auto held = hold(tx, item.ticket_id, item.quantity, buyer, tx.now())) {
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
    outbox::add(tx, told<contracts::OrderCreated>(stored));
    return stored;
}

}  // namespace stagedoor::orders::store
