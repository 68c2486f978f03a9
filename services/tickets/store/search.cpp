#include "services/tickets/store/search.hpp"

#include <algorithm>
#include <span>
#include <utility>

#include "services/tickets/store/tickets.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {
namespace {

// The last Unicode code point: appended to a prefix, it sorts after every word with that prefix.
constexpr std::string_view above_any_suffix = "\xF4\x8F\xBF\xBF";

// Builds a statement from the filters. Values are always parameters, never part of the text.
class Statement {
  public:
    explicit Statement(std::string start) : text_(std::move(start)) {}

    // Replaces each '?' in `condition` by the next parameter.
    void require(std::string_view condition, std::initializer_list<sql::Parameter> values) {
        text_ += first_ ? " WHERE " : " AND ";
        first_ = false;
        append(condition, values);
    }
    void append(std::string_view part, std::initializer_list<sql::Parameter> values = {}) {
        const auto* value = values.begin();
        for (auto c : part) {
            if (c != '?') {
                text_ += c;
                continue;
            }
            parameters_.push_back(*value++);
            text_ += "$" + std::to_string(parameters_.size());
        }
    }
    [[nodiscard]] const std::string& text() const { return text_; }
    [[nodiscard]] const std::vector<sql::Parameter>& parameters() const { return parameters_; }

