#include "services/tickets/store/search.hpp"

#include "services/tickets/store/tickets.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {
namespace {

// Sorts behind every word that starts with what it is put after (the last code point there is).
constexpr std::string_view past_any = "\xF4\x8F\xBF\xBF";

// A statement that grows with the filters; each value is a parameter, never part of the text.
class Statement {
  public:
    explicit Statement(std::string start) : text_(std::move(start)) {}

    // `condition` with each '?' made the next parameter.
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

struct Order {
    std::string_view column;
    bool descending = false;
};

Order order_of(SortOrder sort) {
    switch (sort) {
        case SortOrder::date:
            return {"sort_date"};
        case SortOrder::price:
            return {"sort_price"};
        case SortOrder::price_descending:
            return {"sort_price", true};
        case SortOrder::newest:
            return {"created_at", true};
    }
    return {"sort_date"};
}

// A listing must have a word from `word` up to `end`. Few have a rare word: they are gathered first, or a search for
// one would look at every listing there is; a common one is soon met by looking at each.
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

}  // namespace

Found search(sql::Tx& tx, const Wanted& wanted, const std::optional<http::Cursor>& after, std::int64_t limit,
             Instant now) {
    auto order = order_of(wanted.sort);
    auto words = words_of(wanted.words.value_or(""));
    std::vector<std::string> ends;
    for (const auto& word : words) ends.push_back(word + std::string{past_any});

    Statement statement{"SELECT " + std::string{columns} + ", " + std::string{order.column} +
                        " FROM tickets"};
    statement.require("status = 'open'", {});
    statement.require("capacity > held + sold", {});
    statement.require("sort_date > ?", {sql::parameter(now)});
    for (std::size_t i = 0; i < words.size(); ++i) require_word(tx, statement, words[i], ends[i]);
    // Words that hold no letter or digit can be in no listing.
    if (wanted.words && words.empty()) statement.require("1 = 0", {});
    if (wanted.category) statement.require("category = ?", {sql::parameter(*wanted.category)});
    if (wanted.from) statement.require("starts_at >= ?", {sql::parameter(*wanted.from)});
    if (wanted.to) statement.require("starts_at <= ?", {sql::parameter(*wanted.to)});
    if (wanted.currency) statement.require("currency = ?", {sql::parameter(*wanted.currency)});
    if (wanted.min_price)
        statement.require("sort_price >= ?", {sql::parameter(sort_price(*wanted.min_price))});
    if (wanted.max_price)
        statement.require("sort_price <= ?", {sql::parameter(sort_price(*wanted.max_price))});
    if (wanted.seller) statement.require("user_id = ?", {sql::parameter(*wanted.seller)});
    auto column = std::string{order.column};
    if (after) {
        statement.require("(" + column + ", id) " + (order.descending ? "<" : ">") + " (?, ?)",
                          {sql::parameter(after->key), sql::parameter(after->id)});
    }
    auto direction = order.descending ? " DESC" : "";
    statement.append(" ORDER BY " + column + direction + ", id" + direction + " LIMIT ?",
                     {sql::parameter(limit + 1)});

    Found found;
    auto rows = tx.query_with<Row>(statement.text(), statement.parameters());
    auto more = static_cast<std::int64_t>(rows.size()) > limit;
    if (more) rows.resize(static_cast<std::size_t>(limit));
    if (more) found.last = http::Cursor{rows.back().key, rows.back().ticket.id.text};
    for (auto& row : rows) found.tickets.push_back(std::move(row.ticket));
    return found;
}

}  // namespace stagedoor::tickets::store
