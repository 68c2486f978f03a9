#include "services/orders/store/sales.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

#include "common/time_zones/time_zones.hpp"

namespace stagedoor::orders::store {
namespace {

struct QuarterHourSales {
    std::int64_t number = 0;
    Currency currency;
    std::int64_t tickets = 0, minor = 0;
};
BOOST_DESCRIBE_STRUCT(QuarterHourSales, (), (number, currency, tickets, minor))

// The smallest id that an order placed at `time` or later can have: a UUIDv7 begins with its time.
std::string first_id_of(Instant time) {
    return fmt::format("{:08x}-{:04x}", time.milliseconds >> 16, time.milliseconds & 0xffff);
}

}  // namespace

std::optional<UserId> seller_of(sql::Tx& tx, const TicketId& ticket) {
    return tx.find<UserId>("SELECT seller_id FROM tickets WHERE id = $1", ticket);
}

std::vector<SaleRow> sales_of(sql::Tx& tx, const TicketId& ticket, const std::string& before,
                              std::int64_t limit) {
    return tx.query<SaleRow>(R"(
        SELECT order_items.order_id, orders.created_at, order_items.quantity, order_items.price_minor,
               order_items.currency, orders.status, coalesce(orders.leased_until, orders.expires_at),
               order_items.cancelled_at, coalesce(order_items.reason, orders.reason)
          FROM order_items JOIN orders ON orders.id = order_items.order_id
         WHERE order_items.ticket_id = $1 AND ($2 = '' OR order_items.order_id < $2)
         ORDER BY order_items.order_id DESC LIMIT $3)",
                             ticket, before, limit);
}

std::vector<SoldDay> sold_by_day(sql::Tx& tx, const TicketId& ticket, const time_zones::RecentDays& days) {
    auto since = days.since();
    auto quarters = tx.query<QuarterHourSales>(R"(
        SELECT orders.created_at / $4 AS quarter, order_items.currency,
               CAST(sum(order_items.quantity) AS BIGINT),
               CAST(sum(order_items.quantity * order_items.price_minor) AS BIGINT)
          FROM order_items JOIN orders ON orders.id = order_items.order_id
         WHERE order_items.ticket_id = $1 AND order_items.order_id >= $5 AND order_items.cancelled_at IS NULL
           AND orders.status = 'complete' AND orders.created_at >= $2 AND orders.created_at <= $3
         GROUP BY orders.created_at / $4, order_items.currency)",
                                               ticket, since, days.now, days.quarter_ms, first_id_of(since));
    std::map<std::pair<std::int64_t, std::string>, SoldDay> by_day;
    for (const auto& quarter : quarters) {
        auto day = days.day_of_quarter(quarter.number);
        if (!day) continue;
        auto [found, is_new] = by_day.try_emplace({*day, std::string{quarter.currency.code()}});
        auto& sold = found->second;
        if (is_new) sold = {.day = time_zones::day_text(*day), .tickets = 0, .sold = {0, quarter.currency}};
        sold.tickets += quarter.tickets;
        sold.sold.minor += quarter.minor;
    }
    std::vector<SoldDay> all;
    for (auto& [key, sold] : by_day) all.push_back(std::move(sold));
    return all;
}

}  // namespace stagedoor::orders::store
