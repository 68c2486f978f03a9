#include "services/notifications/store/moves.hpp"

#include <algorithm>

#include "common/json/read.hpp"
#include "services/notifications/store/emails.hpp"
#include "services/notifications/store/projections.hpp"

namespace stagedoor::notifications::store {
namespace {

// For purchases of which the listing's version is unknown: they are from before moves were recorded.
constexpr std::int64_t before_any_move = 0;

struct Move {
    std::optional<std::int64_t> version;
    std::optional<std::string> from;  // an Offer
};
BOOST_DESCRIBE_STRUCT(Move, (), (version, from))

struct PendingMove {
    TicketId ticket_id;
    UserId last_user;
};
BOOST_DESCRIBE_STRUCT(PendingMove, (), (ticket_id, last_user))

bool is_over(const contracts::Offer& before, const contracts::Offer& after, Instant now) {
    auto is_past = [&](const contracts::Offer& each) { return each.starts_at && *each.starts_at <= now; };
    return is_past(before) && is_past(after);
}

void add_moved_email(sql::Tx& tx, const TicketId& ticket, const Move& move, const UserId& buyer) {
    auto from = json::read<contracts::Offer>(move.from.value());
    OfferChanged event{ticket, move.version.value(), from ? *from : contracts::Offer{}};
    auto about = ticket.text + ".v" + std::to_string(event.version) + "." + buyer.text;
    add(tx, new_email(EmailKind::offer_changed, about, buyer, event));
}

void add_purchase(sql::Tx& tx, const contracts::OrderState& order, const TicketId& ticket,
                  std::int64_t listing_version) {
    tx.send(R"(
        INSERT INTO purchases(ticket_id, user_id, order_id, listing_version) VALUES ($1, $2, $3, $4)
        ON CONFLICT (ticket_id, user_id, order_id) DO NOTHING)",
            ticket, order.user_id, order.id, listing_version);
}

}  // namespace

void save_changed_listing(sql::Tx& tx, const contracts::Listing& listing) {
    auto before = tx.find<contracts::Offer>(
        "SELECT title, starts_at, time_zone, venue, city, seats FROM listings WHERE id = $1 FOR UPDATE",
        listing.id);
    save_listing(tx, listing);
    auto after = offer_of(listing);
    if (!before || *before == after || is_over(*before, after, tx.now())) return;
    auto emailed =
        tx.find<std::int64_t>("SELECT emailed FROM moves WHERE ticket_id = $1 FOR UPDATE", listing.id);
    if (emailed ==
        0) {  // until somebody is emailed about an earlier move, all know the listing from before it
        tx.send("UPDATE listings SET moved_version = $2 WHERE id = $1", listing.id, listing.version);
    } else {
        tx.send("UPDATE listings SET moved_version = $2, moved_from = $3 WHERE id = $1", listing.id,
                listing.version, json::to_json(*before));
    }
    tx.send(R"(
        INSERT INTO moves(ticket_id, last_user) VALUES ($1, '')
        ON CONFLICT (ticket_id) DO UPDATE SET last_user = excluded.last_user)",
            listing.id);
    tx.notify(moves_channel);
}

void add_purchases(sql::Tx& tx, const contracts::OrderState& order) {
    auto items = order.items;
    std::ranges::sort(items, {}, &contracts::OrderLine::ticket_id);
    for (const auto& item : items) {
        // Locks the listing: a move that commits later sees this purchase, and this sees an earlier move.
        auto move = tx.find<Move>("SELECT moved_version, moved_from FROM listings WHERE id = $1 FOR UPDATE",
                                  item.ticket_id);
        auto ordered_version = item.ticket_version.value_or(before_any_move);
        add_purchase(tx, order, item.ticket_id, ordered_version);
        if (move && move->version && ordered_version < *move->version) {
            add_moved_email(tx, item.ticket_id, *move, order.user_id);
            tx.send("UPDATE moves SET emailed = 1 WHERE ticket_id = $1", item.ticket_id);
        }
    }
}

void void_purchase(sql::Tx& tx, const contracts::OrderState& order, const TicketId& ticket) {
    tx.send(R"(
        INSERT INTO purchases(ticket_id, user_id, order_id, listing_version, void) VALUES ($1, $2, $3, $4, 1)
        ON CONFLICT (ticket_id, user_id, order_id) DO UPDATE SET void = 1)",
            ticket, order.user_id, order.id, before_any_move);
}

bool queue_moved_emails(sql::Tx& tx, std::int64_t max) {
    if (tx.find<std::string>("SELECT last_email FROM purchases_backfill")) return false;
    auto pending = tx.find<PendingMove>(
        "SELECT ticket_id, last_user FROM moves ORDER BY ticket_id LIMIT 1 FOR UPDATE SKIP LOCKED");
    if (!pending) return false;
    auto move =
        tx.find<Move>("SELECT moved_version, moved_from FROM listings WHERE id = $1", pending->ticket_id);
    auto buyers = tx.query<UserId>(R"(
        SELECT DISTINCT user_id FROM purchases
         WHERE ticket_id = $1 AND user_id > $2 AND void = 0 AND listing_version < $3
         ORDER BY user_id LIMIT $4)",
                                   pending->ticket_id, pending->last_user, move->version.value(), max);
    for (const auto& buyer : buyers) add_moved_email(tx, pending->ticket_id, *move, buyer);
    if (static_cast<std::int64_t>(buyers.size()) < max) {
        tx.send("DELETE FROM moves WHERE ticket_id = $1", pending->ticket_id);
    } else {
        tx.send("UPDATE moves SET last_user = $2, emailed = 1 WHERE ticket_id = $1", pending->ticket_id,
                buyers.back());
    }
    return true;
}

bool backfill_purchases(sql::Tx& tx, std::int64_t max) {
    auto last = tx.find<std::string>("SELECT last_email FROM purchases_backfill FOR UPDATE SKIP LOCKED");
    if (!last) return false;
    auto emails = tx.query<Email>(R"(
        SELECT id, user_id, kind, data, tries, created_at FROM mails
         WHERE id > $1 AND kind IN ($2, $3) ORDER BY id LIMIT $4)",
                                  *last, EmailKind::tickets, EmailKind::tickets_voided, max);
    for (const auto& email : emails) {
        auto payload = payload_of(email);
        const auto* order = std::get_if<contracts::OrderState>(&payload);
        if (!order) continue;
        for (const auto& item : order->items) {
            if (email.kind == EmailKind::tickets_voided)
                void_purchase(tx, *order, item.ticket_id);
            else
                add_purchase(tx, *order, item.ticket_id, before_any_move);
        }
    }
    if (emails.empty())
        tx.send("DELETE FROM purchases_backfill");
    else
        tx.send("UPDATE purchases_backfill SET last_email = $1", emails.back().id);
    return true;
}

}  // namespace stagedoor::notifications::store
