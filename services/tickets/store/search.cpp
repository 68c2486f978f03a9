#include "services/tickets/store/search.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <bit>
#include <map>
#include <set>
#include <utility>

#include "common/text/utf8.hpp"
#include "services/tickets/store/statement.hpp"
#include "services/tickets/store/text_query.hpp"
#include "services/tickets/store/tickets.hpp"
#include "services/tickets/store/words.hpp"

namespace stagedoor::tickets::store {
namespace {

constexpr std::string_view can_be_bought = "status = 'open' AND capacity > held + sold";

struct SortColumn {
    std::string_view column;
    bool descending = false;
};

SortColumn sort_column(SortOrder sort) {
    switch (sort) {
        case SortOrder::date:
        case SortOrder::relevance:  // within listings of the same relevance
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

// ---- which index a search uses

enum class Index { by_words, by_seller, by_price, by_category, by_date, by_age };

bool has_column(Index index, std::string_view column) {
    switch (index) {
        case Index::by_words:
            return false;
        case Index::by_seller:
            return column == "user_id";
        case Index::by_price:
            return column == "currency" || column == "sort_price";
        case Index::by_category:
            return column == "category" || column == "sort_date";
        case Index::by_date:
            return column == "sort_date";
        case Index::by_age:
            return column == "created_at";
    }
    return false;
}

// The column, written so that the database can use no other index than `index`: neither SQLite nor PostgreSQL
// looks up an expression in the index of a column. Left to itself, each of them would scan all entries for
// some searches, SQLite because it doesn't know how many rows a condition finds.
std::string column_of(Index index, std::string_view column) {
    if (has_column(index, column)) return std::string{column};
    auto is_text = column == "currency" || column == "category" || column == "user_id";
    return is_text ? std::string{column} + " || ''" : "+" + std::string{column};
}

// The place of an entry in a part of the results.
struct Position {
    std::string part;  // its label
    std::int64_t key = 0;
    std::string id;
};

// The id of a cursor in a part with a label is "USD 0190…".
Position position_of(const http::Cursor& cursor) {
    auto blank = cursor.id.find(' ');
    if (blank == std::string::npos) return {{}, cursor.key, cursor.id};
    return {cursor.id.substr(0, blank), cursor.key, cursor.id.substr(blank + 1)};
}

http::Cursor cursor_of(const Position& position) {
    return {position.key, position.part.empty() ? position.id : position.part + " " + position.id};
}

// Requires entries after `position`, which must outlive the statement.
void require_after(Statement& statement, const Position& position, const SortColumn& order, Index index) {
    statement.require(
        "(" + column_of(index, order.column) + ", ticket_id) " + (order.descending ? "<" : ">") + " (?, ?)",
        {sql::parameter(position.key), sql::parameter(position.id)});
}

void append_order(Statement& statement, const SortColumn& order, Index index) {
    auto direction = order.descending ? " DESC" : "";
    statement.append(" ORDER BY " + column_of(index, order.column) + direction + ", ticket_id" + direction);
}

// ---- the filters

// A place's date begins up to 14 hours before UTC's and ends up to 12 hours after it. These bounds only spare
// the index the other rows. There is one lower and one upper bound, since SQLite uses only one of each.
void require_dates(Statement& statement, const Filter& filter, Index index, Instant now) {
    constexpr std::chrono::milliseconds day = std::chrono::days{1}, before = std::chrono::hours{14},
                                        behind = std::chrono::hours{12};
    auto earliest = now + std::chrono::milliseconds{1};
    auto latest = Instant{end_of_time};
    if (filter.from_day) earliest = std::max(earliest, Instant{} + day * *filter.from_day - before);
    if (filter.to_day) latest = std::min(latest, Instant{} + day * (*filter.to_day + 1) + behind);
    if (filter.from) earliest = std::max(earliest, *filter.from);
    if (filter.to) latest = std::min(latest, *filter.to);
    if (filter.from && latest.milliseconds == end_of_time) latest = Instant{end_of_time - 1};

    auto date = column_of(index, "sort_date");
    statement.require(date + " >= ? AND " + date + " <= ?",
                      {sql::parameter(earliest), sql::parameter(latest)});
    if (filter.from_day) statement.require("local_day >= ?", {sql::parameter(*filter.from_day)});
    if (filter.to_day) statement.require("local_day <= ?", {sql::parameter(*filter.to_day)});
}

void require_price(Statement& statement, const Filter& filter, Index index) {
    auto price = column_of(index, "sort_price");
    if (filter.currency)
        statement.require(column_of(index, "currency") + " = ?", {sql::parameter(*filter.currency)});
    if (filter.min_price) statement.require(price + " >= ?", {sql::parameter(sort_price(*filter.min_price))});
    if (filter.max_price) statement.require(price + " <= ?", {sql::parameter(sort_price(*filter.max_price))});
}

// The filters, and the query of the words if there are any. Category and currency are words, too.
struct Conditions {
    Filter filter;
    std::optional<sql::FullTextQuery> text;
    Instant now;

    [[nodiscard]] bool has_words() const {
        return text || filter.city || filter.event || (filter.category && filter.currency);
    }
    [[nodiscard]] sql::FullTextQuery words() const {
        auto query = text.value_or(sql::FullTextQuery{});
        if (filter.category)
            query.all_of.push_back(
                {{std::string{category_mark} + std::string{json::to_text(*filter.category)}}});
        if (filter.currency)
            query.all_of.push_back({{std::string{currency_mark} + text::fold(filter.currency->code())}});
        if (filter.city) query.all_of.push_back({{std::string{city_mark} + *filter.city}});
        if (filter.event) query.all_of.push_back({{std::string{event_mark} + *filter.event}});
        return query;
    }
    void require(Statement& statement, const sql::Tx& tx, Index index) const {
        if (index == Index::by_words)
            statement.require(sql::indexed_condition(tx.dialect(), "search_entries", "words", words()));
        else if (has_words())
            statement.require(sql::scanning_condition("words", words()));
        require_filters(statement, index);
    }
    void require_filters(Statement& statement, Index index) const {
        require_dates(statement, filter, index, now);
        if (filter.category)
            statement.require(column_of(index, "category") + " = ?", {sql::parameter(*filter.category)});
        require_price(statement, filter, index);
        if (filter.seller)
            statement.require(column_of(index, "user_id") + " = ?", {sql::parameter(*filter.seller)});
    }
};

// ---- the choice

// The index whose conditions find the fewest entries, if these are fewer than `max_candidates`: they are
// looked up and sorted. Otherwise the index of the sort order: the next match is then never far.
class IndexChoice {
  public:
    IndexChoice(sql::Tx& tx, std::int64_t max_candidates) : tx_(tx), fewest_(max_candidates) {}

    void consider_words(const sql::FullTextQuery& query) {
        if (fewest_ > 0) consider(Index::by_words, count_entries(tx_, query, fewest_));
    }
    void consider(Index index, Statement statement) {
        if (fewest_ == 0) return;
        statement.append(" LIMIT ?) AS found", {sql::parameter(fewest_)});  // counted up to the fewest so far
        consider(index, statement.rows<std::int64_t>(tx_).front());
    }
    [[nodiscard]] bool finds_nothing() const { return best_ && fewest_ == 0; }
    [[nodiscard]] const std::optional<Index>& best() const { return best_; }

  private:
    void consider(Index index, std::int64_t found) {
        if (found >= fewest_) return;
        fewest_ = found;
        best_ = index;
    }

    sql::Tx& tx_;
    std::int64_t fewest_;
    std::optional<Index> best_;
};

Statement counting() { return Statement{"SELECT count(*) FROM (SELECT 1 FROM search_entries"}; }

Index index_of_order(const Filter& filter) {
    switch (filter.sort) {
        case SortOrder::date:
        case SortOrder::relevance:
            return filter.category ? Index::by_category : Index::by_date;
        case SortOrder::price:
        case SortOrder::price_descending:
            return Index::by_price;
        case SortOrder::newest:
            return Index::by_age;
    }
    return Index::by_date;
}

struct ChosenIndex {
    Index index;
    bool has_few;  // entries: fewer than `max_candidates`
};

// nullopt if nothing can be found.
std::optional<ChosenIndex> choose_index(sql::Tx& tx, const Conditions& conditions,
                                        std::int64_t max_candidates) {
    const auto& filter = conditions.filter;
    IndexChoice choice{tx, max_candidates};
    if (conditions.has_words()) choice.consider_words(conditions.words());
    if (filter.seller) {
        auto statement = counting();
        statement.require("user_id = ?", {sql::parameter(*filter.seller)});
        choice.consider(Index::by_seller, std::move(statement));
    }
    if (filter.currency) {
        auto statement = counting();
        require_price(statement, filter, Index::by_price);
        choice.consider(Index::by_price, std::move(statement));
    }
    if (filter.category) {
        auto statement = counting();
        statement.require("category = ?", {sql::parameter(*filter.category)});
        statement.require("sort_date > ?", {sql::parameter(conditions.now)});
        choice.consider(Index::by_category, std::move(statement));
    }
    if (filter.from_day || filter.to_day || filter.from || filter.to) {
        auto statement = counting();
        require_dates(statement, filter, Index::by_date, conditions.now);
        choice.consider(Index::by_date, std::move(statement));
    }
    if (choice.finds_nothing()) return std::nullopt;
    return ChosenIndex{choice.best().value_or(index_of_order(filter)), choice.best().has_value()};
}

// ---- the entries, and the listings that they stand for

struct Entry {
    std::int64_t key = 0;
    std::string id;
};
BOOST_DESCRIBE_STRUCT(Entry, (), (key, id))

std::vector<Entry> find_entries(sql::Tx& tx, const Conditions& conditions, Index index,
                                const std::optional<Position>& after, std::int64_t limit) {
    auto order = sort_column(conditions.filter.sort);
    Statement statement{"SELECT " + std::string{order.column} + ", ticket_id FROM search_entries"};
    conditions.require(statement, tx, index);
    if (after) require_after(statement, *after, order, index);
    append_order(statement, order, index);
    statement.append(" LIMIT ?", {sql::parameter(limit)});
    return statement.rows<Entry>(tx);
}

// Those that can be bought, by id. The number of parameters is rounded up, so that there are few different
// statements for the database to prepare.
std::map<std::string, Ticket> load(sql::Tx& tx, const std::vector<Entry>& entries) {
    std::vector<sql::Parameter> ids;
    for (const auto& entry : entries) ids.push_back(sql::parameter(entry.id));
    ids.resize(std::bit_ceil(ids.size()), ids.back());
    Statement statement{"SELECT " + std::string{columns} + " FROM tickets"};
    statement.require(can_be_bought);
    std::string list = "?";
    for (std::size_t more = ids.size() - 1; more > 0; --more) list += ", ?";
    statement.append(" AND id IN (" + list + ")", ids);
    std::map<std::string, Ticket> listings;
    for (auto& ticket : statement.rows<Ticket>(tx)) {
        auto id = ticket.id.text;
        listings.emplace(std::move(id), std::move(ticket));
    }
    return listings;
}

struct Hit {
    Position position;
    Ticket ticket;
};

// Results come in parts, one after the other, each in the order of the sort column: by relevance three, by
// price one for each currency, otherwise one.
struct Part {
    std::string label;  // empty if it is the only one
    Conditions conditions;
};

// Adds listings in order until there are `wanted` hits. Entries don't know whether a listing is sold out: if
// too many are, it looks at ever more entries at once.
void collect(sql::Tx& tx, const Part& part, std::optional<Position> after, std::int64_t max_candidates,
             std::size_t wanted, std::vector<Hit>& hits) {
    constexpr std::size_t max_entries = 1'024;
    auto chosen = choose_index(tx, part.conditions, max_candidates);
    if (!chosen) return;
    for (auto limit = std::bit_ceil(wanted);; limit = std::min(2 * limit, max_entries)) {
        auto entries =
            find_entries(tx, part.conditions, chosen->index, after, static_cast<std::int64_t>(limit));
        if (entries.empty()) return;
        auto listings = load(tx, entries);
        for (const auto& entry : entries) {
            after = {part.label, entry.key, entry.id};
            auto listing = listings.find(entry.id);
            if (listing == listings.end()) continue;
            hits.push_back({*after, std::move(listing->second)});
            if (hits.size() == wanted) return;
        }
        if (entries.size() < limit) return;
    }
}

// The currencies of the listings, by the alphabet: one look into the index for each.
std::vector<Currency> currencies(sql::Tx& tx) {
    std::vector<Currency> all;
    for (std::string last;;) {
        auto next = tx.find<Currency>(
            "SELECT currency FROM search_entries WHERE currency > $1 ORDER BY currency LIMIT 1", last);
        if (!next) return all;
        all.push_back(*next);
        last = next->code();
    }
}

std::vector<Part> parts_of(sql::Tx& tx, const Filter& filter, const std::optional<TextQuery>& text,
                           Instant now) {
    std::vector<Part> parts;
    auto words = text ? std::optional{text->all()} : std::nullopt;
    auto by_price = filter.sort == SortOrder::price || filter.sort == SortOrder::price_descending;
    if (by_price && !filter.currency) {
        for (auto currency : currencies(tx)) {
            parts.push_back({std::string{currency.code()}, {filter, words, now}});
            parts.back().conditions.filter.currency = currency;
        }
    } else if (filter.sort == SortOrder::relevance && text) {
        for (auto& query : text->by_relevance())
            parts.push_back({std::to_string(parts.size()), {filter, std::move(query), now}});
    } else {
        parts.push_back({"", {filter, words, now}});
    }
    return parts;
}

struct Count {
    std::int64_t listings = 0;  // that can be bought
    bool all = true;            // of the entries were looked at
};

Statement matching_entries(sql::Tx& tx, std::string start, const Conditions& conditions, ChosenIndex chosen,
                           std::int64_t max_candidates) {
    Statement statement{std::move(start) + " FROM (SELECT ticket_id FROM search_entries"};
    if (!chosen.has_few && conditions.has_words()) {  // of the first that have the words
        statement.require("id IN (");
        statement.append(sql::matching_ids(tx.dialect(), "search_entries", "words", conditions.words()));
        statement.append(" LIMIT ?)", {sql::parameter(max_candidates)});
        conditions.require_filters(statement, Index::by_words);
    } else {
        conditions.require(statement, tx, chosen.index);
    }
    statement.append(" LIMIT ?) AS entry", {sql::parameter(max_candidates)});
    return statement;
}

Count count_listings(sql::Tx& tx, const Conditions& conditions, std::int64_t limit,
                     std::int64_t max_candidates) {
    auto chosen = choose_index(tx, conditions, max_candidates);
    if (!chosen) return {};
    auto listings =
        matching_entries(tx, "SELECT count(*) FROM (SELECT 1", conditions, *chosen, max_candidates);
    listings.append(" WHERE 0 < (SELECT count(*) FROM tickets WHERE id = entry.ticket_id AND " +
                        std::string{can_be_bought} + ") LIMIT ?) AS found",
                    {sql::parameter(limit)});
    Count count{.listings = listings.rows<std::int64_t>(tx).front()};
    if (chosen->has_few) return count;
    auto entries = matching_entries(tx, "SELECT count(*)", conditions, *chosen, max_candidates);
    count.all = !conditions.has_words() && entries.rows<std::int64_t>(tx).front() < max_candidates;
    return count;
}

}  // namespace

SearchResult search(sql::Tx& tx, const Filter& filter, const std::optional<http::Cursor>& after,
                    std::int64_t limit, Instant now, std::int64_t max_candidates) {
    std::optional<TextQuery> text;
    if (filter.words) {
        text = text_query(tx, *filter.words);
        if (!text) return {};  // no letters or digits
    }
    auto parts = parts_of(tx, filter, text, now);
    auto part = parts.begin();
    std::optional<Position> position;
    if (after) {
        position = position_of(*after);
        // The next one, if nothing is left in that currency.
        part = std::ranges::lower_bound(parts, position->part, {}, &Part::label);
        if (part != parts.end() && part->label != position->part) position.reset();
    }
    std::vector<Hit> hits;
    for (auto wanted = static_cast<std::size_t>(limit) + 1; part != parts.end() && hits.size() < wanted;
         ++part)
        collect(tx, *part, std::exchange(position, std::nullopt), max_candidates, wanted, hits);
    SearchResult result;
    if (std::ssize(hits) > limit) {
        hits.resize(static_cast<std::size_t>(limit));
        result.last = cursor_of(hits.back().position);
    }
    for (auto& hit : hits) result.tickets.push_back(std::move(hit.ticket));
    return result;
}

std::vector<CityListings> popular_cities(sql::Tx& tx, Instant now) {
    constexpr std::size_t max_cities = 24;
    constexpr std::int64_t max_spellings = 200;
    auto spellings = tx.query<CityListings>(
        "SELECT city, count(*) FROM tickets WHERE status = 'open' AND city IS NOT NULL AND sort_date > $1"
        " GROUP BY city ORDER BY count(*) DESC, city LIMIT $2",
        now, max_spellings);
    std::vector<CityListings> cities;
    std::map<std::string, std::size_t> by_key;
    for (auto& spelling : spellings) {  // the most frequent spelling comes first
        auto key = city_key(spelling.name);
        if (key.empty()) continue;
        auto [found, is_new] = by_key.try_emplace(key, cities.size());
        if (is_new)
            cities.push_back(std::move(spelling));
        else
            cities[found->second].listings += spelling.listings;
    }
    std::ranges::sort(
        cities, {}, [](const auto& each) { return std::pair{-each.listings, std::string_view{each.name}}; });
    if (cities.size() > max_cities) cities.resize(max_cities);
    return cities;
}

SearchSummary summarize(sql::Tx& tx, const Filter& filter, Instant now, std::int64_t max_candidates) {
    constexpr std::int64_t max_count = 1'000;
    SearchSummary summary;
    Conditions conditions{filter, std::nullopt, now};
    if (filter.words) {
        auto text = text_query(tx, *filter.words);
        if (!text) return summary;
        if (text->corrected)
            summary.searched_for = fmt::format("{}", fmt::join(text->words, " "));
        else if (count_entries(tx, text->all(), 1) == 0)
            summary.did_you_mean = other_words(tx, *text);
        conditions.text = text->all();
    }
    auto count = count_listings(tx, conditions, max_count + 1, max_candidates);
    summary.count = std::min(count.listings, max_count);
    summary.more = !count.all || count.listings > max_count;
    return summary;
}

std::vector<Suggestion> suggest(sql::Tx& tx, const std::string& text, Instant now) {
    constexpr std::int64_t max_cities = 3, listings_to_read = 15;
    constexpr std::size_t max_titles = 6;
    auto query = text_query(tx, text);
    if (!query) return {};
    std::vector<Suggestion> suggestions;
    auto is_on_sale = [&](const std::string& city) {
        sql::FullTextQuery all;
        for (auto& word : words_of(city))
            for (auto& piece : word.is_run ? pieces_of(word.text) : std::vector{std::move(word.text)})
                all.all_of.push_back({{std::move(piece)}});
        return !all.all_of.empty() && count_entries(tx, all, 1) > 0;
    };
    for (auto& city : cities_with(tx, text::fold(text), max_cities))
        if (is_on_sale(city)) suggestions.push_back({SuggestionKind::city, std::move(city)});
    std::set<std::string> titles;
    Filter filter{.words = text, .sort = SortOrder::relevance};
    for (auto& listing : search(tx, filter, std::nullopt, listings_to_read, now).tickets)
        if (titles.size() < max_titles && titles.insert(text::fold(listing.title)).second)
            suggestions.push_back({SuggestionKind::title, std::move(listing.title)});
    return suggestions;
}

}  // namespace stagedoor::tickets::store