  private:
    std::string text_;
    std::vector<sql::Parameter> parameters_;
    bool first_ = true;
};

struct SortColumn {
    std::string_view column;
    bool descending = false;
    bool by_currency = false;  // grouped by currency, in its alphabetical order
};

SortColumn sort_column(SortOrder sort) {
    switch (sort) {
        case SortOrder::date:
            return {"sort_date"};
        case SortOrder::price:
            return {"sort_price", false, true};
        case SortOrder::price_descending:
            return {"sort_price", true, true};
        case SortOrder::newest:
            return {"created_at", true};
    }
    return {"sort_date"};
}

// ---- which index a search uses

enum class Index { by_words, by_seller, by_price, by_category, by_date, by_age };

// A search by words is answered by ticket_words and the primary key.
bool has_column(Index index, std::string_view column) {
    switch (index) {
        case Index::by_words:
            return false;
        case Index::by_seller:
            return column == "user_id";
        case Index::by_price:
            return column == "status" || column == "currency" || column == "sort_price";
        case Index::by_category:
            return column == "status" || column == "category" || column == "sort_date";
        case Index::by_date:
            return column == "status" || column == "sort_date";
        case Index::by_age:
            return column == "status" || column == "created_at";
    }
    return false;
}

// The column, written so that the database can use no other index than `index`: neither SQLite nor PostgreSQL
// looks up an expression in the index of a column. Left to itself, each of them would scan all listings for
// some searches, SQLite because it doesn't know how many rows a condition finds.
std::string column_of(Index index, std::string_view column) {
    if (has_column(index, column)) return std::string{column};
    auto is_text = column == "status" || column == "currency" || column == "category" || column == "user_id";
    return is_text ? std::string{column} + " || ''" : "+" + std::string{column};
}

// The place of a cursor in the order. The id of a cursor that is ordered by currency is "USD 0190…".
struct Position {
    std::string currency;
    std::int64_t key = 0;
    std::string id;
};

Position position_of(const http::Cursor& cursor, const SortColumn& order) {
    if (!order.by_currency) return {{}, cursor.key, cursor.id};
    auto blank = std::min(cursor.id.find(' '), cursor.id.size());
    return {cursor.id.substr(0, blank), cursor.key, cursor.id.substr(std::min(blank + 1, cursor.id.size()))};
}

// Requires rows after `position`, which must outlive the statement.
void require_after(Statement& statement, const Position& position, const SortColumn& order, Index index) {
    auto beyond =
        "(" + column_of(index, order.column) + ", id) " + (order.descending ? "<" : ">") + " (?, ?)";
    auto currency = sql::parameter(position.currency), key = sql::parameter(position.key),
         id = sql::parameter(position.id);
    if (!order.by_currency) return statement.require(beyond, {key, id});
    // The first condition alone is redundant, but finds the place in the index.
    auto column = column_of(index, "currency");
    statement.require(column + " >= ? AND (" + column + " > ? OR " + beyond + ")",
                      {currency, currency, key, id});
}

void append_order(Statement& statement, const SortColumn& order, Index index, std::int64_t limit) {
    auto direction = order.descending ? " DESC" : "";
    statement.append(" ORDER BY " + (order.by_currency ? column_of(index, "currency") + ", " : "") +
                         column_of(index, order.column) + direction + ", id" + direction + " LIMIT ?",
                     {sql::parameter(limit + 1)});
}

// ---- the filters

// A prefix, and what sorts after every word with it.
struct Prefix {
    std::string first, end;
};

std::vector<Prefix> prefixes_of(const std::string& text) {
    std::vector<Prefix> prefixes;
    for (auto& word : words_of(text)) prefixes.push_back({word, word + std::string{above_any_suffix}});
    return prefixes;
}

// As `FROM` and `WHERE`: the entries of the first word whose listings have all other words, too.
void append_words(Statement& statement, std::span<const Prefix> words) {
    statement.append(" FROM ticket_words AS entry WHERE word >= ? AND word < ?",
                     {sql::parameter(words.front().first), sql::parameter(words.front().end)});
    for (const auto& word : words.subspan(1))
        statement.append(
            " AND EXISTS (SELECT 1 FROM ticket_words AS other WHERE other.ticket_id = entry.ticket_id"
            " AND other.word >= ? AND other.word < ?)",
            {sql::parameter(word.first), sql::parameter(word.end)});
}

void require_words(Statement& statement, std::span<const Prefix> words, Index index) {
    if (index == Index::by_words) {
        statement.require("id IN (SELECT ticket_id", {});
        append_words(statement, words);
        return statement.append(")");
    }
    for (const auto& word : words)
        statement.require(
            "EXISTS (SELECT 1 FROM ticket_words WHERE ticket_id = tickets.id AND word >= ? AND word < ?)",
            {sql::parameter(word.first), sql::parameter(word.end)});
}

// A place's date begins up to 14 hours before UTC's and ends up to 12 hours after it. The bounds on sort_date
// are wider than that: they only spare the index most of the other rows.
void require_dates(Statement& statement, const Filter& filter, Index index, Instant now) {
    constexpr auto day = std::chrono::milliseconds{std::chrono::days{1}};
    auto date = column_of(index, "sort_date");
    statement.require(date + " > ?", {sql::parameter(now)});
    if (filter.from_day) {
        auto earliest = Instant{} + day * *filter.from_day - day;
        statement.require("local_day >= ? AND " + date + " >= ?",
                          {sql::parameter(*filter.from_day), sql::parameter(earliest)});
    }
    if (filter.to_day) {
        auto latest = Instant{} + day * *filter.to_day + 2 * day;
        statement.require("local_day <= ? AND " + date + " <= ?",
                          {sql::parameter(*filter.to_day), sql::parameter(latest)});
    }
    if (filter.from)
        statement.require(date + " >= ? AND starts_at IS NOT NULL", {sql::parameter(*filter.from)});
    if (filter.to) statement.require(date + " <= ? AND starts_at IS NOT NULL", {sql::parameter(*filter.to)});
}

void require_price(Statement& statement, const Filter& filter, Index index) {
    auto price = column_of(index, "sort_price");
    if (filter.currency)
        statement.require(column_of(index, "currency") + " = ?", {sql::parameter(*filter.currency)});
    if (filter.min_price) statement.require(price + " >= ?", {sql::parameter(sort_price(*filter.min_price))});
    if (filter.max_price) statement.require(price + " <= ?", {sql::parameter(sort_price(*filter.max_price))});
}

// ---- the choice

// The index whose conditions find the fewest listings, if these are fewer than `max_candidates`: they are
// looked up and sorted. Otherwise the index of the sort order: the next match is then never far.
class IndexChoice {
  public:
    IndexChoice(sql::Tx& tx, std::int64_t max_candidates) : tx_(tx), fewest_(max_candidates) {}

    void consider(Index index, Statement statement) {
        auto found = count(std::move(statement));
        if (found >= fewest_) return;
        fewest_ = found;
        best_ = index;
    }
    // Counted up to the fewest so far.
    [[nodiscard]] std::int64_t count(Statement statement) {
        if (fewest_ == 0) return 0;
        statement.append(" LIMIT ?) AS found", {sql::parameter(fewest_)});
        return tx_.query_with<std::int64_t>(statement.text(), statement.parameters()).front();
    }
    [[nodiscard]] bool finds_nothing() const { return best_ && fewest_ == 0; }
    [[nodiscard]] Index or_else(Index index) const { return best_.value_or(index); }

