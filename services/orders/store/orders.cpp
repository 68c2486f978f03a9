#include "services/orders/store/orders.hpp"

#include <algorithm>
#include <map>

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "common/runtime/mutation.hpp"  // seams for the simulation's mutants; false in every program
#include "common/service/changed.hpp"
#include "services/orders/store/offers.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {
namespace {

constexpr std::string_view order_columns =
    "id, user_id, status, coalesce(leased_until, expires_at), total_minor, currency, reason, payment_id, "
    "version, created_at";
constexpr std::string_view item_columns =
    "order_id, ticket_id, seller_id, title, price_minor, currency, quantity, ticket_version, cancelled_at, "
    "reason";

sql::LaterRows<ItemRow> items_of(sql::Tx& tx, const OrderId& id) {
    return tx.query_later<ItemRow>(
        "SELECT " + std::string{item_columns} + " FROM order_items WHERE order_id = $1 ORDER BY ticket_id",
        id);
}

// A guarded UPDATE of an order's row that may still be running.
class Change {
  public:
    template <class... A>
    Change(sql::Tx& tx, const std::string& update, const OrderId& id, const A&... arguments)
        : order_(tx.query_later<OrderRow>(update + " RETURNING " + std::string{order_columns}, id,
                                          arguments...)),
          items_(items_of(tx, id)) {}

    // The updated order, or nullopt if the guard did not match.
    [[nodiscard]] std::optional<StoredOrder> get() {
        auto order = order_.get();
        auto items = items_.get();
        if (order.empty()) return std::nullopt;
        return StoredOrder{std::move(order.front()), std::move(items)};
    }

  private:
    sql::LaterRows<OrderRow> order_;
    sql::LaterRows<ItemRow> items_;
};

// Also notifies live pages: the buyer may be viewing the order.
template <class Event>
void publish_change(sql::Tx& tx, const Event& event) {
    outbox::publish(tx, event);
    tx.notify_of(Changed{event.id.text});
}

void set_held_until(sql::Tx& tx, const OrderId& id, std::optional<Instant> time) {
    tx.send("UPDATE order_items SET held_until = $2 WHERE order_id = $1", id, time);
}

void end_hold_and_publish_cancelled(sql::Tx& tx, const StoredOrder& order) {
    set_held_until(tx, order.order.id, std::nullopt);
    publish_change(tx, to_event<contracts::OrderCancelled>(order));
    if (order.order.reason == CancelReason::expired) tx.notify(expired_channel);
}

void add_tickets(Quantities& quantities, const StoredOrder& order) {
    for (const auto& item : order.items) quantities[item.ticket_id] += item.quantity;
}

// Locks the row of a paid order, so that of two replicas the second sees what the first did; false if it is
// not paid.
bool lock_paid(sql::Tx& tx, const OrderId& id) {
    return tx.execute("UPDATE orders SET status = status WHERE id = $1 AND status = 'complete'", id).rows ==
           1;
}

// The tickets of one listing in a paid order become void. Returns how many, for void_sale(); 0 if they are
// void already.
std::int64_t void_tickets(sql::Tx& tx, const OrderId& id, const TicketId& ticket, CancelReason reason) {
    auto quantity = tx.find<std::int64_t>(
        "UPDATE order_items SET cancelled_at = $3, reason = $4"
        " WHERE order_id = $1 AND ticket_id = $2 AND cancelled_at IS NULL RETURNING quantity",
        id, ticket, tx.now(), reason);
    if (!quantity) return 0;
    auto order = Change{tx, "UPDATE orders SET version = version + 1 WHERE id = $1", id}.get();
    auto event = to_event<contracts::OrderVoided>(*order);
    event.ticket_id = ticket;
    publish_change(tx, event);
    return *quantity;
}

}  // namespace

