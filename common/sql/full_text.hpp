// Full-text search for words in a column, by SQLite's FTS5 or PostgreSQL's tsvector with a GIN index. The
// column holds a row's words, " blue lantern london ": lower case, each once, with a blank before and after
// it. A word consists of ASCII letters and digits and of any characters that aren't ASCII. The migration that
// creates the table says `FULL TEXT table(column);`, before any row is inserted; the table has a key `id
// BIGSERIAL PRIMARY KEY`.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace stagedoor::sql {

enum class Dialect;  // tx.hpp

// A word, or all words that begin with it.
struct Term {
    std::string text;
    bool is_prefix = false;
    friend bool operator==(const Term&, const Term&) = default;
};

// Finds the rows that have one of the terms in each of `all_of`. If `but_not` isn't empty, those that have
// one in each of these, too, are left out.
struct FullTextQuery {
    using AnyOf = std::vector<Term>;
    std::vector<AnyOf> all_of, but_not;
};

// A part of a statement; a parameter stands for each '?' in it.
struct StatementPart {
    std::string text;
    std::vector<std::string> parameters;
};

// A SELECT of the ids of the rows of `table` that `query` finds, looked up in the index of `column`. With a
// LIMIT behind it, SQLite reads no more than that; PostgreSQL reads the index to the end.
[[nodiscard]] StatementPart matching_ids(Dialect dialect, std::string_view table, std::string_view column,
                                         const FullTextQuery& query);
// The same rows as a condition.
[[nodiscard]] StatementPart indexed_condition(Dialect dialect, std::string_view table,
                                              std::string_view column, const FullTextQuery& query);

// The same rows, found by reading the column: for a statement that looks up its rows in another index.
[[nodiscard]] StatementPart scanning_condition(std::string_view column, const FullTextQuery& query);

// The statements that create the index. PostgreSQL's comes with the function that it is made of.
[[nodiscard]] std::string full_text_index(Dialect dialect, std::string_view table, std::string_view column);

}  // namespace stagedoor::sql
