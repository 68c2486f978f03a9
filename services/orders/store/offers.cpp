#include "services/orders/store/offers.hpp"

namespace stagedoor::orders::store {
namespace {

struct LatestOffer {
    contracts::Offer offer;
    std::optional<std::int64_t> changed_version;
    std::optional<Instant> changed_at;
};
BOOST_DESCRIBE_STRUCT(LatestOffer, (), (offer, changed_version, changed_at))

// For a listing from before offers were stored, only the title and date are known.
struct KnownOffer {
    std::string title;
    std::optional<Instant> starts_at;
};
BOOST_DESCRIBE_STRUCT(KnownOffer, (), (title, starts_at))

std::optional<LatestOffer> previous_offer(sql::Tx& tx, const contracts::Listing& listing) {
    auto stored = tx.find<LatestOffer>(
        "SELECT title, starts_at, time_zone, venue, city, seats, changed_version, changed_at"
        " FROM offers WHERE ticket_id = $1 ORDER BY version DESC LIMIT 1",
        listing.id);
    if (stored) return stored;
    auto known = tx.find<KnownOffer>("SELECT title, starts_at FROM tickets WHERE id = $1", listing.id);
    if (!known) return std::nullopt;
    LatestOffer latest{.offer = offer_of(listing), .changed_version = {}, .changed_at = {}};
    latest.offer.title = known->title;
    latest.offer.starts_at = known->starts_at;
    return latest;
}

}  // namespace

void save_offer(sql::Tx& tx, const contracts::Listing& listing) {
    auto offer = offer_of(listing);
    LatestOffer latest{.offer = offer, .changed_version = {}, .changed_at = {}};
    if (auto previous = previous_offer(tx, listing)) {
        auto has_started = previous->offer.starts_at && *previous->offer.starts_at <= tx.now();
        latest.changed_version = previous->changed_version;
        latest.changed_at = previous->changed_at;
        if (previous->offer != offer && !has_started) {
            latest.changed_version = listing.version;
            latest.changed_at = tx.now();
        }
    }
    tx.send(
        "INSERT INTO offers(ticket_id, version, title, starts_at, time_zone, venue, city, seats,"
        " changed_version, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
        listing.id, listing.version, listing.title, offer.starts_at, offer.time_zone, offer.venue, offer.city,
        offer.seats, latest.changed_version, latest.changed_at);
}

sql::LaterRows<BoughtOffer> bought_offers(sql::Tx& tx, const OrderId& order) {
    return tx.query_later<BoughtOffer>(R"(
        SELECT item.ticket_id,
               bought.title, bought.starts_at, bought.time_zone, bought.venue, bought.city, bought.seats,
               CASE WHEN latest.changed_version > item.ticket_version
                     AND (bought.title, bought.starts_at, bought.time_zone, bought.venue, bought.city,
                          bought.seats)
                         IS DISTINCT FROM
                         (latest.title, latest.starts_at, latest.time_zone, latest.venue, latest.city,
                          latest.seats)
                    THEN latest.changed_at END
          FROM order_items AS item
          LEFT JOIN offers AS bought ON bought.ticket_id = item.ticket_id
                                    AND bought.version = item.ticket_version
          LEFT JOIN offers AS latest
                 ON latest.ticket_id = item.ticket_id
                AND latest.version = (SELECT max(version) FROM offers WHERE ticket_id = item.ticket_id)
         WHERE item.order_id = $1 ORDER BY item.ticket_id)",
                                       order);
}

}  // namespace stagedoor::orders::store