void insert(sql::Tx& tx, const StoredOrder& stored) {
    const auto& order = stored.order;
    tx.send(
        "INSERT INTO orders(id, user_id, status, expires_at, total_minor, currency, version, created_at)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        order.id, order.user_id, order.status, order.expires_at, order.total.minor, order.total.currency,
        order.version, order.created_at);
    for (const auto& item : stored.items) {
        tx.send(
            R"(
            INSERT INTO order_items(order_id, ticket_id, seller_id, title, price_minor, currency, quantity,
                                    ticket_version, held_until)
            VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9))",
            order.id, item.ticket_id, item.seller_id, item.title, item.price.minor, item.price.currency,
            item.quantity, item.ticket_version, order.expires_at);
    }
}

std::optional<StoredOrder> find(sql::Tx& tx, const OrderId& id) {
    auto order = tx.find<OrderRow>("SELECT " + std::string{order_columns} + " FROM orders WHERE id = $1", id);
    if (!order) return std::nullopt;
    return StoredOrder{std::move(*order), items_of(tx, id).get()};
}

std::optional<StoredOrder> find_with_offers(sql::Tx& tx, const OrderId& id) {
    auto stored = find(tx, id);
    if (stored) stored->offers = bought_offers(tx, id).get();
    return stored;
}

std::vector<StoredOrder> orders_of_buyer(sql::Tx& tx, const UserId& buyer, const std::string& before,
                                         std::int64_t limit) {
    auto rows = tx.query<OrderRow>(
        "SELECT " + std::string{order_columns} +
            " FROM orders WHERE user_id = $1 AND ($2 = '' OR id < $2) ORDER BY id DESC LIMIT $3",
        buyer, before, limit);
    std::vector<sql::LaterRows<ItemRow>> items;
    std::vector<sql::LaterRows<BoughtOffer>> offers;
    for (const auto& row : rows) {
        items.push_back(items_of(tx, row.id));
        offers.push_back(bought_offers(tx, row.id));
    }
    std::vector<StoredOrder> orders;
    for (std::size_t i = 0; i < rows.size(); ++i)
        orders.push_back({std::move(rows[i]), items[i].get(), offers[i].get()});
    return orders;
}

void lock_buyer(sql::Tx& tx, const UserId& buyer) {
    tx.send("INSERT INTO buyers(id) VALUES ($1) ON CONFLICT (id) DO UPDATE SET id = excluded.id", buyer);
}

std::int64_t count_of_buyer(sql::Tx& tx, const UserId& buyer, const TicketId& ticket) {
    return tx
        .find<std::int64_t>(R"(
        SELECT coalesce(sum(order_items.quantity), 0)
          FROM orders JOIN order_items ON order_items.order_id = orders.id
         WHERE orders.user_id = $1 AND order_items.ticket_id = $2 AND order_items.cancelled_at IS NULL
           AND orders.status IN ('created', 'awaiting:payment', 'complete'))",
                            buyer, ticket)
        .value_or(0);
}

std::int64_t lock_buyer_and_count_unpaid(sql::Tx& tx, const UserId& buyer) {
    lock_buyer(tx, buyer);
    return tx
        .find<std::int64_t>(
            "SELECT count(*) FROM orders WHERE user_id = $1 AND coalesce(leased_until, expires_at) > $2"
            " AND status IN ('created', 'awaiting:payment')",
            buyer, tx.now())
        .value_or(0);
}

bool cancel_without_release(sql::Tx& tx, const OrderId& id, CancelReason reason, Quantities& freed) {
    static const std::string unguarded = R"(
        UPDATE orders SET status = 'cancelled', version = version + 1,
               reason = CASE WHEN coalesce(leased_until, expires_at) <= $3 THEN 'expired' ELSE $2 END,
               ended_at = CASE WHEN coalesce(leased_until, expires_at) <= $3
                               THEN coalesce(leased_until, expires_at) ELSE $3 END
         WHERE id = $1 AND ($2 <> 'expired' OR coalesce(leased_until, expires_at) <= $3))";
    static const std::string guarded = unguarded + R"(
           AND (status = 'created' OR (status = 'awaiting:payment' AND leased_until <= $3)))";
    const auto& statement = runtime::mutated(Mutation::release_without_holding) ? unguarded : guarded;
    auto order = Change{tx, statement, id, reason, tx.now()}.get();
    if (!order) return false;
    end_hold_and_publish_cancelled(tx, *order);
    add_tickets(freed, *order);
    return true;
}

