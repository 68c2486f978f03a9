#include "services/tickets/store/words.hpp"

#include <utf8proc.h>

#include <algorithm>
#include <cstdlib>
#include <memory>

namespace stagedoor::tickets::store {
namespace {

constexpr std::size_t longest_word = 64;

std::string fold(std::string_view text) {
    utf8proc_uint8_t* folded = nullptr;
    auto length =
        utf8proc_map(reinterpret_cast<const utf8proc_uint8_t*>(text.data()),
                     static_cast<utf8proc_ssize_t>(text.size()), &folded,
                     static_cast<utf8proc_option_t>(UTF8PROC_COMPAT | UTF8PROC_DECOMPOSE | UTF8PROC_CASEFOLD |
                                                    UTF8PROC_STRIPMARK | UTF8PROC_IGNORE));
    std::unique_ptr<utf8proc_uint8_t, decltype(&std::free)> owned{folded, &std::free};
    return length < 0 ? std::string{}
                      : std::string{reinterpret_cast<char*>(folded), static_cast<std::size_t>(length)};
}

bool is_word_character(utf8proc_int32_t code_point) {
    auto category = utf8proc_category(code_point);
    return (category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_LO) ||
           (category >= UTF8PROC_CATEGORY_ND && category <= UTF8PROC_CATEGORY_NO);
}

}  // namespace

std::vector<std::string> words_of(std::string_view text) {
    auto folded = fold(text);
    std::vector<std::string> words;
    std::string word;
    auto end_word = [&] {
        if (!word.empty()) words.push_back(std::exchange(word, {}));
    };
    const auto* at = reinterpret_cast<const utf8proc_uint8_t*>(folded.data());
    auto left = static_cast<utf8proc_ssize_t>(folded.size());
    while (left > 0) {
        utf8proc_int32_t code_point = 0;
        auto length = utf8proc_iterate(at, left, &code_point);
        if (length <= 0) break;
        if (!is_word_character(code_point))
            end_word();
        else if (word.size() + static_cast<std::size_t>(length) <= longest_word)
            word.append(reinterpret_cast<const char*>(at), static_cast<std::size_t>(length));
        at += length;
        left -= length;
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
