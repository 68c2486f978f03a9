// GET /, /categories/:category, /cities/:city
//
// The listings on sale, by words, category, city, dates and prices, page by page. Without any of these, what
// is on tonight and this weekend, too.
//   200  the listings, if any
//   303  parameters without a value: to the address without them
//   400  an invalid filter: the input with the error at its field
//   404  no such category
//   503  tickets is down
#include <array>

#include "services/client/cards.hpp"
#include "services/client/public_page.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/search.hpp"
#include "services/client/shelves.hpp"
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
    std::optional<std::string> category, city;
    Field from, to, min_price, max_price;
    std::vector<Option> currencies, sorts;
    std::optional<std::string> currency_error;
    std::optional<Card> featured;
    std::vector<Shelf> shelves;
    std::vector<CityLink> cities;
    std::vector<Card> cards;
    std::optional<std::string> first, next;
    bool filtered = false;
    bool open = false;  // the filter row is open
};
BOOST_DESCRIBE_STRUCT(LandingView, (),
                      (heading, found, searched_for, did_you_mean, errors, chips, category, city, from, to,
                       min_price, max_price, currencies, sorts, currency_error, featured, shelves, cities,
                       cards, first, next, filtered, open))

constexpr std::array<std::pair<std::string_view, std::string_view>, 5> sort_orders{
    {{"relevance", "sort.relevance"},
     {"date", "sort.date"},
     {"new", "sort.new"},
     {"price", "sort.price"},
     {"-price", "sort.price_down"}}};

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
        append_parameter(address, name, value);
    }
    return address;
}

std::string page_target(const Form& query) {
    auto address = api_target("/api/tickets", query);
    append_parameter(address, "after", query["after"]);
    append_parameter(address, "limit", listings_on_a_page);
    return address;
}

// The city as its listings write it; "new york" if there are none.
std::string city_name(const std::string& slug, const std::vector<Listing>& listings) {
    auto found =
        std::ranges::find(listings, slug, [](const auto& each) { return slug_of(each.city.value_or("")); });
    if (found != listings.end()) return *found->city;
    auto name = slug;
    std::ranges::replace(name, '-', ' ');
    return name;
}

std::string heading_of(const Form& query, const language::Texts& text) {
    auto words = query["q"], category = query["category"];
    if (!words.empty()) return text("landing.for_words", {{"words", words}});
    if (!category_name(category, text).empty()) return text("tickets." + category);
    return text(query["city"].empty() ? "landing.heading" : "items.tickets");
}

std::vector<Chip> chips_for(const Form& query, const language::Texts& text) {
    auto chosen = query["category"];
    std::vector<Chip> chips{{search_url(query, "category", ""), text("chip.all"), chosen.empty()}};
    for (auto word : categories()) {
        auto several = "chip." + std::string{word};
        auto label = text.has(several) ? text(several) : category_name(word, text);
        chips.push_back({search_url(query, "category", word), std::move(label), chosen == word});
    }
    return chips;
}

LandingView form_view(const Form& query, const Problems& problems, const language::Texts& text) {
    auto language = text.language();
    LandingView view{.heading = heading_of(query, text)};
    view.errors =
        summary(problems, {"q", "from", "to", "minPrice", "maxPrice", "currency", "sort"}, language);
    view.chips = chips_for(query, text);
    if (auto category = query["category"]; !category.empty()) view.category = category;
    if (auto city = query["city"]; !city.empty()) view.city = city;
    view.from = field(query["from"], "from", problems, language);
    view.to = field(query["to"], "to", problems, language);
    view.min_price = field(query["minPrice"], "minPrice", problems, language);
    view.max_price = field(query["maxPrice"], "maxPrice", problems, language);
    auto currency = query["currency"];
    view.currency_error = field(currency, "currency", problems, language).error;
    view.currencies = currency_options(currency);
    view.currencies.insert(view.currencies.begin(), {"", text("landing.any"), currency.empty()});
    auto sort = sort_of(query);
    for (const auto& [value, label] : sort_orders) {
        if (value == "relevance" && query["q"].empty()) continue;
        // The usual one isn't sent, so that it follows the words.
        auto sent = value == usual_sort(query) ? "" : value;
        view.sorts.push_back({std::string{sent}, text(label), sort == value});
    }
    for (auto name : filters) {
        if (query[name].empty()) continue;
        view.filtered = true;
        view.open = view.open || (name != "q" && name != "category" && name != "city");
    }
    return view;
}

