#include "common/sql/sqlite/dialect.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace stagedoor::sql::sqlite {
namespace {

struct Word {
    std::string_view generic, sqlite;
};
constexpr std::array words{
    Word{"BIGSERIAL PRIMARY KEY", "INTEGER PRIMARY KEY AUTOINCREMENT"},
    Word{"FOR UPDATE SKIP LOCKED", ""},
    Word{"FOR UPDATE", ""},
};

bool in_name(char c) { return std::isalnum(static_cast<unsigned char>(c)) || c == '_'; }

// The length of the quoted text or comment at the start of `rest`; 0 if there is none. A doubled quote counts
// as two adjacent texts.
std::size_t quote_or_comment_length(std::string_view rest) {
    auto up_to = [&](std::string_view end, std::size_t from) {
        auto at = rest.find(end, from);
        return at == std::string_view::npos ? rest.size() : at + end.size();
    };
    if (rest.starts_with('\'')) return up_to("'", 1);
    if (rest.starts_with('"')) return up_to("\"", 1);
    if (rest.starts_with("--")) return up_to("\n", 2);
    if (rest.starts_with("/*")) return up_to("*/", 2);
    return 0;
}

const Word* word_at(std::string_view rest) {
    const auto* found = std::ranges::find_if(words, [&](const Word& word) {
        return rest.starts_with(word.generic) &&
               (rest.size() == word.generic.size() || !in_name(rest[word.generic.size()]));
    });
    return found == words.end() ? nullptr : found;
}

}  // namespace

std::string to_sqlite(std::string_view statement) {
    std::string text;
    text.reserve(statement.size() + 16);
    for (std::size_t i = 0; i < statement.size();) {
        auto rest = statement.substr(i);
        bool starts_word = i == 0 || !in_name(statement[i - 1]);
        if (auto length = quote_or_comment_length(rest)) {
            text += rest.substr(0, length);
            i += length;
        } else if (const auto* word = starts_word ? word_at(rest) : nullptr) {
            text += word->sqlite;
            i += word->generic.size();
        } else {
            bool parameter = starts_word && rest.size() > 1 && rest[0] == '$' &&
                             std::isdigit(static_cast<unsigned char>(rest[1]));
            text += parameter ? '?' : rest[0];
            ++i;
        }
    }
    return text;
}

}  // namespace stagedoor::sql::sqlite