  private:
    sql::Tx& tx_;
    std::int64_t fewest_;
    std::optional<Index> best_;
};

Statement counting(std::string_view from = " FROM tickets") {
    return Statement{"SELECT count(*) FROM (SELECT 1" + std::string{from}};
}

Index index_of_order(const Filter& filter) {
    switch (filter.sort) {
        case SortOrder::date:
            return filter.category ? Index::by_category : Index::by_date;
        case SortOrder::price:
        case SortOrder::price_descending:
            return Index::by_price;
        case SortOrder::newest:
            return Index::by_age;
    }
    return Index::by_date;
}

// Puts the rarest word first.
void sort_by_rarity(std::vector<Prefix>& words, IndexChoice& choice) {
    std::vector<std::pair<std::int64_t, Prefix>> counted;
    for (const auto& word : words) {
        auto statement = counting("");
        append_words(statement, {&word, 1});
        counted.emplace_back(choice.count(std::move(statement)), word);
    }
    std::ranges::sort(counted, {}, [](const auto& each) { return each.first; });
    std::ranges::transform(counted, words.begin(), [](auto& each) { return std::move(each.second); });
}

// nullopt if nothing can be found.
std::optional<Index> choose_index(sql::Tx& tx, const Filter& filter, std::vector<Prefix>& words, Instant now,
                                  std::int64_t max_candidates) {
    IndexChoice choice{tx, max_candidates};
    if (!words.empty()) {
        if (words.size() > 1) sort_by_rarity(words, choice);
        auto statement = counting("");
        append_words(statement, words);
        choice.consider(Index::by_words, std::move(statement));
    }
    if (filter.seller) {
        auto statement = counting();
        statement.require("user_id = ?", {sql::parameter(*filter.seller)});
        choice.consider(Index::by_seller, std::move(statement));
    }
    if (filter.currency) {
        auto statement = counting();
        statement.require("status = 'open'", {});
        require_price(statement, filter, Index::by_price);
        choice.consider(Index::by_price, std::move(statement));
    }
    if (filter.category) {
        auto statement = counting();
        statement.require("status = 'open' AND category = ?", {sql::parameter(*filter.category)});
        statement.require("sort_date > ?", {sql::parameter(now)});
        choice.consider(Index::by_category, std::move(statement));
    }
    if (filter.from_day || filter.to_day || filter.from || filter.to) {
        auto statement = counting();
        statement.require("status = 'open'", {});
        require_dates(statement, filter, Index::by_date, now);
        choice.consider(Index::by_date, std::move(statement));
    }
    return choice.finds_nothing() ? std::nullopt : std::optional{choice.or_else(index_of_order(filter))};
}

struct Row {
    Ticket ticket;
    std::int64_t key = 0;
};
BOOST_DESCRIBE_STRUCT(Row, (), (ticket, key))

http::Cursor cursor_of(const Row& row, const SortColumn& order) {
    auto id = row.ticket.id.text;
    if (order.by_currency) id.insert(0, std::string{row.ticket.price.currency.code()} + " ");
    return {row.key, std::move(id)};
}

}  // namespace

SearchResult search(sql::Tx& tx, const Filter& filter, const std::optional<http::Cursor>& after,
                    std::int64_t limit, Instant now, std::int64_t max_candidates) {
    auto words = prefixes_of(filter.words.value_or(""));
    if (filter.words && words.empty()) return {};  // no letters or digits
    auto order = sort_column(filter.sort);
    auto chosen = choose_index(tx, filter, words, now, max_candidates);
    if (!chosen) return {};
    auto index = *chosen;

    Statement statement{"SELECT " + std::string{columns} + ", " + std::string{order.column} +
                        " FROM tickets"};
    statement.require(column_of(index, "status") + " = 'open'", {});
    statement.require("capacity > held + sold", {});
    require_dates(statement, filter, index, now);
    require_words(statement, words, index);
    if (filter.category)
        statement.require(column_of(index, "category") + " = ?", {sql::parameter(*filter.category)});
    require_price(statement, filter, index);
    if (filter.seller)
        statement.require(column_of(index, "user_id") + " = ?", {sql::parameter(*filter.seller)});
    std::optional<Position> position;
    if (after) position = position_of(*after, order);
    if (position) require_after(statement, *position, order, index);
    append_order(statement, order, index, limit);

    SearchResult result;
    auto rows = tx.query_with<Row>(statement.text(), statement.parameters());
    auto more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.resize(static_cast<std::size_t>(limit));
    if (more) result.last = cursor_of(rows.back(), order);
    for (auto& row : rows) result.tickets.push_back(std::move(row.ticket));
    return result;
}

}  // namespace stagedoor::tickets::store