bool cancel(sql::Tx& tx, const OrderId& id, CancelReason reason) {
    Quantities freed;
    auto cancelled = cancel_without_release(tx, id, reason, freed);
    release(tx, freed);
    return cancelled;
}

std::vector<Attempt> lease(sql::Tx& tx, const std::vector<Attempt>& attempts,
                           std::chrono::milliseconds min_lease, std::chrono::milliseconds grace) {
    static const std::string update = R"(
        UPDATE orders SET status = 'awaiting:payment', payment_id = $2, version = version + 1,
               leased_until = CASE WHEN expires_at > $3 THEN expires_at ELSE $3 END
         WHERE id = $1 AND status = 'created' AND expires_at > $4
           AND NOT EXISTS (SELECT 1 FROM order_items JOIN tickets ON tickets.id = order_items.ticket_id
                            WHERE order_items.order_id = $1 AND tickets.status = 'cancelled'))";
    std::vector<Change> changes;
    for (const auto& [id, payment, traceparent] : attempts)
        changes.emplace_back(tx, update, id, payment, tx.now() + min_lease, tx.now() - grace);
    std::vector<Attempt> rejected;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        auto order = changes[i].get();
        if (!order) {
            rejected.push_back(attempts[i]);
            continue;
        }
        set_held_until(tx, order->order.id, order->order.expires_at);
        tx.set_traceparent(attempts[i].traceparent);
        publish_change(tx, to_event<contracts::OrderAwaiting>(*order));
    }
    return rejected;
}

void complete(sql::Tx& tx, const std::vector<Attempt>& attempts) {
    static const std::string unguarded = R"(
        UPDATE orders SET status = 'complete', leased_until = NULL, version = version + 1
         WHERE id = $1 AND payment_id = $2)";
    static const std::string guarded = unguarded + " AND status = 'awaiting:payment'";
    const auto& statement = runtime::mutated(Mutation::late_payment_revives) ? unguarded : guarded;
    std::vector<Change> changes;
    for (const auto& [id, payment, traceparent] : attempts) changes.emplace_back(tx, statement, id, payment);
    Quantities sold;
    for (std::size_t i = 0; i < attempts.size(); ++i) {
        auto order = changes[i].get();
        if (!order) continue;
        set_held_until(tx, order->order.id, std::nullopt);
        add_tickets(sold, *order);
        tx.set_traceparent(attempts[i].traceparent);
        publish_change(tx, to_event<contracts::OrderCompleted>(*order));
        tx.notify(completed_channel);
    }
    for (const auto& [ticket, quantity] : sold) sell(tx, ticket, quantity);
}

void reopen(sql::Tx& tx, const OrderId& id, const PaymentId& payment) {
    auto order = Change{tx, R"(
        UPDATE orders SET status = CASE WHEN expires_at > $3 THEN 'created' ELSE 'cancelled' END,
               reason = CASE WHEN expires_at > $3 THEN NULL ELSE 'expired' END,
               ended_at = CASE WHEN expires_at > $3 THEN NULL ELSE expires_at END,
               payment_id = NULL, leased_until = NULL, version = version + 1
         WHERE id = $1 AND status = 'awaiting:payment' AND payment_id = $2)",
                        id, payment, tx.now()}
                     .get();
    if (!order) return;
    if (order->order.status == OrderStatus::cancelled) {
        end_hold_and_publish_cancelled(tx, *order);
        for (const auto& item : order->items) release(tx, item.ticket_id, item.quantity);
    } else {
        set_held_until(tx, id, order->order.expires_at);
        publish_change(tx, to_event<contracts::OrderReopened>(*order));
    }
}

