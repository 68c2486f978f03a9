#include "services/tickets/store/words.hpp"

#include <algorithm>

#include "common/text/utf8.hpp"
#include "common/time_zones/time_zones.hpp"
#include "services/tickets/store/tickets.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::size_t max_word_bytes = 64;
// The last condition makes the databases use the index tickets_to_index.
constexpr std::string_view is_outdated =
    "status = 'open' AND indexed_version <> version AND version - indexed_version > 0";

}  // namespace

std::vector<std::string> words_of(std::string_view listing_text) {
    auto folded = text::fold(listing_text);
    std::vector<std::string> words;
    std::string word;
    auto end_word = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    for (std::string_view rest = folded; !rest.empty();) {
        auto character = rest.substr(0, std::max<std::size_t>(text::sequence_length(rest), 1));
        rest.remove_prefix(character.size());
        if (!text::is_alphanumeric(character))
            end_word();
        else if (word.size() + character.size() <= max_word_bytes)
            word += character;
    }
    end_word();
    std::ranges::sort(words);
    auto repeated = std::ranges::unique(words);
    words.erase(repeated.begin(), repeated.end());
    return words;
}

std::optional<std::int64_t> local_day(std::optional<Instant> starts_at, std::string_view time_zone) {
    if (!starts_at) return std::nullopt;
    return time_zones::local_day(*starts_at, time_zone);
}

void index_words(sql::Tx& tx, const Ticket& ticket) {
    tx.send("DELETE FROM ticket_words WHERE ticket_id = $1", ticket.id);
    auto text = ticket.title + " " + ticket.venue.value_or("") + " " + ticket.city.value_or("") + " " +
                ticket.description.value_or("");
    for (const auto& word : words_of(text)) {
        tx.send("INSERT INTO ticket_words(ticket_id, word) VALUES ($1, $2)", ticket.id, word);
    }
}

bool has_outdated_listings(sql::Tx& tx) {
    return tx.find<std::int64_t>("SELECT version FROM tickets WHERE " + std::string{is_outdated} + " LIMIT 1")
        .has_value();
}

void index_outdated_listings(sql::Tx& tx, std::int64_t limit) {
    auto outdated =
        tx.query<Ticket>("SELECT " + std::string{columns} + " FROM tickets WHERE " +
                             std::string{is_outdated} + " ORDER BY version - indexed_version, id LIMIT $1",
                         limit);
    for (const auto& ticket : outdated) {
        auto day = local_day(ticket.starts_at, ticket.time_zone.value_or(""));
        // The row is locked first: whoever edits it meanwhile indexes it as well.
        auto indexed = tx.execute(
            "UPDATE tickets SET local_day = $3, indexed_version = $2"
            " WHERE id = $1 AND version = $2 AND indexed_version <> $2",
            ticket.id, ticket.version, day);
        if (indexed.rows == 1) index_words(tx, ticket);
    }
}

}  // namespace stagedoor::tickets::store
