// GET /
//
// What is on sale, by words, category, dates and prices, page by page.
//   200  the listings, perhaps none
//   400  a filter that isn't one: said at its field, what was typed kept
//   503  tickets is away
#include <array>

#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"

namespace stagedoor::client::routes {
namespace {

constexpr auto listings_on_a_page = "20";

struct Chip {
    std::string link, label;
    bool chosen = false;
};
BOOST_DESCRIBE_STRUCT(Chip, (), (link, label, chosen))

struct LandingView {
    std::string heading;
    std::vector<FormError> errors;
    std::vector<Chip> chips;
    std::optional<std::string> category;
    Field from, to, min_price, max_price;
    std::vector<Option> currencies, sorts;
    std::vector<Card> cards;
    std::optional<std::string> first, next;
    bool filtered = false;
    bool open = false;  // the row of filters is in use
};
BOOST_DESCRIBE_STRUCT(LandingView, (),
                      (heading, errors, chips, category, from, to, min_price, max_price, currencies, sorts,
                       cards, first, next, filtered, open))

// What a search may say, in the API's names and in the page's own address.
constexpr std::array<std::string_view, 8> filters{"q",        "category", "from",     "to",
                                                  "minPrice", "maxPrice", "currency", "sort"};
constexpr std::array<std::pair<std::string_view, std::string_view>, 4> orders_of_sorting{
    {{"", "Soonest first"},
     {"new", "Newest first"},
     {"price", "Cheapest first"},
     {"-price", "Dearest first"}}};

void append(std::string& address, std::string_view name, std::string_view value) {
    if (value.empty()) return;
    address += address.find('?') == std::string::npos ? '?' : '&';
    address.append(name).append("=").append(http::percent_encode(value));
}

// The same search, with another value for one of its filters.
std::string search_address(const Form& query, std::string_view changed = {}, std::string_view value = {}) {
    std::string address = "/";
    for (auto name : filters) append(address, name, name == changed ? value : query[name]);
    if (!changed.empty() && std::ranges::find(filters, changed) == filters.end())
        append(address, changed, value);
    return address;
}

std::string api_address(const Form& query) {
    std::string address = "/api/tickets";
    for (auto name : filters) {
        auto value = query[name];
        if (name == "minPrice" || name == "maxPrice") {
            auto typed = as_number(value);  // "1,250" is 1250 to a person
            if (const auto* number = typed.number()) value = number->text;
        }
        append(address, name, value);
    }
    append(address, "after", query["after"]);
    append(address, "limit", listings_on_a_page);
    return address;
}

std::string heading_of(const Form& query) {
    auto words = query["q"];
    auto category = category_name(query["category"]);
    if (!words.empty()) return "Tickets for “" + words + "”";
    return category.empty() ? "Tickets, from the people who have them" : category + " tickets";
}

std::vector<Chip> chips_for(const Form& query) {
    auto chosen = query["category"];
    std::vector<Chip> chips{{search_address(query, "category", ""), "Everything", chosen.empty()}};
    for (const auto& [word, name] : categories()) {
        auto several = word == "concert" || word == "festival" ? "s" : "";
        chips.push_back(
            {search_address(query, "category", word), std::string{name} + several, chosen == word});
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
    view.currencies = currency_options(currency);
    view.currencies.insert(view.currencies.begin(), {"", "Any", currency.empty()});
    auto sort = query["sort"];
    for (const auto& [value, label] : orders_of_sorting)
        view.sorts.push_back({std::string{value}, std::string{label}, sort == value});
    for (auto name : filters) {
        if (query[name].empty()) continue;
        view.filtered = true;
        view.open = view.open || (name != "q" && name != "category");
    }
    return view;
}

}  // namespace

Task<http::Response> landing(Visit& visit) {
    auto query = visit.query();
    auto said = co_await visit.get("tickets", api_address(query));
    auto view = form_view(query, said.status == 400 ? said.problems() : Problems{});
    auto title = view.filtered ? view.heading : std::string{"Tickets"};
    if (said.status == 400) co_return visit.page(400, "landing.html", std::move(title), view);

    auto viewer = visit.user ? visit.user->user.text : std::string{};
    auto now = visit.app.clock.now();
    for (const auto& listing : said.as<std::vector<Listing>>())
        view.cards.push_back(card_of(listing, viewer, now));
    if (auto after = said.next()) view.next = search_address(query, "after", *after);
    if (!query["after"].empty()) view.first = search_address(query);
    co_return visit.page(200, "landing.html", std::move(title), view);
}

}  // namespace stagedoor::client::routes
