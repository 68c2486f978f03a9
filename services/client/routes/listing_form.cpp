// GET, POST /tickets/new · GET, POST /tickets/:id/edit
//
// Creates or changes a listing.
//   200  the form
//   303  saved: to the listing; not signed in: to sign-in
//   400  the form with each error at its field
//   403  belongs to somebody else
//   404  no such listing
//   409  changed concurrently: the form with the differences; or a quantity below what is held or sold
//   503  tickets is down
#include <array>

#include "services/client/calendar.hpp"
#include "services/client/cards.hpp"
#include "services/client/routes/routes.hpp"
#include "services/client/typed_numbers.hpp"

namespace stagedoor::client::routes {
namespace {

struct Change {
    std::string label, theirs, yours;
};
BOOST_DESCRIBE_STRUCT(Change, (), (label, theirs, yours))

struct ListingFormView {
    std::string heading, action, submit, back;
    std::optional<std::string> lead, key, version, withdraw, fresh;
    std::vector<FormError> errors;
    std::vector<Change> changes;
    Field title_field, venue, city, starts_at, price_field, quantity, max_per_order, seats, description;
    std::vector<Option> categories, zones, currencies;
    std::optional<std::string> category_error, zone_error, currency_error;
    bool guess_zone = false;
};
BOOST_DESCRIBE_STRUCT(ListingFormView, (),
                      (heading, action, submit, back, lead, key, version, withdraw, fresh, errors, changes,
                       title_field, venue, city, starts_at, price_field, quantity, max_per_order, seats,
                       description, categories, zones, currencies, category_error, zone_error, currency_error,
                       guess_zone))

// The inputs, named like the API's fields.
constexpr std::array<std::string_view, 12> inputs{"title",    "venue",       "city",  "category",
                                                  "startsAt", "timeZone",    "price", "currency",
                                                  "quantity", "maxPerOrder", "seats", "description"};

// The values of the inputs, by name.
using Values = std::vector<std::pair<std::string_view, std::string>>;

std::string value_of(const Values& all, std::string_view name) {
    auto found = std::ranges::find(all, name, &Values::value_type::first);
    return found == all.end() ? std::string{} : found->second;
}

// In which a price is typed.
Currency currency_of(const Values& form) {
    return Currency::parse(value_of(form, "currency")).value_or(Currency{});
}

Values values_from(const Form& form) {
    Values all;
    for (auto name : inputs) {
        all.emplace_back(name, form[name]);
        std::erase(all.back().second, '\r');  // browsers send line breaks as CR LF
    }
    return all;
}

Values values_of(const Listing& listing) {
    auto zone = listing.zone();
    return {{"title", listing.title},
            {"venue", listing.venue.value_or("")},
            {"city", listing.city.value_or("")},
            {"category", listing.category.value_or("")},
            {"startsAt", listing.starts_at ? to_local_input(*listing.starts_at, zone) : ""},
            {"timeZone", zone},
            {"price", listing.price.to_text()},
            {"currency", std::string{listing.price.currency.code()}},
            {"quantity", std::to_string(listing.quantity)},
            {"maxPerOrder", std::to_string(listing.max_per_order.value_or(10))},
            {"seats", listing.seats.value_or("")},
            {"description", listing.description.value_or("")}};
}

const Values& blank() {
    static const Values form{
        {"timeZone", "UTC"}, {"currency", "USD"}, {"quantity", "1"}, {"maxPerOrder", "10"}};
    return form;
}

// The API's request body. Anything that is not a number or a time is sent as it is: the API reports the
// error.
json::Value body_of(const Values& form, const std::string& version) {
    json::Object body;
    auto add = [&](std::string_view name, json::Value value) {
        body.emplace_back(std::string{name}, std::move(value));
    };
    for (auto name : {"title", "venue", "city", "category", "currency", "seats", "description", "timeZone"}) {
        auto text = value_of(form, name);
        if (!text.empty() || std::string_view{name} == "title") add(name, json::Value{std::move(text)});
    }
    if (auto text = value_of(form, "startsAt"); !text.empty()) {
        auto at = from_local_input(text, value_of(form, "timeZone"));
        add("startsAt", json::Value{at ? at->to_text() : text});
    }
    if (auto text = value_of(form, "price"); !text.empty()) add("price", as_price(text, currency_of(form)));
    for (auto name : {"quantity", "maxPerOrder"}) {
        if (auto text = value_of(form, name); !text.empty()) add(name, as_count(text));
    }
    if (!version.empty()) add("version", as_count(version));
    return json::Value{std::move(body)};
}

std::vector<Option> category_options(const std::string& chosen) {
    std::vector<Option> options{{"", "Choose a category", chosen.empty()}};
    for (const auto& [word, name] : categories())
        options.push_back({std::string{word}, std::string{name}, chosen == word});
    return options;
}

std::string zone_label(std::string zone) {
    std::ranges::replace(zone, '_', ' ');
    return zone;
}

std::vector<Option> zone_options(const std::string& chosen) {
    std::vector<Option> options;
    const auto& offered = offered_time_zones();
    if (!chosen.empty() && std::ranges::find(offered, chosen) == offered.end())
        options.push_back({chosen, zone_label(chosen), true});
    for (const auto& zone : offered) options.push_back({zone, zone_label(zone), zone == chosen});
    return options;
}

void fill_in(ListingFormView& view, const Values& form, Problems problems) {
    explain_price(problems, "price", value_of(form, "price"), currency_of(form));
    auto input = [&](std::string_view name) { return field(value_of(form, name), name, problems); };
    view.title_field = input("title");
    view.venue = input("venue");
    view.city = input("city");
    view.starts_at = input("startsAt");
    view.price_field = input("price");
    view.quantity = input("quantity");
    view.max_per_order = input("maxPerOrder");
    view.seats = input("seats");
    view.description = input("description");
    view.categories = category_options(value_of(form, "category"));
    view.zones = zone_options(value_of(form, "timeZone"));
    view.currencies = currency_options(value_of(form, "currency"));
    view.category_error = input("category").error;
    view.zone_error = input("timeZone").error;
    view.currency_error = input("currency").error;
    view.errors = summary(problems, {inputs.begin(), inputs.end()});
}

http::Response new_page(Visit& visit, int status, const Values& form, const Problems& problems) {
    ListingFormView view{
        .heading = "Sell tickets", .action = "/tickets/new", .submit = "Put on sale", .back = "/"};
    view.lead = "Describe the event and set a price. Your tickets go on sale right away.";
    view.key = visit.new_key();
    view.guess_zone = problems.empty();
    fill_in(view, form, problems);
    return visit.page(status, "listing_form.html", "Sell tickets", view);
}

struct Edit {
    Values form;
    std::string version;
    Problems problems = {};
    std::vector<Change> changes = {};
};

http::Response edit_page(Visit& visit, int status, const Listing& listing, Edit edit) {
    auto address = listing_address(listing.id);
    ListingFormView view{
        .heading = "Edit your listing", .action = address + "/edit", .submit = "Save", .back = address};
    view.lead = "Existing orders keep their price.";
    view.version = std::move(edit.version);
    view.withdraw = address + "/withdraw";
    view.fresh = address + "/edit";
    view.changes = std::move(edit.changes);
    fill_in(view, edit.form, edit.problems);
    return visit.page(status, "listing_form.html", "Edit: " + listing.title, view);
}

// "15.00" and "15" are the same price.
bool same_amount(std::string_view name, std::string_view theirs, std::string_view yours, Currency currency) {
    auto amount = as_price(yours, currency);
    if (name != "price" || !amount.number()) return false;
    auto widest = Currency::parse("KWD").value();
    auto one = Money::parse(theirs, widest), other = Money::parse(amount.number()->text, widest);
    return one && other && *one == *other;
}

std::vector<Change> differences(const Values& theirs, const Values& yours) {
    auto or_nothing = [](std::string text) { return text.empty() ? std::string{"nothing"} : text; };
    std::vector<Change> all;
    for (const auto& [name, value] : theirs) {
        auto mine = value_of(yours, name);
        if (mine != value && !same_amount(name, value, mine, currency_of(yours)))
            all.push_back({label_of(name), or_nothing(value), or_nothing(mine)});
    }
    return all;
}

}  // namespace

Task<Listing> own_listing(Visit& visit) {
    const auto& seller = visit.need_user();
    auto response = co_await visit.get("tickets", api_path("/api/tickets", visit.path_value()));
    auto listing = response.as<Listing>();
    if (listing.user_id != seller.user && !seller.has_role("admin"))
        throw Forbidden("Only the seller can change this listing.");
    co_return listing;
}

Task<http::Response> new_listing(Visit& visit) {
    (void)visit.need_user();
    co_return new_page(visit, http::ok, blank(), {});
}

Task<http::Response> create_listing(Visit& visit) {
    (void)visit.need_user("/tickets/new");
    auto form = visit.form();
    auto values = values_from(form);
    auto response = co_await visit.send_form("tickets", "/api/tickets", body_of(values, {}), form["key"]);
    if (response.is(ErrorKind::not_signed_in)) throw NotSignedIn();
    if (!response.ok()) co_return new_page(visit, response.status, values, response.problems());
    co_return visit.see_other(listing_address(response.as<Listing>().id) + "?done=listed");
}

Task<http::Response> edit_listing(Visit& visit) {
    auto listing = co_await own_listing(visit);
    co_return edit_page(visit, http::ok, listing, {values_of(listing), std::to_string(listing.version)});
}

Task<http::Response> update_listing(Visit& visit) {
    visit.after_sign_in = visit.request.path;
    auto listing = co_await own_listing(visit);
    auto form = visit.form();
    auto values = values_from(form);
    auto version = form["version"];
    auto response = co_await visit.send(
        http::Method::put, "tickets", api_path("/api/tickets", visit.path_value()), body_of(values, version));
    if (response.is(ErrorKind::not_signed_in)) throw NotSignedIn();
    if (response.ok()) co_return visit.see_other(listing_address(listing.id) + "?done=saved");

    auto problems = response.problems();
    auto stale = response.is(ErrorKind::conflict) &&
                 std::ranges::find(problems, "version", &Problem::field) != problems.end();
    if (!stale)
        co_return edit_page(visit, response.status, listing,
                            {std::move(values), std::move(version), std::move(problems)});
    auto newest = co_await own_listing(visit);
    auto changes = differences(values_of(newest), values);
    // Only the version differs: the listing is already as submitted.
    if (changes.empty()) co_return visit.see_other(listing_address(listing.id) + "?done=saved");
    co_return edit_page(visit, response.status, newest,
                        {std::move(values), std::to_string(newest.version), {}, std::move(changes)});
}

}  // namespace stagedoor::client::routes
