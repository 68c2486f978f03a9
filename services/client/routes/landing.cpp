// GET /
//
// The listings on sale, by words, category, dates and prices, page by page.
//   200  the listings, if any
//   400  an invalid filter: the input with the error at its field
//   503  tickets is down
#include <array>

#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/typed_numbers.hpp"

namespace stagedoor::client::routes {
namespace {

constexpr auto listings_on_a_page = "20";

struct Chip {
    std::string link, label;
    bool chosen = false;
};
BOOST_DESCRIBE_STRUCT(Chip, (), (link, label, chosen))

struct OtherSearch {
    std::string link, words;
};
BOOST_DESCRIBE_STRUCT(OtherSearch, (), (link, words))

struct LandingView {
    std::string heading;
    std::optional<std::string> found, searched_for;
    std::optional<OtherSearch> did_you_mean;
    std::vector<FormError> errors;
    std::vector<Chip> chips;
    std::optional<std::string> category;
    Field from, to, min_price, max_price;
    std::vector<Option> currencies, sorts;
    std::optional<std::string> currency_error;
    std::vector<Card> cards;
    std::optional<std::string> first, next;
    bool filtered = false;
    bool open = false;  // the filter row is open
};
BOOST_DESCRIBE_STRUCT(LandingView, (),
                      (heading, found, searched_for, did_you_mean, errors, chips, category, from, to,
                       min_price, max_price, currencies, sorts, currency_error, cards, first, next, filtered,
                       open))

// Query parameters, the same in the API and on this page.
constexpr std::array<std::string_view, 8> filters{"q",        "category", "from",     "to",
                                                  "minPrice", "maxPrice", "currency", "sort"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 5> sort_orders{
    {{"relevance", "Best match"},
     {"date", "Date: soonest first"},
     {"new", "Newly listed"},
     {"price", "Price: low to high"},
     {"-price", "Price: high to low"}}};

void append(std::string& address, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    address += address.find('?') == std::string::npos ? '?' : '&';
    address.append(name).append("=").append(http::percent_encode(value));
}

// The same search with one filter changed.
std::string search_url(const Form& query, std::string_view changed = {}, std::string_view value = {}) {
    std::string address = "/";
    for (auto name : filters) append(address, name, name == changed ? value : query[name]);
    if (!changed.empty() && std::ranges::find(filters, changed) == filters.end())
        append(address, changed, value);
    return address;
}

// In which a price is typed.
Currency currency_in(const Form& query) { return Currency::parse(query["currency"]).value_or(Currency{}); }

// Searches by words begin with the best matches.
std::string_view usual_sort(const Form& query) { return query["q"].empty() ? "date" : "relevance"; }

std::string sort_of(const Form& query) {
    auto sort = query["sort"];
    return sort.empty() ? std::string{usual_sort(query)} : sort;
}

std::string api_target(std::string_view route, const Form& query) {
    std::string address{route};
    for (auto name : filters) {
        auto value = name == "sort" && sort_of(query) == "relevance" ? "relevance" : query[name];
        if (name == "minPrice" || name == "maxPrice") {
            auto parsed = as_price(value, currency_in(query));  // "1,250" -> 1250
            if (const auto* number = parsed.number()) value = number->text;
        }
        append(address, name, value);
    }
    return address;
}

std::string page_target(const Form& query) {
    auto address = api_target("/api/tickets", query);
    append(address, "after", query["after"]);
    append(address, "limit", listings_on_a_page);
    return address;
}

std::string heading_of(const Form& query) {
    auto words = query["q"];
    auto category = category_name(query["category"]);
    if (!words.empty()) return "Tickets for “" + words + "”";
    return category.empty() ? "Tickets for concerts, theatre, sport and more" : category + " tickets";
}

std::vector<Chip> chips_for(const Form& query) {
    auto chosen = query["category"];
    std::vector<Chip> chips{{search_url(query, "category", ""), "All", chosen.empty()}};
    for (const auto& [word, name] : categories()) {
        auto several = word == "concert" || word == "festival" ? "s" : "";
        chips.push_back({search_url(query, "category", word), std::string{name} + several, chosen == word});
    }
    return chips;
}

LandingView form_view(const Form& query, const Problems& problems) {
    LandingView view{.heading = heading_of(query)};
    view.errors = summary(problems, {"q", "from", "to", "minPrice", "maxPrice", "currency", "sort"});
    view.chips = chips_for(query);
    if (auto category = query["category"]; !category.empty()) view.category = category;
    view.from = field(query["from"], "from", problems);
    view.to = field(query["to"], "to", problems);
    view.min_price = field(query["minPrice"], "minPrice", problems);
    view.max_price = field(query["maxPrice"], "maxPrice", problems);
    auto currency = query["currency"];
    view.currency_error = field(currency, "currency", problems).error;
    view.currencies = currency_options(currency);
    view.currencies.insert(view.currencies.begin(), {"", "Any", currency.empty()});
    auto sort = sort_of(query);
    for (const auto& [value, label] : sort_orders) {
        if (value == "relevance" && query["q"].empty()) continue;
        // The usual one isn't sent, so that it follows the words.
        auto sent = value == usual_sort(query) ? "" : value;
        view.sorts.push_back({std::string{sent}, std::string{label}, sort == value});
    }
    for (auto name : filters) {
        if (query[name].empty()) continue;
        view.filtered = true;
        view.open = view.open || (name != "q" && name != "category");
    }
    return view;
}

// How many there are, and what else to search for. The page works without it.
Task<> add_summary(Visit& visit, const Form& query, LandingView& view) {
    auto response = co_await visit.try_get("tickets", api_target("/api/tickets/summary", query));
    if (!response) co_return;
    auto summary = response->as<SearchSummary>();
    if (summary.count > 0) {
        view.found = grouped(summary.count) + (summary.count == 1 ? " listing" : " listings");
        if (summary.more) view.found->insert(0, "At least ");
    }
    view.searched_for = summary.searched_for;
    if (summary.did_you_mean)
        view.did_you_mean = {search_url(query, "q", *summary.did_you_mean), *summary.did_you_mean};
}

}  // namespace

std::string address_of_landing(const http::Context&, const Form& query) {
    return search_url(query, "after", query["after"]);
}

Task<http::Response> landing(Visit& visit) {
    auto query = visit.query();
    auto response = co_await visit.get("tickets", page_target(query));
    auto invalid = response.is(ErrorKind::invalid);
    auto problems = invalid ? response.problems() : Problems{};
    for (auto price : {"minPrice", "maxPrice"})
        explain_price(problems, price, query[price], currency_in(query));
    auto view = form_view(query, problems);
    auto title = view.filtered ? view.heading : std::string{"Tickets"};
    if (invalid) co_return visit.page(response.status, "landing.html", std::move(title), view);

    auto viewer = visit.user ? visit.user->user.text : std::string{};
    auto now = visit.app.clock.now();
    for (const auto& listing : response.as<std::vector<Listing>>())
        view.cards.push_back(card_of(listing, viewer, now));
    if (auto after = response.next()) view.next = search_url(query, "after", *after);
    if (!query["after"].empty())
        view.first = search_url(query);
    else if (view.filtered)
        co_await add_summary(visit, query, view);
    co_return visit.page(http::ok, "landing.html", std::move(title), view);
}

}  // namespace stagedoor::client::routes
