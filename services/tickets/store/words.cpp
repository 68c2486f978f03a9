#include "services/tickets/store/words.hpp"

#include <algorithm>

#include "common/text/utf8.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::size_t max_word_bytes = 64;

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

void index_words(sql::Tx& tx, const Ticket& ticket) {
    tx.send("DELETE FROM ticket_words WHERE ticket_id = $1", ticket.id);
    auto text = ticket.title + " " + ticket.venue.value_or("") + " " + ticket.city.value_or("") + " " +
                ticket.description.value_or("");
    for (const auto& word : words_of(text)) {
        tx.send("INSERT INTO ticket_words(ticket_id, word) VALUES ($1, $2)", ticket.id, word);
    }
}

}  // namespace stagedoor::tickets::store
