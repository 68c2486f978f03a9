// Placing an order: all its tickets are held, or none.
#include <map>
#include <set>

#include "common/errors.hpp"
#include "common/messaging/outbox.hpp"
#include "common/runtime/mutation.hpp"  // seams for the simulation's mutants; false in every program
#include "common/security/proof_of_work.hpp"
#include "common/security/rate_limit.hpp"
#include "services/orders/store/orders.hpp"
#include "services/orders/store/tickets.hpp"

namespace stagedoor::orders::store {
namespace {

// Far more than a person needs.
constexpr security::RateLimit holds_of_buyer{
    .name = "holds by buyer", .max_attempts = 60, .window = std::chrono::hours{1}};
constexpr security::RateLimit holds_of_network{
    .name = "holds by address", .max_attempts = 600, .window = std::chrono::hours{1}};
constexpr std::chrono::hours max_hold{24};  // the upper limit of --hold-seconds

// Why items could not be held. Only the first list that is not empty is reported.
struct Rejections {
    Problems unknown, own, conflicts;

    void add(const std::string& field, const std::optional<TicketState>& ticket, const NewItem& item,
             const UserId& buyer, Instant now) {
        if (!ticket) {
            unknown.push_back(
                {"There is no ticket {id}"_text.with("id", item.ticket_id.text), field + ".ticketId"});
        } else if (ticket->seller_id == buyer) {
            own.push_back({"You can't buy your own tickets: \"{title}\""_text.with("title", ticket->title),
                           field + ".ticketId"});
        } else {
            conflicts.push_back({reason(*ticket, item, now), field});
        }
    }
    void add_unconfirmed(const std::string& field, const HeldTicket& held, const NewItem& item) {
        auto price = held.price.to_text() + " " + std::string{held.price.currency.code()};
        conflicts.push_back(
            {named("\"{title}\" ({id}) now costs {price}"_text.with("price", price), held.title, item),
             field + ".price"});
    }
    void add_over_limit(const std::string& field, const HeldTicket& held, const NewItem& item) {
        auto message = "\"{title}\" ({id}) is limited to {limit} per buyer, in all orders together"_text.with(
            "limit", std::to_string(*held.max_per_buyer));
        conflicts.push_back({named(std::move(message), held.title, item), field});
    }
    void throw_if_any() const {
        if (!unknown.empty()) throw NotFound(unknown);
        if (!own.empty()) throw Forbidden(own);
        if (!conflicts.empty()) throw Conflict(conflicts);
    }

