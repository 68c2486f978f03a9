#include "services/payments/store/sales.hpp"

#include <limits>
#include <map>
#include <tuple>
#include <utility>

#include "common/time_zones/time_zones.hpp"
#include "services/payments/store/ledger.hpp"

namespace stagedoor::payments::store {
namespace {

struct EntryRow {
    std::string id, kind;
    PaymentId payment_id;
    OrderId order_id;
    Money amount;
    std::int64_t fee_minor = 0;
    std::optional<std::int64_t> tickets;
    Instant at;
};
BOOST_DESCRIBE_STRUCT(EntryRow, (), (id, kind, payment_id, order_id, amount, fee_minor, tickets, at))

struct SoldLine {
    TicketId ticket_id;
    std::optional<std::string> title;
    std::optional<std::int64_t> quantity;
    std::optional<Instant> cancelled_at;
};
BOOST_DESCRIBE_STRUCT(SoldLine, (), (ticket_id, title, quantity, cancelled_at))

// A refund's id is its payment's and the cause: a ticket, or the whole order, whose lines were cancelled in
// the refund's own transaction.
bool is_about(const EntryRow& entry, const SoldLine& line) {
    if (entry.kind == "charge") return true;
    auto cause = std::string_view{entry.id}.substr(entry.payment_id.text.size() + 1);
    return cause == line.ticket_id.text || (cause == "order" && line.cancelled_at == entry.at);
}

LedgerEntry to_response(const EntryRow& row, const std::vector<SoldLine>& lines) {
    auto is_sale = row.kind == "charge";
    auto currency = row.amount.currency;
    LedgerEntry entry{.id = row.id,
                      .at = row.at,
                      .kind = is_sale ? LedgerKind::sale : LedgerKind::refund,
                      .order_id = row.order_id,
                      .amount = {is_sale ? row.amount.minor : -row.amount.minor, currency},
                      .fee = {{is_sale ? -row.fee_minor : row.fee_minor, currency}}};
    for (const auto& line : lines) {
        if (is_about(row, line)) entry.tickets.push_back({line.ticket_id, line.title, line.quantity});
    }
    return entry;
}

// The sums of a quarter of an hour.
struct Quarter {
    std::int64_t number = 0;
    std::string kind;
    Currency currency;
    std::int64_t minor = 0, tickets = 0;
};
BOOST_DESCRIBE_STRUCT(Quarter, (), (number, kind, currency, minor, tickets))

}  // namespace

std::vector<LedgerEntry> ledger_of(sql::Tx& tx, const UserId& seller,
                                   const std::optional<LedgerPlace>& before, std::int64_t limit) {
    auto place = before.value_or(LedgerPlace{{std::numeric_limits<std::int64_t>::max()}, {}});
    auto rows = tx.query<EntryRow>(R"(
        SELECT ledger.transaction_id, ledger.kind, ledger.payment_id, payments.order_id, ledger.amount_minor,
               ledger.currency, coalesce(fees.amount_minor, 0), ledger.tickets, ledger.at
          FROM ledger JOIN payments ON payments.id = ledger.payment_id
          LEFT JOIN ledger AS fees
            ON fees.transaction_id = ledger.transaction_id AND fees.account = ledger.account
           AND fees.kind = CASE ledger.kind WHEN 'charge' THEN 'fee' ELSE 'fee_back' END
         WHERE ledger.account = $1 AND ledger.kind IN ('charge', 'refund')
           AND (ledger.at, ledger.transaction_id) < ($2, $3)
         ORDER BY ledger.at DESC, ledger.transaction_id DESC LIMIT $4)",
                                   seller_account(seller), place.at, place.id, limit);
    std::vector<sql::LaterRows<SoldLine>> lines;
    for (const auto& row : rows) {
        lines.push_back(
            tx.query_later<SoldLine>("SELECT ticket_id, title, quantity, cancelled_at FROM order_lines"
                                     " WHERE order_id = $1 AND seller_id = $2 ORDER BY ticket_id",
                                     row.order_id, seller));
    }
    std::vector<LedgerEntry> entries;
    for (std::size_t i = 0; i < rows.size(); ++i) entries.push_back(to_response(rows[i], lines[i].get()));
    return entries;
}

std::vector<SalesDay> sales_of(sql::Tx& tx, const UserId& seller, const time_zones::RecentDays& days) {
    auto quarters = tx.query<Quarter>(R"(
        SELECT at / $4 AS quarter, kind, currency, CAST(sum(amount_minor) AS BIGINT),
               CAST(coalesce(sum(tickets), 0) AS BIGINT)
          FROM ledger
         WHERE account = $1 AND at >= $2 AND at <= $3 AND kind IN ('charge', 'fee', 'refund', 'fee_back')
         GROUP BY at / $4, kind, currency)",
                                      seller_account(seller), days.since(), days.now, days.quarter_ms);
    std::map<std::pair<std::int64_t, std::string>, SalesDay> by_day;
    for (const auto& quarter : quarters) {
        auto day = days.day_of_quarter(quarter.number);
        if (!day) continue;
        auto currency = quarter.currency;
        auto [found, is_new] = by_day.try_emplace({*day, std::string{currency.code()}});
        auto& sales = found->second;
        if (is_new) {
            json::Amount none{{0, currency}};
            sales = {.day = time_zones::day_text(*day),
                     .sold = none.money,
                     .fees = none,
                     .refunded = none,
                     .fees_returned = none};
        }
        if (quarter.kind == "charge") {
            sales.sold.minor += quarter.minor;
            sales.tickets += quarter.tickets;
        } else if (quarter.kind == "fee") {
            sales.fees.money.minor -= quarter.minor;
        } else if (quarter.kind == "refund") {
            sales.refunded.money.minor -= quarter.minor;
            sales.tickets_returned -= quarter.tickets;
        } else {
            sales.fees_returned.money.minor += quarter.minor;
        }
    }
    std::vector<SalesDay> all;
    for (auto& [key, sales] : by_day) all.push_back(std::move(sales));
    return all;
}

}  // namespace stagedoor::payments::store
