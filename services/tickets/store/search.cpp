#include "services/tickets/store/search.hpp"

#include <algorithm>

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
void require_after(Statement& statement, const Position& position, const SortColumn& order) {
    auto beyond = "(" + std::string{order.column} + ", id) " + (order.descending ? "<" : ">") + " (?, ?)";
    auto currency = sql::parameter(position.currency), key = sql::parameter(position.key),
         id = sql::parameter(position.id);
    if (!order.by_currency) return statement.require(beyond, {key, id});
    // The first condition alone is redundant, but finds the place in the index.
    statement.require("currency >= ? AND (currency > ? OR " + beyond + ")", {currency, currency, key, id});
}

void append_order(Statement& statement, const SortColumn& order, std::int64_t limit) {
    auto direction = order.descending ? " DESC" : "";
    statement.append(std::string{" ORDER BY "} + (order.by_currency ? "currency, " : "") +
                         std::string{order.column} + direction + ", id" + direction + " LIMIT ?",
                     {sql::parameter(limit + 1)});
}

// A place's date begins up to 14 hours before UTC's and ends up to 12 hours after it. The bounds on sort_date
// are wider than that: they only spare the index most of the other rows.
void require_days(Statement& statement, const Filter& filter) {
    constexpr auto day = std::chrono::milliseconds{std::chrono::days{1}};
    if (filter.from_day) {
        auto earliest = Instant{} + day * *filter.from_day - day;
        statement.require("local_day >= ? AND sort_date >= ?",
                          {sql::parameter(*filter.from_day), sql::parameter(earliest)});
    }
    if (filter.to_day) {
        auto latest = Instant{} + day * *filter.to_day + 2 * day;
        statement.require("local_day <= ? AND sort_date <= ?",
                          {sql::parameter(*filter.to_day), sql::parameter(latest)});
    }
}

// Requires a word in the range [`word`, `end`). For a rare word it looks up its few listings first, because a
// scan of all listings would rarely find one; for a common word the scan in sort order soon finds enough.
void require_word(sql::Tx& tx, Statement& statement, const std::string& word, const std::string& end) {
    constexpr std::int64_t common = 1000;
    auto listings = tx.find<std::int64_t>(
        "SELECT count(*) FROM (SELECT 1 FROM ticket_words WHERE word >= $1 AND word < $2 LIMIT $3) AS found",
        word, end, common);
    statement.require(
        listings < common
            ? "id IN (SELECT ticket_id FROM ticket_words WHERE word >= ? AND word < ?)"
            : "EXISTS (SELECT 1 FROM ticket_words WHERE ticket_id = tickets.id AND word >= ? AND word < ?)",
        {sql::parameter(word), sql::parameter(end)});
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
                    std::int64_t limit, Instant now) {
    auto order = sort_column(filter.sort);
    auto words = words_of(filter.words.value_or(""));
    std::vector<std::string> ends;
    for (const auto& word : words) ends.push_back(word + std::string{above_any_suffix});

    Statement statement{"SELECT " + std::string{columns} + ", " + std::string{order.column} +
                        " FROM tickets"};
    statement.require("status = 'open'", {});
    statement.require("capacity > held + sold", {});
    statement.require("sort_date > ?", {sql::parameter(now)});
    for (std::size_t i = 0; i < words.size(); ++i) require_word(tx, statement, words[i], ends[i]);
    // A search text without letters or digits matches nothing.
    if (filter.words && words.empty()) statement.require("1 = 0", {});
    if (filter.category) statement.require("category = ?", {sql::parameter(*filter.category)});
    require_days(statement, filter);
    if (filter.from) statement.require("starts_at >= ?", {sql::parameter(*filter.from)});
    if (filter.to) statement.require("starts_at <= ?", {sql::parameter(*filter.to)});
    if (filter.currency) statement.require("currency = ?", {sql::parameter(*filter.currency)});
    if (filter.min_price)
        statement.require("sort_price >= ?", {sql::parameter(sort_price(*filter.min_price))});
    if (filter.max_price)
        statement.require("sort_price <= ?", {sql::parameter(sort_price(*filter.max_price))});
    if (filter.seller) statement.require("user_id = ?", {sql::parameter(*filter.seller)});
    std::optional<Position> position;
    if (after) position = position_of(*after, order);
    if (position) require_after(statement, *position, order);
    append_order(statement, order, limit);

    SearchResult result;
    auto rows = tx.query_with<Row>(statement.text(), statement.parameters());
    auto more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.resize(static_cast<std::size_t>(limit));
    if (more) result.last = cursor_of(rows.back(), order);
    for (auto& row : rows) result.tickets.push_back(std::move(row.ticket));
    return result;
}

}  // namespace stagedoor::tickets::store