  private:
    static Message named(Message message, const std::string& title, const NewItem& item) {
        return std::move(message).with("title", title).with("id", item.ticket_id.text);
    }
    static Message reason(const TicketState& ticket, const NewItem& item, Instant now) {
        return named(unnamed_reason(ticket, item, now), ticket.title, item);
    }
    static Message unnamed_reason(const TicketState& ticket, const NewItem& item, Instant now) {
        if (ticket.status != ListingStatus::open) return "\"{title}\" ({id}) is no longer on sale"_text;
        if (ticket.starts_at && *ticket.starts_at <= now)
            return "\"{title}\" ({id}) has already started"_text;
        if (item.quantity > ticket.max_per_order)
            return "\"{title}\" ({id}) is limited to {limit} per order"_text.with(
                "limit", std::to_string(ticket.max_per_order));
        if (ticket.left <= 0) return "\"{title}\" ({id}) is sold out"_text;
        return "Only {left} of \"{title}\" ({id}) left"_text.with("left", std::to_string(ticket.left));
    }
};

// Cancels expired orders on these tickets and returns how many tickets that frees, by ticket, including
// tickets that are not in `items`. Each order frees at least one, so cancelling one order per wanted ticket
// is enough; the expiration service cleans up the rest.
Quantities cancel_expired(sql::Tx& tx, const std::vector<NewItem>& items) {
    std::set<OrderId> expired;
    for (const auto& item : items) {
        for (auto& order : lock_expired_orders_holding(tx, item.ticket_id, item.quantity))
            expired.insert(std::move(order));
    }
    Quantities freed;
    for (const auto& id : expired) (void)cancel_without_release(tx, id, CancelReason::expired, freed);
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

void count_hold(sql::Tx& tx, const UserId& buyer, const AbuseLimits& limits) {
    security::count_attempt(tx, holds_of_buyer, buyer.text);
    security::count_attempt(tx, holds_of_network, limits.network);
    if (lock_buyer_and_count_unpaid(tx, buyer) >= limits.max_unpaid_orders) {
        throw Conflict("You have {count} unpaid orders; pay or cancel one first"_text.with(
            "count", std::to_string(limits.max_unpaid_orders)));
    }
}

struct UnpaidHold {
    TicketId ticket;
    std::string title;
    Instant held_again_from;
};
BOOST_DESCRIBE_STRUCT(UnpaidHold, (), (ticket, title, held_again_from))

// A buyer who held tickets without paying must wait as long again before holding the same ones, so that
// nobody keeps them off sale. An expired hold counts, whether or not it was cancelled yet.
void require_cooled_down(sql::Tx& tx, const UserId& buyer, const std::map<TicketId, std::size_t>& wanted) {
    auto holds = tx.query<UnpaidHold>(R"(
        SELECT order_items.ticket_id, order_items.title,
               2 * coalesce(ended_at, leased_until, expires_at) - orders.created_at
          FROM orders JOIN order_items ON order_items.order_id = orders.id
         WHERE user_id = $1 AND coalesce(ended_at, leased_until, expires_at) BETWEEN $2 AND $3
           AND ((orders.status = 'cancelled' AND orders.reason IN ('buyer', 'expired'))
                OR orders.status IN ('created', 'awaiting:payment')))",
                                      buyer, tx.now() - max_hold, tx.now());
    for (const auto& hold : holds) {
        auto wait = hold.held_again_from - tx.now();
        if (wait.count() <= 0 || !wanted.contains(hold.ticket)) continue;
        auto message =
            "You held \"{title}\" a moment ago without paying. Try again in {unit, select, "
            "seconds {{count, plural, one {# second} other {# seconds}}} "
            "minutes {{count, plural, one {# minute} other {# minutes}}} "
            "other {{count, plural, one {# hour} other {# hours}}}}"_text.with("title", hold.title);
        throw TooManyRequests(security::with_wait(std::move(message), wait), wait);
    }
}

// Locks the buyer, as count_hold() may have done already: of two orders placed at once, the second sees the
// first.
bool exceeds_limit(sql::Tx& tx, const UserId& buyer, const HeldTicket& held, const NewItem& item) {
    if (!held.max_per_buyer || runtime::mutated(Mutation::buyer_limit_ignored)) return false;
    lock_buyer(tx, buyer);
    return count_of_buyer(tx, buyer, item.ticket_id) + item.quantity > *held.max_per_buyer;
}

// While many tickets are held unpaid, a buyer who has never paid must send a proof of work.
void require_proof(sql::Tx& tx, const UserId& buyer) {
    auto has_paid = tx.find<std::int64_t>(
        "SELECT 1 FROM orders WHERE user_id = $1 AND status = 'complete' LIMIT 1", buyer);
    if (has_paid) return;
    throw security::ProofRequired(
        "Many of these tickets are held at the moment. Send a proof of work with the order, or try again "
        "later"_text,
        security::challenge_for(security::hold_challenge, buyer.text, tx.now()));
}

Money total_of(const std::vector<ItemRow>& items) {
    Money total{0, items.front().price.currency};
    for (const auto& item : items) {
        if (item.price.currency != total.currency)
            throw Invalid("All tickets in an order must be in the same currency"_text, "items");
        total.minor += item.price.minor * item.quantity;
    }
    return total;
}

}  // namespace

std::vector<std::string> hot_rows(const UserId& buyer, const std::vector<NewItem>& items,
                                  const Limits& limits) {
    std::vector<std::string> rows;
    if (limits.abuse) {
        rows.push_back("buyer " + buyer.text);
        rows.push_back("network " + limits.abuse->network);
    }
    for (const auto& item : items) rows.push_back(hot_row(item.ticket_id));
    return rows;
}

StoredOrder place(sql::Tx& tx, const OrderId& id, const UserId& buyer, const std::vector<NewItem>& items,
                  const Limits& limits) {
    if (limits.abuse) count_hold(tx, buyer, *limits.abuse);
    // Locks orders' rows first, then tickets' rows (released and held ones together), each in id order, so
    // that two orders placed at once can't deadlock.
    std::map<TicketId, std::size_t> by_id;
    for (std::size_t i = 0; i < items.size(); ++i) by_id[items[i].ticket_id] = i;
    std::optional<HeldTicket> held_directly;  // the common case: one listing, no expired holds
    Quantities freed;
    if (items.size() == 1)
        held_directly = hold_if_none_expired(tx, items[0].ticket_id, items[0].quantity, buyer, tx.now());
    if (!held_directly) freed = cancel_expired(tx, items);

    StoredOrder stored;
    Rejections rejections;
    auto under_pressure = false;
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
        } else if (held && exceeds_limit(tx, buyer, *held, item)) {
            rejections.add_over_limit(field, *held, item);
        } else if (held) {
            under_pressure |= held->under_pressure;
            stored.items.push_back({id,
                                    item.ticket_id,
                                    held->seller_id,
                                    held->title,
                                    held->price,
                                    item.quantity,
                                    held->version,
                                    {},
                                    {}});
        } else {
            rejections.add(field, find_ticket(tx, item.ticket_id), item, buyer, tx.now());
        }
    }
    rejections.throw_if_any();
    release_up_to(nullptr);
    if (limits.abuse) require_cooled_down(tx, buyer, by_id);
    if (limits.abuse && under_pressure && !limits.abuse->has_proof) require_proof(tx, buyer);
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
