#include "services/tickets/store/entries.hpp"

#include "common/sql/row_inserter.hpp"
#include "common/time_zones/time_zones.hpp"
#include "services/tickets/store/tickets.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {
namespace {

// The last condition makes the databases use the index tickets_to_index.
constexpr std::string_view is_outdated =
    "status = 'open' AND search_version <> version AND version - search_version > 0";

}  // namespace

void write_entries(sql::Tx& tx, KnownWords& known, std::span<const Ticket> tickets,
                   std::span<const SearchText* const> texts) {
    sql::RowInserter rows{
        tx,
        "search_entries(ticket_id, user_id, category, currency, sort_price, sort_date, local_day,"
        " created_at, words)",
        "ON CONFLICT (ticket_id) DO UPDATE SET category = excluded.category, currency = excluded.currency,"
        " sort_price = excluded.sort_price, sort_date = excluded.sort_date, local_day = excluded.local_day,"
        " words = excluded.words"};
    for (std::size_t i = 0; i < tickets.size(); ++i) {
        const auto& each = tickets[i];
        rows.add(each.id, each.user_id, each.category, each.price.currency, sort_price(each.price),
                 sort_date(each.starts_at), local_day(each.starts_at, each.time_zone.value_or("")),
                 each.created_at, texts[i]->words);
    }
    rows.flush();
    add_vocabulary(tx, known, texts);
}

void write_entries(sql::Tx& tx, KnownWords& known, std::span<const Ticket> tickets) {
    std::vector<SearchText> texts{tickets.begin(), tickets.end()};
    std::vector<const SearchText*> pointers;
    for (const auto& text : texts) pointers.push_back(&text);
    write_entries(tx, known, tickets, pointers);
}

void remove_entry(sql::Tx& tx, const TicketId& id) {
    tx.send("DELETE FROM search_entries WHERE ticket_id = $1", id);
}

std::optional<std::int64_t> local_day(std::optional<Instant> starts_at, std::string_view time_zone) {
    if (!starts_at) return std::nullopt;
    return time_zones::local_day(*starts_at, time_zone);
}

std::int64_t count_outdated_listings(sql::Tx& tx) {
    return tx.query<std::int64_t>("SELECT count(*) FROM tickets WHERE " + std::string{is_outdated}).front();
}

std::int64_t index_outdated_listings(sql::Tx& tx, KnownWords& known, std::int64_t limit) {
    auto outdated =
        tx.query<Ticket>("SELECT " + std::string{columns} + " FROM tickets WHERE " +
                             std::string{is_outdated} + " ORDER BY version - search_version, id LIMIT $1",
                         limit);
    std::vector<Ticket> indexed;
    for (const auto& ticket : outdated) {
        auto day = local_day(ticket.starts_at, ticket.time_zone.value_or(""));
        // The row is locked first: whoever edits it meanwhile writes its entry as well.
        auto updated = tx.execute(
            "UPDATE tickets SET local_day = $3, event = $4, search_version = $2"
            " WHERE id = $1 AND version = $2 AND search_version <> $2",
            ticket.id, ticket.version, day, event_key(ticket));
        if (updated.rows == 1) indexed.push_back(ticket);
    }
    write_entries(tx, known, indexed);
    return std::ssize(outdated);
}

bool has_past_entries(sql::Tx& tx, Instant time) {
    return tx.find<std::int64_t>("SELECT id FROM search_entries WHERE sort_date <= $1 LIMIT 1", time)
        .has_value();
}

std::int64_t remove_past_entries(sql::Tx& tx, Instant time, std::int64_t limit) {
    return tx
        .execute(
            "DELETE FROM search_entries WHERE sort_date <= $1 AND id IN"
            " (SELECT id FROM search_entries WHERE sort_date <= $1 ORDER BY sort_date LIMIT $2)",
            time, limit)
        .rows;
}

}  // namespace stagedoor::tickets::store