// How many there are, and what else to search for. The page works without it.
Task<> add_summary(Visit& visit, const Form& query, LandingView& view) {
    auto response = co_await visit.try_get("tickets", api_target("/api/tickets/summary", query));
    if (!response) co_return;
    auto summary = response->as<SearchSummary>();
    if (summary.count > 0) {
        view.found =
            visit.text(summary.more ? "landing.at_least" : "landing.found", {{"count", summary.count}});
    }
    view.searched_for = summary.searched_for;
    if (summary.did_you_mean)
        view.did_you_mean = {search_url(query, "q", *summary.did_you_mean), *summary.did_you_mean};
}

// For search engines: filtered lists are not for them, except those of a category or of a city with listings,
// since anybody can make up a city.
About about(const Form& query, const LandingView& view, const language::Texts& text) {
    auto address = search_url(query);
    auto is_for_all = address.find('?') == std::string::npos && query["after"].empty() &&
                      (query["city"].empty() || !view.cards.empty());
    auto description = view.filtered ? text("landing.description", {{"tickets", view.heading}})
                                     : text("landing.description_all");
    return {std::move(description), is_for_all ? std::move(address) : "", "", !is_for_all};
}

// As forms send the fields that were left empty.
bool has_empty_filter(const http::Pairs& query) {
    return std::ranges::any_of(query, [](const auto& pair) {
        return pair.second.empty() && std::ranges::find(filters, pair.first) != filters.end();
    });
}

// The query, with what the path says.
Form with_path(const Form& query, std::string_view name, const std::string& value) {
    auto pairs = query.pairs();
    pairs.emplace(pairs.begin(), name, value);
    return Form{std::move(pairs)};
}

Task<http::Response> show(Visit& visit, const Form& query) {
    auto response = co_await visit.get("tickets", page_target(query));
    auto invalid = response.is(ErrorKind::invalid);
    auto problems = invalid ? response.problems() : Problems{};
    for (auto price : {"minPrice", "maxPrice"})
        explain_price(problems, price, query[price], currency_in(query));
    auto view = form_view(query, problems, visit.text);
    if (view.filtered) {
        if (auto shelf = shelf_heading(visit, query)) view.heading = std::move(*shelf);
    }
    if (invalid) co_return visit.page(response.status, "landing.html", view.heading, view);

    auto listings = response.as<std::vector<Listing>>();
    view.cards = cards_of(listings, visit.viewer(), visit.app.clock.now(), visit.text);
    if (auto city = slug_of(query["city"]); !city.empty()) {
        auto name = city_name(city, listings);
        view.heading = visit.text("landing.in_city", {{"tickets", view.heading}, {"city", name}});
    }
    if (auto after = response.next()) view.next = search_url(query, "after", *after);
    if (!query["after"].empty()) {
        view.first = search_url(query);
    } else if (view.filtered) {
        co_await add_summary(visit, query, view);
    } else {
        view.shelves = co_await shelves(visit);
        view.cities = co_await popular_cities(visit);
        if (!view.cards.empty()) show_in_spotlight(view.featured.emplace(view.cards.front()));
    }
    visit.describe(about(query, view, visit.text));
    auto title = view.filtered ? view.heading : visit.text("items.tickets");
    co_return visit.page(http::ok, "landing.html", std::move(title), view);
}

}  // namespace

std::string address_of_landing(const http::Context&, const Form& query) {
    return search_url(query, "after", query["after"]);
}
std::string address_of_category(const http::Context& context, const Form& query) {
    return search_url(with_path(query, "category", context.path_values.at(0)), "after", query["after"]);
}
std::string address_of_city(const http::Context& context, const Form& query) {
    return search_url(with_path(query, "city", context.path_values.at(0)), "after", query["after"]);
}

Task<http::Response> landing(Visit& visit) { co_return co_await show(visit, visit.query()); }

Task<http::Response> landing_or_redirect(App& app, http::Context& context) {
    auto pairs = http::parse_pairs(context.request.query);
    if (!pairs || !has_empty_filter(*pairs))
        co_return co_await public_page<landing, address_of_landing>(app, context);
    Form query{std::move(*pairs)};
    http::Response response{.status = http::see_other, .headers = {}, .body = {}};
    response.headers.add("Location", context.request.prefix + search_url(query, "after", query["after"]));
    response.headers.add("Cache-Control", "no-store");
    co_return response;
}

Task<http::Response> category(Visit& visit) {
    if (category_name(visit.path_value(), visit.text).empty()) throw NotFound();
    co_return co_await show(visit, with_path(visit.query(), "category", visit.path_value()));
}

Task<http::Response> city(Visit& visit) {
    co_return co_await show(visit, with_path(visit.query(), "city", visit.path_value()));
}

}  // namespace stagedoor::client::routes