void apply_cancelled_listing(sql::Tx& tx, const std::vector<OrderId>& orders, const TicketId& ticket) {
    Quantities freed;
    std::int64_t voided = 0;
    for (const auto& id : orders) {
        if (cancel_without_release(tx, id, CancelReason::listing_cancelled, freed)) continue;
        if (lock_paid(tx, id)) voided += void_tickets(tx, id, ticket, CancelReason::listing_cancelled);
    }
    freed.try_emplace(ticket);  // its turn, also if it is only voided
    for (const auto& [each, quantity] : freed) {
        if (quantity > 0) release(tx, each, quantity);
        if (each == ticket && voided > 0) void_sale(tx, ticket, voided);
    }
}

void return_tickets(sql::Tx& tx, const OrderId& id, const TicketId& ticket,
                    std::chrono::milliseconds return_time) {
    if (!lock_paid(tx, id)) throw Conflict("Only tickets that are paid can be returned"_text);
    // The lock makes the seller's next change and the closing of returns wait for this transaction.
    auto closed_at = tx.find<std::optional<Instant>>(
        "SELECT returns_closed_at FROM tickets WHERE id = $1 FOR UPDATE", ticket);
    auto order = find_with_offers(tx, id).value();
    auto item = std::ranges::find(order.items, ticket, &ItemRow::ticket_id);
    if (item == order.items.end()) throw NotFound("There are no such tickets in this order"_text);
    if (item->cancelled_at) return;
    if (closed_at && *closed_at)
        throw Conflict("The doors are open: these tickets can no longer be returned"_text);
    auto changed_at = order.offers[static_cast<std::size_t>(item - order.items.begin())].changed_at;
    if (!changed_at && !runtime::mutated(Mutation::return_without_reason))
        throw Conflict("These tickets can't be returned: the event is as it was when you ordered them"_text);
    if (changed_at && *changed_at + return_time <= tx.now())
        throw Conflict("The time to return these tickets is over"_text);
    void_sale(tx, ticket, void_tickets(tx, id, ticket, CancelReason::buyer));
}

std::vector<OrderId> lock_orders_of_cancelled_listing(sql::Tx& tx, const TicketId& ticket,
                                                      const OrderId& after, std::int64_t max_orders) {
    return tx.query<OrderId>(R"(
        SELECT id FROM orders
         WHERE id IN (SELECT order_items.order_id FROM order_items
                        JOIN orders ON orders.id = order_items.order_id
                       WHERE order_items.ticket_id = $1 AND order_items.order_id > $2
                         AND order_items.cancelled_at IS NULL
                         AND (orders.status IN ('created', 'complete')
                              OR (orders.status = 'awaiting:payment' AND orders.leased_until <= $3))
                       ORDER BY order_items.order_id LIMIT $4)
         ORDER BY id FOR UPDATE)",
                             ticket, after, tx.now(), max_orders);
}

std::vector<OrderId> expired_orders_holding(sql::Tx& tx, const TicketId& ticket, std::int64_t max_orders) {
    if (runtime::mutated(Mutation::expiry_by_timer_only)) return {};
    return tx.query<OrderId>(
        "SELECT order_id FROM order_items WHERE ticket_id = $1 AND held_until <= $2 ORDER BY held_until "
        "LIMIT $3",
        ticket, tx.now(), max_orders);
}

std::vector<OrderId> lock_expired_orders_holding(sql::Tx& tx, const TicketId& ticket,
                                                 std::int64_t max_orders) {
    if (runtime::mutated(Mutation::expiry_by_timer_only)) return {};
    return tx.query<OrderId>(
        "SELECT id FROM orders WHERE id IN (SELECT order_id FROM order_items WHERE ticket_id = $1 AND "
        "held_until <= $2 ORDER BY held_until LIMIT $3) ORDER BY id FOR UPDATE SKIP LOCKED",
        ticket, tx.now(), max_orders);
}

}  // namespace stagedoor::orders::store
