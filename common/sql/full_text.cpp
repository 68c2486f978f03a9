#include "common/sql/full_text.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include "common/sql/tx.hpp"

namespace stagedoor::sql {
namespace {

using AnyOf = FullTextQuery::AnyOf;

std::string in_quotes(std::string_view text, char quote) {
    std::string result{quote};
    for (auto c : text) {
        if (c == quote) result += c;
        result += c;
    }
    return result + quote;
}

// https://www.sqlite.org/fts5.html#full_text_query_syntax
struct Fts5 {
    static constexpr std::string_view either = " OR ", both = " AND ", except = " NOT ";
    static std::string term(const Term& each) {
        return in_quotes(each.text, '"') + (each.is_prefix ? "*" : "");
    }
};

// https://www.postgresql.org/docs/15/datatype-textsearch.html#DATATYPE-TSQUERY
struct TsQuery {
    static constexpr std::string_view either = " | ", both = " & ", except = " & !";
    static std::string term(const Term& each) {
        return in_quotes(each.text, '\'') + (each.is_prefix ? ":*" : "");
    }
};

template <class Each>
std::string joined(const std::vector<Each>& parts, std::string_view separator, auto text_of) {
    std::vector<std::string> texts;
    texts.reserve(parts.size());
    for (const auto& part : parts) texts.push_back(text_of(part));
    return fmt::format("({})", fmt::join(texts, separator));
}

template <class Syntax>
std::string to_text(const std::vector<AnyOf>& all_of) {
    return joined(all_of, Syntax::both,
                  [](const AnyOf& any_of) { return joined(any_of, Syntax::either, Syntax::term); });
}

template <class Syntax>
std::string to_text(const FullTextQuery& query) {
    auto text = to_text<Syntax>(query.all_of);
    if (!query.but_not.empty()) text += std::string{Syntax::except} + to_text<Syntax>(query.but_not);
    return text;
}

}  // namespace

StatementPart matching_ids(Dialect dialect, std::string_view table, std::string_view column,
                           const FullTextQuery& query) {
    if (dialect == Dialect::sqlite)
        return {fmt::format("SELECT rowid AS id FROM {0}_{1} WHERE {0}_{1} MATCH ?", table, column),
                {to_text<Fts5>(query)}};
    auto condition = indexed_condition(dialect, table, column, query);
    return {fmt::format("SELECT id FROM {} WHERE {}", table, condition.text),
            std::move(condition.parameters)};
}

StatementPart indexed_condition(Dialect dialect, std::string_view table, std::string_view column,
                                const FullTextQuery& query) {
    if (dialect == Dialect::postgresql)
        return {fmt::format("words_of_{}({}) @@ ?::tsquery", table, column), {to_text<TsQuery>(query)}};
    auto ids = matching_ids(dialect, table, column, query);
    return {"id IN (" + ids.text + ")", std::move(ids.parameters)};
}

StatementPart scanning_condition(std::string_view column, const FullTextQuery& query) {
    std::vector<std::string> patterns;
    auto like = [&](const std::vector<AnyOf>& all_of) {
        return joined(all_of, " AND ", [&](const AnyOf& any_of) {
            return joined(any_of, " OR ", [&](const Term& term) {
                patterns.push_back("% " + term.text + (term.is_prefix ? "%" : " %"));
                return std::string{column} + " LIKE ?";
            });
        });
    };
    auto text = like(query.all_of);
    if (!query.but_not.empty()) text += " AND NOT " + like(query.but_not);
    return {std::move(text), std::move(patterns)};
}

// SQLite: the words are kept in the column only, and triggers bring the index up to date. The tokenizer
// `ascii` splits at ASCII characters other than letters and digits. Short prefixes have an index of their
// own, since too many words begin with them.
// PostgreSQL: the function is said to cost much, so that the planner looks in the index rather than call it
// for each row. New rows are first kept in a list, which every search reads: 256 KiB, a millisecond.
std::string full_text_index(Dialect dialect, std::string_view table, std::string_view column) {
    if (dialect == Dialect::sqlite)
        return fmt::format(R"(
CREATE VIRTUAL TABLE {0}_{1} USING fts5({1}, content='{0}', content_rowid='id', detail=none, columnsize=0,
    tokenize='ascii', prefix='1 2 3');
CREATE TRIGGER {0}_{1}_insert AFTER INSERT ON {0} BEGIN
    INSERT INTO {0}_{1}(rowid, {1}) VALUES (new.id, new.{1});
END;
CREATE TRIGGER {0}_{1}_delete AFTER DELETE ON {0} BEGIN
    INSERT INTO {0}_{1}({0}_{1}, rowid, {1}) VALUES ('delete', old.id, old.{1});
END;
CREATE TRIGGER {0}_{1}_update AFTER UPDATE OF {1} ON {0} WHEN old.{1} <> new.{1} BEGIN
    INSERT INTO {0}_{1}({0}_{1}, rowid, {1}) VALUES ('delete', old.id, old.{1});
    INSERT INTO {0}_{1}(rowid, {1}) VALUES (new.id, new.{1});
END;)",
                           table, column);
    return fmt::format(R"(
CREATE FUNCTION words_of_{0}(words TEXT) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE
    COST 10000 AS $$ BEGIN RETURN array_to_tsvector(string_to_array(btrim(words), ' ')); END $$;
CREATE INDEX {0}_{1} ON {0} USING gin (words_of_{0}({1}))
    WITH (fastupdate = on, gin_pending_list_limit = 256);)",
                       table, column);
}

}  // namespace stagedoor::sql
